import type { AudioCodec, VideoCodec } from '../tracks';

export type Packet = 'config' | 'frame' | 'other';

/** What the first bytes of a video message tell. */
export interface VideoHeader {
    codec: VideoCodec;
    packet: Packet;
    key: boolean;
}

/** What the first bytes of an audio message tell. */
export interface AudioHeader {
    codec: AudioCodec;
    packet: Packet;
}

/** Bytes needed: frame type, packet type and FourCC of Enhanced RTMP; the classic headers are shorter. */
export const kMediaHeaderBytes = 5;

const kKeyFrame = 1;
const kCommandFrame = 5;
const kAudioAac = 10;
const kAudioEnhanced = 9;

const kVideoByNumber: Record<number, VideoCodec> = { 7: 'h264', 12: 'hevc' };
const kVideoByFourCc: Record<string, VideoCodec> = {
    avc1: 'h264',
    hvc1: 'hevc',
    av01: 'av1',
    vp09: 'vp9',
};
const kAudioByNumber: Record<number, AudioCodec> = { 2: 'mp3', 10: 'aac', 14: 'mp3' };
const kAudioByFourCc: Record<string, AudioCodec> = {
    mp4a: 'aac',
    '.mp3': 'mp3',
    Opus: 'opus',
    fLaC: 'flac',
};

/** Classic (FLV 10.1, E.4.3.1) or Enhanced RTMP; undefined for a command that is no picture. */
export function readVideoHeader(body: Uint8Array): VideoHeader | undefined {
    const first = body[0] ?? 0;
    const type = (first >> 4) & 7;
    if (type === kCommandFrame) return undefined;

    const enhanced = (first & 0x80) !== 0;
    const packet = enhanced ? first & 0x0f : (body[1] ?? 0);
    const known = enhanced ? kVideoByFourCc[fourCc(body)] : kVideoByNumber[first & 0x0f];
    return {
        codec: known ?? 'other',
        // 3 is an Enhanced frame without composition time.
        packet: packet === 0 ? 'config' : packet === 1 || packet === 3 ? 'frame' : 'other',
        key: type === kKeyFrame,
    };
}

/** Classic (FLV 10.1, E.4.2.1) or Enhanced RTMP. Only AAC and Enhanced audio have a config. */
export function readAudioHeader(body: Uint8Array): AudioHeader {
    const first = body[0] ?? 0;
    const format = first >> 4;
    const enhanced = format === kAudioEnhanced;
    const packet = enhanced ? first & 0x0f : format === kAudioAac ? (body[1] ?? 0) : 1;
    const known = enhanced ? kAudioByFourCc[fourCc(body)] : kAudioByNumber[format];
    return {
        codec: known ?? 'other',
        packet: packet === 0 ? 'config' : packet === 1 ? 'frame' : 'other',
    };
}

function fourCc(body: Uint8Array): string {
    return String.fromCharCode(...body.subarray(1, 5));
}
