"""MPEG-TS of one sound track: the media segments of HLS for televisions that know no fMP4.

ISO/IEC 13818-1 and RFC 8216 section 3.2. Each segment is made alone, and yet they fit: its tables
come once, so their continuity counter is the segment's number, and the packets of the track are
a multiple of 16, so that theirs is 0 at the start of each.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

CLOCK: Final = 90_000  # Hz
WRAP: Final = 1 << 33  # ticks, 26.5 hours: where time begins again
AAC: Final = 0x0F  # stream types (table 2-34): AAC in ADTS
MP3: Final = 0x03  # from 32 kHz up

# Sample 0 is presented here, so that neither priming nor clock reference lies before 0.
_ORIGIN: Final = CLOCK
_DELAY: Final = CLOCK // 5  # from the clock reference to the presentation of what follows it
_REFERENCE: Final = CLOCK // 10  # the longest time between two (section 2.7.2)
_PACKET: Final = 188  # bytes
_ROOM: Final = _PACKET - 4
_PMT_PID: Final = 0x1000
_TRACK_PID: Final = 0x0100
_SOUND: Final = 0xC0  # stream id
_PES_HEAD: Final = 14  # bytes
_COUNTERS: Final = 16


class _Part(NamedTuple):
    """What one packet carries of a PES packet."""

    payload: bytes
    first: bool
    reference: int | None  # ticks


def ticks(samples: int, sample_rate: int) -> int:
    """The time stamp of a sample of the programme; begun again after 26.5 hours."""
    return (_ORIGIN + (2 * samples * CLOCK + sample_rate) // (2 * sample_rate)) % WRAP


def segment(
    *,
    number: int,
    stream_type: int,
    start: int,
    frame_samples: int,
    sample_rate: int,
    frames: Sequence[bytes],
) -> bytes:
    """Segment `number` (0-based) of a programme; the samples of its first frame begin at `start`.

    `start` is negative by the priming where the frame holds nothing else. What each frame needs to
    be decoded is in the frame: ADTS, or an MP3 frame.
    """
    together = max(1, _REFERENCE * sample_rate // (CLOCK * frame_samples))
    parts: list[_Part] = []
    for first in range(0, len(frames), together):
        time = ticks(start + first * frame_samples, sample_rate)
        parts += _parts(_pes(time, b"".join(frames[first : first + together])), time)
    _fill_up(parts)
    return b"".join(
        (
            _table(0, number, _association()),
            _table(_PMT_PID, number, _map(stream_type)),
            *(_packet(part, counter) for counter, part in enumerate(parts)),
        )
    )


def _pes(time: int, payload: bytes) -> bytes:
    """A PES packet with a presentation time stamp (section 2.4.3.6)."""
    stamp = (
        0x21 << 32
        | (time >> 30 & 0x7) << 33
        | (time >> 15 & 0x7FFF) << 17
        | 1 << 16
        | (time & 0x7FFF) << 1
        | 1
    )
    # 0x84: data is aligned; 0x80: a time stamp follows, in five bytes
    head = struct.pack(
        ">IHBBB", 0x100 | _SOUND, _PES_HEAD - 6 + len(payload), 0x84, 0x80, 5
    ) + stamp.to_bytes(5, "big")
    return head + payload


def _parts(pes: bytes, time: int) -> Iterator[_Part]:
    room = _ROOM - 8  # the clock reference comes first
    yield _Part(pes[:room], first=True, reference=(time - _DELAY) % WRAP)
    for at in range(room, len(pes), _ROOM):
        yield _Part(pes[at : at + _ROOM], first=False, reference=None)


def _fill_up(parts: list[_Part]) -> None:
    """Halves the longest until the number is right; the head of a PES packet stays whole. What is
    too short for that is a programme by itself, and no counter follows."""
    while len(parts) % _COUNTERS:
        spare = [len(part.payload) - _kept(part) for part in parts]
        place = spare.index(max(spare))
        part = parts[place]
        if not spare[place]:
            return
        half = max(len(part.payload) // 2, _kept(part))
        parts[place : place + 1] = [
            part._replace(payload=part.payload[:half]),
            _Part(part.payload[half:], first=False, reference=None),
        ]


def _kept(part: _Part) -> int:
    """How many bytes at least stay together at its start."""
    return _PES_HEAD if part.first else 1


def _packet(part: _Part, counter: int) -> bytes:
    """A transport packet (section 2.4.3.2), stuffed to its length."""
    adaptation = b""
    if part.reference is not None:
        # 0x50: decoding can begin here, and a clock reference follows, its last part 0
        adaptation = b"\x50" + (part.reference << 15 | 0x3F << 9).to_bytes(6, "big")
    missing = _ROOM - len(part.payload) - len(adaptation)
    if missing > 0:
        if not adaptation and missing > 1:
            adaptation = b"\0"
        adaptation += b"\xff" * (_ROOM - 1 - len(part.payload) - len(adaptation))
        adaptation = bytes((len(adaptation),)) + adaptation
    head = struct.pack(
        ">BHB",
        0x47,
        part.first << 14 | _TRACK_PID,
        (0x30 if adaptation else 0x10) | counter % _COUNTERS,
    )
    return head + adaptation + part.payload


def _table(pid: int, counter: int, section: bytes) -> bytes:
    """A table in a packet of its own; its pointer says that it begins at once."""
    head = struct.pack(">BHBx", 0x47, 1 << 14 | pid, 0x10 | counter % _COUNTERS)
    return (head + section).ljust(_PACKET, b"\xff")


@functools.cache
def _association() -> bytes:
    """One programme, and where its map is (section 2.4.4.3)."""
    return _section(0, struct.pack(">HH", 1, 0xE000 | _PMT_PID))


@functools.cache
def _map(stream_type: int) -> bytes:
    """The programme's one track, which carries the clock too (section 2.4.4.8)."""
    track = struct.pack(">BHH", stream_type, 0xE000 | _TRACK_PID, 0xF000)
    return _section(2, struct.pack(">HH", 0xE000 | _TRACK_PID, 0xF000) + track)


def _section(table: int, body: bytes) -> bytes:
    # of stream or programme 1, version 0, valid now, the only section of the table
    head = struct.pack(">BHHBBB", table, 0xB000 | len(body) + 9, 1, 0xC1, 0, 0)
    return head + body + _checksum(head + body)


def _checksum(data: bytes) -> bytes:
    """CRC-32/MPEG-2 (annex A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = value << 1 ^ (0x104C11DB7 if value & 0x80000000 else 0)
    return value.to_bytes(4, "big")
