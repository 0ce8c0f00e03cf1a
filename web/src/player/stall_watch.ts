/** What the watch sees a few times a second. */
export interface Sight {
    nowMs: number;
    /** When the last bytes of the stream came. */
    lastBytesMs: number;
    currentTime: number;
    /** Seconds that can be played without another byte. */
    ahead: number;
    /** Media lies buffered anywhere ahead of the current time. */
    playable: boolean;
}

/**
 * - fine: it plays, or there is nothing to play yet
 * - silent: the publisher is away, the server holds the connection
 * - nudge: data is there but the picture stands; a small seek frees most decoders
 * - give-up: start a new connection
 */
export type Verdict = 'fine' | 'silent' | 'nudge' | 'give-up';

const kSilentMs = 2000;
// Longer than the usual reconnect window of a publisher: a server that holds the connection
// goes on where it stopped, a new connection would show the last pictures again.
const kDeadMs = 45_000;
const kFrozenMs = 2000;
const kNudges = 3;
const kAheadEnough = 0.3;

/** Tells a stream that has stopped from one that plays. */
export class StallWatch {
    private lastTime = -1;
    private movedMs: number | undefined;
    private nudges = 0;

    see(sight: Sight): Verdict {
        const silence = sight.nowMs - sight.lastBytesMs;
        if (silence > kDeadMs) return 'give-up';

        this.movedMs ??= sight.nowMs;
        if (sight.currentTime !== this.lastTime) return this.moved(sight);
        if (!sight.playable || sight.ahead < kAheadEnough) {
            return silence > kSilentMs ? 'silent' : 'fine';
        }
        if (sight.nowMs - this.movedMs < kFrozenMs) return 'fine';

        this.movedMs = sight.nowMs;
        this.nudges += 1;
        return this.nudges > kNudges ? 'give-up' : 'nudge';
    }

    private moved({ nowMs, currentTime }: Sight): Verdict {
        const forward = currentTime > this.lastTime;
        const first = this.lastTime < 0;
        this.lastTime = currentTime;
        this.movedMs = nowMs;
        if (forward && !first) this.nudges = Math.max(0, this.nudges - 0.1);
        return 'fine';
    }
}
