import { FirstOf } from './first_of';
import { FlvSource } from './flv/source';
import { openPage } from './player_page';
import { hlsWay, nativeWay, PlaylistSource } from './playlist/source';

const withHls = () => import('./playlist/hls_engine');
const withMpegts = () => import('./flv/connection');
const byItself = nativeWay(() => import('./playlist/native_engine'));

openPage((page) => {
    const { beside } = page;
    return new FirstOf([
        new PlaylistSource(beside('index.m3u8'), hlsWay('ll-hls', withHls)),
        new FlvSource(beside('live.flv'), page.transport, withMpegts),
        new PlaylistSource(beside('live.m3u8'), hlsWay('hls', withHls)),
        new PlaylistSource(beside('index.m3u8'), byItself),
        new PlaylistSource(beside('live.m3u8'), byItself),
    ]);
});
