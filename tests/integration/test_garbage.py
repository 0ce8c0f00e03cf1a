"""Bad input gets a clear error or a clean end, never a crash, and disturbs no one else."""

import contextlib
import json
import os
import random
import socket
import struct
import time

import pytest
from sluicetest import amf0, flv, processes, rtmp
from sluicetest.publisher import Publisher, clip
from sluicetest.rtmp import AUDIO, COMMAND, DATA, VIDEO, Connection
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import wait_for

NGINX = {"sanitized": True, "application": "sluice_access_publish open;",
         "rtmp_server": "sluice_ingest_setup_timeout 3s;"}
SYSTEM = {"sanitized": True}
SEED = int(os.environ.get("SLUICE_TEST_SEED", "1"))


@contextlib.contextmanager
def bystander(nginx):
    """Somebody else's push and viewer, and the workers, are the same afterwards."""
    workers = nginx.workers()
    with Publisher(nginx.rtmp, "bystander", clip("avc_quick")) as push:
        nginx.control.wait_state("bystander", "live")
        with HttpFlv(nginx.flv("bystander")) as viewer:
            viewer.read_key_frame()
            yield
            viewer.read_key_frame(5)
            viewer.check(largest_step_ms=300)
        assert not push.ended.is_set()
    assert nginx.workers() == workers, "a worker died"


def send(port, data, host="127.0.0.1"):
    """Sends bytes and reads what comes until the end or one second of silence."""
    with socket.create_connection((host, port), 5) as s:
        with contextlib.suppress(OSError):
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        s.settimeout(1)
        answer = b""
        with contextlib.suppress(OSError):
            while piece := s.recv(65536):
                answer += piece
        return answer


def test_random_bytes_on_every_port(nginx):
    source = random.Random(SEED)
    with bystander(nginx):
        for port in (nginx.rtmp, nginx.http, nginx.https, nginx.h2):
            for size in (1, 7, 1536, 1537, 3073, 20000, 300000):
                send(port, source.randbytes(size))


def test_random_bytes_after_the_handshake(nginx):
    source = random.Random(SEED)
    with bystander(nginx):
        for _ in range(60):
            with Connection.open("127.0.0.1", nginx.rtmp) as connection, contextlib.suppress(OSError):
                connection.sock.sendall(source.randbytes(source.choice((1, 12, 200, 5000))))
                connection.wait_closed(0.05)


def mutated(data, source):
    """`data` with a few bytes changed, cut out, or repeated."""
    data = bytearray(data)
    for _ in range(source.randint(1, 8)):
        at = source.randrange(len(data))
        what = source.randrange(3)
        if what == 0:
            data[at] = source.randrange(256)
        elif what == 1:
            del data[at : at + source.randint(1, 9)]
        else:
            data[at:at] = data[at : at + source.randint(1, 30)]
        if not data:
            return b"\0"
    return bytes(data)


def dialogue(name):
    """The chunks of a whole publication, as a list."""
    quiet, _ = socket.socketpair()
    maker = Connection(quiet)
    call = {"app": "stream", "tcUrl": "rtmp://localhost/stream"}
    commands = [("connect", 1, call), ("createStream", 2, None), ("publish", 3, None, name, "live")]
    chunks = [maker.chunks(COMMAND, amf0.encode_all(*c), stream_id=int(c[0] == "publish")) for c in commands]
    chunks += [maker.chunks(m.type, m.payload, m.timestamp, 1) for m in clip("avc").messages()[:30]]
    quiet.close()
    return chunks


def test_mutated_dialogues(nginx):
    source = random.Random(SEED)
    with bystander(nginx):
        for round_number in range(150):
            chunks = dialogue(f"mutant{round_number}")
            at = source.randrange(len(chunks))
            chunks[at] = mutated(chunks[at], source)
            with Connection.open("127.0.0.1", nginx.rtmp) as connection, contextlib.suppress(OSError, rtmp.Closed):
                connection.sock.sendall(b"".join(chunks))
                connection.wait_closed(0.02)


def test_mutated_dialogues_leave_no_memory_behind(make_nginx):
    """Leaks are judged on the build without a sanitizer, by what the worker holds after the first rounds."""
    nginx = make_nginx(application="sluice_access_publish open; sluice_ingest_reconnect_window 0s;")
    source = random.Random(SEED)

    def rounds():
        for number in range(200):
            chunks = dialogue(f"leak{number % 10}")
            at = source.randrange(len(chunks))
            chunks[at] = mutated(chunks[at], source)
            with Connection.open("127.0.0.1", nginx.rtmp) as connection, contextlib.suppress(OSError, rtmp.Closed):
                connection.sock.sendall(b"".join(chunks))
        return processes.resident_kb(nginx.workers()[0])

    rounds()
    before = rounds()
    assert rounds() - before < 500


BROKEN_AMF = {
    "empty": b"",
    "unknown-marker": b"\xff" * 20,
    "string-longer-than-message": b"\x02\xff\xffconnect",
    "object-without-end": b"\x02\x00\x07connect\x00" + struct.pack(">d", 1) + b"\x03\x00\x03app\x02\x00\xff",
    "number-cut-short": b"\x02\x00\x07connect\x00\x3f",
    "very-deep": b"\x02\x00\x07connect\x00" + struct.pack(">d", 1) + b"\x03\x00\x01a" * 5000,
    "huge-array": b"\x02\x00\x07connect\x00" + struct.pack(">d", 1) + b"\x0a\xff\xff\xff\xff",
    "command-is-a-number": amf0.encode_all(1, 2, 3),
    "publish-before-connect": amf0.encode_all("publish", 1, None, "demo", "live"),
    "nan-transaction": b"\x02\x00\x07connect\x00" + b"\x7f\xf8" + bytes(6),
}


@pytest.mark.parametrize("body", BROKEN_AMF.values(), ids=BROKEN_AMF.keys())
def test_broken_commands(nginx, body):
    with bystander(nginx):
        for connect_first in (False, True):
            with Connection.open("127.0.0.1", nginx.rtmp) as connection, contextlib.suppress(OSError):
                if connect_first:
                    connection.connect()
                connection.send(COMMAND, body)
                connection.wait_closed(0.3)
            if not connect_first:
                assert nginx.control.stream("demo") is None


BROKEN_MEDIA = {
    "empty-video": (VIDEO, b""),
    "empty-audio": (AUDIO, b""),
    "empty-data": (DATA, b""),
    "one-byte-video": (VIDEO, b"\x17"),
    "one-byte-audio": (AUDIO, b"\xaf"),
    "cut-avc-header": (VIDEO, b"\x17\x00\x00\x00\x00\x01\x64"),
    "avc-header-without-sps": (VIDEO, b"\x17\x00\x00\x00\x00\x01\x64\x00\x1f\xff\xe0\x00"),
    "avc-header-sps-too-long": (VIDEO, b"\x17\x00\x00\x00\x00\x01\x64\x00\x1f\xff\xe1\xff\xff\x67"),
    "empty-aac-config": (AUDIO, b"\xaf\x00"),
    "strange-aac-config": (AUDIO, b"\xaf\x00\xff\xff\xff\xff"),
    "unknown-fourcc": (VIDEO, b"\x91????" + bytes(30)),
    "enhanced-cut": (VIDEO, b"\x90hv"),
    "multitrack": (VIDEO, b"\x96\x10hvc1\x00" + bytes(30)),
    "unknown-codec": (VIDEO, b"\x1f" + bytes(50)),
    "metadata-garbage": (DATA, b"\x02\x00\x0d@setDataFrame" + b"\xfe" * 40),
    "metadata-deep": (DATA, amf0.encode_all("@setDataFrame", "onMetaData") + b"\x03\x00\x01a" * 4000),
    "large-video": (VIDEO, b"\x27\x01\x00\x00\x00" + bytes(3_000_000)),
}


@pytest.mark.parametrize(("kind", "body"), BROKEN_MEDIA.values(), ids=BROKEN_MEDIA.keys())
def test_broken_media(nginx, kind, body):
    """The publisher is ended or the message is left out; who watches gets whole, valid FLV."""
    source = clip("avc_quick")
    with bystander(nginx):
        with Publisher(nginx.rtmp, "demo", source) as push:
            nginx.control.wait_state("demo", "live")
            with HttpFlv(nginx.flv("demo")) as viewer:
                viewer.read_key_frame()
                push.halt()
                with contextlib.suppress(OSError):
                    push.connection.send(kind, body, push.sent[-1].timestamp, 1)
                    for message in source.messages(push.sent[-1].timestamp + 40):
                        push.connection.media(message)
                viewer.read_for(0.3)
                flv.check_rising([t for t in viewer.tags if t.is_frame])


@pytest.mark.parametrize("size", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 100_000_000])
def test_strange_chunk_sizes(nginx, size):
    with bystander(nginx), Connection.open("127.0.0.1", nginx.rtmp) as connection:
        connection.send(rtmp.SET_CHUNK_SIZE, struct.pack(">I", size))
        connection.out_chunk = 1 if size == 1 else 128
        with contextlib.suppress(OSError, rtmp.Closed, TimeoutError):
            connection.timeout = 2
            connection.publish("demo")


def test_a_message_longer_than_allowed_ends_its_sender(nginx):
    with bystander(nginx), Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("demo").code == "NetStream.Publish.Start"
        header = b"\x06" + b"\0\0\0" + b"\xff\xff\xff" + b"\x09" + struct.pack("<I", 1)
        with contextlib.suppress(OSError):
            connection.set_chunk_size(65536)
            for _ in range(300):
                connection.sock.sendall(header + bytes(65536))
                header = b"\xc6"
        wait_for(lambda: nginx.control.stream("demo") is None or nginx.control.state("demo") != "live", 8,
                 "the sender to be ended")


@pytest.mark.parametrize("stage", ["nothing", "half-handshake", "no-publish", "no-connect"])
def test_who_never_gets_to_publish_is_cut_off(nginx, stage):
    connection = Connection.open("127.0.0.1", nginx.rtmp, handshake=False)
    with connection:
        if stage == "half-handshake":
            connection.sock.sendall(b"\x03" + bytes(700))
        elif stage != "nothing":
            connection.handshake()
            if stage == "no-publish":
                connection.connect()
        assert connection.wait_closed(6) < 5


def test_one_byte_a_second_does_not_hold_a_connection(nginx):
    """The deadline is on the whole setup, not on the silence between two bytes."""
    with Connection.open("127.0.0.1", nginx.rtmp, handshake=False) as connection:
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 8:
                connection.sock.sendall(b"\x03" if time.monotonic() == began else b"\0")
                with contextlib.suppress(TimeoutError):
                    connection.wait_closed(0.5)
                    break
        assert time.monotonic() - began < 6


def test_many_half_open_connections_leave_room(nginx):
    held = [socket.create_connection(("127.0.0.1", nginx.rtmp)) for _ in range(300)]
    with Publisher(nginx.rtmp, "demo", clip("avc")) as push:
        assert push.accepted
    for s in held:
        s.close()


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /demo/live.flv HTTP/9.9\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    b"GET /%00/live.flv HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /" + b"a" * 20000 + b"/live.flv HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /demo/live.flv HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"GET /demo/live.flv HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 99\r\n\r\n",
], ids=["no-host", "http-9.9", "tls-on-plain", "nul", "dots", "long", "negative-length", "websocket-99"])
def test_strange_requests_get_an_http_error(nginx, data):
    with bystander(nginx):
        answer = send(nginx.http, data)
        assert answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 5") or not answer \
            or answer.startswith(b"<html>")


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b'"text"', b"17", b"\xff\xfe", b'{"id": 5}', b'{"id": {}}', b'{"id": "a b"}',
    b'{"id": "../x"}', b'{"ingest": []}', b'{"ingest": {"auth": 7}}', b'{"enabled": "perhaps"}',
    b'{"expires_at": "yesterday"}', b'{"nonsense": 1}', b"[" * 20000, b'{"name": "' + b"x" * 500_000 + b'"}',
    b'{"id": "api"}', b'{"id": ".hidden"}', b'{"outputs": {"flv": "x", "hls": 3}}',
], ids=lambda b: repr(b[:24]))
def test_json_of_the_wrong_shape_is_a_client_error(own_system, body):
    api = own_system.api
    reply = api.client.post("/channels", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= reply.status_code < 500, (reply.status_code, reply.text[:300])
    assert reply.headers["content-type"].startswith("application/problem+json")
    problem = reply.json()
    assert problem["title"] and "detail" in problem
    assert api.get("/health").status_code == 200


@pytest.mark.deadline(120)
def test_a_damaged_snapshot_is_refused_and_the_old_one_stays(own_system):
    system = own_system
    system.expected.append("snapshot")
    for damage in ("truncated", "flipped", "empty", "missing", "manifest"):
        made = system.api.channel()
        with system.control.events() as events:
            damage_snapshot(system.dir / "channels", damage)
            events.wait("config.snapshot_refused")
        expect_push_and_play(system, made, f"{damage}: the old snapshot is no longer in force")
        # The damaged one took the next number; the one after it is new to everybody.
        system.api.channel()
        expect_push_and_play(system, system.api.channel(), f"{damage}: the next good snapshot was not taken")


def expect_push_and_play(system, channel, what):
    with Publisher(system.rtmp, channel.name(), clip("avc_quick")) as push:
        assert push.accepted, what
        system.control.wait_state(channel.id, "live")
        with HttpFlv(system.flv(channel.id)) as viewer:
            viewer.read_key_frame()


def damage_snapshot(folder, damage):
    """Publishes a generation whose file does not hold what the manifest says."""
    manifest = json.loads((folder / "manifest.json").read_text())
    good = (folder / manifest["file"]).read_bytes()
    generation = manifest["generation"] + 1
    manifest |= {"generation": generation, "file": f"channels-{generation}.mdb"}
    data = {"truncated": good[: len(good) // 2], "flipped": flipped(good), "empty": b"", "manifest": good}
    if damage in data:
        (folder / manifest["file"]).write_bytes(data[damage])
        os.chmod(folder / manifest["file"], 0o644)
    text = json.dumps(manifest)
    new = folder / "manifest.json.new"
    new.write_text(text[: len(text) // 2] if damage == "manifest" else text)
    os.chmod(new, 0o644)
    new.rename(folder / "manifest.json")


def flipped(data):
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
