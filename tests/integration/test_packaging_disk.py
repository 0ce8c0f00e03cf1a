"""A disk that takes nothing more: live FLV goes on, playlists have gaps, and all is well again when there is room."""

import contextlib
import os
import re
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
from sluicetest import packaged
from sluicetest.captured import parts_of, segments_of
from sluicetest.endless import Endless
from sluicetest.packaged import AUDIO, MANIFEST, TRANSPORT, VIDEO, Channel, get, sequences
from sluicetest.publisher import Publisher
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import wait_for

SHORT = "sluice_package_segment 1s; sluice_package_list 4;"
ROOM_KB = 2048
GAP = "#EXT-X-GAP\n"
KEPT = 3  # segments that outlive their listing (modules/package/README.md)


@pytest.fixture
def tiny_disk():
    """A tmpfs of two megabytes."""
    folder = Path(tempfile.mkdtemp(prefix="sluice-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_KB}k,mode=0755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("needs root and the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()


@contextlib.contextmanager
def filled(folder):
    """Takes all the room there is, and what segments that go give back, until the end."""
    blocker = folder / "blocker"
    over = threading.Event()

    def fill():
        with blocker.open("wb", buffering=0) as file:
            while not over.is_set():
                try:
                    file.write(bytes(4096))
                except OSError:
                    over.wait(0.005)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        wait_for(lambda: os.statvfs(folder).f_bfree == 0, what="the disk to be full")
        yield
    finally:
        over.set()
        thread.join()
        blocker.unlink()


def start(make_nginx, folder):
    parts = packaged.parts(application=SHORT)
    return make_nginx(**parts | {"main": f"sluice_package_dir {folder}/window;"})


def test_a_full_disk_makes_gaps_and_heals(make_nginx, tiny_disk):
    server = start(make_nginx, tiny_disk)
    channel = Channel(server, "demo")
    with Publisher(server.rtmp, "demo", Endless("fps_50", 50)), server.control.events() as events:
        for path in (VIDEO, AUDIO, TRANSPORT):
            channel.wait_segments(path, 2)
        with HttpFlv(server.flv("demo")) as viewer:
            viewer.read_key_frame()
            with filled(tiny_disk):
                failed = events.wait("stream.packaging_failed", 10, channel="demo")
                assert failed["reason"] == "disk_full"
                for path in (VIDEO, AUDIO, TRANSPORT):
                    text = channel.wait_text(path, lambda t: GAP in t, 20, "a gap")
                    assert "error" not in packaged.judge({"kind": "playlist", "text": text})[0], text
                assert channel.get(MANIFEST).status == 200
                missing = segments_of(text.partition(GAP)[2])[0]
                assert get(packaged.urljoin(channel.url(path), missing)).status == 404
                assert not events.find("stream.packaging_recovered")
            events.wait("stream.packaging_recovered", 10, channel="demo")
            for path in (VIDEO, AUDIO, TRANSPORT):
                channel.wait_text(path, lambda t: t.count("#EXTINF") >= 4 and GAP not in t, 20, "the gaps to go")
            viewer.read_key_frame()
            viewer.check(largest_step_ms=100)
        expect_whole(channel)
        assert len(events.find("stream.packaging_failed")) == len(events.find("stream.packaging_recovered")) == 1


def expect_whole(channel):
    """Every segment that is listed now is there, and nothing behind the gaps counts anew."""
    for path in (VIDEO, AUDIO, TRANSPORT):
        text = channel.text(path)
        assert "#EXT-X-DISCONTINUITY" not in text
        for relative in [*segments_of(text), *parts_of(text)]:
            assert get(packaged.urljoin(channel.url(path), relative)).status == 200, (path, relative)


def test_a_disk_that_is_full_from_the_start_stops_no_viewer_of_flv(make_nginx, tiny_disk):
    server = start(make_nginx, tiny_disk)
    channel = Channel(server, "demo")
    with contextlib.ExitStack() as full, server.control.events() as events:
        full.enter_context(filled(tiny_disk))
        with Publisher(server.rtmp, "demo", Endless("fps_50", 50)) as push, HttpFlv(server.flv("demo")) as viewer:
            viewer.read_key_frame()
            viewer.read_tags(200)
            events.wait("stream.packaging_failed", channel="demo")
            viewer.check(largest_step_ms=100)
            assert not push.ended.is_set()
            full.close()
            for path in (VIDEO, AUDIO, TRANSPORT):
                channel.wait_text(path, lambda t: t.count("#EXTINF") >= 2 and GAP not in t, 20, "whole segments")
            assert [e["reason"] for e in events.find("stream.packaging_failed")] == ["disk_full"]
            events.wait("stream.packaging_recovered", channel="demo")


def test_files_and_memory_stay_bounded(make_nginx):
    """A minute of media, sent faster than it lasts: as many files as are listed, a few more, and no others."""
    server = make_nginx(**packaged.parts(application=SHORT))
    channel = Channel(server, "demo")
    folder = server.prefix / "window"
    most = 0
    with Publisher(server.rtmp, "demo", Endless("video_only", 25), speed=6) as push:
        first = wait_for(lambda: sequences_of(channel), 20, "a playlist")
        while len(push.sent) < 25 * 60 and not push.ended.is_set():
            files = [p for p in folder.rglob("*") if p.is_file()]
            most = max(most, len(files))
            wait_for(lambda before=len(push.sent): len(push.sent) > before + 10, what="pictures")
        assert not push.ended.is_set()
        assert sequences_of(channel)[0] > first[0] + 10
    # Two lanes: of each what is listed, what is kept behind it and the open one; what each period begins with.
    periods = len({re.sub(r"/.*", "", str(p.relative_to(folder / "demo"))) for p in files})
    assert most <= 2 * (2 * 4 + KEPT + 1) + 2 * periods, sorted(files)


def read_from(server, folder):
    """Files of the window that workers have open for those who are sent them."""
    links = [link for pid in server.workers() for link in Path(f"/proc/{pid}/fd").iterdir()]
    return [target for target, writes in map(target_of, links) if target.startswith(str(folder)) and not writes]


def target_of(link):
    """Where a descriptor leads to, and whether it is open for writing; nowhere when it was closed meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        return os.readlink(link), bool(link.lstat().st_mode & 0o200)
    return "", False


def test_what_is_gone_is_not_kept_open(make_nginx):
    """One descriptor serves all who want a segment at about the same time; a removed file with a descriptor takes memory."""
    server = make_nginx(**packaged.parts(application=SHORT))
    channel = Channel(server, "demo")
    folder = server.prefix / "window"
    with Publisher(server.rtmp, "demo", Endless("fps_50", 50)):
        channel.wait_segments(VIDEO, 2)
        url = packaged.urljoin(channel.url(VIDEO), segments_of(channel.text(VIDEO))[-1])
        wait_for(lambda: get(url).status == 200 and read_from(server, folder), what="the segment to be open")
        wait_for(lambda: not read_from(server, folder), what="it to be let go")
        assert get(url).status == 200


def sequences_of(channel):
    answer = channel.get(VIDEO)
    return sequences(answer.text) if answer.status == 200 else None
