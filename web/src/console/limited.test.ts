import { expect, test } from 'vitest';

import { eachLimited } from './limited';

test('every item is done once, and never more than the limit at a time', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await eachLimited([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        done.push(item);
        --running;
    });

    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
});

test('a failure is told', async () => {
    await expect(eachLimited([1], 2, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
