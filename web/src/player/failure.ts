import type { TrackKind, Tracks } from './tracks';

/** Why the server would not serve, in its own words (the access reasons of the modules). */
export const kReasons = [
    // First: behind them stand the words of somebody else's server, which may be any.
    'authorise_denied',
    'authorise_failed',
    'bad_name',
    'unknown_channel',
    'disabled',
    'expired',
    'signature_missing',
    'signature_malformed',
    'signature_expired',
    'signature_wrong',
    'address_denied',
    'referer_denied',
    'origin_denied',
    'output_disabled',
    'hub_full',
    'viewer_limit',
] as const;

export type Reason = (typeof kReasons)[number];

/**
 * Why a connection came to nothing or ended.
 * - offline: the channel has no stream now; it may come any moment
 * - refused: this viewer may not watch
 * - busy: the server could not serve now
 * - unreachable: no answer at all
 * - ended: the stream was there and stopped
 * - changed: tracks or codecs are others than before; start anew at once
 * - stuck: data or playback stopped moving
 * - unsupported: this browser can't decode it
 * - broken: what came is no stream
 */
export interface Failure {
    kind: FailureKind;
    status?: number;
    reason?: Reason;
    detail?: string;
    /** A track that has fallen silent; a decoder that waits for it stands still. */
    absent?: TrackKind;
    /** Tracks that were seen to run after one of them came late: it may have no header to tell. */
    expected?: Tracks;
}

export type FailureKind =
    | 'offline'
    | 'refused'
    | 'busy'
    | 'unreachable'
    | 'ended'
    | 'changed'
    | 'stuck'
    | 'unsupported'
    | 'broken';

/** What an HTTP answer other than 200 means for a viewer. */
export function failureOfAnswer(status: number, reason?: Reason): Failure {
    return { kind: kindOf(status, reason), status, ...(reason && { reason }) };
}

/** Finds the reason in a header or in the body of a refusal, whatever its format. */
export function findReason(text: string): Reason | undefined {
    const words = new Set(text.toLowerCase().match(/[a-z_]+/g) ?? []);
    return kReasons.find((reason) => words.has(reason));
}

function kindOf(status: number, reason?: Reason): FailureKind {
    if (reason === 'viewer_limit' || reason === 'hub_full') return 'busy';
    if (status === 404) return 'offline';
    if (status === 408 || status === 429 || status >= 500) return 'busy';
    return 'refused';
}

/** What an error of the media element means. */
export function failureOfMedia(error: MediaError): Failure {
    const unsupported = error.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    return { kind: unsupported ? 'unsupported' : 'stuck', detail: error.message };
}
