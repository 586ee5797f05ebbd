"""Ogg pages with Opus in them (RFC 3533, RFC 7845)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Final

from homestream.errors import BadInput

FIRST: Final = 2
LAST: Final = 4
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def page(
    packets: Sequence[bytes], *, granule: int, number: int, serial: int, flags: int = 0
) -> bytes:
    """A page of whole packets; `granule` is the place after the last of them.

    BadInput for more than fit: 255 times 255 bytes.
    """
    lacing = bytearray()
    for packet in packets:
        lacing += b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,))
    if len(lacing) > 255:
        raise BadInput("packets do not fit into a page")
    head = struct.pack("<4sBBqIII", b"OggS", 0, flags, granule, serial, number, 0)
    made = bytearray(head + bytes((len(lacing),)) + lacing + b"".join(packets))
    struct.pack_into("<I", made, 22, _checksum(made))
    return bytes(made)


def opus_head(*, channels: int, priming: int, sample_rate: int, serial: int, maker: str) -> bytes:
    """The two pages that a stream of Opus begins with; `priming` at 48 kHz is skipped."""
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, channels, priming, sample_rate, 0, 0)
    name = maker.encode()
    tags = b"OpusTags" + struct.pack("<I", len(name)) + name + struct.pack("<I", 0)
    return page([head], granule=0, number=0, serial=serial, flags=FIRST) + page(
        [tags], granule=0, number=1, serial=serial
    )


def _checksum(data: bytes | bytearray) -> int:
    """CRC-32 with the bits the other way round, from 0 and as it is (RFC 3533 section 6)."""
    mirrored = zlib.crc32(bytes(data).translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
