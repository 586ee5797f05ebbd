"""PLS playlists: `File1=`, `Title1=`, `Length1=` under `[playlist]`, as Winamp writes them."""

from __future__ import annotations

import re
from typing import Final

from homestream.errors import BadInput
from homestream.formats.tracklist import LONGEST_VALUE, MOST_ENTRIES, Entry, Tracklist, one_line

_VALUE: Final = re.compile(r"\s*(File|Title|Length)(\d{1,6})\s*=\s*(.*?)\s*", re.IGNORECASE)
_NAME: Final = re.compile(r"\s*(?:X-GNOME-Title|PlaylistName)\s*=\s*(.*)", re.IGNORECASE)


def parse(text: str) -> Tracklist:
    """A list from its text, in the order of its numbers; BadInput where it is none."""
    if not re.search(r"^\s*\[playlist\]", text, re.IGNORECASE | re.MULTILINE):
        raise BadInput("it does not begin with [playlist]")
    found: dict[int, dict[str, str]] = {}
    head: list[str] = []
    name = ""
    for line in text.splitlines():
        if line.lstrip().startswith((";", "#")):
            head.append(line)
        elif match := _VALUE.fullmatch(line):
            number = int(match[2])
            if number in found or len(found) < MOST_ENTRIES:
                found.setdefault(number, {}).setdefault(match[1].lower(), match[3][:LONGEST_VALUE])
        elif named := _NAME.fullmatch(line):
            name = one_line(named[1])
    entries = tuple(
        Entry(told["file"], one_line(told.get("title", "")), _seconds(told.get("length", "")))
        for _, told in sorted(found.items())
        if told.get("file")
    )
    return Tracklist(entries, name, tuple(head), newline="\r\n" if "\r\n" in text else "\n")


def write(tracklist: Tracklist) -> str:
    """The text of a list; remarks stand at its beginning."""
    lines = ["[playlist]", *tracklist.head]
    if tracklist.name:
        lines.append(f"X-GNOME-Title={one_line(tracklist.name)}")
    for number, entry in enumerate(tracklist.entries, 1):
        lines.append(f"File{number}={entry.said}")
        if entry.title:
            lines.append(f"Title{number}={one_line(entry.title)}")
        seconds = -1 if entry.duration is None else round(entry.duration)
        lines.append(f"Length{number}={seconds}")
    lines += [f"NumberOfEntries={len(tracklist.entries)}", "Version=2"]
    return "".join(line + tracklist.newline for line in lines)


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,7}", text) else None
