"""Keys of a file's sound and of its pictures, from a few of their bytes.

A key of the sound is made of bytes that no tagger touches, found by the container alone, so that
it is the same whichever reader asks. The first bytes alone would not do: programmes share a
jingle, and albums a silence; so the length goes in, and bytes from the middle and the end.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Final, NamedTuple

_FIRST: Final = 1024  # bytes of the beginning that go into a key, and so on
_MIDDLE: Final = 1024
_LAST: Final = 512
_OGG_HEAD: Final = 282  # the longest head of a page
_OGG_MOST: Final = 16  # pages of the beginning
_PART: Final = 1024  # of a picture, at three places

Reader = Callable[[int, int], bytes]  # so many bytes from a place on

# pictures of which two that differ do not have one length and three places in common
_PACKED: Final = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")


class OggPage(NamedTuple):
    """The head of an Ogg page (RFC 3533 section 6)."""

    at: int
    flags: int
    granule: int
    serial: bytes
    lacing: bytes

    @property
    def inside(self) -> int:
        """Where its content begins."""
        return self.at + 27 + len(self.lacing)

    @property
    def end(self) -> int:
        return self.inside + sum(self.lacing)


def flac(info: bytes) -> bytes:
    """Of FLAC's STREAMINFO: rate, channels, depth, count and MD5; empty where it has no MD5."""
    return b"flac" + info[10:34] if any(info[18:34]) else b""


def stretch(fd: int, begin: int, end: int) -> bytes:
    """Of sound that lies in one piece, such as the frames of an MP3."""
    length = end - begin
    return of(
        [
            length.to_bytes(8, "little"),
            os.pread(fd, min(_FIRST, length), begin),
            os.pread(fd, min(_MIDDLE, length - length // 2), begin + length // 2),
            os.pread(fd, min(_LAST, length), max(begin, end - _LAST)),
        ]
    )


def ogg(fd: int, begin: int, last: OggPage) -> bytes:
    """Of the pages from `begin` to `last`: what is inside of them, as longer comments shift the
    numbers that stand in their heads. Empty where they are not as they should be."""
    digest = [
        last.granule.to_bytes(8, "little", signed=True),
        os.pread(fd, min(_LAST, last.end - last.inside), last.inside),
    ]
    at, held = begin, 0
    for _ in range(_OGG_MOST):
        page = page_at(fd, at)
        if page is None:
            return b""
        part = os.pread(fd, min(_FIRST - held, page.end - page.inside), page.inside)
        digest.append(part)
        held += len(part)
        at = page.end
        if held >= _FIRST or at > last.at:
            break
    digest.append(_inside(fd, begin + (last.at - begin) // 2))
    return of(digest)


def _inside(fd: int, at: int) -> bytes:
    """Some bytes from `at` on, or from behind the head of a page that stands in the way."""
    data = os.pread(fd, _OGG_HEAD + _MIDDLE, at - _OGG_HEAD)
    place = data.find(b"OggS")
    if place < 0:
        return data[_OGG_HEAD:]
    page = page_at(fd, at - _OGG_HEAD + place)
    return os.pread(fd, min(_LAST, page.end - page.inside), page.inside) if page else b""


def page_at(fd: int, at: int) -> OggPage | None:
    """The page that begins there."""
    head = os.pread(fd, 282, at)
    return page_in(head, 0, at)


def page_in(data: bytes, place: int, at: int) -> OggPage | None:
    """The page whose head lies at `place` of `data`, and at `at` in its file; None if cut."""
    if data[place : place + 5] != b"OggS\0" or len(data) < place + 27:
        return None
    count = data[place + 26]
    lacing = data[place + 27 : place + 27 + count]
    if len(lacing) < count:
        return None
    granule = int.from_bytes(data[place + 6 : place + 14], "little", signed=True)
    return OggPage(at, data[place + 5], granule, data[place + 14 : place + 18], lacing)


def of(parts: list[bytes]) -> bytes:
    """Of bytes that the caller chose."""
    return b"pkts" + hashlib.blake2b(b"".join(parts), digest_size=20).digest()


def pictures(parts: list[bytes]) -> bytes:
    """Of what `picture` told of each picture of a file."""
    if len(parts) == 1:
        return parts[0]
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()


def picture(kind: int, length: int, read: Reader) -> bytes:
    """A digest of one picture, of which `read` gives so many bytes from a place on."""
    head = read(0, min(_PART, length))
    parts = [kind.to_bytes(4, "big", signed=True), length.to_bytes(8, "big"), head]
    if length > 8 * _PART and head.startswith(_PACKED):
        parts += [read(length // 2, _PART), read(length - _PART, _PART)]
    elif length > _PART:
        parts.append(read(_PART, length - _PART))
    return hashlib.blake2b(b"".join(parts), digest_size=16).digest()
