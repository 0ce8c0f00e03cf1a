import { describe, expect, test } from 'vitest';

import { EventStreamReader, type ServerEvent } from './event_stream';

function read(...pieces: string[]): ServerEvent[] {
    const events: ServerEvent[] = [];
    const reader = new EventStreamReader((event) => events.push(event));
    for (const piece of pieces) reader.push(piece);
    return events;
}

const kStarted = 'id: 5f-1\nevent: stream.started\ndata: {"channel":"demo"}\n\n';

describe('event stream', () => {
    test('an event has its id, type and data', () => {
        expect(read(kStarted)).toEqual([
            { id: '5f-1', type: 'stream.started', data: '{"channel":"demo"}' },
        ]);
    });

    test('cuts between pieces do not matter', () => {
        expect(read(...kStarted, ...kStarted)).toHaveLength(2);
        expect(read(...kStarted.replaceAll('\n', '\r\n'))).toEqual(read(kStarted));
    });

    test('comments keep the connection, and are no events', () => {
        expect(read(': ping\n\n', ':\n\n')).toEqual([]);
    });

    test('several lines of data are one text', () => {
        expect(read('data: a\ndata:b\ndata\n\n')).toEqual([{ id: '', type: 'message', data: 'a\nb\n' }]);
    });

    test('an event that is cut off is dropped', () => {
        expect(read('data: half')).toEqual([]);
    });
});
