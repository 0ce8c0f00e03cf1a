"""Playlists go on through reconnects, reloads, kills and changes of what is sent, and end when the stream does."""

import contextlib
import re
import signal
import subprocess
import threading

import pytest
from sluicetest import packaged, processes
from sluicetest.background import Background
from sluicetest.captured import Captured, judge_all, maps_of, segments_of
from sluicetest.endless import Endless
from sluicetest.packaged import AUDIO, MANIFEST, MULTIVARIANT, TRANSPORT, VIDEO, Channel, get, sequences, tag
from sluicetest.publisher import Publisher
from sluicetest.waiting import wait_for

PLAYLISTS = (VIDEO, AUDIO, TRANSPORT)
SHORT = "sluice_package_segment 1s; sluice_package_list 6;"
BREAK = "#EXT-X-DISCONTINUITY\n"
WINDOW = "sluice_ingest_reconnect_window 10s;"


def clip():
    return Endless("fps_50", 50)


def start(make_nginx, application=WINDOW, **more):
    return make_nginx(workers=2, **packaged.parts(application=SHORT + application, **more))


def publish(server, source=None):
    """A push that is let in, as an encoder's that tries again."""
    def attempt():
        one = Publisher(server.rtmp, "demo", source or clip())
        if not one.accepted:
            one.connection.close()
        return one.accepted and one
    return wait_for(attempt, 5, "the publisher to be let in")


def owner(server):
    return server.control.stream("demo")["publisher"]["pid"]


class Row:
    """What one playlist said: the addresses by number, and what it says of breaks."""

    def __init__(self, text):
        first, _ = sequences(text)
        self.text = text
        self.first = first
        self.uris = {first + i: uri for i, uri in enumerate(segments_of(text))}
        self.last = max(self.uris, default=first)
        self.ended = "#EXT-X-ENDLIST" in text
        self.target = int(tag(text, "EXT-X-TARGETDURATION"))
        # The number of breaks before each segment, counted from the stream's beginning.
        self.breaks, count, number = {}, int(tag(text, "EXT-X-DISCONTINUITY-SEQUENCE", 0)), first
        for line in text.splitlines():
            count += line == "#EXT-X-DISCONTINUITY"
            if line and not line.startswith("#"):
                self.breaks[number] = count
                number += 1


class Watcher(Background):
    """Reads the playlists of a channel again and again."""

    def __init__(self, channel):
        super().__init__()
        self.channel = channel
        self.rows = {path: [] for path in PLAYLISTS}

    def step(self):
        for path, rows in self.rows.items():
            with contextlib.suppress(OSError):
                answer = self.channel.get(path)
                if answer.status == 200 and (not rows or rows[-1].text != answer.text):
                    rows.append(Row(answer.text))

    def check(self, breaks):
        """Whatever was said stays true, and there were so many breaks."""
        for path, rows in self.rows.items():
            assert len(rows) > 3
            uris, counted = {}, {}
            for before, row in zip(rows, rows[1:]):
                assert row.first >= before.first and row.last >= before.last, (path, before.text, row.text)
                assert row.target == before.target, (path, before.text, row.text)
                assert row.first <= before.last + 1, f"{path}: numbers are missing\n{before.text}\n{row.text}"
            for row in rows:
                for number, uri in row.uris.items():
                    assert uris.setdefault(number, uri) == uri, (path, row.text)
                    assert counted.setdefault(number, row.breaks[number]) == row.breaks[number], (number, row.text)
            assert max(counted.values()) == breaks, (path, counted, rows[-1].text)
        self._judge()

    def _judge(self):
        texts = [row.text for rows in self.rows.values() for row in rows]
        for text, said in zip(texts, packaged.judge(*({"kind": "playlist", "text": text} for text in texts))):
            assert "error" not in said, f"{said}\n{text}"


def drop_to_same(server, push, worker):
    push.cut()
    server.control.wait_state("demo", "waiting")
    with server.paused(next(w for w in server.workers() if w != worker)):
        return publish(server)


def drop_to_other(server, push, worker):
    push.stop()
    server.control.wait_state("demo", "waiting")
    with server.paused(worker):
        return publish(server)


def kill(server, push, worker):
    server.expected.append(rf"worker process {worker} exited on signal 9")
    processes.signal_to(worker, signal.SIGKILL)
    assert push.ended.wait(3)
    return publish(server)


WAYS = {"same-worker": drop_to_same, "other-worker": drop_to_other, "killed-worker": kill}


@pytest.mark.parametrize("way", WAYS)
def test_a_publisher_that_comes_back_goes_on_behind_one_break(make_nginx, way, tmp_path):
    server = start(make_nginx)
    wait_for(lambda: len(server.workers()) == 2, what="the workers")
    channel = Channel(server, "demo")
    push = publish(server)
    before = owner(server)
    with Watcher(channel) as watcher:
        newest_after(channel, 3)
        with WAYS[way](server, push, before):
            assert (owner(server) == before) == (way == "same-worker")
            texts = behind_break(channel, 2)
            manifest = channel.text(MANIFEST)
            expect_all_there(channel, tmp_path)
            assert manifest.count("<Period ") == 2, manifest
            assert len(packaged.manifest(manifest)["periods"]) == 2
            for path, text in texts.items():
                packaged.playlist(text)
                assert len(maps_of(text)) == (0 if path == TRANSPORT else 2), text
            for path in PLAYLISTS:
                text = channel.wait_text(path, lambda t: BREAK not in t)
                assert tag(text, "EXT-X-DISCONTINUITY-SEQUENCE") == "1", text
            wait_for(lambda: channel.text(MANIFEST).count("<Period ") == 1, what="the first period to go")
    watcher.check(breaks=1)


def behind_break(channel, count):
    """The playlists, each as soon as it lists so many segments behind its break."""
    return {path: channel.wait_text(path, lambda t: BREAK in t and len(segments_of(t.partition(BREAK)[2])) >= count)
            for path in PLAYLISTS}


def expect_all_there(channel, folder):
    """Everything that is listed at this moment can be fetched, and the judges are content."""
    shown = Captured(channel, folder)
    judge_all([shown])
    for url, answer in shown.answers.items():
        assert answer.status == 200, url
    for path in set(shown.texts) - {MANIFEST}:
        packaged.checked_playlist(shown.texts[path], shown.said[path])


class Beginning:
    """For a Publisher: a clip's headers and its first pictures, without a sound."""

    def __init__(self, source, count):
        self.source, self.count = source, count

    def messages(self, start=0):
        return [*self.source.headers, *self.source.pictures[:self.count]]


def test_a_publisher_that_only_looks_in_breaks_all_playlists_alike(make_nginx):
    """It leaves a segment of pictures; there is none of sound to go with it."""
    server = start(make_nginx)
    channel = Channel(server, "demo")
    with Watcher(channel) as watcher:
        with publish(server):
            newest_after(channel, 2)
        server.control.wait_state("demo", "waiting")
        with Publisher(server.rtmp, "demo", Beginning(clip(), 5), loop=False) as push:
            assert push.finished.wait(5)
        server.control.wait_state("demo", "waiting")
        with publish(server):
            number = newest(channel)
            for path in PLAYLISTS:
                text = channel.wait_text(path, lambda t: Row(t).last >= number + 7 and BREAK not in t)
                assert tag(text, "EXT-X-DISCONTINUITY-SEQUENCE") == "2", text
    watcher.check(breaks=2)


def newest(channel):
    return max(Row(channel.text(path)).last for path in PLAYLISTS)


def test_beyond_the_window_playlists_end_and_a_new_stream_has_higher_numbers(make_nginx):
    server = start(make_nginx, "sluice_ingest_reconnect_window 1s;")
    channel = Channel(server, "demo")
    highest = 0
    for turn in range(3):
        with publish(server):
            for path in PLAYLISTS:
                channel.wait_text(path, lambda t: Row(t).first > highest and Row(t).uris, 20, "higher numbers")
            assert 'type="dynamic"' in channel.text(MANIFEST)
        for path in PLAYLISTS:
            text = channel.wait_ended(path)
            assert "PRELOAD-HINT" not in text
            packaged.playlist(text)
        assert 'type="static"' in channel.text(MANIFEST)
        assert channel.manifest()["ended"]
        highest = newest(channel)
        if turn == 1:
            server.stop()
            server.start()


def test_numbers_rise_over_a_restart_even_after_many_reconnects(make_nginx):
    """Each costs numbers, so that there may be more of them than seconds went by."""
    server = start(make_nginx)
    channel = Channel(server, "demo")
    for _ in range(6):
        push = publish(server)
        with push:
            first = push.sent
            wait_for(lambda: len(first) > 60, what="some pictures")
        server.control.wait_state("demo", "waiting")
    with publish(server):
        channel.wait_segments(VIDEO, 3)
        highest = newest(channel)
    server.stop()
    server.start()
    with publish(server):
        assert Row(channel.wait_segments(VIDEO, 1)).first > highest


def test_files_of_an_ended_channel_go_and_others_stay(make_nginx):
    server = start(make_nginx, "sluice_ingest_reconnect_window 0;", main="sluice_package_linger 1s;")
    ended, other = Channel(server, "demo"), Channel(server, "other")
    with Publisher(server.rtmp, "other", clip()):
        with publish(server):
            for path in PLAYLISTS:
                ended.wait_segments(path, 1)
                other.wait_segments(path, 1)
            segment = ended.url("s/v/" + segments_of(ended.text(VIDEO))[-1])
            assert get(segment).status == 200
        ended.wait_ended(VIDEO)
        folder = server.prefix / "window/demo"
        wait_for(lambda: not folder.exists(), 10, "the files to go")
        for url in (segment, *map(ended.url, (*PLAYLISTS, MULTIVARIANT, MANIFEST))):
            assert get(url).status == 404, url
        for path in PLAYLISTS:
            assert other.get(path).status == 200
        assert (server.prefix / "window/other").exists()


def test_a_reload_leaves_no_seam(make_nginx):
    server = start(make_nginx)
    channel = Channel(server, "demo")
    with publish(server), Watcher(channel) as watcher:
        for _ in range(2):
            number = newest_after(channel, 3)
            server.reload()
            channel.wait_text(VIDEO, lambda t: Row(t).last >= number + 2)
    watcher.check(breaks=0)


def newest_after(channel, count):
    for path in PLAYLISTS:
        channel.wait_segments(path, count)
    return newest(channel)


class Player:
    """ffmpeg plays for ever; `frames` is how many it has decoded, `errors` what it said."""

    def __init__(self, url):
        argv = ["ffmpeg", "-nostdin", "-v", "error", "-i", url, "-map", "0", "-f", "null", "-progress", "pipe:1", "-"]
        self.frames = 0
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if found := re.match(r"frame=\s*(\d+)", line):
                self.frames = int(found[1])

    def wait_frames(self, more, what):
        before = self.frames
        wait_for(lambda: self.frames >= before + more or self.process.poll() is not None, 25, f"frames after {what}")
        assert self.frames >= before + more, f"the player ended after {what}: {self.process.stderr.read()}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


@pytest.mark.parametrize("path", [MULTIVARIANT, TRANSPORT])
def test_a_player_plays_through_reload_reconnect_and_kill(make_nginx, path):
    server = start(make_nginx, "sluice_ingest_reconnect_window 3s;")
    channel = Channel(server, "demo")
    push = publish(server)
    channel.wait_segments(TRANSPORT, 3)
    with Player(channel.url(path)) as player:
        player.wait_frames(50, "the start")
        server.reload()
        player.wait_frames(100, "a reload")
        push.cut()
        push = publish(server)
        player.wait_frames(100, "a reconnect")
        push = kill(server, push, owner(server))
        player.wait_frames(100, "a kill")
        push.stop()
        channel.wait_ended(VIDEO)
        wait_for(lambda: player.process.poll() is not None, 20, "the player to come to the end")
        assert player.process.returncode == 0


CHANGES = {"resolution": ("avc_other", 30, r"avc1\.4d401e,mp4a\.40\.2", "640x360"),
           "codec": ("hevc", 25, r"hvc1\.1\.6\.L60\.\w+,mp4a\.40\.2", "320x180")}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_is_sent_brings_its_own_initialisation_segment(make_nginx, change, tmp_path):
    server = start(make_nginx, WINDOW + "sluice_ingest_on_duplicate replace;")
    channel = Channel(server, "demo")
    name, rate, codecs, resolution = CHANGES[change]
    first = publish(server)
    with Watcher(channel) as watcher:
        newest_after(channel, 3)
        with publish(server, Endless(name, rate)):
            assert first.ended.wait(3)
            texts = behind_break(channel, 2)
            manifest = channel.text(MANIFEST)
            files = [file for path, text in texts.items() for file in sides(channel, path, text, tmp_path)]
            master = channel.wait_text(MULTIVARIANT, lambda t: f"RESOLUTION={resolution}" in t)
            assert re.search(f'CODECS="{codecs}"', master), master
    for file in files:
        expect_decodes(file)
    assert len(packaged.manifest(manifest)["periods"]) == 2
    watcher.check(breaks=1)


def sides(channel, path, text, folder):
    """Files with what stands before and behind the break, each with its own initialisation segment."""
    before, _, behind = text.partition(BREAK)
    for number, side in enumerate((before, behind)):
        file = folder / f"{path.replace('/', '-')}-{number}"
        # What nobody finished is a gap.
        there = [*maps_of(side), *segments_of(side, gaps=False)]
        file.write_bytes(b"".join(packaged.expect(packaged.urljoin(channel.url(path), one)) for one in there))
        yield file


def expect_decodes(file):
    argv = ["ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-err_detect", "explode", "-i", str(file), "-map", "0",
            "-f", "null", "-"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and not done.stderr, (file.name, done.stderr[-2000:])
