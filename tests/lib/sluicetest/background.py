"""Something that is done again and again beside a test."""

import threading


class Background:
    """Does `step()` every `every_s` seconds, from entry to exit."""

    every_s = 0.1

    def __init__(self):
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def step(self):
        raise NotImplementedError

    def _run(self):
        while not self._halt.wait(self.every_s):
            self.step()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._halt.set()
        self._thread.join()
