"""Low-latency HLS: requests that wait for what comes, and everything a client may ask wrongly."""

import gzip
import os
import re
import selectors
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from sluicetest import nginx as nginx_process, packaged
from sluicetest.captured import maps_of, parts_of, segments_of
from sluicetest.endless import Endless
from sluicetest.flv import VIDEO as PICTURE, Tag
from sluicetest.packaged import AUDIO, MANIFEST, MULTIVARIANT, TRANSPORT, VIDEO, Channel, get
from sluicetest.publisher import Publisher
from sluicetest.rtmp import Connection
from sluicetest.waiting import wait_for

SHORT = "sluice_package_segment 1s; sluice_package_list 30;"
# Everything else comes to the handler too: it has to know what is not its own.
PARTS = packaged.parts(application=SHORT, locations=packaged.LOCATION + "location / { sluice_package_serve on; }")
PART_S = 0.2
HELD = 2000
SLOW_S = 2.0  # what a busy machine may take for what takes milliseconds


class TimedConnection(Connection):
    """Notes when each picture was sent."""

    def media(self, message):
        if message.type == PICTURE and Tag(PICTURE, 0, message.payload, 0).is_frame:
            self.__dict__.setdefault("pictures", []).append(time.monotonic())
        super().media(message)


@pytest.fixture(scope="module")
def server():
    one = nginx_process.Nginx(workers=2, **PARTS)
    try:
        yield one.start()
        one.stop()
    finally:
        one.discard()


@pytest.fixture(scope="module")
def live(server):
    """A channel of pictures and sound that goes on through all tests."""
    with Publisher(server.rtmp, "demo", Endless("fps_50", 50)):
        channel = Channel(server, "demo")
        channel.wait_segments(VIDEO, 2)
        yield channel


@pytest.fixture
def channel(live):
    return live


def edge(text):
    """(number of the open segment, its parts so far) of a low-latency playlist."""
    first, whole = packaged.sequences(text)
    tail = text[text.rindex("#EXTINF:"):] if whole else text
    return first + whole, len(parts_of(tail))


def reload_of(path, sequence, part=None, more=""):
    asked = f"{path}?_HLS_msn={sequence}" + (f"&_HLS_part={part}" if part is not None else "")
    return asked + more


def test_a_blocked_reload_is_answered_when_its_part_is_there(make_nginx):
    server = make_nginx(**PARTS)
    connection = TimedConnection.open("127.0.0.1", server.rtmp)
    with Publisher(server.rtmp, "demo", Endless("video_only", 25), connection=connection):
        channel = Channel(server, "demo")
        text, late = channel.wait_segments(VIDEO, 1), []
        for _ in range(12):
            sequence, part = edge(text)
            text = channel.text(reload_of(VIDEO, sequence, part))
            answered = time.monotonic()
            assert edge(text) >= (sequence, part + 1)
            late.append(answered - connection.pictures[told(text) - 1])
    assert min(late) >= 0
    assert sorted(late)[len(late) // 2] <= PART_S + 0.1, late
    assert max(late) <= SLOW_S, late


def told(text):
    """How many pictures of 40 ms the playlist has told of, from the stream's first on."""
    tail = text[text.rindex("#EXTINF:"):]
    whole = sum(float(x) for x in re.findall(r"#EXTINF:([\d.]+)", text))
    parts = sum(float(x) for x in re.findall(r"#EXT-X-PART:DURATION=([\d.]+)", tail))
    return round((whole + parts) / 0.04)


def test_what_is_there_already_is_answered_at_once(channel):
    sequence, _ = edge(channel.text(VIDEO))
    began = time.monotonic()
    for asked in (reload_of(VIDEO, sequence - 1), reload_of(VIDEO, sequence - 1, 0), reload_of(VIDEO, 1, 5)):
        assert edge(channel.text(asked))[0] >= sequence
    assert time.monotonic() - began < SLOW_S


@pytest.mark.parametrize("query", [
    "_HLS_msn={far}", "_HLS_msn={far}&_HLS_part=0", "_HLS_msn={next}&_HLS_part=1000000",
    "_HLS_msn=18446744073709551615", "_HLS_msn=18446744073709551616", "_HLS_part=0", "_HLS_part=1&_HLS_skip=YES",
    "_HLS_msn=abc", "_HLS_msn=", "_HLS_msn=-1", "_HLS_msn=1.5", "_HLS_msn=+1", "_HLS_msn=0x10",
    "_HLS_msn={next}&_HLS_part=x", "_HLS_msn={next}&_HLS_part=-1", "_HLS_msn=1%00", "_HLS_msn=%31%20",
])
@pytest.mark.parametrize("path", [VIDEO, AUDIO])
def test_what_makes_no_sense_is_refused_at_once(channel, path, query):
    sequence, _ = edge(channel.text(path))
    began = time.monotonic()
    answer = channel.get(f"{path}?{query.format(far=sequence + 10, next=sequence)}")
    assert answer.status == 400, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert "_HLS_msn" in answer.text
    assert time.monotonic() - began < SLOW_S


def entries(said):
    return [(s["uri"], s["duration"]) for s in said["segments"] if s["uri"]]


def pair(channel, path):
    """A delta update and the full playlist of the same moment."""
    def same():
        delta, full = channel.text(f"{path}?_HLS_skip=YES"), channel.text(path)
        return edge_line(delta) == edge_line(full) and (delta, full)
    return wait_for(same, 10, "a delta update and a playlist of the same moment")


def edge_line(text):
    return text[text.index("#EXT-X-PRELOAD-HINT"):]


@pytest.mark.parametrize("path", [VIDEO, AUDIO])
def test_a_delta_update_completes_the_last_full_playlist(channel, path):
    old_text = channel.wait_segments(path, 9, 30)
    sequence, _ = edge(old_text)
    channel.text(reload_of(path, sequence + 1))
    delta_text, full_text = pair(channel, path)
    old, delta, full = (packaged.judge({"kind": "playlist", "text": t})[0] for t in (old_text, delta_text, full_text))
    assert "error" not in delta and delta["skip"] > 0, delta
    assert len(delta_text) < len(full_text)
    gone = full["sequence"] - old["sequence"]
    kept = entries(old)[gone : gone + delta["skip"]]
    assert kept + entries(delta) == entries(full)
    # 6.2.5.1: nothing younger than the skip boundary is left out.
    assert sum(d for _, d in entries(delta)) + 1.5 >= full["control"]["canSkipUntil"]
    assert delta["sequence"] == full["sequence"] and delta["target"] == full["target"]


def test_a_short_playlist_has_nothing_to_skip(make_nginx):
    server = make_nginx(**packaged.parts())
    with Publisher(server.rtmp, "demo", Endless("avc", 25)):
        channel = Channel(server, "demo")
        channel.wait_segments(VIDEO, 2)
        text = channel.text(f"{VIDEO}?_HLS_skip=YES")
        assert "EXT-X-SKIP" not in text and text.count("#EXTINF") >= 2


def hint_of(text):
    return re.search(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"', text)[1]


@pytest.mark.parametrize("path", [VIDEO, AUDIO])
def test_a_preload_hint_is_held_until_its_part_is_there(channel, path):
    for _ in range(8):
        relative = hint_of(channel.text(path))
        url = packaged.urljoin(channel.url(path), relative)
        answer = get(url)
        assert answer.status == 200 and answer.body, answer
        text = channel.text(path)
        assert relative in parts_of(text), text
        assert get(url).body == answer.body
        assert "max-age" in answer.headers["cache-control"]


def test_what_is_beyond_the_hint_is_not_waited_for(channel):
    text = channel.text(VIDEO)
    sequence, part = edge(text)
    folder = hint_of(text).split("/")[0]
    began = time.monotonic()
    for name in (f"{sequence}.{part + 50}.m4s", f"{sequence + 5}.0.m4s", f"{sequence + 5}.m4s",
                 f"{sequence}.999999999999.m4s"):
        assert channel.get(f"s/v/{folder}/{name}").status == 404
    assert time.monotonic() - began < SLOW_S


def report_of(text):
    """What the playlist says of the other track: (number, part)."""
    found = re.search(r"#EXT-X-RENDITION-REPORT:URI=\"([^\"]+)\",LAST-MSN=(\d+),LAST-PART=(\d+)", text)
    return found[1], (int(found[2]), int(found[3]))


def last_part(text):
    """(segment, part) of the newest part that is listed."""
    return tuple(map(int, re.search(r"/(\d+)\.(\d+)\.m4s$", parts_of(text)[-1]).groups()))


@pytest.mark.parametrize(("path", "other"), [(VIDEO, AUDIO), (AUDIO, VIDEO)])
def test_rendition_reports_are_true(channel, path, other):
    for _ in range(10):
        before = last_part(channel.text(other))
        sequence, part = edge(channel.text(path))
        uri, said = report_of(channel.text(reload_of(path, sequence, part)))
        assert packaged.urljoin(channel.url(path), uri) == channel.url(other)
        assert before <= said <= last_part(channel.text(other))


def everything(channel):
    """Addresses of one of each kind."""
    text, transport = channel.text(VIDEO), channel.text(TRANSPORT)
    inside = [packaged.urljoin(channel.url(VIDEO), one) for one in
              (maps_of(text)[0], segments_of(text)[-1], parts_of(text)[-1])]
    return [*map(channel.url, (MULTIVARIANT, "index.m3u8", TRANSPORT, MANIFEST, VIDEO, AUDIO)), *inside,
            channel.url(segments_of(transport)[-1])]


def test_head_answers_as_get_without_a_body(channel):
    for url in everything(channel):
        head = get(url, "HEAD")
        full = get(url)
        assert (head.status, full.status) == (200, 200)
        for field in ("content-type", "cache-control", "access-control-allow-origin"):
            assert head.headers[field] == full.headers[field], url
        if not url.endswith(("m3u8", "mpd")):
            assert head.headers["content-length"] == full.headers["content-length"]


@pytest.mark.parametrize("kind", [6, 7, 8, 9], ids=["init", "segment", "part", "ts"])
def test_ranges_of_media_are_exact(channel, kind):
    url = everything(channel)[kind]
    whole = get(url).body
    for asked, wanted in (("bytes=0-99", whole[:100]), ("bytes=100-299", whole[100:300]), ("bytes=-50", whole[-50:]),
                          (f"bytes={len(whole) - 1}-", whole[-1:]), ("bytes=10-99999999", whole[10:])):
        answer = get(url, headers={"Range": asked})
        assert answer.status == 206 and answer.body == wanted, (asked, answer.status, len(answer.body))
        assert answer.headers["content-range"].endswith(f"/{len(whole)}")
    assert get(url, headers={"Range": f"bytes={len(whole)}-"}).status == 416


def test_playlists_are_compressed_for_those_who_ask(channel):
    for path in (VIDEO, MANIFEST, TRANSPORT):
        answer = channel.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip", path
        assert gzip.decompress(answer.body).startswith((b"#EXTM3U", b"<?xml"))
    sequence, _ = edge(channel.text(VIDEO))
    answer = channel.get(reload_of(VIDEO, sequence + 1), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert edge(gzip.decompress(answer.body).decode())[0] > sequence
    segment = everything(channel)[7]
    assert "content-encoding" not in get(segment, headers={"Accept-Encoding": "gzip"}).headers


class Held:
    """Requests that are sent and not read yet."""

    def __init__(self, url, count=1, connected=None):
        parts = urlsplit(url)
        text = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
        self.sockets = connected or [socket.create_connection((parts.hostname, parts.port), 5) for _ in range(count)]
        for one in self.sockets:
            one.sendall(text.encode())

    def answers(self, timeout=15.0):
        """(status, text, when it was whole) of each."""
        got, done = {one: b"" for one in self.sockets}, []
        with selectors.DefaultSelector() as wanted:
            for one in self.sockets:
                wanted.register(one, selectors.EVENT_READ)
            deadline = time.monotonic() + timeout
            while wanted.get_map():
                assert time.monotonic() < deadline, f"{len(wanted.get_map())} of {len(got)} are not answered"
                for key, _ in wanted.select(0.2):
                    data = key.fileobj.recv(65536)
                    got[key.fileobj] += data
                    if not data:
                        wanted.unregister(key.fileobj)
                        done.append(self._parsed(got[key.fileobj]))
        return done

    @staticmethod
    def _parsed(data):
        head, _, body = data.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), body.decode(), time.monotonic(), head.decode()

    def unanswered(self):
        """Whether nothing has come on any of them."""
        with selectors.DefaultSelector() as wanted:
            for one in self.sockets:
                wanted.register(one, selectors.EVENT_READ)
            return not wanted.select(0)

    def close(self):
        for one in self.sockets:
            one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def test_thousands_of_held_requests_are_answered_together(channel):
    sequence, _ = edge(channel.text(VIDEO))
    with Held(channel.url(reload_of(VIDEO, sequence + 1)), HELD) as held:
        began = time.monotonic()
        for _ in range(5):
            assert channel.get(MULTIVARIANT).status == 200
        assert time.monotonic() - began < SLOW_S, "the workers are stuck"
        answers = held.answers()
    assert {status for status, *_ in answers} == {200} and len(answers) == HELD
    assert all(edge(text)[0] > sequence + 1 for _, text, *_ in answers)
    times = [when for *_, when, _ in answers]
    assert max(times) - min(times) < SLOW_S


def descriptors(*pids):
    """Open descriptors of the processes."""
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


def test_held_requests_of_clients_that_leave_are_forgotten(server, channel):
    before = descriptors(*server.workers())
    for path in (VIDEO, AUDIO):
        sequence, _ = edge(channel.text(path))
        with Held(channel.url(reload_of(path, sequence + 1)), 100):
            wait_for(lambda: descriptors(*server.workers()) >= before + 90, what="the requests to be held")
        wait_for(lambda: descriptors(*server.workers()) <= before + 5, what="the requests to be forgotten")
    assert channel.get(VIDEO).status == 200


@pytest.mark.parametrize("end", ["stop", "cut"])
def test_held_requests_end_with_the_stream(make_nginx, end):
    server = make_nginx(workers=2, **packaged.parts(application=SHORT + "sluice_ingest_reconnect_window 1s;"))
    push = Publisher(server.rtmp, "demo", Endless("fps_50", 50))
    channel = Channel(server, "demo")
    text = channel.wait_segments(VIDEO, 2)
    sequence, _ = edge(text)
    with Held(channel.url(reload_of(VIDEO, sequence + 1)), 20) as held:
        hint = packaged.urljoin(channel.url(VIDEO), hint_of(channel.text(VIDEO)))
        began = time.monotonic()
        {"stop": push.stop, "cut": push.cut}[end]()
        assert get(hint).status in (200, 404)
        answers = held.answers()
    # The window, and what is allowed to wait: three target durations.
    assert time.monotonic() - began < 1 + 3 + SLOW_S
    assert {status for status, *_ in answers} == {200}
    assert all("#EXT-X-ENDLIST" in text for _, text, *_ in answers)
    assert channel.get(reload_of(VIDEO, sequence + 1)).status == 200
    assert channel.get(reload_of(VIDEO, sequence + 100)).status in (200, 400)


def test_nothing_new_for_three_target_durations_is_503(make_nginx):
    server = make_nginx(**packaged.parts(application=SHORT + "sluice_ingest_reconnect_window 30s;"))
    push = Publisher(server.rtmp, "demo", Endless("fps_50", 50))
    channel = Channel(server, "demo")
    sequence, _ = edge(channel.wait_segments(VIDEO, 2))
    push.cut()
    server.control.wait_state("demo", "waiting")
    began = time.monotonic()
    answer = channel.get(reload_of(VIDEO, sequence + 1), timeout=15)
    assert answer.status == 503 and answer.headers["content-type"] == "application/problem+json"
    assert 2.5 < time.monotonic() - began < 3 + SLOW_S


def test_held_requests_are_answered_by_the_old_worker_after_a_reload(make_nginx):
    server = make_nginx(**PARTS)
    with Publisher(server.rtmp, "demo", Endless("fps_50", 50)):
        channel = Channel(server, "demo")
        sequence, _ = edge(channel.wait_segments(VIDEO, 2))
        (old,) = server.workers()
        before = descriptors(old)
        with Held(channel.url(reload_of(VIDEO, sequence + 2)), 20) as held:
            wait_for(lambda: descriptors(old) >= before + 20, what="the requests to be held")
            server.reload()
            answers = held.answers()
        assert {status for status, *_ in answers} == {200}
        assert all(f"X-Worker: {old}" in head for *_, head in answers)
        assert all(edge(text)[0] > sequence + 2 for _, text, *_ in answers)
        newer = channel.get(reload_of(VIDEO, edge(answers[0][1])[0] + 1))
        assert newer.status == 200 and newer.headers["x-worker"] != str(old)


def test_an_old_worker_lives_for_a_request_that_comes_late(make_nginx):
    """Browsers connect ahead of use; the configuration was loaded anew before the request came."""
    server = make_nginx(**PARTS)
    (old,) = server.workers()
    before = descriptors(old)
    ahead = socket.create_connection(("127.0.0.1", server.http), 5)
    wait_for(lambda: descriptors(old) > before, what="the connection to be taken")
    server.reload()
    with Publisher(server.rtmp, "demo", Endless("fps_50", 50)):
        channel = Channel(server, "demo")
        sequence, _ = edge(channel.wait_segments(VIDEO, 2))
        with Held(channel.url(reload_of(VIDEO, sequence + 2)), connected=[ahead]) as held:
            ((status, text, _, head),) = held.answers()
        assert status == 200 and f"X-Worker: {old}" in head
        assert edge(text)[0] > sequence + 2


SECRET = b"not for viewers"
TRICKS = [
    "../secret.mp4", "s/../../secret.mp4", "s/v/../../../../secret.mp4", "s/v/%2e%2e/%2e%2e/secret.mp4",
    "%2e%2e/%2e%2e/secret.mp4", "s/v/..%2f..%2fsecret.mp4", "s/v/{folder}/../secret.mp4",
    "s/v/{folder}/..%2f..%2f..%2fsecret.mp4", "s/v/{folder}/init.mp4%00.m4s", "s/v/{folder}/%00",
    "s/v/{folder}/secret.mp4", "s/v/{folder}/v-1.m4s", "s/v/{folder}/v.mp4", "s/v/{folder}/", "s/v/", "s/", "s",
    "s/v", "s/x/{folder}/init.mp4", "s/v/{folder}/init.mp4/", "s/v/{folder}/init.mp4/x", "s/v/0{folder}/init.mp4",
    "s/v/-1/init.mp4", "s/v/99999999999999999999/init.mp4", "s/v/{folder}/1.2.3.m4s", "s/v/{folder}/.m4s",
    "s/v/{folder}/-1.m4s", "s/v/{folder}/1e3.m4s", "s/a/{folder}/1.0.ts", "s/v/{folder}/init.mp4.bak",
    "S/v/{folder}/init.mp4", "master.m3u8/", "master.m3u8/x", "live.m3u8%00", "s/v/index.m3u8/..", "s/t/index.m3u8",
    "raw/live.m3u8", "s/v/{folder}/" + "9" * 3000 + ".m4s", "a" * 3000 + ".m3u8",
]


@pytest.mark.parametrize("trick", TRICKS, ids=lambda t: t[:40])
def test_no_path_leads_out_of_the_window(server, channel, trick):
    folder = hint_of(channel.text(VIDEO)).split("/")[0]
    for place in ("", "window", "window/demo", f"window/demo/{folder}"):
        (server.prefix / place / "secret.mp4").write_bytes(SECRET)
    answer = get(channel.base + trick.format(folder=folder))
    assert answer.status in (400, 404), answer
    assert SECRET not in answer.body


@pytest.mark.parametrize("path", [
    "//demo/master.m3u8", "/demo//master.m3u8", "/demo/s//v/index.m3u8", "/demo/./master.m3u8"])
def test_slashes_and_dots_are_merged_as_everywhere_in_nginx(server, channel, path):
    assert get(server.url + path).status == 200


@pytest.mark.parametrize("path", [
    "/../../etc/passwd", "/demo/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/.hidden/live.m3u8",
    "/dem%00o/live.m3u8", "/a%2fb/master.m3u8", "/" + "n" * 65 + "/master.m3u8", "/nobody/master.m3u8",
    "/nobody/s/v/1/init.mp4", "/%ff%fe/live.m3u8", "/demo%20/master.m3u8",
])
def test_bad_names_are_not_found(server, live, path):
    answer = get(server.url + path)
    assert answer.status in (400, 404) and b"root:" not in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(channel, method):
    for url in everything(channel):
        assert get(url, method).status == 405, url


def test_browsers_may_ask_beforehand(channel):
    asked = {"Origin": "http://example.org", "Access-Control-Request-Method": "GET",
             "Access-Control-Request-Headers": "range"}
    answer = channel.get(VIDEO, method="OPTIONS", headers=asked)
    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "GET" in answer.headers["access-control-allow-methods"]


def test_the_segment_that_is_written_comes_in_pieces(channel):
    """As DASH in low latency reads it: the answer begins at once and ends with the segment."""
    text = channel.text(VIDEO)
    sequence, _ = edge(text)
    folder = hint_of(text).split("/")[0]
    sizes = []

    def read():
        sizes.append(len(channel.get(f"s/v/{folder}/{sequence}.m4s").body))

    readers = [threading.Thread(target=read) for _ in range(5)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(10)
    whole = channel.get(f"s/v/{folder}/{sequence}.m4s")
    assert "content-length" in whole.headers and sizes == [len(whole.body)] * 5
