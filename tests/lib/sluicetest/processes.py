"""Processes of the product, found by their parent: nothing here touches anybody else's."""

import os
import signal
from pathlib import Path


def _stat(pid):
    """Fields of /proc/<pid>/stat after the name, or None when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def alive(pid):
    """Whether the process runs; a zombie does not."""
    fields = _stat(pid)
    return fields is not None and fields[0] not in "ZX"


def stopped(pid):
    """Whether the process stands still after SIGSTOP."""
    fields = _stat(pid)
    return fields is not None and fields[0] == "T"


def traced(pid):
    """Whether a debugger holds the process at the moment."""
    fields = _stat(pid)
    return fields is not None and fields[0] == "t"


def title(pid):
    """The command line, as nginx changes it (`nginx: worker process`)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(pid):
    """Living children of the process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(entry.name)
            if fields and fields[1] == str(pid) and fields[0] not in "ZX":
                found.append(int(entry.name))
    return sorted(found)


def descendants(pid):
    """Living children, their children, and so on."""
    found = children(pid)
    return found + [p for child in found for p in descendants(child)]


def signal_to(pid, number):
    """Sends the signal unless the process is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def resident_kb(pid):
    """Resident memory in KiB without pages that are shared."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()
    return (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGESIZE") // 1024


def listening_on(pids):
    """(address, port) of every TCP socket on which one of the processes listens."""
    inodes = set().union(*(_socket_inodes(pid) for pid in pids))
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found


def _socket_inodes(pid):
    inodes = set()
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(entry)
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return inodes


def stop(process, timeout=10):
    """Ends a Popen politely, then not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout)
    except Exception:
        process.kill()
        process.wait()
        raise
