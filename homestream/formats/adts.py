"""ADTS: AAC packets that tell by themselves how they are to be decoded, as MPEG-TS and packed audio
carry them (ISO/IEC 14496-3 section 1.A.2.2).
"""

from __future__ import annotations

from typing import Final

from homestream.errors import BadInput

HEADER_BYTES: Final = 7
_LONGEST: Final = (1 << 13) - 1  # bytes of a frame, header included


def frame(config: bytes, packet: bytes) -> bytes:
    """A packet behind its header. `config` is the AudioSpecificConfig, of which two bytes count.

    BadInput for what the header cannot tell: SBR told beforehand, rates or layouts without a
    number, and packets over 8 KiB.
    """
    length = HEADER_BYTES + len(packet)
    if len(config) < 2 or length > _LONGEST:
        raise BadInput("packet is no AAC that ADTS can carry")
    told = int.from_bytes(config[:2], "big")
    object_type, frequency, channels = told >> 11, told >> 7 & 15, told >> 3 & 15
    if not (1 <= object_type <= 4 and frequency <= 12 and 1 <= channels <= 7):
        raise BadInput(f"AAC of type {object_type} is none that ADTS can carry")
    return (
        0xFFF1 << 40  # sync word; MPEG-4, no checksum
        | (object_type - 1) << 38
        | frequency << 34
        | channels << 30
        | length << 13
        | 0x7FF << 2  # how full the buffer is: not told
    ).to_bytes(HEADER_BYTES, "big") + packet
