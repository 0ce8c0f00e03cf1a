/** How the bytes of the stream come. */
export type Transport = 'http' | 'ws';

/** What the address of a player page asks for. */
export interface PageAddress {
    /** The channel's id, for the title. */
    channel: string;
    /** Where the stream is, with the page's signature. */
    stream: URL;
    transport: Transport;
    controls: boolean;
    muted: boolean;
    stats: boolean;
}

/**
 * Reads a page address such as `https://host/<id>/flv.html?sign=…&controls=0`.
 * The stream lies beside the page, so any prefix a proxy adds is kept.
 */
export function readPageAddress(href: string): PageAddress {
    const page = new URL(href);
    const query = page.searchParams;

    return {
        channel: lastFolder(page.pathname),
        stream: streamBeside(page),
        transport: query.get('transport') === 'ws' ? 'ws' : 'http',
        controls: flag(query, 'controls', true),
        muted: flag(query, 'muted', true),
        stats: flag(query, 'stats', true),
    };
}

/** The same stream's address for WebSocket. */
export function webSocketAddress(stream: URL): URL {
    const url = new URL(stream);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url;
}

function streamBeside(page: URL): URL {
    const stream = new URL('live.flv', page);
    const sign = page.searchParams.get('sign');
    if (sign !== null) stream.searchParams.set('sign', sign);
    return stream;
}

function lastFolder(path: string): string {
    const folder = path.split('/').at(-2) ?? '';
    try {
        return decodeURIComponent(folder);
    } catch {
        return folder;
    }
}

function flag(query: URLSearchParams, name: string, byDefault: boolean): boolean {
    const value = query.get(name);
    if (value === null) return byDefault;
    return value !== '0' && value !== 'false';
}
