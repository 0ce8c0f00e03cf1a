"""The pages as a user of `./sluice up` meets them."""

import time

import httpx
import pytest
from browser import Player, Told
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sluicetest.publisher import Ffmpeg, Publisher, clip
from sluicetest.sign import NEVER_EXPIRES
from sluicetest.waiting import wait_for

pytestmark = pytest.mark.system


@pytest.fixture
def channel(product):
    made = product.api.channel()
    yield made
    product.api.delete(made.path)


def test_a_user_signs_in_with_name_and_password_and_out_again(product, chromium):
    product.api.post("/users", {"username": "ann", "role": "operator", "password": "ann's long password"})
    find = chromium.find_elements
    chromium.get(f"{product.url}/console/")
    chromium.execute_script("sessionStorage.clear()")
    chromium.get(f"{product.url}/console/?again")
    name = wait_for(lambda: find(By.ID, "username"), what="the form")[0]
    name.send_keys("ann")
    find(By.ID, "password")[0].send_keys("not hers", Keys.ENTER)
    wait_for(lambda: "Name or password is wrong" in chromium.page_source, what="the refusal")
    find(By.ID, "password")[0].clear()
    find(By.ID, "password")[0].send_keys("ann's long password", Keys.ENTER)
    wait_for(lambda: find(By.CSS_SELECTOR, ".bar"), what="the list of channels")

    chromium.get(f"{product.url}/console/")
    wait_for(lambda: find(By.CSS_SELECTOR, ".bar"), what="the list again, by the cookie")
    find(By.ID, "sign-out")[0].click()
    wait_for(lambda: find(By.ID, "username"), what="the form")
    chromium.get(f"{product.url}/console/?after")
    wait_for(lambda: find(By.ID, "username"), what="the form again")


def publish(product, channel, name="avc"):
    publisher = Publisher(product.rtmp, channel.name(), clip(name))
    assert publisher.accepted, publisher.status
    return publisher


def page_of(product, channel, query=""):
    return f"{product.url}/{channel.id}/flv.html{query}"


def test_a_signed_push_of_ffmpeg_is_seen_on_the_player_page(product, channel, watch):
    with Ffmpeg(f"{product.rtmp_url}/{channel.name()}"):
        player = watch(page_of(product, channel))
        played = player.wait_playing(seconds=3, timeout=12)

    assert played["behind"] < 1.5


def test_the_first_push_is_seen_within_two_seconds(product, channel, watch):
    player = watch(page_of(product, channel))
    player.wait_state("offline")

    began = time.monotonic()
    with publish(product, channel):
        wait_for(lambda: player.played()["frames"] > 0 and player.state == "playing", 5, "a picture")
        assert time.monotonic() - began < 2


def test_a_channel_that_nobody_made_is_said_in_words(product, watch):
    player = watch(f"{product.url}/nobody-made-it/flv.html")

    player.wait_state("offline")
    assert "no channel of this name" in player.notice


def test_a_channel_that_is_switched_off_while_watching_is_said_in_words(product, channel, watch):
    with publish(product, channel):
        player = watch(page_of(product, channel))
        player.wait_playing()
        channel.patch(enabled=False)

        player.wait_state("refused", 5)
        assert "switched off" in player.notice


@pytest.mark.parametrize("page", ["flv", "hls", "dash", "index"])
def test_signed_playback_is_seen_with_the_address_of_the_api_only(product, channel, watch, chromium, page):
    channel.patch(playback={"auth": "signed"})
    with publish(product, channel):
        bare = f"{product.url}/{channel.id}/{page}.html"
        chromium.get(bare)
        assert "signature_missing" in chromium.page_source

        query = channel.urls()["play"]["pages"]["flv"].partition("?")[2]
        watch(f"{bare}?{query}").wait_playing(timeout=15)


def test_the_start_page_lists_the_live_channel_and_leads_to_its_picture(product, channel, chromium):
    publisher = publish(product, channel)
    try:
        chromium.get(f"{product.url}/#token={product.token}")
        card = wait_for(lambda: find(chromium, f"[data-id='{channel.id}'][data-state='live']"), 8, "the channel")
        wait_for(lambda: "320×180 · H.264 + AAC" in card.text, 8, f"what is sent: {card.text}")
        assert product.token not in chromium.current_url

        Player(chromium, card.find_element(By.CSS_SELECTOR, "a").get_attribute("href")).wait_playing()
    finally:
        publisher.stop()


def test_a_stream_that_starts_appears_at_once_on_the_start_page(product, channel, chromium):
    chromium.get(f"{product.url}/console/#token={product.token}")
    wait_for(lambda: find(chromium, f"[data-id='{channel.id}'][data-state='idle']"), 8, "the channel")

    with publish(product, channel):
        wait_for(lambda: find(chromium, f"[data-id='{channel.id}'][data-state='live']"), 2, "the live channel")


def test_a_channel_made_on_the_start_page_can_be_pushed_to(product, chromium):
    chromium.get(f"{product.url}/console/#token={product.token}")
    maker = wait_for(lambda: find(chromium, ".maker"), what="the form")
    if not maker.get_attribute("open"):
        maker.find_element(By.TAG_NAME, "summary").click()
    id = f"made-{NEVER_EXPIRES}"
    maker.find_element(By.NAME, "id").send_keys(id)
    maker.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    try:
        field = wait_for(lambda: find(chromium, f"[data-id='{id}'] input[aria-label='OBS: stream key']"), 5,
                         "the stream key")
        with Publisher(product.rtmp, field.get_attribute("value"), clip("avc")) as publisher:
            assert publisher.accepted, publisher.status
    finally:
        product.api.delete(f"/channels/{id}")


def find(driver, css):
    found = driver.find_elements(By.CSS_SELECTOR, css)
    return found[0] if found else None


def test_a_ladder_is_climbed_by_the_page_that_picks_the_best(product, watch):
    own = [{"name": "low", "width": 160, "height": 90, "bitrate_kbps": 80}, {"name": "high", "width": 320, "height": 180, "bitrate_kbps": 300}]
    channel = product.api.channel(transcode={"enabled": True, "custom": own}, packaging={"segment_s": 1})
    with Publisher(product.rtmp, channel.name(), clip("avc_minute")):
        playlist = f"{product.url}/{channel.id}/index.m3u8"
        wait_for(lambda: "s/high-v" in (text := httpx.get(playlist).text) and "s/low-v" in text, 30, "both renditions")
        player = watch(f"{product.url}/{channel.id}/index.html")
        player.wait_playing(timeout=20)
        # It begins with the lowest and goes up; the stream is not interrupted by that.
        wait_for(lambda: player.played()["width"] == 320, 30, Told(player.told))
        player.wait_playing(seconds=3)
    channel.delete()
