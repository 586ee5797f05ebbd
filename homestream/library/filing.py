"""Where a new file goes in a library: a path made of a pattern and of what the file says of itself.

Pure. Whatever the tags hold, each part of the path is a name that every file system takes, and none
leads anywhere but down.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from homestream.errors import BadInput

PATTERN: Final = "{albumartist}/{year} - {album}/{disc}{track:02} {title}"
FIELDS: Final = ("albumartist", "artist", "album", "title", "year", "disc", "track", "genre")
MOST_BYTES: Final = 180  # of one name; file systems take 255, some of them in UTF-16
_PART: Final = re.compile(r"\{(\w+)(?::0?(\d))?\}")
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\\]')
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_EDGES: Final = " .-_,"


def check(pattern: str) -> None:
    """BadInput that says what is wrong with a pattern."""
    bare = _PART.sub("", pattern)
    if "{" in bare or "}" in bare:
        raise BadInput(f"pattern {pattern!r}: write parts as {{title}} or {{track:02}}")
    for match in _PART.finditer(pattern):
        if match[1] not in FIELDS:
            raise BadInput(f"pattern {pattern!r}: {match[1]!r} is none of {', '.join(FIELDS)}")
    if "{title}" not in pattern and "{track" not in pattern:
        raise BadInput(f"pattern {pattern!r}: the name needs {{title}} or {{track}}")
    if pattern.startswith("/") or ".." in pattern.split("/"):
        raise BadInput(f"pattern {pattern!r}: it begins in the library's folder and leads down")


def path(pattern: str, values: Mapping[str, str | int | None], suffix: str) -> str:
    """The path below a library's folder for a file with these values; always a clean one.

    An empty value leaves no hole: "{year} - {album}" without a year is the album alone.
    """
    names: list[str] = []
    for part in pattern.split("/"):
        filled = _PART.sub(lambda match: _value(values, match[1], match[2]), part)
        name = safe(filled)
        if name:
            names.append(name)
    last = names.pop() if names else "Untitled"
    return "/".join([*names, numbered(last, suffix, 1)])


def numbered(stem: str, suffix: str, number: int) -> str:
    """A file's name, the `number`-th of its kind: "Song.mp3", "Song (2).mp3"."""
    tail = (f" ({number})" if number > 1 else "") + suffix
    return cut(stem, MOST_BYTES - len(tail.encode())) + tail


def safe(text: str) -> str:
    """One name of a path; empty where nothing of it can be one."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text)
    text = _FORBIDDEN.sub("_", text.replace("/", "-"))
    text = " ".join(text.split()).strip(_EDGES)
    if _RESERVED.fullmatch(text):
        text = f"_{text}"
    return cut(text, MOST_BYTES)


def cut(text: str, most: int) -> str:
    """As much of a text as fits into `most` bytes of UTF-8."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return data.decode()
    return data[:most].decode("utf-8", "ignore").rstrip(_EDGES)


def _value(values: Mapping[str, str | int | None], name: str, width: str | None) -> str:
    value = values.get(name)
    if value is None or value == "":
        return ""
    if isinstance(value, int):
        return f"{value:0{int(width)}}" if width else str(value)
    return value.replace("/", "-")
