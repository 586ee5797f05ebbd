"""Vorbis and Opus in Ogg (RFC 3533, RFC 7845, the Vorbis I specification)."""

from __future__ import annotations

import os
import zlib
from functools import lru_cache
from typing import Final, NamedTuple

from homestream.media import headers, keys
from homestream.media.facts import Facts
from homestream.media.lean import comments
from homestream.media.lean.found import LAYOUTS, Found, Unusual
from homestream.media.source import RATES
from homestream.media.table import Collected

_CONTINUED, _BEGINS, _ENDS = 1, 2, 4
_STEP: Final = 65_536 + 512  # holds a page
_MOST_HEADER: Final = 1 << 24  # bytes of comments, pictures among them
_MOST_PAGES: Final = 8_192
_CHECKED: Final = 16_384  # bytes of headers; longer ones hold pictures
_SWAPPED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_MODES: Final = 64 * 41 // 8 + 8  # bytes at the end of a setup header that hold its modes
_OPUS_RATE: Final = 48_000


class _Stream(NamedTuple):
    codec: str
    rate: int
    channels: int
    skipped: int = 0
    blocks: tuple[int, int] = (0, 0)


class _Modes(NamedTuple):
    mask: int
    previous: int
    long: tuple[int, ...]  # for each mode whether its block is the long one


def read(fd: int, size: int, head: bytes) -> Found:
    """What a file holds that begins with `head`."""
    first = _page(head, 0, 0)
    if first.flags != _BEGINS or first.granule:
        raise Unusual("page that does not begin a stream")
    if not _checks(head[: first.end]):
        raise Unusual("page that is damaged")
    stream = _stream(head[first.inside : first.end])
    data, second, at = _headers(fd, head, first, 2 if stream.codec == "vorbis" else 1)
    pictures: list[bytes] = []
    if stream.codec == "vorbis":
        if data[:7] != b"\x03vorbis" or data[second : second + 7] != b"\x05vorbis":
            raise Unusual("not the headers of Vorbis")
        fields, behind = comments.read(data, 7, second, pictures)
        if not data[behind] & 1:
            raise Unusual("comments without their mark")
    else:
        if data[:8] != b"OpusTags":
            raise Unusual("not the headers of Opus")
        fields, _ = comments.read(data, 8, second, pictures)
    if at <= _CHECKED and not _all_check(fd, first.end, at):
        raise Unusual("page that is damaged")
    sound = _read_page(fd, at)
    last = headers.last_ogg_page(fd, size)
    if (
        last is None
        or last.end != size
        or last.at <= sound.at
        or not last.flags & _ENDS
        or sound.flags
        or not last.serial == sound.serial == first.serial
    ):
        raise Unusual("pages that are not in order")
    facts = _facts(fd, stream, sound, last, data[-_MODES:])
    key = keys.ogg(fd, at, last)
    if not key:
        raise Unusual("pages that are not in order")
    return Found(facts, Collected(fields, [], []), key, [each for each in pictures if each])


def key(fd: int, size: int) -> bytes:
    """The key of the sound alone, in whatever state the tags are; empty where the pages are not
    in order."""
    try:
        head = os.pread(fd, _STEP, 0)
        first = _page(head, 0, 0)
        vorbis = head[first.inside : first.inside + 7] == b"\x01vorbis"
        opus = head[first.inside : first.inside + 8] == b"OpusHead"
        last = headers.last_ogg_page(fd, size)
        if not (vorbis or opus) or last is None:
            return b""
        _, _, at = _headers(fd, head, first, 2 if vorbis else 1)
        return keys.ogg(fd, at, last) if last.at > at else b""
    except (Unusual, IndexError):
        return b""


def _checks(page: bytes) -> bool:
    """Whether a page has the sum that it tells: CRC-32 as in zlib, but for the order of bits."""
    swapped = b"".join((page[:22], bytes(4), page[26:])).translate(_SWAPPED)
    found = zlib.crc32(swapped, 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return found.to_bytes(4, "big").translate(_SWAPPED) == page[22:26]


def _all_check(fd: int, begin: int, end: int) -> bool:
    data, at = os.pread(fd, end - begin, begin), 0
    while at < len(data):
        behind = _page(data, at, at).end
        if not _checks(data[at:behind]):
            return False
        at = behind
    return True


def _page(data: bytes, place: int, at: int) -> keys.OggPage:
    page = keys.page_in(data, place, at)
    if page is None:
        raise Unusual("no page where one should be")
    return page


def _read_page(fd: int, at: int) -> keys.OggPage:
    return _page(os.pread(fd, 282, at), 0, at)


def _stream(ident: bytes) -> _Stream:
    if ident[:7] == b"\x01vorbis" and len(ident) == 30 and ident[7:11] == bytes(4):
        channels, rate = ident[11], int.from_bytes(ident[12:16], "little")
        blocks = (1 << (ident[28] & 15), 1 << (ident[28] >> 4))
        if not 64 <= blocks[0] <= blocks[1] <= 8192 or not ident[29] & 1:
            raise Unusual("header that is not plausible")
        stream = _Stream("vorbis", rate, channels, 0, blocks)
    elif ident[:8] == b"OpusHead" and len(ident) == 19 and ident[8] == 1 and not ident[18]:
        stream = _Stream("opus", _OPUS_RATE, ident[9], int.from_bytes(ident[10:12], "little"))
    else:
        raise Unusual("another codec")
    if stream.rate not in RATES or stream.channels not in LAYOUTS:
        raise Unusual("header that is not plausible")
    return stream


def _headers(fd: int, head: bytes, first: keys.OggPage, count: int) -> tuple[bytes, int, int]:
    """So many packets behind the first page, which end with a page: all their bytes, where the
    first one ends in them, and where the sound begins in the file."""
    data, base, at = head, 0, first.end
    parts: list[bytes] = []
    lacings: list[bytes] = []
    done, serial = 0, first.serial
    while done < count:
        place = at - base
        inside = place + 27 + data[place + 26] if place + 26 < len(data) else len(data) + 1
        lacing = data[place + 27 : inside]
        behind = inside + sum(lacing)
        if behind > len(data):
            if not place:
                raise Unusual("file that is cut")
            base, data = at, os.pread(fd, _STEP, at)
            continue
        if data[place : place + 5] != b"OggS\0" or data[place + 5] & ~_CONTINUED:
            raise Unusual("pages that are not in order")
        if at > _MOST_HEADER or len(parts) > _MOST_PAGES:
            raise Unusual("headers are too long")
        if data[place + 14 : place + 18] != serial:
            raise Unusual("several streams")
        parts.append(data[inside:behind])
        lacings.append(lacing)
        done += len(lacing) - lacing.count(255)
        at = base + behind
    lacing = b"".join(lacings)
    if done != count or lacing[-1] == 255:
        raise Unusual("headers that end inside of a page")
    full = len(lacing) - len(lacing.lstrip(b"\xff"))
    return b"".join(parts), full * 255 + lacing[full], at


def _facts(
    fd: int, stream: _Stream, sound: keys.OggPage, last: keys.OggPage, setup: bytes
) -> Facts:
    """By the granule of the last page. Where the first one begins is counted as FFmpeg does: back
    from its granule, by the length of each packet that ends in it."""
    body = os.pread(fd, sound.end - sound.inside, sound.inside)
    if stream.codec == "opus":
        lead, length = 0, _opus_length(body, sound.lacing)
        delay = stream.skipped
        if sound.granule != length:
            raise Unusual("sound that does not begin at 0")
    else:
        modes = _modes(setup)
        lead, length = _vorbis_length(body, sound.lacing, stream.blocks, modes)
        begin = sound.granule - length
        if sound.granule <= 0 or begin > 0 or begin + lead > 0:
            raise Unusual("sound that does not begin at 0")
        delay, lead = -begin, begin + lead
    samples = last.granule - lead - stream.skipped
    if samples <= 0:
        raise Unusual("no sound")
    return Facts(
        container="ogg",
        codec=stream.codec,
        sample_rate=stream.rate,
        channels=stream.channels,
        layout=LAYOUTS[stream.channels],
        samples=samples,
        samples_exact=True,
        delay_samples=delay,
        bit_rate=round((last.end - sound.at) * 8 / (samples / stream.rate)),
    )


_OPUS_FRAMES: Final = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4


def _opus_length(body: bytes, lacing: bytes) -> int:
    """Samples of the packets that end in a page (RFC 6716 section 3.1)."""
    at = begin = total = 0
    for length in lacing:
        at += length
        if length == 255:
            continue
        toc = body[begin]
        count = (1, 2, 2)[toc & 3] if toc & 3 < 3 else body[begin + 1] & 63
        total += _OPUS_FRAMES[toc >> 3] * count
        begin = at
    return total


def _vorbis_length(
    body: bytes, lacing: bytes, blocks: tuple[int, int], modes: _Modes
) -> tuple[int, int]:
    """Samples of the first packet and of all that end in a page, as FFmpeg's parser counts."""
    at = begin = total = lead = 0
    before = blocks[0]
    for length in lacing:
        at += length
        if length == 255:
            continue
        head = body[begin]
        if head & 1:
            raise Unusual("packet that is no sound")
        long = modes.long[(head & modes.mask) >> 1]
        if long:
            before = blocks[1 if head & modes.previous else 0]
        total += before + blocks[long] >> 2
        lead = lead or total
        before = blocks[long]
        begin = at
    return lead, total


@lru_cache(64)
def _modes(end: bytes) -> _Modes:
    """The modes at the end of a setup header (Vorbis I section 4.2.4), read backwards; files of
    one encoder share them."""
    bits = int.from_bytes(end, "little")
    at = bits.bit_length() - 1  # the framing bit
    long: list[int] = []
    best = 0
    while at >= 41 + 6 and len(long) < 64:
        at -= 41
        mode = bits >> at
        if mode >> 33 & 0xFF > 63 or mode >> 1 & 0xFFFF_FFFF:
            break
        long.append(mode & 1)
        if (bits >> at - 6 & 63) + 1 == len(long):
            best = len(long)
    if not 0 < best < 64:
        raise Unusual("setup header that is not plausible")
    mask = (1 << max(1, (best - 1).bit_length())) - 1 << 1
    # of one mode alone FFmpeg does not look at the number
    return _Modes(mask if best > 1 else 0, (mask | 1) + 1, tuple(reversed(long[:best])))
