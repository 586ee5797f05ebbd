"""LRC lyrics: what stands in a sidecar file, and what taggers put into lyrics tags.

One grammar for both: time stamps in front of a line make it a synced one, several of them repeat
it; `[offset:+250]` brings all lines a quarter second sooner; stamps of single words are dropped.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import Final

import msgspec

MOST_LINES: Final = 5_000
MOST_CHARACTERS: Final = 200_000

_STAMP: Final = re.compile(
    r"\s*\[(?:(\d{1,2}):(?=\d{1,2}:\d{1,2}[.,]))?(\d{1,4}):(\d{1,2})(?:[.,:](\d{1,3}))?\]"
)
_WORD_STAMP: Final = re.compile(r"[<\[]\d{1,4}:\d{1,2}(?:[.,:]\d{1,3})?[>\]]")
_HEADER: Final = re.compile(r"\s*\[([A-Za-z#]{1,16}):([^\]]*)\]\s*")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe]")
_BREAK: Final = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")


class Line(msgspec.Struct, frozen=True, array_like=True):
    """`start_ms` counts from the start of the track; None where nothing tells the time."""

    start_ms: int | None
    text: str


class Lyrics(msgspec.Struct, frozen=True):
    """One text of a track. Lines of a synced one all have a time, and are in its order."""

    language: str  # ISO 639 code, "und" where it is not told
    synced: bool
    lines: tuple[Line, ...]


def decode(raw: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else Windows-1252."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(mark):
            return raw[len(mark) :].decode(name, "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def parse(text: str, language: str = "und") -> Lyrics:
    """Lyrics from LRC or plain text; never fails, as any text is lyrics without times.

    In a synced text a line without a stamp of its own goes with the line before it.
    """
    offset = 0
    timed: list[tuple[int, str]] = []
    plain: list[str] = []
    for raw in _BREAK.split(text[:MOST_CHARACTERS])[:MOST_LINES]:
        if header := _HEADER.fullmatch(raw):
            name, value = header[1].lower(), header[2].strip()
            if name == "offset":
                offset = _whole(value)
            elif name in ("la", "lang") and language == "und":
                language = _language(value)
            continue
        starts, rest = _stamps(raw)
        words = _clean(_WORD_STAMP.sub("", rest) if starts else rest)
        plain.append(words)
        if starts:
            timed.extend((start, words) for start in starts)
        elif timed and words:
            timed.append((timed[-1][0], words))
    if timed:
        return synced(((start - offset, words) for start, words in timed), language)
    return Lyrics(_language(language), False, tuple(Line(None, words) for words in _trim(plain)))


def synced(timed: Iterable[tuple[int, str]], language: str = "und") -> Lyrics:
    """Lyrics from pairs of milliseconds and text, in any order."""
    lines = [Line(max(0, start), _clean(text)) for start, text in timed]
    lines.sort(key=lambda line: line.start_ms or 0)
    return Lyrics(_language(language), True, tuple(lines[:MOST_LINES]))


def _stamps(line: str) -> tuple[list[int], str]:
    starts = []
    at = 0
    while match := _STAMP.match(line, at):
        hours, minutes, seconds, part = match.groups()
        whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
        starts.append(whole * 1000 + (int(part.ljust(3, "0")) if part else 0))
        at = match.end()
    return starts, line[at:]


def _whole(text: str) -> int:
    match = re.fullmatch(r"([+-]?)\s*(\d{1,7})", text)
    return int(match[1] + match[2]) if match else 0


def _language(text: str) -> str:
    text = text.strip()
    if not _LANGUAGE.fullmatch(text) or text.lower() in ("xxx", "zxx"):
        return "und"
    return text.lower()


def _clean(text: str) -> str:
    text = text.encode("utf-8", "replace").decode() if not text.isascii() else text
    return _CONTROL.sub("", text).replace("\t", " ").strip()


def _trim(lines: list[str]) -> list[str]:
    begin, end = 0, len(lines)
    while begin < end and not lines[begin]:
        begin += 1
    while end > begin and not lines[end - 1]:
        end -= 1
    return lines[begin:end]
