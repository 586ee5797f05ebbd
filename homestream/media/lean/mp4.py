"""AAC and ALAC in MP4 (ISO/IEC 14496-12 and -14), with iTunes' tags."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from homestream.media import keys, table
from homestream.media.facts import Facts
from homestream.media.lean.found import LAYOUTS, Found, Unusual
from homestream.media.source import RATES
from homestream.media.table import Collected, Fields

_STEP: Final = 8_192
_MOST_BOXES: Final = 1_000
_LONGEST: Final = 1 << 16  # bytes of a tag that is no picture
_LONGEST_PICTURE: Final = 1 << 25
_MOST_RUNS: Final = 4_096  # of chunks with the same count of samples
_MOST_SUMMED: Final = 3_000  # samples whose sizes are added up
_MOST_LOOKED_AT: Final = 1 << 18  # those of more than an hour and a half are left alone
_TABLE: Final = 1_024  # bytes of the table of sizes that go into the key, at three places
_VALUE: Final = struct.Struct(">I4sI").unpack_from
_BOX: Final = struct.Struct(">I4s").unpack_from
_WORDS: Final = struct.Struct(">II").unpack_from
_HERE: Final = b"\0\0\0\x1cdref\0\0\0\0\0\0\0\1\0\0\0\x0curl \0\0\0\1"  # in this file
_MOST_DELAY: Final = 2_624  # samples; more is an edit and no delay of an encoder
_NO_IMPLICIT_SBR: Final = 24_000  # Hz; a decoder may double a lower rate when it meets SBR
_AAC_RATES: Final = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
)  # fmt: skip


_Box = tuple[bytes, int, int]  # its name, where its content begins, and where that ends


class _Bytes:
    """A file's bytes by their place, read a few thousand at once."""

    def __init__(self, fd: int, data: bytes, base: int = 0) -> None:
        self.fd = fd
        self._data = data
        self._base = base

    def get(self, at: int, count: int) -> bytes:
        place = at - self._base
        if place < 0 or place + count > len(self._data):
            self._data = os.pread(self.fd, max(count, _STEP), at)
            self._base, place = at, 0
            if len(self._data) < count:
                raise Unusual("file that is cut")
        return self._data[place : place + count]

    def boxes(self, at: int, end: int) -> Iterator[_Box]:
        for _ in range(_MOST_BOXES):
            if at == end:
                return
            place = at - self._base
            if place < 0 or place + 8 > len(self._data):
                self.get(at, 8)
                place = at - self._base
            length, name = _BOX(self._data, place)
            behind = at + length
            if length < 8 or behind > end:
                raise Unusual("box that does not fit")
            yield name, at + 8, behind
            at = behind
        raise Unusual("too many boxes")

    def inside(self, box: _Box) -> dict[bytes, _Box]:
        """The boxes in a box, the first one of each name."""
        _, at, end = box
        data, base = self._data, self._base
        found: dict[bytes, _Box] = {}
        for _ in range(_MOST_BOXES):
            if at == end:
                return found
            if at < base or at + 8 > base + len(data):
                self.get(at, 8)
                data, base = self._data, self._base
            length, name = _BOX(data, at - base)
            behind = at + length
            if length < 8 or behind > end:
                raise Unusual("box that does not fit")
            if name not in found:
                found[name] = (name, at + 8, behind)
            at = behind
        raise Unusual("too many boxes")


class _File(NamedTuple):
    movie: _Box
    data: _Box | None  # where the sound lies, if it lies in one place


class _Track(NamedTuple):
    """One track of sound, as its boxes tell it."""

    boxes: dict[bytes, _Box]  # of its sample table
    scale: int
    duration: int
    edits: _Box | None


def read(fd: int, size: int, head: bytes) -> Found:
    """What a file holds that begins with `head`."""
    source = _Bytes(fd, head)
    file = _file(fd, size, head)
    if file.data is None:
        raise Unusual("sound in several places")
    scale, track, user = 0, None, None
    for box in source.boxes(*file.movie[1:]):
        name = box[0]
        if name == b"mvhd":
            scale = _scale(source, box)[0]
        elif name == b"trak" and track is None:
            track = _track(source, box)
            if track is None:
                raise Unusual("a track that is no sound")
        elif name == b"udta" and user is None:
            user = box
        elif name not in (b"free", b"skip", b"iods"):
            raise Unusual("more than one track of sound")
    if track is None:
        raise Unusual("no track")
    facts = _facts(source, track, scale, file.data)
    found = Found(facts, Collected({}, [], []), _key(source, track, file.data), [])
    if not found.audio_key:
        raise Unusual("sample table that is not in order")
    if user is not None:
        _tags(source, user, found)
    return found


def key(fd: int, size: int) -> bytes:
    """The key of the first track of sound alone, in whatever state the tags are; empty where its
    sample table is not in order."""
    try:
        head = os.pread(fd, _STEP, 0)
        source = _Bytes(fd, head)
        file = _file(fd, size, head)
        for box in source.boxes(*file.movie[1:]):
            if box[0] == b"trak":
                track = _track(source, box)
                if track is not None:
                    return _key(source, track, file.data or (b"", 0, size))
    except (Unusual, IndexError, KeyError, struct.error):
        pass
    return b""


def presented(fd: int, size: int) -> tuple[int, int] | None:
    """The length that the first track of sound presents, and the units of it in a second.

    An edit tells it in units of the movie, which are often milliseconds: where that is the length
    of the samples behind the edit's beginning, but for the rounding, theirs is told. None where
    it is not, or where there are several edits.
    """
    try:
        head = os.pread(fd, _STEP, 0)
        source = _Bytes(fd, head)
        movie = _file(fd, size, head).movie
        scale = 0
        for box in source.boxes(*movie[1:]):
            if box[0] == b"mvhd":
                scale = _scale(source, box)[0]
            track = _track(source, box) if box[0] == b"trak" else None
            if track is None:
                continue
            begin, rounded = _edited(source, track, scale)
            exact = track.duration - begin
            tick = -(-track.scale // scale)
            sound = begin >= 0 and _total(source, track) == track.duration
            return (exact, track.scale) if sound and abs(exact - rounded) <= tick else None
    except (Unusual, IndexError, KeyError, struct.error, ZeroDivisionError):
        pass
    return None


def data(fd: int, size: int) -> tuple[int, int] | None:
    """Where the sound lies, in a whole file in which it lies in one place."""
    try:
        found = _file(fd, size, os.pread(fd, _STEP, 0)).data
    except (Unusual, struct.error):
        return None
    return found[1:] if found else None


def _file(fd: int, size: int, head: bytes) -> _File:
    movie: _Box | None = None
    data: _Box | None = None
    several, at = False, 0
    for _ in range(_MOST_BOXES):
        if at == size:
            break
        part = head[at : at + 16] if at + 16 <= len(head) else os.pread(fd, 16, at)
        length, name = _BOX(part)
        begin = at + 8
        if length == 1:
            length, begin = int.from_bytes(part[8:16], "big"), at + 16
        elif length == 0 and name == b"mdat":
            length = size - at
        if length < begin - at or at + length > size:
            raise Unusual("box that does not fit")
        if name == b"moov":
            if movie is not None or begin != at + 8:
                raise Unusual("more than one movie")
            movie = (name, begin, at + length)
        elif name == b"mdat":
            several = several or data is not None
            data = (name, begin, at + length)
        elif name not in (b"ftyp", b"free", b"skip", b"wide", b"uuid", b"pnot"):
            raise Unusual("box of another kind")
        at += length
    if movie is None or at != size:
        raise Unusual("no movie")
    return _File(movie, None if several else data)


def _scale(source: _Bytes, box: _Box) -> tuple[int, int]:
    """Units of time in a second, and the length in them, of a movie or a media header."""
    head = source.get(box[1], min(36, box[2] - box[1]))
    if head[:4] == b"\1\0\0\0":
        return int.from_bytes(head[20:24], "big"), int.from_bytes(head[24:32], "big")
    if head[:4] != bytes(4):
        raise Unusual("header of another kind")
    return _WORDS(head, 12)


def _track(source: _Bytes, box: _Box) -> _Track | None:
    """The track if it is one of sound."""
    parts = source.inside(box)
    media = source.inside(parts[b"mdia"])
    if source.get(media[b"hdlr"][1] + 8, 4) != b"soun":
        return None
    scale, duration = _scale(source, media[b"mdhd"])
    information = source.inside(media[b"minf"])
    place = information[b"dinf"]
    if place[2] - place[1] != len(_HERE) or source.get(place[1], len(_HERE)) != _HERE:
        raise Unusual("sound in another file")
    table = source.inside(information[b"stbl"])
    return _Track(table, scale, duration, parts.get(b"edts"))


def _key(source: _Bytes, track: _Track, data: _Box) -> bytes:
    """Of the sizes of its samples, and of the first and the middle one of them. Chunks move when
    tags grow, and what stands behind a chunk is none of the sound's."""
    _, sizes, sizes_end = track.boxes[b"stsz"]
    _, runs, runs_end = track.boxes[b"stsc"]
    width = 4 if b"stco" in track.boxes else 8
    _, offsets, offsets_end = track.boxes[b"stco" if width == 4 else b"co64"]
    same, count = _WORDS(source.get(sizes + 4, 8))
    chunks = int.from_bytes(source.get(offsets + 4, 4), "big")
    run_count = int.from_bytes(source.get(runs + 4, 4), "big")
    table, length = sizes + 12, 0 if same else count * 4
    if (
        not chunks
        or not count
        or not 0 < run_count <= _MOST_RUNS
        or table + length > sizes_end
        or offsets + 8 + chunks * width > offsets_end
        or runs + 8 + run_count * 12 > runs_end
    ):
        return b""
    parts = [struct.pack(">IQII", track.scale, track.duration, same, count)]
    if length > 3 * _TABLE:
        middle = table + length // 8 * 4
        parts += [source.get(place, _TABLE) for place in (table, middle, table + length - _TABLE)]
    elif length:
        parts.append(source.get(table, length))
    chunk = chunks // 2
    sample = _first_sample(source.get(runs + 8, run_count * 12), chunk)
    if sample >= count:
        return b""
    for index, place in ((0, 0), (sample, chunk)):
        size = same or int.from_bytes(source.get(table + index * 4, 4), "big")
        at = int.from_bytes(source.get(offsets + 8 + place * width, width), "big")
        if not data[1] <= at <= at + size <= data[2]:
            return b""
        parts.append(os.pread(source.fd, min(size, _TABLE), at))
    return keys.of(parts)


def _first_sample(runs: bytes, chunk: int) -> int:
    """The first sample of a chunk, counted from 0 as the chunk is."""
    sample, begin, each = 0, 0, 0
    for at in range(0, len(runs), 12):
        first, held = _WORDS(runs, at)
        if first - 1 > chunk:
            break
        sample += (first - 1 - begin) * each
        begin, each = first - 1, held
    return sample + (chunk - begin) * each


def _facts(source: _Bytes, track: _Track, scale: int, data: _Box) -> Facts:
    _, at, end = track.boxes[b"stsd"]
    if end - at > 4_096:
        raise Unusual("description that is too long")
    entry = source.get(at, end - at)
    name, _, version = struct.unpack_from(">4s6xHH", entry, 12)
    if entry[:8] != b"\0\0\0\0\0\0\0\1" or _BOX(entry, 8)[0] != len(entry) - 8 or version:
        raise Unusual("several descriptions, or QuickTime's")
    total = _total(source, track)
    delay, length = _edited(source, track, scale)
    if not scale or total != track.duration or not length:
        raise Unusual("length that is not certain")
    seconds = length / track.scale
    if name == b"mp4a":
        rate, channels, bit_rate = _aac(entry)
        depth = None
        if not 0 <= delay <= _MOST_DELAY:
            raise Unusual("an edit that is more than a delay")
    elif name == b"alac":
        rate, channels, depth = _alac(entry)
        bit_rate = round((data[2] - data[1]) * 8 / seconds)
        if delay or length != track.duration:
            raise Unusual("an edit of lossless sound")
    else:
        raise Unusual("another codec")
    if not _fits(source, track, data[2] - data[1]):
        raise Unusual("samples without a size, or too large")
    if track.scale != rate or rate not in RATES or channels not in LAYOUTS:
        raise Unusual("header that is not plausible")
    return Facts(
        container="mov,mp4,m4a,3gp,3g2,mj2",
        codec="alac" if depth else "aac",
        sample_rate=rate,
        channels=channels,
        layout=LAYOUTS[channels],
        samples=length,
        samples_exact=depth is not None,
        delay_samples=delay,
        bit_depth=depth,
        bit_rate=bit_rate,
        profile=None if depth else "LC",
    )


def _fits(source: _Bytes, track: _Track, room: int) -> bool:
    """Whether the samples are no longer than the place where they lie; of many of them, whether
    none is longer than any could be."""
    _, at, end = track.boxes[b"stsz"]
    same, count = _WORDS(source.get(at + 4, 8))
    if same:
        return bool(same * count <= room)
    if at + 12 + count * 4 > end:
        return False
    if count > _MOST_LOOKED_AT:
        return True
    table = source.get(at + 12, count * 4)
    if count > _MOST_SUMMED:
        return not table[::4].strip(b"\0")
    total: int = sum(struct.unpack(f">{count}I", table))
    return total <= room


def _total(source: _Bytes, track: _Track) -> int:
    """The length of all samples; and there are as many as have a size."""
    _, at, end = track.boxes[b"stts"]
    runs = int.from_bytes(source.get(at + 4, 4), "big")
    if runs > 64 or at + 8 + runs * 8 > end:
        raise Unusual("samples of many lengths")
    words = struct.unpack(f">{runs * 2}I", source.get(at + 8, runs * 8))
    _, count = _WORDS(source.get(track.boxes[b"stsz"][1] + 4, 8))
    if sum(words[::2]) != count:
        raise Unusual("samples without a size")
    return sum(each * length for each, length in zip(words[::2], words[1::2], strict=True))


def _edited(source: _Bytes, track: _Track, scale: int) -> tuple[int, int]:
    """Where the edit begins, and its length, both in samples."""
    if track.edits is None:
        return 0, track.duration
    edits = source.inside(track.edits).get(b"elst")
    if edits is None:
        return 0, track.duration
    head = source.get(edits[1], min(28, edits[2] - edits[1]))
    if head[4:8] != b"\0\0\0\1":
        raise Unusual("several edits")
    if head[0] == 1:
        length, begin, speed = struct.unpack_from(">QqI", head, 8)
    else:
        length, begin, speed = struct.unpack_from(">IiI", head, 8)
    if speed != 0x1_0000 or not length:
        raise Unusual("an edit of another kind")
    return begin, min(track.duration, (length * track.scale * 2 + scale) // (2 * scale))


def _aac(entry: bytes) -> tuple[int, int, int]:
    """Rate, channels and bit rate by the descriptors of an esds box (ISO/IEC 14496-1 7.2.6)."""
    length, name = _BOX(entry, 44)
    if name != b"esds" or 44 + length > len(entry) or entry[52:56] != bytes(4):
        raise Unusual("another order of boxes")
    at, end = 56, 44 + length
    at, _ = _descriptor(entry, at, 3)
    if entry[at + 2]:
        raise Unusual("stream that depends on another")
    at, _ = _descriptor(entry, at + 3, 4)
    if entry[at] not in (0x40, 0x67):
        raise Unusual("another codec")
    bit_rate = int.from_bytes(entry[at + 9 : at + 13], "big")
    at, size = _descriptor(entry, at + 13, 5)
    config = entry[at : at + size]
    if len(config) < 2 or at + size > end or not bit_rate:
        raise Unusual("header that is not plausible")
    word = config[0] << 8 | config[1]
    kind, index, channels = word >> 11, word >> 7 & 15, word >> 3 & 15
    more = config[2:]
    plain = not more.strip(b"\0") or (more[:2] == b"\x56\xe5" and len(more) > 2 and more[2] < 0x80)
    if kind != 2 or word & 7 or not plain or _AAC_RATES[index] <= _NO_IMPLICIT_SBR:
        raise Unusual("another profile")
    return _AAC_RATES[index], channels, bit_rate


def _descriptor(entry: bytes, at: int, tag: int) -> tuple[int, int]:
    """Where the content of a descriptor begins, and its length."""
    if entry[at] != tag:
        raise Unusual("another descriptor")
    length = 0
    for place in range(at + 1, at + 5):
        length = length << 7 | entry[place] & 0x7F
        if entry[place] < 0x80:
            return place + 1, length
    raise Unusual("length of a descriptor is too long")


def _alac(entry: bytes) -> tuple[int, int, int]:
    length, name = _BOX(entry, 44)
    if name != b"alac" or length != 36:
        raise Unusual("another order of boxes")
    return int.from_bytes(entry[76:80], "big"), entry[65], entry[61]


# -- tags ------------------------------------------------------------------------------------------

_BOOLEANS: Final = (b"cpil", b"pcst")
_NUMBERS: Final = (b"tmpo", b"\xa9mvi", b"\xa9mvc", b"shwm", b"stik", b"rtng")
_PAIRS: Final = (b"trkn", b"disk")
# of these mutagen takes texts that do not say that they are
_TEXTS: Final = frozenset(
    b"\xa9nam \xa9alb \xa9ART aART \xa9wrt \xa9day \xa9cmt \xa9grp \xa9gen \xa9lyr cprt soal soaa "
    b"soar sonm soco".split()
)
_FIELDS: Final = {name.encode("latin-1"): field for name, field in table.MP4_ATOMS.items()}


def _tags(source: _Bytes, user: _Box, found: Found) -> None:
    items = _items(source, user)
    if items is None:
        return
    fields = found.collected.fields
    seen: set[bytes] = set()
    for name, at, end in source.boxes(items[1], items[2]):
        if name == b"covr":
            for kind, begin, behind in source.boxes(at, end):
                if kind != b"data" or behind - begin > _LONGEST_PICTURE:
                    raise Unusual("picture of another kind")
                if behind > begin + 8:
                    found.pictures.append(_picture(source, begin + 8, behind))
        elif name in _FIELDS or name == b"----" or name == b"gnre":
            if end - at > _LONGEST:
                raise Unusual("tag is too long")
            data = source.get(at, end - at)
            if name in _TEXTS:
                length, kind, told = _VALUE(data)
                field = _FIELDS[name]
                if length == end - at and kind == b"data" and told < 2 and field not in fields:
                    fields[field] = data[16:].decode().split("\0")
                    continue
            elif name != b"----":
                if name in seen:
                    raise Unusual("tag that is there twice")
                seen.add(name)
            _item(name, data, fields)


def _items(source: _Bytes, user: _Box) -> _Box | None:
    """iTunes' list of tags, if there are any at all."""
    meta = None
    for box in source.boxes(user[1], user[2]):
        if box[0] == b"meta" and meta is None:
            meta = box
        elif box[0] not in (b"free", b"skip"):
            raise Unusual("QuickTime's tags, or chapters")
    if meta is None:
        return None
    for box in source.boxes(meta[1] + 4, meta[2]):
        if box[0] == b"ilst":
            return box
    raise Unusual("tags of another kind")


def _picture(source: _Bytes, begin: int, end: int) -> bytes:
    return keys.picture(3, end - begin, lambda place, some: source.get(begin + place, some))


def _item(name: bytes, data: bytes, fields: Fields) -> None:
    if name == b"----":
        length, kind = _BOX(data)
        size, second = _BOX(data, length)
        if kind != b"mean" or second != b"name" or length < 12 or size < 12:
            raise Unusual("tag of another kind")
        field = _freeform(data[length + 12 : length + size])
        values = _values(data, length + size)
        if len(values) == 1 and field not in fields:
            fields[field] = values[0][1].decode("utf-8", "replace").split("\0")
        else:
            told = [value.decode("utf-8", "replace") for _, value in values]
            table.add(fields, field, told)
        return
    parts = _values(data, 0)
    if not parts:
        raise Unusual("tag without a value")
    if name in _PAIRS:
        number, total = struct.unpack_from(">HH", parts[0][1], 2)
        table.add(fields, _FIELDS[name], (f"{number}/{total}",))
    elif name in _BOOLEANS:
        if len(parts) != 1 or len(parts[0][1]) != 1:
            raise Unusual("tag of another kind")
        table.add(fields, _FIELDS[name], ("1" if parts[0][1] != b"\0" else "0",))
    elif name == b"gnre":
        table.add(fields, "genre", [_genre(value) for _, value in parts])
    elif name in _NUMBERS:
        numbers = [_number(kind, value) for kind, value in parts]
        if name == b"stik":
            table.add_kind(fields, numbers)
        else:
            table.add(fields, _FIELDS[name], [str(number) for number in numbers])
    else:
        if any(kind != 1 and (kind or name not in _TEXTS) for kind, _ in parts):
            raise Unusual("tag of another kind")
        table.add(fields, _FIELDS[name], [value.decode() for _, value in parts])


@lru_cache(1024)
def _freeform(name: bytes) -> str:
    return table.field(name.decode("ascii").rpartition(":")[2])


def _values(data: bytes, at: int) -> list[tuple[int, bytes]]:
    """The kind and the bytes of each value in a tag."""
    length, name = _BOX(data, at)
    if at + length == len(data) and name == b"data" and length >= 16:
        return [(int.from_bytes(data[at + 8 : at + 12], "big"), data[at + 16 :])]
    found = []
    while at < len(data):
        length, name = _BOX(data, at)
        if name != b"data" or length < 16 or at + length > len(data):
            raise Unusual("tag of another kind")
        found.append((int.from_bytes(data[at + 8 : at + 12], "big"), data[at + 16 : at + length]))
        at += length
    return found


def _number(kind: int, value: bytes) -> int:
    if kind not in (0, 21) or len(value) not in (1, 2, 3, 4, 8):
        raise Unusual("number of another kind")
    return int.from_bytes(value, "big", signed=True)


def _genre(value: bytes) -> str:
    number = int.from_bytes(value, "big")
    if len(value) != 2 or not 0 < number <= len(table.GENRES):
        raise Unusual("genre that has no name")
    return str(table.GENRES[number - 1])
