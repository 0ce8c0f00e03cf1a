import type { Api, Channel, State, Status, Urls } from './api';
import { copyRow } from './copy_row';
import { h, setText } from './dom';
import { mediaLine, viewersLine, viewersTotal } from './media_line';
import { explain, type Texts } from './messages';
import { Problem } from './problem';

type Shown = keyof Texts['states'];

/** One channel in the list. Its element stays the same, so that what is open stays open. */
export class ChannelCard {
    readonly element: HTMLElement;
    /** Live, or its publisher is about to come back. */
    live = false;

    private readonly badge = h('span', { class: 'badge' });
    private readonly name = h('h2');
    private readonly media = h('p', { class: 'media' });
    private readonly viewers = h('p', { class: 'viewers' });
    private readonly watch: HTMLAnchorElement;
    private readonly rows = h('div', { class: 'rows' });
    private readonly details: HTMLDetailsElement;
    private urls: Promise<Urls> | undefined;

    constructor(
        private channel: Channel,
        private readonly api: Api,
        private readonly texts: Texts,
    ) {
        this.watch = h('a', { class: 'button', target: '_blank', rel: 'noopener' }, texts.watch);
        this.watch.href = `/${channel.id}/flv.html`;
        this.details = h(
            'details',
            { ontoggle: () => this.details.open && void this.showAddresses() },
            h('summary', {}, texts.addresses),
            this.rows,
        );
        this.element = h(
            'li',
            { class: 'card', 'data-id': channel.id },
            h('header', {}, this.badge, this.name, h('code', {}, channel.id), this.watch),
            this.media,
            this.viewers,
            this.details,
        );
        this.update(channel, undefined, undefined);
    }

    /** Shows the channel; what is undefined is not known. */
    update(channel: Channel, state: State | undefined, status: Status | undefined): void {
        if (JSON.stringify(channel) !== JSON.stringify(this.channel)) this.urls = undefined;
        this.channel = channel;
        const shown = shownState(channel, state);
        this.live = shown === 'live' || shown === 'waiting';
        this.element.dataset.state = shown;
        setText(this.badge, this.texts.states[shown]);
        setText(this.name, channel.name || channel.id);
        setText(this.media, status && this.live ? mediaLine(status) : '');
        setText(this.viewers, status && this.live ? this.viewersWords(status) : '');
        this.watch.hidden = !this.live;
        if (this.live) void this.signWatchLink();
    }

    /** Opens the addresses, as after the channel was made. */
    open(): void {
        this.details.open = true;
    }

    private viewersWords({ viewers }: Status): string {
        const line = viewersLine(viewers);
        const total = this.texts.viewers(viewersTotal(viewers));
        return line ? `${total}: ${line}` : total;
    }

    private addresses(): Promise<Urls> {
        this.urls ??= this.api.urls(this.channel.id).catch((error: unknown) => {
            this.urls = undefined;
            throw error;
        });
        return this.urls;
    }

    private async signWatchLink(): Promise<void> {
        try {
            const { play } = await this.addresses();
            this.watch.hidden = play.pages.flv === null;
            // The path is ours, the signature the API's: a public host name may not resolve here.
            if (play.pages.flv) this.watch.href = pathAndQuery(play.pages.flv);
        } catch {
            // The plain link stays; a channel with signed playback will then say what is missing.
        }
    }

    private async showAddresses(): Promise<void> {
        try {
            this.rows.replaceChildren(...this.rowsOf(await this.addresses()));
        } catch (error) {
            const words = error instanceof Problem ? explain(error, this.texts) : String(error);
            this.rows.replaceChildren(h('p', { class: 'error', role: 'alert' }, words));
        }
    }

    private rowsOf({ push, play }: Urls): HTMLElement[] {
        const { texts } = this;
        const rows: [string, string | null | undefined, boolean][] = [
            [texts.server, push?.obs.server, false],
            [texts.streamKey, push?.obs.stream_key, true],
            [texts.pushUrl, push?.rtmp, true],
            [texts.pushUrlTls, push?.rtmps, true],
            [texts.playFlv, play.flv, false],
            [texts.playRtmp, play.rtmp, false],
        ];
        return rows.flatMap(([label, value, secret]) =>
            value ? [copyRow(label, value, secret, texts)] : [],
        );
    }
}

function shownState({ enabled, expires_at }: Channel, state: State | undefined): Shown {
    if (!enabled) return 'disabled';
    if (state !== 'idle') return state ?? 'unknown';
    return expires_at && Date.parse(expires_at) <= Date.now() ? 'expired' : 'idle';
}

function pathAndQuery(address: string): string {
    const url = new URL(address, location.href);
    return url.pathname + url.search;
}
