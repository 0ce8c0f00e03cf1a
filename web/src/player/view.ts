import { explain, type Texts } from './messages';
import { Meter } from './meter';
import type { PageAddress } from './page_address';
import type { Protocol } from './playback';
import { bufferedAhead, positionOf } from './position';
import type { Session, State } from './session';
import { statsLine } from './stats_line';
import type { Tracks } from './tracks';

const kStatsMs = 1000;
const kIdleMs = 2500;

/** The page around the media element: words, buttons, keys. */
export class View {
    readonly media = element<HTMLVideoElement>('media');
    private readonly root = element('player');
    private readonly notice = element('notice');
    private readonly frames = new Meter(4000);
    private tracks: Tracks = {};
    private protocol: Protocol | undefined;
    private state: State = { kind: 'connecting' };
    private idleTimer = 0;

    constructor(
        private readonly page: PageAddress,
        private readonly texts: Texts,
    ) {
        document.title = `${page.channel} · Sluice`;
        this.media.muted = page.muted;
        this.media.setAttribute('aria-label', `${texts.player}: ${page.channel}`);
        element('channel').textContent = page.channel;
        element('live').textContent = texts.live;
        element('controls').hidden = !page.controls;
        element('controls').setAttribute('aria-label', texts.player);
        element('stats').hidden = !page.stats;
        element('stats').title = texts.stats;
        element('unmute').lastElementChild?.replaceChildren(texts.unmute);
    }

    /** Connects buttons and keys with the session. */
    bind(session: Session): void {
        const playOrPause = () => (this.stopped() ? this.play(session) : session.pause());
        element('play').onclick = playOrPause;
        element('big-play').onclick = () => this.play(session);
        element('mute').onclick = element('unmute').onclick = () => this.toggleSound();
        element('fullscreen').onclick = () => this.toggleFullscreen();
        this.media.onclick = () => this.page.controls && playOrPause();
        this.media.ondblclick = () => this.toggleFullscreen();
        // Media keys and the browser's own menu act on the element itself.
        this.media.onpause = () => this.pausedByViewer() && session.pause();
        this.media.onplay = () => session.start();
        this.media.onvolumechange = () => this.refresh();
        document.onfullscreenchange = () => this.refresh();
        document.onkeydown = (event) => this.key(event, playOrPause);
        this.root.onpointermove = this.root.onfocus = () => this.awake();

        setInterval(() => this.refreshStats(session), kStatsMs);
        this.awake();
        this.refresh();
    }

    /** Shows a state in words. */
    show(state: State): void {
        this.state = state;
        if (state.kind === 'playing') {
            this.tracks = state.tracks;
            this.protocol = state.protocol;
            this.root.dataset.protocol = state.protocol;
        }
        this.root.dataset.state = state.kind === 'failed' ? state.failure.kind : state.kind;
        this.root.dataset.tracks = trackWord(this.tracks);

        const words = this.words(state);
        if (this.notice.textContent !== words) this.notice.textContent = words;
        this.refresh();
    }

    private words(state: State): string {
        if (state.kind === 'failed') return explain(state.failure, this.texts);
        if (state.kind === 'playing') return this.tracks.video ? '' : this.texts.audioOnly;
        return this.texts[state.kind];
    }

    private refresh(): void {
        const { texts, media } = this;
        const stopped = this.stopped();
        const full = document.fullscreenElement !== null;

        label('play', stopped ? texts.play : texts.pause, !stopped);
        label('mute', media.muted ? texts.unmute : texts.mute, !media.muted);
        label('fullscreen', full ? texts.leaveFullscreen : texts.fullscreen, full);
        element('big-play').hidden = !stopped;
        element('big-play').setAttribute('aria-label', texts.play);
        // Sound that the page's address asked to leave off is not offered over the picture.
        const offered = this.page.controls && media.muted && this.tracks.audio !== undefined;
        element('unmute').hidden = !offered || this.state.kind !== 'playing';
    }

    private refreshStats(session: Session): void {
        const { media } = this;
        const quality = media.getVideoPlaybackQuality();
        this.frames.note(quality.totalVideoFrames - quality.droppedVideoFrames, performance.now());
        const playing = this.state.kind === 'playing';
        const { latency } = session;
        const latencyMs = playing && latency !== undefined ? String(Math.round(latency * 1000)) : '';
        if (latencyMs) this.root.dataset.latencyMs = latencyMs;
        else delete this.root.dataset.latencyMs;
        element('stats').textContent = playing ? this.stats(session) : '';
    }

    private stats(session: Session): string {
        const { media } = this;
        return statsLine(
            {
                protocol: this.protocol,
                tracks: this.tracks,
                width: media.videoWidth,
                height: media.videoHeight,
                fps: this.frames.rate(),
                bitsPerSecond: session.bitrate,
                bufferSeconds: bufferedAhead(positionOf(media)),
                latencySeconds: session.latency,
            },
            this.texts,
        );
    }

    private stopped(): boolean {
        return this.state.kind === 'paused' || this.state.kind === 'blocked';
    }

    /** Not by a decoder that is replaced, the end, nor by an event from before a new start. */
    private pausedByViewer(): boolean {
        const shown = this.state.kind === 'playing' || this.state.kind === 'silent';
        return shown && this.media.paused && !this.media.ended;
    }

    private play(session: Session): void {
        if (this.state.kind !== 'blocked') return session.start();
        // Called by a click, which is what the browser asked for.
        this.show({ kind: 'connecting' });
        void this.media.play();
    }

    private toggleSound(): void {
        this.media.muted = !this.media.muted;
        if (!this.media.muted && this.media.volume === 0) this.media.volume = 1;
    }

    private toggleFullscreen(): void {
        const change = document.fullscreenElement
            ? document.exitFullscreen()
            : this.root.requestFullscreen?.();
        change?.catch(() => undefined);
    }

    private key(event: KeyboardEvent, playOrPause: () => void): void {
        this.awake();
        if (event.ctrlKey || event.altKey || event.metaKey || !this.page.controls) return;
        const onButton = event.target instanceof HTMLButtonElement;
        if (event.key === 'k' || (event.key === ' ' && !onButton)) playOrPause();
        else if (event.key === 'm') this.toggleSound();
        else if (event.key === 'f') this.toggleFullscreen();
        else return;
        event.preventDefault();
    }

    private awake(): void {
        this.root.classList.remove('idle');
        clearTimeout(this.idleTimer);
        this.idleTimer = window.setTimeout(() => this.root.classList.add('idle'), kIdleMs);
    }
}

function element<T extends HTMLElement>(id: string): T {
    return document.getElementById(id) as T;
}

function label(id: string, words: string, on: boolean): void {
    const button = element(id);
    button.dataset.on = String(on);
    button.setAttribute('aria-label', words);
    button.title = words;
}

function trackWord(tracks: Tracks): string {
    if (tracks.video) return tracks.audio ? 'both' : 'video';
    return tracks.audio ? 'audio' : '';
}
