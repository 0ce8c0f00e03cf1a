import { autoplay } from '../autoplay';
import { failureOfMedia, type Failure } from '../failure';
import { MediaWatch } from '../media_watch';
import { Meter } from '../meter';
import type { Opening, Playback, PlaybackEvents, Protocol } from '../playback';
import { bufferedAhead, positionOf } from '../position';
import { tracksDiffer, type Tracks } from '../tracks';
import { startEngine, type Engine } from './engine';
import { FlvTracks, NotFlv } from './flv_tracks';
import { LiveEdge } from './live_edge';
import type { Bytes } from './transport';

const kTickMs = 200;
const kRateWindowMs = 3000;
const kStartMs = 6000;
// Less than any frame: what can be played has been played.
const kAheadNone = 0.15;

/** One open FLV stream on a media element, by mpegts.js. */
export class Connection implements Playback {
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
    private readonly flv: FlvTracks;
    private readonly meter = new Meter(kRateWindowMs);
    private readonly edge = new LiveEdge();
    private readonly watch: MediaWatch;
    private readonly media: HTMLVideoElement;
    private readonly events: PlaybackEvents;
    /** Tracks that are known to come although they may not be there at the start. */
    private readonly expected: Tracks;
    private engine: Engine | undefined;
    private failure: Failure | undefined;
    private bits = 0;
    private lastBytesMs = performance.now();

    constructor(
        readonly protocol: Protocol,
        bytes: Bytes,
        { media, events, last }: Opening,
    ) {
        this.media = media;
        this.events = events;
        this.expected = last?.expected ?? {};
        this.flv = new FlvTracks(last?.absent);
        this.watch = new MediaWatch(media, kStartMs);
        this.reader = bytes.getReader();
    }

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

    stop(failure: Failure): void {
        this.failure ??= failure;
        this.reader.cancel().catch(() => undefined);
    }

    destroy(): void {
        this.engine?.destroy();
        this.engine = undefined;
    }

    get onElement(): boolean {
        return this.engine !== undefined;
    }

    get tracks(): Tracks {
        return { ...this.expected, ...this.flv.tracks };
    }

    bitrate(): number | undefined {
        return this.meter.rate();
    }

    /** FLV tells no time of day. */
    latency(): undefined {
        return undefined;
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
        this.events.started();
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

    private followEdge(): void {
        const { media } = this;
        const move = this.edge.move(positionOf(media), this.watch.starting);
        if ('seekTo' in move) media.currentTime = move.seekTo;
        else if (media.playbackRate !== move.rate) media.playbackRate = move.rate;
    }

    private judge(nowMs: number): void {
        const sighting = this.watch.see(nowMs, this.lastBytesMs, this.onElement);
        const ahead = bufferedAhead(positionOf(this.media));

        const absent = ahead < kAheadNone ? this.flv.fallenSilent() : undefined;
        if (absent) return this.stop({ kind: 'changed', absent });
        if (sighting === 'vain') return this.stop({ kind: 'stuck', detail: 'no picture' });
        if (sighting === 'give-up') return this.stop({ kind: 'stuck' });
        if (sighting === 'silent') return this.events.silent();
        if (sighting === 'nudge') this.media.currentTime += Math.min(0.2, ahead / 2);
        if (sighting === 'playing') this.events.playing();
    }
}

function failureOf(error: unknown): Failure {
    if (error instanceof NotFlv) return { kind: 'broken', detail: error.message };
    // A connection that breaks rejects the read with a TypeError; to the viewer that is an end.
    if (error instanceof TypeError) return { kind: 'ended' };
    return { kind: 'stuck', detail: String(error) };
}
