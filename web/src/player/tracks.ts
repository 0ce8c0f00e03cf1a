export type VideoCodec = 'h264' | 'hevc' | 'av1' | 'vp9' | 'other';
export type AudioCodec = 'aac' | 'mp3' | 'opus' | 'flac' | 'other';

/** The codecs seen so far in a stream; undefined is no such track. */
export interface Tracks {
    video?: VideoCodec;
    audio?: AudioCodec;
}

export type TrackKind = keyof Tracks;

/** A track came, or a codec is another than before: a player has to start anew. */
export function tracksDiffer(a: Tracks, b: Tracks): boolean {
    return a.video !== b.video || a.audio !== b.audio;
}
