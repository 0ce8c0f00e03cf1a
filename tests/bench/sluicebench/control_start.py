"""How long sluice-control takes from its start to its first answer."""

import http.client
import signal
import subprocess
import time
from pathlib import Path

from .control import UnixConnection
from .ports import wait_until

PATIENCE_S = 60


def seconds(product):
    """Ends the control plane of a running product and starts it with the same arguments: seconds until /health is answered."""
    argv, environment = product.control_command()
    product.stop()
    began = time.monotonic()
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(product.folder / "run/api.sock"), PATIENCE_S, "sluice-control to answer", every_s=0.002)
        return time.monotonic() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        product.start()


def _answers(socket: Path):
    connection = UnixConnection(socket)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
