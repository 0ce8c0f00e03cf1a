"""An FFmpeg on pipes as somebody would start it by hand: fed with a file in real time, and read from."""

import os
import subprocess
import threading
import time

from .fragments import FragmentReader

READ_BYTES = 1 << 16


class ByHand:
    """The program with `feed`, fragmented MP4, on its standard input, each fragment at its time.

    `sent` and `returned` hold the time.monotonic() of each picture, by its decoding time in milliseconds. What the
    program writes to descriptor `back` is read; None: it writes elsewhere.
    """

    def __init__(self, argv, feed, back=None):
        reader = FragmentReader()
        self._fragments = reader.feed(feed)
        self._head = reader.head
        self.sent, self.returned = {}, {}
        self._ended = threading.Event()
        ours, theirs = os.pipe()
        argv = [str(word).replace(f"pipe:{back}", f"pipe:{theirs}") for word in argv]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, pass_fds=[theirs])
        os.close(theirs)
        self._back = ours
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._take)]

    def _send(self):
        pipe = self.process.stdin
        began, first = time.monotonic(), self._fragments[0].time_s
        try:
            pipe.write(self._head)
            for fragment in self._fragments:
                if self._ended.wait(max(began + fragment.time_s - first - time.monotonic(), 0)):
                    break
                if fragment.picture_s is not None:
                    self.sent[round(fragment.picture_s * 1000)] = time.monotonic()
                pipe.write(fragment.data)
                pipe.flush()
        except BrokenPipeError:
            pass

    def _take(self):
        reader = FragmentReader()
        while data := os.read(self._back, READ_BYTES):
            for fragment in reader.feed(data):
                if fragment.picture_s is not None:
                    self.returned[round(fragment.picture_s * 1000)] = time.monotonic()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(10)
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        os.close(self._back)
