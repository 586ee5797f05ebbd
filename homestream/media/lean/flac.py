"""FLAC (RFC 9639)."""

from __future__ import annotations

import os
from typing import Final

from homestream.media import headers, keys
from homestream.media.facts import Facts
from homestream.media.lean import comments
from homestream.media.lean.found import LAYOUTS, Found, Unusual
from homestream.media.source import RATES
from homestream.media.table import Collected

_STREAMINFO, _PADDING, _APPLICATION, _SEEKTABLE, _COMMENTS, _CUESHEET, _PICTURE = range(7)
# what the head of a frame tells (RFC 9639 section 9.1); 0 where STREAMINFO has the word
_RATES: Final = (
    0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000,
    -1, -1, -1, -1,
)  # fmt: skip
_DEPTHS: Final = (0, 8, 12, -1, 16, 20, 24, 32)
_MOST_BLOCKS: Final = 64
_STEP: Final = 4_096


def read(fd: int, size: int, head: bytes) -> Found:
    """What a file holds that begins with `head`."""
    end = headers.end(fd, size)
    fields = None
    pictures: list[bytes] = []
    data, base, at = head, 0, 4
    info = head[8:42]
    for number in range(_MOST_BLOCKS):
        if at + 4 > base + len(data):
            base, data = at, os.pread(fd, _STEP, at)
        word = int.from_bytes(data[at - base : at - base + 4], "big")
        kind, length = word >> 24 & 0x7F, word & 0xFF_FFFF
        at += 4
        behind = at + length
        if (kind == _STREAMINFO) is not (number == 0) or behind > end:
            raise Unusual("block that does not fit")
        if kind == _COMMENTS:
            if fields is not None:
                raise Unusual("comments more than once")
            if behind > base + len(data):
                base, data = at, os.pread(fd, length + _STEP, at)
            fields, read_to = comments.read(data, at - base, behind - base, None)
            if read_to != behind - base:
                raise Unusual("comments shorter than their block")
        elif kind == _PICTURE:
            block = _Block(fd, at, length, data[at - base :])
            pictures.append(comments.picture_block(block.read, length))
            if behind > base + len(data):
                base, data = block.base, block.data
        elif kind not in (_STREAMINFO, _PADDING, _APPLICATION, _SEEKTABLE):
            raise Unusual("block of another kind")
        at = behind
        if word >> 31:
            break
    else:
        raise Unusual("too many blocks")
    key = keys.flac(info)
    if not key:
        raise Unusual("no sum of the sound")
    first = data[at - base : at - base + 16] if at >= base else b""
    facts = _facts(fd, at, end, info, first if len(first) == 16 else os.pread(fd, 16, at))
    return Found(facts, Collected(fields or {}, [], []), key, [each for each in pictures if each])


class _Block:
    """A block of which parts are read; the last ones with what stands behind it."""

    def __init__(self, fd: int, at: int, length: int, data: bytes) -> None:
        self._fd, self._at, self._length = fd, at, length
        self.base, self.data = at, data

    def read(self, place: int, count: int) -> bytes:
        begin = self._at + place
        first = begin - self.base
        if first < 0 or first + count > len(self.data):
            more = _STEP if place + count == self._length else 0
            self.base, self.data, first = begin, os.pread(self._fd, count + more, begin), 0
        return self.data[first : first + count]


def _facts(fd: int, begin: int, end: int, info: bytes, first: bytes) -> Facts:
    """As STREAMINFO tells it, and the head of the first frame confirms it."""
    word = int.from_bytes(info[10:18], "big")
    rate, channels, depth = word >> 44, (word >> 41 & 7) + 1, (word >> 36 & 31) + 1
    samples = word & 0xF_FFFF_FFFF
    block = int.from_bytes(info[2:4], "big")
    if len(info) < 34 or rate not in RATES or channels > 2 or not samples or block < 16:
        raise Unusual("header that is not plausible")
    confirmed = (
        first[0] == 0xFF
        and first[1] & 0xFE == 0xF8
        and _RATES[first[2] & 15] in (0, rate)
        and (2 if first[3] >> 4 in (8, 9, 10) else (first[3] >> 4) + 1) == channels
        and _DEPTHS[first[3] >> 1 & 7] in (0, depth)
    )
    if not confirmed or not 0 < headers.frame_end(first, block) <= samples:
        raise Unusual("no frame where the first one should be")
    if not headers.flac_is_whole(fd, begin, end, info):
        raise Unusual("not whole")
    return Facts(
        container="flac",
        codec="flac",
        sample_rate=rate,
        channels=channels,
        layout=LAYOUTS[channels],
        samples=samples,
        samples_exact=True,
        bit_depth=depth,
        bit_rate=round((end - begin) * 8 / (samples / rate)),
    )
