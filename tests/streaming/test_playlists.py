"""A programme's playlists say exactly what its segments hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homestream.formats import m3u8
from homestream.media import ladder, timeline
from homestream.streaming import playlists
from tests.media.test_timeline import lengths, of, rates


def signed(name: str) -> str:
    return f"/hls/p1/{name}?s=abc"


def test_the_multivariant_playlist_lists_the_ladder_from_low_to_high():
    programme, _ = of((44_100 * 100, 44_100))
    rungs = ladder.renditions([item.facts for item in programme.items])
    text = playlists.multivariant(programme, rungs[::-1], signed)
    variants = m3u8.read_multivariant(text).variants
    assert [one.uri for one in variants] == [
        f"/hls/p1/aac-{kbit}/index.m3u8?s=abc" for kbit in (64, 128, 256)
    ]
    assert all(one.bandwidth > one.average_bandwidth for one in variants)
    assert sorted(variants, key=lambda one: one.bandwidth) == list(variants)
    assert {one.codecs for one in variants} == {"mp4a.40.2"}


@given(samples=lengths, rate=rates)
def test_durations_are_exact_one_by_one_and_together(samples: int, rate: int):
    programme, rendition = of((samples, rate))
    playlist = m3u8.read_media(playlists.media(programme, rendition, signed))
    cuts = list(timeline.segments(programme, rendition))
    assert playlist.map_uri == "/hls/p1/init.mp4?s=abc"
    assert [part.uri for part in playlist.parts] == [
        f"/hls/p1/{cut.number}.m4s?s=abc" for cut in cuts
    ]
    for part, cut in zip(playlist.parts, cuts, strict=True):
        assert abs(part.duration_us - (cut.end - cut.start) * 1e6 / rate) <= 1
    assert abs(sum(part.duration_us for part in playlist.parts) - samples * 1e6 / rate) <= 0.5
    assert playlist.target_duration <= 8


@given(samples=st.integers(44_100 * 12, 10**8))
def test_all_renditions_are_cut_at_the_same_places(samples: int):
    programme, _ = of((samples, 44_100))
    rungs = ladder.renditions([item.facts for item in programme.items])
    assert len({playlists.media(programme, rung, signed) for rung in rungs}) == 1
