import { describe, expect, test } from 'vitest';

import { OpenError } from './answer';
import type { Failure } from './failure';
import { FirstOf } from './first_of';
import type { Opening, Playback, Source } from './playback';

const kOff: Failure = { kind: 'offline', status: 404, reason: 'output_disabled' };
const kOffline: Failure = { kind: 'offline', status: 404 };

/** A way that answers as it is told: with a failure, or by playing. */
class Told implements Source {
    possible = true;
    stopped = 0;
    last: Failure | undefined;

    constructor(public answer: Failure | 'plays') {}

    supported(): boolean {
        return this.possible;
    }

    async open({ last }: Opening): Promise<Playback> {
        this.last = last;
        if (this.answer !== 'plays') throw new OpenError(this.answer);
        return { of: this, stop: () => (this.stopped += 1) } as unknown as Playback;
    }
}

function choice(...answers: (Failure | 'plays')[]) {
    const ways = answers.map((answer) => new Told(answer));
    const clock = { ms: 0 };
    const first = new FirstOf(ways, () => clock.ms);
    const open = async (last?: Failure): Promise<number | Failure> => {
        try {
            const playback = await first.open({ last } as Opening);
            return ways.indexOf((playback as unknown as { of: Told }).of);
        } catch (error) {
            if (error instanceof OpenError) return error.failure;
            throw error;
        }
    };
    return { ways, clock, first, open };
}

describe('the first of several ways', () => {
    test('is the best that there is', async () => {
        expect(await choice('plays', 'plays').open()).toBe(0);
        expect(await choice(kOff, 'plays').open()).toBe(1);
    });

    test('is one that the browser can play', async () => {
        const { ways, first, open } = choice('plays', 'plays');
        ways.forEach((way, i) => (way.possible = i === 1));
        expect(first.supported()).toBe(true);
        expect(await open()).toBe(1);

        ways.forEach((way) => (way.possible = false));
        expect(first.supported()).toBe(false);
    });

    test('waits a moment for a better one that may be about to come', async () => {
        const { ways, clock, open } = choice(kOffline, 'plays');
        expect(await open()).toEqual({ kind: 'offline' });
        expect(ways[1]?.stopped).toBe(1);

        clock.ms = 1000;
        if (ways[0]) ways[0].answer = 'plays';
        expect(await open()).toBe(0);
    });

    test('does not wait for ever', async () => {
        const { clock, open } = choice(kOffline, 'plays');
        await open();
        clock.ms = 2000;

        expect(await open()).toBe(1);
        clock.ms = 60_000;
        expect(await open({ kind: 'ended' })).toBe(1);
    });

    test('is left at once when the browser can not decode it', async () => {
        const { first, open } = choice('plays', 'plays');
        await open();

        expect(first.moveOn({ kind: 'unsupported' })).toBe(true);
        expect(await open({ kind: 'unsupported' })).toBe(1);
    });

    test('is left when it gets stuck again and again', async () => {
        const { first, clock, open } = choice('plays', 'plays');
        for (const hopeless of [false, false, true]) {
            await open();
            clock.ms += 5000;
            expect(first.moveOn({ kind: 'stuck' })).toBe(hopeless);
        }
    });

    test('is kept when it gets stuck now and then', async () => {
        const { first, clock, open } = choice('plays', 'plays');
        for (let i = 0; i < 5; ++i) {
            await open();
            clock.ms += 60_000;
            expect(first.moveOn({ kind: 'stuck' })).toBe(false);
        }
    });

    test('tells what the last one failed of when there is no other, and begins anew', async () => {
        const { first, open } = choice('plays', 'plays');
        await open();
        first.moveOn({ kind: 'unsupported' });
        await open();

        expect(first.moveOn({ kind: 'unsupported' })).toBe(false);
        expect(await open()).toBe(0);
    });

    test('gets its chance again with the next stream', async () => {
        const { ways, first, open } = choice('plays', 'plays');
        await open();
        first.moveOn({ kind: 'broken' });
        ways.forEach((way) => (way.answer = kOffline));
        expect(await open()).toEqual(kOffline);

        ways.forEach((way) => (way.answer = 'plays'));
        expect(await open()).toBe(0);
    });

    test('is not looked for when the viewer may not watch', async () => {
        const refused: Failure = { kind: 'refused', status: 403, reason: 'signature_wrong' };
        expect(await choice(refused, 'plays').open()).toEqual(refused);
    });

    test('is told of the end of its own last playback only', async () => {
        const { ways, open } = choice('plays', 'plays');
        const last: Failure = { kind: 'changed', absent: 'audio' };
        await open();
        await open(last);
        expect(ways[0]?.last).toBe(last);

        if (ways[0]) ways[0].answer = kOff;
        await open(last);
        expect(ways[1]?.last).toBeUndefined();
    });

    test('says rather that the stream is awaited than that a way is switched off', async () => {
        expect(await choice(kOff, kOffline).open()).toEqual(kOffline);
        expect(await choice(kOff, kOff).open()).toEqual(kOff);
    });
});
