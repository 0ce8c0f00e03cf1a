"""Channels of the whole product that are pushed to and processed."""

import contextlib
import subprocess

from .endless import Endless
from .packaged import Channel
from .publisher import Publisher
from .waiting import wait_for

QUICK = {"segment_s": 1}


@contextlib.contextmanager
def on_air(product, source="flat", **settings):
    """A channel that is pushed to; gone after the test."""
    channel = product.api.channel(packaging=QUICK, **settings)
    try:
        with Publisher(product.rtmp, channel.name(), Endless(source, 25)) as publisher:
            assert publisher.accepted, publisher.status
            yield channel, Channel(product, channel.id)
    finally:
        channel.delete()


def hook(channel, name):
    """What the channel's status says of one; {} while it is not there."""
    return next((h for h in channel.status()["hooks"] if h["name"] == name), {})


def wait_hook(channel, name, state="running", timeout=20):
    return wait_for(lambda: (h := hook(channel, name)).get("state") == state and h, timeout,
                    f"{name} to be {state}: {channel.status()['hooks']}")


def plays(url, seconds=2):
    """Whether FFmpeg decodes so much of it without a complaint that ends it."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-rw_timeout", "15000000", "-i", url, "-t", str(seconds), "-f", "null", "-"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-500:]
    return True
