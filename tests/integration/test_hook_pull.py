"""Streams that are fetched: the command of `ingest.pull` against real sources."""

import functools
import itertools
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sluicetest import hook
from sluicetest.waiting import free_port

SOURCE = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine"]
CODED = ["-c:v", "libx264", "-g", "25", "-bf", "2", "-c:a", "aac"]
CLIP = [*SOURCE, "-t", "3", *CODED]
FRAME = 90_000 // 25


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def site(tmp_path):
    """A web server for a folder: (folder, address)."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def make(*args):
    subprocess.run(["ffmpeg", "-v", "error", *CLIP, *map(str, args)], check=True, timeout=30)


def pull(url, folder, **settings):
    made = hook.hooks_of({"ingest": {"pull": {"url": url, **settings}}}, folder)["pull"]
    nothing = folder / "nothing"
    nothing.write_bytes(b"")
    return hook.run(made, nothing, folder)


def expect_whole(done, audio="aac"):
    out = done.outputs[""]
    assert (hook.track(out, "v")["codec_name"], hook.track(out, "a")["codec_name"]) == ("h264", audio)
    assert len(hook.packets(out, "v")) == 75, done.log
    assert len(hook.packets(out, "a")) > 120
    assert hook.packets(out, "v")[0][1]


def test_http_flv(tmp_path, site):
    folder, address = site
    make(folder / "live.flv")
    expect_whole(pull(f"{address}/live.flv", tmp_path))


def test_hls_with_mpegts(tmp_path, site):
    folder, address = site
    make("-f", "hls", "-hls_time", "1", "-hls_list_size", "0", folder / "live.m3u8")
    expect_whole(pull(f"{address}/live.m3u8?token=1", tmp_path))


def test_srt(tmp_path):
    port = free_port()
    source = subprocess.Popen(["ffmpeg", "-v", "error", "-re", *SOURCE, "-t", "6", *CODED, "-f", "mpegts",
                               f"srt://127.0.0.1:{port}?mode=listener"])
    try:
        done = pull(f"srt://127.0.0.1:{port}", tmp_path)
    finally:
        source.kill()
        source.wait()
    out = done.outputs[""]
    pictures = hook.packets(out, "v")
    # A sender that closes SRT drops what it has not sent yet, so the end is missing, and nothing else.
    assert len(pictures) > 75, done.log
    assert pictures[0][1]
    assert {b[0] - a[0] for a, b in itertools.pairwise(pictures[:75])} == {FRAME}
    assert hook.track(out, "a")["codec_name"] == "aac"


@pytest.mark.parametrize("inside", ["file://{secret}", "{secret}", "concat:{secret}", "data:text/plain,x"])
def test_a_playlist_reads_no_file_of_this_machine(tmp_path, site, inside):
    folder, address = site
    secret = tmp_path / "secret.ts"
    make("-f", "mpegts", secret)
    entry = inside.format(secret=secret)
    (folder / "live.m3u8").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{entry}\n#EXT-X-ENDLIST\n")

    done = pull(f"{address}/live.m3u8", tmp_path)

    assert done.status != 0
    assert done.outputs[""].stat().st_size == 0


def test_audio_that_nobody_carries_is_coded_anew_where_asked(tmp_path, site):
    folder, address = site
    make("-c:a", "pcm_s16le", "-f", "matroska", folder / "camera.mkv")

    expect_whole(pull(f"{address}/camera.mkv", tmp_path, audio="aac"))


def test_a_source_that_is_not_there_ends_with_its_reason(tmp_path):
    done = pull(f"rtmp://127.0.0.1:{free_port()}/live/a", tmp_path)

    assert done.status != 0
    assert "Connection refused" in done.log
