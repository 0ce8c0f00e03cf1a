export type VideoCodec = 'h264' | 'hevc' | 'av1' | 'vp9' | 'other';
export type AudioCodec = 'aac' | 'mp3' | 'opus' | 'flac' | 'other';

/** The codecs seen so far in a stream; undefined is no such track. */
export interface Tracks {
    video?: VideoCodec;
    audio?: AudioCodec;
}

export type TrackKind = keyof Tracks;

/** The bytes are no FLV. */
export class NotFlv extends Error {}

const kFileHeaderBytes = 9;
const kTagHeaderBytes = 11;
const kPreviousTagBytes = 4;
// Frame type, packet type and FourCC of an Enhanced RTMP header; the classic header is shorter.
const kPeekBytes = 5;

const kTagAudio = 8;
const kTagVideo = 9;
// Slide shows send a picture every few seconds; sound never pauses that long.
const kSilentAfterMs: Record<TrackKind, number> = { video: 5000, audio: 2000 };

const kKeyFrame = 1;
const kVideoCommandFrame = 5;
const kAudioEnhanced = 9;

const kVideoByNumber: Record<number, VideoCodec> = { 7: 'h264', 12: 'hevc' };
const kVideoByFourCc: Record<string, VideoCodec> = {
    avc1: 'h264',
    hvc1: 'hevc',
    av01: 'av1',
    vp09: 'vp9',
};
const kAudioByNumber: Record<number, AudioCodec> = { 2: 'mp3', 10: 'aac', 14: 'mp3' };
const kAudioByFourCc: Record<string, AudioCodec> = {
    mp4a: 'aac',
    '.mp3': 'mp3',
    Opus: 'opus',
    fLaC: 'flac',
};

/**
 * Tells from the passing bytes of an FLV stream which tracks it has. Servers send every track's
 * codec header before the first frame; the flags in the file header are often wrong, and a player
 * that waits for a track that never comes shows nothing.
 */
export class FlvTracks {
    readonly tracks: Tracks = {};
    /**
     * A whole frame has passed, so the codec headers of all tracks that run now have passed too.
     * With video it is a video frame; with AV1 a key frame, since only that tells the size.
     */
    joined = false;

    private inTags = false;
    private readonly head = new Uint8Array(kTagHeaderBytes + kPeekBytes);
    private have = 0;
    private want = kFileHeaderBytes;
    private skip = 0;
    private frameOf: TrackKind | undefined;
    private readonly lastFrame: Partial<Record<TrackKind, number>> = {};

    /** `absent`: a track that is announced but sends nothing; it counts from its first frame on. */
    constructor(private readonly absent?: TrackKind) {}

    /** Takes the next bytes; throws NotFlv when the stream doesn't start as one. */
    push(chunk: Uint8Array): void {
        let at = 0;
        while (at < chunk.length) {
            if (this.skip > 0) {
                const step = Math.min(this.skip, chunk.length - at);
                this.skip -= step;
                at += step;
                if (this.skip === 0) this.endTag();
                continue;
            }
            this.head[this.have++] = chunk[at++] ?? 0;
            if (this.have === this.want) this.step();
        }
    }

    /** The track that has fallen silent while the other one goes on. */
    fallenSilent(): TrackKind | undefined {
        const { video, audio } = this.lastFrame;
        if (this.tracks.video && this.tracks.audio) {
            const behind = ((audio ?? 0) - (video ?? 0)) | 0;
            if (audio !== undefined && behind > kSilentAfterMs.video) return 'video';
            if (video !== undefined && -behind > kSilentAfterMs.audio) return 'audio';
        }
        return undefined;
    }

    private step(): void {
        if (!this.inTags) return this.endFileHeader();

        const size = this.u24(1);
        const peek = Math.min(size, kPeekBytes);
        if (this.want === kTagHeaderBytes && peek > 0) {
            this.want += peek;
            return;
        }
        if (peek > 0) this.note(peek);
        this.nextTag(size - peek + kPreviousTagBytes);
    }

    private endFileHeader(): void {
        const [f, l, v] = this.head;
        if (f !== 0x46 || l !== 0x4c || v !== 0x56) throw new NotFlv('the stream is not FLV');
        const dataOffset = this.u24(6);
        this.inTags = true;
        this.nextTag(dataOffset - kFileHeaderBytes + kPreviousTagBytes);
    }

    private nextTag(skip: number): void {
        this.have = 0;
        this.want = kTagHeaderBytes;
        this.skip = skip;
    }

    private endTag(): void {
        if (this.frameOf === 'video' || (this.frameOf === 'audio' && !this.tracks.video)) {
            this.joined = true;
        }
        this.frameOf = undefined;
    }

    private note(peek: number): void {
        const type = this.at(0) & 0x1f;
        const body = this.head.subarray(kTagHeaderBytes, kTagHeaderBytes + peek);
        if (type === kTagVideo) this.noteVideo(body);
        if (type === kTagAudio) this.noteAudio(body);
    }

    private noteVideo(body: Uint8Array): void {
        const first = body[0] ?? 0;
        const type = (first >> 4) & 7;
        if (type === kVideoCommandFrame) return;

        const enhanced = (first & 0x80) !== 0;
        const packet = enhanced ? first & 0x0f : (body[1] ?? 0);
        const frame = packet === 1 || packet === 3;
        if (!this.counts('video', frame)) return;
        this.tracks.video = enhanced
            ? (kVideoByFourCc[fourCc(body)] ?? 'other')
            : (kVideoByNumber[first & 0x0f] ?? 'other');
        if (frame && (this.tracks.video !== 'av1' || type === kKeyFrame)) this.frameOf = 'video';
    }

    private noteAudio(body: Uint8Array): void {
        const first = body[0] ?? 0;
        const format = first >> 4;
        const enhanced = format === kAudioEnhanced;
        const packet = enhanced ? first & 0x0f : format === 10 ? (body[1] ?? 0) : 1;
        if (!this.counts('audio', packet === 1)) return;

        this.tracks.audio = enhanced
            ? (kAudioByFourCc[fourCc(body)] ?? 'other')
            : (kAudioByNumber[format] ?? 'other');
        if (packet === 1) this.frameOf = 'audio';
    }

    private counts(kind: TrackKind, frame: boolean): boolean {
        if (frame) this.lastFrame[kind] = this.timestamp();
        return frame || kind !== this.absent || this.tracks[kind] !== undefined;
    }

    private timestamp(): number {
        return this.u24(4) | (this.at(7) << 24);
    }

    private at(index: number): number {
        return this.head[index] ?? 0;
    }

    private u24(index: number): number {
        return (this.at(index) << 16) | (this.at(index + 1) << 8) | this.at(index + 2);
    }
}

/** A track came, or a codec is another than before: a player has to start anew. */
export function tracksDiffer(a: Tracks, b: Tracks): boolean {
    return a.video !== b.video || a.audio !== b.audio;
}

function fourCc(body: Uint8Array): string {
    return String.fromCharCode(...body.subarray(1, 5));
}
