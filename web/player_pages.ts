import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

import type { Plugin } from 'vite';

const kFrame = resolve(__dirname, 'player/page.html');

/** The player pages: one frame, an entry in `src/player` each. */
export const kPlayerPages = ['flv', 'hls', 'dash', 'index'].map((name) => `player/${name}.html`);

/** Makes `player/<name>.html` of the frame and `src/player/<name>.ts`. */
export function playerPages(): Plugin {
    const made = new Map(kPlayerPages.map((page) => [resolve(__dirname, page), basename(page, '.html')]));
    return {
        name: 'player-pages',
        enforce: 'pre',
        resolveId: (id) => (made.has(resolve(__dirname, id)) ? resolve(__dirname, id) : undefined),
        load: (id) => {
            const name = made.get(id);
            return name && readFileSync(kFrame, 'utf8').replace('ENGINE', name);
        },
    };
}
