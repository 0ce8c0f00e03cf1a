import type { Api } from './api';
import type { ServerEvent } from './event_stream';
import { Problem } from './problem';

const kFirstRetryMs = 1000;
const kMaxRetryMs = 30_000;

/** Follows the API's live events for ever, and says whether they come. */
export class Follower {
    /** Events come; without them the page has to ask more often. */
    working = false;

    private lastId = '';
    private retryMs = kFirstRetryMs;
    private readonly stopper = new AbortController();

    constructor(
        private readonly api: Api,
        private readonly each: (event: ServerEvent) => void,
    ) {}

    start(): void {
        void this.run();
    }

    stop(): void {
        this.stopper.abort();
    }

    private async run(): Promise<void> {
        const { signal } = this.stopper;
        while (!signal.aborted) {
            try {
                await this.api.events(this.lastId, signal, () => this.opened(), (e) => this.take(e));
            } catch (error) {
                // A token that may not follow events will not be allowed to a second later.
                if (error instanceof Problem && [401, 403, 404].includes(error.status)) {
                    this.retryMs = kMaxRetryMs;
                }
            }
            this.working = false;
            await new Promise((resolve) => setTimeout(resolve, this.retryMs));
            this.retryMs = Math.min(this.retryMs * 2, kMaxRetryMs);
        }
    }

    private opened(): void {
        this.working = true;
        this.retryMs = kFirstRetryMs;
    }

    private take(event: ServerEvent): void {
        this.lastId = event.id;
        if (!this.stopper.signal.aborted) this.each(event);
    }
}
