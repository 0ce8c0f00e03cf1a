import type { AudioCodec, Tracks, VideoCodec } from '../tracks';

const kVideo: Record<string, VideoCodec> = {
    avc1: 'h264',
    avc3: 'h264',
    hvc1: 'hevc',
    hev1: 'hevc',
    av01: 'av1',
    vp09: 'vp9',
};
const kAudio: Record<string, AudioCodec> = {
    mp4a: 'aac',
    opus: 'opus',
    flac: 'flac',
    mp3: 'mp3',
};
// ISO 14496-1 object types of MPEG audio layer 3, as RFC 6381 writes them.
const kMp3 = /^mp4a\.(6b|69|40\.34)/i;

/** The tracks that a list of codecs (RFC 6381) names, such as `avc1.64001f,mp4a.40.2`. */
export function tracksOf(codecs: string): Tracks {
    const tracks: Tracks = {};
    for (const codec of codecs.split(',').map((one) => one.trim())) {
        const name = (codec.split('.')[0] ?? '').toLowerCase();
        const video = kVideo[name];
        const audio = kMp3.test(codec) ? 'mp3' : kAudio[name];
        if (video) tracks.video = video;
        if (audio) tracks.audio = audio;
    }
    return tracks;
}
