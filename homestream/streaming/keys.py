"""What names the bytes of a segment, in the cache and to players."""

from __future__ import annotations

import functools
import hashlib

import msgspec

from homestream.media import encode
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme


def segment(programme: Programme, rendition: Rendition, number: int) -> str:
    """What names a segment's bytes: 64 hexadecimal digits. Fit for a strong ETag (RFC 9110)."""
    told = msgspec.msgpack.encode([rendition, encode.identity(rendition), number])
    return hashlib.sha256(_fingerprint(programme) + told).hexdigest()


@functools.lru_cache(maxsize=64)
def _fingerprint(programme: Programme) -> bytes:
    return hashlib.sha256(msgspec.msgpack.encode(programme)).digest()
