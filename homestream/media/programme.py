"""What is played as one: files, or parts of files, back to back and without a gap, on one line of
samples."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homestream.media.facts import Facts


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file, or its samples [begin, end). `key` names its exact content: the caller makes a new
    one when it changes."""

    key: str
    facts: Facts
    begin: int = 0
    end: int | None = None  # None: to the end of the file


class Programme(msgspec.Struct, frozen=True):
    """One item or several; their facts are measured, so that every length is exact."""

    items: tuple[Item, ...]


def samples(programme: Programme, sample_rate: int) -> int:
    """The programme's length in samples at `sample_rate`."""
    return sum(length(item, sample_rate) for item in programme.items)


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
            else msgspec.structs.replace(item, facts=msgspec.structs.replace(item.facts, index=b""))
            for place, item in enumerate(programme.items)
        )
    )


def _end(item: Item) -> int:
    end = item.facts.samples if item.end is None else min(item.end, item.facts.samples)
    return max(end, item.begin)  # a file may have become shorter than a part of it began


def _scaled(samples: int, item: Item, sample_rate: int) -> int:
    return -(-samples * sample_rate // item.facts.sample_rate)
