"""The one read-through of a file: how many canonical samples it holds, and its packet index."""

from __future__ import annotations

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
    indexed = pcm.needs_index(facts)
    if facts.samples_exact and not indexed:
        return Measured(facts.samples, b"")
    with opened(source, container=facts.container) as media:
        stream = audio_stream(media)
        samples, index = _count(media, stream, facts)
    if samples <= 0:
        raise MediaError("no sound in this file")
    return Measured(samples, index.pack() if indexed else b"")


def _count(media: Any, stream: Any, facts: Facts) -> tuple[int, pcm.PacketIndex]:
    entries: list[tuple[int, int, int]] = []
    limit = LONGEST * facts.sample_rate
    samples = 0
    noted = -facts.sample_rate * _ENTRY_EVERY
    before = None
    for packet in pcm.packets(media, stream):
        frames = pcm.decoded(stream, packet)
        begun = samples
        samples += sum(frame.samples for frame in frames)
        if (
            packet.size
            and packet.pos is not None
            and packet.pos != before
            and packet.pts is not None
            and begun - noted >= facts.sample_rate * _ENTRY_EVERY
        ):
            entries.append((packet.pos, packet.pts, samples))
            noted = begun
        before = packet.pos
        if samples >= min(limit, _declared(stream, facts, limit) + _slack(facts)):
            break
    rows = np.array(entries, np.int64).reshape(-1, 3)
    index = pcm.PacketIndex(rows[:, 0], rows[:, 1], rows[:, 2])
    return min(samples, limit, _declared(stream, facts, limit)), index


def _declared(stream: Any, facts: Facts, otherwise: int) -> int:
    """Samples that a movie file tells: its edit list ends before the encoder's padding does."""
    if not facts.container.startswith("mov") or not stream.duration:
        return otherwise
    declared: int = round(stream.duration * stream.time_base * facts.sample_rate)
    return declared


def _slack(facts: Facts) -> int:
    return _BEYOND_DECLARED * facts.sample_rate
