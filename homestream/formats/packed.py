"""Packed audio: AAC in ADTS or MP3 as it is, behind an ID3 tag that tells the time of its first
sample (RFC 8216 section 3.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from homestream.formats import mpegts

_OWNER: Final = b"com.apple.streaming.transportStreamTimestamp\0"


def segment(*, start: int, sample_rate: int, frames: Sequence[bytes]) -> bytes:
    """A media segment; the samples of its first frame begin at `start` of the programme."""
    return b"".join((_tag(mpegts.ticks(start, sample_rate)), *frames))


def _tag(time: int) -> bytes:
    """An ID3v2.4 tag of one PRIV frame: 33 bits of time in eight bytes."""
    private = _OWNER + time.to_bytes(8, "big")
    frame = b"PRIV" + _synchsafe(len(private)) + bytes(2) + private
    return b"ID3\x04\0\0" + _synchsafe(len(frame)) + frame


def _synchsafe(size: int) -> bytes:
    """Four bytes of seven bits (ID3v2.4.0 section 6.2)."""
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
