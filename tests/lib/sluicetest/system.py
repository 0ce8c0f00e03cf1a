"""The whole product in a folder of its own, started as a user starts it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import logs, processes
from .api import Api
from .control import Control
from .nginx import NGINX_LEAKS, ROOT
from .waiting import free_ports, wait_for

SCRIPT = ROOT / "sluice"
ASAN_BUILD = Path(os.environ.get("SLUICE_ASAN_BUILD", ROOT / "build/asan"))


class System:
    """`./sluice up --detach` with free ports; `down()` checks that nothing stays behind.

    `environment` adds variables, `prepare(folder)` runs before the first start. `sanitized` runs all of its programs and the module as they were built with AddressSanitizer, where they were.
    """

    def __init__(self, workers=2, flags=(), sanitized=False, environment=None, prepare=None):
        self.dir = Path(tempfile.mkdtemp(prefix="sluice-system-"))
        self.dir.chmod(0o755)
        self.http, self.https, self.rtmp, self.rtmps = free_ports(4)
        self.workers_wanted = workers
        self.flags = list(flags)
        given = {"SLUICE_ADMIN_PASSWORD": os.urandom(10).hex()} | (environment or {})
        self.admin_password = given["SLUICE_ADMIN_PASSWORD"]
        self.environment = os.environ | given | (self._sanitizers() if sanitized else {})
        if prepare:
            prepare(self.dir)
        self.control = Control(self.dir / "run/control.sock")
        self.expected = []
        self.api = None
        self.output = ""

    def _sanitizers(self):
        """The service's user may not read the checkout: the list of what nginx leaves lies beside the folder."""
        if not (ASAN_BUILD / "controlplane/sluice-control").exists():
            return {}
        leaks = self.dir.with_suffix(".leaks")
        shutil.copy(NGINX_LEAKS, leaks)
        leaks.chmod(0o644)
        return {"SLUICE_BUILD": str(ASAN_BUILD), "ASAN_OPTIONS": "detect_leaks=1",
                "LSAN_OPTIONS": f"suppressions={leaks}:print_suppressions=0"}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http}"

    @property
    def rtmp_url(self):
        return f"rtmp://127.0.0.1:{self.rtmp}/stream"

    @property
    def token(self):
        return (self.dir / "admin-token").read_text().strip()

    def flv(self, channel):
        return f"{self.url}/{channel}/live.flv"

    def script(self, verb, *args, timeout=600):
        """Runs `./sluice VERB --dir DIR …`."""
        return subprocess.run([str(SCRIPT), verb, "--dir", str(self.dir), *args], text=True, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)

    def up(self):
        done = self.script("up", "--detach", "--http-port", str(self.http), "--https-port",
                           str(self.https), "--rtmp-port", str(self.rtmp), "--rtmps-port",
                           str(self.rtmps), "--workers", str(self.workers_wanted), *self.flags)
        self.output = done.stdout + done.stderr
        assert done.returncode == 0, self.output[-4000:] + self.log_tail()
        self.api = Api(self.url, self.token)
        return self

    def log_tail(self):
        return "".join(f"\n--- {p.name}\n{logs.read(p)[-1500:]}" for p in self.log_files())

    def log_files(self):
        return sorted(p for p in (self.dir / "logs").glob("*") if p.is_file())

    # Processes

    @property
    def supervisor(self):
        return int((self.dir / "run/supervisor.pid").read_text())

    @property
    def master(self):
        """The nginx master's pid."""
        return int((self.dir / "run/nginx.pid").read_text())

    def processes(self):
        return [self.supervisor, *processes.descendants(self.supervisor)]

    def controlplane(self):
        """The control plane's pid, or None while it is down."""
        found = [p for p in processes.children(self.supervisor)
                 if "sluice-control" in processes.title(p).split(" ")[0]]
        return found[0] if found else None

    def workers(self):
        """nginx workers that are not shutting down."""
        return [p for p in processes.children(self.master)
                if "worker process" in processes.title(p) and "shutting" not in processes.title(p)]

    def wait_generation(self, above, timeout=10):
        """Until all workers that take sessions run a configuration newer than `above`."""
        def newer():
            workers = self.control.workers()
            return workers and all(w["config_generation"] > above for w in workers)
        wait_for(newer, timeout, f"configuration generation above {above}")

    def generation(self):
        return max(w["config_generation"] for w in self.control.workers())

    def down(self):
        """Ends it; then no process is left and the logs are clean."""
        if self.api:
            self.api.close()
        pid_file = self.dir / "run/supervisor.pid"
        # The supervisor empties its file when it ends: a test may have ended it already.
        if not pid_file.exists() or not pid_file.read_text().strip():
            return
        before = self.processes()
        done = self.script("down", timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        wait_for(lambda: not any(map(processes.alive, before)), 5, "all processes to end")
        found = logs.faults(self.log_files(), self.expected)
        assert not found, "\n".join(found)

    def discard(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.with_suffix(".leaks").unlink(missing_ok=True)
