import type { Api, Channel, Status } from './api';
import { ChannelCard } from './channel_card';
import { kPageSize, type Listed, listChannels } from './channel_list';
import { createForm } from './create_form';
import { h, setText } from './dom';
import { Follower } from './follower';
import { eachLimited } from './limited';
import { explain, type Texts } from './messages';
import { Problem } from './problem';

const kAtOnce = 6;
const kPollMs = 2000;
// Viewers come and go without an event; with events everything else is told at once.
const kPollWithEventsMs = 5000;
const kEventDelayMs = 150;
const kSearchDelayMs = 250;

/** The list of channels, kept up to date. `refused` is called when the token is no longer taken. */
export class Board {
    readonly element: HTMLElement;

    private readonly cards = new Map<string, ChannelCard>();
    private readonly list = h('ul', { class: 'channels' });
    private readonly count = h('span', { class: 'count', role: 'status' });
    private readonly error = h('p', { class: 'error banner', role: 'alert' });
    private readonly nothing: HTMLElement;
    private readonly maker: HTMLDetailsElement;
    private readonly more: HTMLButtonElement;
    private readonly search: HTMLInputElement;
    private readonly follower: Follower;
    private limit = kPageSize;
    private timer: number | undefined;
    private dueMs = Infinity;
    private round = 0;
    private stopped = false;

    constructor(
        private readonly api: Api,
        private readonly texts: Texts,
        private readonly refused: () => void,
    ) {
        this.nothing = h('p', { class: 'nothing' }, texts.loading);
        this.maker = h(
            'details',
            { class: 'maker' },
            h('summary', {}, texts.newChannel),
            createForm(api, texts, (channel) => void this.made(channel)),
        );
        this.more = h(
            'button',
            { type: 'button', class: 'more', hidden: true, onclick: () => this.showMore() },
            texts.more,
        );
        this.search = h('input', {
            type: 'search',
            placeholder: texts.search,
            'aria-label': texts.search,
            oninput: () => this.soon(kSearchDelayMs),
        });
        this.element = h(
            'section',
            { class: 'board' },
            h('div', { class: 'bar' }, this.search, this.count),
            this.error,
            this.maker,
            this.nothing,
            this.list,
            this.more,
        );
        this.follower = new Follower(api, () => this.soon(kEventDelayMs));
    }

    start(): void {
        this.follower.start();
        void this.refresh();
    }

    stop(): void {
        this.stopped = true;
        clearTimeout(this.timer);
        this.follower.stop();
    }

    private soon(ms: number): void {
        const dueMs = performance.now() + ms;
        // A stream of events must not put the refresh off for ever.
        if (this.stopped || dueMs >= this.dueMs) return;
        clearTimeout(this.timer);
        this.dueMs = dueMs;
        this.timer = window.setTimeout(() => void this.refresh(), ms);
    }

    private async refresh(): Promise<void> {
        const round = ++this.round;
        clearTimeout(this.timer);
        this.dueMs = Infinity;
        try {
            const { listed, more } = await listChannels(this.api, this.search.value.trim(), this.limit);
            const statuses = await this.statusesOf(listed);
            // A newer round, with another search perhaps, has begun meanwhile.
            if (this.stopped || round !== this.round) return;
            this.show(listed, statuses);
            this.more.hidden = !more;
            this.fail('');
        } catch (thrown) {
            if (this.stopped || round !== this.round) return;
            this.failed(thrown);
        }
        this.soon(this.follower.working ? kPollWithEventsMs : kPollMs);
    }

    /** Of the channels that have a stream: of the others there is nothing to tell. */
    private async statusesOf(listed: readonly Listed[]): Promise<Map<string, Status>> {
        const statuses = new Map<string, Status>();
        const running = listed.filter(({ state }) => state === 'live' || state === 'waiting');
        await eachLimited(running, kAtOnce, async ({ channel: { id } }) => {
            try {
                statuses.set(id, await this.api.status(id));
            } catch (thrown) {
                // One that was deleted meanwhile, or nginx being away, leaves the details unknown.
                if (thrown instanceof Problem && [404, 503].includes(thrown.status)) return;
                throw thrown;
            }
        });
        return statuses;
    }

    private show(listed: readonly Listed[], statuses: ReadonlyMap<string, Status>): void {
        const present = new Set(listed.map(({ channel }) => channel.id));
        for (const id of [...this.cards.keys()]) {
            if (!present.has(id)) this.remove(id);
        }
        const cards = listed.map(({ channel, state }) => {
            const card = this.cardOf(channel);
            card.update(channel, state, statuses.get(channel.id));
            return card;
        });
        this.order(cards);

        const live = cards.filter((card) => card.live).length;
        setText(this.count, cards.length > 0 ? this.texts.liveCount(live, cards.length) : '');
        this.showNothing(cards.length === 0);
    }

    private cardOf(channel: Channel): ChannelCard {
        const known = this.cards.get(channel.id);
        if (known) return known;
        const card = new ChannelCard(channel, this.api, this.texts);
        this.cards.set(channel.id, card);
        return card;
    }

    /** What is in place is not touched. */
    private order(cards: readonly ChannelCard[]): void {
        cards.forEach(({ element }, index) => {
            const there = this.list.children[index];
            if (there !== element) this.list.insertBefore(element, there ?? null);
        });
    }

    private remove(id: string): void {
        this.cards.get(id)?.element.remove();
        this.cards.delete(id);
    }

    private showNothing(none: boolean): void {
        const searching = this.search.value.trim() !== '';
        this.nothing.hidden = !none;
        this.search.hidden = none && !searching;
        if (!none) return;
        if (searching) {
            this.nothing.replaceChildren(this.texts.nothingFound);
            return;
        }
        this.maker.open = true;
        this.nothing.replaceChildren(h('strong', {}, this.texts.emptyTitle), ' ', this.texts.emptyHint);
    }

    private async made(channel: Channel): Promise<void> {
        this.maker.open = false;
        // Far down a long list it would not be seen.
        this.search.value = this.more.hidden ? '' : channel.id;
        this.cardOf(channel).open();
        await this.refresh();
        this.cards.get(channel.id)?.element.scrollIntoView({ block: 'nearest' });
    }

    private showMore(): void {
        this.limit += kPageSize;
        void this.refresh();
    }

    private failed(thrown: unknown): void {
        if (thrown instanceof Problem && thrown.status === 401) {
            this.stop();
            return this.refused();
        }
        this.fail(thrown instanceof Problem ? explain(thrown, this.texts) : String(thrown));
    }

    private fail(words: string): void {
        setText(this.error, words);
    }
}
