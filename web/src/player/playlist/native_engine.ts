import type { Tracks } from '../tracks';
import type { EngineStart, PlaylistEngine } from './engine';
import { secondsSince } from './server_clock';

/** Safari tells the programme's date at time 0. */
interface Dated {
    getStartDate?(): Date;
}

/** Gives the playlist to the browser itself. */
export function startNative(start: EngineStart): PlaylistEngine {
    return new NativeEngine(start);
}

class NativeEngine implements PlaylistEngine {
    readonly tracks: Tracks;
    lastBytesMs = performance.now();

    private readonly heard = new AbortController();

    constructor(private readonly start: EngineStart) {
        this.tracks = { ...start.announced };
        const { media, events } = start;
        events.taking();
        this.on('error', () => events.failed({ kind: 'stuck', detail: media.error?.message ?? '' }));
        this.on('ended', () => events.failed({ kind: 'ended' }));
        this.on('progress', () => (this.lastBytesMs = performance.now()));
        this.on('loadedmetadata', () => this.lookAtElement());
        media.src = start.url.href;
        events.attached();
    }

    bitrate(): undefined {
        return undefined;
    }

    latency(): number | undefined {
        const { media, clock } = this.start;
        const began = (media as Dated).getStartDate?.().getTime() ?? NaN;
        return Number.isNaN(began) ? undefined : secondsSince(began + media.currentTime * 1000, clock);
    }

    /** The browser keeps its own distance to the edge. */
    follow(): void {}

    recover(): boolean {
        return false;
    }

    halt(): void {
        this.heard.abort();
    }

    destroy(): void {
        this.heard.abort();
        this.start.media.removeAttribute('src');
        this.start.media.load();
    }

    private lookAtElement(): void {
        const { media, events } = this.start;
        // A duration is what only streams have that are over.
        if (Number.isFinite(media.duration)) return events.failed({ kind: 'ended' });
        if (media.videoWidth > 0) this.tracks.video ??= 'other';
    }

    private on(event: string, then: () => void): void {
        this.start.media.addEventListener(event, then, { signal: this.heard.signal });
    }
}
