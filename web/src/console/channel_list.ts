import type { Api, Channel, State } from './api';
import { Problem } from './problem';

export const kPageSize = 50;

/** A channel and what its stream does; undefined: nginx does not say. */
export interface Listed {
    channel: Channel;
    state: State | undefined;
}

export interface ChannelList {
    listed: Listed[];
    more: boolean;
}

/** The first `limit` channels: those with a stream before all others, each group as the API sorts it. */
export async function listChannels(
    api: Pick<Api, 'channels'>,
    search: string,
    limit: number,
): Promise<ChannelList> {
    const found = new Map<string, Listed>();
    const take = async (state: State | undefined, shown: State | undefined): Promise<boolean> => {
        let cursor = '';
        do {
            const page = await api.channels(search, cursor, kPageSize, state);
            for (const channel of page.items) {
                if (!found.has(channel.id)) found.set(channel.id, { channel, state: shown });
            }
            cursor = page.next_cursor ?? '';
        } while (cursor && found.size < limit);
        return cursor !== '';
    };
    const known = await takeRunning(take);
    const left = await take(undefined, known ? 'idle' : undefined);
    return { listed: [...found.values()].slice(0, limit), more: left || found.size > limit };
}

/** False when nginx, which alone knows, does not answer. */
async function takeRunning(take: (state: State, shown: State) => Promise<boolean>): Promise<boolean> {
    try {
        for (const state of ['live', 'waiting'] as const) await take(state, state);
        return true;
    } catch (thrown) {
        if (thrown instanceof Problem && thrown.status === 503) return false;
        throw thrown;
    }
}
