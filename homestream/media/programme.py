"""What is played as one: files, or parts of files, on one line of samples; back to back and without
a gap, or one fading into the next.

Where things lie on the line is found by sums that are made once for a programme and a rate, so
that a request for one segment of a long queue costs no walk over all of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import msgspec

from homestream.errors import NotFound
from homestream.media.facts import Facts

USUAL_RATE: Final = 48_000  # Hz, of a line whose files have several


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file, or its samples [begin, end). `key` names its exact content: the caller makes a new
    one when it changes.

    An item that fades in begins that much before the end of the one ahead, which fades out as
    long.
    """

    key: str
    facts: Facts
    begin: int = 0
    end: int | None = None  # None: to the end of the file
    gain: float = 0.0  # dB
    fade_in_ms: int = 0
    fade_out_ms: int = 0


class Place(msgspec.Struct, frozen=True):
    """Where the items of an excerpt lie in the programme that they are from, at one rate."""

    sample_rate: int
    start: int  # of the first item
    samples: int  # of the whole programme


class Programme(msgspec.Struct, frozen=True, cache_hash=True, omit_defaults=True):
    """One item or several; their facts are measured, so that every length is exact."""

    items: tuple[Item, ...]
    # What decides the renditions, where it is not the files that are in it now: a programme that
    # goes on from another keeps its rate and channels.
    decided_by: tuple[Facts, ...] = ()
    growing: bool = False  # its length is not told, as it may become another
    places: tuple[Place, ...] = ()  # of an excerpt


class Piece(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a range of the line has of one item, told without what lies outside of the range."""

    key: str
    sample_rate: int  # of the file
    channels: int
    layout: str
    at: int  # its first sample, counted from the start of the range
    begin: int  # the same sample on the line of its file, at the rate of the range
    samples: int
    gain: float = 0.0
    # Length and samples passed, of a fade that the range has a part of.
    fade_in: tuple[int, int] | None = None
    fade_out: tuple[int, int] | None = None


def facts(programme: Programme) -> tuple[Facts, ...]:
    """What the renditions of a programme are chosen by: different facts, without their indexes."""
    return programme.decided_by or _facts(programme)


def line_rate(programme: Programme) -> int:
    """The rate that times on the line are told by: the files' own where they have one."""
    rates = {each.sample_rate for each in facts(programme)}
    return rates.pop() if len(rates) == 1 else USUAL_RATE


def samples(programme: Programme, sample_rate: int) -> int:
    """The programme's length in samples at `sample_rate`."""
    if programme.places:
        return _place(programme, sample_rate).samples
    ends = _line(programme, sample_rate).ends
    return ends[-1] if ends else 0


def told_samples(programme: Programme, sample_rate: int) -> int:
    """The length that players are told ahead of it; 0: not known yet."""
    return 0 if programme.growing else samples(programme, sample_rate)


def length(item: Item, sample_rate: int) -> int:
    """An item's length in samples at `sample_rate`, begun ones counted.

    Parts of one file that follow each other share no sample and leave none out.
    """
    return _scaled(_end(item), item, sample_rate) - offset(item, sample_rate)


def offset(item: Item, sample_rate: int) -> int:
    """Where an item begins in its file, in samples at `sample_rate`."""
    return _scaled(item.begin, item, sample_rate)


def duration(item: Item) -> float:
    """An item's length in seconds."""
    return (_end(item) - item.begin) / item.facts.sample_rate


def fades(item: Item, sample_rate: int) -> tuple[int, int]:
    """How many samples an item rises for at its start, and falls for at its end."""
    most = length(item, sample_rate)
    rise = min(item.fade_in_ms * sample_rate // 1000, most)
    return rise, min(item.fade_out_ms * sample_rate // 1000, most - rise)


def placed(programme: Programme, sample_rate: int) -> Iterator[tuple[int, int]]:
    """The half-open range of samples at `sample_rate` that each item takes, in order."""
    line = _line(programme, sample_rate)
    return zip(line.starts, line.ends, strict=True)


def span(programme: Programme, sample_rate: int, place: int) -> tuple[int, int]:
    """The half-open range of samples at `sample_rate` that one item takes."""
    line = _line(programme, sample_rate)
    return line.starts[place], line.ends[place]


def touching(programme: Programme, sample_rate: int, start: int, end: int) -> range:
    """Which items have samples in [start, end): a range of places in `programme.items`."""
    line = _line(programme, sample_rate)
    first, last = bisect_right(line.ends, start), bisect_left(line.starts, end)
    while first < last and line.starts[first] == line.ends[first]:
        first += 1
    while first < last and line.starts[last - 1] == line.ends[last - 1]:
        last -= 1
    return range(first, last) if first < last else range(0)


def pieces(programme: Programme, sample_rate: int, start: int, end: int) -> tuple[Piece, ...]:
    """What the range [start, end) of a programme is made of: where two of these are equal, so are
    the samples, whatever else the programmes hold."""
    found = []
    for place in touching(programme, sample_rate, start, end):
        item = programme.items[place]
        begin, finish = span(programme, sample_rate, place)
        first, last = max(begin, start), min(finish, end)
        if first >= last:
            continue
        rise, fall = fades(item, sample_rate)
        found.append(
            Piece(
                key=item.key,
                sample_rate=item.facts.sample_rate,
                channels=item.facts.channels,
                layout=item.facts.layout,
                at=first - start,
                begin=offset(item, sample_rate) + first - begin,
                samples=last - first,
                gain=item.gain,
                fade_in=(rise, first - begin) if first < begin + rise else None,
                fade_out=(fall, first - (finish - fall)) if last > finish - fall else None,
            )
        )
    return tuple(found)


def excerpt(programme: Programme, sample_rates: Iterable[int], keep: range) -> Programme:
    """The same programme for one who reads only the items in `keep`, at these rates alone.

    A file's packet index is one to two kilobytes: a long queue would carry them all with each
    segment.
    """
    places = tuple(
        Place(
            sample_rate=rate,
            start=span(programme, rate, keep.start)[0] if keep else 0,
            samples=samples(programme, rate),
        )
        for rate in sorted(set(sample_rates))
    )
    return Programme(
        items=programme.items[keep.start : keep.stop],
        decided_by=facts(programme),
        growing=programme.growing,
        places=places,
    )


def onwards(programme: Programme, seconds: float) -> Programme:
    """The programme from a place on its line; NotFound outside of it."""
    rate = line_rate(programme)
    sample = int(seconds * rate)
    if not 0 <= sample < samples(programme, rate):
        raise NotFound("place lies outside the programme")
    if sample == 0:
        return programme
    line = _line(programme, rate)
    first = bisect_right(line.ends, sample)
    item = programme.items[first]
    passed = (sample - line.starts[first]) * item.facts.sample_rate // rate
    begun = msgspec.structs.replace(item, begin=item.begin + passed, fade_in_ms=0)
    return msgspec.structs.replace(
        programme, items=(begun, *programme.items[first + 1 :]), decided_by=facts(programme)
    )


class _Line(msgspec.Struct, frozen=True):
    starts: list[int]
    ends: list[int]


@lru_cache(maxsize=256)
def _line(programme: Programme, sample_rate: int) -> _Line:
    line = _Line([], [])
    at = _place(programme, sample_rate).start if programme.places else 0
    before = 0
    for number, item in enumerate(programme.items):
        samples = length(item, sample_rate)
        if number:
            at -= min(fades(item, sample_rate)[0], before)
        line.starts.append(at)
        at += samples
        line.ends.append(at)
        before = samples
    return line


@lru_cache(maxsize=256)
def _facts(programme: Programme) -> tuple[Facts, ...]:
    return tuple(dict.fromkeys(without_index(item.facts) for item in programme.items))


def without_index(facts: Facts) -> Facts:
    """The same facts without the packet index."""
    return msgspec.structs.replace(facts, index=b"") if facts.index else facts


def _place(programme: Programme, sample_rate: int) -> Place:
    for place in programme.places:
        if place.sample_rate == sample_rate:
            return place
    raise ValueError(f"excerpt knows nothing of {sample_rate} Hz")


def _end(item: Item) -> int:
    end = item.facts.samples if item.end is None else min(item.end, item.facts.samples)
    return max(end, item.begin)  # a file may have become shorter than a part of it began


def _scaled(samples: int, item: Item, sample_rate: int) -> int:
    return -(-samples * sample_rate // item.facts.sample_rate)
