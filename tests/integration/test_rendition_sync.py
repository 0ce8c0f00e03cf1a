"""Sound and picture of a rendition stay together: a flash and a beep every second."""

import re
import subprocess
import time

import pytest
from sluicetest import processes
from sluicetest.packaged import Channel

PICTURE = "color=black:size=320x180:rate=25,drawbox=t=fill:color=white:enable='lt(mod(n,25),1)'"
SOUND = "aevalsrc='if(lt(mod(t,1),0.04),sin(6283*t),0)':sample_rate=48000"
SIZE = {"name": "small", "width": 160, "height": 90, "bitrate_kbps": 200}


def pusher(url):
    return subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND, "-c:v", "libx264", "-preset",
         "ultrafast", "-tune", "zerolatency", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", url],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def decoded(url, *filters):
    """What FFmpeg prints of some seconds of the stream, with the stream's own times."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-copyts", "-i", url, *filters, "-f", "null", "-"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout


def rises(text, key, above):
    """Times at which a value of the frames becomes larger than that."""
    rows = re.findall(rf"pts_time:(-?[\d.]+)\s*\n{re.escape(key)}=(-?[\d.]+|-inf)", text)
    values = [(float(at), float(value)) for at, value in rows]
    found = [at for (_, before), (at, value) in zip(values, values[1:]) if before <= above < value]
    assert len(found) >= 2, (key, text[:300])
    return found


def offsets_ms(url):
    """Of beeps from flashes, both of which come once in every second of the stream."""
    flashes = rises(decoded(url, "-map", "0:v:0", "-frames:v", "75", "-vf",
                            "scale=16:9,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-"),
                    "lavfi.signalstats.YAVG", 100)
    beeps = rises(decoded(url, "-map", "0:a:0", "-frames:a", "600", "-af",
                          "asetnsamples=240,astats=metadata=1:reset=1,ametadata=print:key=lavfi.astats.Overall.RMS_level:file=-"),
                  "lavfi.astats.Overall.RMS_level", -20)
    return [((beep - flashes[0] + 0.5) % 1 - 0.5) * 1000 for beep in beeps]


@pytest.mark.parametrize("seconds", [10, pytest.param(1800, marks=[pytest.mark.long, pytest.mark.deadline(2100)])])
def test_a_beep_stays_with_its_flash(own_system, seconds):
    channel = own_system.api.channel(transcode={"enabled": True, "custom": [SIZE]})
    encoder = pusher(f"{own_system.rtmp_url}/{channel.name()}")
    try:
        demo = Channel(own_system, channel.id)
        demo.wait_segments("s/small-v/index.m3u8", 2)
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            found = offsets_ms(demo.url("small/live.flv"))
            assert all(abs(ms) <= 50 for ms in found), found
            # The programme's own sound goes with the rendition's picture in the ladder.
            found = offsets_ms(demo.url("index.m3u8"))
            assert all(abs(ms) <= 50 for ms in found), found
        (hook,) = channel.status()["hooks"]
        assert hook["starts"] == 1 and hook["skips"]["count"] == 0
    finally:
        processes.stop(encoder)
        channel.delete()
