"""docker-compose.yml as a user runs it, and what Docker says of its one container."""

import json
import os
import subprocess
import time
from urllib.parse import urlsplit

from .api import Api
from .nginx import ROOT
from .waiting import wait_for

PORTS = {name: int(os.environ.get(f"SLUICE_{name.upper()}_PORT") or preset)
         for name, preset in {"http": 80, "https": 443, "rtmp": 1935, "rtmps": 1936}.items()}
PUBLIC_HOST = "live.example"


def _said(*argv, timeout=60, **environment):
    done = subprocess.run(argv, cwd=ROOT, env=os.environ | environment, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0, f"{' '.join(argv)}\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


def _program():
    """Compose 2 where it is there, else the older one."""
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True)
    return ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]


class Compose:
    """The project that COMPOSE_PROJECT_NAME names; `environment` is what its user has exported."""

    def __init__(self, **environment):
        self.program = _program()
        self.environment = {"SLUICE_PUBLIC_HOST": PUBLIC_HOST} | environment

    def run(self, *argv, timeout=60):
        return _said(*self.program, *argv, timeout=timeout, **self.environment)

    def typed(self, line):
        """A line that a reader types into a shell."""
        line = line.replace("docker-compose", " ".join(self.program))
        _said("bash", "-o", "pipefail", "-c", line, timeout=120, **self.environment)

    def up(self, **environment):
        """Brings it up as it is built, with more in the environment; returns when it is healthy."""
        self.environment |= environment
        self.run("up", "-d", "--no-build", timeout=120)
        return self.wait_healthy()

    @property
    def healthy(self):
        return self.inspect("{{.State.Status}} {{.State.Health.Status}}") == "running healthy"

    def wait_healthy(self, timeout=60):
        wait_for(lambda: self.healthy, timeout, "the container to be healthy")
        return self

    def stop(self):
        """Seconds that it took."""
        began = time.monotonic()
        self.run("stop")
        return time.monotonic() - began

    def down(self, *options):
        self.run("down", *options)

    # The container

    @property
    def container(self):
        wanted = {"project": os.environ["COMPOSE_PROJECT_NAME"], "service": "sluice", "oneoff": "False"}
        filters = [f"--filter=label=com.docker.compose.{name}={value}" for name, value in wanted.items()]
        return _said("docker", "ps", "-a", "-q", *filters).split()[0]

    def inspect(self, form):
        """What `docker inspect` says of the container in this form."""
        return _said("docker", "inspect", "-f", form, self.container).strip()

    def image(self, form):
        return _said("docker", "image", "inspect", "-f", form, self.inspect("{{.Image}}")).strip()

    def inside(self, *argv):
        """What a command prints in the container."""
        return _said("docker", "exec", self.container, *argv)

    @property
    def main_process(self):
        """Its number on the host."""
        return int(self.inspect("{{.State.Pid}}"))

    def processes(self):
        """(user id, command line) of every process in the container."""
        lines = _said("docker", "top", self.container, "-eo", "pid,uid,args").splitlines()[1:]
        return [(int(uid), args) for _, uid, args in (line.split(maxsplit=2) for line in lines)]

    def logs(self):
        done = subprocess.run(["docker", "logs", self.container], capture_output=True, text=True, timeout=30)
        return done.stdout + done.stderr

    def wait_log(self, find):
        """What `find` makes of the log, as soon as that is something."""
        return wait_for(lambda: find(self.logs()), 70, "the log")

    # The product, by the published ports

    @property
    def token(self):
        return self.inside("cat", "/var/lib/sluice/admin-token").strip()

    def api(self, scheme="http"):
        return Api(f"{scheme}://127.0.0.1:{PORTS[scheme]}", self.token)

    def health(self):
        """The API's own words."""
        return json.loads(self.inside("curl", "-sS", "--max-time", "4", "http://127.0.0.1:8080/health"))


USUAL = {"http": 80, "https": 443, "ws": 80, "wss": 443, "rtmp": 1935, "rtmps": 443}


def public(scheme, kind):
    """`scheme://host`, with the published port where it is not the scheme's own."""
    return f"{scheme}://{PUBLIC_HOST}" + ("" if PORTS[kind] == USUAL[scheme] else f":{PORTS[kind]}")


def here(url):
    """An address that was given out for the public host, as this machine reaches it."""
    parts = urlsplit(url)
    assert parts.hostname == PUBLIC_HOST, url
    return parts._replace(netloc=parts.netloc.replace(PUBLIC_HOST, "127.0.0.1")).geturl()
