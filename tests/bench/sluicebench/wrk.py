"""Requests as fast as some clients can send them, by wrk."""

import json
import subprocess
import tempfile
from pathlib import Path

from . import proc, tools

# Its figures as one JSON line; whatever is no 2xx is counted.
SCRIPT = """
%s
done = function(summary, latency, requests)
  io.write(string.format('\\n{"requests": %%d, "seconds": %%f, "failed": %%d, "p50_ms": %%f, "p99_ms": %%f}\\n',
    summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""
POST = 'wrk.method = "POST"\nwrk.body = %s\nwrk.headers["Content-Type"] = "application/json"\n'


def run(url, clients, seconds, *, pids, token=None, body=None):
    """What `clients` kept-alive connections got done; `cpu_us`: CPU time of the server's processes `pids` for each request."""
    argv = [tools.program("wrk"), "-t1", f"-c{clients}", f"-d{seconds}s"]
    argv += ["-H", f"Authorization: Bearer {token}"] if token else []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "wrk.lua"
        script.write_text(SCRIPT % (POST % json.dumps(json.dumps(body)) if body is not None else ""))
        before = proc.cpu_seconds(pids)
        done = subprocess.run([*argv, "-s", str(script), url], capture_output=True, text=True, timeout=seconds + 30)
        cpu = proc.cpu_seconds(pids) - before
    if done.returncode != 0:
        raise RuntimeError(f"wrk failed: {(done.stdout + done.stderr)[-500:]}")
    result = json.loads(done.stdout.strip().splitlines()[-1])
    if result["failed"] or not result["requests"]:
        raise RuntimeError(f"{result['failed']} of {result['requests']} requests failed")
    return result | {"per_s": result["requests"] / result["seconds"], "cpu_us": cpu / result["requests"] * 1e6}
