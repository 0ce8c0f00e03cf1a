"""What /proc says about a server's processes."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def _fields(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def tree(pid):
    """The process and all its descendants."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(entry.name)) is not None:
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def cpu_seconds(pids):
    """User and system time that the processes have used so far."""
    return sum((int(f[11]) + int(f[12])) / TICKS for pid in pids if (f := _fields(pid)) is not None)


def fine_cpu_seconds(pids):
    """The same in nanoseconds, for many processes that use less than a tick each, as far as the kernel counts it."""
    return sum(int(f.read_text().split()[0]) for pid in pids for f in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def resident(pids):
    """Bytes of memory that the processes hold, as `top` shows it: mapped files included."""
    lines = (line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def title(pid):
    """What the process calls itself; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def command(pid):
    """The arguments and the environment that the process was started with."""
    parts = [Path(f"/proc/{pid}/{name}").read_bytes().decode().split("\0")[:-1] for name in ("cmdline", "environ")]
    return parts[0], dict(entry.split("=", 1) for entry in parts[1])


def memory(pids):
    """Bytes of the processes together: `anonymous` (their own), `shmem` (their share of shared memory), `pss`."""
    total = {"anonymous": 0, "shmem": 0, "pss": 0}
    names = {"Anonymous:": "anonymous", "Pss_Shmem:": "shmem", "Pss:": "pss"}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            word, *rest = line.split()
            if word in names:
                total[names[word]] += int(rest[0]) * 1024
    return total
