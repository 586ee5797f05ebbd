"""Vorbis comments (https://xiph.org/vorbis/doc/v-comment.html), as FLAC, Vorbis and Opus hold
them."""

from __future__ import annotations

import struct
from binascii import Error, a2b_base64
from functools import lru_cache
from typing import Final

from homestream.media import keys, table
from homestream.media.lean.found import Unusual
from homestream.media.table import Fields

MOST: Final = 1_000  # comments

_LENGTH: Final = struct.Struct("<I").unpack_from
_PICTURES: Final = ("metadata_block_picture", "coverart")
_ONE: Final = struct.Struct(">I").unpack_from
_TWO: Final = struct.Struct(">II").unpack_from
_LONGEST_HEAD: Final = 512  # bytes of what stands before a picture's data


def read(data: bytes, at: int, end: int, pictures: list[bytes] | None) -> tuple[Fields, int]:
    """The table of the comments in `data` from `at`, and where they end, which is at `end` or
    before it. Pictures among them go into `pictures`; Unusual where that is None."""
    fields: Fields = {}
    at += 4 + _LENGTH(data, at)[0]
    (count,) = _LENGTH(data, at)
    at += 4
    if count > MOST:
        raise Unusual("too many comments")
    for _ in range(count):
        begin = at + 4
        at = begin + _LENGTH(data, at)[0]
        split = data.find(b"=", begin, begin + 64)
        if split < 0 or at > end or split > at:
            raise Unusual("comment that does not fit, or has no name")
        name = _field(data[begin:split])
        if name in _PICTURES:
            if pictures is None:
                raise Unusual("picture among comments")
            pictures.append(_picture(name, data[split + 1 : at]))
            continue
        value = data[split + 1 : at].decode("utf-8", "replace")
        if name in fields or "\0" in value:
            table.add(fields, name, (value,))
        else:
            fields[name] = [value]
    if at > end:
        raise Unusual("comments do not fit")
    return fields, at


@lru_cache(2048)
def _field(name: bytes) -> str:
    told = name.decode("ascii")
    if not told.isprintable() or "~" in told:
        raise Unusual("name of a comment is odd")
    return told.lower() if told.lower() in _PICTURES else table.field(told)


def _picture(name: str, text: bytes) -> bytes:
    if name != "metadata_block_picture" or len(text) % 4:
        raise Unusual("picture in another form")
    whole = len(text) // 4 * 3 - text[-2:].count(b"=")

    def decoded(place: int, length: int) -> bytes:
        first = place // 3
        part = text[first * 4 : -(-(place + length) // 3) * 4]
        return a2b_base64(part, strict_mode=True)[place - first * 3 :][:length]

    try:
        return picture_block(decoded, whole)
    except Error as error:
        raise Unusual("picture in another form") from error


def picture_block(read: keys.Reader, length: int) -> bytes:
    """The digest of a picture in FLAC's form (RFC 9639 section 8.8), of which `read` gives
    parts; empty where it has no data."""
    head = read(0, min(length, _LONGEST_HEAD))
    kind, mime = _TWO(head, 0)
    (words,) = _ONE(head, 8 + mime)
    at = 8 + mime + 4 + words + 20
    (size,) = _ONE(head, at - 4)
    if at + size != length or kind > 255:
        raise Unusual("picture does not fit")
    head[8 : 8 + mime].decode("ascii")
    head[12 + mime : 12 + mime + words].decode()
    return keys.picture(kind, size, lambda place, some: read(at + place, some)) if size else b""
