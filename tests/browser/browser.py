"""Headless Chromium, and what a page shows and plays."""

import json

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from sluicetest.waiting import wait_for

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
         "--autoplay-policy=no-user-gesture-required", "--disable-background-networking",
         "--disable-component-update", "--no-first-run", "--window-size=960,540"]

_PLAYED = """
const v = document.getElementById('media'), q = v.getVideoPlaybackQuality(), b = v.buffered;
return {time: v.currentTime, frames: q.totalVideoFrames - q.droppedVideoFrames, audio: v.webkitAudioDecodedByteCount,
        width: v.videoWidth, height: v.videoHeight, paused: v.paused, muted: v.muted, rate: v.playbackRate,
        behind: b.length ? b.end(b.length - 1) - v.currentTime : null};
"""


def open_chromium(language="en", flags=()):
    """A Chromium of its own profile; the caller quits it."""
    options = Options()
    options.binary_location = "/usr/lib/chromium/chromium"
    for flag in (*FLAGS, f"--lang={language}", *flags):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"intl.accept_languages": language})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.set_page_load_timeout(20)
    driver.set_script_timeout(20)
    return driver


class Told:
    """A text that is made when it is asked for, so that a failure tells the end and not the beginning."""

    def __init__(self, make):
        self.make = make

    def __str__(self):
        return self.make()


class Player:
    """A player page in a browser. Playing is proven by what was decoded, not by the lack of errors."""

    def __init__(self, driver, address=None):
        self.driver = driver
        if address:
            driver.get(address)

    def played(self):
        return self.driver.execute_script(_PLAYED)

    @property
    def state(self):
        return self.driver.execute_script("return document.getElementById('player').dataset.state")

    @property
    def protocol(self):
        return self.driver.execute_script("return document.getElementById('player').dataset.protocol")

    @property
    def latency_s(self):
        """As the page tells it; None while it tells none."""
        told = self.driver.execute_script("return document.getElementById('player').dataset.latencyMs")
        return None if told is None else int(told) / 1000

    @property
    def notice(self):
        return self.driver.execute_script("return document.getElementById('notice').textContent")

    @property
    def stats(self):
        return self.driver.execute_script("return document.getElementById('stats').textContent")

    def told(self):
        return f"{self.state}: {self.notice} {self.stats} {json.dumps(self.played())}"

    def wait_state(self, state, timeout=5):
        wait_for(lambda: self.state == state, timeout, Told(lambda: f"state {state}; {self.told()}"))

    def wait_playing(self, video=True, audio=True, seconds=1.0, timeout=8):
        """Until that much more has been played; returns what was played in all."""
        before = self.played()

        def goes_on():
            now = self.played()
            moved = now["time"] - before["time"] >= seconds or now["time"] < before["time"]
            pictures = not video or now["frames"] > 10 and now["frames"] != before["frames"]
            sound = not audio or now["audio"] > 0
            return now if moved and pictures and sound and self.state == "playing" else None

        return wait_for(goes_on, timeout, Told(lambda: f"playing; {self.told()}"))

    def click(self, id):
        self.driver.execute_script("document.getElementById(arguments[0]).click()", id)


def complaints(driver):
    """What the page wrote to the browser's console, without answers that a test provoked."""
    return [e["message"] for e in driver.get_log("browser")
            if e["level"] == "SEVERE" and "Failed to load resource" not in e["message"]
            and "WebSocket connection" not in e["message"]]
