import {
    MediaPlayer,
    type FragmentLoadingCompletedEvent,
    type MediaInfo,
    type MediaPlayerClass,
    type MediaPlayerSettingClass,
} from 'dashjs';

import { bufferedAhead, positionOf } from '../position';
import type { Tracks } from '../tracks';
import { tracksOf } from './codec_string';
import type { EngineStart, PlaylistEngine } from './engine';
import { TrackRates } from './media_rate';

const kAheadNone = 0.1;
const kBarrenMs = 3000;
const kLeastDelay = 1;
const kErrors = MediaPlayer.errors;
const kUnsupported: number[] = [
    kErrors.CAPABILITY_MEDIASOURCE_ERROR_CODE,
    kErrors.MANIFEST_ERROR_ID_NOSTREAMS_CODE,
    kErrors.MANIFEST_ERROR_ID_MULTIPLEXED_CODE,
    kErrors.MEDIASOURCE_TYPE_UNSUPPORTED_CODE,
];

const kSettings: MediaPlayerSettingClass = {
    debug: { logLevel: 0 },
    streaming: {
        delay: { useSuggestedPresentationDelay: true },
        liveCatchup: { enabled: true, maxDrift: 3, playbackRate: { min: -0.05, max: 0.1 } },
        buffer: { bufferToKeep: 10 },
        // The page remembers nothing of its viewers.
        lastBitrateCachingInfo: { enabled: false },
        lastMediaSettingsCachingInfo: { enabled: false },
    },
};

/** What is asked of a manifest as dash.js has read it. */
interface Manifest {
    Period?: { id?: string }[];
}

/** Starts dash.js. */
export function startDash(start: EngineStart): PlaylistEngine {
    return new DashEngine(start);
}

class DashEngine implements PlaylistEngine {
    tracks: Tracks;
    lastBytesMs = performance.now();

    private readonly player: MediaPlayerClass = MediaPlayer().create();
    private readonly rates = new TrackRates();
    private over = false;
    private newestPeriod = '';
    private leftBehindMs: number | undefined;

    constructor(private readonly start: EngineStart) {
        const { player } = this;
        this.tracks = { ...start.announced };
        start.events.taking();
        player.updateSettings(kSettings);
        player.initialize(start.media, undefined, false);
        // Its default asks a server elsewhere what time it is.
        player.clearDefaultUTCTimingSources();
        this.listen();
        player.attachSource(start.url.href);
    }

    bitrate(): number | undefined {
        return this.rates.rate();
    }

    latency(): number | undefined {
        const seconds = this.player.isReady() ? this.player.getCurrentLiveLatency() : NaN;
        return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
    }

    follow(): void {
        const { media, events } = this.start;
        const dry = media.ended || bufferedAhead(positionOf(media)) < kAheadNone;
        if (this.over && dry) events.failed({ kind: 'ended' });
        else if (dry && this.leftBehind()) events.failed({ kind: 'stuck', detail: 'a hole' });
    }

    recover(): boolean {
        return false;
    }

    halt(): void {
        // What is paused then asks for nothing: no segments, no manifests.
        this.player.updateSettings({ streaming: { scheduling: { scheduleWhilePaused: false } } });
        this.player.pause();
    }

    destroy(): void {
        this.player.destroy();
    }

    private listen(): void {
        const { player } = this;
        const names = MediaPlayer.events;
        player.on(names.STREAM_INITIALIZED, () => this.begun());
        player.on(names.MANIFEST_LOADED, ({ data }) => {
            this.newestPeriod = (data as Manifest).Period?.at(-1)?.id ?? '';
        });
        player.on(names.DYNAMIC_TO_STATIC, () => (this.over = true));
        player.on(names.FRAGMENT_LOADING_PROGRESS, () => (this.lastBytesMs = performance.now()));
        player.on(names.FRAGMENT_LOADING_COMPLETED, (event) => this.loaded(event));
        player.on(names.ERROR, ({ error }) => this.fail(error));
    }

    /**
     * A publisher that comes back begins a new period. What lies between is a hole that dash.js
     * does not get over: it has to start anew, as soon as the period is long enough.
     */
    private leftBehind(): boolean {
        const nowMs = performance.now();
        const behind = this.newestPeriod !== '' && this.player.getActiveStream()?.getId() !== this.newestPeriod;
        this.leftBehindMs = behind ? (this.leftBehindMs ?? nowMs) : undefined;
        const patienceMs = Math.max(this.player.getTargetLiveDelay() || 0, kLeastDelay) * 1000;
        return this.leftBehindMs !== undefined && nowMs - this.leftBehindMs > patienceMs;
    }

    private begun(): void {
        const { announced, events } = this.start;
        const [video] = this.player.getTracksFor('video');
        const [audio] = this.player.getTracksFor('audio');
        // It leaves out what the browser can't decode and would play the sound alone.
        if (announced.video && !video) return events.failed({ kind: 'unsupported', detail: 'video' });
        this.tracks = tracksOf([video, audio].map(codecOf).join(','));
        events.attached();
    }

    private loaded({ request, response }: FragmentLoadingCompletedEvent): void {
        if (!response) return;
        this.lastBytesMs = performance.now();
        if (request.type === 'MediaSegment') {
            this.rates.note(request.mediaType, response.byteLength, request.duration);
        }
    }

    private fail(error: unknown): void {
        const { code, message } = error as { code?: number; message?: string };
        const detail = `${code ?? ''} ${message ?? String(error)}`;
        if (code === kErrors.TIME_SYNC_FAILED_ERROR_CODE) return;
        if (code !== undefined && kUnsupported.includes(code)) {
            return this.start.events.failed({ kind: 'unsupported', detail });
        }
        // It goes on with the next segment by itself, if that one comes.
        const barren = performance.now() - this.lastBytesMs > kBarrenMs;
        if (code === kErrors.DOWNLOAD_ERROR_ID_CONTENT_CODE && !barren) return;
        this.start.events.failed({ kind: 'stuck', detail });
    }
}

/** `video/mp4;codecs="avc1.64001f"` is `avc1.64001f`. */
function codecOf(track: MediaInfo | undefined): string {
    return /codecs="([^"]*)"/.exec(track?.codec ?? '')?.[1] ?? '';
}
