"""What a client can make a worker hold and do by RTMP is bounded, whoever it is and however slowly it reads."""

import contextlib
import random
import re
import socket
import struct
import subprocess
import time

import pytest
from sluicetest import amf0, flv, processes
from sluicetest.publisher import Publisher, clip
from sluicetest.rtmp import COMMAND, DATA, SET_CHUNK_SIZE, USER_CONTROL, VIDEO, Closed, Connection
from sluicetest.viewer import RtmpViewer
from sluicetest.waiting import wait_for

NGINX = {"main": "error_log error.log info;",
         "application": "sluice_access_publish open; sluice_ingest_reconnect_window 0s;",
         "rtmp_server": "sluice_ingest_setup_timeout 5s;"}
AMF3_DATA, AMF3_SHARED, AMF3_COMMAND, SHARED, AGGREGATE = 15, 16, 17, 19, 22
MEGABYTE = 1 << 20


@contextlib.contextmanager
def unharmed(nginx):
    """The workers are the same afterwards, and take a push."""
    workers = nginx.workers()
    yield
    with Publisher(nginx.rtmp, "afterwards", clip("avc_quick")) as push:
        assert push.accepted
        nginx.control.wait_state("afterwards", "live")
    assert nginx.workers() == workers, "a worker died"


@contextlib.contextmanager
def grows_less_than(nginx, kilobytes):
    """The worker holds no more than this beside what it held, at any moment that the block asks for."""
    before = processes.resident_kb(nginx.workers()[0])

    def check():
        grown = processes.resident_kb(nginx.workers()[0]) - before
        assert grown < kilobytes, f"{grown} KB"

    with unharmed(nginx):
        yield check
        check()


def expect_end(connection, data, repeat=1):
    """Sends the bytes again and again; the server ends the connection."""
    with contextlib.suppress(OSError):
        for _ in range(repeat):
            connection.sock.sendall(data)
    with contextlib.suppress(ConnectionError):
        connection.wait_closed(2)


def head(channel, length, kind=VIDEO, form=0):
    """The header of a chunk: form 0 with a message stream, form 1 without."""
    start = bytes([form << 6 | channel]) + bytes(3) + struct.pack(">I", length)[1:] + bytes([kind])
    return start + struct.pack("<I", 1) if form == 0 else start


def aggregated(*messages):
    """The body of an aggregate message of (type, payload)."""
    return b"".join(bytes([kind]) + struct.pack(">I", len(body))[1:] + bytes(7) + body
                    + struct.pack(">I", len(body) + 11) for kind, body in messages)


# Values inside values

OBJECT, STRICT_ARRAY = b"\x03\x00\x01a", b"\x0a\x00\x00\x00\x01"


def deep_command(name, levels, inside):
    return amf0.encode_all(name, 1) + inside * levels


@pytest.mark.parametrize("connected", [False, True], ids=["before-connect", "after-connect"])
@pytest.mark.parametrize("levels", [60_000, 1_000_000])
@pytest.mark.parametrize("inside", [OBJECT, STRICT_ARRAY], ids=["objects", "arrays"])
def test_a_command_of_values_in_values_ends_its_sender_only(nginx, inside, levels, connected):
    kinds = {COMMAND: b"", AMF3_COMMAND: b"\0", SHARED: b"", AMF3_SHARED: b"\0", DATA: b"", AMF3_DATA: b"\0"}
    with unharmed(nginx):
        for kind, prefix in kinds.items():
            for name in ("connect", "publish", "onMetaData", "_result"):
                body = prefix + deep_command(name, levels, inside)
                if kind in (SHARED, AMF3_SHARED):
                    body = prefix + body[len(prefix) + 1 :]
                with Connection.open("127.0.0.1", nginx.rtmp) as connection, contextlib.suppress(OSError, Closed):
                    if connected:
                        connection.connect()
                    connection.set_chunk_size(MEGABYTE)
                    connection.send(kind, body[: 0xFFFFFF])
                    connection.command("createStream", None)
                    connection.read(0.2)


@pytest.mark.parametrize("inside", [OBJECT, STRICT_ARRAY], ids=["objects", "arrays"])
def test_a_publisher_is_no_more_trusted_with_values_in_values(nginx, inside):
    bodies = {AGGREGATE: aggregated((COMMAND, deep_command("connect", 60_000, inside))),
              DATA: deep_command("@setDataFrame", 500_000, inside),
              AMF3_DATA: b"\0" + deep_command("onMetaData", 500_000, inside),
              COMMAND: deep_command("seek", 500_000, inside)}
    with unharmed(nginx):
        for kind, body in bodies.items():
            with Connection.open("127.0.0.1", nginx.rtmp) as connection, contextlib.suppress(OSError, Closed):
                assert connection.publish(f"deep{kind}").code == "NetStream.Publish.Start"
                connection.set_chunk_size(MEGABYTE)
                connection.send(kind, body, stream_id=1)
                connection.wait_closed(0.3)


def test_the_deepest_command_that_nginx_rtmp_gets_to_see(nginx):
    """4,096 levels: it is the length of a command that bounds its depth."""
    with unharmed(nginx), Connection.open("127.0.0.1", nginx.rtmp) as connection:
        connection.set_chunk_size(65536)
        expect_end(connection, connection.chunks(COMMAND, deep_command("connect", 4080, OBJECT)))


def test_aggregates_in_aggregates_end_their_sender_only(nginx):
    levels = [bytes([AGGREGATE]) + struct.pack(">I", 15 * n)[1:] + bytes(7) for n in reversed(range(60_000))]
    body = b"".join(levels) + bytes(4) * 60_000
    with unharmed(nginx), Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("demo").code == "NetStream.Publish.Start"
        connection.set_chunk_size(MEGABYTE)
        expect_end(connection, connection.chunks(AGGREGATE, body, stream_id=1))


def test_an_aggregate_of_media_is_taken(nginx):
    source = clip("avc").messages()
    with Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("demo").code == "NetStream.Publish.Start"
        connection.set_chunk_size(MEGABYTE)
        connection.send(AGGREGATE, aggregated(*[(m.type, m.payload) for m in source[:20]]), stream_id=1)
        nginx.control.wait_state("demo", "live")


# Memory

@pytest.mark.parametrize("size", [0, 1, 127, MEGABYTE + 1])
def test_a_chunk_size_beyond_the_bounds_ends_the_session(nginx, size):
    with Connection.open("127.0.0.1", nginx.rtmp) as connection:
        expect_end(connection, connection.chunks(SET_CHUNK_SIZE, struct.pack(">I", size)))
        assert f"chunk size {size} refused" in nginx.output()


@pytest.mark.parametrize("size", [128, 60_000, MEGABYTE])
def test_usual_chunk_sizes_are_taken(nginx, size):
    with Connection.open("127.0.0.1", nginx.rtmp) as connection:
        connection.set_chunk_size(size)
        assert connection.publish("demo").code == "NetStream.Publish.Start"
        source = clip("avc").messages()
        for message in source[:20]:
            connection.media(message)
        nginx.control.wait_state("demo", "live")


def test_who_has_not_published_may_not_begin_long_messages(nginx):
    with grows_less_than(nginx, 4096) as check:
        for connected in (False, True):
            with Connection.open("127.0.0.1", nginx.rtmp) as connection:
                if connected:
                    connection.connect()
                expect_end(connection, head(3, 7_000_000) + (bytes(128) + b"\xc3") * 47_000)
                check()


def test_nor_long_chunks(nginx):
    with grows_less_than(nginx, 4096), Connection.open("127.0.0.1", nginx.rtmp) as connection:
        connection.set_chunk_size(MEGABYTE)
        expect_end(connection, head(3, MEGABYTE) + bytes(MEGABYTE - 1))


def test_a_player_may_not_begin_long_messages(nginx):
    with Publisher(nginx.rtmp, "watched", clip("avc_quick")):
        nginx.control.wait_state("watched", "live")
        with grows_less_than(nginx, 4096), Connection.open("127.0.0.1", nginx.rtmp) as connection:
            assert connection.play("watched").code == "NetStream.Play.Start"
            connection.set_chunk_size(65536)
            expect_end(connection, head(6, 7_000_000) + (bytes(65536) + b"\xc6") * 100)


def test_a_command_that_is_none_of_ours_sheds_no_limit(make_nginx):
    nginx = make_nginx(application="sluice_access_publish open;", applications="""
        application push_only { live off; sluice_ingest on; sluice_access_publish open; }""")
    with unharmed(nginx), Connection.open("127.0.0.1", nginx.rtmp) as connection:
        connection.connect("push_only")
        connection.command("play", None, "demo", stream_id=1)
        connection.set_chunk_size(65536)
        expect_end(connection, head(6, 7_000_000) + (bytes(65536) + b"\xc6") * 100)


def test_a_message_that_becomes_shorter_on_its_way_ends_the_session(nginx):
    """nginx-rtmp would count on from 2^32, and collect that much."""
    with grows_less_than(nginx, 20_000), Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("demo").code == "NetStream.Publish.Start"
        connection.set_chunk_size(65536)
        body = bytes(65536)
        start = head(6, 7_000_000) + body + b"\xc6" + body + head(6, 1000, form=1) + body
        expect_end(connection, start + (b"\xc6" + body) * 2000)


def test_many_messages_at_once_are_bounded_together(nginx):
    with grows_less_than(nginx, 32_000), Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("demo").code == "NetStream.Publish.Start"
        connection.set_chunk_size(65536)
        parts = [head(channel, 7_000_000) + bytes(65536) for channel in range(4, 32)]
        parts += [bytes([0xC0 | channel]) + bytes(65536) for _ in range(60) for channel in range(4, 32)]
        expect_end(connection, b"".join(parts))


def test_chunk_sizes_in_an_aggregate_leave_nothing_behind(nginx):
    body = aggregated(*[(SET_CHUNK_SIZE, struct.pack(">I", MEGABYTE))] * 20_000)
    with grows_less_than(nginx, 8192), Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("demo").code == "NetStream.Publish.Start"
        connection.set_chunk_size(MEGABYTE)
        expect_end(connection, connection.chunks(AGGREGATE, body, stream_id=1))


def unread_connection(port):
    """A connection with the smallest receive buffer, whose answers nobody reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", port))
    connection = Connection(sock)
    connection.handshake()
    return connection


def test_replies_that_nobody_reads_do_not_pile_up(nginx):
    with contextlib.ExitStack() as stack, grows_less_than(nginx, 20 * 400):
        for _ in range(20):
            connection = stack.enter_context(unread_connection(nginx.rtmp))
            pings = connection.chunks(USER_CONTROL, struct.pack(">HI", 6, 1)) * 3000
            connection.sock.settimeout(0.3)
            with contextlib.suppress(OSError):
                for _ in range(100):
                    connection.sock.sendall(pings)


@pytest.mark.parametrize("role", ["publisher", "player"])
def test_who_stops_playing_or_publishing_is_on_the_clock_again(nginx, role):
    with Publisher(nginx.rtmp, "watched", clip("avc_quick")):
        nginx.control.wait_state("watched", "live")
        with Connection.open("127.0.0.1", nginx.rtmp) as connection:
            if role == "player":
                assert connection.play("watched").code == "NetStream.Play.Start"
            else:
                assert connection.publish("demo").code == "NetStream.Publish.Start"
            connection.command("deleteStream", None, 1.0)
            assert connection.wait_closed(8) < 7


def test_applications_that_are_not_ours_have_the_limits_of_nginx_rtmp(make_nginx):
    """Long messages for longer than the setup timeout, from a stock publisher, through a relay, to a stock player."""
    nginx = make_nginx(application="sluice_access_publish open;", rtmp_server="sluice_ingest_setup_timeout 1s;")
    stock = "application stock { live on; } application relayed { live on; push rtmp://127.0.0.1:%d/stock; }"
    nginx.reload(applications=stock % nginx.rtmp)
    source = [m._replace(payload=m.payload + bytes(70_000)) if m.payload[:2] == b"\x17\x01" else m
              for m in clip("avc").messages()]
    with Connection.open("127.0.0.1", nginx.rtmp) as push:
        assert push.publish("demo", app="relayed").code == "NetStream.Publish.Start"
        push.set_chunk_size(65536)
        with RtmpViewer("127.0.0.1", nginx.rtmp, "demo", app="stock") as viewer:
            due = time.monotonic()
            for message, last in zip(source, source[:1] + source):
                push.media(message)
                due += max(0, message.timestamp - last.timestamp) / 1000
                viewer.read_for(max(0, due - time.monotonic()))
            assert any(t.is_key and len(t.payload) > 70_000 for t in viewer.tags)
            assert viewer.tags[-1].timestamp > 1500


# Players that don't read

def kernel_kb(port):
    """What the kernel holds for each connection to the port, to be sent to its client."""
    lines = subprocess.run(["ss", "-Htmn", f"sport = :{port}"], check=True, capture_output=True, text=True).stdout
    return [int(n) // 1024 for n in re.findall(r"skmem:\(.*?,w(\d+)", lines)]


@pytest.mark.deadline(60)
def test_players_that_read_nothing_cost_little_and_quick_ones_see_nothing(nginx):
    """8 Mbit/s and more, for longer than the kernel and nginx-rtmp would buffer it."""
    count, limit_kb = 10, 256
    with Publisher(nginx.rtmp, "demo", clip("avc_big"), speed=2.0) as push, contextlib.ExitStack() as stack:
        nginx.control.wait_state("demo", "live")
        quick = stack.enter_context(RtmpViewer("127.0.0.1", nginx.rtmp, "demo"))
        quick.read_key_frame()
        before = processes.resident_kb(nginx.workers()[0])
        slow = [stack.enter_context(unread_connection(nginx.rtmp)) for _ in range(count)]
        for connection in slow:
            connection.play("demo")
        quick.read_for(9)
        assert max(kernel_kb(nginx.rtmp)) <= limit_kb
        assert processes.resident_kb(nginx.workers()[0]) - before <= limit_kb * count
        quick.check(largest_step_ms=100)
        assert nginx.control.stream("demo")["viewers"]["rtmp"] == count + 1
        assert not push.ended.is_set()


def test_a_player_that_reads_again_goes_on_at_a_key_frame(nginx):
    with Publisher(nginx.rtmp, "demo", clip("avc_big"), speed=2.0):
        nginx.control.wait_state("demo", "live")
        with unread_connection(nginx.rtmp) as connection:
            connection.play("demo")
            wait_for(lambda: nginx.control.stream("demo")["bytes_in"] > 8 * MEGABYTE, 30, "a good deal of stream")
            frames = []
            while not jumps(frames):
                message = connection.read()
                if message.type == VIDEO and not flv.Tag(VIDEO, 0, message.payload, 0).is_config:
                    frames.append(message)
            assert all(after.payload[0] >> 4 == 1 for after in jumps(frames))
            assert nginx.control.stream("demo")["skips"]["count"] > 0


def jumps(frames):
    """Those before which something is missing."""
    return [b for a, b in zip(frames, frames[1:]) if b.timestamp - a.timestamp > 80]


# Everything else that the protocol has

@pytest.mark.parametrize("connected", [False, True], ids=["before-connect", "after-connect"])
def test_every_type_of_message_on_every_chunk_stream(make_nginx, connected):
    nginx = make_nginx(sanitized=True, **NGINX)
    source = random.Random(1)
    bodies = [b"", b"\0", bytes(4), bytes(5), bytes(9), source.randbytes(300), b"\xff" * 30,
              amf0.encode_all("onStatus", 1, None, {}), amf0.encode_all("_result", 1, None, {})]
    with unharmed(nginx):
        for kind in [*range(26), 100, 255]:
            for body in bodies:
                attempt(nginx.rtmp, connected, lambda c, k=kind, b=body: c.chunks(k, b, channel=3) * 3)
        for event in range(40):
            for size in (0, 1, 4, 8, 12):
                body = struct.pack(">H", event) + source.randbytes(size)
                attempt(nginx.rtmp, connected, lambda c, b=body: c.chunks(USER_CONTROL, b) * 3)
        for basic in [bytes([c]) for c in range(2, 64)] + [bytes([0, c]) for c in (0, 255)] + [b"\1\0\0", b"\1\xff\xff"]:
            message = head(0, 10)[1:] + bytes(10)
            attempt(nginx.rtmp, connected, lambda c, m=basic + message: m * 3)
            for form in (1, 2, 3):
                start = bytes([basic[0] | form << 6]) + basic[1:]
                attempt(nginx.rtmp, connected, lambda c, m=start: m + bytes(200))


def attempt(port, connected, make):
    with Connection.open("127.0.0.1", port) as connection, contextlib.suppress(OSError, Closed, TimeoutError):
        if connected:
            connection.connect()
        connection.sock.sendall(make(connection))
        connection.sock.shutdown(socket.SHUT_WR)
        connection.wait_closed(1)
