"""The start page lists live channels, shows their addresses and makes new ones; against a stage."""

import pytest
from browser import open_chromium
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sluicetest.waiting import stays, wait_for
from stage import stage_channel


@pytest.fixture
def console(stage, chromium):
    return Console(stage, chromium)


class Console:
    """The start page, read as a person reads it."""

    def __init__(self, stage, driver):
        self.stage = stage
        self.driver = driver

    def open(self, fragment=""):
        self.driver.get(f"{self.stage.url}/console/{fragment}")
        return self

    def sign_in(self, token=None):
        self.open()
        self.driver.execute_script("sessionStorage.clear()")
        self.open("#token=" + (token or self.stage.token))
        return self

    @property
    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def shows(self, words, timeout=5):
        wait_for(lambda: words in self.text, timeout, f"{words!r} in {self.text!r}")

    def cards(self):
        return self.driver.execute_script(
            "return [...document.querySelectorAll('.card')].map(c => [c.dataset.id, c.dataset.state])")

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def rows(self):
        return self.driver.execute_script(
            "return Object.fromEntries([...document.querySelectorAll('.card details[open] .copy-row input')]"
            ".map(i => [i.getAttribute('aria-label'), i.value]))")


def add(stage, id, live=False, **fields):
    stage.channels[id] = stage_channel(stage.url, id, live=live)
    stage.channels[id]["channel"] |= fields


def test_the_form_takes_the_token_and_the_tab_keeps_it(stage, console):
    add(stage, "demo", live=True)
    console.open()
    console.driver.execute_script("sessionStorage.clear()")
    console.open("?again")

    wait_for(lambda: console.driver.find_elements(By.ID, "token"), what="the form")[0].send_keys(stage.token, Keys.ENTER)
    console.shows("1 of 1 live")
    console.open()

    console.shows("1 of 1 live")


def test_a_token_in_the_fragment_signs_in_and_leaves_the_address_bar(stage, console):
    add(stage, "demo", live=True)
    console.sign_in()

    console.shows("1 of 1 live")
    assert stage.token not in console.driver.current_url


def test_a_wrong_token_is_said_and_asked_for_again(console):
    console.sign_in("wrong")

    console.shows("This token is not valid")
    assert console.one("#token").is_displayed()


def test_live_channels_come_first_with_what_they_send_and_who_watches(stage, console):
    add(stage, "a-quiet-one")
    add(stage, "off", enabled=False)
    add(stage, "show", live=True)
    console.sign_in()

    console.shows("1 of 3 live")
    assert console.cards() == [["show", "live"], ["a-quiet-one", "idle"], ["off", "disabled"]]
    console.shows("1280×720 · H.264 + AAC · 25 fps · 2.1 Mbit/s")
    console.shows("21 viewers: 18 HTTP-FLV · 1 WebSocket-FLV · 2 RTMP")


def test_a_stream_that_starts_is_shown_by_its_event(stage, console):
    add(stage, "demo")
    console.sign_in()
    console.shows("0 of 1 live")
    wait_for(lambda: stage.asked("/api/v1/events"), what="the page to follow the events")

    add(stage, "demo", live=True)
    stage.events.append({"type": "stream.started", "channel": "demo"})

    console.shows("1 of 1 live", 1.5)


def test_without_events_the_page_asks_again_and_again(stage, console):
    stage.events_work = False
    add(stage, "demo")
    console.sign_in()
    console.shows("0 of 1 live")

    add(stage, "demo", live=True)

    console.shows("1 of 1 live", 4)


def test_the_addresses_are_shown_and_can_be_copied(stage, console):
    add(stage, "demo", live=True)
    console.sign_in()
    console.shows("1 of 1 live")
    console.one(".card summary").click()

    rows = wait_for(console.rows, what="the addresses")
    push = stage.channels["demo"]["urls"]["push"]
    assert rows["OBS: server"] == push["obs"]["server"]
    assert rows["OBS: stream key"] == push["obs"]["stream_key"]
    assert push["obs"]["stream_key"] not in console.text
    console.one("button[aria-label='Copy: OBS: stream key']").click()
    console.shows("Copied")


def test_the_addresses_stay_open_while_the_list_is_refreshed(stage, console):
    add(stage, "demo", live=True)
    console.sign_in()
    console.shows("1 of 1 live")
    console.one(".card summary").click()
    wait_for(console.rows, what="the addresses")

    asked = len(stage.asked("/api/v1/channels"))
    stage.events.append({"type": "viewer.overrun", "channel": "demo"})
    wait_for(lambda: len(stage.asked("/api/v1/channels")) > asked, 8, "a refresh")

    stays(lambda: len(console.rows()) >= 4, 0.5, "the open addresses")


def test_a_live_channel_links_to_its_player_page(stage, console):
    add(stage, "demo", live=True)
    stage.channels["demo"]["urls"]["play"]["pages"]["flv"] = "http://public.example/demo/flv.html?sign=1-ab"
    console.sign_in()
    console.shows("1 of 1 live")

    wait_for(lambda: console.one(".card a").get_attribute("href") == f"{stage.url}/demo/flv.html?sign=1-ab",
             what="the signed link")


def test_the_first_channel_is_made_here_and_shows_where_to_push(stage, console):
    console.sign_in()
    console.shows("No channel yet")

    console.one("input[name=name]").send_keys("My show")
    console.one("input[name=id]").send_keys("show", Keys.ENTER)

    console.shows("My show")
    assert wait_for(console.rows, what="the addresses")["OBS: stream key"] == "show?sign=1-ab"
    assert "No channel yet" not in console.text


def test_a_refused_channel_names_the_wrong_field(stage, console):
    add(stage, "demo")
    console.sign_in()
    console.shows("0 of 1 live")
    console.one(".maker summary").click()

    console.one("input[name=id]").send_keys("demo", Keys.ENTER)

    console.shows("id: another channel has it")


def test_search_asks_the_api(stage, console):
    add(stage, "demo")
    console.sign_in()
    console.shows("0 of 1 live")

    console.one("input[type=search]").send_keys("news")

    wait_for(lambda: any("q=news" in target for _, target in stage.asked("/api/v1/channels")),
             what="the search")


def test_a_long_list_is_shown_in_pages(stage, console):
    for number in range(60):
        add(stage, f"c{number:02}")
    console.sign_in()
    wait_for(lambda: len(console.cards()) == 50, what="the first page")

    console.one(".more").click()

    wait_for(lambda: len(console.cards()) == 60, what="all channels")
    assert not console.one(".more").is_displayed()


def test_a_live_channel_behind_the_first_page_is_shown_first(stage, console):
    for number in range(60):
        add(stage, f"c{number:02}", live=number == 59)
    console.sign_in()

    console.shows("1 of 50 live")
    assert console.cards()[0] == ["c59", "live"]
    assert [target for _, target in stage.requests if target.endswith("/status")] == ["/api/v1/channels/c59/status"]


def test_a_server_that_is_gone_is_said_and_the_list_stays(stage, console):
    add(stage, "demo", live=True)
    console.sign_in()
    console.shows("1 of 1 live")

    stage.events_work = False
    stage.server.shutdown()
    stage.server.server_close()

    console.shows("does not answer", 8)
    assert console.cards() == [["demo", "live"]]


def test_a_channel_that_was_deleted_leaves_the_list(stage, console):
    add(stage, "demo")
    add(stage, "other")
    console.sign_in()
    console.shows("0 of 2 live")

    del stage.channels["demo"]
    stage.events.append({"type": "config.changed"})

    wait_for(lambda: console.cards() == [["other", "idle"]], what="one channel")


def test_a_name_that_looks_like_markup_is_only_text(stage, console):
    add(stage, "demo", name="<img src=x onerror=alert(1)>")
    console.sign_in()

    console.shows("<img src=x onerror=alert(1)>")


def test_chinese_readers_get_chinese(stage):
    driver = open_chromium("zh-CN")
    try:
        Console(stage, driver).sign_in().shows("还没有频道")
    finally:
        driver.quit()
