"""OBS Studio pushes with the recommended settings, and stops cleanly."""

import shutil
import subprocess
from pathlib import Path

import pytest
from sluicetest import flv
from sluicetest.viewer import HttpFlv

SCRIPT = Path(__file__).parents[1] / "lib/obs.sh"
pytestmark = [pytest.mark.long, pytest.mark.deadline(180)]


@pytest.fixture(autouse=True)
def obs_is_here():
    missing = [name for name in ("obs", "Xvfb", "xdotool") if not shutil.which(name)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def start(system, channel, tmp_path, seconds, key=None):
    push = channel.urls()["push"]["obs"]
    return subprocess.Popen([SCRIPT, push["server"], key or push["stream_key"], str(seconds)],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={"PATH": "/usr/bin:/bin:/usr/sbin", "OBS_HOME": str(tmp_path)})


def test_obs_pushes_with_the_recommended_settings_and_stops_cleanly(shared_system, channel, tmp_path):
    with shared_system.control.events() as events:
        obs = start(shared_system, channel, tmp_path, 12)
        shared_system.control.wait_state(channel.id, "live", 30)
        with HttpFlv(shared_system.flv(channel.id)) as viewer:
            viewer.read_for(8)
            viewer.check(largest_step_ms=300)
            keys = [t.timestamp for t in viewer.tags if t.is_key]
            assert all(1900 <= b - a <= 2100 for a, b in zip(keys, keys[1:])) and len(keys) >= 3
            assert {t.type for t in viewer.tags} >= {flv.AUDIO, flv.VIDEO}
            said, _ = obs.communicate(timeout=60)
        assert obs.returncode == 0, said
        events.wait("stream.stopped", timeout=20, channel=channel.id, reason="unpublished")


def test_obs_with_a_wrong_key_is_refused(shared_system, channel, tmp_path):
    obs = start(shared_system, channel, tmp_path, 5, key=f"{channel.id}?sign=4102444800-{'0' * 64}")
    said, _ = obs.communicate(timeout=60)
    assert obs.returncode != 0 and "did not stream" in said
