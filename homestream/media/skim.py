"""The quick way to what a file is: files of the common formats by the lean readers, without
FFmpeg and without mutagen, so that the process that reads them is small and soon there.

A file that the lean readers do not take is told as `Unusual`, and is for `probe`.
"""

from __future__ import annotations

import os

import msgspec

from homestream.errors import Busy, HomestreamError, MediaError
from homestream.media import keys, tags
from homestream.media.facts import Facts
from homestream.media.lean import found, reader
from homestream.media.source import SMALLEST, Source, check_whole, descriptor
from homestream.media.tags import Tags


class Read(msgspec.Struct, frozen=True, tag=True, gc=False):
    """A good file. `audio_key` is "flac" with STREAMINFO's counts and MD5, or "pkts" with a hash
    of some of the sound and its length (see `keys`). `picture` tells that one is embedded, not
    that it is a good one; `picture_key` is the same for files that hold the same pictures, and
    empty without one."""

    facts: Facts
    tags: Tags
    audio_key: bytes
    picture: bool
    picture_key: bytes = b""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A file that is not taken, and why, in a person's words."""

    reason: str


class Unusual(msgspec.Struct, frozen=True, tag=True):
    """A file that is to be read in the long way."""


def skim(sources: list[Source], names: list[str]) -> list[Read | Refused | Unusual]:
    """Each file of a batch, in order. `names` are file names, of which the ending is a hint.

    Never raises for what is in a file. Busy where it is not the file's fault that it cannot be
    opened.
    """
    return [_guarded(source, name) for source, name in zip(sources, names, strict=True)]


def _guarded(source: Source, name: str) -> Read | Refused | Unusual:
    try:
        with descriptor(source) as fd:
            return read(fd, sized(fd), os.path.splitext(name)[1])
    except Busy:
        raise
    except HomestreamError as error:
        return Refused(str(error))
    except Exception:  # noqa: BLE001 - the edge: the long way finds out what it was, and says so
        return Unusual()


def sized(fd: int) -> int:
    """How many bytes a file has; MediaError where it can hold no sound, or its disk has holes."""
    size = os.fstat(fd).st_size
    if size == 0:
        raise MediaError("file is empty")
    if size < SMALLEST:
        raise MediaError("file is too short to hold sound")
    check_whole(fd, size)
    return size


def read(fd: int, size: int, suffix: str) -> Read:
    """A file of a common format; `found.Unusual` of any other."""
    told: found.Found = reader.read(fd, size)
    return Read(
        facts=told.facts,
        tags=tags.made(told.collected, suffix=suffix),
        audio_key=told.audio_key,
        picture=bool(told.pictures),
        picture_key=keys.pictures(told.pictures) if told.pictures else b"",
    )
