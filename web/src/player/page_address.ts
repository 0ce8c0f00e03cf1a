/** How the bytes of FLV come. */
export type Transport = 'http' | 'ws';

/** Which HLS a page is held to. */
export type Container = 'cmaf' | 'ts';

/** What the address of a player page asks for. */
export interface PageAddress {
    /** The channel's id, for the title. */
    channel: string;
    /** Where a file of the channel is, with the page's signature. */
    beside: (file: string) => URL;
    transport: Transport;
    /** Undefined: whichever there is. */
    container: Container | undefined;
    controls: boolean;
    muted: boolean;
    stats: boolean;
}

/**
 * Reads a page address such as `https://host/<id>/flv.html?sign=…&controls=0`.
 * The channel's files lie beside the page, so any prefix a proxy adds is kept.
 */
export function readPageAddress(href: string): PageAddress {
    const page = new URL(href);
    const query = page.searchParams;

    return {
        channel: lastFolder(page.pathname),
        beside: (file) => fileBeside(page, file),
        transport: query.get('transport') === 'ws' ? 'ws' : 'http',
        container: containerIn(query),
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

function fileBeside(page: URL, file: string): URL {
    const url = new URL(file, page);
    const sign = page.searchParams.get('sign');
    if (sign !== null) url.searchParams.set('sign', sign);
    return url;
}

function containerIn(query: URLSearchParams): Container | undefined {
    const source = query.get('source');
    return source === 'cmaf' || source === 'ts' ? source : undefined;
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
