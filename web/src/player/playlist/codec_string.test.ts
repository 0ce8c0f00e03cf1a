import { expect, test } from 'vitest';

import { tracksOf } from './codec_string';

test.each([
    ['avc1.64001f,mp4a.40.2', { video: 'h264', audio: 'aac' }],
    ['hvc1.1.6.L93.B0, mp4a.40.5', { video: 'hevc', audio: 'aac' }],
    ['av01.0.04M.08,Opus', { video: 'av1', audio: 'opus' }],
    ['mp4a.40.34', { audio: 'mp3' }],
    ['avc3.42e01e', { video: 'h264' }],
    ['stpp.ttml.im1t', {}],
    ['', {}],
])('%j names %j', (codecs, tracks) => {
    expect(tracksOf(codecs)).toEqual(tracks);
});
