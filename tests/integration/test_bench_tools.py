"""The load tools of ./sluice bench: what they count is what was sent."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sluicetest import flv, hook
from sluicetest.waiting import accepts, free_ports, wait_for

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from sluicebench import clip, servers, tools, transcode, watch  # noqa: E402
from sluicebench.by_hand import ByHand  # noqa: E402
from sluicebench.fragments import FragmentReader  # noqa: E402

pytestmark = pytest.mark.deadline(600)  # the tools may have to be compiled first
VIDEO_STAMP, AUDIO_STAMP = 13, 2
HTTP_END = b"\r\n\r\n"


@pytest.fixture(scope="module")
def load_tools():
    """The folder of the tools, built from this tree."""
    return tools.build("bench_tools")


@pytest.fixture
def floor(load_tools, monkeypatch):
    monkeypatch.setenv("SLUICE_BENCH_TOOLS", str(load_tools))
    with servers.Floor() as server:
        yield server


def sequence(tag):
    """The number that the source stamped into a frame."""
    at = (VIDEO_STAMP if tag.type == flv.VIDEO else AUDIO_STAMP) + 4
    assert tag.payload[at - 4:at] == b"STMP"
    return int.from_bytes(tag.payload[at:at + 4], "little")


def read_body(port, size):
    """The first `size` bytes of the stream after the HTTP head."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
        s.sendall(b"GET /bench-0/live.flv HTTP/1.1\r\nHost: x\r\n\r\n")
        data = b""
        while HTTP_END not in data or len(data) < data.index(HTTP_END) + 4 + size:
            part = s.recv(65536)
            assert part, "the floor closed the connection"
            data += part
    return data[data.index(HTTP_END) + 4:][:size]


def frames(body):
    return [tag for tag in flv.Parser().feed(body) if tag.is_frame]


def test_two_viewers_of_the_floor_get_the_same_bytes(floor):
    bodies = []
    readers = [threading.Thread(target=lambda: bodies.append(read_body(floor.http, 900_000))) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    assert len(bodies) == 2
    first, second = (frames(body) for body in bodies)
    assert len(first) > 100
    payloads = {(tag.type, sequence(tag)): tag.payload for tag in first}
    shared = [tag for tag in second if (tag.type, sequence(tag)) in payloads]
    assert len(shared) > 100
    assert all(payloads[tag.type, sequence(tag)] == tag.payload for tag in shared)


def test_the_floor_leaves_no_frame_out(floor):
    seen = frames(read_body(floor.http, 900_000))
    assert seen[0].is_key
    for kind in (flv.VIDEO, flv.AUDIO):
        numbers = [sequence(tag) for tag in seen if tag.type == kind]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_viewers_count_the_bytes_and_tags_of_the_stream(floor):
    result = watch.watch(floor, 5, 2, warm_up_s=1)
    assert result["joined"] == 5
    assert result["tags_missed"] == result["gaps"] == result["backward_timestamps"] == 0
    assert result["tags"] == pytest.approx(5 * 2 * 73, rel=0.1)
    assert result["bytes"] == pytest.approx(5 * 2 * 2_140_000 / 8, rel=0.15)
    assert 0 < result["delay_ms"]["p50"] < 100


def serve_once(body):
    """A server that answers one request with `body` and keeps the connection; its port."""
    (port,) = free_ports(1)
    listener = socket.create_server(("127.0.0.1", port))

    def serve():
        with listener, listener.accept()[0] as s:
            s.recv(4096)
            s.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + body)
            s.recv(1)

    threading.Thread(target=serve, daemon=True).start()
    return port


def without(body, index):
    """The FLV without its frame number `index`, counted over all tags."""
    at = flv.HEADER_BYTES + 4
    for _ in range(index):
        at += flv.TAG_HEADER_BYTES + int.from_bytes(body[at + 1:at + 4], "big") + 4
    end = at + flv.TAG_HEADER_BYTES + int.from_bytes(body[at + 1:at + 4], "big") + 4
    return body[:at] + body[end:]


def test_viewers_notice_a_tag_that_is_missing(floor, load_tools):
    body = read_body(floor.http, 600_000)
    port = serve_once(without(body, 60))
    done = subprocess.run([load_tools / "flv_viewers", "--url", f"http://127.0.0.1:{port}/x", "--warm-up", "0",
                           "--seconds", "0.2"], capture_output=True, text=True, timeout=30)
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["gaps"], result["tags_missed"]) == (1, 1)


RECORDING = """
load_module {module};
user root;
daemon off;
pid nginx.pid;
error_log error.log;
events {{ }}
rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; record all; record_path {folder}; }} }} }}
"""


def test_pushes_arrive_whole_at_a_server_that_is_not_ours(load_tools, tmp_path):
    (port,) = free_ports(1)
    (tmp_path / "nginx.conf").write_text(RECORDING.format(module=tools.RTMP_MODULE, port=port, folder=tmp_path))
    server = subprocess.Popen([tools.NGINX, "-p", tmp_path, "-c", "nginx.conf", "-e", "error.log"])
    try:
        wait_for(lambda: accepts(port), 10, "nginx to listen")
        done = subprocess.run([load_tools / "rtmp_push", "--url", f"rtmp://127.0.0.1:{port}/live/bench-%d", "--count", "3",
                               "--bitrate", "500", "--seconds", "2"], capture_output=True, text=True, timeout=60)
        result = json.loads(done.stdout.splitlines()[-1])
        assert result["failures"] == {}
        assert result["publish_ms"]["count"] == 3
        wait_for(lambda: len(list(tmp_path.glob("bench-*.flv"))) == 3, 5, "the recordings")
    finally:
        server.terminate()
        server.wait(10)
    recordings = sorted(tmp_path.glob("bench-*.flv"))
    assert len(recordings) == 3
    for recording in recordings:
        numbers = [sequence(tag) for tag in frames(recording.read_bytes()) if tag.type == flv.VIDEO]
        assert len(numbers) > 50
        assert numbers == list(range(len(numbers)))


@pytest.fixture(scope="module")
def fed_clip():
    """What the process of a hook would get of a clip."""
    return clip.fed(clip.flv(180)).read_bytes()


def test_a_feed_is_read_as_one_frame_in_each_fragment(fed_clip):
    reader = FragmentReader()
    fragments = [f for at in range(0, 500_000, 4096) for f in reader.feed(fed_clip[at:at + 4096])]
    read = reader.head + b"".join(f.data for f in fragments)
    assert read == fed_clip[:len(read)]
    pictures = [f.picture_s for f in fragments if f.picture_s is not None]
    assert len(pictures) > clip.FPS and all(f.frames == 1 for f in fragments)
    steps = [b - a for a, b in zip(pictures, pictures[1:])]
    assert steps == pytest.approx([1 / clip.FPS] * len(steps), abs=0.002)


def test_a_program_by_hand_gets_each_picture_at_its_time_and_what_it_returns_is_noted(fed_clip):
    with ByHand(["sh", "-c", "exec cat >/dev/fd/${0#pipe:}", "pipe:9"], fed_clip, 9) as cat:
        wait_for(lambda: len(cat.returned) > 2 * clip.FPS, 10, "two seconds of pictures")
        sent, returned = cat.sent.copy(), cat.returned.copy()
    first, when = next(iter(sent.items()))
    assert all(0 <= (moment - when) - (at - first) / 1000 < 0.2 for at, moment in sent.items())
    common = sorted(set(sent) & set(returned))
    assert len(common) > 2 * clip.FPS and all(0 <= returned[at] - sent[at] < 0.2 for at in common)


def test_the_command_of_the_bench_is_the_one_that_the_product_runs_for_the_same_settings(tmp_path):
    renditions = {360: 400, 144: 100}
    custom = [{"name": f"p{height}", "width": height * 16 // 9, "height": height, "bitrate_kbps": kbps}
              for height, kbps in renditions.items()]
    made = hook.hooks_of({"transcode": {"enabled": True, "custom": custom}, "task_sizes": {"transcode": transcode.TASK_SIZE}},
                         tmp_path)["transcode"]
    product = made["argv"] + [word for output in made["outputs"] for word in output["argv"]]

    words = transcode.hook(renditions).split()
    begins = words.index(product[0])
    assert words[:begins] == [*(f"output={output['name']}" for output in made["outputs"]), "progress",
                              f"cpu={made['cpu_units']}", f"memory={made['memory_mb']}"]
    assert words[begins:] == product
    # By hand it is the same but for where it goes, and for what it tells.
    targets = [output["argv"][-1] for output in made["outputs"]]
    assert transcode.command(renditions, targets, more=transcode.PROGRESS).split() == product
