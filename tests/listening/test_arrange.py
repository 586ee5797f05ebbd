"""How loud tracks are played, what of them is left out, and how they meet."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.ids import AlbumId, FileId
from homestream.listening import arrange
from homestream.listening.arrange import Album, Arranged, Disc, Level, Manner, Sound
from homestream.media import programme as programmes
from homestream.media.facts import Facts
from homestream.media.programme import Programme

RATE = 44_100
FACTS = Facts("flac", "flac", RATE, 2, "stereo", 60 * RATE, True)
ALBUMS = {
    AlbumId(1): Album(Level(-20.0, -3.0), {1: Disc(1, 3), 2: Disc(1, 2)}),
    AlbumId(2): Album(None, {1: Disc(1, 9)}),
}


def sound(album: int, position: int | None, disc: int = 1, **more: Any) -> Sound:
    number = FileId(1000 * album + 100 * disc + (position or 99))
    made = Sound(str(number), FACTS, 0, None, number, AlbumId(album), disc, position)
    return msgspec.structs.replace(made, **more)


def arranged(*sounds: Sound, **manner: Any) -> list[Arranged]:
    return arrange.arrange(sounds, ALBUMS, Manner(**manner))


def overlaps(made: list[Arranged]) -> list[int]:
    assert [one.item.fade_out_ms for one in made[:-1]] == [one.item.fade_in_ms for one in made[1:]]
    assert made[0].item.fade_in_ms == made[-1].item.fade_out_ms == 0
    return [one.item.fade_in_ms for one in made[1:]]


def test_tracks_that_an_album_puts_together_do_not_fade_into_each_other() -> None:
    made = arranged(sound(1, 1), sound(1, 2), sound(1, 3), sound(1, 1, 2), sound(2, 5), crossfade=4)
    assert overlaps(made) == [0, 0, 0, 4000]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (sound(1, 1), sound(1, 3)),
        (sound(1, 2), sound(1, 1)),
        (sound(1, 2), sound(1, 2)),
        (sound(1, 1), sound(2, 2)),
        (sound(1, 2), sound(1, 1, 2)),  # not the last of its disc
        (sound(1, 3), sound(1, 2, 2)),  # not the first of its disc
        (sound(1, None), sound(1, 2)),
    ],
)
def test_all_others_do(one: Sound, two: Sound) -> None:
    assert overlaps(arranged(one, two, crossfade=4)) == [4000]


def test_parts_of_one_file_that_touch_are_never_taken_apart() -> None:
    one = sound(2, None, end=30 * RATE)
    two = msgspec.structs.replace(one, begin=30 * RATE, end=None)
    assert overlaps(arranged(one, two, crossfade=4)) == [0]


def test_who_speaks_is_not_faded() -> None:
    made = arranged(sound(1, 1), sound(2, 1, spoken=True), sound(1, 3), crossfade=4)
    assert overlaps(made) == [0, 0]


def test_a_short_track_is_faded_through_half_of_it_at_most() -> None:
    short = msgspec.structs.replace(FACTS, samples=3 * RATE)
    made = arranged(sound(1, 1), sound(2, 1, facts=short), sound(1, 3), crossfade=12)
    assert overlaps(made) == [1500, 1500]


def test_no_gain_where_none_is_asked_for() -> None:
    (made,) = arranged(sound(1, 1, level=Level(-9.0, 0.0)))
    assert (made.gain, made.item.gain) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("level", "gain"),
    [
        (Level(-9.0, 0.3), -9.0),
        (Level(-23.5, -12.0), 5.5),
        (Level(-23.5, -4.0), 3.0),  # its peak comes to -1 dBTP
        (Level(-23.5, -0.2), 0.0),  # no room
        (Level(-23.5, None), 0.0),  # nobody knows how much room
        (Level(-18.0, -9.0), 0.0),
        (Level(-17.5, 0.4), -0.5),
    ],
)
def test_a_track_is_brought_to_the_target_as_far_as_its_peak_lets_it(
    level: Level, gain: float
) -> None:
    (made,) = arranged(sound(2, 1, level=level), levelling="track")
    assert made.gain == made.item.gain == gain


@given(st.floats(-69, 3), st.floats(-60, 6))
def test_nothing_is_ever_made_louder_than_its_peak_allows(loudness: float, peak: float) -> None:
    gain = arrange.gain(Level(loudness, peak))
    assert gain <= 0 or peak + gain <= arrange.CEILING + 0.01
    assert loudness + gain <= arrange.TARGET + 0.01


def test_an_album_keeps_what_is_soft_in_it_soft() -> None:
    level = Level(-30.0, -20.0)
    made = arranged(sound(1, 1, level=level), sound(2, 1, level=level), levelling="album")
    assert [one.gain for one in made] == [2.0, 12.0]  # of the second album nothing is known


def test_auto_is_by_album_among_its_own_and_by_track_elsewhere() -> None:
    level = Level(-15.0, -1.0)
    made = arranged(
        sound(1, 1, level=level),
        sound(2, 3, level=level),
        sound(1, 2, level=level),
        sound(1, 1, level=level),
        levelling="auto",
    )
    assert [one.gain for one in made] == [-3.0, -3.0, 2.0, 2.0]


def test_what_is_not_known_is_played_as_it_is_and_told_so() -> None:
    (made,) = arranged(sound(2, 1), levelling="track")
    assert made.gain is None
    assert made.item.gain == 0


def test_silence_is_left_out_but_not_within_an_album() -> None:
    quiet: dict[str, Any] = {"lead": RATE, "trail": 2 * RATE}
    made = arranged(sound(1, 1, **quiet), sound(1, 2, **quiet), sound(2, 1), trim_silence=True)
    ends = [(one.item.begin, one.item.end) for one in made]
    assert ends == [(RATE, None), (0, 58 * RATE), (0, None)]


def test_a_part_loses_only_the_silence_that_it_has() -> None:
    quiet: dict[str, Any] = {"lead": RATE, "trail": 2 * RATE}
    (first,) = arranged(sound(1, None, end=30 * RATE, **quiet), trim_silence=True)
    (last,) = arranged(sound(1, None, begin=30 * RATE, **quiet), trim_silence=True)
    assert (first.item.begin, first.item.end) == (RATE, 30 * RATE)
    assert (last.item.begin, last.item.end) == (30 * RATE, 58 * RATE)


def test_a_track_that_is_all_silence_stays_what_it_is() -> None:
    (made,) = arranged(sound(1, 1, lead=60 * RATE), trim_silence=True)
    assert (made.item.begin, made.item.end) == (0, None)


def test_what_is_on_the_line_already_keeps_its_start_and_gain() -> None:
    level = Level(-9.0, 0.0)
    before = sound(2, 1, level=level, lead=RATE)
    (_, one) = arranged(sound(1, 1), before, crossfade=3, levelling="track", trim_silence=True)
    again = arrange.arrange([before, sound(2, 2)], ALBUMS, Manner(), one)
    assert again[0].item == msgspec.structs.replace(one.item, fade_out_ms=0)
    assert again[0].gain == one.gain == -9.0
    assert again[0].item.begin == RATE
    assert again[0].item.fade_in_ms == 3000


lengths = st.integers(1, 20 * RATE)
tracks = st.lists(st.tuples(st.integers(1, 2), lengths, st.sampled_from((RATE, 48_000))))


@given(tracks, st.floats(0, 12), st.booleans(), st.sampled_from((RATE, 48_000)))
def test_at_most_two_are_heard_at_once_and_nothing_is_lost(
    found: list[tuple[int, int, int]], crossfade: float, trim: bool, rate: int
) -> None:
    made = arrange.arrange(
        [
            sound(
                album,
                1,
                lead=samples // 9,
                facts=msgspec.structs.replace(FACTS, samples=samples, sample_rate=own),
            )
            for album, samples, own in found
        ],
        ALBUMS,
        Manner(crossfade=crossfade, trim_silence=trim),
    )
    programme = Programme(tuple(one.item for one in made))
    spans = list(programmes.placed(programme, rate))
    for (start, end), one in zip(spans, made, strict=True):
        assert end - start == programmes.length(one.item, rate) > 0
    for before, (start, end), after in zip(spans, spans[1:], spans[2:]):  # noqa: B905
        assert before[1] >= start >= before[0]
        assert after[0] >= before[1] - 1
        assert start < end
