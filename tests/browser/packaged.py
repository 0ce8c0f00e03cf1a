"""Live HLS and DASH for the stage: FFmpeg packages a clip that runs on and on."""

import shutil
import subprocess
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from sluicetest.clips import clip_path
from sluicetest.waiting import wait_for

_DASH = ["-f", "dash", "-seg_duration", "0.48", "-window_size", "8", "-extra_window_size", "6", "-hls_playlist", "1"]
_TS = ["-f", "hls", "-hls_time", "0.48", "-hls_list_size", "8", "-hls_delete_threshold", "6",
       "-hls_flags", "program_date_time+delete_segments+temp_file"]
TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".mpd": "application/dash+xml", ".m4s": "video/mp4",
         ".ts": "video/mp2t"}
# The multivariant playlist over the same media playlists has a name of its own.
ALIASES = {"index.m3u8": "master.m3u8"}


class Package:
    """One stream from its first push to its end; `end()` closes the playlists as a server does."""

    def __init__(self, base, clip_name="avc_minute"):
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-packaged-"))
        source = ["-re", "-stream_loop", "-1", "-i", str(clip_path(clip_name)), "-c", "copy"]
        dash = [*_DASH, "-utc_timing_url", f"{base}/now", "manifest.mpd"]
        self.ffmpeg = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", *source, *dash, "-c", "copy", *_TS,
                                        "live.m3u8"], cwd=self.folder)

    def wait(self):
        """Until it can be watched in every way."""
        wait_for(lambda: all(self.file(first) for first in ("master.m3u8", "manifest.mpd", "live.m3u8")), 20,
                 "a package")

    def file(self, name):
        """The bytes of a file as they are now, None while there is none."""
        try:
            return (self.folder / ALIASES.get(name, name)).read_bytes()
        except FileNotFoundError:
            return None

    def end(self):
        self.ffmpeg.terminate()
        self.ffmpeg.wait(timeout=10)

    def discard(self):
        self.end()
        shutil.rmtree(self.folder)


def now():
    """The time as DASH's players ask for it (ISO 23009-1, 5.8.4.11, http-xsdate)."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
