import { OpenError } from './answer';
import type { Failure } from './failure';
import type { Playback, PlaybackEvents, Protocol, Source } from './playback';
import { Retry } from './retry';
import type { Tracks } from './tracks';

/** What the viewer is to know. */
export type State =
    | { kind: 'connecting' }
    | { kind: 'playing'; tracks: Tracks; protocol: Protocol }
    | { kind: 'silent' }
    | { kind: 'blocked' }
    | { kind: 'paused' }
    | { kind: 'failed'; failure: Failure };

/** Keeps a stream on a media element: opens it, plays it, and comes back by itself. */
export class Session {
    private readonly retry = new Retry();
    private stopper = new AbortController();
    private wake: () => void = () => undefined;
    private playback: Playback | undefined;
    private shownBefore: Playback | undefined;
    private running = false;

    /** `report` is called with every change of state. */
    constructor(
        private readonly source: Source,
        private readonly media: HTMLVideoElement,
        private readonly report: (state: State) => void,
    ) {}

    /** Begins, or goes on after pause(). */
    start(): void {
        if (this.running) return;
        if (!this.source.supported()) {
            return this.report({ kind: 'failed', failure: { kind: 'unsupported' } });
        }
        this.running = true;
        this.stopper = new AbortController();
        this.report({ kind: 'connecting' });
        void this.run(this.stopper.signal);
    }

    /** Closes the stream and keeps the last picture: a live stream can't be paused. */
    pause(): void {
        if (!this.running) return;
        this.running = false;
        this.stopper.abort();
        this.playback?.stop({ kind: 'ended' });
        this.wake();
        this.media.pause();
        this.report({ kind: 'paused' });
    }

    /** Tries again now instead of later; nothing happens while it plays. */
    hurry(): void {
        this.wake();
    }

    /** Neither paused nor impossible: it plays or tries to. */
    get active(): boolean {
        return this.running;
    }

    /** Bits per second of the stream. */
    get bitrate(): number | undefined {
        return this.playback?.bitrate();
    }

    /** Seconds from the server's clock at the picture to now. */
    get latency(): number | undefined {
        return this.playback?.latency();
    }

    private async run(signal: AbortSignal): Promise<void> {
        let last: Failure | undefined;
        while (!signal.aborted) {
            const failure = (last = await this.once(signal, last));
            if (signal.aborted) return;
            if (this.source.moveOn?.(failure)) continue;

            const waitMs = this.retry.after(failure, performance.now(), Math.random());
            if (failure.kind !== 'changed') this.report({ kind: 'failed', failure });
            await this.sleep(document.hidden ? Math.max(waitMs, 3000) : waitMs);
        }
    }

    private async once(signal: AbortSignal, last: Failure | undefined): Promise<Failure> {
        const { media } = this;
        const events = this.eventsFor(signal);
        let playback;
        try {
            playback = await this.source.open({ media, events, signal, last });
        } catch (error) {
            return error instanceof OpenError ? error.failure : { kind: 'unreachable' };
        }
        if (signal.aborted) {
            playback.stop({ kind: 'ended' });
            return { kind: 'ended' };
        }
        return this.play(playback);
    }

    private play(playback: Playback): Promise<Failure> {
        if (this.playback?.onElement) this.shownBefore = this.playback;
        else this.playback?.destroy();
        this.playback = playback;
        return playback.run();
    }

    private eventsFor(signal: AbortSignal): PlaybackEvents {
        const tell = (state: State) => {
            if (!signal.aborted) this.report(state);
        };
        return {
            started: () => {
                this.shownBefore?.destroy();
                this.shownBefore = undefined;
            },
            playing: () => {
                this.retry.succeeded();
                const { playback } = this;
                if (playback) tell({ kind: 'playing', tracks: playback.tracks, protocol: playback.protocol });
            },
            silent: () => tell({ kind: 'silent' }),
            blocked: () => tell({ kind: 'blocked' }),
        };
    }

    private sleep(ms: number): Promise<void> {
        return new Promise((resolve) => {
            const timer = setTimeout(resolve, ms);
            this.wake = () => {
                clearTimeout(timer);
                resolve();
            };
        });
    }
}
