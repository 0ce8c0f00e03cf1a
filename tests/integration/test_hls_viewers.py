"""hls_viewers of ./sluice bench: what it counts is what a server did, right or wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sluicetest.hls_stand_in import FIRST, PART_S, PARTS, HlsStandIn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from sluicebench import tools  # noqa: E402

pytestmark = pytest.mark.deadline(600)  # the tools may have to be compiled first
SECONDS = 2
VIEWERS = 5
TRACKS = 2


@pytest.fixture(scope="module")
def viewers():
    """Runs hls_viewers; its result."""
    tool = tools.build("bench_tools") / "hls_viewers"

    def run(url, *options):
        done = subprocess.run([tool, "--url", url, "--seconds", str(SECONDS), *options], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_viewers_follow_a_stream_part_by_part(viewers):
    with HlsStandIn() as server:
        result = viewers(server.url("master.m3u8"), "--count", str(VIEWERS), "--warm-up", "1", "--delays", "--await", "5")
    assert result["failures"] == {}
    assert [result[name] for name in ("joined", "errors", "stalls", "parts_missed", "early_reloads")] == [VIEWERS, 0, 0, 0, 0]
    expected = VIEWERS * TRACKS * SECONDS / PART_S
    assert result["parts"] == pytest.approx(expected, rel=0.1)
    assert result["reloads"] == pytest.approx(expected, rel=0.1)
    assert result["part_target_ms"] == 1000 * PART_S
    assert len(result["tracks"]) == TRACKS
    assert result["reload_ms"]["p50"] <= 1000 * PART_S
    for track in ("video", "audio"):
        assert 0 < result[f"{track}_part_ms"]["p50"] < 1000 * PART_S


def test_the_start_is_counted_from_the_streams_first_frame(viewers):
    with HlsStandIn() as server:
        result = viewers(server.url("master.m3u8"), "--delays", "--await", "5")
    # The stand-in lists a part when it is whole; its first frame is made a third of a part after the start.
    assert result["start_ms"]["count"] == 1
    assert 600 * PART_S < result["start_ms"]["p50"] < 5000


def test_transport_segments_are_seen_when_they_are_listed(viewers):
    with HlsStandIn() as server:
        result = viewers(server.url("live.m3u8"), "--mode", "polled", "--poll", "5", "--delays")
    assert result["failures"] == {}
    assert result["segments"] == pytest.approx(SECONDS / PART_S / PARTS, abs=1)
    assert 0 < result["segment_listed_ms"]["p50"] <= result["segment_ms"]["p50"] < 400


def spoiled(name, status, change):
    """An answer that goes wrong once, and that only."""
    left = [name]

    def spoil(path, body):
        if left and path.endswith(left[0]):
            left.clear()
            return status, change(body)
        return 200, body

    return spoil


@pytest.mark.parametrize(("status", "change", "why"), [
    (503, lambda body: b"", "answered 503"),
    (200, lambda body: body[:-1], "a part ends inside a box"),
    (200, lambda body: body[:58], "a part has no media"),
], ids=["refused", "short", "without media"])
def test_each_wrong_answer_is_an_error(viewers, status, change, why):
    with HlsStandIn(spoiled(f"/v/{FIRST + 3}.1.m4s", status, change)) as server:
        result = viewers(server.url("master.m3u8"), "--await", "5", "--warm-up", "0")
    assert result["failures"] == {why: 1}
    assert result["errors"] == 1


def test_a_reload_that_is_answered_too_early_is_counted(viewers):
    stale = (b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.1\n"
             b"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXTINF:0.5,\nx\n" % (FIRST + 2))
    with HlsStandIn(spoiled(f"_HLS_msn={FIRST + 3}&_HLS_part=0", 200, lambda body: stale)) as server:
        result = viewers(server.url("master.m3u8"), "--await", "5", "--warm-up", "0")
    assert (result["errors"], result["early_reloads"]) == (0, 1)


def test_a_player_that_runs_dry_has_stalled(viewers):
    hidden = [f"/v/{FIRST + 3}.{part}.m4s" for part in range(PARTS)]
    refusals = {path: 3 for path in hidden}

    def spoil(path, body):
        name = path.removeprefix("/demo")
        if refusals.get(name, 0) > 0:
            refusals[name] -= 1
            return 503, b""
        return 200, body

    with HlsStandIn(spoil) as server:
        result = viewers(server.url("master.m3u8"), "--await", "5", "--warm-up", "0")
    assert result["stalls"] > 0
    assert result["errors"] > 0


def test_static_files_are_asked_for_at_the_pace_of_parts(viewers):
    with HlsStandIn(files={"v.m3u8": b"a" * 300, "v.m4s": b"b" * 9000, "a.m3u8": b"c" * 200, "a.m4s": b"d" * 900}) as server:
        result = viewers(server.url(""), "--mode", "static", "--part", str(1000 * PART_S), str(1000 * PART_S), "--count", str(VIEWERS))
    expected = VIEWERS * TRACKS * SECONDS / PART_S
    assert (result["joined"], result["errors"]) == (VIEWERS, 0)
    assert result["requests"] == pytest.approx(2 * expected, rel=0.1)
    sizes = [(track["playlist_bytes"], track["part_bytes"]) for track in result["tracks"]]
    assert sizes == [(300, 9000), (200, 900)]
