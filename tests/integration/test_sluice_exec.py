"""sluice-exec runs a program beside a worker, ends it with everything it left behind, and says truly how it ended."""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from sluicetest import processes
from sluicetest.sluice_exec import SluiceExec, living_with, token, wait_until_gone
from sluicetest.waiting import wait_for

SHELL = "/bin/bash"
PYTHON = "/usr/bin/python3"
FFMPEG = "/usr/bin/ffmpeg"


@pytest.fixture
def run():
    """Starts sluice-exec; all that is left of it is gone afterwards."""
    started = []

    def start(*argv, **spec):
        started.append(SluiceExec(*argv, **spec))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def log(tmp_path):
    return tmp_path / "hook.log"


def lines_of(log):
    """What the program printed, without the time stamps."""
    lines = log.read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in lines), lines[:3]
    return [line[25:] for line in lines]


# How it ends

def test_a_program_that_exits_is_reported_with_its_code_and_what_it_took(run):
    shim = run(SHELL, "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo no such luck >&2; exit 3")

    pid = shim.next("started")["pid"]
    ended = shim.ended()

    assert pid != shim.process.pid
    assert (ended["reason"], ended["code"], ended["signal"]) == ("exited", 3, 0)
    assert ended["line"] == "no such luck"
    assert ended["cpu_ms"] > 10
    assert 500_000 < ended["max_rss_bytes"] < 50_000_000


def test_a_program_that_a_signal_ends_is_reported_with_the_signal(run):
    ended = run(SHELL, "-c", "kill -SEGV $$").ended()

    assert (ended["reason"], ended["signal"]) == ("signalled", signal.SIGSEGV)


@pytest.mark.parametrize(("program", "why"), [
    ("/nonexistent/ffmpeg", "No such file or directory"),
    ("/etc/passwd", "Permission denied"),
    ("/etc", "Permission denied"),
])
def test_a_program_that_can_not_start_is_reported_with_the_reason(run, program, why):
    ended = run(program).ended()

    assert (ended["reason"], ended["line"]) == ("could_not_start", why)


@pytest.mark.parametrize(("instead", "why"), [
    ({"nice": 99}, "what was asked for is wrong: hook spec"),
    ({"log": 5}, "what was asked for is wrong: hook spec"),
    ({"argv": ["true"]}, "what was asked for is wrong: hook argv"),
    ({"outputs": 65}, "what was asked for is wrong: hook spec"),
])
def test_what_can_not_be_meant_is_refused(run, instead, why):
    ended = run("/bin/true", instead=instead).ended()

    assert (ended["reason"], ended["line"]) == ("could_not_start", why)


# How it is ended

def test_asked_to_end_it_may_finish_by_itself(run):
    reading, writing = os.pipe()
    shim = run(SHELL, "-c", "cat >/dev/null; sleep 0.3; exit 4", stdin=reading)
    os.close(reading)
    shim.next("started")

    shim.send({"end": True})
    os.close(writing)

    ended = shim.ended()
    assert (ended["reason"], ended["code"]) == ("exited", 4)


def test_after_the_grace_it_is_told_to_by_a_signal(run):
    shim = run(SHELL, "-c", "trap 'exit 7' TERM; while :; do sleep 0.05; done", grace_ms=300, term_ms=10_000)
    shim.next("started")
    asked = time.monotonic()

    shim.send({"end": True})

    ended = shim.ended()
    assert (ended["reason"], ended["code"]) == ("exited", 7)
    assert 0.3 <= time.monotonic() - asked < 8


def test_one_that_ignores_the_signal_is_killed(run):
    shim = run(PYTHON, "-c", "import signal; signal.signal(15, signal.SIG_IGN); print('no error', flush=True);\n"
                             "while True: signal.pause()", grace_ms=200, term_ms=300)
    shim.next("line")
    asked = time.monotonic()

    shim.send({"end": True})

    ended = shim.ended()
    assert (ended["reason"], ended["signal"]) == ("killed_by_us", signal.SIGKILL)
    assert 0.5 <= time.monotonic() - asked < 8


@pytest.mark.parametrize("stopped", [False, True])
def test_killed_at_once_even_when_it_stands_still(run, stopped):
    shim = run("/bin/sleep", "1000", grace_ms=60_000)
    pid = shim.next("started")["pid"]
    if stopped:
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: processes.stopped(pid), what="the program to stand still")
    asked = time.monotonic()

    shim.send({"end": True})
    shim.send({"kill": True})

    ended = shim.ended()
    assert (ended["reason"], ended["signal"]) == ("killed_by_us", signal.SIGKILL)
    assert time.monotonic() - asked < 8


def test_one_that_stands_still_hears_the_signal_to_end(run):
    shim = run("/bin/sleep", "1000", grace_ms=100, term_ms=60_000)
    pid = shim.next("started")["pid"]
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: processes.stopped(pid), what="the program to stand still")

    shim.send({"end": True})

    ended = shim.ended()
    assert (ended["reason"], ended["signal"]) == ("killed_by_us", signal.SIGTERM)


# Who dies with whom

def test_a_worker_that_closes_its_end_ends_the_program_soon_whatever_its_grace(run):
    word = token()
    shim = run(SHELL, "-c", "trap '' TERM; while :; do sleep 0.05; done", word, grace_ms=60_000, term_ms=200)
    shim.next("started")

    shim.socket.close()

    assert shim.process.wait(10) == 0
    assert not living_with(word)


@pytest.mark.parametrize("holds_socket", [False, True])
def test_a_worker_that_is_killed_takes_the_program_with_it(tmp_path, holds_socket):
    """Even where somebody else holds the worker's end of the socket by accident."""
    word = token()
    worker = f"""
import sys, os, subprocess
sys.path.insert(0, {str(Path(__file__).parents[1] / "lib")!r})
from sluicetest.sluice_exec import SluiceExec
shim = SluiceExec("/bin/sh", "-c", "sleep 1000 & setsid sleep 1000 & wait", {word!r}, grace_ms=300)
if {holds_socket}:
    subprocess.Popen(["/bin/sleep", "10"], pass_fds=[shim.socket.fileno()])
shim.next("started")
print("runs", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"runs\n"
        assert living_with(word)
        process.kill()

    wait_until_gone(word)


def test_one_whose_worker_died_before_it_could_notice_starts_nothing(run):
    word = token()
    shim = run("/bin/sleep", "1000", word, instead={"parent": 1})

    assert shim.process.wait(5) == 0
    assert list(shim.reports()) == []
    assert not living_with(word)


def test_the_program_dies_with_sluice_exec(run):
    shim = run("/bin/sleep", "1000")
    pid = shim.next("started")["pid"]

    shim.process.kill()

    wait_for(lambda: not processes.alive(pid), what="the program to die")


DAEMONS = """
import os, sys, time
def forked(steps):
    if os.fork(): return
    for step in steps: step()
    time.sleep(1000)
def again():
    if os.fork(): os._exit(0)
forked([])
forked([os.setsid])
forked([again, os.setsid, again])
forked([lambda: os.closerange(0, 300), os.setsid, again])
print("error: all are there", flush=True)
"""


@pytest.mark.parametrize("how", ["exits", "killed"])
def test_nothing_that_the_program_left_behind_lives_on(run, how):
    word = token()
    shim = run(PYTHON, "-c", DAEMONS + ("time.sleep(1000)" if how == "killed" else "time.sleep(0.3)"), word)
    shim.next("line")
    wait_for(lambda: len(living_with(word)) >= 5, what="the daemons")
    if how == "killed":
        shim.send({"kill": True})

    ended = shim.ended()

    assert ended["reason"] == ("killed_by_us" if how == "killed" else "exited")
    assert not living_with(word)


def test_a_program_that_forks_all_the_time_comes_to_an_end(run):
    word = token()
    forks = "import os, time\nfor _ in range(30):\n    if os.fork() == 0:\n        os.setsid()\n" \
            "        until = time.time() + 3\n        while time.time() < until:\n" \
            "            if os.fork(): os._exit(0)\n        os._exit(0)\ntime.sleep(0.3)"
    shim = run(PYTHON, "-c", forks, word)

    assert shim.ended()["reason"] == "exited"
    assert not living_with(word)


# What it may use

def test_a_program_has_only_its_own_descriptors_and_a_small_environment(run, log, monkeypatch):
    monkeypatch.setenv("SLUICE_ADMIN_TOKEN", "leak")
    seen = "import os, fcntl\nfound = []\nfor n in range(1000):\n    try: fcntl.fcntl(n, fcntl.F_GETFD); found.append(n)\n" \
           "    except OSError: pass\nprint(found)\nprint(sorted(os.environ.items()))\nprint(os.getcwd())"
    shim = run(PYTHON, "-I", "-c", seen, outputs=2, progress=True, log=str(log))

    assert shim.ended()["code"] == 0

    descriptors, environment, folder = lines_of(log)
    assert descriptors == "[0, 1, 2, 3, 4, 100]"
    expected = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    assert {name: value for name, value in eval(environment) if name != "LC_CTYPE"} == expected
    assert folder == "/"


def test_a_program_runs_within_its_limits_and_with_fresh_signals(run, log):
    shim = run(SHELL, "-c", "cat /proc/self/status /proc/self/limits /proc/self/oom_score_adj; nice; umask; "
                            "ps -o pgid= -p $$", nice=7, memory_bytes=100 << 20, log=str(log))
    pid = shim.next("started")["pid"]
    assert shim.ended()["code"] == 0

    said = log.read_text()
    for expected in (r"NoNewPrivs:\s+1\n", r"SigBlk:\s+0+\n", r"SigIgn:\s+0+\n", r"core file size\s+0 +0 ",
                     r"open files\s+1024 +1024 ", rf"data size\s+{612 << 20} +{612 << 20} ", r"Z 500\n", r"Z 7\n",
                     r"Z 0027\n", rf"Z +{pid}\n"):
        assert re.search(expected, said), f"{expected} not in\n{said}"


def test_a_program_beyond_its_memory_is_killed_for_it(run):
    shim = run(PYTHON, "-c", "import time; x = b'x' * (300 << 20); time.sleep(1000)", memory_bytes=100 << 20)

    ended = shim.ended()

    assert (ended["reason"], ended["signal"]) == ("memory_limit", signal.SIGKILL)
    assert ended["max_rss_bytes"] > 100 << 20


def test_the_memory_of_its_children_counts(run):
    word = token()
    shim = run(PYTHON, "-c", "import os, time\nfor _ in range(4): os.fork()\nx = b'x' * (20 << 20)\ntime.sleep(1000)", word,
               memory_bytes=200 << 20)

    assert shim.ended()["reason"] == "memory_limit"
    assert not living_with(word)


def test_what_all_of_it_takes_is_told_every_second(run):
    shim = run(PYTHON, "-c", "import os\nos.fork()\nx = b'x' * (30 << 20)\nwhile True: pass")

    told = [shim.next("usage")]
    while told[-1]["cpu_ms"] < 200 or told[-1]["rss_bytes"] < 60 << 20:
        told.append(shim.next("usage"))

    assert all(one["rss_bytes"] < 200 << 20 for one in told)
    assert all(0 <= after["cpu_ms"] - before["cpu_ms"] < 5000 for before, after in pairwise(told))
    shim.send({"kill": True})
    assert shim.ended()["cpu_ms"] >= told[-1]["cpu_ms"]


def writable_cgroup():
    for folder in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.access(f"{folder}/cgroup.procs", os.W_OK) and Path(folder, "cgroup.controllers").exists():
            return folder
    return None


@pytest.mark.skipif(writable_cgroup() is None, reason="no cgroup v2 that may be written to")
def test_a_program_runs_in_a_cgroup_of_its_own_that_goes_with_it(run, log):
    folder = Path(writable_cgroup())
    (folder / "demo.mark.99999999").mkdir()
    shim = run(SHELL, "-c", "cat /proc/self/cgroup; setsid sleep 1000 &", name="mark", cgroup=str(folder), log=str(log),
               memory_bytes=100 << 20, cpu_units=512)

    assert shim.ended()["code"] == 0

    assert f"0::/demo.mark.{shim.process.pid}" in lines_of(log)
    assert list(folder.glob("demo.mark.*")) == []


@pytest.mark.skipif(writable_cgroup() is None, reason="no cgroup v2 that may be written to")
def test_what_a_killed_predecessor_left_in_its_cgroup_goes_at_the_next_start(run):
    folder = Path(writable_cgroup())
    word = token()
    shim = run(SHELL, "-c", "setsid bash -c 'echo an error; sleep 1000; :' $0 & wait", word, name="mark", cgroup=str(folder))
    shim.next("line")
    shim.process.kill()
    shim.process.wait()
    assert living_with(word)

    run("/bin/true", name="mark", cgroup=str(folder)).ended()

    wait_until_gone(word)
    run("/bin/true", name="mark", cgroup=str(folder)).ended()
    assert list(folder.glob("demo.mark.*")) == []


def test_a_cgroup_that_can_not_be_had_stops_nothing(run, tmp_path):
    ended = run("/bin/true", cgroup=str(tmp_path / "nothing"), memory_bytes=100 << 20).ended()

    assert ended["reason"] == "exited"


# Its descriptors

def test_the_other_ends_of_its_pipes_see_it_end(run):
    reading, writing = os.pipe()
    shim = run(SHELL, "-c", "echo one >&3; echo two >&4; exec 0<&- 3>&- 4>&-; sleep 1000", stdin=reading, outputs=2)
    os.close(reading)

    assert os.read(shim.output(0), 100) == b"one\n"
    assert os.read(shim.output(1), 100) == b"two\n"
    # It closed them, and nobody else has them.
    assert os.read(shim.output(0), 100) == b""
    assert os.read(shim.output(1), 100) == b""
    broken = select.poll()
    broken.register(writing, 0)
    assert broken.poll(5000) == [(writing, select.POLLERR)]
    os.close(writing)


def test_an_output_that_the_worker_leaves_out_leads_nowhere(run, log):
    shim = run(SHELL, "-c", "echo one >&3; readlink /proc/self/fd/4 /proc/self/fd/5", outputs=1, instead={"outputs": 3},
               log=str(log))

    assert os.read(shim.output(0), 100) == b"one\n"
    assert shim.ended()["code"] == 0
    assert lines_of(log) == ["/dev/null", "/dev/null"]


# What it says

def test_its_words_are_logged_without_secrets(run, log):
    writes = "import os, time\nfor part in ('to rtmp://h/live/k', 'ey: failed\\nwith s3c', 'r3t and s%33cr3t\\n', 'end'):\n" \
             "    os.write(2, part.encode())\n    time.sleep(0.1)"
    shim = run(PYTHON, "-c", writes, log=str(log), secrets=["s3cr3t"])

    line = shim.next("line")["text"]
    ended = shim.ended()

    assert lines_of(log) == ["to rtmp://h/live/***: failed", "with *** and ***", "end"]
    assert line == ended["line"] == "to rtmp://h/live/***: failed"
    assert log.stat().st_mode & 0o777 == 0o640


def test_long_lines_and_garbage_are_cut_and_made_harmless(run, log):
    shim = run(PYTHON, "-c", "import os\nos.write(1, b'x' * 100000 + b'\\n' + b'error \\x1b[2J\\xff\\n')", log=str(log))

    shim.ended()

    said = log.read_bytes().splitlines()
    assert [len(line) - 25 for line in said] == [8192, 11]
    assert said[1][25:] == b"error ?[2J\xff"


def test_its_log_is_rotated_and_the_oldest_is_lost(run, log):
    shim = run(SHELL, "-c", "for i in 1 2 3 4 5 6; do seq $i$i$i$i$i 99999 | head -n 200; sleep 0.1; done", log=str(log),
               log_bytes=2000, log_kept=2)

    shim.ended()

    assert sorted(path.name for path in log.parent.iterdir()) == ["hook.log", "hook.log.1", "hook.log.2"]
    assert lines_of(log)[-1] == "66865"


@pytest.mark.parametrize("path", ["/nonexistent/hook.log", "/dev/full", "/proc/version"])
def test_a_log_that_can_not_be_written_stops_nothing(run, path):
    ended = run(SHELL, "-c", "echo this failed; exit 5", log=path).ended()

    assert (ended["code"], ended["line"]) == (5, "this failed")


def test_a_flood_of_words_stays_bounded(run, log):
    flood = "yes 'some error or other happened' | head -c 200000000 >&2; echo >&2; echo the last error >&2; exec sleep 1000"
    shim = run(SHELL, "-c", flood, log=str(log), log_bytes=1 << 20, log_kept=2)
    pid = shim.next("started")["pid"]

    wait_for(lambda: processes.title(pid).startswith("sleep"), 60, "the flood to be over")
    peak_kb = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{shim.process.pid}/status").read_text())[1])
    shim.send({"kill": True})

    assert shim.ended()["line"] == "the last error"
    assert peak_kb < 20_000
    assert sum(path.stat().st_size for path in log.parent.iterdir()) < 10 << 20
    assert "lines left out" in "".join(path.read_text() for path in log.parent.iterdir())


def test_a_worker_that_does_not_read_misses_much_but_not_the_end(run):
    chatter = "import os\nfor i in range(2000): os.write(100, b'frame=%d\\nprogress=continue\\n' % i); os.write(2, b'error\\n')"
    shim = run(PYTHON, "-c", chatter + "\nimport time; time.sleep(1)\nprint('the end failed')", progress=True)

    wait_for(lambda: shim.process.poll() is not None, 10, "the end")

    assert shim.ended()["line"] == "the end failed"


@pytest.mark.parametrize("flood", ["yes progress=continue >&100", "cat /dev/urandom >&100", "cat /dev/urandom",
                                   "exec 1>&- 2>&- 100>&-; while :; do :; done"])
def test_a_program_that_does_anything_with_its_pipes_is_still_ended(run, flood):
    shim = run(SHELL, "-c", flood, progress=True, grace_ms=100, term_ms=100)
    shim.next("usage")
    asked = time.monotonic()

    shim.send({"end": True})

    assert shim.ended()["reason"] == "killed_by_us"
    assert time.monotonic() - asked < 8


@pytest.mark.skipif(not os.access(FFMPEG, os.X_OK), reason="needs FFmpeg")
def test_the_progress_of_ffmpeg_is_told(run):
    shim = run(FFMPEG, "-nostats", "-progress", "pipe:100", "-re", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25",
               "-t", "2", "-f", "null", "-", progress=True)

    told = [content for kind, content in shim.reports() if kind == "progress"]

    assert len(told) >= 3
    assert told[-1]["frame"] == 50
    assert 1_900_000 <= told[-1]["out_time_us"] <= 2_000_000
    assert 0.1 < told[-1]["speed"] < 1.5
    assert 2 < told[-1]["fps"] < 40


def test_events_that_a_program_may_tell_of_are_told(run):
    program = ("echo '{\"event\":\"motion.started\",\"percent\":5}' >&101; echo nonsense >&101;"
               "echo '{\"event\":\"stream.stopped\"}' >&101; printf '{\"event\":\"motion.clip\"}\\n' >&101")
    shim = run(SHELL, "-c", program, events=True)

    told = [content for kind, content in shim.reports() if kind == "event"]

    assert told == [{"type": "motion.started", "data": '{"percent":5}'}, {"type": "motion.clip", "data": "{}"}]


def test_a_flood_of_events_is_bounded(run):
    program = "for i in {1..5000}; do echo '{\"event\":\"motion.started\"}'; done >&101"
    begun = time.monotonic()
    shim = run(SHELL, "-c", program, events=True)

    told = [content for kind, content in shim.reports() if kind == "event"]

    assert 10 <= len(told) <= 10 * (time.monotonic() - begun + 2)


def test_without_asking_there_is_no_descriptor_for_events(run):
    ended = run(SHELL, "-c", "echo '{}' >&101").ended()

    assert ended["code"] != 0


# Again and again

@pytest.mark.deadline(240)
def test_two_hundred_runs_leave_nothing_behind(run):
    word = token()
    before = sorted(os.listdir("/proc/self/fd")), processes.children(os.getpid())

    for number in range(200):
        shim = SluiceExec(SHELL, "-c", "setsid sleep 1000 & [ $1 -lt 100 ] || exec sleep 1000", word, str(number), outputs=2,
                          grace_ms=0)
        shim.next("started")
        with contextlib.suppress(BrokenPipeError):  # half of them end by themselves
            shim.send({"end": True})
        shim.ended()
        shim.close()

    assert (sorted(os.listdir("/proc/self/fd")), processes.children(os.getpid())) == before
    assert not living_with(word)
