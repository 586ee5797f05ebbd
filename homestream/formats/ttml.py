"""TTML lyrics, above all as Apple writes them: lines and words with times, singers, translations.

Times are taken as counted from the start of the track, wherever they stand. Read by expat alone,
event by event, within bounds; a document type, which entities would come from, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.parsers import expat

from homestream.formats import lrc
from homestream.formats.lrc import Line, Lyrics

MOST_ELEMENTS: Final = 60_000
MOST_DEEP: Final = 64
MOST_TRANSLATIONS: Final = 12

_CLOCK: Final = re.compile(r"(?:(\d{1,3}):)?(?:(\d{1,4}):)?(\d{1,7})(?:\.(\d{1,9}))?")
_FRAMES: Final = re.compile(r"(\d{1,3}):(\d{1,2}):(\d{1,2}):(\d{1,4})(?:\.\d+)?")
_COUNT: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?(h|m|s|ms|f|t)")
_UNITS: Final = {"h": 3_600_000.0, "m": 60_000.0, "s": 1000.0, "ms": 1.0}
_SPACE: Final = re.compile(r"[ \t\r\n]+")


def parse(raw: bytes, language: str = "und") -> tuple[Lyrics, ...]:
    """The text and its translations; of a file that breaks off, what was read until there.

    Nothing where there are no words, or where it is no TTML. Never fails.
    """
    reader = _Reader(language)
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(raw, True)
    except _RefusedError:
        return ()
    except (expat.ExpatError, LookupError, ValueError, MemoryError):
        # not well-formed from here on, or in an encoding that nobody knows
        reader.broken()
    return tuple(reader.lyrics())


def in_text(text: str, language: str = "und") -> tuple[Lyrics, ...]:
    """The lyrics in a text that begins as TTML does, in whatever encoding it says it once was;
    nothing for any other text."""
    if not _BEGINS.match(text):
        return ()
    return parse(_DECLARATION.sub("", text, count=1).encode("utf-8", "replace"), language)


_DECLARATION: Final = re.compile(r"^[\s\ufeff]*<\?xml[^>]{0,200}\?>")
_BEGINS: Final = re.compile(
    r"[\s\ufeff]*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,400}?-->\s*)*<(?:\w+:)?tt[\s>]", re.DOTALL
)


class _RefusedError(Exception):
    """The file asks for what lyrics never need."""


def _refuse(*_: object) -> None:
    raise _RefusedError


class _Part:
    """Words that stand in one element, with what times it."""

    def __init__(self, begin: int | None, end: int | None) -> None:
        self.begin = begin
        self.end = end
        self._pieces: list[tuple[int | None, int | None, list[str]]] = []
        self._span = 0

    def add(self, begin: int | None, end: int | None, text: str, span: int = 0) -> None:
        """Adds text of a span; untimed text (a space, a comma) goes with the word before it.

        The text of one span may come in pieces.
        """
        same, self._span = span == self._span, span or self._span
        if self._pieces and (same or begin is None):
            self._pieces[-1][2].append(text)
        else:
            self._pieces.append((begin, end, [text]))

    @property
    def empty(self) -> bool:
        return not self._pieces

    @property
    def words(self) -> list[tuple[int | None, int | None, str]]:
        return [(begin, end, "".join(pieces)) for begin, end, pieces in self._pieces]

    @property
    def first(self) -> int | None:
        """Where the first timed word begins."""
        return next((begin for begin, _, _ in self._pieces if begin is not None), None)

    @property
    def line(self) -> str:
        return lrc.clean(_SPACE.sub(" ", "".join(text for _, _, text in self.words)))


class _Reader:
    """What expat's events come to."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._frame_rate, self._tick_rate = 30.0, 1.0
        self._open: list[str] = []
        self._elements = self._characters = 0
        self._lines: list[tuple[Line, str]] = []  # with its key
        self._words = 0
        self._line: _Part | None = None
        self._key = self._agent = ""
        self._spans: list[tuple[int | None, int | None, str, str, int]] = []
        self._aside: dict[str, list[str]] = {}  # by language: a translation inside the line
        # by language: words by the key of a line
        self._translated: dict[str, dict[str, str]] = {}
        self._language_of_texts = ""
        self._text_for: str | None = None
        self._held: list[str] = []
        self._asides: dict[str, dict[int, str]] = {}

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS or len(self._open) >= MOST_DEEP:
            raise _RefusedError
        local = name.rpartition(":")[2]
        told = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        self._open.append(local)
        if local == "tt":
            if self._language == "und":
                self._language = lrc.tidy_language(told.get("lang", ""))
            self._frame_rate = _rate(told.get("frameRate"), 30.0)
            self._tick_rate = _rate(told.get("tickRate"), 1.0)
        elif local == "translation":
            self._language_of_texts = lrc.tidy_language(told.get("lang", ""))
        elif local == "text" and self._language_of_texts:
            self._text_for, self._held = told.get("for", "")[:80], []
        elif local == "p" and "body" in self._open:
            self._line = _Part(self._time(told.get("begin")), self._time(told.get("end")))
            self._key, self._agent = told.get("key", "")[:80], told.get("agent", "")[:16]
            self._spans, self._aside = [], {}
        elif local == "span" and self._line is not None:
            self._spans.append(
                (
                    self._time(told.get("begin")),
                    self._time(told.get("end")),
                    told.get("role", ""),
                    lrc.tidy_language(told.get("lang", "")),
                    self._elements,
                )
            )
            if told.get("role") == "x-bg" and not self._line.empty:
                self._line.add(None, None, " ")
        elif local == "br":
            self.text(" ")

    def end(self, name: str) -> None:
        if self._open:
            self._open.pop()
        local = name.rpartition(":")[2]
        if local == "translation":
            self._language_of_texts = ""
        elif local == "text" and self._text_for is not None:
            of_it = self._translated.setdefault(self._language_of_texts, {})
            if self._text_for and len(self._translated) <= MOST_TRANSLATIONS:
                of_it[self._text_for] = lrc.clean(_SPACE.sub(" ", "".join(self._held)))
            self._text_for = None
        elif local == "span" and self._spans:
            self._spans.pop()
        elif local == "p" and self._line is not None:
            self._take()

    def text(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > lrc.MOST_CHARACTERS:
            return
        if self._text_for is not None:
            self._held.append(text)
            return
        if self._line is None:
            return
        for begin, end, role, language, number in reversed(self._spans):
            if role == "x-translation":
                if len(self._aside) < MOST_TRANSLATIONS:
                    self._aside.setdefault(language, []).append(text)
                return
            if role == "x-roman":
                return
            if begin is not None:
                self._line.add(begin, end, text, number)
                return
        self._line.add(None, None, text)

    def broken(self) -> None:
        """The file ends here."""
        if self._line is not None:
            self._take()

    def lyrics(self) -> Iterator[Lyrics]:
        lines = self._lines[: lrc.MOST_LINES]
        if not any(line.text for line, _ in lines):
            return
        timed = [line for line, _ in lines if line.start_ms is not None]
        if not timed:
            plain = tuple(line for line, _ in lines)
            yield Lyrics(lrc.tidy_language(self._language), False, plain)
            return
        yield lrc.in_order(timed, self._language)
        for language in dict.fromkeys([*self._translated, *self._asides]):
            keyed, aside = self._translated.get(language, {}), self._asides.get(language, {})
            meant = [
                Line(line.start_ms, words, line.end_ms, (), line.agent)
                for number, (line, key) in enumerate(lines)
                if line.start_ms is not None
                and (words := keyed.get(key, "") or aside.get(number, ""))
            ]
            if meant:
                found = lrc.in_order(meant, language)
                yield Lyrics(found.language, True, found.lines, translation=True)

    def _take(self) -> None:
        """The end of a line."""
        part, self._line = self._line, None
        if part is None or len(self._lines) >= lrc.MOST_LINES:
            return
        begin = part.begin
        if begin is None:
            begin = part.first
        for language, texts in self._aside.items():
            words = lrc.clean(_SPACE.sub(" ", "".join(texts)))
            if words:
                self._asides.setdefault(language, {})[len(self._lines)] = words
        self._lines.append((self._whole(part, begin), self._key))

    def _whole(self, part: _Part, begin: int | None) -> Line:
        if begin is None:
            return Line(None, part.line)
        words = part.words
        count = sum(at is not None for at, _, _ in words)
        self._words += count
        end = part.end
        if end is None:
            end = next((until for _, until, _ in reversed(words) if until is not None), None)
        if count < 2 or self._words > lrc.MOST_WORDS:
            return Line(begin, part.line, None if end is None else max(begin, end), (), self._agent)
        return lrc.worded(
            begin,
            [(begin if at is None else at, _SPACE.sub(" ", text)) for at, _, text in words],
            end,
            self._agent,
        )

    def _time(self, text: str | None) -> int | None:
        """Milliseconds of a time expression (TTML section 10.3.1); None for anything else."""
        if text is None or len(text) > 40:
            return None
        text = text.strip()
        found: Any = _COUNT.fullmatch(text)
        if found:
            number, unit = float(f"{found[1]}.{found[2] or 0}"), found[3]
            if unit == "f":
                return _bounded(number / self._frame_rate * 1000)
            if unit == "t":
                return _bounded(number / self._tick_rate * 1000)
            return _bounded(number * _UNITS[unit])
        if found := _FRAMES.fullmatch(text):
            whole = (int(found[1]) * 60 + int(found[2])) * 60 + int(found[3])
            return _bounded((whole + int(found[4]) / self._frame_rate) * 1000)
        if found := _CLOCK.fullmatch(text):
            first, second, seconds, part = found.groups()
            hours, minutes = (first, second) if second is not None else ("0", first or "0")
            whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
            return _bounded(whole * 1000 + float(f"0.{part or 0}") * 1000)
        return None


def _bounded(milliseconds: float) -> int | None:
    return round(milliseconds) if milliseconds < 360_000_000 else None


def _rate(text: str | None, usual: float) -> float:
    found = re.fullmatch(r"\d{1,9}(?:\.\d{1,4})?", (text or "").strip())
    return float(found[0]) if found and float(found[0]) > 0 else usual
