import type { Protocol } from './playback';
import type { AudioCodec, Tracks, VideoCodec } from './tracks';

/** What the line of technical details is made of; undefined is not known yet. */
export interface Stats {
    protocol: Protocol | undefined;
    tracks: Tracks;
    width: number;
    height: number;
    fps: number | undefined;
    bitsPerSecond: number | undefined;
    bufferSeconds: number;
    latencySeconds: number | undefined;
}

/** The words of the viewer's language in it. */
export interface StatsWords {
    buffer: string;
    latency: string;
}

const kProtocols: Record<Protocol, string> = {
    flv: 'HTTP-FLV',
    'ws-flv': 'WS-FLV',
    'll-hls': 'LL-HLS',
    hls: 'HLS',
    'native-hls': 'HLS',
    dash: 'DASH',
};

const kVideoNames: Record<VideoCodec, string> = {
    h264: 'H.264',
    hevc: 'H.265',
    av1: 'AV1',
    vp9: 'VP9',
    other: '?',
};
const kAudioNames: Record<AudioCodec, string> = {
    aac: 'AAC',
    mp3: 'MP3',
    opus: 'Opus',
    flac: 'FLAC',
    other: '?',
};

/** Such as `LL-HLS · 1280×720 · H.264 + AAC · 25 fps · 2.10 Mbit/s · buffer 0.6 s · latency 1.0 s`. */
export function statsLine(stats: Stats, words: StatsWords): string {
    const { protocol, latencySeconds } = stats;
    const { video, audio } = stats.tracks;
    const codecs = [video && kVideoNames[video], audio && kAudioNames[audio]].filter(Boolean);
    const parts = [
        protocol ? kProtocols[protocol] : '',
        video && stats.width > 0 ? `${stats.width}×${stats.height}` : '',
        codecs.join(' + '),
        video && stats.fps !== undefined ? `${Math.round(stats.fps)} fps` : '',
        stats.bitsPerSecond === undefined ? '' : bitrate(stats.bitsPerSecond),
        `${words.buffer} ${stats.bufferSeconds.toFixed(1)} s`,
        latencySeconds === undefined ? '' : `${words.latency} ${latencySeconds.toFixed(1)} s`,
    ];
    return parts.filter((part) => part !== '').join(' · ');
}

function bitrate(bitsPerSecond: number): string {
    if (bitsPerSecond >= 1e6) return `${(bitsPerSecond / 1e6).toFixed(2)} Mbit/s`;
    return `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}
