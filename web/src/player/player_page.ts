import './player.css';

import { adoptLanguage } from '../shared/language';
import { textsFor } from './messages';
import { readPageAddress, type PageAddress } from './page_address';
import type { Source } from './playback';
import { Session } from './session';
import { View } from './view';

/** Brings a player page to life; `choose` says how it watches its channel. */
export function openPage(choose: (page: PageAddress) => Source): void {
    const page = readPageAddress(location.href);
    const view = new View(page, textsFor(adoptLanguage()));
    const session = new Session(choose(page), view.media, (state) => view.show(state));

    view.bind(session);
    addEventListener('online', () => session.hurry());
    document.addEventListener('visibilitychange', () => document.hidden || session.hurry());

    // A page that is left may be kept for the way back, and its stream with it: a viewer who isn't there.
    let leftActive = false;
    addEventListener('pagehide', () => {
        leftActive = session.active;
        session.pause();
    });
    addEventListener('pageshow', ({ persisted }) => persisted && leftActive && session.start());

    session.start();
}
