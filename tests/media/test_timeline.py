"""Segments cover a programme exactly, whatever its length."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.errors import NotFound
from homestream.media import ladder, timeline
from homestream.media import programme as programmes
from homestream.media.facts import Facts
from homestream.media.ladder import Rendition
from homestream.media.programme import Item, Programme

rates = st.sampled_from(ladder.AAC_RATES)
lengths = st.one_of(st.integers(1, 5_000), st.integers(1, 80_000_000))


def facts(samples: int, sample_rate: int, channels: int = 2) -> Facts:
    return Facts(
        container="flac",
        codec="flac",
        sample_rate=sample_rate,
        channels=channels,
        layout="stereo",
        samples=samples,
        samples_exact=True,
    )


def of(*items: tuple[int, int]) -> tuple[Programme, Rendition]:
    programme = Programme(tuple(Item("k", facts(*item)) for item in items))
    return programme, ladder.renditions([item.facts for item in programme.items])[0]


@given(samples=lengths, rate=rates)
def test_packets_and_samples_join_without_gap_or_overlap(samples: int, rate: int):
    programme, rendition = of((samples, rate))
    segments = list(timeline.segments(programme, rendition))
    assert [segment.number for segment in segments] == list(range(len(segments)))
    assert segments[0].first_packet == segments[0].start == 0
    assert segments[-1].end_packet == -(-samples // 1024) + 1
    assert segments[-1].end == samples
    for one, next_one in pairwise(segments):
        assert one.end_packet == next_one.first_packet
        assert one.end == next_one.start
        assert one.end == one.end_packet * 1024 - 1024


@given(samples=lengths, rate=rates)
def test_segments_are_neither_long_nor_needlessly_short(samples: int, rate: int):
    programme, rendition = of((samples, rate))
    segments = list(timeline.segments(programme, rendition))
    packets = [segment.end_packet - segment.first_packet for segment in segments]
    assert all(count * 1024 / rate <= 7.5 for count in packets)
    assert all(count * 1024 / rate <= 6 for count in packets[:-1])
    if len(packets) > 1:
        assert packets[-1] * 1024 / rate > 1.2


@given(samples=lengths, rate=rates, data=st.data())
def test_one_segment_alone_is_that_of_the_whole_table(samples: int, rate: int, data: st.DataObject):
    programme, rendition = of((samples, rate))
    segments = list(timeline.segments(programme, rendition))
    assert timeline.count(programme, rendition) == len(segments)
    number = data.draw(st.integers(0, len(segments) - 1))
    assert timeline.segment(programme, rendition, number) == segments[number]


@given(samples=lengths, rate=rates, data=st.data())
def test_a_sample_is_found_in_the_segment_that_presents_it(
    samples: int, rate: int, data: st.DataObject
):
    programme, rendition = of((samples, rate))
    sample = data.draw(st.integers(0, samples - 1))
    segment = timeline.segment(programme, rendition, timeline.at(programme, rendition, sample))
    assert segment.start <= sample < segment.end


@given(samples=lengths, rate=st.sampled_from((*ladder.AAC_RATES, 96_000, 384_000)))
def test_all_renditions_are_cut_within_half_a_packet_of_the_same_moments(samples: int, rate: int):
    every = ladder.every([facts(samples, rate)])
    programme = Programme((Item("k", facts(samples, rate)),))
    aac, *others = every
    moments = [cut.start / aac.sample_rate for cut in timeline.segments(programme, aac)]
    for rendition in others:
        cuts = list(timeline.segments(programme, rendition))
        assert len(cuts) == len(moments)
        assert cuts[0].first_packet == cuts[0].start == 0
        assert cuts[-1].end == programmes.samples(programme, rendition.sample_rate)
        assert cuts[-1].end_packet == timeline.packets(programme, rendition)
        frame, priming = rendition.frame, rendition.priming
        for (one, next_one), moment in zip(pairwise(cuts), moments[1:], strict=True):
            assert one.first_packet < one.end_packet == next_one.first_packet
            assert one.end == next_one.start == one.end_packet * frame - priming
            away = abs(next_one.start / rendition.sample_rate - moment)
            assert away <= frame / 2 / rendition.sample_rate + 1e-9
        assert cuts[-1].first_packet < cuts[-1].end_packet
        for cut in cuts[:: max(len(cuts) // 3, 1)]:
            assert timeline.segment(programme, rendition, cut.number) == cut
            assert timeline.at(programme, rendition, cut.start) == cut.number
            assert timeline.at(programme, rendition, cut.end - 1) == cut.number


def test_sound_begins_after_two_seconds_of_encoding():
    programme, rendition = of((44_100 * 240, 44_100))
    cuts = [segment.first_packet for segment in timeline.segments(programme, rendition)]
    assert cuts[:4] == [0, 86, 258, 516]


@pytest.mark.parametrize("number", [-1, 5, 10**12])
def test_past_the_end_there_is_nothing(number: int):
    programme, rendition = of((44_100 * 20, 44_100))
    assert timeline.count(programme, rendition) == 5
    with pytest.raises(NotFound):
        timeline.segment(programme, rendition, number)


@pytest.mark.parametrize("sample", [-1, 1_000])
def test_outside_the_programme_there_is_no_segment(sample: int):
    with pytest.raises(NotFound):
        timeline.at(*of((1_000, 44_100)), sample)


@given(st.lists(st.tuples(st.integers(1, 10_000_000), st.sampled_from((44_100, 48_000, 96_000)))))
def test_items_lie_back_to_back(items: list[tuple[int, int]]):
    programme = Programme(tuple(Item("k", facts(*item)) for item in items))
    spans = list(programmes.placed(programme, 48_000))
    assert programmes.samples(programme, 48_000) == (spans[-1][1] if spans else 0)
    assert [begin for begin, _ in spans[1:]] == [end for _, end in spans[:-1]]
    for (begin, end), (samples, rate) in zip(spans, items, strict=True):
        assert (end - begin - 1) / 48_000 < samples / rate <= (end - begin) / 48_000


def test_only_items_in_a_range_are_touched_and_keep_their_index():
    items = tuple(
        Item(str(place), Facts(**{**_fields(facts(1_000, 48_000)), "index": b"index"}))
        for place in range(5)
    )
    programme = Programme(items)
    assert programmes.touching(programme, 48_000, -50, 1) == range(1)
    assert programmes.touching(programme, 48_000, 999, 2_001) == range(3)
    assert programmes.touching(programme, 48_000, 1_000, 2_000) == range(1, 2)
    assert programmes.touching(programme, 48_000, 5_000, 6_000) == range(0)
    light = programmes.excerpt(programme, [48_000], range(1, 3))
    assert list(programmes.placed(light, 48_000)) == [(1_000, 2_000), (2_000, 3_000)]
    assert programmes.samples(light, 48_000) == 5_000


def _fields(value: Facts) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__struct_fields__}
