"""Images of watermarks: uploads, and what the control plane fetches from URLs."""

import http.server
import signal
import struct
import subprocess
import threading
import zlib

import pytest
from sluicetest import processes, store
from sluicetest.api import Api, fresh_id
from sluicetest.publisher import Publisher, clip
from sluicetest.waiting import wait_for

KINDS = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


def picture(folder, kind="png", size="64x48", color="red"):
    """The bytes of an image that FFmpeg made."""
    path = folder / f"{color}-{size}.{kind}"
    source = ["-f", "lavfi", "-i", f"color={color}:s={size}"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *source, "-frames:v", "1", path], check=True, timeout=30)
    return path.read_bytes()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width=50000, height=50000):
    """A PNG of some hundred bytes that would need gigabytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in chunks)


def upload(api, body, kind="image/png", **how):
    return api.client.post("/assets", content=body, headers={"Content-Type": kind} | how.pop("headers", {}), **how)


def names_in_record(system, channel, text):
    return str(text).encode() in store.snapshot(system.dir)[channel.id]


def showing(**image):
    return {"image": {"enabled": True, **image}}


# Uploads

@pytest.mark.parametrize("kind", KINDS)
def test_an_image_comes_back_as_it_was_uploaded(api, tmp_path, kind):
    image = picture(tmp_path, kind)
    name = "../../etc/passwd 标志"
    reply = upload(api, image, KINDS[kind], params={"name": name})
    assert reply.status_code == 201, reply.text
    made = reply.json()
    assert (made["name"], made["width"], made["height"], made["bytes"]) == (name, 64, 48, len(image))
    path = f"/assets/{made['id']}"
    assert reply.headers["Location"] == f"/api/v1{path}"
    content = api.get(f"{path}/content")
    assert content.content == image
    assert content.headers["Content-Type"] == KINDS[kind]
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    assert api.get(path).json() == made
    assert made in api.get("/assets", params={"limit": 1000}).json()["items"]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_an_upload_is_done_once_for_a_key(api, tmp_path):
    image, key = picture(tmp_path), {"Idempotency-Key": fresh_id("upload")}
    first, second = (upload(api, image, headers=key) for _ in range(2))
    assert first.json() == second.json() and second.headers["Idempotency-Replayed"] == "true"
    assert upload(api, picture(tmp_path, color="blue"), headers=key).status_code == 422
    actions = [e["action"] for e in api.get("/audit", params={"target": first.json()["id"]}).json()["items"]]
    assert actions == ["asset.create"]
    assert api.delete(f"/assets/{first.json()['id']}").status_code == 204


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


@pytest.mark.parametrize(("body", "kind", "status", "why"), [
    (b"<!DOCTYPE html><p>no", "image/png", 415, "no PNG"),
    (SVG, "image/svg+xml", 415, "image/png"),
    (SVG, "image/png", 415, "no PNG"),
    (b"", "image/png", 415, "no PNG"),
    (b"#EXTM3U\nfile:///etc/passwd\n", "image/png", 415, "no PNG"),
    (bomb(), "image/png", 422, "7680 x 7680"),
    (bomb(640, 480), "image/png", 422, "damaged"),
    (bytes(4 << 20) + b"x", "image/png", 413, "4 MiB"),
], ids=["html", "svg", "svg as png", "nothing", "playlist", "bomb", "no pixels", "large"])
def test_what_is_no_image_is_refused(api, body, kind, status, why):
    reply = upload(api, body, kind)
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert why in reply.json()["detail"]


def test_an_image_is_what_its_type_says_and_whole(api, tmp_path):
    image = picture(tmp_path, size="320x240")
    assert upload(api, image, "image/jpeg").status_code == 415
    cut = upload(api, image[: len(image) // 2])
    assert cut.status_code == 422 and "damaged" in cut.json()["detail"]


def test_almost_four_mebibytes_pass(shared_system, api, tmp_path):
    image = picture(tmp_path)
    whole = image[:-12] + chunk(b"teXt", bytes((4 << 20) - len(image) - 12)) + image[-12:]
    reply = upload(api, whole)
    assert reply.status_code == 201, reply.text
    made = reply.json()
    assert api.get(f"/assets/{made['id']}/content").content == whole
    file = shared_system.dir / f"assets/{made['id']}.png"
    assert file.read_bytes() == whole and file.stat().st_mode & 0o777 == 0o640
    api.delete(f"/assets/{made['id']}")
    assert not file.exists()


def test_a_viewer_sees_images_and_uploads_none(shared_system, api, tmp_path):
    token = api.post("/tokens", {"scope": "viewer"}).json()
    viewer = Api(shared_system.url, token["secret"])
    assert upload(viewer, picture(tmp_path)).status_code == 403
    made = upload(api, picture(tmp_path)).json()
    assert viewer.get(f"/assets/{made['id']}/content").status_code == 200
    assert viewer.delete(f"/assets/{made['id']}").status_code == 403
    api.delete(f"/assets/{made['id']}")
    api.delete(f"/tokens/{token['id']}")


@pytest.mark.parametrize("name", ["..%2f..%2fadmin-token", "..", "%2e%2e", "x%00.png", "a/b", "X" * 300])
def test_no_name_leads_out_of_the_folder(api, name):
    for path in (f"/assets/{name}", f"/assets/{name}/content"):
        assert api.get(path).status_code in (400, 404), path


# Channels

def test_a_channel_names_an_image_that_is_there(shared_system, api, tmp_path):
    made = upload(api, picture(tmp_path)).json()
    channel = api.channel(watermark=showing(asset=made["id"]))
    assert names_in_record(shared_system, channel, shared_system.dir / f"assets/{made['id']}.png")
    refused = api.delete(f"/assets/{made['id']}")
    assert refused.status_code == 409 and channel.id in refused.json()["detail"]
    for wrong in ("0123456789abcdef", "../admin-token", f"{made['id']}.png"):
        reply = api.patch(channel.path, {"watermark": showing(asset=wrong)})
        assert reply.status_code == 422
        assert [e["field"] for e in reply.json()["errors"]] == ["watermark.image.asset"]
    step = {"method": "create", "id": fresh_id(), "body": {"watermark": showing(asset="absent")}}
    reply = api.post("/channels/batch", {"operations": [step]})
    assert [e["field"] for e in reply.json()["errors"]] == ["operations[0].body.watermark.image.asset"]
    reply = api.post("/import", {"version": 1, "channels": [{"id": fresh_id(), "watermark": showing(asset="absent")}]})
    assert [e["field"] for e in reply.json()["errors"]] == ["channels[0].watermark.image.asset"]
    channel.delete()
    assert api.delete(f"/assets/{made['id']}").status_code == 204


def test_a_backup_brings_its_images_back(make_system, tmp_path):
    system = make_system()
    made = upload(system.api, picture(tmp_path)).json()
    channel = system.api.channel(watermark=showing(asset=made["id"]))
    backup = system.api.post("/backups").json()
    channel.delete()
    assert system.api.delete(f"/assets/{made['id']}").status_code == 204
    file = system.dir / f"assets/{made['id']}.png"
    assert not file.exists()
    done = system.api.post(f"/backups/{backup['id']}/restore")
    assert done.status_code == 200, done.text
    assert file.read_bytes() == system.api.get(f"/assets/{made['id']}/content").content
    assert names_in_record(system, channel, file)


# URLs

class Pictures:
    """A web server on the loopback: `answers[path]` is (status, headers, body), or an event that it waits for."""

    def __init__(self):
        self.answers, self.asked = {}, []
        pictures = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                pictures.asked.append((self.path, dict(self.headers)))
                said = pictures.answers.get(self.path.split("?")[0], (404, {}, b""))
                if isinstance(said, threading.Event):
                    said.wait(60)
                    return
                status, headers, body = said
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, path):
        return f"http://user:hidden@127.0.0.1:{self._server.server_port}{path}"

    def close(self):
        for said in self.answers.values():
            if isinstance(said, threading.Event):
                said.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def pictures():
    made = Pictures()
    yield made
    made.close()


def allow(system, private):
    reply = system.api.patch("/settings", {"watermark": {"allow_private": private}})
    assert reply.status_code == 200, reply.text


def image_state(channel):
    return channel.status()["watermark"]["image"]


def settled(channel):
    wait_for(lambda: image_state(channel)["state"] != "fetching", 30, "an end of the fetching")
    return image_state(channel)


def failures(api, channel):
    events = api.get("/events", params={"after": 0, "type": "asset.failed", "limit": 1000}).json()["items"]
    return [e["data"] for e in events if channel.id in e["data"]["channels"]]


def files(system):
    return sorted(p.name for p in (system.dir / "assets").glob("url-*") if p.suffix != ".json")


def test_a_private_address_is_refused_until_the_settings_allow_it(own_system, pictures, tmp_path):
    pictures.answers["/logo.png"] = (200, {}, picture(tmp_path))
    allow(own_system, False)
    channel = own_system.api.channel(watermark=showing(url=pictures.url("/logo.png?key=hidden")))
    state = settled(channel)
    assert state["state"] == "failed" and "watermark.allow_private" in state["reason"]
    assert pictures.asked == []
    assert names_in_record(own_system, channel, "image-that-is-not-there")
    [told] = wait_for(lambda: failures(own_system.api, channel), 10, "the event")
    assert told["reason"] == state["reason"] and "hidden" not in str(told)
    allow(own_system, True)
    wait_for(lambda: image_state(channel) == {"state": "ready", "reason": None}, 20, "the image")
    [file] = files(own_system)
    path = own_system.dir / "assets" / file
    wait_for(lambda: names_in_record(own_system, channel, path), 10, "its name in the record")
    assert path.read_bytes() == pictures.answers["/logo.png"][2]
    assert not names_in_record(own_system, channel, "image-that-is-not-there")
    channel.patch(watermark={"image": {"url": None, "enabled": False}})
    wait_for(lambda: files(own_system) == [], 10, "the file to go")
    assert image_state(channel)["state"] == "none"
    channel.delete()


def test_text_alone_is_written_while_the_image_is_not_there(own_system, pictures):
    allow(own_system, True)
    mark = showing(url=pictures.url("/absent.png")) | {"text": {"enabled": True, "content": "mine"}}
    channel = own_system.api.channel(watermark=mark)
    assert settled(channel) == {"state": "failed", "reason": "the server answers 404"}
    assert names_in_record(own_system, channel, "drawtext") and not names_in_record(own_system, channel, "movie=")
    channel.delete()


def test_nobody_sees_the_picture_before_its_image_is_there(own_system, pictures, tmp_path):
    allow(own_system, True)
    channel = own_system.api.channel(watermark=showing(url=pictures.url("/late.png")))
    assert settled(channel)["state"] == "failed"

    def mark():
        [found] = [h for h in channel.status()["hooks"] if h["name"] == "mark"] or [None]
        return found

    with Publisher(own_system.rtmp, channel.name(), clip("avc_quick")):
        wait_for(lambda: mark() and mark()["failures"], 30, "the process to fail")
        assert channel.status()["video"] is None
        pictures.answers["/late.png"] = (200, {}, picture(tmp_path))
        channel.patch(watermark={"image": {"url": pictures.url("/late.png?again")}})
        wait_for(lambda: channel.status()["video"], 60, "the marked picture")
        assert mark()["state"] == "running"
    channel.delete()


@pytest.mark.parametrize(("answer", "reason"), [
    ((200, {"Content-Type": "image/png"}, b"<!DOCTYPE html><p>sign in"), "this is no PNG"),
    ((200, {}, SVG), "this is no PNG"),
    ((200, {}, bomb()), "7680 x 7680"),
    ((200, {}, bomb(64, 64)), "damaged"),
    ((200, {}, bytes((4 << 20) + 1)), "more than 4 MiB"),
    ((302, {"Location": "http://169.254.169.254/latest/meta-data"}, b""), "may not be reached"),
    ((302, {"Location": "file:///etc/passwd"}, b""), "Unsupported protocol"),
    ((302, {"Location": "/x.png"}, b""), "redirects more than 3 times"),
    (threading.Event(), "Timeout"),
], ids=["html", "svg", "bomb", "no pixels", "large", "metadata", "file", "circle", "slow"])
def test_what_is_no_image_is_said_to_be_none(own_system, pictures, answer, reason):
    allow(own_system, True)
    pictures.answers["/x.png"] = answer
    channel = own_system.api.channel(watermark=showing(url=pictures.url("/x.png")))
    state = settled(channel)
    assert state["state"] == "failed" and reason in state["reason"], state
    told = wait_for(lambda: failures(own_system.api, channel), 10, "the event")
    assert [t["reason"] for t in told] == [state["reason"]]
    assert files(own_system) == []
    channel.delete()


def test_a_fetched_image_survives_a_restart_without_being_fetched_again(own_system, pictures, tmp_path):
    allow(own_system, True)
    pictures.answers["/kept.png"] = (200, {"ETag": '"7"'}, picture(tmp_path))
    channel = own_system.api.channel(watermark=showing(url=pictures.url("/kept.png")))
    assert settled(channel)["state"] == "ready"
    [file] = files(own_system)
    before = own_system.controlplane()
    processes.signal_to(before, signal.SIGKILL)
    wait_for(lambda: own_system.controlplane() not in (None, before), 20, "another control plane")
    wait_for(lambda: own_system.api.get(channel.path).status_code == 200, 20, "its answer")
    wait_for(lambda: image_state(channel)["state"] == "ready", 20, "the image")
    assert files(own_system) == [file] and len(pictures.asked) == 1
    channel.delete()
    wait_for(lambda: files(own_system) == [], 10, "the file to go")
