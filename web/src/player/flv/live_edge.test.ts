import { describe, expect, test } from 'vitest';

import { bufferedAhead } from '../position';
import { LiveEdge } from './live_edge';

const at = (currentTime: number, ...ranges: [number, number][]) => ({
    currentTime,
    ranges: ranges.map(([start, end]) => ({ start, end })),
});

describe('live edge', () => {
    test('nothing buffered, nothing to do', () => {
        expect(new LiveEdge().move(at(0), true)).toEqual({ rate: 1 });
    });

    test('a normal delay is left alone', () => {
        expect(new LiveEdge().move(at(10, [0, 10.8]), false)).toEqual({ rate: 1 });
    });

    test('it catches up until the target is reached, not only to the threshold', () => {
        const edge = new LiveEdge();

        expect(edge.move(at(10, [0, 11.5]), false)).toEqual({ rate: 1.1 });
        expect(edge.move(at(10, [0, 10.9]), false)).toEqual({ rate: 1.1 });
        expect(edge.move(at(10, [0, 10.5]), false)).toEqual({ rate: 1 });
        expect(edge.move(at(10, [0, 10.9]), false)).toEqual({ rate: 1 });
    });

    test('far behind it jumps', () => {
        expect(new LiveEdge().move(at(2, [0, 10]), false)).toEqual({ seekTo: 9.5 });
    });

    test('before the first picture it jumps over the group of pictures it joined with', () => {
        expect(new LiveEdge().move(at(0, [0, 2]), true)).toEqual({ seekTo: 1.5 });
    });

    test('media that starts late is gone to', () => {
        expect(new LiveEdge().move(at(0, [7, 7.4]), true)).toEqual({ seekTo: 7.02 });
    });

    test('a hole is jumped over when there is something behind it', () => {
        expect(new LiveEdge().move(at(5, [0, 5], [6, 6.5]), false)).toEqual({ seekTo: 6.02 });
        expect(new LiveEdge().move(at(5, [0, 5]), false)).toEqual({ rate: 1 });
    });

    test('what lies behind a hole can not be played yet', () => {
        expect(bufferedAhead(at(4, [0, 5], [6, 9]))).toBe(1);
        expect(bufferedAhead(at(5.5, [0, 5], [6, 9]))).toBe(0);
    });
});
