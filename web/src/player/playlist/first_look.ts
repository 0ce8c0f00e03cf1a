import { OpenError } from '../answer';
import type { Tracks } from '../tracks';
import { tracksOf } from './codec_string';

/** What can be told from a first playlist or manifest. Throws OpenError when it is none, or at its end. */
export type Look = (text: string) => Tracks;

/** A playlist of HLS, of either kind (RFC 8216, 4). */
export function lookAtPlaylist(text: string): Tracks {
    if (!text.startsWith('#EXTM3U')) throw new OpenError({ kind: 'broken', detail: 'no playlist' });
    if (/^#EXT-X-ENDLIST/m.test(text)) throw new OpenError({ kind: 'ended' });
    return tracksOf(/^#EXT-X-STREAM-INF:.*\bCODECS="([^"]*)"/m.exec(text)?.[1] ?? '');
}

/** A manifest of DASH (ISO 23009-1, 5.3.1.2): static is what `@type` says when it has none. */
export function lookAtManifest(text: string): Tracks {
    const head = /<MPD\b[^>]*>/.exec(text)?.[0];
    if (head === undefined) throw new OpenError({ kind: 'broken', detail: 'no manifest' });
    if (!/\btype\s*=\s*["']dynamic["']/.test(head)) throw new OpenError({ kind: 'ended' });
    const codecs = [...text.matchAll(/\bcodecs\s*=\s*["']([^"']*)["']/g)].map((found) => found[1]);
    return tracksOf(codecs.join(','));
}
