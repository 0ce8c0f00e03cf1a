"""Publishers: paced ones in a thread of their own, and FFmpeg."""

import select
import subprocess
import threading
import time

from . import media
from .clips import clip_path
from .rtmp import Closed, Connection

CHUNK = 4096
LONGEST_STEP_MS = 1000


class Publisher:
    """Publishes a clip at its own speed until it is stopped or the server ends it.

    `status` answers `publish`; when that is a refusal nothing is sent. `sent` holds the media
    messages in order; `finished` is set when all are sent, `ended` when the connection is over.
    """

    def __init__(self, port, name, clip, host="127.0.0.1", tls=False, start=0, speed=1.0,
                 loop=True, connection=None, chunk=CHUNK):
        self.name = name
        self.connection = connection or Connection.open(host, port, tls)
        self.status = self.connection.publish(name)
        self.accepted = self.status.code == "NetStream.Publish.Start"
        self.sent = []
        self.ended = threading.Event()
        self.finished = threading.Event()
        self._halt = threading.Event()
        self._speed = speed
        self._messages = clip.looped(start) if loop else iter(clip.messages(start))
        self._thread = threading.Thread(target=self._run, daemon=True)
        if self.accepted:
            self.connection.set_chunk_size(chunk)
            self._thread.start()
        else:
            self.ended.set()

    def _run(self):
        try:
            due, last = time.monotonic(), None
            for message in self._messages:
                due += self._step_s(last, message.timestamp)
                last = message.timestamp
                if not self._wait(due):
                    return
                self.connection.media(message)
                self.sent.append(message)
            self._listen()
        except (Closed, OSError):
            self.ended.set()

    def _step_s(self, last, now):
        """Time from one message to the next; a jump of the encoder's clock takes none."""
        step = 0 if last is None else (now - last + 0x80000000) % 0x100000000 - 0x80000000
        return step / 1000 / self._speed if 0 < step <= LONGEST_STEP_MS else 0

    def _listen(self):
        """All is sent: stays connected until it is told to halt."""
        self.finished.set()
        while self._wait(time.monotonic() + 1):
            pass

    def _wait(self, due):
        """Waits until `due` while it listens to the server; False when told to halt."""
        while not self._halt.is_set():
            left = due - time.monotonic()
            if left <= 0:
                return True
            ready, _, _ = select.select([self.connection.sock], [], [], min(left, 0.05))
            if ready:
                self._hear()
        return False

    def _hear(self):
        """Takes one message of the server; one that is only half there is read to its end later."""
        try:
            self.connection._note_status(self.connection.read(0.2), time.monotonic())
        except TimeoutError:
            pass

    def halt(self):
        """Sends no more, but stays connected."""
        self._halt.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def stop(self):
        """Unpublishes as an encoder does and disconnects."""
        self.halt()
        try:
            self.connection.unpublish(self.name)
        except OSError:
            pass
        self.connection.close()

    def cut(self):
        """Disconnects at once with RST, saying nothing."""
        self.halt()
        self.connection.reset()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Ffmpeg:
    """FFmpeg pushes a clip for ever, in real time and without encoding."""

    def __init__(self, url, clip="avc", prefix=()):
        # Debug-level logs would print the URL with its signature into the test's report.
        argv = [*prefix, "ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1",
                "-i", str(clip_path(clip)), "-c", "copy", "-f", "flv", url]
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.pid = self.process.pid

    @property
    def running(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it as Ctrl-C does."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def clip(name, **how):
    """The messages of a recipe in clips.py."""
    return media.read_clip(clip_path(name), **how)
