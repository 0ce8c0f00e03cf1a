import { hasMediaSource } from '../browser';
import type { Transport } from '../page_address';
import type { Opening, Playback, Source } from '../playback';
import { openStream } from './transport';

type Load = () => Promise<typeof import('./connection')>;

/** HTTP-FLV, or FLV by WebSocket. */
export class FlvSource implements Source {
    /** `load` gets the code that decodes, when there is something to decode. */
    constructor(
        private readonly stream: URL,
        private readonly transport: Transport,
        private readonly load: Load,
    ) {}

    supported(): boolean {
        return hasMediaSource();
    }

    async open(opening: Opening): Promise<Playback> {
        const bytes = await openStream(this.stream, this.transport, opening.signal);
        const { Connection } = await this.load();
        return new Connection(this.transport === 'ws' ? 'ws-flv' : 'flv', bytes, opening);
    }
}
