"""HTTP as nobody should speak it, through the public port: what the library behind nginx does badly can't be reached."""

import contextlib
import json
import re
import socket
import subprocess
import time

import pytest
from sluicetest import processes
from sluicetest.api import fresh_id
from sluicetest.contract import Contract
from sluicetest.request_generator import operations
from sluicetest.waiting import wait_for

ANSWERS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def connected(system, timeout=5):
    return socket.create_connection(("127.0.0.1", system.http), timeout)


def said(sock, until=None, silence=2.0):
    """What comes until the end, until `until(data)`, or until nothing has come for a while."""
    data = b""
    sock.settimeout(silence)
    with contextlib.suppress(OSError):
        while piece := sock.recv(65536):
            data += piece
            if until and until(data):
                break
    return data


def talk(system, data, **how):
    with connected(system) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(data)
        return said(sock, **how)


def head(system, line, *fields):
    return "\r\n".join([f"{line} HTTP/1.1", "Host: x", f"Authorization: Bearer {system.token}", *fields, "", ""]).encode()


def statuses(data):
    return [int(s) for s in ANSWERS.findall(data)]


def answer_time(system):
    began = time.monotonic()
    assert system.api.get("/channels", params={"limit": 1}).status_code == 200
    return time.monotonic() - began


@pytest.fixture(scope="module")
def patience(shared_system):
    """Two seconds; more on a machine that is slow with requests which nobody disturbs."""
    return max(2.0, 20 * max(answer_time(shared_system) for _ in range(5)))


def answers_soon(system, patience):
    """One of three tries: the machine may be busy with something else for a moment."""
    assert min(answer_time(system) for _ in range(3)) < patience


# Where one request ends and the next begins

def length_and_chunks(inner):
    return ["Content-Length: %d" % (len(inner) + 5), "Transfer-Encoding: chunked"], b"0\r\n\r\n" + inner


def chunks_and_length(inner):
    size = b"%x\r\n" % len(inner)
    return ["Transfer-Encoding: chunked", "Content-Length: 4"], size + inner + b"\r\n0\r\n\r\n"


def fields(*lines):
    return lambda inner: (list(lines), b"0\r\n\r\n" + inner)


AMBIGUOUS = {
    "length-and-chunks": length_and_chunks,
    "chunks-and-length": chunks_and_length,
    "two-encodings": fields("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "unknown-encoding": fields("Transfer-Encoding: xchunked"),
    "encoding-list": fields("Transfer-Encoding: gzip, chunked"),
    "space-before-colon": fields("Transfer-Encoding : chunked"),
    "folded-line": fields("Transfer-Encoding:", " chunked"),
    "two-lengths": fields("Content-Length: 5", "Content-Length: 0"),
    "same-length-twice": fields("Content-Length: 5", "Content-Length: 5"),
    "length-list": fields("Content-Length: 5, 5"),
    "signed-length": fields("Content-Length: +5"),
    "negative-length": fields("Content-Length: -1"),
    "hex-length": fields("Content-Length: 0x5"),
    "huge-length": fields("Content-Length: 99999999999999999999"),
    "length-with-words": fields("Content-Length: 5 bytes"),
    "length-with-space": fields("Content-Length : 5"),
}


@pytest.mark.parametrize("made", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_a_request_whose_end_is_in_doubt_is_refused_and_what_hides_in_it_is_not_done(shared_system, channel, made):
    inner = head(shared_system, f"DELETE /api/v1{channel.path}", "Content-Length: 0")
    lines, body = made(inner)
    data = head(shared_system, "POST /api/v1/channels", "Content-Type: application/json", *lines) + body
    found = statuses(talk(shared_system, data, silence=1.0))
    assert found and found[0] in (400, 413, 501), found
    assert len(found) == 1, "the rest was taken for a request"
    assert shared_system.api.get(channel.path).status_code == 200


@pytest.mark.parametrize("data", [
    b"GET /api/v1/health HTTP/1.1\nHost: x\nConnection: close\n\n",
    b"GET  /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\nNa me: x\r\nConnection: close\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"GET /api/v1/health HTTP/1.1\r\n\r\n",
    b"GET /api/v1/health HTTP/9.9\r\nHost: x\r\n\r\n",
    b"G\xffT /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://other/api/v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /api/v1/health\r\n\r\n",
    b"POST /api/v1/channels HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /api/v1/channels HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
])
def test_broken_requests_get_a_client_error_or_their_answer_and_nothing_breaks(shared_system, patience, data):
    control_plane = shared_system.controlplane()
    found = statuses(talk(shared_system, data, silence=0.5))
    assert all(s < 500 or s in (501, 505) for s in found), found
    answers_soon(shared_system, patience)
    assert shared_system.controlplane() == control_plane


def test_pipelined_requests_are_all_answered_in_their_order(shared_system):
    made = [shared_system.api.channel(fresh_id("pipe")) for _ in range(3)]
    asked = [made[n % 3].id if n % 4 else fresh_id("none") for n in range(60)]
    data = b"".join(head(shared_system, f"GET /api/v1/channels/{name}") for name in asked)
    with connected(shared_system) as sock:
        sock.sendall(data)
        answer = said(sock, until=lambda got: len(statuses(got)) == len(asked) and got.endswith(b"}\n"))
    assert statuses(answer) == [200 if any(m.id == name for m in made) else 404 for name in asked]
    ids = re.findall(rb'"id":"([^"]+)"', answer)
    assert [i.decode() for i in ids] == [name for name in asked if any(m.id == name for m in made)]
    for channel in made:
        channel.delete()


# Sizes

@pytest.mark.parametrize("declared", [True, False])
def test_fifty_megabytes_are_refused_at_once_and_take_no_memory(shared_system, patience, declared):
    before = memory(shared_system)
    began = time.monotonic()
    with connected(shared_system) as sock:
        how = f"Content-Length: {50 << 20}" if declared else "Transfer-Encoding: chunked"
        sock.sendall(head(shared_system, "POST /api/v1/channels", "Content-Type: application/json", how))
        with contextlib.suppress(OSError):
            piece = b"x" * 65536 if declared else b"10000\r\n" + b"x" * 65536 + b"\r\n"
            for _ in range(40):
                sock.sendall(piece)
        answer = said(sock, until=lambda data: data.endswith(b"}\n"))
    assert statuses(answer) == [413]
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["status"] == 413
    assert time.monotonic() - began < patience
    # What others do to a shared system is a part of it; what was sent would be 50 MB.
    wait_for(lambda: memory(shared_system) - before < 16 << 10, 10, "less memory than was sent")


def memory(system):
    """In KB."""
    return sum(processes.resident_kb(p) for p in (system.controlplane(), *system.workers()))


@pytest.mark.parametrize("size, expected", [(6000, 404), (9000, 414), (200_000, 414)])
def test_a_long_address_is_looked_up_or_refused_as_too_long(shared_system, size, expected):
    answer = talk(shared_system, head(shared_system, f"GET /api/v1/channels/{'x' * size}", "Connection: close"))
    assert statuses(answer) == [expected]
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["status"] == expected


def test_headers_that_are_too_large_are_refused_by_that_name(shared_system):
    answer = talk(shared_system, head(shared_system, "GET /api/v1/channels", "X-Large: " + "x" * 20_000))
    assert statuses(answer) == [431]
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["status"] == 431


# Time

def test_slow_senders_hold_nobody_up_and_never_reach_the_control_plane(shared_system, patience):
    started = head(shared_system, "POST /api/v1/channels", "Content-Type: application/json", "Content-Length: 1000")
    with contextlib.ExitStack() as stack:
        bodies = [stack.enter_context(connected(shared_system)) for _ in range(150)]
        headers = [stack.enter_context(connected(shared_system)) for _ in range(150)]
        for sock in bodies:
            sock.sendall(started + b"{")
        for sock in headers:
            sock.sendall(b"GET /api/v1/channels HTTP/1.1\r\nX: ")
        for _ in range(3):
            for sock in bodies + headers:
                sock.sendall(b" ")
            answers_soon(shared_system, patience)

        def connections():
            text = shared_system.api.get("/metrics").text
            return int(re.search(r"^sluice_api_connections (\d+)", text, re.M)[1])
        # Nginx keeps some for the next requests, of other tests too.
        wait_for(lambda: connections() < 20, 10, "connections for none of the slow ones")


@pytest.mark.deadline(60)
def test_a_header_that_never_ends_is_cut_off(shared_system):
    with connected(shared_system) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()

        def closed():
            sock.settimeout(0.3)
            try:
                sock.sendall(b"X: y\r\n")
                return sock.recv(4096) == b""
            except TimeoutError:
                return False
            except OSError:
                return True
        wait_for(closed, 20, "the end")
        assert time.monotonic() - began < 15


def test_a_thousand_idle_connections_leave_room(shared_system, patience):
    with contextlib.ExitStack() as stack:
        for _ in range(1000):
            stack.enter_context(connected(shared_system))
        answers_soon(shared_system, patience)


def test_who_has_said_everything_and_closed_his_side_still_gets_his_answer(shared_system):
    name = fresh_id("half")
    body = json.dumps({"id": name}).encode()
    with connected(shared_system) as sock:
        sock.sendall(head(shared_system, "POST /api/v1/channels", "Content-Type: application/json",
                          f"Content-Length: {len(body)}") + body)
        sock.shutdown(socket.SHUT_WR)
        assert statuses(said(sock)) == [201]
    assert shared_system.api.delete(f"/channels/{name}").status_code == 204


def test_who_vanishes_in_the_middle_leaves_nothing_behind(shared_system, patience):
    for _ in range(30):
        with connected(shared_system) as sock:
            sock.sendall(head(shared_system, "POST /api/v1/channels", "Content-Length: 20") + b"{")
    answers_soon(shared_system, patience)


# Methods and paths

def places():
    found = {}
    for operation in operations(Contract().source):
        found.setdefault(operation.template, set()).add(operation.method.upper())
    return found


@pytest.mark.parametrize("template", places())
def test_every_address_knows_head_and_options_and_names_its_methods(shared_system, channel, template):
    methods = places()[template]
    path = re.sub(r"\{\w+\}", channel.id if "/channels/" in template else "1", template)
    client, url = shared_system.api.client, shared_system.url + path
    options = client.request("OPTIONS", url)
    assert options.status_code == 204 and options.content == b""
    allowed = set(options.headers["allow"].replace(" ", "").split(","))
    assert allowed >= methods | {"OPTIONS"}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
        reply = client.request(method, url)
        assert reply.status_code == 405, (method, reply.text)
        assert set(reply.headers["allow"].replace(" ", "").split(",")) == allowed
        assert reply.headers["content-type"] == "application/problem+json"
    if "GET" in methods and not template.endswith(("/events", "/metrics", "/health")):
        whole, short = client.get(url), client.head(url)
        assert (short.status_code, short.content) == (whole.status_code, b"")
        assert abs(int(short.headers.get("content-length", 0)) - len(whole.content)) < 50


def test_escapes_in_a_path_are_read_once_and_never_make_another_path(shared_system, channel):
    def status(path):
        return statuses(talk(shared_system, head(shared_system, f"GET {path}", "Connection: close")))
    escaped = "".join(f"%{ord(c):02x}" for c in channel.id)
    assert status(f"/api/v1/channels/{escaped}") == [200]
    assert status(f"/api/v1/%63hannels/{channel.id}") == [200]
    assert status(f"/api/v1/channels%2F{channel.id}") == [404]
    assert status(f"/api/v1/channels/{channel.id}%2Furls") == [404]
    assert status(f"/api/v1/channels/{escaped.replace('%', '%25')}") == [404]
    assert status("/api/v1/channels/%E9%A2%91%E9%81%93") == [404]
    assert status("/api/v1/channels/%ff") == [404]
    assert status(f"/api/v1/channels/x/%2e%2e/{channel.id}") == [404]
    for broken in ("%00", "%", "%4", "%zz", f"{channel.id}%00"):
        assert status(f"/api/v1/channels/{broken}") == [400], broken


# HTTP/2

def curl(system, path, *arguments):
    argv = ["curl", "-sk", "--http2", "-m", "10", "-H", f"Authorization: Bearer {system.token}", "-w",
            "\n%{http_version} %{http_code}", *arguments, f"https://127.0.0.1:{system.https}{path}"]
    body, _, last = subprocess.run(argv, capture_output=True, check=True).stdout.decode().rpartition("\n")
    return *last.split(), body


def test_the_api_is_the_same_over_http_2(shared_system, channel, tmp_path):
    path = f"/api/v1{channel.path}"
    version, status, body = curl(shared_system, path)
    assert (version, status, json.loads(body)["id"]) == ("2", "200", channel.id)
    assert curl(shared_system, path, "-I")[1] == "200"
    json_type = ("-H", "Content-Type: application/json")
    assert curl(shared_system, path, "-X", "PATCH", *json_type, "-d", '{"name": "h2"}')[1] == "200"
    assert curl(shared_system, path, "-X", "PATCH", *json_type, "-d", "{")[1] == "400"
    large = tmp_path / "large"
    large.write_bytes(b"x" * (2 << 20))
    _, status, body = curl(shared_system, "/api/v1/channels", *json_type, "--data-binary", f"@{large}")
    assert (status, json.loads(body)["status"]) == ("413", 413)
