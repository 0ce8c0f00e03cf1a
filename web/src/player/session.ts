import { Connection } from './connection';
import { browserCanPlay } from './engine';
import type { Failure } from './failure';
import type { Tracks } from './flv_tracks';
import type { PageAddress } from './page_address';
import { Retry } from './retry';
import { OpenError, openStream } from './transport';

/** What the viewer is to know. */
export type State =
    | { kind: 'connecting' }
    | { kind: 'playing'; tracks: Tracks }
    | { kind: 'silent' }
    | { kind: 'blocked' }
    | { kind: 'paused' }
    | { kind: 'failed'; failure: Failure };

/** Keeps a stream on a media element: opens it, plays it, and comes back by itself. */
export class Session {
    private readonly retry = new Retry();
    private stopper = new AbortController();
    private wake: () => void = () => undefined;
    private connection: Connection | undefined;
    private shownBefore: Connection | undefined;
    private running = false;

    /** `report` is called with every change of state. */
    constructor(
        private readonly page: PageAddress,
        private readonly media: HTMLVideoElement,
        private readonly report: (state: State) => void,
    ) {}

    /** Begins, or goes on after pause(). */
    start(): void {
        if (this.running) return;
        if (!browserCanPlay()) return this.report({ kind: 'failed', failure: { kind: 'unsupported' } });
        this.running = true;
        this.stopper = new AbortController();
        this.report({ kind: 'connecting' });
        void this.run(this.stopper.signal);
    }

    /** Closes the connection and keeps the last picture: a live stream can't be paused. */
    pause(): void {
        if (!this.running) return;
        this.running = false;
        this.stopper.abort();
        this.connection?.stop({ kind: 'ended' });
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

    /** Bits per second on the wire. */
    get bitrate(): number | undefined {
        return this.connection?.bitrate();
    }

    private async run(signal: AbortSignal): Promise<void> {
        let last: Failure | undefined;
        while (!signal.aborted) {
            const failure = (last = await this.once(signal, last));
            if (signal.aborted) return;

            const waitMs = this.retry.after(failure, performance.now(), Math.random());
            if (failure.kind !== 'changed') this.report({ kind: 'failed', failure });
            await this.sleep(document.hidden ? Math.max(waitMs, 3000) : waitMs);
        }
    }

    private async once(signal: AbortSignal, last: Failure | undefined): Promise<Failure> {
        let bytes;
        try {
            bytes = await openStream(this.page.stream, this.page.transport, signal);
        } catch (error) {
            return error instanceof OpenError ? error.failure : { kind: 'unreachable' };
        }
        if (signal.aborted) {
            bytes.cancel().catch(() => undefined);
            return { kind: 'ended' };
        }
        const events = this.eventsFor(signal);
        return this.play(new Connection(bytes, this.media, events, last?.expected ?? {}, last?.absent));
    }

    private play(connection: Connection): Promise<Failure> {
        if (this.connection?.onElement) this.shownBefore = this.connection;
        this.connection = connection;
        return connection.run();
    }

    private eventsFor(signal: AbortSignal) {
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
                tell({ kind: 'playing', tracks: this.lastTracks() });
            },
            silent: () => tell({ kind: 'silent' }),
            blocked: () => tell({ kind: 'blocked' }),
        };
    }

    private lastTracks(): Tracks {
        return this.connection?.tracks ?? {};
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
