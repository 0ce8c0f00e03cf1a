"""The pages for HLS and DASH, and the one that picks: they play, tell their latency, wait, come back and explain themselves."""

import time

import pytest
from browser import Player, Told, open_chromium
from sluicetest.waiting import stays, wait_for

FIRST = {"hls": "master.m3u8", "dash": "manifest.mpd"}
OFF = (404, '{"reason": "output_disabled"}')
ENGINE_FILES = ("hls_engine", "dash_engine", "native_engine", "connection")
ENGINES = pytest.mark.parametrize("page", ["hls", "dash"])


@pytest.mark.parametrize(
    ("page", "query", "protocol", "name"),
    [("hls", "", "ll-hls", "LL-HLS"), ("hls", "?source=ts", "hls", "HLS"), ("dash", "", "dash", "DASH"),
     ("index", "", "ll-hls", "LL-HLS")],
)
def test_it_plays_and_tells_how_far_behind_it_is(stage, watch, page, query, protocol, name):
    stage.package("demo")
    player = watch(stage.page("demo", query, page))

    played = player.wait_playing(seconds=2)

    assert (played["width"], played["height"]) == (320, 180)
    assert player.protocol == protocol
    details = (f"{name} · 320×180 · H.264 + AAC", "kbit/s", "latency")
    wait_for(lambda: all(word in player.stats for word in details), 3, Told(lambda: f"the details; {player.told()}"))
    # Not before the newest segment, and not far behind it: the playlists hold back 3 s.
    assert 0.4 < player.latency_s < 6


@ENGINES
def test_the_first_push_is_seen_without_a_reload(stage, watch, page):
    player = watch(stage.page("demo", page=page))
    player.wait_state("offline")
    assert "Waiting for the stream" in player.notice

    stage.package("demo")

    player.wait_playing()


@ENGINES
def test_a_stream_that_ended_is_waited_for_and_seen_again(stage, watch, page):
    stage.package("demo")
    player = watch(stage.page("demo", page=page))
    player.wait_playing()

    stage.packages["demo"].end()
    player.wait_state("ended", 8)
    assert "stream has stopped" in player.notice
    # Its last pictures can still be had, but they are not live.
    stays(lambda: player.state == "ended", 1.5, "the end")
    stage.unpackage("demo")
    player.wait_state("offline")
    stage.package("demo")

    player.wait_playing()


@ENGINES
def test_a_server_that_is_away_for_a_moment_is_forgiven(stage, watch, page):
    stage.package("demo")
    player = watch(stage.page("demo", page=page))
    player.wait_playing()

    stage.refusals["demo"] = (502, "<h1>Bad Gateway</h1>")
    refused = len(stage.requests)
    wait_for(lambda: len(stage.requests) > refused + 3, 5, "requests in vain")
    stage.refusals.clear()

    player.wait_playing(seconds=2, timeout=12)


@ENGINES
@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ((403, '{"reason": "signature_expired"}'), "refused", "This link has expired"),
        ((404, '{"reason": "unknown_channel"}'), "offline", "no channel of this name"),
        (OFF, "offline", "switched off for the channel"),
        ((503, "viewer_limit"), "busy", "All places are taken"),
        ((200, "<!doctype html><p>a page, no stream"), "broken", "not a stream"),
    ],
)
def test_an_answer_that_is_no_stream_is_said_in_words(stage, watch, page, answer, state, words):
    stage.refusals["demo"] = answer
    player = watch(stage.page("demo", page=page))

    player.wait_state(state)
    assert words in player.notice


@ENGINES
def test_who_may_no_longer_watch_is_told_why(stage, watch, page):
    stage.package("demo")
    player = watch(stage.page("demo", page=page))
    player.wait_playing()

    stage.refusals["demo"] = (403, '{"reason": "signature_expired"}')

    player.wait_state("refused", 12)
    assert "This link has expired" in player.notice


@ENGINES
def test_the_signature_of_the_page_goes_to_the_first_playlist_only(stage, watch, page):
    stage.package("demo")
    watch(stage.page("demo", "?sign=4102444800-abc&controls=0", page)).wait_playing()

    first = f"/demo/{FIRST[page]}"
    assert {target for _, target in stage.asked(first)} == {f"{first}?sign=4102444800-abc"}
    # The server has put the viewer's token into the addresses of the rest.
    rest = [target for _, target in stage.requests if target.startswith(("/demo/media", "/demo/chunk", "/demo/init"))]
    assert rest and not any("sign" in target for target in rest)


@ENGINES
def test_pause_leaves_the_stream_and_play_goes_to_the_newest_picture(stage, watch, page):
    stage.package("demo")
    player = watch(stage.page("demo", page=page))
    player.wait_playing()

    player.click("play")
    player.wait_state("paused")
    wait_for(lambda: quiet(stage), 5, "the requests to end")
    player.click("play")

    player.wait_playing()
    assert player.latency_s is None or player.latency_s < 6


def quiet(stage, seconds=0.7):
    """Whether nothing is asked for in so long; segments are cut more often than that."""
    before, until = len(stage.requests), time.monotonic() + seconds
    while time.monotonic() < until:
        if len(stage.requests) != before:
            return False
        time.sleep(0.02)
    return True


def test_without_controls_only_the_picture_is_there(stage, watch, chromium):
    stage.package("demo")
    watch(stage.page("demo", "?controls=0&stats=0", "hls")).wait_playing()

    hidden = "return ['controls', 'unmute', 'stats'].every(id => !document.getElementById(id).offsetParent)"
    assert chromium.execute_script(hidden)


def test_without_a_choice_the_old_container_is_taken_where_the_new_one_is_off(stage, watch):
    stage.package("demo")
    stage.refusals["demo/master.m3u8"] = OFF
    player = watch(stage.page("demo", page="hls"))

    player.wait_playing()
    assert player.protocol == "hls"


@pytest.mark.parametrize(("off", "protocol"), [(["index.m3u8"], "flv"), (["index.m3u8", "live.flv"], "hls")])
def test_the_best_that_the_channel_has_is_picked(stage, watch, off, protocol):
    stage.go_live("demo")
    stage.package("demo")
    stage.refusals |= {f"demo/{name}": OFF for name in off}
    player = watch(stage.page("demo", page="index"))

    player.wait_playing()
    assert player.protocol == protocol


def test_a_codec_the_browser_lacks_leads_to_the_next_way(stage, watch):
    stage.go_live("demo")
    stage.package("demo", "hevc")
    player = watch(stage.page("demo", page="index"))

    player.wait_playing()
    assert player.protocol == "flv"


def test_a_stream_that_begins_is_not_taken_in_a_worse_way_for_being_quicker(stage, watch):
    player = watch(stage.page("demo", page="index"))
    player.wait_state("offline")

    stage.go_live("demo")
    wait_for(lambda: len(stage.asked("/demo/live.flv")) >= 2, 5, "FLV to be found")
    stage.package("demo")

    player.wait_playing()
    assert player.protocol == "ll-hls"


@pytest.mark.parametrize("page", ["hls", "index"])
def test_a_browser_without_media_sources_plays_by_itself(stage, page):
    stage.package("demo")
    driver = open_chromium()
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
                               {"source": "delete window.MediaSource; delete window.ManagedMediaSource"})
        player = Player(driver, stage.page("demo", "?sign=1-ab", page))
        first = "/demo/master.m3u8" if page == "hls" else "/demo/index.m3u8"
        # Once by the page, which looks what is there, and then by the browser.
        wait_for(lambda: len(stage.asked(first)) >= 2, 8, Told(player.told))
        assert engines(stage) == {"native_engine"}
        assert {target for _, target in stage.asked(first)} == {f"{first}?sign=1-ab"}
    finally:
        driver.quit()


@ENGINES
def test_each_page_loads_its_own_engine_only(stage, watch, page):
    stage.package("demo")
    watch(stage.page("demo", page=page)).wait_playing()

    assert engines(stage) == {f"{page}_engine"}


def engines(stage):
    """Which of the players' large parts were asked for."""
    files = (target.split("/")[-1] for _, target in stage.requests if target.startswith("/assets/"))
    return {name.split("-")[0] for name in files if name.startswith(ENGINE_FILES)}
