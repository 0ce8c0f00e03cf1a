"""sluice_access_authorise in a hand-written nginx.conf: a server of one's own behind a unix socket."""

import json
import socket
import tempfile
import threading
from pathlib import Path

import httpx
import pytest
from sluicetest import rtmp, sign
from sluicetest.publisher import Publisher, clip
from sluicetest.refusal import DENIED, expect_refused
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import stays, wait_for

KEY = "a-key"
YES, NO = b'{"allow":true}', b'{"allow":false,"reason":"not\\ntoday"}'


def reply(body, status="200 OK"):
    return b"HTTP/1.1 " + status.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class Who:
    """Answers each question with the bytes `answer`, in pieces of one byte when `slowly`; None: with nothing."""

    def __init__(self, folder):
        self.path = folder / "who.sock"
        self.answer = reply(YES)
        self.slowly = False
        self.asked = []
        self.gone = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(512)
        self.path.chmod(0o666)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            text = b""
            while b"\r\n\r\n" not in text or len(text.partition(b"\r\n\r\n")[2]) < self._length(text):
                text += connection.recv(65536)
            self.asked.append(json.loads(text.partition(b"\r\n\r\n")[2]))
            if self.answer is None:
                connection.recv(1)
                self.gone.set()
                return
            step = 1 if self.slowly else max(len(self.answer), 1)
            for at in range(0, len(self.answer), step):
                connection.sendall(self.answer[at:at + step])

    @staticmethod
    def _length(text):
        head = text.partition(b"\r\n\r\n")[0].lower()
        return int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])

    def close(self):
        self._listener.close()


@pytest.fixture
def who():
    with tempfile.TemporaryDirectory(prefix="sluice-who-") as folder:
        Path(folder).chmod(0o755)
        server = Who(Path(folder))
        yield server
        server.close()


def asking(make_nginx, who, options="", access=f"sluice_access_publish signed; sluice_access_key {KEY};", **how):
    line = f"sluice_access_authorise unix:{who.path} {options};"
    return make_nginx(application=access + line, location=line, sanitized=True, **how)


def status_of(nginx, name="demo"):
    with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
        return connection.publish(name)


def test_everybody_is_asked_about_and_the_signature_stays_here(make_nginx, who):
    nginx = asking(make_nginx, who)
    with Publisher(nginx.rtmp, sign.push_name("demo", KEY) + "&user=7", clip("avc_quick")) as push:
        assert push.accepted
        with HttpFlv(nginx.flv("demo") + "?seat=a%26b&sign=1") as viewer:
            viewer.read_key_frame()
    sessions = [question.pop("session") for question in who.asked]
    assert len(set(sessions)) == 2
    assert who.asked == [
        {"action": "publish", "channel": "demo", "protocol": "rtmp", "address": "127.0.0.1", "query": "user=7"},
        {"action": "play", "channel": "demo", "protocol": "flv", "address": "127.0.0.1", "query": "seat=a%26b"}]


def test_an_answer_may_come_in_pieces(make_nginx, who):
    nginx = asking(make_nginx, who)
    who.slowly = True
    assert status_of(nginx, sign.push_name("demo", KEY)).code == "NetStream.Publish.Start"


def test_a_denial_is_told_in_one_line(make_nginx, who):
    nginx = asking(make_nginx, who)
    who.answer = reply(NO)
    status = status_of(nginx, sign.push_name("demo", KEY))
    assert (status.code, status.description) == (DENIED, "sluice: authorise_denied: not today")


def test_a_wrong_signature_is_not_asked_about(make_nginx, who):
    nginx = asking(make_nginx, who)
    expect_refused(nginx, "demo?sign=4102444800-" + "0" * 64, "signature_wrong")
    assert not who.asked


GARBAGE = {
    "nothing": b"", "half a status": b"HTTP/1.1 2", "no end of the head": b"HTTP/1.1 200 OK\r\n",
    "no body": b"HTTP/1.1 200 OK\r\n\r\n", "no json": reply(b"yes"), "no object": reply(b"true"),
    "another type": reply(b'{"allow":"yes"}'), "a number": reply(b'{"allow":1}'), "another status": reply(YES, "201 OK"),
    "an error": reply(YES, "500 Oops"), "another protocol": b"SSH-2.0-x\r\n", "noise": bytes(range(256)) * 4,
    "too much": reply(b'{"allow":true,"x":"' + b"x" * 100_000 + b'"}'), "deep": reply(b"[" * 5000),
}


def test_garbage_is_a_failure(make_nginx, who):
    nginx = asking(make_nginx, who, access="sluice_access_publish open;")
    for name, answer in GARBAGE.items():
        who.answer = answer
        assert status_of(nginx).description == "sluice: authorise_failed", name
    assert len(who.asked) == len(GARBAGE)


@pytest.mark.parametrize(("policy", "code"), [("deny", DENIED), ("allow", "NetStream.Publish.Start")])
def test_without_an_answer_the_policy_of_the_directive_holds(make_nginx, who, policy, code):
    nginx = asking(make_nginx, who, f"timeout=200ms on_failure={policy}", "sluice_access_publish open;")
    who.answer = None
    assert status_of(nginx).code == code
    who.close()
    assert status_of(nginx, "second").code == code
    who.path.unlink()
    assert status_of(nginx, "third").code == code


def test_who_leaves_takes_the_question_along(make_nginx, who):
    nginx = asking(make_nginx, who, "timeout=10s", "sluice_access_publish open;")
    who.answer = None
    connection = rtmp.Connection.open("127.0.0.1", nginx.rtmp)
    connection.connect()
    connection.command("publish", None, "demo", "live", stream_id=connection.create_stream())
    wait_for(lambda: who.asked, what="the question")
    assert not who.gone.is_set()
    connection.close()
    assert who.gone.wait(2)


def test_the_set_up_deadline_counts_while_somebody_waits(make_nginx, who):
    nginx = asking(make_nginx, who, "timeout=10s", "sluice_access_publish open;",
                   rtmp_server="sluice_ingest_setup_timeout 700ms;")
    who.answer = None
    connection = rtmp.Connection.open("127.0.0.1", nginx.rtmp)
    connection.connect()
    connection.command("publish", None, "demo", "live", stream_id=connection.create_stream())
    assert 0.2 < connection.wait_closed(3) < 2
    assert who.gone.wait(2)


def test_media_that_does_not_wait_for_the_answer_is_thrown_away(make_nginx, who):
    nginx = asking(make_nginx, who, "timeout=10s", "sluice_access_publish open;")
    who.answer = None
    with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
        connection.connect()
        connection.command("publish", None, "demo", "live", stream_id=connection.create_stream())
        wait_for(lambda: who.asked, what="the question")
        for message in clip("avc_quick").messages()[:20]:
            connection.media(message)
        stays(lambda: nginx.control.state("demo") == "idle", 0.5, "no stream")


def test_hundreds_that_wait_cost_the_others_nothing(make_nginx, who):
    nginx = asking(make_nginx, who, "timeout=10s", "sluice_access_publish open;")
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as push:
        assert push.accepted
        who.answer = None
        threads = [threading.Thread(target=self_ending_get, args=(f"{nginx.flv('demo')}?n={n}",)) for n in range(300)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(who.asked) >= 301, 20, "three hundred questions")
        assert nginx.control.request("GET", "/-/generation")[0] == 200
        assert not push.ended.is_set()
        for thread in threads:
            thread.join(20)
        who.answer = reply(YES)
        with HttpFlv(nginx.flv("demo")) as viewer:
            viewer.read_key_frame()


def self_ending_get(url):
    try:
        httpx.get(url, timeout=5)
    except httpx.HTTPError:
        pass


@pytest.mark.parametrize("argument", [
    "on", "unix:", "tcp:1", "unix:/x timeout=99ms", "unix:/x timeout=11s", "unix:/x timeout=abc", "unix:/x on_failure=x",
    "unix:/x often", "off timeout=1s", "unix:" + "/x" * 60])
def test_arguments_that_mean_nothing_are_refused(make_nginx, argument):
    nginx = make_nginx()
    nginx.expected.append("sluice_access_authorise")
    nginx.write_conf(application=f"sluice_access_authorise {argument};")
    status, said = nginx.test()
    assert status != 0 and "sluice_access_authorise" in said
    nginx.write_conf(application="", location=f"sluice_access_authorise {argument};")
    assert nginx.test()[0] != 0


def test_it_is_inherited_and_can_be_switched_off(make_nginx, who):
    line = f"sluice_access_authorise unix:{who.path};"
    nginx = make_nginx(rtmp_server=line, application="sluice_access_publish open;", applications="""
        application quiet { live off; sluice_ingest on; sluice_access_publish open; sluice_access_authorise off; }""")
    assert status_of(nginx).code == "NetStream.Publish.Start"
    assert len(who.asked) == 1
    with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("other", app="quiet").code == "NetStream.Publish.Start"
    assert len(who.asked) == 1
