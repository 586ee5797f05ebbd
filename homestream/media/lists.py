"""Playlists in files: what they say, whatever their kind."""

from __future__ import annotations

import hashlib
import os

import msgspec

from homestream.errors import BadInput, MediaError
from homestream.formats import charset, m3u, pls, tracklist, xspf
from homestream.formats.tracklist import Tracklist
from homestream.media.source import Source, descriptor

SUFFIXES = ("m3u", "m3u8", "pls", "xspf")


class Read(msgspec.Struct, frozen=True):
    tracklist: Tracklist
    charset: str  # a name that Python knows
    digest: bytes  # of the bytes


def read(source: Source, suffix: str) -> Read:
    """The list in a file. MediaError where it cannot be read, or is none."""
    with descriptor(source) as fd:
        if os.fstat(fd).st_size > tracklist.MOST_BYTES:
            raise MediaError("playlist is larger than 2 MB")
        raw = os.pread(fd, tracklist.MOST_BYTES, 0)
    return parse(raw, suffix)


def parse(raw: bytes, suffix: str) -> Read:
    """The list in the bytes of a file that ends so. MediaError where it is none."""
    text, name = charset.decode(raw)
    try:
        if suffix == "xspf":
            found, name = xspf.parse(raw), xspf.charset(raw)
        elif suffix == "pls":
            found = pls.parse(text)
        elif "#EXT-X-" in text:
            raise BadInput("it is a stream (HLS), not a list of files")
        elif "\0" in text:
            raise BadInput("it is not text")
        else:
            found = m3u.parse(text)
    except BadInput as error:
        raise MediaError(f"playlist cannot be read: {error}") from error
    return Read(found, name, digest(raw))


def digest(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=16).digest()
