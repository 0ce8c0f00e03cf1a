import { expect, test } from 'vitest';

import type { Channel, Page, State } from './api';
import { listChannels } from './channel_list';
import { Problem } from './problem';

/** Channels c000, c001, … of which some run; pages as the API does. */
class FakeApi {
    asked: (State | undefined)[] = [];

    constructor(
        private readonly count: number,
        private readonly running: Record<string, State>,
        private readonly nginxAnswers = true,
    ) {}

    channels(search: string, cursor: string, limit: number, state?: State): Promise<Page<Channel>> {
        this.asked.push(state);
        if (state && !this.nginxAnswers) return Promise.reject(new Problem(503, '', ''));
        const items = Array.from({ length: this.count }, (_, n) => `c${String(n).padStart(3, '0')}`)
            .filter((id) => id.includes(search))
            .filter((id) => !state || (this.running[id] ?? 'idle') === state)
            .map((id) => ({ id, name: id, enabled: true, expires_at: null }));
        const start = Number(cursor);
        const end = start + limit;
        return Promise.resolve({
            items: items.slice(start, end),
            next_cursor: end < items.length ? String(end) : null,
        });
    }
}

async function shown(api: FakeApi, search = '', limit = 50) {
    const { listed, more } = await listChannels(api, search, limit);
    return { ids: listed.map(({ channel }) => channel.id), states: listed.map(({ state }) => state), more };
}

test('a live channel is shown first although its id comes far behind the first page', async () => {
    const { ids, states, more } = await shown(new FakeApi(120, { c110: 'live', c115: 'waiting', c002: 'live' }));

    expect(ids.slice(0, 5)).toEqual(['c002', 'c110', 'c115', 'c000', 'c001']);
    expect(states.slice(0, 5)).toEqual(['live', 'live', 'waiting', 'idle', 'idle']);
    expect(ids).toHaveLength(50);
    expect(more).toBe(true);
});

test('a channel is shown once', async () => {
    const { ids, more } = await shown(new FakeApi(4, { c001: 'live', c003: 'waiting' }));

    expect(ids).toEqual(['c001', 'c003', 'c000', 'c002']);
    expect(more).toBe(false);
});

test('more live channels than a page are shown page by page', async () => {
    const running = Object.fromEntries(Array.from({ length: 70 }, (_, n) => [`c${100 + n}`, 'live' as const]));

    const first = await shown(new FakeApi(200, running));
    const both = await shown(new FakeApi(200, running), '', 100);

    expect(first.states).toEqual(Array(50).fill('live'));
    expect(first.more).toBe(true);
    expect(both.states.filter((state) => state === 'live')).toHaveLength(70);
    expect(both.ids).toHaveLength(100);
});

test('the search counts for all groups', async () => {
    const { ids } = await shown(new FakeApi(30, { c002: 'live', c012: 'live' }), 'c01');

    expect(ids.slice(0, 2)).toEqual(['c012', 'c010']);
    expect(ids).toHaveLength(10);
});

test('without nginx the channels are listed, and their states not known', async () => {
    const { ids, states } = await shown(new FakeApi(2, { c001: 'live' }, false));

    expect(ids).toEqual(['c000', 'c001']);
    expect(states).toEqual([undefined, undefined]);
});

test('no more is asked than three lists', async () => {
    const api = new FakeApi(40, { c001: 'live' });
    await shown(api);

    expect(api.asked).toEqual(['live', 'waiting', undefined]);
});
