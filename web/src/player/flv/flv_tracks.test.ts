import { describe, expect, test } from 'vitest';

import { tracksDiffer } from '../tracks';
import { FlvTracks, NotFlv } from './flv_tracks';

const kFileHeader = [0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0];

function tag(type: number, body: number[], ms = 0): number[] {
    const size = body.length;
    const total = size + 11;
    const time = [(ms >> 16) & 255, (ms >> 8) & 255, ms & 255, ms >>> 24];
    return [type, 0, size >> 8, size & 255, ...time, 0, 0, 0, ...body, 0, 0, total >> 8, total & 255];
}

function ascii(text: string): number[] {
    return [...text].map((c) => c.charCodeAt(0));
}

const kScript = tag(18, ascii('onMetaData and more'));
const kAvcConfig = tag(9, [0x17, 0, 0, 0, 0, 1, 2, 3]);
const kAvcFrame = tag(9, [0x17, 1, 0, 0, 0, 9, 9]);
const kAacConfig = tag(8, [0xaf, 0, 0x12, 0x10]);
const kAacFrame = tag(8, [0xaf, 1, 7]);

function read(...parts: number[][]): FlvTracks {
    const flv = new FlvTracks();
    flv.push(Uint8Array.from(parts.flat()));
    return flv;
}

describe('tracks of an FLV stream', () => {
    test('headers alone do not join', () => {
        const flv = read(kFileHeader, kScript, kAvcConfig, kAacConfig);

        expect(flv.joined).toBe(false);
        expect(flv.tracks).toEqual({ video: 'h264', audio: 'aac' });
    });

    test.each([
        { name: 'both', parts: [kAvcConfig, kAacConfig, kAvcFrame], is: { video: 'h264', audio: 'aac' } },
        { name: 'video only, whatever the flags say', parts: [kAvcConfig, kAvcFrame], is: { video: 'h264' } },
        { name: 'audio only', parts: [kAacConfig, kAacFrame], is: { audio: 'aac' } },
        { name: 'MP3 has no header', parts: [tag(8, [0x2f, 0xff])], is: { audio: 'mp3' } },
        { name: 'HEVC by number', parts: [tag(9, [0x1c, 1, 0, 0, 0])], is: { video: 'hevc' } },
        {
            name: 'Enhanced RTMP HEVC',
            parts: [tag(9, [0x90, ...ascii('hvc1')]), tag(9, [0x91, ...ascii('hvc1'), 0])],
            is: { video: 'hevc' },
        },
        {
            name: 'Enhanced RTMP AV1 and Opus',
            parts: [tag(9, [0x93, ...ascii('av01'), 0]), tag(8, [0x91, ...ascii('Opus'), 0])],
            is: { video: 'av1', audio: 'opus' },
        },
        { name: 'a codec nobody knows', parts: [tag(9, [0x22, 1])], is: { video: 'other' } },
    ])('$name', ({ parts, is }) => {
        const flv = read(kFileHeader, ...parts);

        expect(flv.joined).toBe(true);
        expect(flv.tracks).toEqual(is);
    });

    test('cuts between chunks do not matter', () => {
        const bytes = [kFileHeader, kScript, kAvcConfig, tag(9, []), kAacConfig, kAvcFrame].flat();
        const flv = new FlvTracks();
        for (const byte of bytes) flv.push(Uint8Array.of(byte));

        expect(flv.joined).toBe(true);
        expect(flv.tracks).toEqual({ video: 'h264', audio: 'aac' });
    });

    test('sound before the first picture does not join, nor does half a picture', () => {
        const flv = read(kFileHeader, kAvcConfig, kAacConfig, kAacFrame, kAvcFrame.slice(0, -5));
        expect(flv.joined).toBe(false);

        flv.push(Uint8Array.from(kAvcFrame.slice(-5)));
        expect(flv.joined).toBe(true);
    });

    test('a codec header that is repeated is no change, another one is', () => {
        const other = tag(9, [0x17, 0, 0, 0, 0, 1, 2, 4]);
        const flv = read(kFileHeader, kAvcConfig, kAacConfig, kAvcFrame, kAvcConfig, kAacConfig);
        expect(flv.configChanges).toBe(0);

        for (const byte of other) flv.push(Uint8Array.of(byte));
        expect(flv.configChanges).toBe(1);
    });

    test('a track that falls silent is told, whichever it is', () => {
        const picture = (ms: number) => tag(9, [0x27, 1, 0, 0, 0], ms);
        const sound = (ms: number) => tag(8, [0xaf, 1, 7], ms);
        const both = [kFileHeader, kAvcConfig, kAacConfig];

        expect(read(...both, picture(0), sound(0), picture(2000)).fallenSilent()).toBeUndefined();
        expect(read(...both, picture(0), sound(0), picture(2001)).fallenSilent()).toBe('audio');
        expect(read(...both, picture(0), sound(5001)).fallenSilent()).toBe('video');
        expect(read(...both, picture(900_000)).fallenSilent()).toBeUndefined();
        expect(read(...both, picture(900_000), picture(902_001)).fallenSilent()).toBe('audio');
        expect(read(...both, sound(-100 >>> 0), picture(1800)).fallenSilent()).toBeUndefined();
        expect(read(kFileHeader, kAvcConfig, picture(9000)).fallenSilent()).toBeUndefined();
    });

    test('a track that is known to be absent counts from its first frame on', () => {
        const flv = new FlvTracks('audio');
        flv.push(Uint8Array.from([kFileHeader, kAvcConfig, kAacConfig, kAvcFrame].flat()));
        expect(flv.tracks).toEqual({ video: 'h264' });

        flv.push(Uint8Array.from(kAacFrame));
        expect(flv.tracks).toEqual({ video: 'h264', audio: 'aac' });
    });

    test('a page of HTML is not FLV', () => {
        expect(() => read(ascii('<!doctype html>'))).toThrow(NotFlv);
    });

    test('a codec that changes is a difference', () => {
        expect(tracksDiffer({ video: 'h264' }, { video: 'hevc' })).toBe(true);
        expect(tracksDiffer({ video: 'h264' }, { video: 'h264', audio: 'aac' })).toBe(true);
        expect(tracksDiffer({ video: 'h264' }, { video: 'h264' })).toBe(false);
    });
});
