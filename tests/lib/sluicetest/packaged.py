"""What the package module serves: where nginx serves it, how it is fetched, and who judges it."""

import json
import subprocess
import time
from typing import NamedTuple
from urllib.parse import urljoin

from . import http
from .nginx import ROOT
from .waiting import wait_for

JUDGES = ROOT / "tests/judges/judges.mjs"
LOCATION = r"""
        location ~ "^/[A-Za-z0-9_-]{1,64}/(([a-z0-9_-]{1,32}/)?(live|master|index)\.m3u8|manifest\.mpd|s/.+)$" {
            sluice_package_serve on;
            gzip on;
            gzip_types application/vnd.apple.mpegurl application/dash+xml;
        }
"""
MULTIVARIANT, VIDEO, AUDIO = "master.m3u8", "s/v/index.m3u8", "s/a/index.m3u8"
TRANSPORT, MANIFEST = "live.m3u8", "manifest.mpd"


def parts(application="", main="", **more):
    """Parts of nginx.conf: streams of anybody are packaged in both ways, below nginx's prefix."""
    return {"main": f"sluice_package_dir window; {main}",
            "application": f"sluice_access_publish open; sluice_package hls cmaf; {application}",
            "locations": LOCATION, **more}


class Answer(NamedTuple):
    """An answer that came whole."""

    url: str
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()


def get(url, method="GET", headers=None, timeout=10.0):
    """One request with its whole answer."""
    fields = {"Connection": "close", **(headers or {})}
    with http.request(url, method, fields, timeout=timeout) as response:
        body = b"" if method == "HEAD" else response.body()
        return Answer(url, response.status, response.headers, body)


def expect(url, timeout=10.0):
    """The body of an answer that must be good."""
    answer = get(url, timeout=timeout)
    assert answer.status == 200, (url, answer.status, answer.body[:300])
    return answer.body


def judge(*asked):
    """What the judges say, one answer for each dict of `kind` and `text` or `file`."""
    done = subprocess.run(["node", str(JUDGES)], input=json.dumps(asked, default=str), capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:] + "\n(ci/npm-packages tests/judges fetches what it needs)"
    return json.loads(done.stdout)


def playlist(text):
    """A playlist as hls-parser reads it in strict mode; m3u8-parser must see the same, without a warning."""
    return checked_playlist(text, judge({"kind": "playlist", "text": text})[0])


def checked_playlist(text, said):
    assert "error" not in said, f"{said}\n{text}"
    second = said["second"]
    assert not second["warnings"], f"{second['warnings']}\n{text}"
    if "segments" in said:
        listed = [s for s in said["segments"] if s["uri"]]
        assert (second["segments"], second["mediaSequence"], second["targetDuration"]) == \
            (len(listed), said["sequence"], said["target"]), text
    return said


def manifest(text, uri="http://host/demo/manifest.mpd"):
    """A manifest as mpd-parser reads it, without a warning."""
    said = judge({"kind": "manifest", "text": text, "uri": uri})[0]
    assert "error" not in said, f"{said}\n{text}"
    assert not [w for w in said["warnings"] if not w.startswith("info")], f"{said['warnings']}\n{text}"
    return said


class Channel:
    """A channel of a server (an Nginx or a System) as its viewers see it."""

    def __init__(self, server, name):
        self.name = name
        self.base = f"{server.url}/{name}/"

    def url(self, path):
        return urljoin(self.base, path)

    def get(self, path, **how):
        return get(self.url(path), **how)

    def text(self, path, **how):
        return expect(self.url(path), **how).decode()

    def playlist(self, path):
        return playlist(self.text(path))

    def manifest(self):
        return manifest(self.text(MANIFEST), self.url(MANIFEST))

    def wait_text(self, path, holds, timeout=20.0, what="the playlist to be as wanted"):
        """The text at `path`, once `holds(text)`."""
        def good():
            answer = self.get(path)
            return answer.status == 200 and holds(answer.text) and answer.text
        return wait_for(good, timeout, f"{what}: {self.url(path)}")

    def wait_segments(self, path, count, timeout=20.0):
        """The text of a media playlist that lists at least so many whole segments."""
        return self.wait_text(path, lambda text: text.count("#EXTINF:") >= count, timeout, f"{count} segments")

    def wait_ended(self, path, timeout=20.0):
        """The text of a media playlist that has come to its end."""
        return self.wait_text(path, lambda text: "#EXT-X-ENDLIST" in text, timeout, "the end")


def sequences(text):
    """(number of the first segment, how many are listed) of a media playlist."""
    first = int(tag(text, "EXT-X-MEDIA-SEQUENCE"))
    return first, text.count("#EXTINF:")


def tag(text, name, default=None):
    """The value of the first such tag."""
    for line in text.splitlines():
        if line.startswith(f"#{name}:"):
            return line.partition(":")[2]
    return default


def seconds_since_2025():
    """What the number of a stream's first segment is at least."""
    return int(time.time()) - 1735689600
