"""What /metrics answers, what docs/metrics.md says, and what the dashboard asks for are one."""

import re
import socket

import pytest
from sluicetest import metrics
from sluicetest.publisher import Publisher, clip
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import wait_for

# Prometheus itself adds these to what it scrapes.
ADDED_BY_PROMETHEUS = {"job", "instance", "le"}
BASE_UNITS = ("_seconds", "_bytes", "_seconds_total", "_bytes_total", "_bytes_per_second")
OTHER_UNITS = re.compile(r"_(milliseconds|microseconds|ms|us|minutes|hours|kilobytes|megabytes|kb|mb|bits|percent)(_|$)")


@pytest.fixture
def live(shared_system, channel):
    with Publisher(shared_system.rtmp, channel.name(), clip("avc")) as push:
        shared_system.control.wait_state(channel.id, "live")
        yield push


def page(system):
    reply = system.api.get("/metrics")
    assert reply.status_code == 200
    return reply.text


@pytest.fixture
def families(shared_system, live):
    return metrics.served(page(shared_system))


def test_every_metric_is_documented_and_every_documented_one_is_there(families):
    written = metrics.documented()
    assert len(written) > 40
    assert sorted(families) == sorted(written)
    for name, family in families.items():
        assert family.kind == written[name].kind, name
        assert family.labels == written[name].labels, name


def test_names_and_units_are_those_that_prometheus_asks_for(families):
    for name, family in families.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name), name
        assert (family.kind == "counter") == name.endswith("_total"), name
        assert family.help.endswith(".") and len(family.help) > 10, name
        assert not OTHER_UNITS.search(name), name
        assert not name.endswith(("_count", "_sum", "_bucket", "_gauge", "_counter", "_histogram")), name
        assert "bytes" not in name or name.endswith(BASE_UNITS), name


def test_the_dashboard_asks_only_for_metrics_and_labels_that_exist(families):
    asked = list(metrics.queries())
    assert len(asked) > 40
    for where, expression in asked:
        names, labels = metrics.names_in(expression)
        assert names, where
        for name in names:
            assert metrics.family_of(name, families), f"{where}: {name}"
        known = set().union(*(metrics.family_of(n, families).labels for n in names)) | ADDED_BY_PROMETHEUS
        assert labels <= known, f"{where}: {labels - known}"


def test_the_dashboard_shows_every_metric(families):
    shown = {metrics.family_of(name, families).name for _, e in metrics.queries() for name in metrics.names_in(e)[0]}
    left_out = {"sluice_viewer_skipped_tags_total"}  # the time that they last says more
    assert set(families) - shown == left_out


def test_a_stream_has_figures_of_its_own(shared_system, channel, live):
    def value(name, **labels):
        return metrics.samples(text, name)[tuple(sorted({"stream": channel.id, **labels}.items()))]

    with HttpFlv(shared_system.flv(channel.id)) as viewer:
        viewer.read_key_frame()
        viewer.read_for(3)
        text = page(shared_system)

        assert value("sluice_stream_up") == 1
        assert value("sluice_stream_viewers", protocol="flv") == 1
        assert value("sluice_stream_viewers", protocol="rtmp") == 0
        assert 24 <= value("sluice_stream_frames_per_second") <= 26
        assert 0 <= value("sluice_stream_last_tag_age_seconds") < 1
        assert value("sluice_stream_key_frame_interval_seconds") > 0
        stream = shared_system.control.stream(channel.id)
        assert value("sluice_stream_video_bytes_per_second") == pytest.approx(stream["video"]["bitrate_bps"] / 8, rel=0.5)
        assert 0 < value("sluice_stream_in_bytes_total") <= stream["bytes_in"]
        assert 0 < value("sluice_stream_out_bytes_total") <= stream["bytes_out"]

    live.halt()
    wait_for(lambda: metrics.samples(page(shared_system), "sluice_stream_last_tag_age_seconds")
             [(("stream", channel.id),)] > 1, 5, "the age of the last tag to rise")


def test_a_stream_that_is_gone_has_no_figures_and_sums_never_fall(shared_system, channel):
    def sums():
        text = page(shared_system)
        return {name: sum(metrics.samples(text, name).values())
                for name in ("sluice_in_bytes_total", "sluice_out_bytes_total", "sluice_hub_events_total")}

    with Publisher(shared_system.rtmp, channel.name(), clip("avc")) as push:
        shared_system.control.wait_state(channel.id, "live")
        wait_for(lambda: len(push.sent) > 50, what="some frames")
        during = sums()
    shared_system.control.wait_state(channel.id, "idle", 30)

    assert f'stream="{channel.id}"' not in page(shared_system)
    after = sums()
    assert all(after[name] >= during[name] for name in after) and during["sluice_in_bytes_total"] > 0


def test_requests_are_counted_by_route_and_status_and_never_by_what_a_client_makes_up(shared_system, channel):
    def counts():
        return metrics.samples(page(shared_system), "sluice_api_requests_total")

    def key(method, route, status):
        return (("method", method), ("route", route), ("status", status))

    before = counts()
    for id in (channel.id, channel.id, "not-there-1", "not-there-2"):
        shared_system.api.get(f"/channels/{id}")
    shared_system.api.get("/nowhere/made-up")
    shared_system.api.client.request("MADEUP", "/channels")
    after = counts()

    route = "/api/v1/channels/{id}"
    assert after[key("GET", route, "200")] - before.get(key("GET", route, "200"), 0) == 2
    assert after[key("GET", route, "404")] - before.get(key("GET", route, "404"), 0) == 2
    text = page(shared_system)
    for invented in ("made-up", "MADEUP", "not-there"):
        assert invented not in text
    seconds = metrics.samples(text, "sluice_api_request_seconds_count")
    assert seconds[(("method", "GET"), ("route", route))] >= 4


def test_writes_and_changes_of_configuration_are_counted(shared_system, api):
    def figures():
        text = page(shared_system)
        outcomes = metrics.samples(text, "sluice_configurations_total")
        return {"commits": metrics.samples(text, "sluice_store_commit_seconds_count")[()],
                "snapshots": metrics.samples(text, "sluice_snapshot_write_seconds_count")[()],
                "channels": metrics.samples(text, "sluice_channels")[()],
                "in_force": outcomes[(("outcome", "in_force"),)], "refused": outcomes[(("outcome", "refused"),)]}

    before = figures()
    api.delete(api.channel().path)
    made = api.channel()
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        assert api.patch("/settings", {"http_port": taken.getsockname()[1]}).status_code == 409
    for viewers in (1000, 0):
        assert api.patch("/settings", {"limits": {"viewers_per_address": viewers}}).status_code == 200
    after = figures()
    api.delete(made.path)

    assert after["commits"] >= before["commits"] + 5 and after["snapshots"] >= before["snapshots"] + 3
    assert after["channels"] == before["channels"] + 1
    assert after["refused"] == before["refused"] + 1 and after["in_force"] == before["in_force"] + 2
