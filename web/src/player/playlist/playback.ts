import { autoplay } from '../autoplay';
import { failureOfMedia, type Failure } from '../failure';
import { MediaWatch } from '../media_watch';
import type { Opening, Playback, PlaybackEvents, Protocol } from '../playback';
import type { Tracks } from '../tracks';
import type { EngineEvents, EngineStart, PlaylistEngine } from './engine';

const kTickMs = 200;
// Segments of several seconds come in one piece, over any network.
const kStartMs = 20_000;
const kNudge = 0.1;

export type StartEngine = (start: EngineStart) => PlaylistEngine;

/** A playlist on a media element, by whichever engine. */
export class PlaylistPlayback implements Playback {
    private readonly media: HTMLVideoElement;
    private readonly events: PlaybackEvents;
    private readonly watch: MediaWatch;
    private engine: PlaylistEngine | undefined;
    private ended: ((failure: Failure) => void) | undefined;
    private failure: Failure | undefined;
    private taken = false;
    private idleUntilMs = 0;

    constructor(
        readonly protocol: Protocol,
        private readonly startEngine: StartEngine,
        private readonly found: Pick<EngineStart, 'url' | 'clock' | 'announced'>,
        { media, events }: Opening,
    ) {
        this.media = media;
        this.events = events;
        this.watch = new MediaWatch(media, kStartMs);
    }

    async run(): Promise<Failure> {
        if (this.failure) return this.failure;
        const end = new Promise<Failure>((resolve) => (this.ended = resolve));
        const timer = setInterval(() => this.tick(), kTickMs);
        this.engine = this.startEngine({ ...this.found, media: this.media, events: this.engineEvents() });
        const failure = await end;
        clearInterval(timer);
        this.engine.halt();
        return failure;
    }

    stop(failure: Failure): void {
        this.failure ??= failure;
        this.ended?.(this.failure);
    }

    destroy(): void {
        this.engine?.destroy();
        this.engine = undefined;
        this.taken = false;
    }

    get onElement(): boolean {
        return this.taken;
    }

    get tracks(): Tracks {
        return this.engine?.tracks ?? {};
    }

    bitrate(): number | undefined {
        return this.engine?.bitrate();
    }

    latency(): number | undefined {
        return this.engine?.latency();
    }

    private engineEvents(): EngineEvents {
        return {
            taking: () => {
                this.events.started();
                this.taken = true;
            },
            attached: () => {
                void autoplay(this.media).then((allowed) => allowed || this.events.blocked());
            },
            failed: (failure) => this.stop(failure),
        };
    }

    private tick(): void {
        const { engine, media } = this;
        if (!engine || this.failure) return;
        if (this.taken && media.error && !engine.recover()) {
            return this.stop(failureOfMedia(media.error));
        }
        if (this.taken) engine.follow();
        this.judge(engine, performance.now());
    }

    private judge(engine: PlaylistEngine, nowMs: number): void {
        // A full buffer asks for nothing while the element waits for a click.
        if (!this.taken || this.media.paused) this.idleUntilMs = nowMs;
        const lastBytesMs = Math.max(engine.lastBytesMs, this.idleUntilMs);
        const sighting = this.watch.see(nowMs, lastBytesMs, this.taken);

        if (sighting === 'vain') return this.stop({ kind: 'stuck', detail: 'no picture' });
        if (sighting === 'give-up') return this.stop({ kind: 'stuck' });
        if (sighting === 'silent') return this.events.silent();
        if (sighting === 'nudge') this.media.currentTime += kNudge;
        if (sighting === 'playing') this.events.playing();
    }
}
