import type { Failure, FailureKind } from './failure';

interface Pace {
    firstMs: number;
    factor: number;
    maxMs: number;
}

// An offline channel is asked about once a second, so that the picture is there within two seconds
// of the first push; who waits for long asks less often.
const kPaces: Record<FailureKind, Pace> = {
    offline: { firstMs: 500, factor: 1.4, maxMs: 1000 },
    ended: { firstMs: 200, factor: 1.4, maxMs: 1000 },
    changed: { firstMs: 0, factor: 1, maxMs: 0 },
    stuck: { firstMs: 200, factor: 2, maxMs: 5000 },
    unreachable: { firstMs: 500, factor: 1.6, maxMs: 8000 },
    busy: { firstMs: 1000, factor: 1.8, maxMs: 15000 },
    refused: { firstMs: 5000, factor: 1.5, maxMs: 30000 },
    unsupported: { firstMs: 10000, factor: 1.5, maxMs: 60000 },
    broken: { firstMs: 2000, factor: 2, maxMs: 30000 },
};

const kPatienceMs = 10 * 60 * 1000;
const kPatientMs = 5000;
const kJitter = 0.2;

/** How long to wait before the next try. Time and chance come in from outside. */
export class Retry {
    private kind: FailureKind | undefined;
    private tries = 0;
    private since = 0;

    /** Milliseconds to wait after this failure; `chance` is in [0, 1). */
    after(failure: Failure, nowMs: number, chance: number): number {
        if (failure.kind !== this.kind) this.begin(failure.kind, nowMs);

        const pace = kPaces[failure.kind];
        const wait = Math.min(pace.firstMs * pace.factor ** this.tries, pace.maxMs);
        this.tries += 1;
        const tired = nowMs - this.since > kPatienceMs && failure.kind === 'offline';
        return (tired ? kPatientMs : wait) * (1 - kJitter * chance);
    }

    /** A picture came: the next failure is a new one. */
    succeeded(): void {
        this.kind = undefined;
    }

    private begin(kind: FailureKind, nowMs: number): void {
        this.kind = kind;
        this.tries = 0;
        this.since = nowMs;
    }
}
