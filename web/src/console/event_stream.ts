/** One server-sent event. */
export interface ServerEvent {
    id: string;
    type: string;
    data: string;
}

/** Reads server-sent events from pieces of text (HTML standard, 9.2.6). */
export class EventStreamReader {
    private rest = '';
    private id = '';
    private type = '';
    private data: string[] = [];

    constructor(private readonly each: (event: ServerEvent) => void) {}

    push(text: string): void {
        const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
        this.rest = lines.pop() ?? '';
        for (const line of lines) this.line(line);
    }

    private line(line: string): void {
        if (line === '') return this.dispatch();
        const colon = line.indexOf(':');
        if (colon === 0) return;
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');

        if (name === 'data') this.data.push(value);
        if (name === 'event') this.type = value;
        if (name === 'id' && !value.includes('\0')) this.id = value;
    }

    private dispatch(): void {
        const event = { id: this.id, type: this.type || 'message', data: this.data.join('\n') };
        const empty = this.data.length === 0;
        this.type = '';
        this.data = [];
        if (!empty) this.each(event);
    }
}
