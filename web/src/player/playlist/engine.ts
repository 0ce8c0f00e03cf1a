import type { Failure } from '../failure';
import type { Tracks } from '../tracks';
import type { ServerClock } from './server_clock';

/** What an engine tells while it plays. */
export interface EngineEvents {
    /** A live stream is there; the engine takes the element as soon as this returns. */
    taking(): void;
    /** The element has the stream and may be told to play. */
    attached(): void;
    /** It does not go on; told at most once. */
    failed(failure: Failure): void;
}

/** What an engine is started with. */
export interface EngineStart {
    url: URL;
    media: HTMLVideoElement;
    clock: ServerClock;
    /** What the first playlist says of its codecs. */
    announced: Tracks;
    events: EngineEvents;
}

/** What plays a playlist: hls.js, dash.js or the browser itself. */
export interface PlaylistEngine {
    readonly tracks: Tracks;
    /** When media last came, on the clock of `performance.now()`. */
    readonly lastBytesMs: number;
    bitrate(): number | undefined;
    latency(): number | undefined;
    /** Called a few times a second while it has the element. */
    follow(): void;
    /** Takes up the decoder again after an error; false when that was tried or can't be. */
    recover(): boolean;
    /** Asks for nothing more; the picture stays. */
    halt(): void;
    /** Takes the picture away and frees the element. */
    destroy(): void;
}
