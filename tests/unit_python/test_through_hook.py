"""Clips through the pipes of a hook, FFmpeg at the other end: every frame comes back as it was, at its time."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from sluicetest import clips, flv

ROOT = Path(__file__).resolve().parents[2]
REMUX = ROOT / "build/asan/tests/remux/sluice_remux"
AHEAD_S = 10
LATER_S = 1  # than in the clip, whose first decoding times are below zero
MS = 0.001

# docs/hooks.md says why.
MOVFLAGS = "+empty_moov+default_base_moof+delay_moov"
FRAME_BY_FRAME = ["-movflags", MOVFLAGS, "-frag_duration", "1", "-movie_timescale", "90000", "-flush_packets", "1"]
# As others may write it: one track of a group of pictures behind the other, and bases that are not said.
BY_GROUPS = ["-movflags", "+frag_keyframe+empty_moov+delay_moov", "-movie_timescale", "90000"]
OMITTED = ["-movflags", "+frag_keyframe+empty_moov+delay_moov+omit_tfhd_offset+separate_moof"]

CLIPS = ["avc", "avc_bframes", "hevc", "av1", "audio_only", "video_only", "fps_23_976", "fps_29_97", "fps_60"]


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def through_ffmpeg(source, path, *options):
    """Into FFmpeg and out of it by pipes, times kept."""
    with open(source, "rb") as pipe_in, open(path, "wb") as pipe_out:
        done = subprocess.run(["ffmpeg", "-v", "warning", "-copyts", "-f", "mp4", "-i", "pipe:0", "-c", "copy", *options,
                               "-f", "mp4", "pipe:1"], stdin=pipe_in, stdout=pipe_out, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0 and not re.search("out of range|no value", done.stderr), done.stderr[-2000:]
    return path


def fragmented(clip, path, *options):
    run("ffmpeg", "-nostdin", "-v", "error", "-copyts", "-itsoffset", LATER_S, "-i", clip, "-c", "copy", *options, "-f", "mp4", path)
    return path


def returned(path, *shifted):
    out = path.with_suffix(".flv")
    said = json.loads(run(REMUX, "--returned", path, out, *shifted).stdout)
    assert said == {"dropped": 0, "left_out": 0}
    tags = flv.Parser().feed(out.read_bytes())
    flv.check_start(tags)
    for kind in (flv.VIDEO, flv.AUDIO):
        flv.check_rising([t for t in tags if t.type == kind and t.is_frame])
    return out, tags


def packets(path, kind):
    """(pts, key, size) of every packet in seconds, in decoding order."""
    shown = run("ffprobe", "-v", "error", "-select_streams", kind, "-show_entries", "packet=pts_time,flags,size", "-of", "json", path)
    return [(float(p["pts_time"]), "K" in p["flags"], int(p["size"])) for p in json.loads(shown.stdout)["packets"]]


def decode_strictly(path):
    done = run("ffmpeg", "-nostdin", "-v", "warning", "-xerror", "-err_detect", "explode", "-i", path, "-f", "null", "-")
    assert not done.stderr, done.stderr[-2000:]


@pytest.mark.parametrize("options", [FRAME_BY_FRAME, BY_GROUPS, OMITTED], ids=["frame_by_frame", "by_groups", "omitted"])
@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_comes_through_both_pipes_at_its_time(tmp_path, name, options):
    clip = clips.clip_path(name)
    given, tags = returned(fragmented(clip, tmp_path / "given.mp4", *options))
    fed = tmp_path / "fed.mp4"
    run(REMUX, "--feed", given, fed)
    for kind in "va":
        wanted, found = packets(clip, kind), packets(fed, kind)
        if kind == "a" and packets(clip, "v"):  # begins with the picture
            assert len(found) >= len(wanted) - 8
            wanted = wanted[len(wanted) - len(found):]
        assert [p[1:] for p in found] == [p[1:] for p in wanted]
        for (pts, *_), (original, *_) in zip(found, wanted):
            assert pts - AHEAD_S - LATER_S == pytest.approx(original, abs=1.6 * MS)
    decode_strictly(fed)

    _, again = returned(through_ffmpeg(fed, tmp_path / "back.mp4", *options), "shifted")
    for kind in (flv.VIDEO, flv.AUDIO):
        before, after = ([t for t in which if t.type == kind and t.is_frame] for which in (tags, again))
        before = before[len(before) - len(after):]
        assert len(before) == len(after)
        for one, other in zip(before, after):
            assert abs(one.timestamp - other.timestamp) <= 1
            assert one.is_key == other.is_key
            assert one.payload[8:] == other.payload[8:]
