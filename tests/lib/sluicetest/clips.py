"""Short real clips, encoded once per session and kept in a cache folder."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

_SIZE = "size=320x180:rate=25"
_VIDEO = ["-f", "lavfi", "-i", f"testsrc2={_SIZE}"]
_AUDIO = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]
_AAC = ["-c:a", "aac", "-b:a", "64k", "-ac", "2"]
_X264 = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", "250k"]
_OPUS = ["-c:a", "libopus", "-b:a", "64k", "-ar", "48000", "-ac", "2"]


def _gop(frames, scenecut=True):
    return ["-g", str(frames), "-keyint_min", str(frames)] + (["-sc_threshold", "0"] if scenecut else [])


RECIPES = {
    # What OBS sends: 2 s key frames, no B-frames.
    "avc": [*_VIDEO, *_AUDIO, "-t", "4", *_X264, *_gop(50), "-tune", "zerolatency", *_AAC],
    # Key frame every half second: a viewer's join is seen soon.
    "avc_quick": [*_VIDEO, *_AUDIO, "-t", "4", *_X264, *_gop(12), "-bf", "0", *_AAC],
    # The same for longer than a test takes: where a clip begins anew its sound has a gap.
    "avc_minute": [*_VIDEO, *_AUDIO, "-t", "60", *_X264, *_gop(12), "-bf", "0", *_AAC],
    # One gray all over: whatever is drawn into it is seen.
    "flat": ["-f", "lavfi", "-i", f"color=gray:{_SIZE}", *_AUDIO, "-t", "4", *_X264, *_gop(25), "-bf", "0", *_AAC],
    # A white box that runs through the gray, after two seconds of calm.
    "moving": ["-f", "lavfi", "-i", f"color=gray:{_SIZE}", "-f", "lavfi", "-i", "color=white:size=80x80:rate=25", *_AUDIO, "-filter_complex",
               "[0][1]overlay=x='mod(t*120,240)':y=50:enable='gt(t,4)'", "-t", "8", *_X264, *_gop(25), "-bf", "0", *_AAC],
    # Few tags a second, for hundreds of viewers.
    "avc_light": ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=10", *_AUDIO, "-t", "4",
                  *_X264[:-1], "80k", *_gop(10), "-bf", "0", "-c:a", "aac", "-b:a", "32k", "-ac", "1",
                  "-ar", "22050"],
    "avc_bframes": [*_VIDEO, *_AUDIO, "-t", "4", *_X264, *_gop(50), "-bf", "3", *_AAC],
    "avc_long_gop": [*_VIDEO, *_AUDIO, "-t", "22", *_X264, *_gop(250), "-bf", "0", *_AAC],
    "avc_other": ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30", *_AUDIO, "-t", "4",
                  *_X264, "-profile:v", "main", *_gop(30), "-bf", "0", *_AAC],
    "avc_big": ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25", *_AUDIO, "-t", "4",
                *_X264[:-1], "4000k", *_gop(50), "-bf", "0", *_AAC],
    "video_only": [*_VIDEO, "-t", "4", *_X264, *_gop(25), "-bf", "0"],
    "audio_only": [*_AUDIO, "-t", "4", *_AAC],
    "hevc": [*_VIDEO, *_AUDIO, "-t", "4", "-c:v", "libx265", "-preset", "ultrafast", "-b:v", "250k",
             "-x265-params", "keyint=25:min-keyint=25:scenecut=0:bframes=2:log-level=error",
             "-tag:v", "hvc1", *_AAC],
    "av1": [*_VIDEO, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "4",
            "-c:v", "libsvtav1", "-preset", "12", "-b:v", "250k", "-pix_fmt", "yuv420p",
            "-g", "25", *_OPUS],
}

# Frame rates that milliseconds can't say exactly, and those of sports.
RECIPES |= {name: ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate={rate}", *_AUDIO, "-t", "4", *_X264, *_gop(key), "-bf", "0",
                   *_AAC]
            for name, rate, key in (("fps_23_976", "24000/1001", 48), ("fps_29_97", "30000/1001", 30), ("fps_50", "50", 50),
                                    ("fps_60", "60", 60))}


def cache_folder():
    """Where clips are kept between sessions; SLUICE_TEST_CACHE moves it."""
    folder = Path(os.environ.get("SLUICE_TEST_CACHE", Path(tempfile.gettempdir()) / "sluice-test-clips"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def clip_path(name):
    """The MP4 file of a recipe, encoded now if it isn't there yet."""
    recipe = RECIPES[name]
    digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]
    path = cache_folder() / f"{name}-{digest}.mp4"
    if path.exists():
        return path
    part = path.with_suffix(f".{os.getpid()}.part")
    # Bit-exact and without edit lists for audio, so that times start at 0.
    argv = ["ffmpeg", "-nostdin", "-v", "error", "-y", *recipe, "-f", "mp4", str(part)]
    subprocess.run(argv, check=True, timeout=120, stdout=subprocess.DEVNULL)
    part.rename(path)
    return path
