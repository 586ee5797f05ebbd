"""The one read-through of a file: how many canonical samples it holds, and its packet index."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import msgspec

from homestream.errors import MediaError
from homestream.media import frames, late, pcm
from homestream.media.facts import Facts
from homestream.media.lean import mp4
from homestream.media.source import Source, audio_stream, descriptor, opened

if TYPE_CHECKING:
    import numpy as np
else:
    np = late.module("numpy")

LONGEST: Final = 100 * 3600  # seconds; a file that decodes for longer is cut there
# A movie file may tell a second and list edits for hours: decoding stops this far past what it
# tells. Not at once, because a fragmented file tells more with each fragment that is read.
_BEYOND_DECLARED: Final = 10  # seconds
_ENTRY_EVERY: Final = 1  # seconds
_SMPB_COUNT: Final = 3  # the word of an iTunSMPB tag that counts the samples
# A packet of these gives as many samples as its head tells, whatever stood before it.
_STEADY: Final = frozenset({"mp3", "mp2", "aac", "opus", "alac", "flac", "ac3"})
_BARE: Final = frozenset({"mp3", "aac", "ac3"})  # nothing but packets
_JITTER: Final = 4  # ms by which times may be rounded
_TRIMMED: Final = 8  # packets at the end of which some may be padding


class Measured(msgspec.Struct, frozen=True):
    """`samples` is exact; `index` is a packed `pcm.PacketIndex`, empty where reads need none."""

    samples: int
    index: bytes


def measure(source: Source, facts: Facts) -> Measured:
    """Read the file through once; MediaError if it cannot be opened or holds no sound.

    Costs nothing where the header tells the exact count and reads need no index, a look at the
    head of each packet where these tell how long they are and nothing about the file is odd, and
    else a decode of the whole file (400 to 700 times as fast as it plays).
    """
    if facts.samples_exact and not pcm.needs_index(facts):
        return Measured(facts.samples, b"")
    with opened(source, container=facts.container) as media:
        found = _by_heads(source, media, facts)
    if found is not None:
        return found
    with opened(source, container=facts.container) as media:
        stream = audio_stream(media)
        counter = Counter(stream, facts, presented(source, media, facts))
        for packet in pcm.packets(media, stream):
            if not counter.put(packet, pcm.decoded(stream, packet)):
                break
    return counter.measured()


def presented(source: Source, media: Any, facts: Facts) -> int | None:
    """How many samples a movie file presents, where it tells that to the sample: iTunes has a tag
    for it, others have the lengths of the packets behind the beginning of an edit."""
    if not _is_movie(facts):
        return None
    words = str(media.metadata.get("iTunSMPB", "")).split()
    if len(words) > _SMPB_COUNT and all(re.fullmatch("[0-9A-Fa-f]{1,16}", word) for word in words):
        return int(words[_SMPB_COUNT], 16) or None
    with descriptor(source, rewound=False) as fd:
        found = mp4.presented(fd, os.fstat(fd).st_size)
    if found is None or facts.sample_rate % found[1]:
        return None
    return found[0] * (facts.sample_rate // found[1]) or None


def _by_heads(source: Source, media: Any, facts: Facts) -> Measured | None:
    """What a decode would give, from the heads of the packets alone; None where that may differ:
    a packet is damaged or missing, something lies between two, or the last one is cut.

    The inside of a packet is not looked at: one that is damaged there counts, and is silence.
    """
    stream = audio_stream(media)
    length = frames.length(facts, stream)
    told = presented(source, media, facts)
    if length is None or facts.codec not in _STEADY or (told is None and _is_movie(facts)):
        return None
    coming = pcm.packets(media, stream)
    begun, place = pcm.beginning(stream, coming, length)
    bare = facts.container in _BARE
    entries = _Entries(facts)
    last: deque[Any] = deque(maxlen=_TRIMMED)
    flushed = False
    behind: int | None = None
    unit = stream.time_base * facts.sample_rate
    numerator, denominator = unit.numerator, unit.denominator
    slack = _JITTER * facts.sample_rate // 1000 + 1
    zero: int | None = None  # the time of sample 0
    for packet in chain(begun, coming):
        size = packet.size
        if not size:
            flushed = True
            break
        samples = length(packet)
        if samples <= 0 or (bare and behind is not None and packet.pos != behind):
            return None
        if bare:
            behind = packet.pos + size
        if packet.pts is not None:
            time = packet.pts * numerator // denominator
            zero = time - place if zero is None else zero
            if abs(time - place - zero) > slack:
                return None
        entries.put(packet, max(0, place), max(0, place + samples))
        place += samples
        last.append(packet)
        if place > LONGEST * facts.sample_rate:
            return None
    if not flushed or not last or len(begun) == len(last):
        return None
    cut = [_cut_behind(packet) for packet in last]
    end = last[-1]
    given = [sum(frame.samples for frame in pcm.decoded(stream, packet)) for packet in last][-1]
    if given != length(end) - cut[-1]:
        return None
    heard = place - sum(cut)
    samples = heard if told is None else min(heard, told)
    if samples <= 0 or (facts.samples_exact and samples != facts.samples):
        return None
    return entries.measured(samples, heard)


def _cut_behind(packet: Any) -> int:
    """How many samples at its end a packet says are padding."""
    if not packet.has_sidedata("skip_samples"):
        return 0
    return int.from_bytes(bytes(packet.get_sidedata("skip_samples"))[4:8], "little")


class Counter:
    """Counts the samples of a stream, packet by packet, and notes where some of them lie.

    `told` is what `presented` gives.
    """

    def __init__(self, stream: Any, facts: Facts, told: int | None = None) -> None:
        self.samples = 0
        self._stream = stream
        self._facts = facts
        self._told = told
        self._entries = _Entries(facts)
        self._limit = LONGEST * facts.sample_rate

    def put(self, packet: Any, frames: Sequence[Any]) -> bool:
        """Takes a packet and what it decoded to; False where the rest is not to be read."""
        begun = self.samples
        self.samples += sum(frame.samples for frame in frames)
        self._entries.put(packet, begun, self.samples)
        declared = _declared(self._stream, self._facts, self._limit)
        return self.samples < min(self._limit, declared + _slack(self._facts))

    def measured(self) -> Measured:
        """What was counted; MediaError where there was no sound."""
        declared = _declared(self._stream, self._facts, self._limit)
        # what an edit tells may be rounded to milliseconds
        near = self._told is not None and abs(self._told - declared) <= self._facts.sample_rate
        end = self._told if near and self._told is not None else declared
        samples = min(self.samples, self._limit, end)
        if samples <= 0:
            raise MediaError("no sound in this file")
        return self._entries.measured(samples, self.samples)


class _Entries:
    """The packets that go into an index: one in a second, the first of its position."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._rows: list[tuple[int, int, int]] = []
        self._next = 0
        self._before: int | None = None

    def put(self, packet: Any, begun: int, samples: int) -> None:
        """A packet, and how many samples there are before and after it."""
        at = packet.pos
        if begun >= self._next and packet.size and at is not None and at != self._before:
            time = packet.pts
            if time is not None:
                self._rows.append((at, time, samples))
                self._next = begun + self._facts.sample_rate * _ENTRY_EVERY
        self._before = at

    def measured(self, samples: int, heard: int) -> Measured:
        """`samples` is how many are presented, `heard` how many the decoder gives."""
        if not pcm.needs_index(self._facts):
            return Measured(samples, b"")
        rows = np.array(self._rows, np.int64).reshape(-1, 3)
        index = pcm.PacketIndex(rows[:, 0], rows[:, 1], np.minimum(rows[:, 2], heard))
        return Measured(samples, index.pack())


def _declared(stream: Any, facts: Facts, otherwise: int) -> int:
    """Samples that a movie file tells: its edit list ends before the encoder's padding does."""
    if not _is_movie(facts) or not stream.duration:
        return otherwise
    declared: int = round(stream.duration * stream.time_base * facts.sample_rate)
    return declared


def _is_movie(facts: Facts) -> bool:
    return facts.container.startswith("mov")


def _slack(facts: Facts) -> int:
    return _BEYOND_DECLARED * facts.sample_rate
