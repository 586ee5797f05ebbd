"""A segment's key is made of what its bytes depend on, and of nothing else."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import pytest

from homestream.media import encode, ladder, timeline
from homestream.media import programme as programmes
from homestream.media.facts import Facts
from homestream.media.programme import Item, Programme
from homestream.media.source import Source
from homestream.streaming import keys
from tests import sounds

RATE = 44_100


def facts(seconds: float = 32, rate: int = RATE) -> Facts:
    return Facts("flac", "flac", rate, 2, "stereo", round(seconds * rate), True)


def item(key: str, **more: object) -> Item:
    return msgspec.structs.replace(Item(key, facts()), **more)


A, B, C, D = (item(key) for key in "abcd")
RENDITION = ladder.renditions([A.facts])[1]


def of(*items: Item) -> list[str]:
    """The keys of all segments."""
    programme = Programme(items)
    numbers = range(timeline.count(programme, RENDITION))
    return [keys.segment(programme, RENDITION, number) for number in numbers]


def same(one: list[str], two: list[str]) -> int:
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, two)))  # noqa: B905


def last_second(seconds: float) -> int:
    """How many segments end, with what the encoder looks ahead, before that second of a line."""
    programme = Programme((item("long", facts=facts(10_000)),))
    return sum(
        1
        for cut in itertools.takewhile(
            lambda cut: encode.window(programme, RENDITION, cut.number)[1] <= seconds * RATE,
            timeline.segments(programme, RENDITION),
        )
    )


def test_a_key_changes_with_all_that_the_bytes_depend_on() -> None:
    programme = Programme((A,))
    low = ladder.renditions([A.facts])[0]
    made = [
        keys.segment(programme, RENDITION, 0),
        keys.segment(programme, RENDITION, 1),
        keys.segment(programme, low, 0),
        keys.segment(Programme((B,)), RENDITION, 0),
        keys.segment(Programme((item("a", gain=-3.0),)), RENDITION, 0),
        keys.segment(Programme((item("a", begin=1),)), RENDITION, 0),
        keys.segment(Programme((item("a", fade_in_ms=500),)), RENDITION, 0),
    ]
    assert len(set(made)) == len(made)
    assert all(len(key) == 64 for key in made)


def test_what_follows_a_track_changes_only_the_segments_that_hear_it() -> None:
    one, two = of(A, B, C), of(A, B, D)
    assert same(one, two) == last_second(64)
    assert not set(one[same(one, two) :]) & set(two)
    assert same(of(A, B), of(A, B, C)) == last_second(64)
    assert same(of(A), of(A, D)) == last_second(32)


def test_a_fade_at_the_end_changes_nothing_before_it() -> None:
    plain = of(A, B)
    faded = of(item("a", fade_out_ms=4_000), item("b", fade_in_ms=4_000))
    assert same(plain, faded) == last_second(28)


def test_packet_index_and_bit_rate_of_a_file_are_no_part_of_a_key() -> None:
    told = msgspec.structs.replace(facts(), index=b"index", bit_rate=900_000)
    assert of(item("a", facts=told)) == of(A)


def test_where_a_segment_is_shared_its_bytes_are(tmp_path: Path) -> None:
    """And what a worker is sent holds only the items that it reads."""
    paths = {}
    items = []
    for place, key in enumerate("abc"):
        sound = sounds.music(9 * RATE, RATE, seed=place)
        path = sounds.write(tmp_path / f"{key}.flac", sounds.KINDS["flac"], sound, RATE)
        paths[key] = path
        items.append(Item(key, sounds.facts_of(path), fade_in_ms=1_500, fade_out_ms=1_500))
    one, two = Programme((items[0], items[1])), Programme((items[0], items[1], items[2]))
    made: dict[str, bytes] = {}
    shared = 0
    for programme in (one, two):
        for number in range(timeline.count(programme, RENDITION)):
            reach = encode.reach(programme, RENDITION, number)
            sent = programmes.excerpt(programme, [RENDITION.sample_rate, RENDITION.pace], reach)
            assert len(sent.items) == len(reach) <= 2
            sources = [Source(path=bytes(paths[each.key])) for each in sent.items]
            data = encode.segment(sources, sent, RENDITION, number)
            assert data == encode.segment(sources, programme, RENDITION, number)
            key = keys.segment(programme, RENDITION, number)
            shared += key in made
            assert made.setdefault(key, data) == data
    assert shared == 3  # up to 12 seconds of 16.5


@pytest.mark.parametrize(
    ("one", "two", "least", "most"),
    [
        ((A, B, C), (A, B, D), 52, 64),
        ((A, B), (A, B, D), 52, 64),
        ((A, B, D), (A, B), 52, 64),
        ((A, B), (A, B), 64, 64),
        ((A, B), (C, B), 0, 0),
        ((A, item("b", fade_out_ms=4_000), C), (A, B, D), 48, 60),
    ],
)
def test_what_two_programmes_share_is_told_in_seconds(
    one: tuple[Item, ...], two: tuple[Item, ...], least: float, most: float
) -> None:
    until = keys.shared_until(Programme(one), Programme(two))
    assert least <= until <= most
    numbers = same(of(*one), of(*two))
    starts = [cut.end / RATE for cut in timeline.segments(Programme(two), RENDITION)]
    # Packets of other codecs are of other lengths, so that the least of them counts.
    assert until == pytest.approx(starts[numbers - 1] if numbers else 0, abs=0.1)


def test_programmes_of_other_renditions_share_nothing() -> None:
    other = item("b", facts=facts(rate=48_000))
    assert keys.shared_until(Programme((A,)), Programme((A, other))) == 0
    kept = Programme((A, other), decided_by=(A.facts,))
    assert keys.shared_until(Programme((A,)), kept) > 24
