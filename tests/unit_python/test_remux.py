"""What the packager's parts make of an FLV file, judged by FFmpeg: every frame, at its time, decodable."""

import json
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REMUX = ROOT / "build/asan/tests/remux/sluice_remux"
SECONDS, GOP = 8, 50
RATES = ["24000/1001", "25", "30000/1001", "50", "60"]


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def make_flv(path, rate, *options):
    run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size=320x180:rate={rate}", "-f", "lavfi", "-i",
        "sine=440:sample_rate=48000", "-t", SECONDS, "-c:v", "libx264", "-preset", "veryfast", "-g", GOP, "-pix_fmt", "yuv420p",
        *options, "-c:a", "aac", path)
    return path


def remux(flv, folder):
    return json.loads(run(REMUX, flv, folder).stdout)


def joined(folder, track):
    """Header and segments of a track as one file."""
    whole = folder / f"{track}.mp4"
    segments = sorted((folder / track).glob("???.m4s"))
    whole.write_bytes(b"".join(p.read_bytes() for p in [folder / track / "init.mp4", *segments]))
    return whole


def frames(path, kind):
    """(pts, key) of every packet in seconds, in decoding order."""
    shown = run("ffprobe", "-v", "error", "-select_streams", kind, "-show_entries", "packet=pts_time,flags", "-of", "json", path)
    return [(float(p["pts_time"]), "K" in p["flags"]) for p in json.loads(shown.stdout)["packets"]]


def decode_strictly(path):
    done = run("ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-err_detect", "explode", "-i", path, "-f", "null", "-")
    assert not done.stderr, done.stderr[-2000:]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("b_frames", [0, 2])
def test_every_frame_is_there_at_its_time_in_mp4_and_in_mpeg_ts(tmp_path, rate, b_frames):
    flv = make_flv(tmp_path / "in.flv", rate, "-bf", b_frames)
    made = remux(flv, tmp_path / "out")
    video, audio = joined(tmp_path / "out", "v"), joined(tmp_path / "out", "a")
    transport = tmp_path / "out/live.m3u8"
    wanted = frames(flv, "v")
    assert made["video"] == len(wanted) == round(SECONDS * Fraction(rate))
    shift = {video: 0, transport: 0.7}
    for path, delay in shift.items():
        found = frames(path, "v")
        assert [key for _, key in found] == [key for _, key in wanted]
        for (pts, _), (original, _) in zip(found, wanted):
            assert pts - delay == pytest.approx(original, abs=0.004)
    # Sound begins where the picture does.
    assert len(frames(audio, "a")) >= made["audio"] - 4
    for path in (video, audio, transport, tmp_path / "out/v/live.m3u8", tmp_path / "out/a/live.m3u8"):
        decode_strictly(path)


def test_steady_frames_are_evenly_spaced(tmp_path):
    """FLV rounds 33.37 ms to 33 and 34; nobody sees that any more once the rate is known."""
    remux(make_flv(tmp_path / "in.flv", "30000/1001", "-bf", 0), tmp_path / "out")
    times = [pts for pts, _ in frames(joined(tmp_path / "out", "v"), "v")]
    steps = [b - a for a, b in zip(times[10:], times[11:])]
    assert max(steps) - min(steps) < 0.0001


def test_parts_of_a_steady_stream_are_all_of_one_length(tmp_path):
    remux(make_flv(tmp_path / "in.flv", "25", "-bf", 0), tmp_path / "out")
    playlist = (tmp_path / "out/v/live.m3u8").read_text()
    parts = [line for line in playlist.splitlines() if line.startswith("#EXT-X-PART:")]
    assert len(parts) == SECONDS * 5
    assert all("DURATION=0.200000" in line for line in parts)
