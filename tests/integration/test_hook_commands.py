"""What the commands of hooks really make of a stream: FFmpeg run by hand, ffprobe as the judge."""

import subprocess

import pytest
from sluicetest import hook, mp4
from sluicetest.waiting import wait_for

TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
H264 = ["-c:v", "libx264", "-bf", "3", "-g", "50", "-preset", "veryfast"]
H265 = ["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=error:keyint=50:bframes=2"]
#: As RTMP brings it: milliseconds, so that no two frames are equally far apart.
TREMBLING = ["-vf", r"settb=1/1000,setpts=floor(N*33.333333+mod(N*7\,3))", "-fps_mode", "passthrough",
             "-enc_time_base", "1:1000"]
VARIABLE = ["-vf", r"select=gt(random(1)\,0.3)", "-fps_mode", "passthrough", "-enc_time_base", "1:90000"]


def picture(rate="25", size="1280x720"):
    return ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}"]


SOURCES = {
    "25 frames a second": [*picture(), *TONE, *H264],
    "29.97 frames a second": [*picture("30000/1001"), *TONE, *H264],
    "50 frames a second": [*picture("50"), *TONE, *H264],
    "times in milliseconds": [*picture("30"), *TONE, *TREMBLING, *H264],
    "a variable rate": [*picture("30"), *TONE, *VARIABLE, *H264],
    "H.265": [*picture(), *TONE, *H265],
    "no audio": [*picture(), *H264],
}
#: Where the size doesn't matter.
SMALL = [*picture(size="320x180"), *TONE]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Makes a source of SOURCES once."""
    folder = tmp_path_factory.mktemp("sources")
    made = {}

    def get(name, *args):
        if name not in made:
            args = args or SOURCES[name]
            made[name] = hook.write_fragmented(folder / f"{len(made)}.mp4", *args, "-t", "4", "-c:a", "aac")
        return made[name]

    return get


def run(channel, name, source, folder):
    done = hook.run(hook.hooks_of(channel, folder)[name], source, folder)
    assert done.status == 0, done.log
    return done


def ladder(**settings):
    return {"transcode": {"enabled": True, "renditions": ["ld", "sd"], **settings}}


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("name", SOURCES)
def test_every_frame_comes_back_at_its_own_time_to_the_tick(tmp_path, source, name, codec):
    done = run(ladder(codec=codec), "transcode", source(name), tmp_path)

    for output in done.outputs.values():
        for kind in "va":
            assert hook.packets(output, kind) == hook.packets(source(name), kind)
    assert "progress=end" in done.progress
    assert done.log == "" or "warning" not in done.log


def test_renditions_have_their_size_codec_and_rate_and_keep_the_shape(tmp_path, source):
    custom = [{"name": "small", "width": 300, "height": 300, "bitrate_kbps": 200, "codec": "h265", "fps": 10,
               "audio": {"codec": "aac", "bitrate_kbps": 64}}]

    done = run(ladder(custom=custom), "transcode", source("25 frames a second"), tmp_path)

    found = {name: hook.track(path, "v") for name, path in done.outputs.items()}
    sizes = {name: (v["codec_name"], v["width"], v["height"]) for name, v in found.items()}
    assert sizes == {"ld": ("h264", 640, 360), "sd": ("h264", 852, 480), "small": ("hevc", 300, 168)}
    assert found["small"]["codec_tag_string"] == "hvc1"
    assert hook.track(done.outputs["small"], "a")["codec_name"] == "aac"
    bytes_of = {name: path.stat().st_size for name, path in done.outputs.items()}
    assert 0.6 * 400_000 / 8 * 4 < bytes_of["ld"] < 1.6 * 400_000 / 8 * 4


def test_fewer_frames_a_second_keep_their_times_and_the_key_frames(tmp_path, source):
    custom = [{"name": "slow", "width": 320, "height": 180, "fps": 10}]

    done = run(ladder(renditions=[], custom=custom), "transcode", source("25 frames a second"), tmp_path)

    before = hook.packets(source("25 frames a second"), "v")
    after = hook.packets(done.outputs["slow"], "v")
    assert set(after) <= set(before)
    assert [p for p in after if p[1]] == [p for p in before if p[1]]
    assert 38 <= len(after) <= 44


def test_more_key_frames_where_a_group_is_bounded(tmp_path, source):
    custom = [{"name": "dense", "width": 320, "height": 180, "fps": 25, "gop_s": 1}]

    done = run(ladder(renditions=[], custom=custom), "transcode", source("25 frames a second"), tmp_path)

    keys = [p[0] for p in hook.packets(done.outputs["dense"], "v") if p[1]]
    wanted = {p[0] for p in hook.packets(source("25 frames a second"), "v") if p[1]}
    assert wanted < set(keys)
    assert max(b - a for a, b in zip(keys, keys[1:])) <= 90000


def test_a_stream_without_video_gives_its_audio_back_and_ends(tmp_path, source):
    sound = source("no video", *TONE)

    done = run(ladder(), "transcode", sound, tmp_path)

    assert hook.packets(done.outputs["ld"], "a") == hook.packets(sound, "a")


def test_damaged_frames_do_not_end_a_hook(tmp_path, source):
    whole = bytearray(source("25 frames a second").read_bytes())
    at = len(whole) // 2
    mdat = whole.index(b"mdat", at)
    whole[mdat + 60 : mdat + 90] = b"\xff" * 30
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(whole)

    done = run(ladder(), "transcode", damaged, tmp_path)

    last = hook.packets(source("25 frames a second"), "v")[-1]
    assert hook.packets(done.outputs["ld"], "v")[-1] == last


def test_the_first_key_frame_is_a_snapshot_at_once(tmp_path, source):
    wanted = hook.hooks_of({"record": {"snapshot": {"enabled": True, "interval_s": 30}}}, tmp_path)["snapshot"]
    assert wanted["frames"] == "key"
    whole = source("no B-frames", *picture(), "-c:v", "libx264", "-bf", "0", "-g", "50").read_bytes()
    first = next(end for kind, _, end in mp4.boxes(whole) if kind == "mdat")
    folder = tmp_path / "live/channel"
    folder.mkdir(parents=True)
    # The next one may come after ten seconds: its input stays open.
    with subprocess.Popen(wanted["argv"], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(whole[:first])
        process.stdin.flush()
        wait_for(lambda: (folder / "snapshot.jpg").exists() or process.poll() is not None, 20, "the picture")
        assert process.poll() is None and (folder / "snapshot.jpg").exists()
        process.stdin.close()


@pytest.mark.parametrize("interval", [1, 30])
def test_a_snapshot_is_a_whole_picture_of_the_stream(tmp_path, source, interval):
    channel = {"record": {"snapshot": {"enabled": True, "interval_s": interval}}}
    (tmp_path / "live/channel").mkdir(parents=True)

    run(channel, "snapshot", source("25 frames a second"), tmp_path)

    shot = hook.track(tmp_path / "live/channel/snapshot.jpg", "v")
    assert (shot["codec_name"], shot["width"], shot["height"]) == ("mjpeg", 1280, 720)
    assert [p.name for p in (tmp_path / "live/channel").iterdir()] == ["snapshot.jpg"]


@pytest.mark.parametrize(("name", "coded", "relay"), [("small", H264, {}), ("small H.265", H265, {"hevc": "transcode"})])
def test_a_relay_brings_the_whole_stream_to_another_server(tmp_path, source, make_nginx, name, coded, relay):
    # A client that closes while something is there for it to read takes back what it sent: the server keeps its acknowledgements.
    peer = make_nginx(rtmp_server="ack_window 100000000;",
                      applications=f"application live {{ live on; record all; record_path {tmp_path}; }}")
    url = f"rtmp://127.0.0.1:{peer.rtmp}/live/key"
    pushed = source(name, *SMALL, *coded)

    run({"relays": [{"url": url, **relay}]}, "relay-1", pushed, tmp_path)

    seen = tmp_path / "key.flv"
    count = {kind: len(hook.packets(pushed, kind)) for kind in "va"}
    wait_for(lambda: {kind: len(hook.packets(seen, kind)) for kind in "va"} == count, 10, f"{count} frames")
    assert (hook.track(seen, "v")["codec_name"], hook.track(seen, "a")["codec_name"]) == ("h264", "aac")


def test_a_relay_of_h265_ends_with_a_clear_reason(tmp_path, source):
    hooks = hook.hooks_of({"relays": [{"url": "rtmp://127.0.0.1:9/live/key"}]}, tmp_path)
    hooks["relay-1"]["argv"][-1] = str(tmp_path / "never.flv")

    done = hook.run(hooks["relay-1"], source("small H.265", *SMALL, *H265), tmp_path)

    assert done.status != 0
    assert "codec hevc" in done.log
