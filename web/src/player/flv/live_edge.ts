import type { Position } from '../position';

/** What to do now: go to a time, or play at a rate. */
export type Move = { seekTo: number } | { rate: number };

// Delay beyond what the network needs. Below kCatchUpFrom the picture plays at its own speed;
// above it slightly faster, which nobody hears; beyond kJumpFrom it jumps.
const kTarget = 0.6;
const kCatchUpFrom = 1.1;
const kJumpFrom = 3.0;
const kJumpAtStartFrom = 1.2;
const kCatchUpRate = 1.1;
const kAfterJump = 0.5;
const kIntoRange = 0.02;

/** Keeps playback close to the newest picture. */
export class LiveEdge {
    private catchingUp = false;

    /** `starting`: no picture shown yet, so a jump costs nothing. */
    move(position: Position, starting: boolean): Move {
        const last = position.ranges.at(-1);
        if (!last) return { rate: 1 };

        const gap = this.overGap(position);
        if (gap !== undefined) return { seekTo: gap };

        const ahead = last.end - position.currentTime;
        if (ahead > (starting ? kJumpAtStartFrom : kJumpFrom)) {
            this.catchingUp = false;
            return { seekTo: Math.max(last.start, last.end - kAfterJump) };
        }
        if (ahead > kCatchUpFrom) this.catchingUp = true;
        if (ahead <= kTarget) this.catchingUp = false;
        return { rate: this.catchingUp ? kCatchUpRate : 1 };
    }

    /** Where to go when the current time lies in no range and a later one is there. */
    private overGap({ currentTime, ranges }: Position): number | undefined {
        const inside = ranges.some((r) => r.start <= currentTime && currentTime < r.end);
        if (inside) return undefined;
        const next = ranges.find((r) => r.start > currentTime);
        return next && next.start + kIntoRange;
    }
}
