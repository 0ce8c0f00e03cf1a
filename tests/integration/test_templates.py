"""Templates of renditions: the resource, the channels that name them, and what a change starts anew."""

import concurrent.futures
import contextlib
import time

import pytest
from sluicetest import store
from sluicetest.api import Api, fresh_id
from sluicetest.hooked import on_air
from sluicetest.journal import Journal
from sluicetest.viewer import HttpFlv
from sluicetest.waiting import wait_for

PATH = "/transcode-templates"
BUILT_IN = {"ld": (640, 360, 400), "sd": (854, 480, 600), "hd": (1280, 720, 1000), "ud": (1920, 1080, 2000)}
HEIGHTS = {"360p": "ld", "480p": "sd", "720p": "hd", "1080p": "ud"}
SMALL = {"width": 160, "height": 90, "bitrate_kbps": 150}


@pytest.fixture
def api(shared_system, contract):
    with contract.client(shared_system) as client:
        yield client


@contextlib.contextmanager
def template(api, **fields):
    """One's path; gone afterwards."""
    reply = api.post(PATH, {"name": fresh_id("own"), **fields})
    assert reply.status_code == 201, reply.text
    path = f"{PATH}/{reply.json()['name']}"
    try:
        yield path
    finally:
        api.delete(path)


def name_of(path):
    return path.rsplit("/", 1)[1]


def naming(*renditions, **more):
    return {"transcode": {"enabled": True, "renditions": list(renditions), **more}}


def wrong_fields(reply, status=422):
    assert reply.status_code == status, reply.text
    return [e["field"] for e in reply.json().get("errors", [])]


# The resource

def test_the_built_in_ones_are_listed_first_and_stay_as_they_are(api):
    items = api.get(PATH, params={"limit": 1000}).json()["items"]
    assert {t["name"]: (t["width"], t["height"], t["bitrate_kbps"]) for t in items[:4]} == BUILT_IN
    assert [t["builtin"] for t in items] == [True] * 4 + [False] * (len(items) - 4)
    for name in BUILT_IN:
        path = f"{PATH}/{name}"
        before = api.get(path).json()
        for refused in (api.patch(path, {"width": 320}), api.put(path, {}), api.delete(path)):
            assert refused.status_code == 409 and "built in" in refused.json()["detail"]
        assert api.get(path).json() == before


def test_a_template_is_made_read_changed_and_deleted(api):
    reply = api.post(PATH, {"name": fresh_id("own"), "width": 320, "audio": {"codec": "aac"}})
    assert reply.status_code == 201, reply.text
    made = reply.json()
    path = f"{PATH}/{made['name']}"
    assert reply.headers["location"] == f"/api/v1{path}" and made["applied"] == "applied"
    assert (made["width"], made["height"], made["audio"]) == (320, 720, {"codec": "aac", "bitrate_kbps": 128})
    made.pop("applied")
    assert api.get(path).json() == made and made in api.get(PATH, params={"limit": 1000}).json()["items"]

    etag = reply.headers["etag"]
    assert api.get(path, headers={"If-None-Match": etag}).status_code == 304
    patched = api.patch(path, {"height": 180}, headers={"If-Match": etag})
    assert patched.status_code == 200 and patched.headers["etag"] != etag
    assert (patched.json()["width"], patched.json()["height"]) == (320, 180)
    for stale in (api.patch(path, {"fps": 5}, headers={"If-Match": etag}), api.put(path, {}, headers={"If-Match": etag}),
                  api.delete(path, headers={"If-Match": etag})):
        assert stale.status_code == 412, stale.text
    whole = api.put(path, api.get(path).json() | {"fps": 10})
    assert whole.status_code == 200 and (whole.json()["height"], whole.json()["fps"]) == (180, 10)
    assert api.put(path, {"fps": 10}).json()["height"] == 720
    assert api.delete(path).status_code == 204
    for gone in (api.get(path), api.patch(path, {}), api.put(path, {}), api.delete(path)):
        assert gone.status_code == 404


@pytest.mark.parametrize("name", [*BUILT_IN, *HEIGHTS, "", "Big", "a b", "a/b", "频道", "x" * 33, "live", "index", "raw"])
def test_a_name_that_no_rendition_of_ones_own_may_have_is_refused(api, name):
    assert wrong_fields(api.post(PATH, {"name": name})) == ["name"]


@pytest.mark.parametrize(("body", "status", "fields"), [
    ({}, 422, ["name"]), ([], 400, ["body"]), ({"name": 7}, 400, ["name"]),
    ({"name": "a", "colour": 1}, 422, ["colour"]), ({"name": "a", "width": 15}, 422, ["width"]),
    ({"name": "a", "width": "x"}, 400, ["width"]), ({"name": "a", "codec": "av1"}, 422, ["codec"]),
    ({"name": "a", "preset": None}, 400, ["preset"]), ({"name": "a", "audio": {"bitrate_kbps": 1}}, 422, ["audio.bitrate_kbps"]),
])
def test_wrong_values_are_named(api, body, status, fields):
    before = api.get(PATH, params={"limit": 1000}).json()
    assert wrong_fields(api.post(PATH, body), status) == fields
    with template(api) as path:
        if isinstance(body, dict) and body.get("name") == "a":
            change = {k: v for k, v in body.items() if k != "name"}
            assert wrong_fields(api.put(path, change), status) == fields
        assert wrong_fields(api.patch(path, []), 400) == ["body"]
        for method in (api.patch, api.put):
            assert wrong_fields(method(path, {"name": "another"})) == ["name"]
        assert wrong_fields(api.post(PATH, {"name": name_of(path)}), 409) == ["name"]
    assert api.get(PATH, params={"limit": 1000}).json() == before


def test_the_list_goes_on_page_by_page(api):
    with template(api), template(api), template(api) as last:
        whole = api.get(PATH, params={"limit": 1000}).json()
        assert whole["next_cursor"] is None
        for limit in (1, 3, 4, 5):
            found, query = [], {"limit": limit}
            while query is not None:
                page = api.get(PATH, params=query).json()
                assert len(page["items"]) <= limit
                found += page["items"]
                query = page["next_cursor"] and {"limit": limit, "cursor": page["next_cursor"]}
            assert found == whole["items"], limit
        # The cursor of one that is gone leads on behind its place.
        at = [t["name"] for t in whole["items"]].index(name_of(last))
        cursor = api.get(PATH, params={"limit": at}).json()["next_cursor"]
        api.delete(f"{PATH}/{whole['items'][at - 1]['name']}")
        assert name_of(last) in [t["name"] for t in api.get(PATH, params={"cursor": cursor, "limit": 1}).json()["items"]]
    for query in ({"limit": 0}, {"cursor": "x" * 300}, {"colour": 1}):
        assert wrong_fields(api.get(PATH, params=query)) == list(query)


def test_a_change_is_made_once_and_told(api):
    journal, key, name = Journal(api), {"Idempotency-Key": fresh_id("template")}, fresh_id("own")
    first, again = (api.post(PATH, {"name": name}, headers=key) for _ in range(2))
    assert first.json() == again.json() and again.headers["idempotency-replayed"] == "true"
    api.patch(f"{PATH}/{name}", {"width": 320})
    assert api.delete(f"{PATH}/{name}").status_code == 204
    told = [(e["type"], e["data"]) for e in journal.read() if e["type"].startswith("template.") and e["data"]["name"] == name]
    assert told == [("template.created", {"name": name}), ("template.updated", {"name": name, "changed": ["width"]}),
                    ("template.deleted", {"name": name})]
    noted = api.get("/audit", params={"target": name}).json()["items"]
    assert [e["action"] for e in noted] == ["template.delete", "template.update", "template.create"]


def test_a_viewer_sees_templates_and_an_operator_makes_them(shared_system, api):
    tokens = {scope: api.post("/tokens", {"scope": scope}).json() for scope in ("viewer", "operator")}
    viewer, operator = (Api(shared_system.url, tokens[scope]["secret"]) for scope in ("viewer", "operator"))
    assert viewer.post(PATH, {"name": "x"}).status_code == 403
    with template(operator) as path:
        assert viewer.get(path).status_code == viewer.get(PATH).status_code == 200
        for refused in (viewer.patch(path, {}), viewer.put(path, {}), viewer.delete(path)):
            assert refused.status_code == 403
    for token in tokens.values():
        api.delete(f"/tokens/{token['id']}")


# Channels

def test_a_channel_names_built_in_ones_by_their_heights(api):
    channel = api.channel(**naming(*HEIGHTS))
    assert api.get(channel.path).json()["transcode"]["renditions"] == list(HEIGHTS.values())
    for twice in (("hd", "720p"), ("720p", "hd"), ("720p", "720p")):
        assert wrong_fields(api.patch(channel.path, naming(*twice))) == ["transcode.renditions[1]"]
    for custom in ("hd", "720p"):
        assert wrong_fields(api.patch(channel.path, naming("hd", custom=[{"name": custom}]))) == ["transcode.custom[0].name"]
    channel.delete()


def test_a_channel_names_own_ones_that_are_there(shared_system, api):
    with template(api, **SMALL) as path:
        own = name_of(path)
        channel = api.channel(**naming("hd", own))
        assert b"scale=160:90" in store.snapshot(shared_system.dir)[channel.id]
        unknown = naming("hd", "nobody")
        assert wrong_fields(api.patch(channel.path, unknown)) == ["transcode.renditions[1]"]
        assert wrong_fields(api.put(channel.path, unknown)) == ["transcode.renditions[1]"]
        assert wrong_fields(api.post("/channels", unknown)) == ["transcode.renditions[1]"]
        step = {"method": "create", "id": fresh_id(), "body": unknown}
        assert wrong_fields(api.post("/channels/batch", {"operations": [step]})) == ["operations[0].body.transcode.renditions[1]"]
        imported = {"version": 1, "channels": [{"id": fresh_id(), **unknown}]}
        assert wrong_fields(api.post("/import", imported)) == ["channels[0].transcode.renditions[1]"]
        assert wrong_fields(api.patch(channel.path, naming(own, custom=[{"name": own}]))) == ["transcode.custom[0].name"]
        many = [{"name": f"c{n}"} for n in range(8)]
        assert wrong_fields(api.patch(channel.path, naming("ld", "sd", "hd", "ud", own, custom=many))) == ["transcode.custom"]

        refused = api.delete(path)
        assert wrong_fields(refused, 409) == ["channels"] and channel.id in refused.json()["detail"]
        etag = api.get(path).headers["etag"]
        assert api.patch(channel.path, naming("ld")).status_code == 200
        assert api.delete(path, headers={"If-Match": etag}).status_code == 204
        channel.delete()


def test_no_channel_names_one_that_was_deleted_at_the_same_moment(api):
    """Whoever is first, the other is refused."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(25):
            name, id = fresh_id("own"), fresh_id()
            api.post(PATH, {"name": name})
            made = pool.submit(api.post, "/channels", {"id": id, **naming(name)})
            gone = pool.submit(api.delete, f"{PATH}/{name}")
            statuses = made.result().status_code, gone.result().status_code
            assert statuses in ((201, 409), (422, 204)), statuses
            if statuses[0] == 201:
                assert api.delete(f"/channels/{id}").status_code == 204
                assert api.delete(f"{PATH}/{name}").status_code == 204


def test_a_backup_brings_its_templates_back(make_system):
    system = make_system()
    made = system.api.post(PATH, {"name": "mobile", **SMALL}).json()
    channel = system.api.channel(**naming("mobile"))
    backup = system.api.post("/backups").json()
    channel.delete()
    assert system.api.delete(f"{PATH}/mobile").status_code == 204
    done = system.api.post(f"/backups/{backup['id']}/restore")
    assert done.status_code == 200, done.text
    back = system.api.get(f"{PATH}/mobile").json()
    assert {k: back[k] for k in SMALL} == SMALL and back["created_at"] == made["created_at"]
    assert b"scale=160:90" in store.snapshot(system.dir)[channel.id]


def test_an_export_takes_its_templates_along(api):
    with template(api, **SMALL) as path:
        own = name_of(path)
        channel = api.channel(**naming(own))
        exported = api.get("/export").json()
        kept = {"version": 1, "transcode_templates": [t for t in exported["transcode_templates"] if t["name"] == own],
                "channels": [c for c in exported["channels"] if c["id"] == channel.id]}
        assert kept["transcode_templates"] == [{"name": own, **SMALL}]
        channel.delete()
        assert api.delete(path).status_code == 204
        plan = api.post("/import", kept, params={"dry_run": True}).json()
        assert plan["transcode_templates"]["create"] == [own] and plan["errors"] == []
        assert api.get(path).status_code == 404
        assert api.post("/import", kept).status_code == 200
        assert api.get(path).json()["width"] == SMALL["width"]
        assert api.delete(path).status_code == 409
        changed = api.post("/import", kept | {"transcode_templates": [{"name": own, "width": 320}], "channels": []})
        assert [u["changed"] for u in changed.json()["transcode_templates"]["update"]] == [["bitrate_kbps", "height", "width"]]
        channel.delete()


# What runs

def hooks(channel):
    """(pid, starts) of those that run, by name."""
    return {h["name"]: (h["pid"], h["starts"]) for h in channel.status()["hooks"] if h["state"] == "running" and h.get("pid")}


def test_a_changed_template_starts_only_the_transcoding_of_its_channels_anew(shared_system, api):
    mark = {"text": {"enabled": True, "content": "MARK"}}
    with template(api, **SMALL) as path:
        named = naming(name_of(path)) | {"watermark": mark, "record": {"snapshot": {"enabled": True, "interval_s": 1}}}
        other = naming(custom=[{"name": "small", **SMALL}])
        with on_air(shared_system, **named) as (channel, demo), on_air(shared_system, **other) as (bystander, _):
            wait_for(lambda: hooks(channel).keys() == {"mark", "transcode", "snapshot"}, 30, "its processes")
            wait_for(lambda: hooks(bystander), 30, "the bystander's process")
            demo.wait_text("index.m3u8", lambda t: "RESOLUTION=160x90" in t, 40)
            before, beside = hooks(channel), hooks(bystander)
            with HttpFlv(shared_system.flv(channel.id)) as viewer:
                viewer.read_tags(30)
                began = time.monotonic()
                changed = api.patch(path, {"width": 320, "height": 180})
                assert changed.status_code == 200 and changed.json()["applied"] == "applied"
                wait_for(lambda: hooks(channel).get("transcode", before["transcode"])[0] != before["transcode"][0], 10, "a new process")
                took = time.monotonic() - began
                print(f"a new process after {took:.2f} s")
                assert took < 2
                demo.wait_text("index.m3u8", lambda t: "RESOLUTION=320x180" in t, 40)
                viewer.read_tags(len(viewer.tags) + 60)
                times = [tag.timestamp for tag in viewer.tags if tag.type == 9]
                assert times == sorted(times), "no time falls"
            after = hooks(channel)
            assert {n: h for n, h in after.items() if n != "transcode"} == {n: h for n, h in before.items() if n != "transcode"}
            assert hooks(bystander) == beside
            # What changes nothing starts nothing.
            assert api.patch(path, {"width": 320}).status_code == 200
            assert hooks(channel) == after
