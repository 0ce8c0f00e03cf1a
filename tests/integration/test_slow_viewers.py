"""Slow viewers skip to a key frame; the others see nothing of it, and memory stays flat."""

import re
import subprocess
import threading
import time

import pytest
from sluicetest import flv, http, processes
from sluicetest.crowd import Crowd
from sluicetest.publisher import Publisher, clip
from sluicetest.viewer import Ended, HttpFlv
from sluicetest.waiting import wait_for

NGINX = {"workers": 2, "application": "sluice_access_publish open;"}
RECEIVE_BUFFER = 16384


class SlowViewers:
    """Viewers that read `rate` bytes a second each, with a small receive buffer."""

    def __init__(self, url, count, rate):
        self.viewers = [HttpFlv(url, receive_buffer=RECEIVE_BUFFER) for _ in range(count)]
        self.faults = []
        self.ended = 0
        self._rate = rate
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        interval = 0.25
        while not self._halt.wait(interval):
            for viewer in self.viewers:
                self._sip(viewer, int(self._rate * interval))

    def _sip(self, viewer, count):
        sock = viewer.response.sock
        if sock.fileno() < 0:
            return
        try:
            sock.setblocking(False)
            data = viewer.response._rest or sock.recv(count)
            viewer.response._rest = b""
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.ended += 1
            sock.close()
            return
        try:
            viewer.tags += viewer.parser.feed(data)
        except flv.Damaged as e:
            self.faults.append(str(e))

    def close(self):
        self._halt.set()
        self._thread.join()
        for viewer in self.viewers:
            viewer.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def total_resident_kb(nginx):
    return sum(processes.resident_kb(p) for p in nginx.workers())


def watch(nginx, seconds, quick=80, slow=20):
    """Quick and slow viewers of one 4 Mbit/s stream; (crowd's members, slow ones, memory samples)."""
    with Publisher(nginx.rtmp, "demo", clip("avc_big")), Crowd() as crowd:
        nginx.control.wait_state("demo", "live")
        crowd.add(nginx.flv("demo"), quick)
        with SlowViewers(nginx.flv("demo"), slow, rate=50_000) as slow_ones:
            memory = [total_resident_kb(nginx)]
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(min(seconds / 10, 60))
                memory.append(total_resident_kb(nginx))
            record = nginx.control.stream("demo")
            return crowd.members, slow_ones, memory, record


def expect_flat_and_unharmed(members, slow_ones, memory, record):
    assert not [m.fault for m in members if m.fault]
    assert max(m.largest_step for m in members) <= 200, "a quick viewer lost something"
    assert not slow_ones.faults, slow_ones.faults[:3]
    for viewer in slow_ones.viewers:
        flv.check_rising([t for t in viewer.tags if t.is_frame])
        flv.check_start(viewer.tags)
    skips = record["skips"]
    assert skips["count"] > 0 and skips["tags"] > 0 and skips["ms"] > 0, skips
    # 100 viewers at up to 256 KiB would be 25 MB; what is asked for is that it doesn't grow.
    assert memory[-1] - memory[len(memory) // 3] < 4096, memory


@pytest.mark.deadline(180)
def test_slow_viewers_skip_and_quick_ones_see_nothing(nginx):
    expect_flat_and_unharmed(*watch(nginx, 25))


@pytest.mark.long
@pytest.mark.deadline(4000)
def test_slow_viewers_for_an_hour(nginx):
    expect_flat_and_unharmed(*watch(nginx, 3600))


def test_a_skip_ends_at_a_key_frame(nginx):
    """What a slow viewer gets after a skip decodes: the next video frame is a key frame."""
    with Publisher(nginx.rtmp, "demo", clip("avc_big")):
        nginx.control.wait_state("demo", "live")
        with SlowViewers(nginx.flv("demo"), 1, rate=100_000) as slow:
            wait_for(lambda: nginx.control.stream("demo")["skips"]["count"] > 1, 30, "two skips")
            wait_for(lambda: jumps(slow.viewers[0]), 20, "a jump in what came")
            assert all(after.is_key for _, after in jumps(slow.viewers[0]))
            slow.viewers[0].check()


def jumps(viewer):
    """Pairs of video frames between which something is missing."""
    frames = [t for t in viewer.tags if t.type == flv.VIDEO and t.is_frame]
    return [(a, b) for a, b in zip(frames, frames[1:]) if b.timestamp - a.timestamp > 80]


def test_a_viewer_that_reads_nothing_at_all_is_closed_and_counted(make_nginx):
    nginx = make_nginx(application="sluice_access_publish open;", location="sluice_flv_send_timeout 3s;")
    with Publisher(nginx.rtmp, "demo", clip("avc_big")):
        nginx.control.wait_state("demo", "live")
        with HttpFlv(nginx.flv("demo"), receive_buffer=RECEIVE_BUFFER) as viewer:
            wait_for(lambda: nginx.control.stream("demo")["viewers"]["flv"] == 1, what="the viewer to be counted")
            wait_for(lambda: nginx.control.stream("demo")["viewers"]["flv"] == 0, 30, "the viewer to be closed")
            with pytest.raises(Ended):
                viewer.read_until(lambda _: False, 5)


def stalled_http2_viewer(nginx):
    """A connection that asks for the stream by HTTP/2, offers windows without end, and reads nothing."""
    sock = http._connect(f"http://127.0.0.1:{nginx.h2}", 5, RECEIVE_BUFFER)

    def frame(kind, flags, stream, payload):
        return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

    def field(name, value):  # RFC 7541, 6.2.2: a literal that is not indexed
        return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value

    head = b"".join(field(*f) for f in ((b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"x"),
                                        (b":path", b"/demo/live.flv")))
    most = (0x7FFFFFFF).to_bytes(4, "big")
    sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"\0\4" + most)
                 + frame(8, 0, 0, (0x7FFF0000).to_bytes(4, "big")) + frame(1, 5, 1, head))
    return sock


def kernel_bytes(port):
    """Memory that the kernel holds for the server's established sockets on the port: their queues with overhead."""
    said = subprocess.run(["ss", "-Htnm", "state", "established", f"sport = :{port}"], capture_output=True, text=True,
                          check=True).stdout
    return sum(int(n) for kind in "rwft" for n in re.findall(rf"[(,]{kind}(\d+)", said))


def test_a_stalled_http2_viewer_holds_little_kernel_memory(nginx):
    with Publisher(nginx.rtmp, "demo", clip("avc_big"), speed=4) as push:
        nginx.control.wait_state("demo", "live")
        with stalled_http2_viewer(nginx):
            wait_for(lambda: nginx.control.stream("demo")["viewers"]["flv"] == 1, what="the viewer to be counted")
            begun = len(push.sent)
            wait_for(lambda: sum(len(m.payload) for m in push.sent[begun:]) > 4_000_000, 30, "4 MB to be pushed")
            assert kernel_bytes(nginx.h2) <= 256 * 1024


def test_a_client_that_never_ends_its_request_holds_nothing_up(nginx):
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")):
        nginx.control.wait_state("demo", "live")
        half = [http._connect(nginx.url, 5, 0) for _ in range(50)]
        for sock in half:
            sock.sendall(b"GET /demo/live.flv HTTP/1.1\r\nHost:")
        with HttpFlv(nginx.flv("demo")) as viewer:
            viewer.read_key_frame(2)
        for sock in half:
            sock.close()
