"""M3U playlists: a path a line, with `#EXTINF` before it; what is not understood is kept.

The grammar is Winamp's, with what others added: `#PLAYLIST:` names the list, and VLC's
`#EXTVLCOPT:start-time=` tells where in a file to begin. HLS, which is written alike, is `m3u8`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from homestream.formats.tracklist import LONGEST_VALUE, MOST_ENTRIES, Entry, Tracklist, one_line

_INFO: Final = re.compile(r"#EXTINF:\s*(-?\d+(?:\.\d+)?)?([^,]*),?(.*)", re.IGNORECASE)
_NAME: Final = re.compile(r"#PLAYLIST:(.*)", re.IGNORECASE)
_START: Final = re.compile(r"#EXTVLCOPT:start-time=(\d+(?:\.\d+)?)", re.IGNORECASE)
_OWN: Final = re.compile(r"#EXT(?:INF|VLCOPT|ALB|ART|GENRE|IMG|BYT|GRP)", re.IGNORECASE)


def parse(text: str) -> Tracklist:
    """A list from its text; any text is one, so this never fails."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = re.split(r"\r\n|\r|\n", text)
    if lines and not lines[-1]:
        lines.pop()
    head: list[str] = []
    entries: list[Entry] = []
    lead: list[str] = []
    name = ""
    for line in lines:
        plain = line.strip()
        if plain and not plain.startswith("#"):
            if len(entries) >= MOST_ENTRIES:
                break
            entries.append(_entry(plain[:LONGEST_VALUE], lead))
            lead = []
            continue
        if (named := _NAME.match(plain)) and not name:
            name = one_line(named[1])
        begun = entries or lead or _OWN.match(plain)
        (lead if begun else head).append(line)
    return Tracklist(tuple(entries), name, tuple(head), tuple(lead), newline)


def write(tracklist: Tracklist) -> str:
    """The text of a list: what `parse` read comes back as it was."""
    lines: list[str] = []
    extended = bool(tracklist.head or tracklist.name)
    for entry in tracklist.entries:
        lead = entry.lead or tuple(_lead(entry))
        extended = extended or bool(lead)
        lines += (*lead, entry.said)
    if extended and not tracklist.head:
        named = (f"#PLAYLIST:{tracklist.name}",) if tracklist.name else ()
        lines = ["#EXTM3U", *named, *lines]
    lines = [*tracklist.head, *lines, *tracklist.tail]
    return "".join(line + tracklist.newline for line in lines)


def _entry(said: str, lead: list[str]) -> Entry:
    title, duration, start = "", None, None
    for line in lead:
        if info := _INFO.match(line.strip()):
            title = one_line(info[3])
            told = float(info[1] or -1)
            duration = told if told >= 0 else None
        elif begun := _START.match(line.strip()):
            start = float(begun[1])
    return Entry(said, title, duration, start, tuple(lead))


def _lead(entry: Entry) -> Iterable[str]:
    if entry.title or entry.duration is not None:
        seconds = -1 if entry.duration is None else round(entry.duration)
        yield f"#EXTINF:{seconds},{one_line(entry.title)}"
    if entry.start is not None:
        yield f"#EXTVLCOPT:start-time={entry.start:.3f}"
        if entry.duration is not None:
            yield f"#EXTVLCOPT:stop-time={entry.start + entry.duration:.3f}"
