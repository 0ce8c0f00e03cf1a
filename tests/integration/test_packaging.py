"""What is published can be played as HLS and DASH: judged by parsers and players that nobody here wrote."""

import re
import struct
import subprocess
from typing import NamedTuple

import pytest
from sluicetest import flv, nginx as nginx_process, packaged
from sluicetest.captured import Captured, judge_all, parts_of, segments_of
from sluicetest.clips import clip_path
from sluicetest.endless import AAC_MS, Endless
from sluicetest.packaged import AUDIO, MANIFEST, MULTIVARIANT, TRANSPORT, VIDEO, Channel
from sluicetest.publisher import Publisher

AAC = r"mp4a\.40\.2"


class Expected(NamedTuple):
    """What is said of a clip; `video` and `audio` are patterns of CODECS, None for what there is not."""

    video: str
    audio: str
    resolution: tuple
    frame_rate: float
    transport: bool = True


CLIPS = {
    "avc": Expected(r"avc1\.64000d", AAC, (320, 180), 25),
    "avc_bframes": Expected(r"avc1\.64000d", AAC, (320, 180), 25),
    "hevc": Expected(r"hvc1\.1\.6\.L60\.[0-9A-F.]+", AAC, (320, 180), 25),
    "av1": Expected(r"av01\.0\.00M\.08", "opus", (320, 180), 25, transport=False),
    "audio_only": Expected(None, AAC, None, None),
    "video_only": Expected(r"avc1\.64000d", None, (320, 180), 25),
    "avc_long_gop": Expected(r"avc1\.64000d", AAC, (320, 180), 25),
    "avc_other": Expected(r"avc1\.4d401e", AAC, (640, 360), 30),
    "fps_23_976": Expected(r"avc1\.64000d", AAC, (320, 180), 23.976),
    "fps_29_97": Expected(r"avc1\.64000d", AAC, (320, 180), 29.97),
    "fps_50": Expected(r"avc1\.640015", AAC, (320, 180), 50),
    "fps_60": Expected(r"avc1\.640015", AAC, (320, 180), 60),
}
LISTED = 5
TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".mpd": "application/dash+xml", ".ts": "video/mp2t"}


class Stage(NamedTuple):
    """All clips: as they were live, as they ended, and what was sent."""

    began: int
    live: dict
    ended: dict
    sent: dict


def captured(server, folder):
    captures = {name: Captured(Channel(server, name), folder) for name in CLIPS}
    judge_all(captures.values())
    return captures


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """All clips are published at once, in real time; then they end."""
    parts = packaged.parts(main="sluice_package_linger 300s;", application="sluice_ingest_reconnect_window 0;")
    server = nginx_process.Nginx(workers=2, **parts)
    try:
        server.start()
        began = packaged.seconds_since_2025()
        clips = {name: Endless(name, expected.frame_rate, AAC_MS if expected.audio == AAC else 20)
                 for name, expected in CLIPS.items()}
        pushes = {name: Publisher(server.rtmp, name, one) for name, one in clips.items()}
        for name, expected in CLIPS.items():
            Channel(server, name).wait_segments(VIDEO if expected.video else AUDIO, LISTED, 30)
        Channel(server, "avc_long_gop").wait_segments(TRANSPORT, 1, 30)
        live = captured(server, tmp_path_factory.mktemp("live"))
        for push in pushes.values():
            push.stop()
        for name, expected in CLIPS.items():
            Channel(server, name).wait_ended(VIDEO if expected.video else AUDIO)
        ended = captured(server, tmp_path_factory.mktemp("ended"))
        yield Stage(began, live, ended, {name: push.sent for name, push in pushes.items()})
        server.stop()
    finally:
        server.discard()


@pytest.fixture(params=CLIPS)
def name(request):
    return request.param


@pytest.fixture(params=["live", "ended"])
def shown(request, stage, name):
    return getattr(stage, request.param)[name]


def media_playlists(name):
    expected = CLIPS[name]
    wanted = {VIDEO: expected.video, AUDIO: expected.audio, TRANSPORT: expected.transport}
    return [path for path, there in wanted.items() if there]


def test_all_playlists_please_the_judges(shown, name):
    wanted = {*media_playlists(name), MULTIVARIANT, "index.m3u8", MANIFEST}
    assert set(shown.texts) == wanted
    for path in wanted - {MANIFEST}:
        packaged.checked_playlist(shown.texts[path], shown.said[path])
    said = shown.said[MANIFEST]
    assert "error" not in said and not said["warnings"], (said, shown.texts[MANIFEST])


def test_what_there_is_not_answers_404(shown, name):
    for path, answer in shown.refused.items():
        assert answer.status == 404 and answer.headers["content-type"] == "application/problem+json", path
    assert set(shown.refused) == {VIDEO, AUDIO, TRANSPORT} - set(media_playlists(name))


def test_codecs_resolution_and_frame_rate_are_told(shown, name):
    expected = CLIPS[name]
    codecs = ",".join(filter(None, (expected.video, expected.audio)))
    for path in (MULTIVARIANT, "index.m3u8"):
        (variant,) = shown.said[path]["variants"]
        assert re.fullmatch(codecs, variant["codecs"]), variant
        resolution = variant.get("resolution") and tuple(variant["resolution"].values())
        assert resolution == expected.resolution
        assert variant.get("frame_rate") == expected.frame_rate
        assert len(variant["audio"]) == (1 if expected.video and expected.audio else 0)
    dash = shown.said[MANIFEST]
    tracks = dash["video"] + dash["audio"]
    assert len(tracks) == len([c for c in (expected.video, expected.audio) if c])
    if expected.video:
        (video,) = dash["video"]
        assert re.fullmatch(expected.video, video["codecs"])
        assert tuple(video["resolution"].values()) == expected.resolution
        assert video["frame_rate"] == pytest.approx(expected.frame_rate, abs=0.001)


def test_bandwidths_are_those_measured(shown, name):
    rates = {}
    for path in media_playlists(name):
        durations = [s["duration"] for s in shown.said[path]["segments"] if s["uri"]]
        sizes = [len(body) * 8 for body in shown.segments(path)]
        rates[path] = (max(s / d for s, d in zip(sizes, durations)), sum(sizes) / sum(durations))
    (variant,) = shown.said[MULTIVARIANT]["variants"]
    tracks = [rates[p] for p in (VIDEO, AUDIO) if p in rates]
    assert variant["bandwidth"] >= 0.999 * sum(peak for peak, _ in tracks)
    assert variant["average"] == pytest.approx(sum(average for _, average in tracks), rel=0.15)
    assert variant["average"] <= variant["bandwidth"]


def test_everything_listed_is_there_with_its_headers(shown):
    for url, answer in shown.answers.items():
        assert answer.status == 200, (url, answer)
        assert int(answer.headers["content-length"]) == len(answer.body)
        assert answer.headers["access-control-allow-origin"] == "*"
        ending = re.search(r"\.\w+$", url)[0]
        kind = TYPES.get(ending) or ("audio/mp4" if "/s/a/" in url else "video/mp4")
        assert answer.headers["content-type"].split(";")[0] == kind, url
        seconds = int(re.search(r"max-age=(\d+)", answer.headers["cache-control"])[1])
        assert seconds <= 2 if ending in (".m3u8", ".mpd") else seconds >= 3600, (url, answer.headers)


def test_everything_in_the_manifest_is_there(shown, name):
    said = shown.said[MANIFEST]
    for track in said["video"] + said["audio"]:
        assert len(track["segments"]) >= 3
        for segment in track["segments"]:
            assert shown.fetch(segment["uri"]).status == 200, segment
            assert shown.fetch(segment["map"]).status == 200, segment


@pytest.mark.parametrize("path", [VIDEO, AUDIO])
def test_the_parts_of_a_segment_are_the_segment(stage, name, path):
    if path not in media_playlists(name):
        pytest.skip("no such track")
    shown = stage.live[name]
    whole = [s for s in shown.said[path]["segments"] if s["uri"] and s["parts"]]
    assert len(whole) >= 1
    for segment in whole:
        bodies = [shown.fetch(shown.address(path, p["uri"])).body for p in segment["parts"]]
        assert b"".join(bodies) == shown.fetch(shown.address(path, segment["uri"])).body, segment
        assert sum(p["duration"] for p in segment["parts"]) == pytest.approx(segment["duration"], abs=0.002)
    assert len(parts_of(shown.texts[path])) > 5


def find(boxes, *path):
    """All boxes at the path."""
    for kind in path[:-1]:
        boxes = [child for box in boxes if box["type"] == kind for child in box["boxes"]]
    return [box for box in boxes if box["type"] == path[-1]]


def fragments(said):
    """(decode time, duration, samples) of each fragment of a segment."""
    assert "error" not in said and not said["incomplete"], said
    kinds = [box["type"] for box in said["boxes"]]
    assert set(kinds) <= {"styp", "prft", "moof", "mdat"} and kinds.count("moof") == kinds.count("mdat"), kinds
    for moof in find(said["boxes"], "moof"):
        (tfdt,), (trun,) = find([moof], "moof", "traf", "tfdt"), find([moof], "moof", "traf", "trun")
        (tfhd,) = find([moof], "moof", "traf", "tfhd")
        durations = [s.get("sample_duration", tfhd.get("default_sample_duration")) for s in trun["samples"]]
        yield tfdt["baseMediaDecodeTime"], sum(durations), len(durations)


@pytest.mark.parametrize("path", [VIDEO, AUDIO])
def test_decode_times_follow_each_other_over_all_segments(shown, name, path):
    if path not in media_playlists(name):
        pytest.skip("no such track")
    due = None
    for relative in segments_of(shown.texts[path]):
        for time, duration, _ in fragments(shown.said[shown.address(path, relative)]):
            assert due is None or time == due, (relative, time, due)
            due = time + duration


@pytest.mark.parametrize("path", [VIDEO, AUDIO])
def test_initialisation_segments_describe_one_track(shown, name, path):
    if path not in media_playlists(name):
        pytest.skip("no such track")
    (relative,) = {s["map"] for s in shown.said[path]["segments"] if s["uri"]}
    said = shown.said[shown.address(path, relative)]
    assert [box["type"] for box in said["boxes"]] == ["ftyp", "moov"] and not said["incomplete"], said
    (handler,) = find(said["boxes"], "moov", "trak", "mdia", "hdlr")
    assert handler["handler_type"] == ("vide" if path == VIDEO else "soun")
    assert len(find(said["boxes"], "moov", "mvex", "trex")) == 1


def test_mux_js_reads_the_transport_segments(shown, name):
    expected = CLIPS[name]
    if not expected.transport:
        pytest.skip("MPEG-TS does not carry it")
    last, pictures = None, 0
    for relative in segments_of(shown.texts[TRANSPORT]):
        said = shown.said[shown.address(TRANSPORT, relative)]
        assert bool(said["audio"]) == bool(expected.audio), said
        if not (expected.video or "").startswith("avc1"):
            continue  # what it does not know
        assert said["frame"], f"{relative} does not begin with a key frame"
        assert not said["warnings"], said
        pictures += said["pictures"]
        first, end = (said["video"][i]["dts"] for i in (0, -1))
        assert (last is None or first > last) and end >= first, (last, said)
        last = end
    if pictures:
        assert pictures == len(packets(shown.joined(TRANSPORT), "v"))


def packets(file, kind):
    """(dts, pts) in milliseconds of each packet, as ffprobe reads them."""
    argv = ["ffprobe", "-v", "error", "-select_streams", f"{kind}:0", "-show_entries", "packet=dts_time,pts_time",
            "-of", "csv=p=0", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30)
    assert not done.stderr, done.stderr
    # It writes `pts,dts`, and a comma more where a packet has side data.
    lines = [line.split(",") for line in done.stdout.split()]
    return [(1000 * float(dts), 1000 * float(pts)) for pts, dts, *_ in lines]


def composition(payload):
    """How much later than it is decoded a picture is shown, in milliseconds."""
    if payload[0] & 0x80:
        timed = payload[0] & 0x0F == 1 and payload[1:5] == b"hvc1"
        return struct.unpack(">i", payload[5:8] + b"\0")[0] >> 8 if timed else 0
    return struct.unpack(">i", payload[2:5] + b"\0")[0] >> 8


def published(sent, kind):
    """(dts, pts) in milliseconds of each frame that was sent."""
    frames = [m for m in sent if m.type == kind and flv.Tag(kind, 0, m.payload, 0).is_frame]
    return [(m.timestamp, m.timestamp + (composition(m.payload) if kind == flv.VIDEO else 0)) for m in frames]


def expect_times(got, wanted, tolerance_ms):
    """Those of the last frames that were sent, relative to the first of them; no player decodes after it shows."""
    assert len(got) > 50
    wanted = wanted[-len(got):]
    off = got[0][1] - wanted[0][1]
    for (dts, pts), (_, told) in zip(got, wanted):
        assert dts <= pts, (dts, pts)
        assert pts - off == pytest.approx(told, abs=tolerance_ms), (pts, told, off)


@pytest.mark.parametrize("path", [VIDEO, TRANSPORT])
def test_pictures_have_the_times_at_which_they_were_published(stage, name, path):
    if not CLIPS[name].video or path not in media_playlists(name):
        pytest.skip("no such track")
    got = packets(stage.ended[name].joined(path), "v")
    expect_times(got, published(stage.sent[name], flv.VIDEO), 2)


@pytest.mark.parametrize("path", [AUDIO, TRANSPORT])
def test_sound_has_the_times_at_which_it_was_published(stage, name, path):
    if not CLIPS[name].audio or path not in media_playlists(name):
        pytest.skip("no such track")
    got = packets(stage.ended[name].joined(path), "a")
    expect_times(got, published(stage.sent[name], flv.AUDIO), 2)


def decoded(url, *options):
    """Frames of each stream that ffmpeg decodes; it may not say a word. All of them are counted: where it guesses the frame
    rate a little wrong, it would leave one out for its output's clock."""
    argv = ["ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-err_detect", "explode", *options, "-i", url,
            "-map", "0", "-fps_mode", "passthrough", "-f", "framecrc", "-"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, (url, done.stderr[-3000:])
    streams = re.findall(r"^(\d+),", done.stdout, re.M)
    return {int(number): streams.count(number) for number in set(streams)}


@pytest.mark.parametrize("path", [MULTIVARIANT, TRANSPORT, MANIFEST])
def test_ffmpeg_decodes_all_of_it_without_a_warning(stage, name, path):
    shown = stage.ended[name]
    if path not in shown.texts:
        pytest.skip("MPEG-TS does not carry it")
    frames = decoded(shown.channel.url(path))
    kinds = [kind for kind, there in (("v", CLIPS[name].video), ("a", CLIPS[name].audio)) if there]
    assert len(frames) == len(kinds)
    if CLIPS[name].video:
        listed = len(packets(shown.joined(TRANSPORT if path == TRANSPORT else VIDEO), "v"))
        assert max(frames.values()) >= listed > 0


def test_numbers_begin_with_the_seconds_since_2025(stage, name):
    for path in media_playlists(name):
        assert stage.began <= stage.live[name].said[path]["sequence"] <= stage.began + 60


def test_ends_are_told(stage, name):
    for path in media_playlists(name):
        assert stage.ended[name].said[path]["ended"]
        assert not stage.live[name].said[path]["ended"]
    assert 'type="static"' in stage.ended[name].texts[MANIFEST]
    assert 'type="dynamic"' in stage.live[name].texts[MANIFEST]
    assert stage.ended[name].said[MANIFEST]["duration"] > 8


def test_a_long_gop_is_cut_without_claiming_independence(stage):
    shown = stage.live["avc_long_gop"]
    assert not shown.said[VIDEO]["independent"] and not shown.said[MULTIVARIANT]["independent"]
    assert all(s["duration"] <= 2.5 for s in shown.said[VIDEO]["segments"] if s["uri"])
    assert shown.said[TRANSPORT]["target"] == 10


@pytest.mark.parametrize("path", [MULTIVARIANT, TRANSPORT, MANIFEST])
def test_ffmpeg_plays_a_live_stream_without_a_warning(make_nginx, path):
    server = make_nginx(**packaged.parts())
    with Publisher(server.rtmp, "demo", Endless("avc", 25)):
        channel = Channel(server, "demo")
        channel.wait_segments(TRANSPORT, 3)
        frames = decoded(channel.url(path), "-t", "4")
        assert max(frames.values()) >= 100


def test_the_clips_are_as_they_are_described():
    """What is expected above is what ffprobe says of the files."""
    for name, expected in CLIPS.items():
        if expected.resolution is None:
            continue
        argv = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height,r_frame_rate",
                "-of", "csv=p=0", str(clip_path(name))]
        width, height, rate = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip().split(",")
        frames, seconds = map(int, rate.split("/"))
        assert (int(width), int(height)) == expected.resolution
        assert frames / seconds == pytest.approx(expected.frame_rate, abs=0.001)
