"""Processes beside a stream: what they are fed with, what they give back, and every way in which they fail."""

import itertools
import json
import os
import re
import signal
import subprocess

import pytest
from sluicetest import packaged, processes
from sluicetest.endless import Endless
from sluicetest.packaged import Channel, get
from sluicetest.publisher import Ffmpeg, Publisher, clip
from sluicetest.nginx import BUILD
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import wait_for

INPUT = "-nostdin -hide_banner -loglevel level+warning -progress pipe:100 -stats_period 0.5 -copyts -f mp4 -i pipe:0"
BACK = ("-fps_mode passthrough -enc_time_base -1 -avoid_negative_ts disabled -muxdelay 0 -muxpreload 0 "
        "-video_track_timescale 90000 -movie_timescale 90000 -movflags +empty_moov+default_base_moof+delay_moov "
        "-frag_duration 1 -flush_packets 1 -f mp4")
SMALL = (f"output=small progress /usr/bin/ffmpeg {INPUT} -vf scale=160:90 -c:v libx264 -preset ultrafast -tune zerolatency "
         f"-force_key_frames source -sc_threshold 0 -g 250 -b:v 150k -c:a copy {BACK} pipe:3")
WINDOW = "sluice_ingest_reconnect_window 5s;"


def start(make_nginx, hooks, workers=1, main="", application="", **more):
    lines = "".join(f"sluice_exec {name} {what};\n" for name, what in hooks.items())
    program = f"sluice_exec_program {BUILD}/exec/sluice-exec; sluice_exec_logs {{prefix}};"
    server = make_nginx(workers=workers, **packaged.parts(
        main=program.format(prefix="/tmp") + main if not more.pop("logs", None) else main,
        application="sluice_package_segment 1s;" + WINDOW + application + lines, **more))
    return server


def shell(text):
    """A program of a line of shell; nginx takes it as one word."""
    return "/bin/sh -c \"" + text.replace("\\", "\\\\").replace('"', '\\"') + "\""


def publish(server, source="avc_quick", name="demo"):
    return Publisher(server.rtmp, name, Endless(source, 25))


def hook(server, name="h"):
    return server.control.hook("demo", name)


def wait_reason(server, reason, name="h", timeout=15):
    return wait_for(lambda: (h := hook(server, name)).get("reason") == reason and h, timeout,
                    f"the hook to say {reason}: {hook(server, name)}")


def assert_flows(server, name="demo"):
    """The stream goes on for its viewers."""
    with HttpFlv(server.flv(name)) as viewer:
        viewer.read_tags(30)


def family(server):
    """Everything below the workers, by pid."""
    return {pid: processes.title(pid) for worker in server.all_workers() for pid in processes.descendants(worker)}


def probe(path, *entries):
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", *entries, str(path)], capture_output=True, text=True,
                          timeout=60, check=True)
    return json.loads(done.stdout)


def test_a_process_gets_the_stream_and_may_finish_its_file(make_nginx, tmp_path):
    tmp_path.chmod(0o777)
    file = tmp_path / "demo.mp4"
    server = start(make_nginx, {"keep": f"/usr/bin/ffmpeg {INPUT} -c copy -y {tmp_path}/$name.mp4"})
    with publish(server) as publisher:
        wait_for(lambda: hook(server, "keep").get("fed", {}).get("frames", 0) > 150, 15, "frames to be fed")
        sent = len(publisher.sent)
    wait_for(lambda: not server.control.hooks("demo"), 10, "the process to finish")
    packets = probe(file, "-count_packets", "-show_entries", "stream=codec_type,nb_read_packets,codec_name")["streams"]
    assert {s["codec_name"] for s in packets} == {"h264", "aac"}
    # All that was sent is in it, but for the headers.
    assert sum(int(s["nb_read_packets"]) for s in packets) >= sent - 8
    assert not family(server)


COUNTS_READS = """
import os, sys
count = 0
while os.read(0, 1 << 20):
    count += 1
    open(sys.argv[1] + ".new", "w").write(str(count))
    os.replace(sys.argv[1] + ".new", sys.argv[1])
"""


def test_a_process_that_gives_nothing_back_gets_some_frames_in_one_piece(make_nginx, tmp_path):
    tmp_path.chmod(0o777)
    (tmp_path / "counts.py").write_text(COUNTS_READS)
    counting = f"/usr/bin/python3 {tmp_path}/counts.py {tmp_path}/"
    server = start(make_nginx, {"eats": counting + "eats", "answers": f"output=x {counting}answers"})
    with publish(server):
        for name in ("eats", "answers"):
            wait_for(lambda: hook(server, name).get("fed", {}).get("frames", 0) > 300, 20, "frames to be fed")
        reads = {name: int((tmp_path / name).read_text()) for name in ("eats", "answers")}
    assert reads["eats"] * 2 < reads["answers"]


def test_what_comes_back_is_a_stream_of_its_own_in_every_output(make_nginx):
    server = start(make_nginx, {"t": SMALL}, workers=2)
    demo = Channel(server, "demo")
    with publish(server):
        demo.wait_text("small/index.m3u8", lambda text: "RESOLUTION=160x90" in text)
        text = demo.wait_text("index.m3u8", lambda text: "s/small-v/index.m3u8" in text)
        assert "RESOLUTION=160x90" in text and 'AUDIO="audio"' in text
        programme = demo.playlist("s/v/index.m3u8")
        rendition = demo.wait_segments("s/small-v/index.m3u8", 4) and demo.playlist("s/small-v/index.m3u8")
        assert programme and rendition
        with HttpFlv(server.flv("demo/small")) as viewer:
            viewer.read_tags(30)
        for path in ("small/live.m3u8", "small/index.m3u8", "index.m3u8"):
            done = subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", demo.url(path), "-t", "2", "-f", "null", "-"],
                                  capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, (path, done.stderr)


def dates(text):
    """Number of each whole segment of a playlist → (its length, whether it is a gap)."""
    first = int(packaged.tag(text, "EXT-X-MEDIA-SEQUENCE"))
    rows = re.findall(r"((?:#EXT-X-GAP\n)?)#EXTINF:([0-9.]+),.*\n", text)
    return {first + i: (float(length), bool(gap)) for i, (gap, length) in enumerate(rows)}


def test_segments_of_a_rendition_are_those_of_the_programme(make_nginx):
    server = start(make_nginx, {"t": SMALL})
    demo = Channel(server, "demo")
    with publish(server):
        demo.wait_segments("s/small-v/index.m3u8", 5)
        for lane in ("s/{}v/index.m3u8", "s/{}a/index.m3u8"):
            # The rendition's first: what it has the programme has, too.
            small, whole = (dates(demo.text(lane.format(p))) for p in ("small-", ""))
            common = sorted(set(small) & set(whole))
            assert len(common) >= 4
            for number in common[1:]:
                assert small[number][0] == pytest.approx(whole[number][0], abs=0.025), number
                assert not small[number][1]
        times = {}
        for track in ("v", "small-v"):
            text = demo.text(f"s/{track}/index.m3u8")
            base = f"s/{track}/"
            init = get(demo.url(base + re.search(r'URI="([^"]+init.mp4)"', text)[1])).body
            for uri in re.findall(r"^\d+/\d+\.m4s$", text, re.M):
                file = server.prefix / "segment.mp4"
                file.write_bytes(init + get(demo.url(base + uri)).body)
                first = probe(file, "-select_streams", "v", "-show_entries", "packet=pts_time", "-read_intervals", "%+#1")
                times.setdefault(uri.split("/")[1], {})[track] = float(first["packets"][0]["pts_time"])
        both = [t for t in times.values() if len(t) == 2]
        assert len(both) >= 3
        assert all(t["v"] == pytest.approx(t["small-v"], abs=0.002) for t in both), times


@pytest.mark.parametrize(("program", "reason", "code", "signal_number"), [
    ("/bin/false", "exited", 1, None),
    (shell("exit 7"), "exited", 7, None),
    (shell("kill -SEGV $$"), "signalled", None, 11),
    ("/nonexistent/program", "could_not_start", None, None),
])
def test_a_program_that_fails_at_once_is_told_truly_and_tried_again(make_nginx, program, reason, code, signal_number):
    server = start(make_nginx, {"h": program})
    with server.control.events() as events, publish(server):
        seen = wait_reason(server, reason)
        assert seen["state"] == "waiting" and seen["pid"] is None
        if code is not None:
            assert seen["exit_code"] == code
        assert seen["exit_signal"] == signal_number
        told = events.wait("hook.ended", hook="h", reason=reason)
        assert told["failures"] == 1
        if reason == "could_not_start":
            assert "No such file" in seen["last_line"] and "No such file" in told["line"]
        wait_for(lambda: hook(server)["starts"] >= 3, 15, "two more tries")
        assert_flows(server)
    wait_for(lambda: not server.control.hooks("demo"), 5, "no hook without a stream")


@pytest.mark.parametrize(("program", "reason"), [
    ("output=x " + shell("head -c 100000 /dev/urandom >&3; cat >/dev/null"), "garbage"),
    ("output=x " + shell("printf '\\000\\000\\000\\377ftypiso5' >&3; exec 3>&-; cat >/dev/null"), "output_closed"),
    ("output=x " + shell("printf '\\000\\000\\000\\020ftypiso5' >&3; exit 3"), "exited"),
    (shell("exec sleep 1000"), "stalled"),
    ("progress output=x " + shell("exec cat >/dev/null"), "stalled"),
])
def test_a_program_that_misbehaves_harms_nobody_and_is_named(make_nginx, program, reason):
    main = "sluice_exec_stall 1s;"
    server = start(make_nginx, {"h": program, "good": shell("exec cat >/dev/null")}, main=main)
    with publish(server, "avc_big"):
        wait_reason(server, reason, timeout=40)
        assert_flows(server)
        assert hook(server, "good")["state"] == "running"
        assert hook(server, "good")["starts"] == 1


def test_a_killed_ffmpeg_comes_back_and_its_rendition_goes_on_behind_gaps(make_nginx):
    server = start(make_nginx, {"t": SMALL})
    demo = Channel(server, "demo")
    with publish(server):
        demo.wait_segments("s/small-v/index.m3u8", 3)
        before = int(packaged.tag(demo.text("s/small-v/index.m3u8"), "EXT-X-MEDIA-SEQUENCE"))
        with HttpFlv(server.flv("demo")) as viewer:
            viewer.read_tags(5)
            os.kill(hook(server, "t")["pid"], signal.SIGKILL)
            ended = wait_for(lambda: (h := hook(server, "t"))["exit_signal"] == 9 and h, 5, "the end to be told")
            assert ended["reason"] == "signalled"
            server.control.wait_hook("demo", "t", "running", 10)
            viewer.read_tags(60)
        text = demo.wait_text("s/small-v/index.m3u8", lambda text: "#EXT-X-GAP" in text)
        assert "#EXT-X-DISCONTINUITY\n" not in text, "the same headers: nothing is broken but what is missing"
        last = max(dates(text))
        after = demo.wait_text("s/small-v/index.m3u8", lambda t: max(n for n, (_, gap) in dates(t).items() if not gap) > last + 1)
        assert int(packaged.tag(after, "EXT-X-MEDIA-SEQUENCE")) >= before
        assert abs(max(dates(after)) - max(dates(demo.text("s/v/index.m3u8")))) <= 1


def test_a_stopped_ffmpeg_is_found_and_replaced(make_nginx):
    server = start(make_nginx, {"t": SMALL}, main="sluice_exec_stall 2s;")
    with publish(server):
        pid = server.control.wait_hook("demo", "t", "running")["pid"]
        os.kill(pid, signal.SIGSTOP)
        wait_reason(server, "stalled", "t", 20)
        assert not processes.alive(pid)
        server.control.wait_hook("demo", "t", "running", 20)
        assert_flows(server)


def test_a_slow_reader_jumps_to_key_frames_and_is_counted(make_nginx):
    # 4 Mbit/s for one that takes 1.
    slow = shell("while dd bs=13000 count=1 of=/dev/null 2>/dev/null; do sleep 0.1; done")
    server = start(make_nginx, {"h": slow})
    with server.control.events() as events, publish(server, "avc_big"):
        told = events.wait("hook.lagging", 60, hook="h")
        assert told["skipped_ms"] > 0
        assert wait_for(lambda: hook(server)["skips"]["count"] > 0 and hook(server), 5, "the count")["starts"] == 1
        assert_flows(server)


def test_killed_sluice_exec_takes_its_program_along_and_both_come_back(make_nginx):
    server = start(make_nginx, {"t": SMALL})
    server.expected.append("exited on signal 9")
    with publish(server):
        first = server.control.wait_hook("demo", "t", "running")
        shim = next(pid for pid, title in family(server).items() if "sluice-exec" in title)
        os.kill(shim, signal.SIGKILL)
        wait_for(lambda: not processes.alive(first["pid"]), 5, "the program to end")
        wait_for(lambda: hook(server, "t")["pid"] not in (None, first["pid"]), 15, "another program")
        assert_flows(server)


def test_a_stopped_sluice_exec_is_killed_with_its_program_and_both_come_back(make_nginx):
    server = start(make_nginx, {"t": SMALL}, main="sluice_exec_stall 2s;")
    server.expected.append("exited on signal 9")
    with publish(server):
        first = server.control.wait_hook("demo", "t", "running")
        shim = next(pid for pid, title in family(server).items() if "sluice-exec" in title)
        # It hears nothing then, and its program, which stands still as well, gives nothing back.
        os.kill(shim, signal.SIGSTOP)
        os.kill(first["pid"], signal.SIGSTOP)
        wait_for(lambda: hook(server, "t").get("pid") not in (None, 0, first["pid"]), 30, "another program")
        wait_for(lambda: not processes.alive(shim) and not processes.alive(first["pid"]), 5, "the old ones to be gone")
        server.control.wait_hook("demo", "t", "running", 20)
        assert_flows(server)


def test_nothing_is_left_of_a_killed_worker_and_its_stream_has_its_processes_again(make_nginx):
    server = start(make_nginx, {"t": SMALL, "h": shell("exec cat >/dev/null")}, workers=2)
    with Ffmpeg(f"{server.rtmp_url}/demo", "avc_quick") as first:
        server.control.wait_hook("demo", "t", "running")
        before = family(server)
        server.expected.append("exited on signal 9")
        processes.signal_to(server.control.stream("demo")["publisher"]["pid"], signal.SIGKILL)
        wait_for(lambda: not any(map(processes.alive, before)), 10, f"everything to end: {before}")
        first.stop()
    with publish(server):
        server.control.wait_hook("demo", "t", "running", 15)
        server.control.wait_hook("demo", "h", "running", 15)
        assert_flows(server)


def test_a_reload_leaves_the_processes_of_running_streams_alone(make_nginx):
    server = start(make_nginx, {"t": SMALL}, workers=2)
    with publish(server):
        before = server.control.wait_hook("demo", "t", "running")
        server.reload()
        Channel(server, "demo").wait_segments("s/small-v/index.m3u8", 3)
        after = hook(server, "t")
        assert (after["pid"], after["starts"], after["state"]) == (before["pid"], 1, "running")
    wait_for(lambda: not server.control.hooks("demo"), 10, "the end with the stream")
    wait_for(lambda: len(server.all_workers()) == 2, 10, "the old workers to end")


class Changing:
    """Two clips, one after the other, of one encoder that goes from one size to another."""

    def __init__(self, first, then):
        self.clips = [clip(first), clip(then)]

    def looped(self, start=0):
        for one in self.clips:
            for message in itertools.islice(one.looped(start), 3 * len(one.frames)):
                last = message.timestamp
                yield message
            start = last + 40


def test_other_headers_of_the_stream_start_the_process_anew(make_nginx):
    server = start(make_nginx, {"t": SMALL.replace("scale=160:90", "scale=iw/2:-2")})
    demo = Channel(server, "demo")
    with Publisher(server.rtmp, "demo", Changing("avc_quick", "avc_other")):
        demo.wait_text("small/index.m3u8", lambda text: "RESOLUTION=160x90" in text)
        demo.wait_text("small/index.m3u8", lambda text: "RESOLUTION=320x180" in text, 40)
        again = hook(server, "t")
        assert (again["starts"], again["failures"]) == (2, 0)
        text = demo.wait_text("s/small-v/index.m3u8", lambda text: "#EXT-X-DISCONTINUITY\n" in text)
        breaks = re.findall(r"#EXT-X-DISCONTINUITY\n", text)
        assert len(breaks) == 1, "that of the programme"


def test_what_does_not_fit_into_the_budget_waits_until_something_ends(make_nginx):
    eat = shell("exec cat >/dev/null")
    server = start(make_nginx, {"a": f"cpu=1024 memory=256 {eat}", "b": f"cpu=1024 memory=256 {eat}"},
                   main="sluice_exec_budget 2048 4096;")
    with server.control.events() as events:
        with publish(server), publish(server, name="other"):
            wait_for(lambda: len(server.control.hooks("demo")) == 2, 10, "the hooks")
            server.control.wait_hook("demo", "a", "running")
            server.control.wait_hook("demo", "b", "running")
            queued = server.control.wait_hook("other", "a", "queued")
            assert queued["reason"] == "budget"
            events.wait("hook.queued", channel="other", hook="a")
            budget = server.control.json("/-/hooks")["budget"]
            assert (budget["cpu_units_taken"], budget["memory_mb_taken"]) == (2048, 512)
        with publish(server, name="other"):
            server.control.wait_hook("other", "a", "running")
            server.control.wait_hook("other", "b", "running")


def test_a_budget_that_is_raised_reaches_the_streams_of_the_old_worker(make_nginx):
    eat = shell("exec cat >/dev/null")
    server = start(make_nginx, {"a": f"cpu=1024 {eat}", "b": f"cpu=1024 {eat}"}, main="sluice_exec_budget 1024 0;")
    with publish(server):
        wait_for(lambda: {h["state"] for h in server.control.hooks("demo").values()} == {"running", "queued"}, 10, "one to wait")
        server.reload(main=server.parts["main"].replace("budget 1024", "budget 2048"))
        wait_for(lambda: {h["state"] for h in server.control.hooks("demo").values()} == {"running"}, 10, "both to run")
        assert server.control.json("/-/hooks")["budget"]["cpu_units"] == 2048


@pytest.mark.deadline(300)
def test_two_hundred_starts_and_stops_leave_nothing_behind(make_nginx):
    server = start(make_nginx, {"a": shell("exec cat >/dev/null"), "x": "output=x " + shell("exec cat >/dev/null")})
    (worker,) = server.workers()

    def once():
        with publish(server):
            wait_for(lambda: hook(server, "a").get("state") == "running", 10, "it to run")
        wait_for(lambda: not server.control.hooks("demo"), 10, "it to end")

    def descriptors():
        return len(os.listdir(f"/proc/{worker}/fd"))

    for _ in range(10):
        once()
    open_before, memory_before = descriptors(), processes.resident_kb(worker)
    for _ in range(100):
        once()
    assert not family(server)
    wait_for(lambda: descriptors() <= open_before, 5, f"descriptors to be closed: {open_before}, {descriptors()}")
    assert processes.resident_kb(worker) < memory_before + 2048


@pytest.mark.parametrize(("line", "says"), [
    ("sluice_exec x;", "invalid number of arguments"),
    ("sluice_exec a/b /bin/true;", "needs a name"),
    ("sluice_exec x bin/true;", "absolute path"),
    ("sluice_exec x output=a/b /bin/true;", "absolute path"),
    ("sluice_exec x cpu=much /bin/true;", "absolute path"),
    ("sluice_exec x /bin/true; sluice_exec x /bin/true;", "twice"),
])
def test_a_wrong_directive_is_named(make_nginx, line, says):
    server = start(make_nginx, {})
    server.expected.append("sluice_exec")
    server.write_conf(application="sluice_access_publish open;" + line)
    status, text = server.test()
    assert status != 0 and says in text and "sluice_exec" in text
