import type { TrackKind, Tracks } from '../tracks';
import { kMediaHeaderBytes, readAudioHeader, readVideoHeader, type Packet } from './media_header';

/** The bytes are no FLV. */
export class NotFlv extends Error {}

const kFileHeaderBytes = 9;
const kTagHeaderBytes = 11;
const kPreviousTagBytes = 4;
const kTagAudio = 8;
const kTagVideo = 9;

// Slide shows send a picture every few seconds; sound never pauses that long.
const kSilentAfterMs: Record<TrackKind, number> = { video: 5000, audio: 2000 };

const kHashStart = 0x811c9dc5;
const kHashPrime = 0x01000193;

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
    /** How often a codec header came that says something else than the one before it. */
    configChanges = 0;

    private inTags = false;
    private readonly head = new Uint8Array(kTagHeaderBytes + kMediaHeaderBytes);
    private have = 0;
    private want = kFileHeaderBytes;
    private skip = 0;
    private frameOf: TrackKind | undefined;
    private configOf: TrackKind | undefined;
    private hash = kHashStart;
    private readonly lastFrame: Partial<Record<TrackKind, number>> = {};
    private firstFrame = 0;
    private readonly configs: Partial<Record<TrackKind, number>> = {};

    /** `absent`: a track that is announced but sends nothing; it counts from its first frame on. */
    constructor(private readonly absent?: TrackKind) {}

    /** Takes the next bytes; throws NotFlv when the stream doesn't start as one. */
    push(chunk: Uint8Array): void {
        let at = 0;
        while (at < chunk.length) {
            if (this.skip === 0) {
                this.head[this.have++] = chunk[at++] ?? 0;
                if (this.have === this.want) this.step();
                continue;
            }
            const end = Math.min(at + this.skip, chunk.length);
            if (this.configOf) this.digest(chunk.subarray(at, end));
            this.skip -= end - at;
            at = end;
            if (this.skip === 0) this.endTag();
        }
    }

    /** The track that has fallen silent while the other one goes on. */
    fallenSilent(): TrackKind | undefined {
        if (!this.tracks.video || !this.tracks.audio) return undefined;
        // One that has sent nothing yet is silent since the other one's first frame.
        const { video = this.firstFrame, audio = this.firstFrame } = this.lastFrame;
        const soundAhead = (audio - video) | 0;
        if (soundAhead > kSilentAfterMs.video) return 'video';
        return -soundAhead > kSilentAfterMs.audio ? 'audio' : undefined;
    }

    private step(): void {
        if (!this.inTags) return this.endFileHeader();

        const size = this.u24(1);
        const peek = Math.min(size, kMediaHeaderBytes);
        if (this.want === kTagHeaderBytes && peek > 0) {
            this.want += peek;
            return;
        }
        if (peek > 0) this.note(this.head.subarray(kTagHeaderBytes, kTagHeaderBytes + peek));
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
        if (this.configOf) this.endConfig(this.configOf);
        this.frameOf = this.configOf = undefined;
    }

    private endConfig(kind: TrackKind): void {
        const before = this.configs[kind];
        if (before !== undefined && before !== this.hash) this.configChanges += 1;
        this.configs[kind] = this.hash;
    }

    private note(body: Uint8Array): void {
        const type = this.at(0) & 0x1f;
        if (type === kTagVideo) this.noteVideo(body);
        if (type === kTagAudio) this.noteAudio(body);
    }

    private noteVideo(body: Uint8Array): void {
        const header = readVideoHeader(body);
        if (!header || !this.counts('video', header.packet, body)) return;
        this.tracks.video = header.codec;
        const whole = header.codec !== 'av1' || header.key;
        if (header.packet === 'frame' && whole) this.frameOf = 'video';
    }

    private noteAudio(body: Uint8Array): void {
        const header = readAudioHeader(body);
        if (!this.counts('audio', header.packet, body)) return;
        this.tracks.audio = header.codec;
        if (header.packet === 'frame') this.frameOf = 'audio';
    }

    private counts(kind: TrackKind, packet: Packet, body: Uint8Array): boolean {
        if (packet === 'frame') this.noteFrame(kind);
        if (packet === 'config') {
            this.configOf = kind;
            this.hash = kHashStart;
            this.digest(body);
        }
        return packet === 'frame' || kind !== this.absent || this.tracks[kind] !== undefined;
    }

    private noteFrame(kind: TrackKind): void {
        const none = this.lastFrame.video === undefined && this.lastFrame.audio === undefined;
        this.lastFrame[kind] = this.timestamp();
        if (none) this.firstFrame = this.timestamp();
    }

    private digest(bytes: Uint8Array): void {
        for (const byte of bytes) this.hash = Math.imul(this.hash ^ byte, kHashPrime);
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
