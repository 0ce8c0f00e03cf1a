import { fetchOpen } from '../answer';
import { hasMediaSource, playsPlaylists } from '../browser';
import type { Opening, Playback, Protocol, Source } from '../playback';
import { lookAtManifest, lookAtPlaylist, type Look } from './first_look';
import { PlaylistPlayback, type StartEngine } from './playback';
import { readServerClock } from './server_clock';

/** A way to play a playlist; its engine is loaded when there is something to play. */
export interface Way {
    protocol: Protocol;
    supported: () => boolean;
    look: Look;
    load: () => Promise<StartEngine>;
}

/** HLS by hls.js. */
export function hlsWay(protocol: 'll-hls' | 'hls', load: () => Promise<typeof import('./hls_engine')>): Way {
    return {
        protocol,
        supported: hasMediaSource,
        look: lookAtPlaylist,
        load: async () => (await load()).startHls,
    };
}

/** HLS by the browser itself. */
export function nativeWay(load: () => Promise<typeof import('./native_engine')>): Way {
    return {
        protocol: 'native-hls',
        supported: playsPlaylists,
        look: lookAtPlaylist,
        load: async () => (await load()).startNative,
    };
}

/** DASH by dash.js. */
export function dashWay(load: () => Promise<typeof import('./dash_engine')>): Way {
    return {
        protocol: 'dash',
        supported: hasMediaSource,
        look: lookAtManifest,
        load: async () => (await load()).startDash,
    };
}

/** The first playlist of a channel, looked at before an engine gets it: an engine tells no reasons. */
export class PlaylistSource implements Source {
    constructor(
        private readonly url: URL,
        private readonly way: Way,
    ) {}

    supported(): boolean {
        return this.way.supported();
    }

    async open(opening: Opening): Promise<Playback> {
        const { url, way } = this;
        const sentMs = Date.now();
        const answer = await fetchOpen(url, opening.signal);
        const clock = readServerClock(answer.headers.get('Date'), sentMs, Date.now());
        const announced = way.look(await answer.text());
        const found = { url, clock, announced };
        return new PlaylistPlayback(way.protocol, await way.load(), found, opening);
    }
}
