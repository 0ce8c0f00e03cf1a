"""A push whose pictures carry the time they were made, as black and white bars, and how a page reads it."""

import os
import subprocess
import threading
import time

from . import tools

FPS = 30
WIDTH, HEIGHT, BAR = 640, 360, 24
BITS = 24  # of the milliseconds since 1970; a white and a black bar follow
SAMPLES = 44100 // FPS
# The age of the picture that is seen in ms, or null when none can be read.
AGE = f"""
const video = document.querySelector("video");
if (!video || video.readyState < 2 || video.currentTime === 0) return null;
const canvas = window.benchCanvas ??= Object.assign(document.createElement("canvas"), {{ width: {WIDTH}, height: 1 }});
const context = canvas.getContext("2d", {{ willReadFrequently: true }});
context.drawImage(video, 0, video.videoHeight / 2, video.videoWidth, 1, 0, 0, {WIDTH}, 1);
const now = Date.now() % 2 ** {BITS};
const row = context.getImageData(0, 0, {WIDTH}, 1).data;
const white = (bar) => row[4 * (bar * {BAR} + {BAR // 2})] > 127;
if (!white({BITS}) || white({BITS + 1})) return null;
let made = 0;
for (let bar = 0; bar < {BITS}; bar++) made = made * 2 + white(bar);
return (now - made + 2 ** {BITS}) % 2 ** {BITS};
"""


def picture(at_s):
    """A grey picture that says when it was made."""
    bits = format(int(at_s * 1000) % 2**BITS, f"0{BITS}b") + "10"
    row = b"".join((b"\xff" if bit == "1" else b"\0") * BAR for bit in bits)
    return row.ljust(WIDTH, b"\0") * HEIGHT


class TimeCodePush:
    """An FFmpeg that encodes and publishes such pictures, with silence, as they are made."""

    def __init__(self, url):
        sound, self._sound = os.pipe()
        quick = ["-probesize", "32", "-analyzeduration", "0"]
        self._process = subprocess.Popen(
            [tools.program("ffmpeg"), "-v", "error", "-fflags", "nobuffer", *quick, "-f", "rawvideo", "-pix_fmt", "gray",
             "-video_size", f"{WIDTH}x{HEIGHT}", "-framerate", str(FPS), "-i", "pipe:0", *quick, "-f", "s16le", "-ar", "44100",
             "-ac", "1", "-i", f"pipe:{sound}", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt",
             "yuv420p", "-g", str(2 * FPS), "-c:a", "aac", "-b:a", "64k", "-flush_packets", "1", "-f", "flv", url],
            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=[sound])
        os.close(sound)
        self._ended = threading.Event()
        self._source = threading.Thread(target=self._make, daemon=True)

    def _make(self):
        began = time.time()
        number = 0
        try:
            while not self._ended.wait(max(began + number / FPS - time.time(), 0)):
                os.write(self._sound, bytes(2 * SAMPLES))
                self._process.stdin.write(picture(time.time()))
                self._process.stdin.flush()
                number += 1
        except BrokenPipeError:
            pass

    def __enter__(self):
        self._source.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._process.kill()
        self._process.wait()
        self._source.join(10)
        os.close(self._sound)
