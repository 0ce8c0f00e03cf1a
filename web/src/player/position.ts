/** Where playback stands, in seconds of media time. */
export interface Position {
    currentTime: number;
    /** Buffered ranges, ascending. */
    ranges: readonly { start: number; end: number }[];
}

/** Seconds that can be played without another byte. */
export function bufferedAhead({ currentTime, ranges }: Position): number {
    const range = ranges.find((r) => r.start <= currentTime && currentTime <= r.end);
    return range ? range.end - currentTime : 0;
}

/** The position of a media element. */
export function positionOf(media: HTMLMediaElement): Position {
    const ranges = Array.from({ length: media.buffered.length }, (_, i) => ({
        start: media.buffered.start(i),
        end: media.buffered.end(i),
    }));
    return { currentTime: media.currentTime, ranges };
}
