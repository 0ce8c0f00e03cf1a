import { OpenError } from './answer';
import type { Failure } from './failure';
import type { Opening, Playback, Source } from './playback';

// A stream that has just begun is to be had as FLV before its first segments are cut.
const kGraceMs = 2000;
const kStuckTooOften = 3;
const kFarApartMs = 30_000;

/** Several ways of watching, the best first: the best that the browser and the channel have plays. */
export class FirstOf implements Source {
    private readonly spent = new Set<Source>();
    private current: Source | undefined;
    private openedMs = 0;
    private stuck = 0;
    private waitingSinceMs: number | undefined;

    /** `now`: milliseconds on any clock that only goes forward. */
    constructor(
        private readonly sources: readonly Source[],
        private readonly now: () => number = () => performance.now(),
    ) {}

    supported(): boolean {
        return this.sources.some((source) => source.supported());
    }

    async open(opening: Opening): Promise<Playback> {
        const refusals: Failure[] = [];
        for (const source of this.left()) {
            const playback = await this.try(source, opening, refusals);
            if (playback) return this.take(source, playback, refusals);
        }
        this.forget();
        throw new OpenError(refusals.find(mayCome) ?? refusals[0] ?? { kind: 'unsupported' });
    }

    /** A way that failed for good is left out until the channel is offline. */
    moveOn(failure: Failure): boolean {
        const hopeless = failure.kind === 'unsupported' || failure.kind === 'broken';
        if (!this.current || !(hopeless || this.stuckTooOften(failure))) return false;
        this.spent.add(this.current);
        this.stuck = 0;
        if (this.left().length > 0) return true;
        this.forget();
        return false;
    }

    private async try(
        source: Source,
        opening: Opening,
        refusals: Failure[],
    ): Promise<Playback | undefined> {
        try {
            return await source.open(this.openingOf(source, opening));
        } catch (error) {
            if (!(error instanceof OpenError) || !leavesHope(error.failure)) throw error;
            refusals.push(error.failure);
            return undefined;
        }
    }

    private left(): Source[] {
        return this.sources.filter((source) => source.supported() && !this.spent.has(source));
    }

    private stuckTooOften({ kind }: Failure): boolean {
        if (kind !== 'stuck' || this.now() - this.openedMs > kFarApartMs) this.stuck = 0;
        if (kind === 'stuck') this.stuck += 1;
        return this.stuck >= kStuckTooOften;
    }

    /** What one way left behind says nothing about another. */
    private openingOf(source: Source, opening: Opening): Opening {
        return source === this.current ? opening : { ...opening, last: undefined };
    }

    private take(source: Source, playback: Playback, refusals: readonly Failure[]): Playback {
        if (source !== this.current && refusals.some(mayCome)) {
            this.waitingSinceMs ??= this.now();
            if (this.now() - this.waitingSinceMs < kGraceMs) {
                playback.stop({ kind: 'ended' });
                throw new OpenError({ kind: 'offline' });
            }
        }
        this.current = source;
        this.openedMs = this.now();
        this.waitingSinceMs = undefined;
        return playback;
    }

    /** The next stream may be another: every way gets its chance again. */
    private forget(): void {
        this.spent.clear();
        this.current = undefined;
        this.waitingSinceMs = undefined;
    }
}

/** Another way may play although this one does not. */
function leavesHope({ kind }: Failure): boolean {
    return kind === 'offline' || kind === 'ended' || kind === 'broken' || kind === 'unsupported';
}

function mayCome({ kind, reason }: Failure): boolean {
    return kind === 'offline' && reason !== 'output_disabled';
}
