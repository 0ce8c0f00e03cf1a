import * as decoder from './flv/connection';
import { FlvSource } from './flv/source';
import { openPage } from './player_page';

openPage((page) => new FlvSource(page.beside('live.flv'), page.transport, async () => decoder));
