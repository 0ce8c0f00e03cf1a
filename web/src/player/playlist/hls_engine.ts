import Hls, { ErrorDetails, ErrorTypes, Events, type ErrorData, type HlsConfig } from 'hls.js';

import type { Failure } from '../failure';
import { bufferedAhead, positionOf } from '../position';
import type { Tracks } from '../tracks';
import { tracksOf } from './codec_string';
import type { EngineStart, PlaylistEngine } from './engine';
import { TrackRates } from './media_rate';
import { secondsSince } from './server_clock';

const kCatchUpRate = 1.1;
// Farther behind than this it jumps: catching up would take half a minute.
const kJumpFrom = 3;
const kRecoverAgainMs = 5000;
const kAheadNone = 0.1;

const kConfig: Partial<HlsConfig> = {
    // A worker of a blob would need more than the pages' content security policy allows.
    enableWorker: false,
    lowLatencyMode: true,
    maxLiveSyncPlaybackRate: kCatchUpRate,
    // How much farther from the edge it stays after each stall; as many are forgiven as fit a segment.
    liveSyncOnStallIncrease: 0.3,
    backBufferLength: 20,
    enableInterstitialPlayback: false,
    // Requests are held while the publisher is away; its window to return is shorter than this.
    playlistLoadPolicy: {
        default: {
            maxTimeToFirstByteMs: 20_000,
            maxLoadTimeMs: 30_000,
            timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
            errorRetry: { maxNumRetry: 8, retryDelayMs: 250, maxRetryDelayMs: 2000 },
        },
    },
};

const kUnsupported: ErrorDetails[] = [
    ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR,
    ErrorDetails.BUFFER_ADD_CODEC_ERROR,
    ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR,
];

const kPlaylists: ErrorDetails[] = [ErrorDetails.LEVEL_LOAD_ERROR, ErrorDetails.AUDIO_TRACK_LOAD_ERROR];

/** Starts hls.js; it takes the element only when the playlist is live. */
export function startHls(start: EngineStart): PlaylistEngine {
    return new HlsEngine(start);
}

class HlsEngine implements PlaylistEngine {
    tracks: Tracks;
    lastBytesMs = performance.now();

    private readonly hls = new Hls(kConfig);
    private readonly rates = new TrackRates();
    private taken = false;
    private over = false;
    private recoveredMs = -Infinity;

    constructor(private readonly start: EngineStart) {
        this.tracks = { ...start.announced };
        this.listen();
        this.hls.loadSource(start.url.href);
    }

    bitrate(): number | undefined {
        return this.rates.rate();
    }

    latency(): number | undefined {
        const date = this.hls.playingDate;
        if (date) return secondsSince(date.getTime(), this.start.clock);
        return this.hls.latency || undefined;
    }

    follow(): void {
        const { hls } = this;
        const { media } = this.start;
        if (this.over && (media.ended || bufferedAhead(positionOf(media)) < kAheadNone)) {
            return this.start.events.failed({ kind: 'ended' });
        }
        const edge = hls.liveSyncPosition;
        if (edge === null || media.seeking || media.readyState === media.HAVE_NOTHING) return;
        // Both: while the publisher is away the latency grows, but there is nowhere to jump to.
        const late = hls.latency - (hls.targetLatency ?? 0) > kJumpFrom;
        if (late && edge - media.currentTime > kJumpFrom / 2) media.currentTime = edge;
    }

    recover(): boolean {
        const nowMs = performance.now();
        if (nowMs - this.recoveredMs < kRecoverAgainMs) return false;
        this.recoveredMs = nowMs;
        this.hls.recoverMediaError();
        return true;
    }

    halt(): void {
        this.hls.stopLoad();
    }

    destroy(): void {
        this.hls.destroy();
    }

    private listen(): void {
        const { hls } = this;
        hls.on(Events.LEVEL_LOADED, (_, { details }) => this.loaded(details.live));
        hls.on(Events.MEDIA_ATTACHED, () => this.start.events.attached());
        hls.on(Events.ERROR, (_, error) => this.fail(error));
        hls.on(Events.BUFFER_CODECS, (_, { audio, video, audiovideo }) => {
            const codecs = [audio, video, audiovideo].map((track) => track?.codec ?? '');
            this.tracks = { ...this.tracks, ...tracksOf(codecs.join(',')) };
        });
        hls.on(Events.FRAG_LOADED, (_, { frag, part, payload }) => {
            this.lastBytesMs = performance.now();
            this.rates.note(frag.type, payload.byteLength, (part ?? frag).duration);
        });
    }

    private loaded(live: boolean): void {
        this.over = !live;
        if (this.taken) return;
        // What was left of an earlier stream is not shown as if it were live.
        if (!live) return this.start.events.failed({ kind: 'ended' });
        this.taken = true;
        this.start.events.taking();
        this.hls.attachMedia(this.start.media);
    }

    private fail(error: ErrorData): void {
        if (kPlaylists.includes(error.details) && refused(error)) {
            return this.start.events.failed({ kind: 'stuck', detail: error.details });
        }
        if (!error.fatal) return;
        if (error.type === ErrorTypes.MEDIA_ERROR && !kUnsupported.includes(error.details)) {
            if (this.recover()) return;
        }
        this.start.events.failed(failureOf(error));
    }
}

/** It would ask again and again for what the server has said no to. */
function refused({ response }: ErrorData): boolean {
    const status = response?.code ?? 0;
    return status >= 400 && status < 500;
}

/** The network's errors say no reason: the next look at the first playlist will. */
function failureOf({ details, error }: ErrorData): Failure {
    if (kUnsupported.includes(details)) return { kind: 'unsupported', detail: error.message };
    const broken =
        details === ErrorDetails.MANIFEST_PARSING_ERROR || details === ErrorDetails.FRAG_PARSING_ERROR;
    return { kind: broken ? 'broken' : 'stuck', detail: details };
}
