import mpegts from 'mpegts.js';

import type { Failure } from '../failure';
import type { Tracks } from '../tracks';

/** Turns FLV bytes into pictures and sound of a media element. Built for one connection. */
export interface Engine {
    /** Takes the next bytes of the stream; throws when they can't be understood. */
    push(chunk: Uint8Array): void;
    /** Frees the element. Nothing is reported after it. */
    destroy(): void;
}

mpegts.LoggingControl.enableAll = false;

/**
 * Starts mpegts.js on `media`. Tracks are told, not guessed, because it waits for every track it
 * was promised. `failed` is called at most once.
 */
export function startEngine(
    media: HTMLVideoElement,
    tracks: Tracks,
    failed: (failure: Failure) => void,
): Engine {
    const feed = new Feed(() => failed({ kind: 'stuck', detail: 'buffer full' }));
    const player = mpegts.createPlayer(
        {
            type: 'flv',
            isLive: true,
            url: 'feed:',
            hasAudio: tracks.audio !== undefined,
            hasVideo: tracks.video !== undefined,
        },
        {
            isLive: true,
            enableWorker: false,
            enableStashBuffer: false,
            lazyLoad: false,
            deferLoadAfterSourceOpen: false,
            autoCleanupSourceBuffer: true,
            autoCleanupMaxBackwardDuration: 20,
            autoCleanupMinBackwardDuration: 8,
            customLoader: feed.loader(),
        },
    );
    player.on(mpegts.Events.ERROR, (type: string, detail: string, info?: { msg?: string }) => {
        failed(failureOf(type, detail, info?.msg ?? ''));
    });
    player.attachMediaElement(media);
    player.load();

    return {
        push: (chunk) => feed.push(chunk),
        destroy: () => {
            feed.close();
            player.destroy();
        },
    };
}

function failureOf(type: string, detail: string, message: string): Failure {
    const codec = detail === mpegts.ErrorDetails.MEDIA_CODEC_UNSUPPORTED;
    const refusedByBrowser = /addSourceBuffer|not supported|unsupported/i.test(message);
    if (codec || refusedByBrowser) return { kind: 'unsupported', detail: message };
    if (detail === mpegts.ErrorDetails.MEDIA_FORMAT_ERROR) return { kind: 'broken', detail: message };
    return { kind: 'stuck', detail: `${type} ${detail}` };
}

/** Hands the bytes of an open connection to mpegts.js, which wants to open one by itself. */
class Feed {
    private receive: ((chunk: ArrayBuffer, byteStart: number) => void) | undefined;
    private readonly early: Uint8Array[] = [];
    private received = 0;

    constructor(private aborted: () => void) {}

    push(chunk: Uint8Array): void {
        if (!this.receive) {
            this.early.push(chunk);
            return;
        }
        const start = this.received;
        this.received += chunk.byteLength;
        this.receive(ownBuffer(chunk), start);
    }

    close(): void {
        this.receive = undefined;
        this.aborted = () => undefined;
    }

    loader() {
        const open = this.open.bind(this);
        const abort = () => this.aborted();

        return class extends mpegts.BaseLoader {
            constructor() {
                super('feed');
            }
            open() {
                this._status = mpegts.LoaderStatus.kBuffering;
                open((chunk, byteStart) => this.onDataArrival(chunk, byteStart));
            }
            abort() {
                this._status = mpegts.LoaderStatus.kComplete;
                abort();
            }
        };
    }

    private open(receive: (chunk: ArrayBuffer, byteStart: number) => void): void {
        this.receive = receive;
        for (const chunk of this.early.splice(0)) this.push(chunk);
    }
}

function ownBuffer(chunk: Uint8Array): ArrayBuffer {
    const whole = chunk.byteOffset === 0 && chunk.byteLength === chunk.buffer.byteLength;
    return (whole ? chunk.buffer : chunk.slice().buffer) as ArrayBuffer;
}
