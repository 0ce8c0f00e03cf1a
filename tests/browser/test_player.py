"""The player page plays, waits, comes back and explains itself; against a stage that does as it is told."""

import time

import pytest
from browser import Player, Told, open_chromium
from sluicetest.waiting import stays, wait_for


def test_it_plays_picture_and_sound_close_to_the_newest_frame(stage, watch):
    stage.go_live("demo")
    player = watch(stage.page("demo"))

    played = player.wait_playing(seconds=3)

    assert (played["width"], played["height"]) == (320, 180)
    assert played["muted"]
    assert played["behind"] < 1.5


def test_the_first_push_is_seen_within_two_seconds(stage, watch):
    player = watch(stage.page("demo"))
    player.wait_state("offline")

    stage.go_live("demo", "avc_quick")
    began = time.monotonic()
    wait_for(lambda: player.played()["frames"] > 0 and player.state == "playing", 5, "a picture")

    assert time.monotonic() - began < 2


def test_who_joins_in_a_long_group_of_pictures_is_not_ten_seconds_behind(stage, watch):
    programme = stage.go_live("demo", "avc_long_gop")
    programme.began -= 9
    player = watch(stage.page("demo"))

    assert player.wait_playing(seconds=1)["behind"] < 1.5


def test_a_stream_that_breaks_off_goes_on_by_itself(stage, watch):
    stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    stage.go_off("demo")
    player.wait_state("offline")
    assert "Waiting for the stream" in player.notice
    stage.go_live("demo")

    player.wait_playing()


def test_a_connection_that_breaks_is_opened_again_at_once(stage, watch):
    first = stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    second = stage.go_live("demo")
    first.end()
    began = time.monotonic()
    wait_for(lambda: second.viewers == 1, 3, "the viewer to come back")
    player.wait_playing()

    assert time.monotonic() - began < 4


def test_a_publisher_who_is_away_for_a_while_keeps_the_connection(stage, watch):
    programme = stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    programme.held.set()
    player.wait_state("silent", 8)
    assert "broadcaster is away" in player.notice
    programme.held.clear()

    player.wait_playing()
    assert len(stage.asked("/demo/live.flv")) == 1


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ((403, "sluice: signature_expired\n"), "refused", "This link has expired"),
        ((403, '{"reason": "signature_missing"}'), "refused", "needs a signed link"),
        ((403, "Forbidden"), "refused", "status 403"),
        ((404, "unknown_channel"), "offline", "no channel of this name"),
        ((404, "Not Found"), "offline", "Waiting for the stream"),
        ((503, "viewer_limit"), "busy", "All places are taken"),
        ((502, "<h1>Bad Gateway</h1>"), "busy", "status 502"),
        ((200, "<!doctype html><p>a page, no stream"), "broken", "not a stream"),
    ],
)
def test_an_answer_that_is_no_stream_is_said_in_words(stage, watch, answer, state, words):
    stage.refusals["demo"] = answer
    player = watch(stage.page("demo"))

    player.wait_state(state)
    assert words in player.notice


def test_a_refusal_over_websocket_has_its_reason_too(stage, watch):
    stage.refusals["demo"] = (403, "address_denied")
    player = watch(stage.page("demo", "?transport=ws"))

    player.wait_state("refused")
    assert "network address" in player.notice


def test_a_server_that_is_gone_is_said_and_waited_for(stage, watch):
    programme = stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    stage.server.shutdown()
    stage.server.server_close()
    programme.end()

    player.wait_state("unreachable")
    assert "No connection" in player.notice


def test_the_signature_of_the_page_goes_to_the_stream(stage, watch):
    stage.go_live("demo")
    watch(stage.page("demo", "?sign=4102444800-abc&muted=1")).wait_playing()

    assert [target for _, target in stage.asked("/demo/live.flv")] == ["/demo/live.flv?sign=4102444800-abc"]


def test_it_plays_over_websocket(stage, watch):
    stage.go_live("demo")
    watch(stage.page("demo", "?transport=ws")).wait_playing(seconds=2)


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [("video_only", True, False), ("audio_only", False, True), ("avc_bframes", True, True), ("av1", True, True)],
)
def test_it_plays_streams_of_every_kind(stage, watch, name, video, audio):
    stage.go_live("demo", name)
    player = watch(stage.page("demo"))

    played = player.wait_playing(video=video, audio=audio, seconds=2)

    assert (played["width"] > 0) == video
    assert player.notice == ("" if video else "Sound only")


def test_a_codec_the_browser_lacks_is_said_in_words(stage, watch):
    stage.go_live("demo", "hevc")
    player = watch(stage.page("demo"))

    player.wait_state("unsupported")
    assert "cannot play" in player.notice


def test_another_codec_after_a_break_is_followed(stage, watch):
    stage.go_live("demo", "avc")
    player = watch(stage.page("demo"))
    player.wait_playing()

    stage.go_off("demo")
    stage.go_live("demo", "av1")

    player.wait_playing()
    wait_for(lambda: "AV1 + Opus" in player.stats, 3, "the new codecs in the details")


@pytest.mark.parametrize(
    ("name", "size", "details"),
    [("avc_other", 640, "640×360 · H.264 + AAC"), ("av1", 320, "AV1 + Opus"), ("video_only", 320, "H.264 ·")],
)
def test_another_encoder_in_the_same_connection_is_followed(stage, watch, name, size, details):
    programme = stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    programme.switch(name)

    wait_for(lambda: programme.following is None, 6, "the other encoder")
    wait_for(lambda: details in player.stats, 10, Told(lambda: f"the new details; {player.told()}"))
    assert player.wait_playing(audio=name != "video_only", seconds=2)["width"] == size


def test_sound_that_comes_later_is_heard(stage, watch):
    programme = stage.go_live("demo", "video_only")
    player = watch(stage.page("demo"))
    player.wait_playing(audio=False)

    programme.switch("avc")

    wait_for(lambda: player.played()["audio"] > 0, 8, "sound")
    player.wait_playing(seconds=2)


def test_pause_leaves_the_stream_and_play_goes_to_the_newest_picture(stage, watch):
    programme = stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    player.click("play")
    player.wait_state("paused")
    wait_for(lambda: programme.viewers == 0, 3, "the viewer to leave")
    stays(lambda: programme.viewers == 0, 1.5, "the pause")
    player.click("play")

    assert player.wait_playing()["behind"] < 1.5


def test_who_leaves_the_page_leaves_the_stream_and_comes_back_to_it(stage, watch, chromium):
    programme = stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    chromium.get("about:blank")
    wait_for(lambda: programme.viewers == 0, 3, "the viewer to leave")
    chromium.back()

    player.wait_playing()


def test_the_details_tell_what_is_played(stage, watch):
    stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    wait_for(lambda: "320×180 · H.264 + AAC · 25 fps" in player.stats and "kbit/s" in player.stats, 8,
             Told(lambda: f"the details; {player.told()}"))


def test_sound_comes_with_one_click(stage, watch):
    stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    player.click("unmute")

    assert not player.played()["muted"]
    assert player.wait_playing()["audio"] > 0


def test_every_button_has_a_name_and_can_be_reached_by_keyboard(stage, watch, chromium):
    stage.go_live("demo")
    player = watch(stage.page("demo"))
    player.wait_playing()

    names = chromium.execute_script(
        "return [...document.querySelectorAll('button')].filter(b => b.offsetParent)"
        ".map(b => [b.getAttribute('aria-label') || b.innerText, b.tabIndex])")

    assert len(names) >= 4
    assert all(name and index == 0 for name, index in names)


def test_it_plays_inside_a_frame_of_another_page_without_controls(stage, watch, chromium):
    stage.go_live("demo")
    chromium.get(f"{stage.url}/demo/frame.html")
    chromium.switch_to.frame(0)
    try:
        player = Player(chromium)
        player.wait_playing(seconds=2)
        assert chromium.execute_script("return document.getElementById('controls').hidden")
        assert chromium.execute_script("return document.getElementById('unmute').hidden")
    finally:
        chromium.switch_to.default_content()


def test_a_browser_that_wants_a_click_gets_a_button(stage):
    stage.go_live("demo")
    driver = open_chromium(flags=["--autoplay-policy=document-user-activation-required"])
    try:
        player = Player(driver, stage.page("demo", "?muted=0"))
        # Playing without sound is allowed, so that is what starts.
        assert player.wait_playing()["muted"]
    finally:
        driver.quit()


def test_chinese_readers_get_chinese(stage):
    driver = open_chromium("zh-CN")
    try:
        player = Player(driver, stage.page("demo"))
        player.wait_state("offline")
        assert "等待直播" in player.notice
        assert driver.execute_script("return document.documentElement.lang") == "zh-Hans"
    finally:
        driver.quit()
