import { hasMediaSource } from './browser';
import { openPage } from './player_page';
import { dashWay, PlaylistSource } from './playlist/source';

const withDash = () => import('./playlist/dash_engine');

// Asked for at once, but not waited for: the manifest is on its way meanwhile.
if (hasMediaSource()) withDash().catch(() => undefined);

openPage((page) => new PlaylistSource(page.beside('manifest.mpd'), dashWay(withDash)));
