import { describe, expect, test } from 'vitest';

import { OpenError } from '../answer';
import { lookAtManifest, lookAtPlaylist, type Look } from './first_look';

const failure = (look: Look, text: string) => {
    try {
        return look(text);
    } catch (error) {
        return error instanceof OpenError ? error.failure.kind : error;
    }
};

describe('a first playlist', () => {
    test('names its codecs', () => {
        const text = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="av01.0.04M.08,Opus",AUDIO="a"\nv.m3u8\n';
        expect(lookAtPlaylist(text)).toEqual({ video: 'av1', audio: 'opus' });
    });

    test('may itself have the segments', () => {
        expect(lookAtPlaylist('#EXTM3U\n#EXTINF:2,\n1.ts\n')).toEqual({});
    });

    test.each([
        ['of a stream that is over', '#EXTM3U\n#EXTINF:2,\n1.ts\n#EXT-X-ENDLIST\n', 'ended'],
        ['that is a web page', '<!doctype html>', 'broken'],
        ['that is empty', '', 'broken'],
    ])('%s is not played', (_, text, kind) => {
        expect(failure(lookAtPlaylist, text)).toBe(kind);
    });
});

describe('a manifest', () => {
    test('names its codecs', () => {
        const text =
            '<?xml version="1.0"?>\n<MPD\n type="dynamic" id="x">' +
            '<Representation codecs="avc1.64001f"/><Representation codecs="mp4a.40.2"/></MPD>';
        expect(lookAtManifest(text)).toEqual({ video: 'h264', audio: 'aac' });
    });

    test.each([
        'timeShiftBufferDepth="PT4.0S" suggestedPresentationDelay="PT4.000S"',
        'timeShiftBufferDepth="PT1M" suggestedPresentationDelay="PT4S"',
        'suggestedPresentationDelay="PT4S"',
    ])('with %s has enough to begin with', (attributes) => {
        expect(lookAtManifest(`<MPD type="dynamic" ${attributes}></MPD>`)).toEqual({});
    });

    test.each([
        ['of a stream that is over', '<MPD type="static"></MPD>', 'ended'],
        [
            'of a stream that has just begun',
            '<MPD type="dynamic" timeShiftBufferDepth="PT2.020S" suggestedPresentationDelay="PT4.000S">',
            'offline',
        ],
        ['that does not say it is live', '<MPD></MPD>', 'ended'],
        ['that is a playlist', '#EXTM3U\n', 'broken'],
    ])('%s is not played', (_, text, kind) => {
        expect(failure(lookAtManifest, text)).toBe(kind);
    });
});
