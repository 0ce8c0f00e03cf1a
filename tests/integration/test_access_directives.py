"""sluice_access_publish and sluice_access_key: defaults, inheritance, what nginx refuses, and what its log leaves out."""

import signal
import socket

import pytest
from sluicetest import http, logs, processes, rtmp, sign
from sluicetest.publisher import Publisher, clip
from sluicetest.refusal import expect_refused
from sluicetest.viewer import RtmpViewer
from sluicetest.waiting import free_ports, wait_for

KEY = "a-key-of-the-server-level"
ANSWER_EVERYTHING = "sluice_access_publish open;"
# The level at which nginx and nginx-rtmp themselves speak of what a client sent.
TALKATIVE = "error_log error.log info;"


def stopped_nginx(make_nginx, **parts):
    """An nginx that isn't started any more, with a configuration for `nginx -t`."""
    nginx = make_nginx(application=ANSWER_EVERYTHING)
    nginx.expected.append("sluice_access|invalid value|test failed")
    nginx.write_conf(**parts)
    return nginx


def test_an_application_that_says_nothing_lets_nobody_in(make_nginx):
    expect_refused(make_nginx(), "demo", "unknown_channel", channel="demo")


def test_channels_without_a_snapshot_know_no_channel(make_nginx):
    nginx = make_nginx(application="sluice_access_publish channels;")
    name = sign.push_name("demo", KEY)
    expect_refused(nginx, name, "unknown_channel", channel="demo")


def test_an_application_takes_the_key_of_its_server_and_may_have_its_own(make_nginx):
    nginx = make_nginx(application="sluice_access_publish signed;", applications=f"""
        sluice_access_key {KEY};
        application other {{
            live off; sluice_ingest on; sluice_access_publish signed; sluice_access_key another;
        }}""")
    with Publisher(nginx.rtmp, sign.push_name("demo", KEY), clip("avc")) as push:
        assert push.accepted
    with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
        name = sign.push_name("second", KEY)
        assert connection.publish(name, app="other").description == "sluice: signature_wrong"
    with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
        name = sign.push_name("second", "another")
        assert connection.publish(name, app="other").code == "NetStream.Publish.Start"


def test_the_signature_may_stand_behind_the_application(make_nginx):
    nginx = make_nginx(main=TALKATIVE, application=f"sluice_access_publish signed; sluice_access_key {KEY};")
    good = sign.push_hmac("demo", sign.NEVER_EXPIRES, KEY)
    with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("demo", app=f"stream?sign={good}").code == "NetStream.Publish.Start"
    assert good not in logs.read(nginx.error_log)


@pytest.mark.parametrize(("directives", "said"), [
    ("sluice_access_publish signed;", 'sluice_access_publish signed needs sluice_access_key in application "stream"'),
    ('sluice_access_publish signed; sluice_access_key "";', "takes a key that is not empty"),
    ("sluice_access_publish closed;", 'invalid value "closed"'),
    ("sluice_access_publish open; sluice_access_publish open;", '"sluice_access_publish" directive is duplicate'),
    (f"sluice_access_key {KEY}; sluice_access_key {KEY};", '"sluice_access_key" directive is duplicate'),
])
def test_nginx_refuses_a_configuration_that_can_not_be_meant(make_nginx, directives, said):
    status, output = stopped_nginx(make_nginx, application=directives).test()
    assert status != 0
    assert said in output
    assert KEY not in output


def test_a_viewer_directive_takes_no_signed(make_nginx):
    nginx = stopped_nginx(make_nginx, location="sluice_access_play signed;")
    status, output = nginx.test()
    assert status != 0 and 'invalid value "signed"' in output


def test_a_signature_is_in_no_log_line_about_a_push_or_a_play(make_nginx):
    nginx = make_nginx(main=TALKATIVE, application=f"sluice_access_publish signed; sluice_access_key {KEY};")
    good = sign.push_name("demo", KEY)
    with Publisher(nginx.rtmp, good, clip("avc")):
        with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
            connection.publish("demo?sign=SECRET-push", app="stream?token=SECRET-connect")
        with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
            connection.play("demo?sign=SECRET-play")
        text = wait_for(lambda: (t := logs.read(nginx.error_log)) and "[info]" in t and "refused" in t and t, 5,
                        "the lines")
    assert "SECRET" not in text
    assert good.partition("=")[2] not in text


def test_a_log_line_about_a_request_names_it_without_its_query(make_nginx):
    closed, = free_ports(1)
    nginx = make_nginx(main=TALKATIVE, locations=f"location /dead/ {{ proxy_pass http://127.0.0.1:{closed}; }}")
    headers = {"Referer": "http://page.test/watch?token=SECRET-referrer"}
    with http.request(f"{nginx.url}/dead/page?token=SECRET-query", headers=headers) as reply:
        assert reply.status == 502
    text = wait_for(lambda: (t := logs.read(nginx.error_log)) and "connect() failed" in t and t, 5, "the line")
    line = next(line for line in text.splitlines() if "connect() failed" in line)
    for part in ("client: 127.0.0.1", 'request: "GET /dead/page"', f"127.0.0.1:{closed}",
                 'referrer: "http://page.test/watch"'):
        assert part in line
    assert "SECRET" not in text


@pytest.mark.parametrize("request_line", [
    b"GET /live.flv?sign=SECRET\x01 HTTP/1.1\r\n",
    b"GET /live.flv?sign=SECRET HTTP/9.9\r\n",
    b"GET /live.flv?sign=SECRET HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
    b"GET /live.flv?sign=SECRET" + b"x" * 40000 + b" HTTP/1.1\r\n",
], ids=["control character", "version", "two hosts", "too long"])
def test_a_request_that_can_not_be_parsed_is_logged_without_its_query(make_nginx, request_line):
    nginx = make_nginx(main=TALKATIVE)
    with socket.create_connection(("127.0.0.1", nginx.http), timeout=5) as client:
        client.sendall(request_line + b"\r\n")
        while client.recv(4096):
            pass
    text = wait_for(lambda: (t := logs.read(nginx.error_log)) and "client sent" in t and t, 5, "the line")
    assert "SECRET" not in text


@pytest.mark.parametrize("broken", [
    {"application": "sluice_access_publish signed;"},
    {"application": "sluice_access_publish nonsense;"},
    {"rtmp_server": "nonsense;"},
    {"applications": "application other { live off; } nonsense;"},
    {"http_block": "nonsense;"},
    {"main": "sluice_hub_streams 128;"},
], ids=["no-key", "bad-value", "unknown-in-server", "unknown-after-application", "unknown-in-http", "other-zone"])
def test_a_worker_that_starts_after_a_refused_reload_is_whole(make_nginx, broken, monkeypatch):
    """What nginx-rtmp keeps in global variables is still that of the configuration in force."""
    monkeypatch.setenv("MALLOC_PERTURB_", "165")  # what is freed is overwritten
    nginx = make_nginx(application=ANSWER_EVERYTHING)
    nginx.expected.append("sluice_access|sluice_hub|invalid value|unknown directive|exited on signal 9")
    worker, = nginx.workers()
    nginx.write_conf(**broken)
    nginx.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "[emerg]" in logs.read(nginx.error_log), what="the reload to be refused")
    processes.signal_to(worker, signal.SIGKILL)
    wait_for(lambda: nginx.workers() and nginx.workers() != [worker], what="a new worker")
    with Publisher(nginx.rtmp, "demo", clip("avc_quick")) as push:
        assert push.accepted
        with RtmpViewer("127.0.0.1", nginx.rtmp, "demo") as viewer:
            viewer.read_key_frame()
    with rtmp.Connection.open("127.0.0.1", nginx.rtmp) as connection:
        assert connection.publish("a/b").description == "sluice: bad_name"
    assert "exited on signal 11" not in nginx.output()
