import { expect, test } from 'vitest';

import { Meter } from './meter';

test('the rate is that of the window, not of the whole time', () => {
    const meter = new Meter(2000);
    for (let ms = 0; ms <= 10_000; ms += 250) meter.note(ms < 5000 ? 0 : ms - 5000, ms);

    expect(meter.rate()).toBeCloseTo(1000);
});

test('two close marks tell nothing', () => {
    const meter = new Meter(2000);
    meter.note(0, 0);
    meter.note(1000, 100);

    expect(meter.rate()).toBeUndefined();
});

test('a counter that starts again is no negative rate', () => {
    const meter = new Meter(2000);
    meter.note(500, 0);
    meter.note(0, 1000);
    meter.note(30, 2000);

    expect(meter.rate()).toBe(30);
});
