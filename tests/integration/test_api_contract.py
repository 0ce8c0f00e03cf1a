"""The REST API as a client sees it, through nginx's public port."""

import pytest
from sluicetest.api import fresh_id
from sluicetest.publisher import Publisher, clip


# Lists

def ids_of(api, **query):
    """The ids of a whole list, page by page."""
    found, cursor = [], None
    while True:
        reply = api.get("/channels", params=query | ({"cursor": cursor} if cursor else {}))
        assert reply.status_code == 200, reply.text
        page = reply.json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_a_list_can_be_asked_for_the_channels_that_are_live(shared_system, api):
    first, second, third = (api.channel(fresh_id(f"state-{n}")) for n in "abc")
    with (Publisher(shared_system.rtmp, first.name(), clip("avc_quick")),
          Publisher(shared_system.rtmp, third.name(), clip("avc_quick"))):
        for channel in (first, third):
            shared_system.control.wait_state(channel.id, "live")
        live = ids_of(api, state="live", q="state-", limit=1)
        assert live == [first.id, third.id]
        assert second.id in ids_of(api, state="idle", q="state-")
        assert first.id not in ids_of(api, state="idle")
        page = api.get("/channels", params={"state": "live", "q": first.id}).json()
        assert page["items"] == [api.get(first.path).json()]
    for channel in (first, second, third):
        channel.delete()


@pytest.mark.parametrize("state", ["gone", "LIVE", "live,idle"])
def test_a_state_that_is_none_is_refused(api, state):
    reply = api.get("/channels", params={"state": state})
    assert reply.status_code == 422
    assert [e["field"] for e in reply.json()["errors"]] == ["state"]


# Names

@pytest.mark.parametrize("id", ["频道" * 12, "é", "a b", "a" * 65, "api", ""])
def test_an_id_that_no_address_can_name_is_refused(api, id):
    reply = api.post("/channels", {"id": id})
    assert reply.status_code == 422
    assert [e["field"] for e in reply.json()["errors"]] == ["id"]


# Headers

@pytest.mark.parametrize("header", [
    {"Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"},
    {"Cookie": "a"},
    {"Cache-Control": "no-cache, foo=bar"},
    {"Date": "junk"},
    {"Content-Encoding": "x"},
    {"Content-Type": "application/json; charset"},
])
def test_no_header_of_a_legal_client_is_a_reason_to_refuse(api, header):
    assert api.get("/channels", params={"limit": 1}, headers=header).status_code == 200
    made = api.client.post("/channels", content="{}", headers={"Content-Type": "application/json"} | header)
    assert made.status_code == 201, made.text
    api.delete(f"/channels/{made.json()['id']}")
