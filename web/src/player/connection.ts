import { autoplay } from './autoplay';
import { startEngine, type Engine } from './engine';
import type { Failure } from './failure';
import { FlvTracks, NotFlv, tracksDiffer, type TrackKind, type Tracks } from './flv_tracks';
import { bufferedAhead, LiveEdge, positionOf } from './live_edge';
import { Meter } from './meter';
import { StallWatch } from './stall_watch';
import type { Bytes } from './transport';

const kTickMs = 200;
const kRateWindowMs = 3000;
const kStartMs = 6000;
// Less than any frame: what can be played has been played.
const kAheadNone = 0.15;

/** What a connection tells while it lives. */
export interface ConnectionEvents {
    /** The tracks are known and the decoder has them: what was shown before may go. */
    started(tracks: Tracks): void;
    playing(): void;
    /** The publisher is away; the server holds the connection. */
    silent(): void;
    /** The browser wants a click before anything plays. */
    blocked(): void;
}

/** One open stream on a media element, from its first byte to its end. */
export class Connection {
    /** Bits per second on the wire; undefined at first. */
    bitrate = () => this.meter.rate();

    private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
    private readonly flv: FlvTracks;
    private readonly meter = new Meter(kRateWindowMs);
    private readonly edge = new LiveEdge();
    private readonly watch = new StallWatch();
    private engine: Engine | undefined;
    private failure: Failure | undefined;
    private bits = 0;
    private lastBytesMs = performance.now();
    private shown = false;
    private startMs = performance.now();

    /**
     * `expected`: tracks that are known to come although they may not be there at the start;
     * `absent`: one that is announced but sends nothing.
     */
    constructor(
        bytes: Bytes,
        private readonly media: HTMLVideoElement,
        private readonly events: ConnectionEvents,
        private readonly expected: Tracks,
        absent: TrackKind | undefined,
    ) {
        this.flv = new FlvTracks(absent);
        this.reader = bytes.getReader();
    }

    /** Plays until the stream ends or fails; says why. The last picture stays. */
    async run(): Promise<Failure> {
        const timer = setInterval(() => this.tick(), kTickMs);
        try {
            await this.pump();
        } catch (error) {
            this.failure ??= failureOf(error);
        } finally {
            clearInterval(timer);
            this.reader.cancel().catch(() => undefined);
        }
        return this.failure ?? { kind: 'ended' };
    }

    /** Ends run(). */
    stop(failure: Failure): void {
        this.failure ??= failure;
        this.reader.cancel().catch(() => undefined);
    }

    /** Takes the picture away and frees the element. */
    destroy(): void {
        this.engine?.destroy();
        this.engine = undefined;
    }

    /** The element shows pictures of this connection. */
    get onElement(): boolean {
        return this.engine !== undefined;
    }

    get tracks(): Tracks {
        return { ...this.expected, ...this.flv.tracks };
    }

    private async pump(): Promise<void> {
        const held: Uint8Array[] = [];
        let begun: Tracks | undefined;
        let changes = 0;

        for (;;) {
            const { done, value } = await this.reader.read();
            if (done || this.failure) return;
            this.count(value);
            this.flv.push(value);

            if (!begun) {
                held.push(value);
                if (!this.flv.joined) continue;
                begun = this.tracks;
                changes = this.flv.configChanges;
                this.begin(begun, held);
                continue;
            }
            if (tracksDiffer(begun, this.tracks)) {
                return this.stop({ kind: 'changed', expected: { ...this.flv.tracks } });
            }
            // Decoders lose pictures over a header that changes under way; a fresh one never does.
            if (this.flv.configChanges > changes) return this.stop({ kind: 'changed' });
            this.engine?.push(value);
        }
    }

    private begin(tracks: Tracks, held: Uint8Array[]): void {
        this.events.started(tracks);
        this.engine = startEngine(this.media, tracks, (failure) => this.stop(failure));
        for (const chunk of held) this.engine.push(chunk);
        void autoplay(this.media).then((allowed) => allowed || this.events.blocked());
    }

    private count(chunk: Uint8Array): void {
        this.bits += chunk.byteLength * 8;
        this.lastBytesMs = performance.now();
        this.meter.note(this.bits, this.lastBytesMs);
    }

    private tick(): void {
        const nowMs = performance.now();
        this.meter.note(this.bits, nowMs);
        if (this.engine && this.media.error) return this.stop(failureOfMedia(this.media.error));
        if (this.engine && !this.media.seeking) this.followEdge();
        this.judge(nowMs);
    }

    /** Data comes but nothing is shown: a track that was announced does not come, say. */
    private startsInVain(nowMs: number): boolean {
        const waits = this.engine !== undefined && !this.shown && !this.media.paused;
        if (!waits || document.hidden) this.startMs = nowMs;
        return nowMs - this.startMs > kStartMs;
    }

    private followEdge(): void {
        const { media } = this;
        const starting = !this.shown;
        const move = this.edge.move(positionOf(media), starting);
        if ('seekTo' in move) media.currentTime = move.seekTo;
        else if (media.playbackRate !== move.rate) media.playbackRate = move.rate;

        if (starting && media.currentTime > 0 && media.readyState >= media.HAVE_FUTURE_DATA) {
            this.shown = true;
        }
    }

    private judge(nowMs: number): void {
        const position = positionOf(this.media);
        const ahead = bufferedAhead(position);
        const verdict = this.watch.see({
            nowMs,
            lastBytesMs: this.lastBytesMs,
            currentTime: this.media.currentTime,
            ahead,
            playable: this.engine !== undefined && !this.media.paused && !document.hidden,
        });

        const absent = ahead < kAheadNone ? this.flv.fallenSilent() : undefined;
        if (absent) return this.stop({ kind: 'changed', absent });
        if (this.startsInVain(nowMs)) return this.stop({ kind: 'stuck', detail: 'no picture' });
        if (verdict === 'give-up') return this.stop({ kind: 'stuck' });
        if (verdict === 'silent') return this.events.silent();
        if (verdict === 'nudge') this.media.currentTime += Math.min(0.2, ahead / 2);
        if (this.shown && ahead > 0) this.events.playing();
    }
}

function failureOf(error: unknown): Failure {
    if (error instanceof NotFlv) return { kind: 'broken', detail: error.message };
    // A connection that breaks rejects the read with a TypeError; to the viewer that is an end.
    if (error instanceof TypeError) return { kind: 'ended' };
    return { kind: 'stuck', detail: String(error) };
}

function failureOfMedia(error: MediaError): Failure {
    const unsupported = error.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    return { kind: unsupported ? 'unsupported' : 'stuck', detail: error.message };
}
