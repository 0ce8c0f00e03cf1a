import type { Plugin } from 'vite';

/** One place of an engine (exactly this version is installed) that we can't use as it is. */
interface Mend {
    why: string;
    from: string;
    to: string;
}

const kMpegts: Mend[] = [
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

const kDash: Mend[] = [
    {
        // A player that is destroyed before its element could play leaves a listener on it, which
        // the element's next player sets off.
        why: 'playback rate of an element that it no longer has',
        from: 'HAVE_FUTURE_DATA,(()=>{n.playbackRate=e})',
        to: 'HAVE_FUTURE_DATA,(()=>{n&&(n.playbackRate=e)})',
    },
];

/** mpegts.js 1.8.2 and dash.js 5.2.1, by the end of their file's name. */
const kEngines: Record<string, Mend[]> = {
    '/mpegts.js/dist/mpegts.js': kMpegts,
    '/dashjs/dist/modern/esm/dash.all.min.js': kDash,
};

/** Mends the engines while they are bundled; the build fails when a place is no longer as it was. */
export function mendEngines(): Plugin {
    return {
        name: 'mend-engines',
        transform(code, id) {
            const file = Object.keys(kEngines).find((end) => id.endsWith(end));
            if (file === undefined) return undefined;
            return { code: (kEngines[file] ?? []).reduce(mend, code), map: null };
        },
    };
}

function mend(code: string, { why, from, to }: Mend): string {
    const parts = code.split(from);
    if (parts.length !== 2) throw new Error(`an engine is not the version that is mended: ${why}`);
    return parts.join(to);
}
