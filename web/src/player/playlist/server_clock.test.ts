import { expect, test } from 'vitest';

import { readServerClock } from './server_clock';

const kDate = 'Mon, 23 Nov 2026 10:00:00 GMT';
const kMs = Date.parse(kDate);

test.each([
    ['clocks that agree', kMs + 300, kMs + 350, 0],
    ['an answer that took long', kMs - 2000, kMs + 400, 0],
    ['a browser that is a minute early', kMs + 60_500, kMs + 60_600, -59_500],
    ['a browser that is a minute late', kMs - 60_000, kMs - 59_900, 59_900],
])('%s: moved by the least that agrees with the header', (_, sentMs, receivedMs, offsetMs) => {
    expect(readServerClock(kDate, sentMs, receivedMs).offsetMs).toBe(offsetMs);
});

test.each([null, '', 'yesterday'])('a date of %j is not believed', (date) => {
    expect(readServerClock(date, kMs, kMs).offsetMs).toBe(0);
});
