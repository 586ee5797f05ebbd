"""The ladder of a programme follows from its files."""

from __future__ import annotations

import re

import pytest

from homestream.errors import NotFound
from homestream.media import ladder
from tests.media.test_timeline import facts


def test_three_rungs_from_low_to_high():
    rungs = ladder.renditions([facts(1, 44_100)])
    assert [rung.name for rung in rungs] == ["aac-64", "aac-128", "aac-256"]
    assert [rung.bit_rate for rung in rungs] == [64_000, 128_000, 256_000]
    assert all(rung.codecs == "mp4a.40.2" and rung.container == "fmp4" for rung in rungs)
    assert all(rung.average_bandwidth < rung.bandwidth for rung in rungs)


@pytest.mark.parametrize(
    ("rates", "rate"),
    [
        ([44_100], 44_100),
        ([44_100, 44_100], 44_100),
        ([22_050], 22_050),
        ([8_000], 8_000),
        ([44_100, 48_000], 48_000),
        ([96_000, 96_000], 48_000),
        ([192_000], 48_000),
        ([37_800], 48_000),
        ([], 48_000),
    ],
)
def test_the_common_rate_is_kept_where_aac_has_it(rates: list[int], rate: int):
    rungs = ladder.renditions([facts(1, one) for one in rates])
    assert {rung.sample_rate for rung in rungs} == {rate}


@pytest.mark.parametrize(
    ("channels", "expected"), [([1], 1), ([1, 1], 1), ([2], 2), ([1, 2], 2), ([6], 2), ([1, 6], 2)]
)
def test_mono_stays_mono_and_the_rest_is_stereo(channels: list[int], expected: int):
    rungs = ladder.renditions([facts(1, 48_000, count) for count in channels])
    assert {rung.channels for rung in rungs} == {expected}


def test_a_rung_is_found_by_its_name():
    rungs = ladder.renditions([facts(1, 44_100)])
    assert ladder.named(rungs, "aac-128") is rungs[1]
    with pytest.raises(NotFound):
        ladder.named(rungs, "aac-96")


def test_every_rendition_has_a_name_of_its_own_that_is_safe_in_a_path():
    every = ladder.every([facts(1, 44_100)])
    names = [rendition.name for rendition in every]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z0-9-]{1,32}", name) for name in names)
    assert {
        "aac-64",
        "aac-320",
        "aac-128-ts",
        "aac-128-packed",
        "opus-96",
        "mp3-320",
        "flac",
    } < set(names)
    assert set(ladder.renditions([facts(1, 44_100)])) < set(every)
