// The header has whole seconds.
const kHeaderStepMs = 1000;

/** What this browser's clock has to be moved by to agree with the server's. */
export interface ServerClock {
    offsetMs: number;
}

/**
 * Reads the server's clock from the `Date` header of an answer. Clocks that agree within what the
 * header can tell are left as they are, so that the latency is not off by the header's coarseness.
 */
export function readServerClock(date: string | null, sentMs: number, receivedMs: number): ServerClock {
    const from = Date.parse(date ?? '');
    if (Number.isNaN(from)) return { offsetMs: 0 };
    const until = from + kHeaderStepMs;
    if (receivedMs < from) return { offsetMs: from - receivedMs };
    return { offsetMs: sentMs > until ? until - sentMs : 0 };
}

/** Seconds between a moment of the server's clock and now. */
export function secondsSince(momentMs: number, clock: ServerClock): number {
    return (Date.now() + clock.offsetMs - momentMs) / 1000;
}
