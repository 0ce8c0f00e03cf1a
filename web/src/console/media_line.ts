import type { Status } from './api';

const kCodecNames: Record<string, string> = {
    h264: 'H.264',
    hevc: 'H.265',
    av1: 'AV1',
    vp9: 'VP9',
    aac: 'AAC',
    mp3: 'MP3',
    opus: 'Opus',
};

const kProtocolNames: Record<string, string> = {
    flv: 'HTTP-FLV',
    ws_flv: 'WebSocket-FLV',
    rtmp: 'RTMP',
    hls: 'HLS',
    cmaf_hls: 'LL-HLS',
    dash: 'DASH',
};

/** Such as `1280×720 · H.264 + AAC · 25 fps · 2.1 Mbit/s`; empty while there is no media. */
export function mediaLine({ video, audio }: Pick<Status, 'video' | 'audio'>): string {
    const fps = video?.fps ?? 0;
    const codecs = [video?.codec, audio?.codec].filter((c): c is string => Boolean(c));
    const bps = (video?.bitrate_bps ?? 0) + (audio?.bitrate_bps ?? 0);
    const parts = [
        video?.width && video.height ? `${video.width}×${video.height}` : '',
        codecs.map((codec) => kCodecNames[codec] ?? codec).join(' + '),
        fps > 0 ? `${Math.round(fps * 100) / 100} fps` : '',
        bps > 0 ? bitrate(bps) : '',
    ];
    return parts.filter((part) => part !== '').join(' · ');
}

/** Such as `18 HTTP-FLV · 2 RTMP`; protocols nobody uses are left out. */
export function viewersLine(viewers: Record<string, number>): string {
    return Object.entries(viewers)
        .filter(([, count]) => count > 0)
        .map(([protocol, count]) => `${count} ${kProtocolNames[protocol] ?? protocol}`)
        .join(' · ');
}

/** All viewers, whatever they use. */
export function viewersTotal(viewers: Record<string, number>): number {
    return Object.values(viewers).reduce((sum, count) => sum + count, 0);
}

function bitrate(bps: number): string {
    return bps >= 1e6 ? `${(bps / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bps / 1e3)} kbit/s`;
}
