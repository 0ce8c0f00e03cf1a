"""What a channel served at one moment: its playlists, everything they list, and what the judges say of it."""

import re

from . import packaged
from .packaged import AUDIO, MANIFEST, MULTIVARIANT, TRANSPORT, VIDEO, judge

MEDIA = (VIDEO, AUDIO, TRANSPORT)
_MAP = re.compile(r'^#EXT-X-MAP:URI="([^"]+)"', re.M)
_GAP = re.compile(r"^#EXT-X-GAP\n#EXTINF.*\n.*\n", re.M)
_PART = re.compile(r'^#EXT-X-PART:.*URI="([^"]+)"', re.M)


def segments_of(text, gaps=True):
    """Addresses of the whole segments of a media playlist, in order; with or without those that are not there."""
    text = text if gaps else _GAP.sub("", text)
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def parts_of(text):
    return _PART.findall(text)


def maps_of(text):
    return list(dict.fromkeys(_MAP.findall(text)))


class Captured:
    """`answers` by URL, `texts` and what was `said` of them by path; 404 leaves a path out."""

    def __init__(self, channel, folder):
        self.channel = channel
        self.folder = folder
        self.answers = {}
        self.refused = {}
        self.texts = {}
        self.said = {}
        for path in MEDIA:
            if self._text(path):
                self._fetch_listed(path)
        for path in (MULTIVARIANT, "index.m3u8", MANIFEST):
            self._text(path)

    def _text(self, path):
        answer = self.channel.get(path)
        if answer.status != 200:
            self.refused[path] = answer
            return None
        self.answers[answer.url] = answer
        self.texts[path] = answer.text
        return answer.text

    def address(self, path, relative):
        """The URL of what the playlist at `path` names."""
        return packaged.urljoin(self.channel.url(path), relative)

    def _fetch_listed(self, path):
        text = self.texts[path]
        for relative in [*maps_of(text), *segments_of(text, gaps=False), *parts_of(text)]:
            self.fetch(self.address(path, relative))

    def fetch(self, url):
        """The answer, asked for once."""
        if url not in self.answers:
            self.answers[url] = packaged.get(url)
        return self.answers[url]

    def segments(self, path):
        """Bodies of the whole segments that the playlist lists, in order."""
        return [self.fetch(self.address(path, one)).body for one in segments_of(self.texts[path], gaps=False)]

    def init(self, path):
        """The body of the only initialisation segment."""
        (relative,) = maps_of(self.texts[path])
        return self.fetch(self.address(path, relative)).body

    def joined(self, path):
        """A file with all that the playlist lists."""
        file = self.folder / f"{self.channel.name}-{path.replace('/', '-')}"
        head = b"" if path == TRANSPORT else self.init(path)
        file.write_bytes(head + b"".join(self.segments(path)))
        return file

    def questions(self):
        """What to ask the judges: a dict for each text and each file."""
        asked = {}
        for path, text in self.texts.items():
            kind = "manifest" if path == MANIFEST else "playlist"
            asked[path] = {"kind": kind, "text": text, "uri": self.channel.url(path)}
        for path in (p for p in MEDIA if p in self.texts):
            names = [*maps_of(self.texts[path]), *segments_of(self.texts[path], gaps=False)]
            asked |= {self.address(path, n): self._file(self.address(path, n), path) for n in names}
        return asked

    def _file(self, url, path):
        file = self.folder / re.sub(r"\W", "-", url)
        file.write_bytes(self.fetch(url).body)
        return {"kind": "transport" if path == TRANSPORT else "boxes", "file": str(file)}


def judge_all(captures):
    """One question to the judges about everything; fills `said`."""
    asked = [(capture, key, question) for capture in captures for key, question in capture.questions().items()]
    for (capture, key, _), said in zip(asked, judge(*(question for _, _, question in asked))):
        capture.said[key] = said
