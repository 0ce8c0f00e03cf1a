"""Debian's nginx with our module, from a configuration that the test gives."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from . import logs, processes
from .control import Control
from .waiting import accepts, free_ports, wait_for

ROOT = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("SLUICE_NGINX", "/usr/sbin/nginx")
BUILD = Path(os.environ.get("SLUICE_BUILD", ROOT / "build/release"))
MODULE = os.environ.get("SLUICE_MODULE", str(BUILD / "modules/ngx_sluice_module.so"))
NGINX_LEAKS = ROOT / "tests/lib/nginx-leaks.txt"
ASAN_MODULE = Path(os.environ.get("SLUICE_ASAN_MODULE", ROOT / "build/asan/modules/ngx_sluice_module.so"))
MODULES = "/usr/lib/nginx/modules"

TEMPLATE = """
load_module {modules}/ngx_rtmp_module.so;
load_module {module};
{load}
user root;
daemon off;
worker_processes {workers};
pid {prefix}/nginx.pid;
# As in the product: at info nginx-rtmp itself prints the arguments of a push.
error_log {prefix}/error.log notice;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
{main}
rtmp {{
    max_message 8M;
    access_log off;
    server {{
        listen 0.0.0.0:{rtmp};
        chunk_size 65536;
        {rtmp_server}
        application stream {{
            live off;
            sluice_ingest on;
            sluice_ingest_play on;
            {application}
        }}
        {applications}
    }}
}}
http {{
    log_format plain '$remote_addr $status $uri';
    access_log {prefix}/access.log plain;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    scgi_temp_path {prefix}/scgi;
    uwsgi_temp_path {prefix}/uwsgi;
    {http_block}
    server {{
        listen 127.0.0.1:{http};
        listen 127.0.0.1:{https} ssl http2;
        listen 127.0.0.1:{h2} http2;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate_key};
        add_header X-Worker $pid always;
        location ~ ^/[A-Za-z0-9_-]+/([a-z0-9_-]+/)?live\\.flv$ {{
            sluice_flv on;
            {location}
        }}
        {locations}
    }}
    server {{
        listen unix:{prefix}/control.sock;
        access_log off;
        location /-/ {{ sluice_status on; }}
    }}
}}
"""


def certificate(folder):
    """A self-signed certificate and its key in the folder."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    if not cert.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj",
                        "/CN=localhost", "-keyout", str(key), "-out", str(cert)],
                       check=True, capture_output=True)
    return cert, key


def sanitizer_environment(prefix):
    """The environment in which nginx, which knows nothing of it, loads a module built with ASan."""
    runtime = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    return {"LD_PRELOAD": runtime.stdout.strip(),
            "ASAN_OPTIONS": f"detect_leaks=1:log_path={prefix}/sanitizer",
            "LSAN_OPTIONS": f"suppressions={NGINX_LEAKS}:print_suppressions=0",
            "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={prefix}/sanitizer"}


class Nginx:
    """One nginx with a prefix of its own. `parts` fills TEMPLATE; `conf` replaces it.

    `sanitized` takes the module that was built with AddressSanitizer, where there is one.
    """

    def __init__(self, workers=1, conf=None, sanitized=False, **parts):
        self.prefix = Path(tempfile.mkdtemp(prefix="sluice-nginx-"))
        self.prefix.chmod(0o755)
        self.rtmp, self.http, self.https, self.h2 = free_ports(4)
        self.cert, self.key = certificate(self.prefix)
        self.workers_wanted = workers
        self.template = conf or TEMPLATE
        self.parts = {"load": "", "main": "", "rtmp_server": "", "application": "", "applications": "", "http_block": "",
                      "location": "", "locations": "", **parts}
        self.conf = self.prefix / "nginx.conf"
        self.error_log = self.prefix / "error.log"
        self.control = Control(self.prefix / "control.sock")
        self.expected = []
        self.process = None
        self.sanitized = sanitized and ASAN_MODULE.exists()
        self.environment = os.environ | (sanitizer_environment(self.prefix) if self.sanitized else {})

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http}"

    @property
    def rtmp_url(self):
        return f"rtmp://127.0.0.1:{self.rtmp}/stream"

    def flv(self, channel):
        return f"{self.url}/{channel}/live.flv"

    def write_conf(self, **parts):
        """Writes the configuration; `parts` change what the constructor was given."""
        self.parts |= parts
        workers = self.parts.get("workers", self.workers_wanted)
        self.conf.write_text(self.template.format(**{
            "modules": MODULES, "module": ASAN_MODULE if self.sanitized else MODULE, "prefix": self.prefix, "workers": workers,
            "rtmp": self.rtmp, "http": self.http, "https": self.https, "h2": self.h2,
            "certificate": self.cert, "certificate_key": self.key, **self.parts}))

    def argv(self, *more):
        return [BINARY, "-p", str(self.prefix), "-c", str(self.conf), "-e", str(self.error_log), *more]

    def test(self):
        """`nginx -t`: (exit status, what it says)."""
        done = subprocess.run(self.argv("-t"), capture_output=True, text=True, timeout=20,
                              env=self.environment)
        return done.returncode, done.stderr

    def start(self):
        self.write_conf()
        with open(self.prefix / "stderr.log", "ab") as err:
            self.process = subprocess.Popen(self.argv(), stdout=err, stderr=err, env=self.environment)
        wait_for(lambda: self._up() or self.process.poll() is not None, 10, "nginx to listen")
        assert self.process.poll() is None, self.output()
        return self

    def _up(self):
        return accepts(self.rtmp) and accepts(self.http) and len(self.workers()) >= 1

    def output(self):
        """Everything nginx said."""
        return "\n".join(logs.read(p) for p in (self.prefix / "stderr.log", self.error_log))

    def workers(self):
        """Workers that are not shutting down."""
        return [p for p in self.all_workers() if "shutting down" not in processes.title(p)]

    def all_workers(self):
        return [p for p in processes.children(self.process.pid) if "worker process" in processes.title(p)]

    @contextlib.contextmanager
    def paused(self, pid):
        """While this worker stands still, every connection is taken by another."""
        processes.signal_to(pid, signal.SIGSTOP)
        wait_for(lambda: processes.stopped(pid), what="the worker to stand still")
        try:
            yield
        finally:
            processes.signal_to(pid, signal.SIGCONT)

    def reload(self, **parts):
        """HUP, then waits until all new workers are there and the old ones take nothing new."""
        before = set(self.workers())
        if parts:
            self.write_conf(**parts)
        self.process.send_signal(signal.SIGHUP)
        wanted = int(self.parts.get("workers", self.workers_wanted))
        wait_for(lambda: len(self.workers()) == wanted and not before & set(self.workers()), 10, "new workers")

    def stop(self):
        """Ends it; then its logs must be clean."""
        if self.process:
            self._let_old_workers_end()
            processes.stop(self.process)
        found = logs.faults(self.log_files(), self.expected)
        assert not found, "\n".join(found)

    def _let_old_workers_end(self):
        """An old worker that is terminated says what it still held: a fault only if it won't end."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and set(self.all_workers()) - set(self.workers()):
            time.sleep(0.05)

    def log_files(self):
        return [self.error_log, self.prefix / "stderr.log", *self.prefix.glob("sanitizer*")]

    def discard(self):
        """Removes the prefix."""
        shutil.rmtree(self.prefix, ignore_errors=True)
