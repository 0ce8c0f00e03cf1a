// What parsers that nobody here wrote make of playlists, manifests and segments.
// Reads a JSON list of {kind, text | file, uri} on stdin; writes the list of what they say, {error} where one refuses.
import { readFileSync } from 'node:fs';
import ISOBoxer from 'codem-isoboxer';
import * as hls from 'hls-parser';
import m3u8 from 'm3u8-parser';
import mpd from 'mpd-parser';
import mux from 'mux.js';
import inspector from 'mux.js/lib/tools/ts-inspector.js';

hls.default.setOptions({ strictMode: true });

const arrayBuffer = (file) => new Uint8Array(readFileSync(file)).buffer;

function mediaPlaylist(p) {
    return {
        version: p.version, target: p.targetDuration, sequence: p.mediaSequenceBase,
        discontinuity_sequence: p.discontinuitySequenceBase ?? 0, ended: p.endlist, skip: p.skip,
        independent: p.independentSegments, control: p.lowLatencyCompatibility, part_target: p.partTargetDuration,
        reports: p.renditionReports,
        segments: p.segments.map((s) => ({
            uri: s.uri, sequence: s.mediaSequenceNumber, duration: s.duration, discontinuity: !!s.discontinuity,
            gap: !!s.gap, map: s.map?.uri, date: s.programDateTime,
            parts: s.parts.map(({ uri, duration, independent, hint, gap }) => ({ uri, duration, independent, hint, gap })),
        })),
    };
}

function multivariant(p) {
    return {
        independent: p.independentSegments,
        variants: p.variants.map((v) => ({
            uri: v.uri, bandwidth: v.bandwidth, average: v.averageBandwidth, codecs: v.codecs, resolution: v.resolution,
            frame_rate: v.frameRate, audio: v.audio.map(({ uri, name, channels }) => ({ uri, name, channels })),
        })),
    };
}

/** A second opinion: its complaints, and what it counts. */
function secondOpinion(text) {
    const parser = new m3u8.Parser();
    const warnings = [];
    parser.on('warn', ({ message }) => warnings.push(message));
    parser.push(text);
    parser.end();
    const { segments, mediaSequence, discontinuitySequence, targetDuration } = parser.manifest;
    return { warnings, segments: segments?.length ?? 0, mediaSequence, discontinuitySequence, targetDuration };
}

function playlist({ text }) {
    const parsed = hls.default.parse(text);
    const said = parsed.isMasterPlaylist ? multivariant(parsed) : mediaPlaylist(parsed);
    return { ...said, second: secondOpinion(text) };
}

const dashTrack = ({ attributes: a, segments, discontinuityStarts, endList, mediaSequence }) => ({
    codecs: a.CODECS, bandwidth: a.BANDWIDTH, resolution: a.RESOLUTION, frame_rate: a['FRAME-RATE'], ended: endList,
    sequence: mediaSequence, breaks: discontinuityStarts,
    segments: segments.map((s) => ({
        uri: s.resolvedUri, map: s.map.resolvedUri, number: s.number, duration: s.duration, time: s.presentationTime,
    })),
});

function manifest({ text, uri }) {
    const warnings = [];
    const parsed = mpd.parse(text, { manifestUri: uri, eventHandler: ({ type, message }) => warnings.push(`${type}: ${message}`) });
    const sound = Object.values(parsed.mediaGroups.AUDIO).flatMap((group) => Object.values(group));
    return {
        duration: parsed.duration, update_ms: parsed.minimumUpdatePeriod, ended: parsed.endList, warnings,
        periods: parsed.timelineStarts, video: parsed.playlists.map(dashTrack),
        audio: sound.flatMap((one) => one.playlists.map(dashTrack)),
    };
}

const FIELDS = ['major_brand', 'compatible_brands', 'sequence_number', 'track_ID', 'timescale', 'baseMediaDecodeTime',
    'sample_count', 'data_offset', 'samples', 'default_sample_duration', 'default_sample_flags', 'flags', 'handler_type'];

function box(one) {
    const fields = FIELDS.filter((name) => one[name] !== undefined).map((name) => [name, one[name]]);
    return {
        type: one.type, size: one.size, offset: one._offset, incomplete: !!one._incomplete, ...Object.fromEntries(fields),
        boxes: (one.boxes ?? one.entries ?? []).filter((child) => child?.type).map(box),
    };
}

function boxes({ file }) {
    const parsed = ISOBoxer.parseBuffer(arrayBuffer(file));
    return { incomplete: !!parsed._incomplete, boxes: parsed.boxes.map(box) };
}

/** Pictures that mux.js finds, and its complaints while it turns them into MP4. */
function transmuxed(bytes) {
    const transmuxer = new mux.mp4.Transmuxer({ keepOriginalTimestamps: true, remux: false });
    const warnings = [];
    let pictures = 0;
    transmuxer.on('log', ({ level, message }) => level === 'debug' || warnings.push(`${level}: ${message}`));
    transmuxer.on('data', ({ type, data }) => {
        if (type !== 'video') return;
        const runs = ISOBoxer.parseBuffer(new Uint8Array(data).buffer).fetchAll('trun');
        pictures += runs.reduce((sum, run) => sum + run.sample_count, 0);
    });
    transmuxer.push(bytes);
    transmuxer.flush();
    return { pictures, warnings };
}

function transport({ file }) {
    const bytes = new Uint8Array(readFileSync(file));
    const found = inspector.inspect(bytes, 0);
    return { video: found?.video ?? [], audio: found?.audio ?? [], frame: found?.firstKeyFrame ?? null, ...transmuxed(bytes) };
}

const JUDGES = { playlist, manifest, boxes, transport };

function judge(asked) {
    try {
        return JUDGES[asked.kind](asked);
    } catch (error) {
        return { error: `${error.message}` };
    }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(judge)));
