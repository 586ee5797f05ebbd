"""Which of the lean readers a file is for."""

from __future__ import annotations

import os
import struct
from typing import Final

from homestream.media.lean import flac, mp4, mpeg, ogg
from homestream.media.lean.found import Found, Unusual

FIRST: Final = 8_192  # bytes that are read at once from the beginning


def read(fd: int, size: int) -> Found:
    """What the file behind a descriptor holds; Unusual where the long way is to be taken."""
    head = os.pread(fd, FIRST, 0)
    mark = head[:4]
    try:
        if mark == b"fLaC":
            return flac.read(fd, size, head)
        if mark == b"OggS":
            return ogg.read(fd, size, head)
        if head[4:8] == b"ftyp":
            return mp4.read(fd, size, head)
        if mark[:3] == b"ID3" or mark[:1] == b"\xff":
            return mpeg.read(fd, size, head)
    except (LookupError, ValueError, OverflowError, struct.error) as error:
        # a length that tells of more than is there, or a text that is none
        raise Unusual(str(error)) from error
    raise Unusual("not one of the common formats")
