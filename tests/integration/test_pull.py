"""Channels that are fetched from other servers, by every protocol that sources speak."""

import contextlib
import subprocess
import sys

import pytest
from sluicetest import processes
from sluicetest.clips import clip_path
from sluicetest.endless import Endless
from sluicetest.hooked import QUICK
from sluicetest.packaged import Channel
from sluicetest.publisher import Publisher
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import free_port, wait_for


@pytest.fixture(scope="module")
def source(own_system):
    """A channel of the product itself, which other channels pull."""
    channel = own_system.api.channel(packaging=QUICK)
    with Publisher(own_system.rtmp, channel.name(), Endless("avc_quick", 25)):
        demo = Channel(own_system, channel.id)
        demo.wait_segments("live.m3u8", 3)
        yield {"flv": own_system.flv(channel.id), "hls": demo.url("live.m3u8"), "cmaf": demo.url("master.m3u8"),
               "rtmp": f"{own_system.rtmp_url}/{channel.id}"}


@contextlib.contextmanager
def pulled(product, url, **more):
    channel = product.api.channel(packaging=QUICK, ingest={"pull": {"url": url, **more}})
    try:
        yield channel
    finally:
        channel.delete()


def assert_seen(product, channel, video="h264", audio="aac"):
    product.control.wait_state(channel.id, "live", 30)
    with HttpFlv(product.flv(channel.id)) as viewer:
        viewer.read_tags(60, timeout=20)
        times = [tag.timestamp for tag in viewer.tags]
        assert times == sorted(times)
    status = channel.status()
    assert (status["video"]["codec"], status["audio"]["codec"]) == (video, audio)
    assert status["publisher"]["protocol"] == "pull"
    (hook,) = [h for h in status["hooks"] if h["name"] == "pull"]
    assert hook["state"] == "running"
    return hook


@pytest.mark.parametrize("protocol", ["flv", "hls", "cmaf", "rtmp"])
def test_a_stream_of_another_server_is_pulled(own_system, source, protocol):
    with pulled(own_system, source[protocol]) as channel:
        assert_seen(own_system, channel)


def srt_sender(url):
    """Waits for whoever fetches, and ends with him."""
    return subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(clip_path("avc_quick")), "-c", "copy",
                             "-f", "mpegts", f"{url}?mode=listener"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_source_of_srt_is_pulled_and_comes_back_after_a_break(own_system):
    url = f"srt://127.0.0.1:{free_port()}"
    first = srt_sender(url)
    second = None
    try:
        with pulled(own_system, url) as channel:
            assert_seen(own_system, channel)
            processes.stop(first)
            wait_for(lambda: own_system.control.state(channel.id) != "live", 30, "the stream to wait")
            second = srt_sender(url)
            assert_seen(own_system, channel)
    finally:
        for process in filter(None, (first, second)):
            processes.stop(process)


RTSP = """
import sys, gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f"( filesrc location={sys.argv[2]} ! qtdemux name=d d.video_0 ! queue ! h264parse config-interval=-1 "
                   "! rtph264pay name=pay0 pt=96 d.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )")
factory.set_shared(True)
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
"""


@pytest.mark.long
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_camera_of_rtsp_is_pulled(own_system, transport):
    port = free_port()
    camera = subprocess.Popen([sys.executable, "-c", RTSP, str(port), str(clip_path("avc_minute"))], stdout=subprocess.PIPE, text=True)
    try:
        assert camera.stdout.readline() == "ready\n"
        with pulled(own_system, f"rtsp://127.0.0.1:{port}/cam", transport=transport) as channel:
            assert_seen(own_system, channel)
    finally:
        processes.stop(camera)


def test_a_source_that_is_not_there_is_said_and_tried_again(own_system):
    with pulled(own_system, f"rtmp://user:s3cret@127.0.0.1:{free_port()}/live/k3y") as channel:
        def ended():
            hooks = channel.status()["hooks"]
            return hooks and hooks[0]["failures"] >= 1 and hooks[0]
        hook = wait_for(ended, 30, "the end of the first try")
        assert hook["state"] == "waiting" and "refused" in hook["last_line"]
        assert "s3cret" not in str(hook) and "k3y" not in str(hook)
        wait_for(lambda: (h := channel.status()["hooks"]) and h[0]["starts"] >= 3, 30, "more tries")
    wait_for(lambda: not own_system.control.hooks(channel.id), 10, "the end of a deleted channel")


def test_a_disabled_channel_ends_its_process_by_sigterm_at_once(own_system):
    url = f"srt://127.0.0.1:{free_port()}"
    source = srt_sender(url)
    try:
        with pulled(own_system, url) as channel:
            pid = assert_seen(own_system, channel)["pid"]
            channel.patch(enabled=False)
            # One that takes the end of its input for its end gets five seconds, and SIGKILL is three more away.
            wait_for(lambda: not processes.alive(pid), 2, "its end")
            # Killed, it takes no leave of the source: that waits for it for five seconds.
            wait_for(lambda: source.poll() is not None, 3, "its leave to arrive")
            wait_for(lambda: not own_system.control.hooks(channel.id), 5, "nothing to be left")
    finally:
        processes.stop(source)
