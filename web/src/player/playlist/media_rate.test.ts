import { describe, expect, test } from 'vitest';

import { MediaRate, TrackRates } from './media_rate';

describe('the rate of media', () => {
    test('is by its own time, not by when it comes', () => {
        const rate = new MediaRate();
        for (const bytes of [1000, 3000]) rate.note(bytes, 2);

        expect(rate.rate()).toBe(8000);
    });

    test('forgets what was long ago', () => {
        const rate = new MediaRate();
        rate.note(1_000_000, 2);
        for (let i = 0; i < 4; ++i) rate.note(1000, 2);

        expect(rate.rate()).toBe(4000);
    });

    test('keeps a piece that is longer than its memory', () => {
        const rate = new MediaRate();
        rate.note(1000, 10);
        rate.note(2000, 10);

        expect(rate.rate()).toBe(1600);
    });

    test('is not known from what lasts no time', () => {
        const rate = new MediaRate();
        rate.note(1000, 0);
        rate.note(1000, NaN);

        expect(rate.rate()).toBeUndefined();
    });

    test('of all tracks is their sum', () => {
        const rates = new TrackRates();
        expect(rates.rate()).toBeUndefined();
        rates.note('video', 1000, 1);
        rates.note('audio', 500, 2);

        expect(rates.rate()).toBe(10_000);
    });
});
