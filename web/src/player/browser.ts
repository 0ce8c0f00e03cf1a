const kCommon = 'video/mp4; codecs="avc1.42E01E,mp4a.40.2"';

interface Managed {
    ManagedMediaSource?: typeof MediaSource;
}

/** Media Source Extensions, or what newer iPhones have of them. */
export function hasMediaSource(): boolean {
    const source = (globalThis as Managed).ManagedMediaSource ?? globalThis.MediaSource;
    return source?.isTypeSupported(kCommon) ?? false;
}

/** The browser plays playlists by itself, as Safari does. */
export function playsPlaylists(): boolean {
    return document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== '';
}
