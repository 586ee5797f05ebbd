"""Gains and fades, sample by sample."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from homestream.media import ladder, mix
from homestream.media import programme as programmes
from homestream.media.programme import Item, Programme
from homestream.media.source import Source
from tests import sounds

RATE = 44_100


def made(folder: Path, kind: str, seconds: float, seed: int, rate: int = RATE) -> tuple[Path, Item]:
    sound = sounds.music(round(seconds * rate), rate, seed=seed)
    path = folder / f"{seed}.{sounds.KINDS[kind].ending}"
    sounds.write(path, sounds.KINDS[kind], sound, rate)
    return path, Item(path.name, sounds.facts_of(path))


def heard(paths: list[Path], programme: Programme, start: int, end: int) -> NDArray[np.float32]:
    rendition = ladder.renditions(programmes.facts(programme))[-1]
    places = programmes.touching(programme, rendition.sample_rate, start, end)
    sources = [Source(path=bytes(paths[place])) for place in places]
    return mix.sound(sources, programme, rendition, start, end)


def test_a_gain_is_in_decibels(tmp_path: Path) -> None:
    path, item = made(tmp_path, "flac", 1, 1)
    plain = heard([path], Programme((item,)), 0, RATE)
    half = heard([path], Programme((msgspec.structs.replace(item, gain=-6.0206),)), 0, RATE)
    np.testing.assert_allclose(half, plain / 2, atol=1e-6)


def test_two_tracks_fade_into_each_other_with_equal_power(tmp_path: Path) -> None:
    (path, one), (other, two) = (made(tmp_path, "flac", 3, seed) for seed in (1, 2))
    one = msgspec.structs.replace(one, fade_out_ms=1000)
    two = msgspec.structs.replace(two, fade_in_ms=1000)
    programme = Programme((one, two))
    assert list(programmes.placed(programme, RATE)) == [(0, 3 * RATE), (2 * RATE, 5 * RATE)]
    paths = [path, other]
    got = heard(paths, programme, 0, 5 * RATE)
    first, second = sounds.decode_once(path), sounds.decode_once(other)
    np.testing.assert_array_equal(got[:, : 2 * RATE], first[:, : 2 * RATE])
    np.testing.assert_array_equal(got[:, 3 * RATE :], second[:, RATE:])
    turn = (np.arange(RATE) + 0.5) / RATE * np.pi / 2
    both = first[:, 2 * RATE :] * np.cos(turn) + second[:, :RATE] * np.sin(turn)
    np.testing.assert_allclose(got[:, 2 * RATE : 3 * RATE], both, atol=1e-6)


@pytest.mark.parametrize("rates", [(RATE, RATE), (RATE, 48_000)])
def test_any_range_is_that_of_the_whole(tmp_path: Path, rates: tuple[int, int]) -> None:
    kept = [made(tmp_path, "flac", 2, seed, rate) for seed, rate in enumerate(rates)]
    kept.append(made(tmp_path, "mp3-vbr", 2, 9))
    items = tuple(
        msgspec.structs.replace(item, gain=-1.5 * place, fade_in_ms=700, fade_out_ms=700)
        for place, (_, item) in enumerate(kept)
    )
    programme, paths = Programme(items), [path for path, _ in kept]
    rate = programmes.line_rate(programme)
    length = programmes.samples(programme, rate)
    whole = heard(paths, programme, -1_000, length + 1_000)
    assert not whole[:, :1_000].any()
    assert not whole[:, length + 1_000 :].any()
    cuts = [-1_000, 3, 57_001, 66_000, 66_001, 90_000, 130_000, length + 1_000]
    parts = [heard(paths, programme, *cut) for cut in itertools.pairwise(cuts)]
    # A resampler's filter may round its last bit otherwise where it begins elsewhere.
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-6)
    if len(set(rates)) == 1:
        np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_loud_sounds_that_meet_do_not_leave_the_numbers(tmp_path: Path) -> None:
    path, item = made(tmp_path, "flac", 1, 1)
    got = heard([path], Programme((msgspec.structs.replace(item, gain=120.0),)), 0, RATE)
    assert np.isfinite(got).all()
    assert np.abs(got).max() <= 8


@pytest.mark.parametrize("kind", ["flac", "mp3-cbr", "mp3-vbr", "alac", "wavpack"])
def test_an_album_cut_anywhere_is_as_long_as_it_was(tmp_path: Path, kind: str) -> None:
    """To the sample; and what is at the joins is as near to the whole as anywhere else."""
    sound = sounds.music(9 * RATE, RATE)
    edges = [0, 100_007, 100_019 + RATE, 9 * RATE]
    paths = []
    for place, (begin, end) in enumerate(itertools.pairwise(edges)):
        path = tmp_path / f"{place}.{sounds.KINDS[kind].ending}"
        paths.append(sounds.write(path, sounds.KINDS[kind], sound[:, begin:end], RATE))
    items = tuple(Item(path.name, sounds.facts_of(path)) for path in paths)
    programme = Programme(items)
    assert [begin for begin, _ in programmes.placed(programme, RATE)] == edges[:-1]
    assert programmes.samples(programme, RATE) == edges[-1]
    error = heard(paths, programme, 0, 9 * RATE) - sound
    if items[0].facts.lossless:
        assert np.abs(error).max() < 2 / 32_768
        return
    inside = np.sqrt(np.mean(error[:, RATE : 2 * RATE] ** 2))
    for join in edges[1:-1]:
        at_join = np.sqrt(np.mean(error[:, join - 1_024 : join + 1_024] ** 2))
        assert at_join < 2 * inside
