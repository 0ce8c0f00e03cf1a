import './player.css';

import { adoptLanguage } from '../shared/language';
import { textsFor } from './messages';
import { readPageAddress } from './page_address';
import { Session } from './session';
import { View } from './view';

const page = readPageAddress(location.href);
const view = new View(page, textsFor(adoptLanguage()));
const session = new Session(page, view.media, (state) => view.show(state));

view.bind(session);
addEventListener('online', () => session.hurry());
document.addEventListener('visibilitychange', () => document.hidden || session.hurry());

// A page that is left may be kept for the way back, and its connection with it: a viewer who isn't there.
let leftActive = false;
addEventListener('pagehide', () => {
    leftActive = session.active;
    session.pause();
});
addEventListener('pageshow', ({ persisted }) => persisted && leftActive && session.start());

session.start();
