"""The servers that make segments out of pushes, and what serves segments."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from . import tools
from .ports import accepts
from .servers import Nginx, NginxRtmp, Sluice

SEGMENT_S = 2
PART_MS = 200
LIST = 6  # segments in a playlist
WINDOW_S = SEGMENT_S * LIST


class LiveFolder:
    """A server with a folder in memory where its segments are."""

    def __init__(self, *how, **more):
        super().__init__(*how, **more)
        self.live = Path(tempfile.mkdtemp(prefix="sluice-bench-live-", dir="/dev/shm"))
        self.live.chmod(0o755)

    def values(self):
        return super().values() | {"live": self.live}

    def live_bytes(self):
        """What its files take."""
        total = 0
        for path in self.live.rglob("*"):
            try:
                total += path.stat().st_blocks * 512
            except FileNotFoundError:  # a segment that has just left the window
                pass
        return total

    def begin(self, streams):
        """Called when the pushes have begun."""

    def __exit__(self, *error):
        super().__exit__(*error)
        shutil.rmtree(self.live, ignore_errors=True)


class SluicePackage(LiveFolder, Sluice):
    """Our modules, which package each push into `outputs`: hls, cmaf."""

    conf = "sluice-package.conf"

    def __init__(self, outputs, part_ms=PART_MS, **more):
        super().__init__(**more)
        self.name = f"sluice, {outputs}"
        self.outputs, self.part_ms = outputs, part_ms

    def values(self):
        return super().values() | {"outputs": self.outputs, "segment_s": SEGMENT_S, "part_ms": self.part_ms, "list": LIST}

    def hls_url(self, stream="bench-0", name="master.m3u8"):
        return f"http://127.0.0.1:{self.http}/{stream}/{name}"


class NginxRtmpHls(LiveFolder, NginxRtmp):
    """Debian's nginx-rtmp with `hls on`."""

    name = "nginx-rtmp, hls"

    def values(self):
        directives = (f"hls on; hls_path {self.live}; hls_nested on; hls_fragment {SEGMENT_S}s; "
                      f"hls_playlist_length {WINDOW_S}s;")
        return super().values() | {"hls": directives}


class FfmpegHls(LiveFolder, NginxRtmp):
    """An FFmpeg for each stream, which takes it from a plain nginx-rtmp; only the FFmpegs are counted."""

    name = "ffmpeg -c copy -f hls"

    def __init__(self):
        super().__init__()
        self._packagers = []

    def begin(self, streams):
        for number in range(streams):
            folder = self.live / f"bench-{number}"
            folder.mkdir()
            self._packagers.append(subprocess.Popen(
                [tools.program("ffmpeg"), "-v", "error", "-i", self.rtmp_url(f"bench-{number}"), "-c", "copy", "-f", "hls",
                 "-hls_time", str(SEGMENT_S), "-hls_list_size", str(LIST), "-hls_flags", "delete_segments",
                 str(folder / "index.m3u8")], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def pids(self):
        return [p.pid for p in self._packagers] or super().pids()

    def __exit__(self, *error):
        for packager in self._packagers:
            packager.kill()
            packager.wait()
        super().__exit__(*error)


class StaticFiles(LiveFolder, Nginx):
    """nginx with files of given sizes: {name: bytes}."""

    name = "static files"
    conf = "static-files.conf"
    takes_pushes = False

    def __init__(self, sizes):
        super().__init__()
        for name, size in sizes.items():
            (self.live / name).write_bytes(b"x" * size)

    def ready(self):
        return accepts(self.http)

    def hls_url(self):
        return f"http://127.0.0.1:{self.http}/"
