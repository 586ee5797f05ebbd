"""The one read-through of a file: how many canonical samples it holds, and its packet index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from homestream.errors import MediaError
from homestream.media import late, pcm
from homestream.media.facts import Facts
from homestream.media.source import Source, audio_stream, opened

if TYPE_CHECKING:
    import numpy as np
else:
    np = late.module("numpy")

LONGEST: Final = 100 * 3600  # seconds; a file that decodes for longer is cut there
# A movie file may tell a second and list edits for hours: decoding stops this far past what it
# tells. Not at once, because a fragmented file tells more with each fragment that is read.
_BEYOND_DECLARED: Final = 10  # seconds
_ENTRY_EVERY: Final = 1  # seconds


class Measured(msgspec.Struct, frozen=True):
    """`samples` is exact; `index` is a packed `pcm.PacketIndex`, empty where reads need none."""

    samples: int
    index: bytes


def measure(source: Source, facts: Facts) -> Measured:
    """Read the file through once; MediaError if it cannot be opened or holds no sound.

    Costs a decode of the whole file (400 to 700 times as fast as it plays), and nothing where
    the header tells the exact count and reads need no index.
    """
    if facts.samples_exact and not pcm.needs_index(facts):
        return Measured(facts.samples, b"")
    with opened(source, container=facts.container) as media:
        stream = audio_stream(media)
        counter = Counter(stream, facts)
        for packet in pcm.packets(media, stream):
            if not counter.put(packet, pcm.decoded(stream, packet)):
                break
    return counter.measured()


class Counter:
    """Counts the samples of a stream, packet by packet, and notes where some of them lie."""

    def __init__(self, stream: Any, facts: Facts) -> None:
        self.samples = 0
        self._stream = stream
        self._facts = facts
        self._entries: list[tuple[int, int, int]] = []
        self._limit = LONGEST * facts.sample_rate
        self._noted = -facts.sample_rate * _ENTRY_EVERY
        self._before: int | None = None

    def put(self, packet: Any, frames: Sequence[Any]) -> bool:
        """Takes a packet and what it decoded to; False where the rest is not to be read."""
        rate = self._facts.sample_rate
        begun = self.samples
        self.samples += sum(frame.samples for frame in frames)
        if (
            packet.size
            and packet.pos is not None
            and packet.pos != self._before
            and packet.pts is not None
            and begun - self._noted >= rate * _ENTRY_EVERY
        ):
            self._entries.append((packet.pos, packet.pts, self.samples))
            self._noted = begun
        self._before = packet.pos
        declared = _declared(self._stream, self._facts, self._limit)
        return self.samples < min(self._limit, declared + _slack(self._facts))

    def measured(self) -> Measured:
        """What was counted; MediaError where there was no sound."""
        declared = _declared(self._stream, self._facts, self._limit)
        samples = min(self.samples, self._limit, declared)
        if samples <= 0:
            raise MediaError("no sound in this file")
        if not pcm.needs_index(self._facts):
            return Measured(samples, b"")
        rows = np.array(self._entries, np.int64).reshape(-1, 3)
        index = pcm.PacketIndex(rows[:, 0], rows[:, 1], rows[:, 2])
        return Measured(samples, index.pack())


def _declared(stream: Any, facts: Facts, otherwise: int) -> int:
    """Samples that a movie file tells: its edit list ends before the encoder's padding does."""
    if not facts.container.startswith("mov") or not stream.duration:
        return otherwise
    declared: int = round(stream.duration * stream.time_base * facts.sample_rate)
    return declared


def _slack(facts: Facts) -> int:
    return _BEYOND_DECLARED * facts.sample_rate
