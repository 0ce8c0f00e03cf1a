import type { Failure } from './failure';
import type { Tracks } from './tracks';

/** How the stream gets into the browser; `data-protocol` of the page. */
export type Protocol = 'flv' | 'ws-flv' | 'll-hls' | 'hls' | 'native-hls' | 'dash';

/** What a playback tells while it lives. */
export interface PlaybackEvents {
    /** It takes the element now: what was shown before has to go. */
    started(): void;
    playing(): void;
    /** The publisher is away; the server holds the stream. */
    silent(): void;
    /** The browser wants a click before anything plays. */
    blocked(): void;
}

/** The stream on a media element, once, from its first byte to its end. */
export interface Playback {
    readonly protocol: Protocol;
    /** The codecs that are known so far. */
    readonly tracks: Tracks;
    /** The element shows pictures of this playback. */
    readonly onElement: boolean;
    /** Plays until the stream ends or fails; says why. The last picture stays. */
    run(): Promise<Failure>;
    /** Ends run(). */
    stop(failure: Failure): void;
    /** Takes the picture away and frees the element. */
    destroy(): void;
    /** Bits per second of the stream; undefined at first. */
    bitrate(): number | undefined;
    /** Seconds from the server's clock at the picture to now; undefined when nothing tells. */
    latency(): number | undefined;
}

/** What a playback is opened with. */
export interface Opening {
    media: HTMLVideoElement;
    events: PlaybackEvents;
    signal: AbortSignal;
    /** How the playback before came to its end. */
    last: Failure | undefined;
}

/** One way of watching a channel. */
export interface Source {
    /** False when the browser lacks what this way takes. */
    supported(): boolean;
    /** Rejects with OpenError while there is nothing to play. */
    open(opening: Opening): Promise<Playback>;
    /** Told how its playback ended; true when it has another way that is worth a try at once. */
    moveOn?(failure: Failure): boolean;
}
