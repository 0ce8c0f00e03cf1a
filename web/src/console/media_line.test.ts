import { describe, expect, test } from 'vitest';

import { mediaLine, viewersLine, viewersTotal } from './media_line';

const kVideo = { codec: 'h264', width: 1280, height: 720, fps: 29.97, bitrate_bps: 2_000_000 };
const kAudio = { codec: 'aac', bitrate_bps: 128_000 };

describe('what a channel sends', () => {
    test.each([
        { video: kVideo, audio: kAudio, line: '1280×720 · H.264 + AAC · 29.97 fps · 2.1 Mbit/s' },
        { video: null, audio: kAudio, line: 'AAC · 128 kbit/s' },
        { video: { ...kVideo, codec: 'x9', fps: 0 }, audio: null, line: '1280×720 · x9 · 2.0 Mbit/s' },
        { video: null, audio: null, line: '' },
    ])('$line', ({ video, audio, line }) => {
        expect(mediaLine({ video, audio })).toBe(line);
    });

    test('protocols nobody uses are left out', () => {
        expect(viewersLine({ flv: 18, ws_flv: 0, rtmp: 2 })).toBe('18 HTTP-FLV · 2 RTMP');
        expect(viewersTotal({ flv: 18, ws_flv: 0, rtmp: 2 })).toBe(20);
    });
});
