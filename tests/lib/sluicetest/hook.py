"""Runs a channel's hooks as nginx does: fragmented MP4 on standard input, and back on numbered pipes."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from .nginx import BUILD

FIRST_OUTPUT = 3
PROGRESS = 100


def hooks_of(channel: dict, folder: Path) -> dict:
    """By name, what the control plane makes of a channel's settings."""
    settings = Path(folder) / "channel.json"
    settings.write_text(json.dumps({"id": "channel", **channel}))
    argv = [BUILD / "controlplane/sluice-control", "--dir", folder, "--print-hooks", settings]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return {hook["name"]: hook for hook in json.loads(done.stdout)}


def write_fragmented(path: Path, *args: str) -> Path:
    """A file as the hub's feed: a fragment for every frame, ten seconds after nought."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *args, "-output_ts_offset", "10.3337", "-video_track_timescale", "90000",
         "-use_editlist", "0", "-avoid_negative_ts", "disabled", "-frag_duration", "1",
         "-movflags", "+empty_moov+default_base_moof+frag_discont", "-f", "mp4", str(path)],
        check=True, timeout=60)
    return path


class Finished:
    """What is there after a hook has seen its whole input."""

    def __init__(self, status: int, log: str, progress: str, outputs: dict[str, Path]):
        self.status = status
        self.log = log
        self.progress = progress
        self.outputs = outputs


def run(hook: dict, source: Path, folder: Path, timeout: float = 60) -> Finished:
    """Feeds `source` at once and waits for the end; outputs are files in `folder`."""
    folder = Path(folder)
    outputs = {output["name"]: folder / f"{output['name'] or 'programme'}.mp4" for output in hook["outputs"]}
    argv = list(hook["argv"]) + [word for output in hook["outputs"] for word in output["argv"]]
    targets = {FIRST_OUTPUT + i: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
               for i, path in enumerate(outputs.values())}
    with tempfile.TemporaryFile("w+") as progress, open(source, "rb") as feed:
        targets[PROGRESS] = progress.fileno()
        try:
            done = subprocess.run(argv, stdin=feed, capture_output=True, timeout=timeout, close_fds=False,
                                  preexec_fn=lambda: place(targets))
        finally:
            for number in list(targets.values())[:-1]:
                os.close(number)
        progress.seek(0)
        return Finished(done.returncode, done.stderr.decode(errors="replace"), progress.read(), outputs)


def place(targets: dict[int, int]) -> None:
    """In the child: every descriptor to its number, without one overwriting another."""
    aside = {number: os.dup2(source, 200 + number) for number, source in targets.items()}
    for number, source in aside.items():
        os.dup2(source, number)
        os.close(source)


def packets(path: Path, kind: str) -> list[tuple[int, bool]]:
    """(presentation time in ticks, whether a key frame) of the first track of a kind (`v`, `a`), by time."""
    rows = probe(path, "-select_streams", f"{kind}:0", "-show_entries", "packet=pts,flags").get("packets", [])
    return sorted((row["pts"], "K" in row["flags"]) for row in rows)


def track(path: Path, kind: str) -> dict:
    found = probe(path, "-select_streams", f"{kind}:0", "-show_streams")["streams"]
    return found[0] if found else {}


def probe(path: Path, *args: str) -> dict:
    out = subprocess.run(["ffprobe", "-v", "error", "-of", "json", *args, str(path)], capture_output=True, text=True,
                         timeout=30)
    return json.loads(out.stdout)
