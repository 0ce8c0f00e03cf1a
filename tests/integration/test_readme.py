"""The README's ```bash blocks do what they say, one after the other in one shell, as a reader types them."""

import os
import queue
import re
import signal
import subprocess
import threading
import time

import pytest
from sluicetest import packaged
from sluicetest.nginx import ROOT
from sluicetest.waiting import wait_for

BLOCKS = re.findall(r"^```bash\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)

# A screen is what a test machine lacks: this ffplay decodes three seconds and is strict about it.
FFPLAY = """#!/bin/sh
exec ffmpeg -nostdin -v error -xerror -i "$@" -map 0:v -map 0:a -t 3 -f null -
"""


class Shell:
    """One bash that runs block after block."""

    def __init__(self, environment, folder):
        self.process = subprocess.Popen(["bash"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, env=environment, start_new_session=True)
        self.lines = queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(line) for line in self.process.stdout], daemon=True).start()
        self.run("set -o pipefail", 5)

    def run(self, block, seconds):
        """(exit status, output) of the block."""
        self.process.stdin.write(f"{block.strip()}\necho \"block-ended $?\"\n")
        self.process.stdin.flush()
        output, deadline = "", time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"still running after {seconds}s:\n{block}\n{output}")
            if ended := re.search(r"block-ended (\d+)$", line):
                return int(ended[1]), output + line[:ended.start()]
            output += line

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def shell(shared_system, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bin")
    (folder / "ffplay").write_text(FFPLAY)
    (folder / "ffplay").chmod(0o755)
    opened = Shell(os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}, folder)
    yield opened
    opened.close()


def on_this_instance(block, system):
    """The block with the README's addresses replaced by the instance's."""
    return (block.replace("localhost:8080", f"127.0.0.1:{system.http}").replace("localhost:1935", f"127.0.0.1:{system.rtmp}")
            .replace("/var/lib/sluice", str(system.dir)))


#: What a reader has waited for when he types its address: its own mark.
COMES_LATER = {"index.m3u8": b"s/sd-v/", "snapshot.jpg": b"JFIF"}


def wait_until_there(block):
    for url, name in re.findall(r"(http://\S+/studio/(index\.m3u8|snapshot\.jpg))", block):
        wait_for(lambda: (found := packaged.get(url)).status == 200 and COMES_LATER[name] in found.body, 40, url)


def test_the_readme_has_blocks():
    assert len(BLOCKS) >= 10


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=lambda n: re.sub(r"[^a-z]+", "-", BLOCKS[n].lower())[:40].strip("-"))
def test_block_works(number, shell, shared_system):
    block = on_this_instance(BLOCKS[number], shared_system)
    if block.startswith("ffmpeg"):
        status, output = shell.run(f"{block.strip()} >/dev/null 2>&1 </dev/null &", 5)
        wait_for(lambda: any(s["state"] == "live" and s["video"] for s in shared_system.control.streams().values()), 10, "the push")
    else:
        wait_until_there(block)
        status, output = shell.run(block, 30)

    assert status == 0, f"{block}\n{output}"
