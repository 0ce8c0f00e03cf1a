import { describe, expect, test } from 'vitest';

import { StallWatch, type Sight } from './stall_watch';

const sight = (nowMs: number, more: Partial<Sight> = {}): Sight => ({
    nowMs,
    lastBytesMs: nowMs,
    currentTime: 1,
    ahead: 1,
    playable: true,
    ...more,
});

function watchFor(seconds: number, more: (ms: number) => Partial<Sight>) {
    const watch = new StallWatch();
    const verdicts: string[] = [];
    for (let ms = 0; ms <= seconds * 1000; ms += 250) {
        const verdict = watch.see(sight(ms, more(ms)));
        if (verdict !== verdicts.at(-1)) verdicts.push(verdict);
    }
    return verdicts;
}

describe('stall watch', () => {
    test('a picture that moves is fine', () => {
        expect(watchFor(60, (ms) => ({ currentTime: ms / 1000 }))).toEqual(['fine']);
    });

    test('a publisher who is away makes it silent, and is waited for', () => {
        expect(watchFor(40, () => ({ lastBytesMs: 0, ahead: 0 }))).toEqual(['fine', 'silent']);
    });

    test('a dead connection is given up', () => {
        expect(watchFor(46, () => ({ lastBytesMs: 0, ahead: 0 })).at(-1)).toBe('give-up');
    });

    test('a frozen picture is nudged and then given up', () => {
        const verdicts = watchFor(12, () => ({}));

        expect(verdicts.filter((v) => v === 'nudge')).toHaveLength(3);
        expect(verdicts.at(-1)).toBe('give-up');
    });

    test('bytes without a frame yet are no stall', () => {
        expect(watchFor(10, () => ({ ahead: 0, playable: false }))).toEqual(['fine']);
    });
});
