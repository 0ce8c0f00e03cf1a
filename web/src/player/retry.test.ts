import { describe, expect, test } from 'vitest';

import { Retry } from './retry';

describe('retry', () => {
    test('an offline channel is asked about at least once a second', () => {
        const retry = new Retry();
        const waits = Array.from({ length: 20 }, (_, i) => retry.after({ kind: 'offline' }, i * 1000, 0));

        expect(waits[0]).toBe(500);
        expect(Math.max(...waits)).toBe(1000);
    });

    test('who waits for more than ten minutes asks less often', () => {
        const retry = new Retry();
        retry.after({ kind: 'offline' }, 0, 0);

        expect(retry.after({ kind: 'offline' }, 11 * 60_000, 0)).toBe(5000);
    });

    test('a refusal is not hammered', () => {
        const retry = new Retry();
        const waits = Array.from({ length: 8 }, () => retry.after({ kind: 'refused' }, 0, 0));

        expect(waits[0]).toBe(5000);
        expect(waits.at(-1)).toBe(30000);
    });

    test('another failure, or a success, starts from the beginning', () => {
        const retry = new Retry();
        for (let i = 0; i < 9; ++i) retry.after({ kind: 'unreachable' }, 0, 0);

        expect(retry.after({ kind: 'ended' }, 0, 0)).toBe(200);
        retry.succeeded();
        expect(retry.after({ kind: 'ended' }, 0, 0)).toBe(200);
    });

    test('many viewers do not come back at the same moment', () => {
        expect(new Retry().after({ kind: 'ended' }, 0, 0.5)).toBeCloseTo(180);
    });

    test('changed tracks are followed at once', () => {
        expect(new Retry().after({ kind: 'changed' }, 0, 0.9)).toBe(0);
    });
});
