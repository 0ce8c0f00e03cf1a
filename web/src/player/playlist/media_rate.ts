interface Piece {
    bits: number;
    seconds: number;
}

const kWindowSeconds = 8;

/** Bits per second of media, over its own time: pieces may come in bursts. */
export class MediaRate {
    private pieces: Piece[] = [];

    /** Notes a piece of one track. */
    note(bytes: number, seconds: number): void {
        if (!(seconds > 0)) return;
        this.pieces.push({ bits: bytes * 8, seconds });
        while (this.seconds() - (this.pieces[0]?.seconds ?? 0) >= kWindowSeconds) this.pieces.shift();
    }

    /** Undefined before the first piece. */
    rate(): number | undefined {
        const bits = this.pieces.reduce((sum, piece) => sum + piece.bits, 0);
        return bits > 0 ? bits / this.seconds() : undefined;
    }

    private seconds(): number {
        return this.pieces.reduce((sum, piece) => sum + piece.seconds, 0);
    }
}

/** The sum of the rates of all tracks. */
export class TrackRates {
    private readonly tracks = new Map<string, MediaRate>();

    note(track: string, bytes: number, seconds: number): void {
        const rate = this.tracks.get(track) ?? new MediaRate();
        this.tracks.set(track, rate);
        rate.note(bytes, seconds);
    }

    rate(): number | undefined {
        const known = [...this.tracks.values()].map((track) => track.rate() ?? 0);
        const sum = known.reduce((all, rate) => all + rate, 0);
        return sum > 0 ? sum : undefined;
    }
}
