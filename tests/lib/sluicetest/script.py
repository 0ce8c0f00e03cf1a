"""The script `./sluice`, run as a person at a terminal runs it."""

import os
import subprocess

from .system import SCRIPT
from .waiting import free_ports


def sluice(*arguments, timeout=100, **environment):
    """Runs `./sluice ARGUMENTS…` to its end."""
    return subprocess.run([str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, env=os.environ | environment)


def port_flags():
    """Options for `up` that name four free ports; the first is HTTP's."""
    names = ("http", "https", "rtmp", "rtmps")
    return [word for name, port in zip(names, free_ports(4)) for word in (f"--{name}-port", str(port))]
