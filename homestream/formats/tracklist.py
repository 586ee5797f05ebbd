"""What a playlist file says, whatever its kind: names of files in order, and their titles."""

from __future__ import annotations

import msgspec

MOST_BYTES = 2_000_000
MOST_ENTRIES = 20_000
LONGEST_VALUE = 4_000  # characters


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line. `said` is the path or address as it is written."""

    said: str
    title: str = ""  # "Artist - Title" in most lists
    duration: float | None = None  # seconds
    start: float | None = None  # seconds into the file, of a part of it
    lead: tuple[str, ...] = ()  # the lines before it that go with it, as they are written


class Tracklist(msgspec.Struct, frozen=True, omit_defaults=True):
    """A list. Lines that go with none of its entries stand in `head` and `tail`."""

    entries: tuple[Entry, ...]
    name: str = ""
    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    newline: str = "\n"


def one_line(text: str) -> str:
    """A value that can stand in a line."""
    return " ".join(text.split())[:LONGEST_VALUE]
