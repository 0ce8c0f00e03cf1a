"""Clips that are sent for ever without a seam."""

import heapq
import itertools

from . import media
from .publisher import clip
from .rtmp import AUDIO, VIDEO

_TELEVISION = {23.976: 24000 / 1001, 29.97: 30000 / 1001}
AAC_MS = 1000 * 1024 / 44100


class Endless:
    """For a Publisher: pictures and sound of a clip each at their own rate, from the first to the last and on again.

    Its metadata tells the frame rate, as encoders do; None: there are no pictures.
    """

    def __init__(self, name, rate, sound_ms=AAC_MS):
        source = clip(name)
        told = {"framerate": float(rate)} if rate else {}
        self.headers = [media.metadata(**told), *source.headers[1:]]
        self.pictures = [m for m in source.frames if m.type == VIDEO]
        self.sound = [m for m in source.frames if m.type == AUDIO]
        self.picture_ms = 1000 / _TELEVISION.get(rate, rate) if rate else 0
        self.sound_ms = sound_ms

    def looped(self, start=0):
        yield from (media.at(m, start) for m in self.headers)
        rows = [self._row(frames, step_ms, start) for frames, step_ms in
                ((self.pictures, self.picture_ms), (self.sound, self.sound_ms)) if frames]
        yield from heapq.merge(*rows, key=lambda m: m.timestamp)

    @staticmethod
    def _row(frames, step_ms, start):
        for number in itertools.count():
            yield media.at(frames[number % len(frames)], start + round(number * step_ms))
