import type { components } from 'api-schema';

import { EventStreamReader, type ServerEvent } from './event_stream';
import { Problem, problemOf } from './problem';

type Schemas = components['schemas'];

/** What the start page reads of a channel. */
export type Channel = Required<Pick<Schemas['Channel'], 'id' | 'name' | 'enabled' | 'expires_at'>>;
export type Status = Schemas['Status'];
export type State = Status['state'];
/** `push` is absent for tokens that may only look. */
export type Urls = Schemas['Urls'];
export type NewChannel = Partial<Pick<Channel, 'id' | 'name'>>;

export interface Page<T> {
    items: T[];
    next_cursor: string | null;
}

const kTimeoutMs = 10_000;

/** All that the start page asks of the API, in one place. Rejects with Problem. */
export class Api {
    constructor(
        private readonly token: string | undefined,
        private readonly language: string,
        private readonly base = '/api/v1',
    ) {}

    /** Whether the browser has the cookie of a session that is still good. */
    hasSession(): Promise<boolean> {
        return this.ask('GET', '/sessions/current').then(
            () => true,
            () => false,
        );
    }

    /** The answer is a cookie that scripts can't read. */
    async signIn(username: string, password: string): Promise<void> {
        await this.ask('POST', '/sessions', { username, password });
    }

    /** Ends the session; one that has ended already does no harm. */
    async signOut(): Promise<void> {
        const never = new AbortController().signal;
        await this.send('DELETE', '/sessions/current', undefined, never).catch(() => undefined);
    }

    /** A page of the channels, or of those whose stream is in that state. */
    channels(search: string, cursor: string, limit: number, state?: State): Promise<Page<Channel>> {
        const query = new URLSearchParams({ limit: String(limit) });
        if (search) query.set('q', search);
        if (cursor) query.set('cursor', cursor);
        if (state) query.set('state', state);
        return this.ask('GET', `/channels?${query}`);
    }

    status(id: string): Promise<Status> {
        return this.ask('GET', `${channelPath(id)}/status`);
    }

    urls(id: string): Promise<Urls> {
        return this.ask('GET', `${channelPath(id)}/urls`);
    }

    create(channel: NewChannel): Promise<Channel> {
        return this.ask('POST', '/channels', channel);
    }

    /**
     * Follows the live events until the connection ends. EventSource can't send a token, so the
     * stream is read with fetch. `opened` is called when the server has accepted.
     */
    async events(
        lastId: string,
        signal: AbortSignal,
        opened: () => void,
        each: (event: ServerEvent) => void,
    ): Promise<void> {
        const more: HeadersInit = lastId ? { 'Last-Event-ID': lastId } : {};
        const answer = await this.send('GET', '/events', undefined, signal, {
            ...more,
            Accept: 'text/event-stream',
        });
        if (!answer.body) throw new Problem(0, '', '');
        opened();

        const reader = new EventStreamReader(each);
        const text = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
            const { done, value } = await text.read();
            if (done) return;
            reader.push(value);
        }
    }

    private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
        const patience = new AbortController();
        const timer = setTimeout(() => patience.abort(), kTimeoutMs);
        try {
            const answer = await this.send(method, path, body, patience.signal);
            return (await answer.json()) as T;
        } catch (error) {
            throw error instanceof Problem ? error : new Problem(0, '', '');
        } finally {
            clearTimeout(timer);
        }
    }

    private async send(
        method: string,
        path: string,
        body: unknown,
        signal: AbortSignal,
        more: HeadersInit = {},
    ): Promise<Response> {
        const answer = await fetch(this.base + path, {
            method,
            signal,
            cache: 'no-store',
            credentials: 'same-origin',
            headers: {
                ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}),
                'Accept-Language': this.language,
                ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
                ...more,
            },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }).catch(() => {
            throw new Problem(0, '', '');
        });
        if (!answer.ok) throw await problemOf(answer);
        return answer;
    }
}

function channelPath(id: string): string {
    return `/channels/${encodeURIComponent(id)}`;
}
