import { defineConfig } from 'vitest/config';

import { mendEngines } from './mend_engines';
import { kPlayerPages, playerPages } from './player_pages';

// All pages, one folder of hashed assets. A player page is served at /<any channel>/flv.html, so
// assets need an absolute address; /assets/ is reserved and can't be a channel.
export default defineConfig({
    base: '/',
    plugins: [mendEngines(), playerPages()],
    build: {
        target: 'es2020',
        outDir: 'dist',
        assetsDir: 'assets',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        // What is larger are the engines, which come from elsewhere as one piece.
        chunkSizeWarningLimit: 1000,
        rollupOptions: {
            input: ['console/index.html', ...kPlayerPages],
        },
    },
    test: {
        include: ['src/**/*.test.ts'],
    },
});
