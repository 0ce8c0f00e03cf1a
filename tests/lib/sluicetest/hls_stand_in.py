"""A server of HLS that makes its stream itself, for judging what plays or measures: low-latency with parts, and transport
segments, whose frames carry the stamps of the load tools. It can do single things wrong."""

import asyncio
import struct
import threading
import time
from urllib.parse import parse_qs, urlsplit

PART_S = 0.1
PARTS = 5  # of a segment
FRAMES = 3  # of a part
FIRST = 50  # sequence number of the first segment
LISTED = 4  # segments
PACKET = 188


def box(name, *content):
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + name + body


def stamp(number):
    return b"STMP" + struct.pack("<Iq", number, time.monotonic_ns() // 1000)


def packet(pid, payload):
    """A transport packet that ends with `payload`, behind stuffing."""
    stuffing = PACKET - 5 - len(payload)
    return bytes([0x47, pid >> 8, pid & 255, 0x30, stuffing]) + b"\xff" * stuffing + payload


class HlsStandIn:
    """Serves /demo/{master,live}.m3u8 on a free port of loopback, and `files` beside them. spoil(path, body) gives the status
    and the body that really go out."""

    def __init__(self, spoil=lambda path, body: (200, body), files=None):
        self.spoil = spoil
        self.files = files or {}
        self.parts = {"v": [], "a": []}  # the stamps of each
        self.port = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/demo/{name}"

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _run(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._changed = asyncio.Condition()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        publisher = asyncio.create_task(self._publish())
        self._ready.set()
        await self._stop.wait()
        publisher.cancel()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _publish(self):
        """A part of each track when its last frame is made."""
        began, frames = time.monotonic(), 0
        while True:
            stamps = []
            for _ in range(FRAMES):
                frames += 1
                await asyncio.sleep(began + frames * PART_S / FRAMES - time.monotonic())
                stamps.append(stamp(frames - 1))
            async with self._changed:
                for track in self.parts.values():
                    track.append(stamps)
                self._changed.notify_all()

    async def _serve(self, reader, writer):
        try:
            while line := await reader.readline():
                while (await reader.readline()).strip():
                    pass
                path = line.split()[1].decode()
                status, body = await self._answer(urlsplit(path))
                if status == 200:
                    status, body = self.spoil(path, body)
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        writer.close()

    async def _answer(self, url):
        name = url.path.removeprefix("/demo/")
        if name in self.files:
            return 200, self.files[name]
        if name == "master.m3u8":
            return 200, (b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="a/list.m3u8"\n'
                         b'#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"\nv/list.m3u8\n')
        if name == "live.m3u8":
            return 200, self._transport_list()
        if name.endswith("/list.m3u8"):
            return await self._list(name[0], parse_qs(url.query))
        return self._media(name)

    async def _list(self, track, query):
        if query:
            wanted = (int(query["_HLS_msn"][0]) - FIRST) * PARTS + int(query["_HLS_part"][0])
            async with self._changed:
                await self._changed.wait_for(lambda: len(self.parts[track]) > wanted)
        count = len(self.parts[track])
        if not count:
            return 404, b""
        first = max(count // PARTS - LISTED, 0)
        lines = ["#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-TARGETDURATION:1", f"#EXT-X-PART-INF:PART-TARGET={PART_S}",
                 f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={3 * PART_S}",
                 f"#EXT-X-MEDIA-SEQUENCE:{FIRST + first}", '#EXT-X-MAP:URI="init.mp4"']
        for i in range(first * PARTS, count):
            independent = ",INDEPENDENT=YES" if i % PARTS == 0 else ""
            lines.append(f'#EXT-X-PART:DURATION={PART_S},URI="{FIRST + i // PARTS}.{i % PARTS}.m4s"{independent}')
            if i % PARTS == PARTS - 1:
                lines += [f"#EXTINF:{PART_S * PARTS},", f"{FIRST + i // PARTS}.m4s"]
        return 200, "\n".join([*lines, ""]).encode()

    def _transport_list(self):
        count = len(self.parts["v"]) // PARTS
        first = max(count - LISTED, 0)
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{FIRST + first}"]
        for i in range(first, count):
            lines += [f"#EXTINF:{PART_S * PARTS},", f"{FIRST + i}.ts"]
        return "\n".join([*lines, ""]).encode()

    def _media(self, name):
        track, _, file = name.rpartition("/")
        if file == "init.mp4":
            return 200, box(b"ftyp", b"iso6")
        numbers = [int(n) for n in file.split(".")[:-1]]
        at = (numbers[0] - FIRST) * PARTS + (numbers[1] if len(numbers) > 1 else 0)
        if file.endswith(".ts"):
            stamps = sum(self.parts["v"][at:at + PARTS], [])
            return 200, b"".join(packet(256 + i % 2, s) for i, s in enumerate(stamps))
        media = b"".join(b"\x01" * 100 + s for s in self.parts[track][at])
        return 200, box(b"moof", bytes(50)) + box(b"mdat", media)
