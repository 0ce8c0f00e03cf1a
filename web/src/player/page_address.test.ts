import { describe, expect, test } from 'vitest';

import { readPageAddress, webSocketAddress } from './page_address';

describe('page address', () => {
    test('the files of the channel lie beside the page', () => {
        const page = readPageAddress('http://host:8080/demo/flv.html');

        expect(page.channel).toBe('demo');
        expect(page.beside('live.flv').href).toBe('http://host:8080/demo/live.flv');
        expect(page).toMatchObject({ transport: 'http', controls: true, muted: true, stats: true });
    });

    test('only the signature goes on to the stream', () => {
        const page = readPageAddress('https://host/demo/flv.html?sign=1-ab&controls=0&x=1');

        expect(page.beside('live.flv').href).toBe('https://host/demo/live.flv?sign=1-ab');
        expect(page.controls).toBe(false);
    });

    test('a prefix of a proxy is kept', () => {
        const page = readPageAddress('https://host/video/demo/flv.html#x');

        expect(page.channel).toBe('demo');
        expect(page.beside('live.flv').href).toBe('https://host/video/demo/live.flv');
    });

    test('a name that is no valid escape does not break the page', () => {
        expect(readPageAddress('http://host/%zz/flv.html').channel).toBe('%zz');
    });

    test.each([
        ['source=cmaf', 'cmaf'],
        ['source=ts', 'ts'],
        ['source=other', undefined],
        ['', undefined],
    ])('%s asks for %s', (query, container) => {
        expect(readPageAddress(`http://host/a/hls.html?${query}`).container).toBe(container);
    });

    test.each([
        ['http://host/a/live.flv?sign=1', 'ws://host/a/live.flv?sign=1'],
        ['https://host/a/live.flv', 'wss://host/a/live.flv'],
    ])('%s is %s by WebSocket', (http, ws) => {
        expect(webSocketAddress(new URL(http)).href).toBe(ws);
    });

    test.each([
        ['muted=0', false],
        ['muted=false', false],
        ['muted=1', true],
        ['muted=', true],
        ['', true],
    ])('%s means muted %s', (query, muted) => {
        expect(readPageAddress(`http://host/a/flv.html?${query}`).muted).toBe(muted);
    });
});
