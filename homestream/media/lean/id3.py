"""ID3v2.2, ID3v2.3 and ID3v2.4 tags (https://id3.org), and the ID3v1 tag behind the sound.

Frames of texts, people and ratings are read here; the rare ones, one by one, by mutagen's own
classes, and where a reader does without mutagen they make a file unusual.
"""

from __future__ import annotations

import os
import re
import struct
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from homestream.media import keys, late, table
from homestream.media.lean.found import Unusual
from homestream.media.table import Collected

if TYPE_CHECKING:
    from homestream.media import tagfile
else:
    tagfile = late.module("homestream.media.tagfile")

_STEP: Final = 4_096
_MOST_FRAMES: Final = 1_000
_LONGEST: Final = 1 << 16  # bytes of a frame of text
_LONGEST_LYRICS: Final = 1 << 20
_LONGEST_PICTURE: Final = 1 << 25
_ENDS: Final = (b"\0", b"\0\0", b"\0\0", b"\0")  # of a text in each encoding
_BEFORE_PICTURE: Final = 1_280  # bytes: what stands before a picture, and its beginning
_HEAD: Final = struct.Struct(">4sIH").unpack_from
_PLAIN_DATE: Final = re.compile(r"[1-9]\d{3}(?:-\d\d(?:-\d\d)?)?")
_YEAR: Final = re.compile(r"([0-9]{4})(-[0-9]{2}-[0-9]{2})?\Z")
_PAIR: Final = re.compile(r"([0-9]{2})([0-9]{2})\Z")
_OLD_DATES: Final = ("TYER", "TDAT", "TIME")


class Tag:
    """What one file's ID3 tags say, gathered frame by frame."""

    def __init__(self) -> None:
        self.collected = Collected({}, [], [])
        self.pictures: list[bytes] = []
        self.texts: dict[str, list[str]] = {}  # of the frames that have no more than a text
        self.seen: set[object] = set()  # of the others


def read_v2(fd: int, head: bytes, tag: Tag) -> tuple[int, int]:
    """Reads the tag at the beginning of a file; its major version and where it ends."""
    major = head[3]
    if major not in (2, 3, 4) or head[4] or head[5] or max(head[6:10]) > 127:
        raise Unusual("ID3 of another kind")
    end = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    data, base, at = head, 0, 10
    length, unpack, kinds = (10, _HEAD, _KINDS) if major > 2 else (6, _old_head, _OLD_KINDS)
    for _ in range(_MOST_FRAMES):
        if at + length > end:
            break
        place = at - base
        if place + length > len(data):
            base, data, place = at, os.pread(fd, _STEP, at), 0
        name, size, flags = unpack(data, place)
        at += length
        place += length
        known = kinds.get(name)
        if known is None:
            if not name[0]:
                if data[place - length : max(0, end - base)].strip(b"\0"):
                    raise Unusual("padding that is none")
                break
            if not (name.isalnum() and name.isupper()):
                raise Unusual("frame without a name")
        if size > 127 and major == 4:
            size = _synchsafe(size)
        if at + size > end:
            raise Unusual("frame that does not fit")
        if known is not None and size:
            if flags:
                raise Unusual("frame with flags")
            kind = known[0]
            if kind == _PICTURE:
                tag.pictures += _picture(fd, at, size, data, base, old=major == 2)
            else:
                if size > (_LONGEST_LYRICS if kind == _LYRICS else _LONGEST):
                    raise Unusual("frame is too long")
                if place + size > len(data):
                    base, data, place = at, os.pread(fd, size + _STEP, at), 0
                    if len(data) < size:
                        raise Unusual("file that is cut")
                if kind == _TEXT:
                    _text(known[1], data[place : place + size], tag)
                else:
                    _frame(known[1], kind, data[place : place + size], major, tag)
        at += size
    else:
        raise Unusual("too many frames")
    return major, end


def _old_head(data: bytes, place: int) -> tuple[bytes, int, int]:
    return data[place : place + 3], int.from_bytes(data[place + 3 : place + 6], "big"), 0


def _synchsafe(size: int) -> int:
    if size & 0x8080_8080:
        raise Unusual("size of a frame is no synchsafe number")
    high, low = size >> 16, size & 0xFFFF
    return (high >> 1 & 0x3F80 | high & 0x7F) << 14 | low >> 1 & 0x3F80 | low & 0x7F


_FIELDS: Final = {
    name: field
    for name, field in table.TEXT_FRAMES.items()
    if name not in ("TYER", "TORY", "WCOP")  # the first two are for `finish`, the last is no text
}
(
    _PICTURE,
    _TEXT,
    _NAMED_TEXT,
    _COMMENT,
    _OWNED,
    _LYRICS,
    _RATING,
    _PEOPLE,
    _PODCAST,
    _OTHER,
) = range(10)
_KINDS: Final[dict[bytes, tuple[int, str]]] = {
    name.encode(): (kind, name)
    for name, kind in {
        **dict.fromkeys(table.FRAMES, _OTHER),
        **dict.fromkeys((*_FIELDS, *_OLD_DATES, "TORY"), _TEXT),
        "APIC": _PICTURE,
        "TXXX": _NAMED_TEXT,
        "COMM": _COMMENT,
        "UFID": _OWNED,
        "USLT": _LYRICS,
        "POPM": _RATING,
        **dict.fromkeys(("TIPL", "TMCL", "IPLS"), _PEOPLE),
        **dict.fromkeys(("PCST", "WFED", "TGID"), _PODCAST),
    }.items()
}

_OLD_KINDS: Final = {
    old.encode(): _KINDS[new.encode()]
    for old, new in table.OLD_FRAMES.items()
    if new.encode() in _KINDS
}


def _text(name: str, data: bytes, tag: Tag) -> None:
    values = table.texts(data)
    if values is None or name in tag.texts:
        raise Unusual("text that is odd, or there twice")
    tag.texts[name] = values
    field = _FIELDS.get(name)
    if field is None:
        return
    special = _SPECIAL.get(name)
    if special is not None:
        values = special(values)
    fields = tag.collected.fields
    if field in fields or len(values) != 1:
        table.add(fields, field, values)
    else:
        fields[field] = values


def _frame(name: str, kind: int, data: bytes, major: int, tag: Tag) -> None:
    if kind == _NAMED_TEXT:
        values = table.texts(data)
        if values is None or len(values) < 2:
            raise Unusual("text that is odd")
        _once(tag, (name, values[0]))
        table.add(tag.collected.fields, values[0], values[1:])
    elif kind == _COMMENT:
        words, values = _described(data)
        _once(tag, (name, words, data[1:4]))
        if not words.startswith(table.PROGRAMS):
            told = "description" if words else "comment"
            table.add(tag.collected.fields, told, values)
    elif kind == _OWNED:
        owner, _, owned = data.partition(b"\0")
        _once(tag, (name, owner))
        if owner.decode("ascii") == table.MUSICBRAINZ:
            table.add(tag.collected.fields, "musicbrainztrackid", (owned.decode("ascii"),))
    elif kind == _LYRICS:
        words, values = _described(data)
        _once(tag, (name, words, data[1:4]))
        if len(values) != 1:
            raise Unusual("lyrics that are odd")
        tag.collected.lyrics.extend(table.sung(values[0], data[1:4].decode("ascii")))
    elif kind == _RATING:
        whom, end, rest = data.partition(b"\0")
        _once(tag, (name, whom))
        if not end or not rest or len(rest) > 9:
            raise Unusual("rating that is odd")
        table.add(tag.collected.fields, "popularimeter", (str(rest[0]),))
        table.add(tag.collected.fields, "playcounter", (str(int.from_bytes(rest[1:], "big")),))
    elif kind == _PEOPLE:
        _once(tag, name)
        for role, person in _people(data):
            known = table.INVOLVED.get(role.casefold())
            told = person if known else f"{person} ({role})"
            table.add(tag.collected.fields, known or "performer", (told,))
    elif kind == _PODCAST:
        _once(tag, name)
        tag.collected.fields["podcast"] = ["1"]
    else:
        if not late.is_loaded("mutagen"):
            raise Unusual("frame that is rare")
        _once(tag, (name, data.partition(b"\0")[0]) if name in _NAMED else name)
        tagfile.collect_frame(name, data, major, tag.collected)


_NAMED: Final = ("CHAP", "RVA2")  # of which there may be one of each name


def _once(tag: Tag, what: object) -> None:
    if what in tag.seen:
        raise Unusual("frame that is there twice")
    tag.seen.add(what)


def _described(data: bytes) -> tuple[str, list[str]]:
    """The description and the texts of a frame that tells its language."""
    mark = _ENDS[data[0]]
    at = 4
    while (end := data.find(mark, at)) >= 0 and len(mark) == 2 and end & 1:
        at = end + 1  # in the middle of two characters
    if end < 0 or not data[1:4].isalpha():
        raise Unusual("text that is odd")
    words = table.texts(data[:1] + data[4:end])
    values = table.texts(data[:1] + data[end + len(mark) :])
    if words is None or values is None or len(words) != 1:
        raise Unusual("text that is odd")
    return words[0], values


def _people(data: bytes) -> list[tuple[str, str]]:
    """The pairs of a role and who had it."""
    value = data[1:].decode(table.ENCODINGS[data[0]])
    words = [word.lstrip("\ufeff") for word in value.split("\0")]
    if not words[-1]:
        words.pop()
    if len(words) & 1 or not all(words):
        raise Unusual("people who are odd")
    return list(zip(words[::2], words[1::2], strict=True))


def _picture(fd: int, at: int, size: int, data: bytes, base: int, *, old: bool) -> list[bytes]:
    """The digest of a picture, if there is one in the frame."""
    if size > _LONGEST_PICTURE:
        raise Unusual("picture is too large")
    place = at - base
    head = data[place : place + min(size, _BEFORE_PICTURE)]
    if len(head) < min(size, _BEFORE_PICTURE):
        head = os.pread(fd, min(size, _BEFORE_PICTURE), at)
    kind_at = 4 if old else head.index(b"\0", 1) + 1  # behind three letters, or the MIME type
    head[1:kind_at].decode("ascii")
    kind, mark, begin = head[kind_at], _ENDS[head[0]], kind_at + 1
    end = head.index(mark, begin)
    while len(mark) == 2 and end - begin & 1:
        end = head.index(mark, end + 1)
    if end > begin and table.texts(head[:1] + head[begin:end]) is None:
        raise Unusual("text that is odd")
    begin = end + len(mark)
    if size == begin:
        return []

    def part(where: int, count: int) -> bytes:
        if not where and begin + count <= len(head):
            return head[begin : begin + count]
        return os.pread(fd, count, at + begin + where)

    return [keys.picture(kind, size - begin, part)]


def _genres(values: list[str]) -> list[str]:
    for value in values:
        if len(value) < 3 or not value[0].isalpha() or "\n" in value:
            break
    else:
        return values
    # what comes of "(4)((I think)" is read as a tag once more, as mutagen's users do
    return _told_genres(_told_genres(values))


def _told_genres(values: list[str]) -> list[str]:
    """As ID3v2.3 section 4.2.1 refines genres, and as mutagen takes it."""
    genres: list[str] = []
    for value in values:
        if value.isdecimal() and int(value) < 256:
            genres.append(_genre(value))
        elif value in _REFINED:
            genres.append(_REFINED[value])
        elif value and (parts := _GENRE.match(value)):
            told = [_genre(each) for each in parts[1][1:-1].split(")(")] if parts[1] else []
            name = parts[2] or ""
            name = name[1:] if name.startswith("((") else name
            genres += told if not name or name in told else [*told, name]
    return genres


def _genre(word: str) -> str:
    if word.isdigit() and int(word) < len(table.GENRES):
        return table.GENRES[int(word)]
    return _REFINED.get(word, "Unknown")


_REFINED: Final = {"CR": "Cover", "RX": "Remix"}
_GENRE: Final = re.compile(r"((?:\((?:[0-9]+|RX|CR)\))*)(.+)?")


def _dates(values: list[str]) -> list[str]:
    return [each if _PLAIN_DATE.fullmatch(each) else _date(each) for each in values]


def _date(text: str) -> str:
    """The numbers of a time stamp up to the first that is none (ID3v2.4 structure, section 4)."""
    told = ""
    for part, form in zip(_DATE_PARTS.split(text + ":::::"), _DATE_FORMS, strict=False):
        try:
            told += form % int(part)
        except ValueError:
            break
    return told


_DATE_PARTS: Final = re.compile(r"[-T:/.]|\s+")
_DATE_FORMS: Final = ("%04d", "-%02d", "-%02d", " %02d", ":%02d", ":%02d")


_SPECIAL: Final = {"TCON": _genres, "TDRC": _dates, "TDOR": _dates, "TDRL": _dates}


def read_v1(tail: bytes, major: int, tag: Tag) -> None:
    """The 128 bytes of an ID3v1 tag, which fill up what the other tag leaves open."""

    def text(begin: int, end: int) -> str:
        return tail[begin:end].split(b"\0")[0].strip().decode("latin-1")

    track = tail[126] if not tail[125] else 0
    told = {
        "TIT2": text(3, 33),
        "TPE1": text(33, 63),
        "TALB": text(63, 93),
        "TYER" if major < 4 else "TDRC": text(93, 97),
        "TRCK": str(track) if track else "",
        "TCON": str(tail[127]) if tail[127] != 255 else "",
    }
    for name, value in told.items():
        if value and name not in tag.texts:
            _text(name, b"\0" + value.encode("latin-1"), tag)
    comment = text(97, 125 if not tail[125] else 127)
    if comment and ("COMM", "ID3v1 Comment", b"eng") not in tag.seen:
        table.add(tag.collected.fields, "description", (comment,))


def finish(tag: Tag) -> None:
    """Dates that were written in pieces before ID3v2.4, as mutagen puts them together."""
    texts, fields = tag.texts, tag.collected.fields
    if "TYER" in texts and "TDRC" not in texts:
        if len(texts["TYER"]) == 1 and "TDAT" not in texts and "TIME" not in texts:
            dates = [year for year in texts["TYER"] if _YEAR.match(year)]
        else:
            dates = _dates(_pieces(texts))
        table.add(fields, "date", dates)
    if "TORY" in texts and "TDOR" not in texts:
        table.add(fields, "originaldate", _dates(["\0".join(texts["TORY"])]))


def _pieces(texts: dict[str, list[str]]) -> list[str]:
    dates = []
    for year, day, time in zip_longest(*(texts.get(n, []) for n in _OLD_DATES), fillvalue=""):
        if whole := _YEAR.match(year):
            rest = whole[2]
            if short := _PAIR.match(day):
                rest = f"-{short[2]}-{short[1]}"
            clock = _PAIR.match(time) if rest else None
            dates.append(whole[1] + (rest or "") + (f"T{clock[1]}:{clock[2]}:00" if clock else ""))
    return dates
