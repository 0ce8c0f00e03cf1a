"""Runs the load tools and reads the JSON lines they write."""

import json
import signal
import subprocess
import threading
import time

from . import tools


class Load:
    """One run of a load tool. Events are noted with their time of arrival; on_event(name) is called at once."""

    def __init__(self, name, *arguments, on_event=None):
        argv = [str(tools.folder() / name), *(str(a) for a in arguments)]
        self._on_event = on_event or (lambda name: None)
        self._events = {}
        self._changed = threading.Condition()
        self._done = False
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            event = json.loads(line)
            name = event.pop("event")
            self._on_event(name)
            with self._changed:
                self._events[name] = event
                self._changed.notify_all()
        with self._changed:
            self._done = True
            self._changed.notify_all()

    def wait_for(self, name, timeout):
        """The event of that name; RuntimeError when it does not come."""
        with self._changed:
            self._changed.wait_for(lambda: name in self._events or self._done, timeout)
            if name in self._events:
                return self._events[name]
        said = self._process.stderr.read() if self._done else ""
        raise RuntimeError(f"{self._process.args[0].rsplit('/', 1)[1]}: no {name} in {timeout} s {said}")

    def counters(self):
        """A push's counters now, with the time they were asked for."""
        with self._changed:
            self._events.pop("counters", None)
        self._process.send_signal(signal.SIGUSR1)
        at = time.monotonic()
        return self.wait_for("counters", 5) | {"at": at}

    def result(self, timeout):
        """Waits for the tool's own end."""
        return self.wait_for("result", timeout)

    def stop(self):
        """Ends the tool and gives its result."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self.wait_for("result", 10)
        finally:
            self.close()

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
