import { bufferedAhead, positionOf } from './position';
import { StallWatch, type Verdict } from './stall_watch';

/** What the watch sees of a playback: `vain` is data that never becomes a picture. */
export type Sighting = Verdict | 'playing' | 'vain';

/** Judges a few times a second how a media element does with the stream it was given. */
export class MediaWatch {
    private readonly stalls = new StallWatch();
    private shown = false;
    private startMs: number | undefined;

    /** `patienceMs`: how long data may come before the first picture. */
    constructor(
        private readonly media: HTMLVideoElement,
        private readonly patienceMs: number,
    ) {}

    /** Nothing was shown so far. */
    get starting(): boolean {
        return !this.shown;
    }

    /** `attached`: the element has been given this stream. */
    see(nowMs: number, lastBytesMs: number, attached: boolean): Sighting {
        const { media } = this;
        const position = positionOf(media);
        const ahead = bufferedAhead(position);
        if (attached && media.currentTime > 0 && media.readyState >= media.HAVE_FUTURE_DATA) {
            this.shown = true;
        }
        const verdict = this.stalls.see({
            nowMs,
            lastBytesMs,
            currentTime: media.currentTime,
            ahead,
            playable: attached && !media.paused && !document.hidden,
        });
        if (this.inVain(nowMs, attached)) return 'vain';
        if (verdict !== 'fine') return verdict;
        return this.shown && ahead > 0 ? 'playing' : 'fine';
    }

    /** A track that was announced does not come, say. */
    private inVain(nowMs: number, attached: boolean): boolean {
        const waits = attached && !this.shown && !this.media.paused && !document.hidden;
        if (!waits || this.startMs === undefined) this.startMs = nowMs;
        return nowMs - this.startMs > this.patienceMs;
    }
}
