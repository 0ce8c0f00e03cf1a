"""A real clip that is encoded once: as FLV for pushes, and as a hook's process gets it."""

import hashlib
import subprocess

from . import tools

FPS = 25
SOUNDS = 48000 / 1024  # frames a second
PERIOD_S = 5  # the same pictures again: windows of whole periods cost alike
SECONDS = 90


def flv(height):
    """The file with that many lines: H.264 and AAC, a key frame every second."""
    picture = f"testsrc2=size={height * 16 // 9}x{height}:rate={FPS}:duration={PERIOD_S}"
    sound = f"sine=frequency=440:sample_rate=48000:duration={PERIOD_S}"
    encode = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-vf", "noise=alls=8:allf=t", "-c:v", "libx264",
              "-preset", "veryfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-b:v", "2M", "-maxrate", "2M",
              "-bufsize", "2M", "-g", str(FPS), "-sc_threshold", "0", "-c:a", "aac", "-b:a", "128k"]
    repeat = ["-c", "copy", "-t", str(SECONDS)]
    path = tools.BUILD / f"clips/{_digest([encode, repeat])}.flv"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        once = path.with_suffix(".once.mp4")
        _ffmpeg(*encode, once)
        _ffmpeg("-stream_loop", "-1", "-i", once, *repeat, path)
    return path


def fed(source):
    """The FLV as the fragmented MP4 of a feed."""
    path = source.with_suffix(".feed.mp4")
    if not path.exists():
        remux = tools.build("sluice_remux").parents[1] / "tests/remux/sluice_remux"
        subprocess.run([remux, "--feed", source, path], check=True)
    return path


def push(source, url):
    """An FFmpeg that publishes it in real time, as it is."""
    argv = [tools.program("ffmpeg"), "-nostdin", "-v", "error", "-re", "-i", source, "-c", "copy", "-f", "flv", url]
    return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _digest(recipe):
    return hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]


def _ffmpeg(*arguments):
    subprocess.run([tools.program("ffmpeg"), "-nostdin", "-v", "error", "-y", *map(str, arguments)], check=True)
