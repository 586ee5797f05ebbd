"""LRC lyrics: what stands in a sidecar file, and what taggers put into lyrics tags.

One grammar for both, and for what is called enhanced LRC: time stamps in front of a line make it a
synced one, several of them repeat it; stamps inside a line time its words, as `<mm:ss.xx>` or in
square brackets; `[offset:+250]` brings everything a quarter second sooner. What lyrics are once
they were read, whatever the grammar, is here too.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

MOST_LINES: Final = 5_000
MOST_CHARACTERS: Final = 200_000
MOST_WORDS: Final = 20_000  # in one text

_STAMP: Final = re.compile(
    r"\s*\[(?:(\d{1,2}):(?=\d{1,2}:\d{1,2}[.,]))?(\d{1,4}):(\d{1,2})(?:[.,:](\d{1,3}))?\]"
)
_WORD_STAMP: Final = re.compile(r"[<\[](\d{1,4}):(\d{1,2})(?:[.,:](\d{1,3}))?[>\]]")
_HEADER: Final = re.compile(r"\s*\[([A-Za-z#]{1,16}):([^\]]*)\]\s*")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe]")
_BREAK: Final = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_KANA: Final = re.compile(r"[\u3040-\u30ff]")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


class Word(msgspec.Struct, frozen=True, array_like=True):
    """A part of a line that has its own time: a word or a syllable, with the space behind it."""

    start_ms: int
    text: str
    end_ms: int | None = None


class Line(msgspec.Struct, frozen=True, array_like=True):
    """`start_ms` counts from the start of the track; None where nothing tells the time.

    The texts of `words`, where there are any, make up `text`.
    """

    start_ms: int | None
    text: str
    end_ms: int | None = None  # where it is told
    words: tuple[Word, ...] = ()
    agent: str = ""  # who sings it, where several do: "v1", "v2", "v1000" for all


class Lyrics(msgspec.Struct, frozen=True):
    """One text of a track. Lines of a synced one all have a time, and are in its order."""

    language: str  # ISO 639 code, "und" where it is not told
    synced: bool
    lines: tuple[Line, ...]
    form: str = ""  # of the file: "ttml", "lrc" ...; empty: it was inside the sound file
    translation: bool = False  # not what is sung, but what that means


def decode(raw: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else what it looks like most:
    UTF-16, Shift-JIS with kana in it, or Windows-1252.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if raw.startswith(mark):
            return raw[len(mark) :].decode(name, "replace")
    head = raw[:400]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[first::2], head[1 - first :: 2]
        if len(zeros) > 3 and zeros.count(0) > 0.7 * len(zeros) and not others.count(0):
            return raw.decode(name, "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _japanese(raw) or raw.decode("cp1252", "replace")


def _japanese(raw: bytes) -> str | None:
    """Shift-JIS, if that makes kana of a good part of what is not ASCII.

    Western letters can be read as Shift-JIS as well, but make rare signs and no kana then.
    """
    try:
        text = raw.decode("cp932")
    except UnicodeDecodeError:
        return None
    kana, others = len(_KANA.findall(text)), len(_BEYOND_ASCII.findall(text))
    return text if kana > 1 and kana * 4 >= others else None


def parse(text: str, language: str = "und") -> Lyrics:
    """Lyrics from LRC or plain text; never fails, as any text is lyrics without times.

    In a synced text a line without a stamp of its own goes with the line before it.
    """
    offset = 0
    timed: list[Line] = []
    plain: list[str] = []
    words_left = MOST_WORDS
    for raw in split(text[:MOST_CHARACTERS]):
        if header := _HEADER.fullmatch(raw):
            name, value = header[1].lower(), header[2].strip()
            if name == "offset":
                offset = _whole(value)
            elif name in ("la", "lang") and language == "und":
                language = tidy_language(value)
            continue
        starts, rest = _stamps(raw)
        if not starts:
            words = clean(raw)
            plain.append(words)
            if timed and words:
                timed.append(Line(timed[-1].start_ms, words))
            continue
        line = _timed_line(starts[0], rest, words_left)
        words_left -= len(line.words)
        plain.append(line.text)
        for start in starts[: MOST_LINES + 1 - len(timed)]:
            timed.append(_moved(line, start - starts[0]))
    if timed:
        return in_order([_moved(line, -offset) for line in timed], language)
    lines = tuple(Line(None, words) for words in _trim(plain))
    return Lyrics(tidy_language(language), False, lines)


def synced(timed: Iterable[tuple[int, str]], language: str = "und") -> Lyrics:
    """Lyrics from pairs of milliseconds and text, in any order.

    Where some texts begin with a line's end, as ID3's SYLT has it for words and syllables, each
    pair is a word; otherwise each is a line.
    """
    pairs = list(timed)[:MOST_WORDS]
    if not any(text.startswith(("\n", "\r")) for _, text in pairs):
        return in_order([Line(max(0, start), clean(text)) for start, text in pairs], language)
    rows: list[list[tuple[int, str]]] = []
    for start, text in sorted(pairs, key=lambda pair: pair[0]):
        if not rows or text.startswith(("\n", "\r")):
            rows.append([])
        rows[-1].append((start, text.lstrip("\r\n")))
        if text.lstrip("\r\n").endswith(("\n", "\r")):
            rows.append([])
    return in_order([worded(row[0][0], row) for row in rows if row], language)


def in_order(lines: Iterable[Line], language: str = "und") -> Lyrics:
    """Synced lyrics from lines that all have a time, in any order."""
    ordered = sorted(lines, key=lambda line: line.start_ms or 0)
    return Lyrics(tidy_language(language), True, tuple(ordered[:MOST_LINES]))


def worded(
    start: int, parts: Sequence[tuple[int, str]], end: int | None = None, agent: str = ""
) -> Line:
    """A line from its words with their times; the last one ends at `end`.

    No word begins before the one in front of it.
    """
    texts = [clean_part(text) for _, text in parts]
    line = "".join(texts).strip()
    if not line:
        return Line(max(0, start), "", end, (), agent)
    words: list[Word] = []
    at = max(0, start)
    left = "".join(texts)
    left = left[: len(left.rstrip())]
    skipped = len(left) - len(left.lstrip())
    used = 0
    for (begin, _), text in zip(parts, texts, strict=True):
        low, high = max(used, skipped), min(used + len(text), len(left))
        used += len(text)
        at = max(at, begin)
        if high > low:
            words.append(Word(at, left[low:high]))
    stops = [word.start_ms for word in words[1:]]
    last = None if end is None else max(end, at)
    ended = tuple(
        msgspec.structs.replace(word, end_ms=stop)
        for word, stop in zip(words, [*stops, last], strict=True)
    )
    return Line(max(0, start), line, last, ended if len(ended) > 1 else (), agent)


def packed(lines: Iterable[Line]) -> str:
    """Lines as JSON: `[start_ms, text]`, or all five of their fields where more is known.

    msgspec reads both as `Line`.
    """
    return msgspec.json.encode(
        [
            line
            if line.end_ms is not None or line.words or line.agent
            else (line.start_ms, line.text)
            for line in lines
        ]
    ).decode()


def split(text: str) -> list[str]:
    """The lines of a text, at most MOST_LINES."""
    return _BREAK.split(text, maxsplit=MOST_LINES)[:MOST_LINES]


def clean(text: str) -> str:
    """Text for one line: nothing invisible in it, no space around it."""
    return clean_part(text).strip()


def clean_part(text: str) -> str:
    text = text.encode("utf-8", "replace").decode() if not text.isascii() else text
    return _CONTROL.sub("", text.replace("\t", " ").replace("\n", " "))


def tidy_language(text: str) -> str:
    """An ISO 639 code, with what may follow it; "und" for anything else."""
    text = text.strip()
    if len(text) > 35 or not _LANGUAGE.fullmatch(text) or text.lower() in ("xxx", "zxx"):
        return "und"
    return text.lower()


def _timed_line(start: int, rest: str, words_left: int) -> Line:
    """A line behind its stamps, whose words may have stamps of their own."""
    pieces = _WORD_STAMP.split(rest)
    if len(pieces) == 1:
        return Line(start, clean(rest))
    parts = [(start, pieces[0])] if pieces[0].strip() else []
    for at in range(1, len(pieces), 4):
        minutes, seconds, part, text = pieces[at : at + 4]
        parts.append((_milliseconds(0, int(minutes), int(seconds), part), text))
    if len(parts) > words_left:
        return Line(start, clean("".join(text for _, text in parts)))
    end = None
    if len(parts) > 1 and not parts[-1][1].strip():
        end = parts.pop()[0]
    return worded(start, parts, end)


def _moved(line: Line, by: int) -> Line:
    """A line that begins so many milliseconds later, with its words."""
    if not by or line.start_ms is None:
        return line
    return Line(
        max(0, line.start_ms + by),
        line.text,
        None if line.end_ms is None else max(0, line.end_ms + by),
        tuple(
            Word(
                max(0, word.start_ms + by),
                word.text,
                None if word.end_ms is None else max(0, word.end_ms + by),
            )
            for word in line.words
        ),
        line.agent,
    )


def _stamps(line: str) -> tuple[list[int], str]:
    starts = []
    at = 0
    while match := _STAMP.match(line, at):
        hours, minutes, seconds, part = match.groups()
        starts.append(_milliseconds(int(hours or 0), int(minutes), int(seconds), part))
        at = match.end()
    return starts, line[at:]


def _milliseconds(hours: int, minutes: int, seconds: int, part: str | None) -> int:
    whole = (hours * 60 + minutes) * 60 + seconds
    return whole * 1000 + (int(part.ljust(3, "0")) if part else 0)


def _whole(text: str) -> int:
    match = re.fullmatch(r"([+-]?)\s*(\d{1,7})", text)
    return int(match[1] + match[2]) if match else 0


def _trim(lines: list[str]) -> list[str]:
    begin, end = 0, len(lines)
    while begin < end and not lines[begin]:
        begin += 1
    while end > begin and not lines[end - 1]:
        end -= 1
    return lines[begin:end]
