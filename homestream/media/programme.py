"""What is played as one: files back to back, without a gap, on one line of samples."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homestream.media.facts import Facts


class Item(msgspec.Struct, frozen=True):
    """One file. `key` names its exact content: the caller makes a new one when it changes."""

    key: str
    facts: Facts


class Programme(msgspec.Struct, frozen=True):
    """One file or several; their facts are measured, so that every length is exact."""

    items: tuple[Item, ...]


def samples(programme: Programme, sample_rate: int) -> int:
    """The programme's length in samples at `sample_rate`."""
    return sum(length(item, sample_rate) for item in programme.items)


def length(item: Item, sample_rate: int) -> int:
    """An item's length in samples at `sample_rate`, begun ones counted."""
    return -(-item.facts.samples * sample_rate // item.facts.sample_rate)


def placed(programme: Programme, sample_rate: int) -> Iterator[tuple[int, int]]:
    """The half-open range of samples at `sample_rate` that each item takes, in order."""
    start = 0
    for item in programme.items:
        end = start + length(item, sample_rate)
        yield start, end
        start = end


def touching(programme: Programme, sample_rate: int, start: int, end: int) -> range:
    """Which items have samples in [start, end): a range of places in `programme.items`."""
    found = [
        place
        for place, (begin, finish) in enumerate(placed(programme, sample_rate))
        if max(begin, start) < min(finish, end)
    ]
    return range(found[0], found[-1] + 1) if found else range(0)


def without_indexes(programme: Programme, keep: range) -> Programme:
    """The same programme for one who reads only the items in `keep`, the other indexes left out.

    An index is one to two kilobytes, and a long queue would carry them all with each segment.
    """
    return Programme(
        tuple(
            item
            if place in keep or not item.facts.index
            else Item(item.key, msgspec.structs.replace(item.facts, index=b""))
            for place, item in enumerate(programme.items)
        )
    )
