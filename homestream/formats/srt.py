"""SubRip subtitles as lyrics: numbered cues with a begin and an end.

WebVTT's cues are read too, as they differ in a header and in the point before the milliseconds.
"""

from __future__ import annotations

import re
from typing import Final

from homestream.formats import lrc
from homestream.formats.lrc import Line, Lyrics

_TIMES: Final = re.compile(
    r"\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})\s*-->"
    r"\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})(?:\s.*)?"
)
_NUMBER: Final = re.compile(r"\s*\d{1,9}\s*")
_MARKS: Final = re.compile(r"</?[A-Za-z][^<>]{0,80}>|\{\\[^{}]{0,80}\}")


def parse(text: str, language: str = "und") -> Lyrics:
    """The cues of a text, each line of one as a line; none where there is no cue. Never fails."""
    lines: list[Line] = []
    rows = lrc.split(text[: lrc.MOST_CHARACTERS])
    span: tuple[int, int] | None = None
    for at, row in enumerate(rows):
        if found := _TIMES.fullmatch(row):
            begin, end = _milliseconds(*found.groups()[:4]), _milliseconds(*found.groups()[4:])
            span = begin, max(begin, end)
        elif span is None or _is_number_of_next(rows, at):
            continue
        elif words := lrc.clean(_MARKS.sub("", row)):
            lines.append(Line(span[0], words, span[1]))
    return lrc.in_order(lines, language)


def _is_number_of_next(rows: list[str], at: int) -> bool:
    follows = rows[at + 1] if at + 1 < len(rows) else ""
    return bool(_NUMBER.fullmatch(rows[at]) and _TIMES.fullmatch(follows))


def _milliseconds(
    hours: str | None, minutes: str | None, seconds: str | None, part: str | None
) -> int:
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    return whole * 1000 + int((part or "").ljust(3, "0"))
