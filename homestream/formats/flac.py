"""FLAC frames and what is told of them ahead (RFC 9639)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache
from typing import Final

from homestream.errors import BadInput

_HEADER_POLYNOMIAL: Final = 0x07  # of 8 bits
_FRAME_POLYNOMIAL: Final = 0x8005  # of 16 bits
_PERIOD: Final = 32_767  # bytes after which the powers of the frame's polynomial come again


def stream_info(
    *, sample_rate: int, channels: int, bit_depth: int, blocks: tuple[int, int]
) -> bytes:
    """The STREAMINFO of a stream whose frames are made as they are asked for.

    `blocks` are the least and the most samples of one, the last one not counted.

    What cannot be known is 0, which says so: the sizes of frames, the number of samples and the
    digest of them (section 8.2). Some players stop at the length that is told here.
    """
    if not 1 <= channels <= 8 or not 0 < sample_rate < 1 << 20 or not 4 <= bit_depth <= 32:
        raise BadInput(f"{sample_rate} Hz, {channels} channels, {bit_depth} bit is no FLAC stream")
    told = sample_rate << 44 | (channels - 1) << 41 | (bit_depth - 1) << 36
    return struct.pack(">HH6xQ16x", *blocks, told)


def renumbered(frame: bytes, number: int) -> bytes:
    """The frame with another number, of a stream of fixed block size (section 9.1.5).

    Only its header is written anew. The check at its end is linear, so it follows from what has
    changed there and how far from the end that lies.
    """
    old_length = _number_length(frame[4])
    block, rate = frame[2] >> 4, frame[2] & 15
    after = {6: 1, 7: 2}.get(block, 0) + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    head = 4 + old_length + after
    new = frame[:4] + _coded(number) + frame[4 + old_length : head]
    new += bytes((_crc8(new),))
    body = len(frame) - (head + 1) - 2
    change = _crc16(frame[: head + 1]) ^ _crc16(new)
    check = int.from_bytes(frame[-2:]) ^ _product(change, _powers()[body % _PERIOD])
    return new + frame[head + 1 : -2] + check.to_bytes(2)


def _number_length(lead: int) -> int:
    ones = 8 - (lead ^ 0xFF).bit_length()
    return ones or 1


def _coded(number: int) -> bytes:
    """A number of up to 36 bits as UTF-8 would code it (section 9.1.5)."""
    if number < 0x80:
        return bytes((number,))
    length = 2
    while number >= 1 << (5 * length + 1):
        length += 1
    tail = [0x80 | number >> 6 * place & 0x3F for place in range(length - 1)]
    lead = 0xFF00 >> length & 0xFF | number >> 6 * (length - 1)
    return bytes((lead, *reversed(tail)))


def _crc8(data: Iterable[int]) -> int:
    table, check = _table(8, _HEADER_POLYNOMIAL), 0
    for byte in data:
        check = table[check ^ byte]
    return check


def _crc16(data: Iterable[int]) -> int:
    table, check = _table(16, _FRAME_POLYNOMIAL), 0
    for byte in data:
        check = check << 8 & 0xFF00 ^ table[check >> 8 ^ byte]
    return check


@cache
def _table(bits: int, polynomial: int) -> tuple[int, ...]:
    entries = []
    for value in range(256):
        check = value << (bits - 8)
        for _ in range(8):
            check = check << 1 ^ (polynomial if check >> (bits - 1) else 0)
            check &= (1 << bits) - 1
        entries.append(check)
    return tuple(entries)


@cache
def _powers() -> tuple[int, ...]:
    """What a check of 1 becomes by 0, 1, 2 ... bytes of zeros after it."""
    table, powers = _table(16, _FRAME_POLYNOMIAL), [1]
    for _ in range(_PERIOD - 1):
        powers.append(powers[-1] << 8 & 0xFF00 ^ table[powers[-1] >> 8])
    return tuple(powers)


def _product(one: int, other: int) -> int:
    """Of two polynomials, modulo the frame's."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        other >>= 1
        one <<= 1
        if one & 0x10000:
            one ^= 0x10000 | _FRAME_POLYNOMIAL
    return product
