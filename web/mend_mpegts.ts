import type { Plugin } from 'vite';

/** One place of mpegts.js 1.8.2 (exactly this version is installed) that we can't use as it is. */
interface Mend {
    why: string;
    from: string;
    to: string;
}

const kMends: Mend[] = [
    {
        // AV1 specification 5.9.2: only frames that are not intra, or that don't refresh all
        // references, carry ref_order_hint. Reading it on key frames reads nonsense or throws.
        why: 'AV1 key frames',
        from: '(_||255!==g)&&u&&r.enable_order_hint',
        to: '(!_||255!==g)&&u&&r.enable_order_hint',
    },
    {
        // AV1 specification 5.9.6: the render size always has 16 bits.
        why: 'AV1 render size',
        from: 'var l=e.readBits(16)+1,u=e.readBits(16)+1;d=e.readBits(l)+1,_=e.readBits(u)+1',
        to: 'd=e.readBits(16)+1,_=e.readBits(16)+1',
    },
    { why: 'talk about every AV1 unit', from: 'console.log(r),1===r', to: '1===r' },
    { why: 'talk about every AV1 key frame', from: 'console.log(h),c.codecWidth', to: 'c.codecWidth' },
];

/** Mends mpegts.js while it is bundled; the build fails when a place is no longer as it was. */
export function mendMpegts(): Plugin {
    return {
        name: 'mend-mpegts',
        transform(code, id) {
            if (!id.endsWith('/mpegts.js/dist/mpegts.js')) return undefined;
            return { code: kMends.reduce(mend, code), map: null };
        },
    };
}

function mend(code: string, { why, from, to }: Mend): string {
    const parts = code.split(from);
    if (parts.length !== 2) throw new Error(`mpegts.js is not the version that is mended: ${why}`);
    return parts.join(to);
}
