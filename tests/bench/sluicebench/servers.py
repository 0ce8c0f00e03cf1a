"""The servers that are measured. Each starts on free ports in a folder of its own and is ended by its process id."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from string import Template

from . import control, proc, tools
from .ports import accepts, free_ports, wait_until

CONF = tools.BENCH / "conf"
PEERS = tools.BENCH / "peers"


class Server:
    """One server process with its children. `name` is what the tables call it."""

    name = ""
    takes_pushes = True

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-bench-"))
        self.http, self.rtmp, self.https, self.h2c = free_ports(4)
        self.process = None

    def argv(self):
        raise NotImplementedError

    def ready(self):
        return accepts(self.http) and (not self.takes_pushes or accepts(self.rtmp))

    def pids(self):
        """All processes of the server."""
        return proc.tree(self.process.pid)

    def workers(self):
        """The processes that serve."""
        return self.pids()

    def flv_url(self, stream="bench-%d"):
        return f"http://127.0.0.1:{self.http}/{stream}/live.flv"

    def rtmp_url(self, stream="bench-%d"):
        return f"rtmp://127.0.0.1:{self.rtmp}/live/{stream}"

    def environment(self):
        return os.environ.copy()

    def __enter__(self):
        with open(self.folder / "output.log", "wb") as log:
            self.process = subprocess.Popen(self.argv(), stdout=log, stderr=log, env=self.environment(), cwd=self.folder)
        try:
            wait_until(lambda: self.ready() or self.process.poll() is not None, 20, f"{self.name} to listen")
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} did not start:\n{self.said()}")
        except Exception:
            self.__exit__()
            raise
        return self

    def said(self):
        return "".join(p.read_text(errors="replace")[-2000:] for p in sorted(self.folder.glob("*.log")))

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def cohorts(viewers, batch_ms):
    """The turns in which our worker serves so many viewers (modules/flv/room.cpp), for the floor to take as many."""
    return max(1, min(-(-viewers // 64), int(batch_ms) // 4))


class Floor(Server):
    """The bare epoll server; makes the stream itself."""

    takes_pushes = False

    def __init__(self, batch_ms=0, cohorts=1, processes=1):
        super().__init__()
        self.name = f"floor {batch_ms:g} ms" + (f", {processes} processes" if processes > 1 else "")
        self.options = ["--batch", batch_ms, "--cohorts", cohorts, "--processes", processes]

    def argv(self):
        return [str(tools.folder() / "flv_floor"), "--port", str(self.http), *(str(o) for o in self.options)]


class Nginx(Server):
    """Debian's nginx with a configuration from conf/."""

    conf = ""

    def __init__(self, workers=1):
        super().__init__()
        self.worker_count = workers

    def values(self):
        """What conf/ leaves open."""
        return {"rtmp_module": tools.RTMP_MODULE, "prefix": self.folder, "workers": self.worker_count, "http": self.http,
                "rtmp": self.rtmp, "https": self.https, "h2c": self.h2c,
                "user": "user root;" if os.geteuid() == 0 else ""}

    def argv(self):
        text = Template((CONF / self.conf).read_text()).substitute(self.values())
        (self.folder / "nginx.conf").write_text(text)
        return [tools.NGINX, "-p", str(self.folder), "-c", "nginx.conf", "-e", "error.log"]

    def ready(self):
        return accepts(self.rtmp) and len(self.workers()) == self.worker_count

    def workers(self):
        return [pid for pid in self.pids()[1:] if proc.title(pid).startswith("nginx: worker process")]


class NginxRtmp(Nginx):
    """Debian's nginx-rtmp as it comes: takes pushes, serves no FLV."""

    name = "nginx-rtmp"
    conf = "nginx-rtmp.conf"

    def values(self):
        return super().values() | {"hls": ""}


class Sluice(Nginx):
    """Our module in Debian's nginx, without the control plane."""

    name = "sluice"
    conf = "sluice.conf"

    def __init__(self, workers=1, streams=1024, rings="512k:512 2m:64 8m:16"):
        super().__init__(workers)
        if workers > 1:
            self.name = f"sluice, {workers} workers"
        self.streams, self.rings = streams, rings

    def values(self):
        self._make_certificate()
        return super().values() | {"module": tools.module(), "streams": self.streams, "rings": self.rings, "exec": "", "hooks": ""}

    def _make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "30", "-subj", "/CN=localhost", "-keyout", str(self.folder / "key.pem"), "-out",
                        str(self.folder / "cert.pem")], check=True, capture_output=True)

    def ready(self):
        return super().ready() and accepts(self.http)

    def secure_flv_url(self, stream="bench-%d"):
        return f"https://127.0.0.1:{self.https}/{stream}/live.flv"

    def clear_http2_flv_url(self, stream="bench-%d"):
        return f"http://127.0.0.1:{self.h2c}/{stream}/live.flv"

    def status(self, path):
        """What the control socket says."""
        return control.get(self.folder / "control.sock", path)


class StaticProxy(Nginx):
    """nginx that passes each request on to an nginx which answers the same bytes: what any API behind nginx costs at least."""

    name = "nginx before nginx"
    conf = "static-proxy.conf"
    takes_pushes = False

    def __init__(self, document):
        super().__init__(workers=2)
        self.document = json.dumps(document)

    def values(self):
        (self.folder / "document.json").write_text(self.document)
        return super().values()

    def ready(self):
        return accepts(self.http)


class NodeMediaServer(Server):
    """node-media-server from npm, the pinned version."""

    name = "node-media-server"

    def __init__(self):
        super().__init__()
        self.home = _node_peer()

    def argv(self):
        return ["node", str(self.home / "node_media_server.js"), str(self.rtmp), str(self.http)]

    def flv_url(self, stream="bench-%d"):
        return f"http://127.0.0.1:{self.http}/live/{stream}.flv"


def _node_peer():
    """The peer's folder, installed outside the tree once for each pinned version."""
    home = tools.BUILD / "node"
    for name in ("package.json", "node_media_server.js"):
        if not (home / name).exists() or (home / name).read_bytes() != (PEERS / name).read_bytes():
            home.mkdir(parents=True, exist_ok=True)
            shutil.copy(PEERS / name, home / name)
            (home / "installed").unlink(missing_ok=True)
    if not (home / "installed").exists():
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise tools.Unavailable(f"npm could not install node-media-server: {done.stderr[-500:]}")
        (home / "installed").touch()
    return home
