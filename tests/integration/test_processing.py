"""What FFmpeg makes of a channel, in the whole product: renditions, watermarks, snapshots, motion and pulls."""

import contextlib
import os
import re
import signal
import subprocess
import time
from urllib.parse import urlsplit

import pytest
from sluicetest import processes
from sluicetest.api import Api
from sluicetest.endless import Endless
from sluicetest.hooked import QUICK, hook, on_air, plays, wait_hook
from sluicetest.journal import Journal
from sluicetest.packaged import Channel
from sluicetest.publisher import Ffmpeg, Publisher
from sluicetest.viewer import Ended, HttpFlv, RtmpViewer
from sluicetest.waiting import wait_for

SIZES = {"name": "small", "width": 160, "height": 90, "bitrate_kbps": 150}
MARK = {"text": {"enabled": True, "content": "MARK", "font_size": 60, "left": 0, "top": 0}}


@pytest.fixture(scope="module")
def product(own_system):
    return own_system


def picture(url, at=1.0, size=(320, 180)):
    """A frame as the luma of its pixels, decoded after so many seconds of the stream."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", url, "-ss", str(at), "-frames:v", "1", "-vf",
                           f"scale={size[0]}:{size[1]}", "-pix_fmt", "gray", "-f", "rawvideo", "-"],
                          capture_output=True, timeout=60)
    assert done.returncode == 0 and len(done.stdout) == size[0] * size[1], (url, done.stderr[-500:])
    return [done.stdout[y * size[0]:(y + 1) * size[0]] for y in range(size[1])]


def is_marked(frame):
    """Whether white letters lie on the flat gray, in its upper left corner and nowhere else."""
    corner = [max(row[:200]) for row in frame[:70]]
    rest = [max(row) for row in frame[110:]]
    assert max(rest) < 160, "the rest is as it was"
    return max(corner) > 200


def outputs_of(product, channel, demo):
    """Every address at which the channel's picture is seen."""
    play = channel.urls()["play"]
    return {"flv": play["flv"], "rtmp": f"{product.rtmp_url}/{channel.id}", "hls": demo.url("live.m3u8"),
            "cmaf": demo.url("master.m3u8"), "rendition flv": demo.url("small/live.flv"),
            "rendition": demo.url("small/index.m3u8"), "abr": demo.url("index.m3u8")}


def wait_playable(demo, path):
    return demo.wait_text(path, lambda text: "#EXTINF" in text or "#EXT-X-STREAM-INF" in text, 30)


def test_the_ladder_is_there_and_what_is_larger_than_the_input_is_not(product):
    ladder = {"enabled": True, "renditions": ["ld", "hd"], "custom": [SIZES]}
    with on_air(product, "avc_other", transcode=ladder) as (channel, demo):
        # Players ask for it once: the first answer is whole.
        text = wait_for(lambda: (found := demo.get("index.m3u8")).status == 200 and found.text, 40, "the ladder")
        assert text.count("#EXT-X-STREAM-INF") == 2
        assert "RESOLUTION=160x90" in text and "RESOLUTION=640x360" in text
        refused = demo.get("hd/index.m3u8")
        assert refused.status == 404 and "larger than the input" in refused.text
        assert demo.get("nothing/index.m3u8").status == 404
        # The ready-made ones may be called by their heights.
        assert demo.text("360p/index.m3u8") and plays(demo.url("360p/live.flv"))
        with RtmpViewer("127.0.0.1", product.rtmp, f"{channel.id}/360p") as viewer:
            viewer.read_tags(20)
        assert "larger than the input" in demo.get("720p/index.m3u8").text
        assert demo.get("raw/index.m3u8").status == 404
        assert hook(channel, "transcode")["outputs"] == 2
        assert {r["name"] for r in channel.status()["renditions"]} == {"ld", "small"}
        # With upscale it is made: only this process begins anew.
        channel.patch(transcode={"upscale": True})
        demo.wait_text("index.m3u8", lambda t: "RESOLUTION=1280x720" in t, 40)


def test_the_viewers_of_a_signed_channel_sign_for_its_renditions_too(product):
    ladder = {"enabled": True, "custom": [SIZES]}
    with on_air(product, "avc_quick", transcode=ladder, playback={"auth": "signed"}) as (channel, demo):
        token = urlsplit(channel.urls()["play"]["abr"]).query
        text = demo.wait_text(f"index.m3u8?{token}", lambda t: "s/small-v/index.m3u8" in t, 40)
        (variant,) = re.findall(r"^(s/small-v/\S+)$", text, re.M)
        assert token in variant and token in re.search(r'URI="(s/a/[^"]+)"', text)[1]
        media = demo.text(variant)
        segment = re.findall(r"^[^#\s]+\.m4s\S*$", media, re.M)[-1]
        report = re.search(r'RENDITION-REPORT:URI="([^"]+)"', media)[1]
        for path in (f"s/small-v/{segment}", f"s/small-v/{report}", f"small/index.m3u8?{token}", f"small/live.m3u8?{token}"):
            assert demo.get(path).status == 200, path
            assert demo.get(path.split("?")[0]).status == 403, path
        assert demo.get("small/live.flv").status == 403
        with HttpFlv(demo.url(f"small/live.flv?{token}")) as viewer:
            viewer.read_tags(5)
            # Who watches a rendition is ended by his channel's rules.
            channel.patch(outputs={"flv": False})
            with pytest.raises(Ended):
                viewer.read_for(10)


def test_h265_renditions_are_made_of_either_codec(product):
    rendition = {"enabled": True, "codec": "h265", "custom": [SIZES]}
    for source in ("avc_quick", "hevc"):
        with on_air(product, source, transcode=rendition) as (_, demo):
            demo.wait_text("index.m3u8", lambda t: "s/small-v/index.m3u8" in t and 'CODECS="hvc1' in t, 40)
            done = subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", demo.url("index.m3u8"), "-t", "2", "-f", "null", "-"],
                                  capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            seen = subprocess.run(["mpv", "--no-config", "--vo=null", "--ao=null", "--untimed", "--length=3", "--msg-level=all=info",
                                   demo.url("index.m3u8")], capture_output=True, text=True, timeout=60)
            assert seen.returncode == 0 and "hevc" in seen.stdout and "AO:" in seen.stdout, seen.stdout[-1500:]


def test_a_watermark_is_seen_on_every_output_and_the_input_on_none(product):
    ladder = {"enabled": True, "custom": [SIZES]}
    snapshot = {"snapshot": {"enabled": True, "interval_s": 1}}
    with on_air(product, watermark=MARK, transcode=ladder, record=snapshot) as (channel, demo):
        for path in ("live.m3u8", "s/v/index.m3u8", "small/live.m3u8", "index.m3u8"):
            wait_playable(demo, path)
        for name, url in outputs_of(product, channel, demo).items():
            assert is_marked(picture(url)), name
        image = wait_for(lambda: (a := demo.get("snapshot.jpg")).status == 200 and a.body, 20, "a snapshot")
        file = product.dir / "seen.jpg"
        file.write_bytes(image)
        assert is_marked(picture(str(file), at=0))
        assert demo.get("raw/live.flv").status == 404
        assert demo.get("s/raw-v/index.m3u8").status == 404
        refused = subprocess.run(["ffprobe", "-v", "error", "-rw_timeout", "3000000", f"{product.rtmp_url}/{channel.id}/raw"],
                                 capture_output=True, timeout=20)
        assert refused.returncode != 0


def test_a_mark_comes_and_goes_while_viewers_stay(product):
    with on_air(product) as (channel, demo):
        with HttpFlv(product.flv(channel.id)) as viewer:
            viewer.read_tags(30)
            assert not is_marked(picture(product.flv(channel.id)))
            channel.patch(watermark=MARK)
            wait_hook(channel, "mark")
            wait_for(lambda: is_marked(picture(product.flv(channel.id), at=0.2)), 20, "the mark")
            viewer.read_tags(30)
            channel.patch(watermark={"text": {"enabled": False}})
            wait_for(lambda: not is_marked(picture(product.flv(channel.id), at=0.2)), 20, "the mark to be gone")
            viewer.read_tags(60)
            times = [tag.timestamp for tag in viewer.tags if tag.type == 9]
            assert times == sorted(times), "no time falls"


@pytest.mark.parametrize("on_failure", ["hold", "show"])
def test_without_the_marking_process_the_programme_holds_or_shows_the_input(product, on_failure):
    mark = MARK | {"on_failure": on_failure}
    with on_air(product, watermark=mark, transcode={"enabled": True, "custom": [SIZES]}) as (channel, demo):
        wait_hook(channel, "mark")
        other = wait_hook(channel, "transcode")
        with HttpFlv(product.flv(channel.id)) as viewer:
            viewer.read_tags(40)
            # As often as it starts again, so that it stays down.
            deadline = 6
            seen = len(viewer.tags)
            for _ in range(deadline):
                if pid := hook(channel, "mark").get("pid"):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(TimeoutError):
                    viewer.read_tags(len(viewer.tags) + 200, timeout=1)
            arrived = [tag for tag in viewer.tags[seen:] if tag.type == 9]
            if on_failure == "show":
                assert len(arrived) > 50
            wait_hook(channel, "mark", timeout=40)
            viewer.read_tags(len(viewer.tags) + 60, timeout=40)
        after = hook(channel, "transcode")
        assert (after["pid"], after["starts"]) == (other["pid"], other["starts"]), "nothing else was started again"


def test_the_snapshot_is_never_older_than_two_intervals(product):
    with on_air(product, "avc_quick", record={"snapshot": {"enabled": True, "interval_s": 1}}) as (channel, demo):
        wait_for(lambda: demo.get("snapshot.jpg").status == 200, 20, "a snapshot")
        file = product.dir / "live" / channel.id / "snapshot.jpg"
        seen = set()

        def fresh():
            status = file.stat()
            seen.add(status.st_mtime_ns)
            age = time.time() - status.st_mtime
            assert age < 2.5, age
            assert file.read_bytes()[-2:] == b"\xff\xd9", "whole"
            return len(seen) >= 6
        wait_for(fresh, 20, "six pictures")


def test_the_snapshots_go_on_when_their_process_was_killed(product):
    with on_air(product, "avc_quick", record={"snapshot": {"enabled": True, "interval_s": 1}}) as (channel, demo):
        wait_for(lambda: demo.get("snapshot.jpg").status == 200, 20, "a snapshot")
        os.kill(wait_hook(channel, "snapshot")["pid"], signal.SIGKILL)
        file, killed = product.dir / "live" / channel.id / "snapshot.jpg", time.time()
        wait_for(lambda: file.stat().st_mtime > killed + 1, 20, "a new picture")
        assert wait_hook(channel, "snapshot")["starts"] == 2


def test_sound_alone_is_heard_though_its_picture_was_to_be_processed(product):
    wanted = {"watermark": MARK, "record": {"snapshot": {"enabled": True}}, "transcode": {"enabled": True, "custom": [SIZES]}}
    with on_air(product, "audio_only", **wanted) as (channel, demo):
        with HttpFlv(channel.urls()["play"]["flv"]) as viewer:
            viewer.read_tags(100)
        wait_playable(demo, "live.m3u8")
        for name in ("snapshot", "transcode"):
            assert wait_hook(channel, name, "waiting")["reason"] == "no_picture"


def test_a_rendition_of_an_earlier_larger_picture_goes(product):
    channel = product.api.channel(packaging=QUICK, transcode={"enabled": True, "renditions": ["ld"]})
    demo = Channel(product, channel.id)
    try:
        with Publisher(product.rtmp, channel.name(), Endless("avc_other", 25)):
            wait_playable(demo, "ld/index.m3u8")
        with Publisher(product.rtmp, channel.name(), Endless("avc_light", 25)):
            answer = wait_for(lambda: (a := demo.get("ld/index.m3u8")).status == 404 and a.text, 15, "the rendition to go")
            assert "larger than the input" in answer
    finally:
        channel.delete()


def test_a_pulled_channel_is_on_air_without_an_encoder_and_comes_back(product, make_nginx):
    source = make_nginx(applications="application peer { live on; }")
    url = f"rtmp://127.0.0.1:{source.rtmp}/peer/cam"
    with Ffmpeg(url, "avc_quick"):
        channel = product.api.channel(packaging=QUICK, ingest={"pull": {"url": url}})
        try:
            demo = Channel(product, channel.id)
            product.control.wait_state(channel.id, "live", 30)
            assert channel.status()["publisher"]["protocol"] == "pull"
            wait_playable(demo, "index.m3u8")
            with HttpFlv(product.flv(channel.id)) as viewer:
                viewer.read_tags(40)
                pid = hook(channel, "pull")["pid"]
                os.kill(pid, signal.SIGKILL)
                wait_for(lambda: hook(channel, "pull").get("pid") not in (None, pid), 20, "another process")
                viewer.read_tags(80, timeout=20)
                # The worker that pulls dies: another one takes over.
                worker = product.control.json(f"/-/hooks?id={channel.id}")["hooks"][0]["worker_pid"]
                product.expected.append("exited on signal 9")
                processes.signal_to(worker, signal.SIGKILL)
                # By the socket: the API's connection may have been that worker's.
                wait_for(lambda: not processes.alive(worker), 5, "its end")
                product.control.wait_hook(channel.id, "pull", "running", 30)
                product.control.wait_state(channel.id, "live", 30)
            product.api = Api(product.url, product.token)
            channel.api = product.api
            channel.patch(enabled=False)
            wait_for(lambda: not channel.status()["hooks"], 10, "the end of a disabled channel")
        finally:
            channel.delete()


NASTY = "a'b\"c:d%{localtime}\\n $(id) `id` ;|&>[x],=é 中文 🎉\nsecond line"


def test_nasty_texts_and_names_have_no_effect_but_the_literal_text(product):
    mark = {"text": {"enabled": True, "content": NASTY, "font_size": 20, "left": 0, "top": 0}}
    with on_air(product, watermark=mark, name=NASTY.replace("\n", " "), description=NASTY) as (channel, _):
        wait_hook(channel, "mark")
        plays(product.flv(channel.id))
        assert hook(channel, "mark")["failures"] == 0


def test_what_moves_is_kept_and_told_in_the_whole_product(product):
    motion = {"motion": {"enabled": True, "area_percent": 2, "interval_s": 1, "max_s": 5}}
    journal = Journal(product.api)
    with on_air(product, "moving", record=motion) as (channel, _):
        told = wait_for(lambda: [e for e in journal.read() if e["type"] == "motion.clip" and e["channel"] == channel.id], 60, "a clip")
        clip = product.dir / "motion" / channel.id / told[0]["data"]["file"]
        assert plays(clip, seconds=1)
        assert clip.with_suffix(".jpg").exists()


def test_processes_go_on_while_the_control_plane_is_killed(product):
    settings = {"watermark": MARK, "transcode": {"enabled": True, "custom": [SIZES]}, "record": {"snapshot": {"enabled": True, "interval_s": 1}}}
    with on_air(product, "avc_quick", **settings) as (channel, demo):
        for name in ("mark", "transcode", "snapshot"):
            wait_hook(channel, name)
        before = {name: (h["pid"], h["starts"]) for name, h in product.control.hooks(channel.id).items()}
        product.expected.append("control")
        killed = product.controlplane()
        processes.signal_to(killed, signal.SIGKILL)
        with HttpFlv(product.flv(channel.id)) as viewer:
            viewer.read_tags(60)
        wait_for(lambda: product.controlplane() not in (None, killed), 15, "another control plane")
        wait_for(lambda: demo.get("small/index.m3u8").status == 200, 5, "the rendition")
        # What it writes anew says the same: nothing is started again.
        wait_for(lambda: product.api.get("/health").status_code == 200, 15, "the API")
        channel.patch(description="something that no process depends on")
        viewer = HttpFlv(product.flv(channel.id))
        viewer.read_for(2)
        viewer.close()
        after = {name: (h["pid"], h["starts"]) for name, h in product.control.hooks(channel.id).items()}
        assert after == before
