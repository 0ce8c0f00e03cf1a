"""What every refused encoder must see, and what the log and the event must say."""

import pytest

from . import logs, rtmp
from .waiting import wait_for

BAD_NAME = "NetStream.Publish.BadName"
DENIED = "NetStream.Publish.Denied"
WITHIN_S = 1.0


def expect_refused(server, name, reason, code=DENIED, channel=None):
    """Publishes `name` and checks RTMP status, end of connection, event and log.

    `server` is an Nginx or a System. Nothing but the dialogue has been sent when the answer
    comes, so the refusal is before media.
    """
    with server.control.events() as events:
        connection = rtmp.Connection.open("127.0.0.1", server.rtmp)
        with connection:
            status = connection.publish(name)
            assert (status.level, status.code, status.description) == ("error", code, f"sluice: {reason}")
            assert status.after_s < WITHIN_S
            assert connection.wait_closed(WITHIN_S) < WITHIN_S
        event = events.wait("stream.rejected", reason=reason)
        assert event["address"] == "127.0.0.1"
        if channel:
            assert event["channel"] == channel
    wait_for(lambda: reason in _log(server), what=f"{reason} in the log")
    if "sign=" in name:
        expect_no_secret(server, name.split("sign=")[1])


def expect_no_secret(server, *secrets):
    """None of the texts stands in any log of the server."""
    for path in server.log_files():
        text = logs.read(path)
        for secret in secrets:
            if secret and secret in text:
                pytest.fail(f"{path.name} holds a secret")


def _log(server):
    return "".join(map(logs.read, server.log_files()))
