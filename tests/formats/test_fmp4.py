"""The boxes are well formed and say what they should."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.errors import BadInput
from homestream.formats import fmp4
from homestream.media import ladder

_HOLDERS = {
    b"moov",
    b"trak",
    b"mdia",
    b"minf",
    b"dinf",
    b"stbl",
    b"mvex",
    b"moof",
    b"traf",
    b"edts",
}


def boxes(data: bytes, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Every box with the names above it, and its body; fails unless sizes add up exactly."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        assert 8 <= size <= len(data) - at
        name = f"{path}/{kind.decode()}"
        body = data[at + 8 : at + size]
        yield name, body
        if kind in _HOLDERS:
            yield from boxes(body, name)
        at += size


def init() -> bytes:
    entry = fmp4.aac(sample_rate=44_100, channels=2, bit_rate=128_000)
    return fmp4.init(entry=entry, sample_rate=44_100, samples=10_481_963, priming=1024)


def test_the_init_segment_skips_the_priming_and_tells_the_length():
    found = dict(boxes(init()))
    assert list(found)[:2] == ["/ftyp", "/moov"]
    count, length, start, rate = struct.unpack(">IQqI", found["/moov/trak/edts/elst"][4:])
    assert (count, length, start, rate) == (1, 10_481_963, 1024, 0x10000)
    assert struct.unpack(">I", found["/moov/trak/mdia/mdhd"][12:16]) == (44_100,)
    assert found["/moov/mvex/trex"][4:8] == struct.pack(">I", fmp4.TRACK)


@given(
    packets=st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=300),
    sequence=st.integers(1, 2**32 - 1),
    decode_time=st.integers(0, 2**63),
)
def test_a_segment_points_at_its_packets(packets: list[bytes], sequence: int, decode_time: int):
    data = fmp4.segment(
        sequence=sequence, decode_time=decode_time, packet_samples=1024, packets=packets
    )
    found = dict(boxes(data))
    assert [name for name in found if name.count("/") == 1] == ["/styp", "/moof", "/mdat"]
    assert struct.unpack(">I", found["/moof/mfhd"][4:]) == (sequence,)
    assert struct.unpack(">Q", found["/moof/traf/tfdt"][4:]) == (decode_time,)
    count, offset = struct.unpack(">Ii", found["/moof/traf/trun"][4:12])
    sizes = struct.unpack(f">{count}I", found["/moof/traf/trun"][12:])
    assert sizes == tuple(map(len, packets))
    at = data.index(b"moof") - 4 + offset
    for size, packet in zip(sizes, packets, strict=True):
        assert data[at : at + size] == packet
        at += size
    assert at == len(data)


@pytest.mark.parametrize("rate", ladder.AAC_RATES)
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_the_decoder_is_told_what_the_encoder_says_of_itself(rate: int, layout: str):
    encoder: Any = av.CodecContext.create("aac", "w")
    encoder.sample_rate = rate
    encoder.layout = layout
    encoder.format = "fltp"
    encoder.open()
    channels = 1 if layout == "mono" else 2
    assert fmp4.audio_specific_config(rate, channels) == encoder.extradata[:2]


@pytest.mark.parametrize(("rate", "channels"), [(44_101, 2), (48_000, 0), (48_000, 3)])
def test_what_aac_cannot_carry_is_refused(rate: int, channels: int):
    with pytest.raises(BadInput):
        fmp4.audio_specific_config(rate, channels)
