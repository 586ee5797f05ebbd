"""Fragmented MP4 of one track of sound: the init segment and the media segments of HLS and DASH.

ISO/IEC 14496-12 (boxes), 14496-14 (mp4a, esds), 14496-3 section 1.6.2.1 (AudioSpecificConfig),
23000-19 (CMAF); "Encapsulation of FLAC in ISO Base Media File Format" 0.0.4 and "Encapsulation of
Opus in ISO Base Media File Format" 0.8.1. All times are in samples.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from homestream.errors import BadInput

TRACK: Final = 1
_FREQUENCIES: Final = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
)  # fmt: skip
_AAC_LC: Final = 2
_UNITY: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED: Final = 0x55C4  # language "und", three letters of five bits


def audio_specific_config(sample_rate: int, channels: int) -> bytes:
    """The two bytes that tell an AAC-LC decoder what comes; BadInput for what they cannot tell."""
    if sample_rate not in _FREQUENCIES or channels not in (1, 2):
        raise BadInput(f"{sample_rate} Hz with {channels} channels is no AAC stream")
    bits = _AAC_LC << 11 | _FREQUENCIES.index(sample_rate) << 7 | channels << 3
    return struct.pack(">H", bits)


def aac(*, sample_rate: int, channels: int, bit_rate: int) -> bytes:
    """The sample entry of AAC-LC; BadInput for what its decoder cannot be told."""
    config = _descriptor(5, audio_specific_config(sample_rate, channels))
    # 0x40: MPEG-4 audio; 0x15: an audio stream. No buffer size is told.
    decoder = _descriptor(4, struct.pack(">BB3xII", 0x40, 0x15, bit_rate, bit_rate), config)
    stream = _descriptor(3, bytes(3), decoder, _descriptor(6, b"\x02"))
    return _entry(b"mp4a", sample_rate, channels, 16, _full(b"esds", 0, 0, stream))


def flac(*, sample_rate: int, channels: int, bit_depth: int, stream_info: bytes) -> bytes:
    """The sample entry of FLAC. `stream_info` is the 34 bytes of the STREAMINFO block."""
    # 0x80: the last metadata block, of type 0
    block = struct.pack(">I", 0x80000000 | len(stream_info)) + stream_info
    return _entry(b"fLaC", sample_rate, channels, bit_depth, _full(b"dfLa", 0, 0, block))


def opus(*, channels: int, priming: int, sample_rate: int = 48_000) -> bytes:
    """The sample entry of Opus in one or two channels, whose packets count in 48 kHz.

    `priming` is told as pre-skip; `sample_rate` is that of the original, for the record.
    """
    told = struct.pack(">BBHIhB", 0, channels, priming, sample_rate, 0, 0)
    return _entry(b"Opus", 48_000, channels, 16, _box(b"dOps", told))


def init(*, entry: bytes, sample_rate: int, samples: int, priming: int) -> bytes:
    """The init segment: ftyp and moov, with an edit list that skips the priming, if there is any.

    `entry` is the sample entry: `aac`, `flac` or `opus`. `samples` is the length to present,
    without priming and padding.
    """
    movie = _full(
        b"mvhd", 0, 0,
        struct.pack(">IIII", 0, 0, sample_rate, 0),
        struct.pack(">IH10x", 0x10000, 0x100), _UNITY, bytes(24),
        struct.pack(">I", TRACK + 1),
    )  # fmt: skip
    header = _full(
        b"tkhd", 0, 7,
        struct.pack(">IIIII8x", 0, 0, TRACK, 0, 0),
        struct.pack(">HHHH", 0, 1, 0x100, 0), _UNITY, bytes(8),
    )  # fmt: skip
    edit = struct.pack(">IQqI", 1, samples, priming, 0x10000)
    edits = _box(b"edts", _full(b"elst", 1, 0, edit)) if priming else b""
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, sample_rate, 0, _UNDETERMINED, 0)),
        _full(b"hdlr", 0, 0, struct.pack(">4x4s12x", b"soun"), b"homestream\0"),
        _box(
            b"minf",
            _full(b"smhd", 0, 0, bytes(4)),
            _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1))),
            _box(
                b"stbl",
                _full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
                _full(b"stts", 0, 0, bytes(4)),
                _full(b"stsc", 0, 0, bytes(4)),
                _full(b"stsz", 0, 0, bytes(8)),
                _full(b"stco", 0, 0, bytes(4)),
            ),
        ),
    )
    extends = _box(b"mvex", _full(b"trex", 0, 0, struct.pack(">IIIII", TRACK, 1, 0, 0, 0)))
    return _box(b"ftyp", b"iso6", bytes(4), b"iso6mp41cmfc") + _box(
        b"moov", movie, _box(b"trak", header, edits, media), extends
    )


def segment(
    *,
    sequence: int,
    decode_time: int,
    packet_samples: int,
    packets: Sequence[bytes],
    lengths: Sequence[int] | None = None,
) -> bytes:
    """A media segment: styp, moof and mdat. `decode_time` is that of its first packet.

    `lengths` are the packets' own in samples, where not all are `packet_samples` long.
    """
    sizes = [len(packet) for packet in packets]
    if lengths is None or all(length == packet_samples for length in lengths):
        # data offset, sample sizes
        flags, table = 0x000201, struct.pack(f">{len(sizes)}I", *sizes)
    else:
        # data offset, sample durations and sizes
        both = [value for pair in zip(lengths, sizes, strict=True) for value in pair]
        flags, table = 0x000301, struct.pack(f">{len(both)}I", *both)

    def fragment(data_offset: int) -> bytes:
        return _box(
            b"moof",
            _full(b"mfhd", 0, 0, struct.pack(">I", sequence)),
            _box(
                b"traf",
                # default-base-is-moof, default sample duration
                _full(b"tfhd", 0, 0x020008, struct.pack(">II", TRACK, packet_samples)),
                _full(b"tfdt", 1, 0, struct.pack(">Q", decode_time)),
                _full(b"trun", 0, flags, struct.pack(">Ii", len(packets), data_offset), table),
            ),
        )

    head = len(fragment(0)) + 8
    return (
        _box(b"styp", b"msdh", bytes(4), b"msdhmsixcmfs") + fragment(head) + _box(b"mdat", *packets)
    )


def _entry(kind: bytes, sample_rate: int, channels: int, bit_depth: int, told: bytes) -> bytes:
    # The field holds 16 bits; a rate that exceeds them is halved until it fits.
    while sample_rate > 0xFFFF:
        sample_rate //= 2
    fields = struct.pack(">6xH8xHHHHI", 1, channels, bit_depth, 0, 0, sample_rate << 16)
    return _box(kind, fields, told)


def _descriptor(tag: int, *body: bytes) -> bytes:
    """An MPEG-4 descriptor (14496-1 section 8.3.3), its size in one byte."""
    joined = b"".join(body)
    return bytes((tag, len(joined))) + joined


def _box(kind: bytes, *body: bytes) -> bytes:
    joined = b"".join(body)
    return struct.pack(">I4s", 8 + len(joined), kind) + joined


def _full(kind: bytes, version: int, flags: int, *body: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *body)
