"""Frames get another number and stay whole."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from homestream.errors import BadInput
from homestream.formats import flac


def frames(rate: int, block: int, count: int) -> list[bytes]:
    encoder: Any = av.CodecContext.create("flac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate, "mono", "s16"
    encoder.options = {"frame_size": str(block), "compression_level": "0"}
    noise = np.random.default_rng(1).integers(-9, 9, (1, block * count), np.int16)
    frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
    encoder.open()
    return [bytes(packet) for packet in encoder.encode(frame)]


@pytest.mark.parametrize("rate", [44_100, 8_000, 11_025, 37_800, 192_000, 384_000])
@pytest.mark.parametrize("block", [16, 192, 1_000])
def test_a_renumbered_frame_is_what_the_encoder_makes_of_that_number(rate: int, block: int):
    made = frames(rate, block, 2_100)
    for number in [0, 1, 127, 128, 1_000, 2_047, 2_048, 2_099]:
        other = flac.renumbered(made[number], 5)
        assert other[4] == 5
        assert flac.renumbered(other, number) == made[number]


@pytest.mark.parametrize(
    "number", [0, 127, 128, 2_047, 65_535, 65_536, 2**21, 2**26, 2**31, 2**36 - 1]
)
def test_any_number_may_be_taken_back(number: int):
    (first, *_) = frames(44_100, 192, 2)
    assert flac.renumbered(flac.renumbered(first, number), 0) == first


def test_the_stream_info_is_that_of_the_encoder_but_for_what_is_not_known():
    told = flac.stream_info(sample_rate=192_000, channels=6, bit_depth=24, blocks=(4_096, 4_096))
    assert told[:4] == b"\x10\x00\x10\x00"
    assert int.from_bytes(told[10:18]) >> 36 == 192_000 << 8 | 5 << 5 | 23
    assert not any(told[4:10])
    assert not any(told[18:])


@pytest.mark.parametrize(
    ("rate", "channels", "depth"), [(1 << 20, 2, 16), (0, 2, 16), (48_000, 9, 16), (48_000, 2, 33)]
)
def test_what_flac_cannot_carry_is_refused(rate: int, channels: int, depth: int):
    with pytest.raises(BadInput):
        flac.stream_info(
            sample_rate=rate, channels=channels, bit_depth=depth, blocks=(4_096, 4_096)
        )
