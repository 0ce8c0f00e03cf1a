"""sluice-motion records what moves, and nothing else. Its clock is that of the media: a minute is read in a second."""

import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from sluicetest import packaged, processes
from sluicetest.clips import cache_folder
from sluicetest.endless import Endless
from sluicetest.nginx import BUILD
from sluicetest.publisher import Publisher
from sluicetest.waiting import wait_for

BINARY = BUILD / "exec/sluice-motion"
FFMPEG = "/usr/bin/ffmpeg"
FRAGMENTS = ["-movflags", "+frag_every_frame+empty_moov+default_base_moof", "-f", "mp4"]
NOISE = "noise=alls=20:allf=t+u"
GREY = "color=c=gray:size=640x360:rate=25"
# A white box of an eighth of the picture that runs from second 20 to 40.
BOX = (f"{GREY}[back];color=c=white:size=160x160:rate=25[box];"
       f"[back][box]overlay=x='mod((t-20)*100,480)':y=100:enable='between(t,20,40)',{NOISE}")
BEGINS_MS, ENDS_MS = 20_000, 40_000
EVENTS, PROGRESS = 101, 100

SOURCES = {
    "still": (f"testsrc2=size=640x360:rate=25,trim=end_frame=1,loop=loop=-1:size=1,setpts=N/25/TB,{NOISE}", ["-b:v", "300k"]),
    # Key frames and what lies between look different.
    "flicker": ("testsrc2=size=640x360:rate=25,trim=end_frame=1,loop=loop=-1:size=1,setpts=N/25/TB", ["-b:v", "30k"]),
    "dusk": (f"{GREY},fade=t=out:st=0:d=60", ["-b:v", "100k"]),
    "box": (BOX, ["-b:v", "500k", "-bf", "2"]),
    "box_long_gop": (BOX, ["-b:v", "500k", "-bf", "2", "-g", "250", "-sc_threshold", "0"]),
    "cut": (f"{GREY}[a];color=c=black:size=640x360:rate=25[b];[a][b]overlay=enable='gte(t,30)'", ["-b:v", "100k"]),
    "small": ("color=c=gray:size=640x360:rate=25[back];color=c=white:size=32x32:rate=25[box];"
              "[back][box]overlay=x='mod(t*100,600)':y=100", ["-b:v", "300k"]),
}
HEVC = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:keyint=50:bframes=2", "-tag:v", "hvc1"]


def source(name, codec=None):
    """A minute of it as sluice-exec would feed it, made once."""
    graph, options = SOURCES[name]
    video = codec or ["-c:v", "libx264", "-preset", "veryfast", "-g", "50", *options]
    path = cache_folder() / f"motion-{name}-{'other' if codec else 'avc'}.mp4"
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}.new")
        subprocess.run([FFMPEG, "-v", "error", "-y", "-f", "lavfi", "-i", graph, "-f", "lavfi", "-i", "sine", "-t", "60",
                        "-pix_fmt", "yuv420p", *video, "-c:a", "aac", *FRAGMENTS, draft], check=True, timeout=100)
        draft.rename(path)
    return path


class Motion:
    """A running program that gets what `feed()` says; its events come on the descriptor for them."""

    def __init__(self, folder, area=2, diff=30, interval=1, longest=60, before=5, ffmpeg=FFMPEG):
        self.folder = folder
        reading, writing = os.pipe()
        lives, life = os.pipe()
        self._events, self._life = os.fdopen(reading), os.fdopen(lives)

        def place():
            os.dup2(writing, EVENTS)
            os.dup2(life, PROGRESS)

        argv = [BINARY, "--area", area, "--diff", diff, "--interval", interval, "--max", longest, "--before", before,
                "--folder", folder, "--ffmpeg", ffmpeg]
        self.process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                                        close_fds=False, preexec_fn=place)
        os.close(writing)
        os.close(life)

    def feed(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def next_event(self):
        return json.loads(self._events.readline())

    def finish(self, status=0):
        """Ends its input; the events that it had to tell."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        events = [json.loads(line) for line in self._events]
        assert self.process.wait(30) == status
        return events

    def complaints(self):
        return self.process.stderr.read().decode()

    def life(self, lines):
        """What it wrote of its progress."""
        return "".join(self._life.readline() for _ in range(lines))

    def close(self):
        for pid in [*processes.descendants(self.process.pid), self.process.pid]:
            processes.signal_to(pid, signal.SIGKILL)
        self.process.wait(10)
        for end in (self._events, self._life, self.process.stderr):
            end.close()


@pytest.fixture
def motion(tmp_path):
    """Starts sluice-motion; all that is left of it is gone afterwards."""
    started = []

    def start(folder=None, **options):
        started.append(Motion(folder or tmp_path, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def watch(program, path):
    """The events of all of a file."""
    program.feed(path.read_bytes())
    return program.finish()


def clips(events):
    return [event for event in events if event["event"] == "motion.clip"]


def first_media_ms(event_ms, clip):
    """Where in the clip a moment of the world is."""
    return event_ms - clip["started_ms"]


def probe(path):
    done = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_entries",
                           "format=duration,start_time:stream=codec_type,width,height,nb_frames", path],
                          capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


def assert_plays(path):
    """Every frame decodes, without a word of complaint, and the index is in front of the media."""
    done = subprocess.run([FFMPEG, "-v", "warning", "-xerror", "-i", path, "-f", "null", "-"], capture_output=True, text=True,
                          timeout=60, check=True)
    assert not done.stderr, done.stderr
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"moof" not in data


def brightest(path, at_s=0):
    """The brightest level of a frame, smoothed."""
    seek = ["-ss", str(at_s)] if at_s else []
    done = subprocess.run([FFMPEG, "-v", "error", *seek, "-i", path, "-frames:v", "1", "-vf", "scale=64:36:flags=area",
                           "-pix_fmt", "gray", "-f", "rawvideo", "-"], capture_output=True, timeout=30, check=True)
    return max(done.stdout)


# What is motion

@pytest.mark.parametrize("interval", [1, 5])
@pytest.mark.parametrize("name", ["still", "flicker", "dusk"])
def test_noise_compression_and_light_are_no_motion(motion, tmp_path, name, interval):
    program = motion(area=1, interval=interval)

    assert watch(program, source(name)) == []
    assert not program.complaints()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "codec"), [("box", None), ("box_long_gop", None), ("box", HEVC)], ids=["keys", "long", "hevc"])
@pytest.mark.parametrize("interval", [1, 4])
def test_a_box_that_moves_is_recorded_from_before_to_after(motion, tmp_path, name, codec, interval):
    before = 5
    events = watch(motion(interval=interval, before=before), source(name, codec))

    assert [event["event"] for event in events] == ["motion.started", "motion.clip"]
    started, clip = events
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.mp4", clip["file"])
    assert clip["picture"] == Path(clip["file"]).with_suffix(".jpg").name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([clip["file"], clip["picture"]])
    path = tmp_path / clip["file"]
    assert_plays(path)
    # Key frames are two or ten seconds apart.
    shown_ms = first_media_ms(started["at_ms"], clip)
    gop_ms = 10_000 if name == "box_long_gop" else 2000
    assert before * 1000 <= shown_ms <= before * 1000 + gop_ms + 100
    # At its begin nothing moves yet, at what was told of it does, at the end all is calm.
    assert brightest(path) < 180
    assert brightest(tmp_path / clip["picture"]) > 220
    calm_ms = max(2 * interval * 1000, 5000)
    moved_ms = ENDS_MS - BEGINS_MS
    assert moved_ms + calm_ms - interval * 1000 <= clip["duration_ms"] <= moved_ms + calm_ms + before * 1000 + gop_ms + interval * 2000
    assert 8 < started["percent"] <= clip["percent"] < 40
    streams = probe(path)["streams"]
    assert {stream["codec_type"] for stream in streams} == {"video", "audio"}
    assert abs(float(probe(path)["format"]["duration"]) * 1000 - clip["duration_ms"]) < 200


@pytest.mark.parametrize("interval", [1, 3, 5])
def test_motion_is_found_within_two_intervals(motion, tmp_path, interval):
    started, clip = watch(motion(interval=interval, before=2), source("box"))

    # The clip's first frame is that long before the box appears.
    appears_s = next(at / 5 for at in itertools.count() if brightest(tmp_path / clip["file"], at / 5) > 220)
    assert appears_s > 0
    assert started["at_ms"] - clip["started_ms"] - appears_s * 1000 <= 2000 * interval


def test_a_cut_to_another_picture_is_motion(motion):
    started, clip = watch(motion(area=90), source("cut"))

    assert started["percent"] > 99
    assert clip["picture"]


def test_what_is_smaller_than_asked_for_is_no_motion(motion):
    assert watch(motion(area=3), source("small")) == []


# Clips

def test_a_clip_that_is_long_enough_is_followed_by_another(motion, tmp_path):
    events = watch(motion(longest=10), source("box"))
    made = clips(events)

    assert [event["event"] for event in events].count("motion.started") == 1
    assert len(made) == 3
    for one, following in itertools.pairwise(made):
        assert abs(one["duration_ms"] - 10_000) <= 100
        # It begins with the key frame before the end of the other: nothing is missing.
        end_ms = one["started_ms"] + one["duration_ms"]
        assert end_ms - 2100 <= following["started_ms"] <= end_ms
    for clip in made:
        assert_plays(tmp_path / clip["file"])
        assert clip["picture"] and (tmp_path / clip["picture"]).exists()


def test_what_was_asked_for_before_the_motion_may_be_longer_than_a_clip(motion, tmp_path):
    made = clips(watch(motion(longest=2, before=10), source("box")))

    assert made
    for clip in made:
        assert_plays(tmp_path / clip["file"])


def half_of(path):
    """The box runs at its end."""
    data = path.read_bytes()
    return data[:data.index(b"moof", len(data) // 2) - 4]


def test_the_end_of_the_stream_finishes_the_clip(motion, tmp_path):
    program = motion()
    program.feed(half_of(source("box")))
    started, clip = program.finish()

    assert started["event"] == "motion.started"
    assert_plays(tmp_path / clip["file"])
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".jpg", ".mp4"]


def test_told_to_end_it_finishes_the_clip_at_once(motion, tmp_path):
    program = motion()
    program.feed(half_of(source("box")))
    assert program.next_event()["event"] == "motion.started"
    program.process.send_signal(signal.SIGTERM)

    assert program.process.wait(10) == 0
    clip = program.next_event()
    assert_plays(tmp_path / clip["file"])
    assert not processes.descendants(program.process.pid)


def test_what_a_killed_program_left_is_finished_by_the_next(motion, tmp_path):
    program = motion()
    program.feed(half_of(source("box")))
    started = program.next_event()
    part = wait_for(lambda: [p for p in tmp_path.glob("*.part") if p.stat().st_size > 200_000], 20, "a clip that grows")[0]
    wait_for(lambda: part.with_suffix(".jpg").exists(), 10, "the picture")
    children = processes.descendants(program.process.pid)
    program.process.kill()
    program.process.wait()
    wait_for(lambda: not any(processes.alive(child) for child in children), 5, "its children to be gone")
    with part.open("ab") as file:
        file.write(b"\0\0\1\0moof")  # in the middle of a fragment

    clip, = clips(motion().finish())

    assert clip["file"] == part.with_suffix(".mp4").name
    assert clip["picture"] == part.with_suffix(".jpg").name
    assert clip["percent"] is None
    assert clip["duration_ms"] > 5000
    assert abs(clip["started_ms"] - started["at_ms"]) < 10_000
    assert not part.exists()
    assert_plays(tmp_path / clip["file"])


def test_a_clip_that_somebody_is_at_is_left_alone(motion, tmp_path):
    program = motion()
    program.feed(half_of(source("box")))
    program.next_event()
    part = wait_for(lambda: list(tmp_path.glob("*.part")), 10, "a clip")[0]

    assert motion().finish() == []
    assert part.exists()
    assert len(clips(program.finish())) == 1


def test_an_empty_clip_of_a_killed_program_goes(motion, tmp_path):
    (tmp_path / "2026-11-23T17-40-05Z.part").touch()

    assert motion().finish() == []
    assert not list(tmp_path.iterdir())


def test_a_folder_that_takes_nothing_costs_one_line(motion, tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)
    try:
        program = motion(folder=folder)
        events = watch(program, source("box"))
        assert [event["event"] for event in events] == ["motion.started"]
        assert program.complaints().count("No space left on device") == 1
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


# What can be wrong

GOOD = {"--area": "2", "--diff": "30", "--interval": "1", "--max": "60", "--folder": "/tmp", "--ffmpeg": FFMPEG}


@pytest.mark.parametrize(("name", "value"), [
    ("--area", "0"), ("--area", "101"), ("--area", "x"), ("--area", ""), ("--diff", "256"), ("--diff", "3.5"), ("--interval", "0"),
    ("--max", "-1"), ("--before", "1s"), ("--folder", "/nonexistent"), ("--folder", "/etc/passwd"), ("--ffmpeg", "/nonexistent/ffmpeg"),
    ("--ffmpeg", "/etc/passwd"), ("--colour", "red"), ("--area", None), ("--ffmpeg", None),
])
def test_a_bad_argument_is_named(name, value):
    given = {**GOOD, name: value}
    argv = [word for pair in given.items() if pair[1] is not None for word in pair]

    done = subprocess.run([BINARY, *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)

    assert done.returncode == 64
    assert done.stderr.startswith(f"sluice-motion: {name}: ")
    assert done.stderr.count("\n") == 1


def test_an_option_without_a_value_is_named():
    done = subprocess.run([BINARY, "--area"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)

    assert (done.returncode, done.stderr) == (64, "sluice-motion: --area: its value is missing\n")


def test_garbage_is_told_and_ends_it(motion):
    program = motion()
    with contextlib.suppress(BrokenPipeError):
        program.feed(bytes(range(256)) * 100)

    assert program.finish(status=65) == []
    assert "can't be read" in program.complaints()


def test_garbage_behind_a_stream_does_not_cost_the_clip(motion, tmp_path):
    program = motion()
    with contextlib.suppress(BrokenPipeError):
        program.feed(half_of(source("box")) + bytes(range(256)) * 100)
    clip, = clips(program.finish(status=65))

    assert_plays(tmp_path / clip["file"])


def test_a_decoder_that_dies_ends_it_with_the_clip_finished(motion, tmp_path):
    program = motion()
    program.feed(half_of(source("box")))
    program.next_event()
    decoder, = [pid for pid in processes.descendants(program.process.pid) if "rawvideo" in processes.title(pid)]
    processes.signal_to(decoder, signal.SIGSEGV)
    events = [program.next_event()]

    assert program.process.wait(20) == 70
    assert "the decoder was killed by signal 11" in program.complaints()
    assert_plays(tmp_path / clips(events)[0]["file"])


def test_sound_alone_is_said_once_and_read_on(motion, tmp_path):
    sound = tmp_path / "sound.mp4"
    subprocess.run([FFMPEG, "-v", "error", "-f", "lavfi", "-i", "sine", "-t", "5", "-c:a", "aac", *FRAGMENTS, sound], check=True)
    program = motion()

    assert watch(program, sound) == []
    assert program.complaints() == "sluice-motion: there is no picture in what comes in\n"


# Living with it

def test_it_shows_that_it_lives(motion):
    program = motion()
    program.feed(half_of(source("box")))
    program.next_event()
    block = program.life(5)

    assert re.fullmatch(r"frame=[1-9]\d*\nfps=[\d.]+\nout_time_us=[1-9]\d*\nspeed=[\d.]+x\nprogress=continue\n", block)


def test_looking_costs_little(motion, tmp_path):
    big = cache_folder() / "motion-720p.mp4"
    if not big.exists():
        draft = big.with_suffix(f".{os.getpid()}.new")
        subprocess.run([FFMPEG, "-v", "error", "-y", "-f", "lavfi", "-i", f"{GREY.replace('640x360', '1280x720')},{NOISE}", "-t", "60",
                        "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-b:v", "2M", *FRAGMENTS,
                        draft], check=True, timeout=100)
        draft.rename(big)
    before = os.times()
    program = motion(interval=5)
    program.feed(big.read_bytes())
    assert program.finish() == []
    after = os.times()
    spent_s = after.children_user + after.children_system - before.children_user - before.children_system

    assert spent_s < 0.02 * 60, "2 % of a core"


# In its place

def test_as_a_hook_it_tells_the_world_of_its_channel(make_nginx, tmp_path):
    what = f"progress events {BINARY} --area 1 --diff 30 --interval 1 --max 60 --folder {tmp_path} --ffmpeg {FFMPEG}"
    server = make_nginx(**packaged.parts(main=f"sluice_exec_program {BUILD}/exec/sluice-exec;",
                                         application=f"sluice_exec motion {what};"))
    with server.control.events() as events:
        with Publisher(server.rtmp, "demo", Endless("avc_quick", 25)):
            started = events.wait("motion.started", 20, channel="demo", hook="motion")
            hook = server.control.wait_hook("demo", "motion", "running")
            assert hook["starts"] == 1
        clip = events.wait("motion.clip", 20, channel="demo", hook="motion")
    assert started["percent"] > 1
    # Found as soon as it was there, and not after it had been waited for.
    assert abs(started["ts_ms"] - started["at_ms"]) < 3000
    assert_plays(tmp_path / clip["file"])
    assert (tmp_path / clip["picture"]).exists()
    wait_for(lambda: not server.control.hooks("demo"), 10, "the hook to be gone")
