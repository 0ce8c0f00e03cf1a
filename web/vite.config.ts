import { defineConfig } from 'vitest/config';

import { mendMpegts } from './mend_mpegts';

// Two pages, one folder of hashed assets. The player page is served at /<any channel>/flv.html, so
// assets need an absolute address; /assets/ is reserved and can't be a channel.
export default defineConfig({
    base: '/',
    plugins: [mendMpegts()],
    build: {
        target: 'es2020',
        outDir: 'dist',
        assetsDir: 'assets',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        rollupOptions: {
            input: {
                console: 'console/index.html',
                player: 'player/flv.html',
            },
        },
    },
    test: {
        include: ['src/**/*.test.ts'],
    },
});
