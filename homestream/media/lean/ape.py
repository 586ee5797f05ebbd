"""APEv2 tags behind the sound (https://wiki.hydrogenaud.io, "APEv2 specification")."""

from __future__ import annotations

import os
import struct
from typing import Final

from homestream.media import table
from homestream.media.lean.found import Unusual
from homestream.media.table import Fields

_LONGEST: Final = 1 << 16  # bytes of a tag that is read here
_FOOTER: Final = struct.Struct("<III").unpack_from
_ITEM: Final = struct.Struct("<II").unpack_from


def read(fd: int, end: int, footer: bytes) -> Fields:
    """The fields of the tag that ends at `end` with this footer of 32 bytes."""
    length, count, _ = _FOOTER(footer, 12)
    if not 32 <= length <= _LONGEST or length > end:
        raise Unusual("APE tag that does not fit")
    data = os.pread(fd, length - 32, end - length)
    fields: Fields = {}
    seen: set[str] = set()
    at = 0
    for _ in range(count):
        size, flags = _ITEM(data, at)
        split = data.index(b"\0", at + 8)
        name = data[at + 8 : split].decode("ascii")
        behind = split + 1 + size
        if behind > len(data) or flags & 6 or not 2 <= len(name) <= 64 or name.lower() in seen:
            raise Unusual("item of another kind")
        if not name.isprintable():
            raise Unusual("item of another kind")
        seen.add(name.lower())
        table.add(fields, name, data[split + 1 : behind].decode().split("\0"))
        at = behind
    if at != len(data):
        raise Unusual("APE tag that does not fit")
    return fields
