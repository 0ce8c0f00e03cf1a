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
    // dash.js settles once how far it keeps from the end, in what there is then: too close for ever
    // when the stream has just begun.
    if (seconds(head, 'timeShiftBufferDepth') < seconds(head, 'suggestedPresentationDelay')) {
        throw new OpenError({ kind: 'offline' });
    }
    const codecs = [...text.matchAll(/\bcodecs\s*=\s*["']([^"']*)["']/g)].map((found) => found[1]);
    return tracksOf(codecs.join(','));
}

/** A duration as servers write them, `PT2.020S`; NaN for any other, which no comparison holds for. */
function seconds(head: string, attribute: string): number {
    return Number(new RegExp(`\\b${attribute}\\s*=\\s*["']PT([\\d.]+)S["']`).exec(head)?.[1] ?? NaN);
}
