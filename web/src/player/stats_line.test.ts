import { expect, test } from 'vitest';

import { statsLine } from './stats_line';

const words = { buffer: 'buffer', latency: 'latency' };

test('a stream with picture and sound', () => {
    const stats = {
        protocol: 'll-hls',
        latencySeconds: 1.04,
        tracks: { video: 'h264', audio: 'aac' },
        width: 1280,
        height: 720,
        fps: 24.9,
        bitsPerSecond: 2_100_000,
        bufferSeconds: 0.61,
    } as const;

    expect(statsLine(stats, words)).toBe(
        'LL-HLS · 1280×720 · H.264 + AAC · 25 fps · 2.10 Mbit/s · buffer 0.6 s · latency 1.0 s',
    );
});

test('sound only tells nothing of pictures', () => {
    const stats = {
        protocol: 'flv',
        latencySeconds: undefined,
        tracks: { audio: 'opus' },
        width: 0,
        height: 0,
        fps: 0,
        bitsPerSecond: 64_400,
        bufferSeconds: 1,
    } as const;

    expect(statsLine(stats, { buffer: '缓冲', latency: '延迟' })).toBe('HTTP-FLV · Opus · 64 kbit/s · 缓冲 1.0 s');
});

test('what is not known yet is left out', () => {
    const stats = {
        protocol: undefined,
        latencySeconds: undefined,
        tracks: { video: 'av1' },
        width: 0,
        height: 0,
        fps: undefined,
        bitsPerSecond: undefined,
        bufferSeconds: 0,
    } as const;

    expect(statsLine(stats, words)).toBe('AV1 · buffer 0.0 s');
});
