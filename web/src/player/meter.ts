interface Mark {
    ms: number;
    value: number;
}

/** The rate per second of something that is counted, over the last few seconds. */
export class Meter {
    private marks: Mark[] = [];

    constructor(private readonly windowMs: number) {}

    /** Notes the counter's total at a time. A total that falls starts anew. */
    note(total: number, nowMs: number): void {
        const last = this.marks.at(-1);
        if (last && total < last.value) this.marks = [];
        this.marks.push({ ms: nowMs, value: total });
        while ((this.marks[1]?.ms ?? Infinity) <= nowMs - this.windowMs) this.marks.shift();
    }

    /** Per second; undefined until half a second is known. */
    rate(): number | undefined {
        const first = this.marks[0];
        const last = this.marks.at(-1);
        if (!first || !last || last.ms - first.ms < 500) return undefined;
        return ((last.value - first.value) / (last.ms - first.ms)) * 1000;
    }
}
