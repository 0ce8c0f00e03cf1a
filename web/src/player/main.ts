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
session.start();
