import { hasMediaSource } from './browser';
import { FirstOf } from './first_of';
import type { PageAddress } from './page_address';
import type { Source } from './playback';
import { openPage } from './player_page';
import { hlsWay, nativeWay, PlaylistSource, type Way } from './playlist/source';

const withHls = () => import('./playlist/hls_engine');
const withBrowser = () => import('./playlist/native_engine');

// Asked for at once, but not waited for: the first playlist is on its way meanwhile.
if (hasMediaSource()) withHls().catch(() => undefined);

openPage((page) => {
    const cmaf = sources(page, 'master.m3u8', [hlsWay('ll-hls', withHls), nativeWay(withBrowser)]);
    const ts = sources(page, 'live.m3u8', [hlsWay('hls', withHls), nativeWay(withBrowser)]);
    if (page.container === 'cmaf') return new FirstOf(cmaf);
    return new FirstOf(page.container === 'ts' ? ts : [...cmaf, ...ts]);
});

function sources(page: PageAddress, file: string, ways: Way[]): Source[] {
    return ways.map((way) => new PlaylistSource(page.beside(file), way));
}
