"""What makes two sounds one recording, on prints and levels that are made up."""

from __future__ import annotations

import random

import msgspec
import pytest

from homestream.library import sameness
from homestream.library.sameness import Sound

FRAMES = 400


def sound(seed: int = 1, **more: object) -> Sound:
    chance = random.Random(seed)
    made = Sound(
        duration_ms=100_000,
        sound_ms=99_000,
        lead_ms=500,
        bits=chance.randbytes(4 * FRAMES),
        course=bytes(chance.randrange(170, 180) for _ in range(400)),
        title="Song",
    )
    return msgspec.structs.replace(made, **more)


def flipped(bits: bytes, part: float, *, first: int = 0, last: int = FRAMES) -> bytes:
    """`bits` with about `part` of those in some frames turned over."""
    chance = random.Random(7)
    made = bytearray(bits)
    for at in range(8 * 4 * first, min(8 * 4 * last, 8 * len(bits))):
        if chance.random() < part:
            made[at // 8] ^= 1 << at % 8
    return bytes(made)


@pytest.mark.parametrize("part", [0.0, 0.05, 0.13])
def test_sounds_that_differ_as_encodings_do_are_one(part: float) -> None:
    one = sound()
    found = sameness.difference(one, sound(bits=flipped(one.bits, part)))
    assert found == pytest.approx(part, abs=0.02)


@pytest.mark.parametrize("part", [0.25, 0.4, 0.5])
def test_sounds_that_differ_more_are_two(part: float) -> None:
    one = sound()
    assert sameness.difference(one, sound(bits=flipped(one.bits, part))) is None
    assert sameness.difference(one, sound(2, course=one.course)) is None


def test_sounds_that_differ_in_one_place_are_two() -> None:
    one = sound()
    other = sound(bits=flipped(one.bits, 0.45, first=100, last=150))
    assert sameness.difference(one, other) is None


def test_print_that_begins_later_is_aligned() -> None:
    one = sound()
    later = sound(bits=flipped(one.bits[12:], 0.05))
    assert sameness.difference(one, later) == pytest.approx(0.05, abs=0.02)


def test_levels_that_part_behind_the_print_make_two_sounds() -> None:
    one = sound()
    cut = one.course[:250] + one.course[260:] + one.course[-10:]
    assert sameness.difference(one, sound(course=cut)) is None


@pytest.mark.parametrize(("words", "same"), [(1, True), (2, False), (5, False)])
def test_muted_words_make_another_sound(words: int, same: bool) -> None:
    one = sound(course=bytes([180]) * 400)
    made = bytearray(one.course)
    for number in range(words):
        for at in range(1 if words == 1 else 3):
            made[40 + 60 * number + at] -= 10  # what is left of a step with part of a word in it
    assert (sameness.difference(one, sound(course=bytes(made))) is not None) == same


def test_word_that_is_muted_whole_makes_another_sound() -> None:
    one = sound(course=bytes([180]) * 400)
    made = bytearray(one.course)
    made[100:104] = bytes([120]) * 4
    assert sameness.difference(one, sound(course=bytes(made))) is None


def test_another_silence_around_the_sound_is_no_other_sound() -> None:
    one = sound()
    silence = bytes(8)  # two seconds
    later = sound(
        duration_ms=104_000,
        sound_ms=99_000,
        lead_ms=2_500,
        course=silence + one.course + silence,
    )
    assert sameness.difference(one, later) == 0


def test_one_that_is_louder_all_the_way_is_the_same() -> None:
    one = sound()
    louder = bytes(level + 15 for level in one.course)
    assert sameness.difference(one, sound(course=louder)) == 0


@pytest.mark.parametrize(
    ("more", "same"),
    [
        ({"duration_ms": 100_050}, True),
        ({"title": "Song (Remastered 2011)"}, True),
        ({"duration_ms": 99_000, "sound_ms": 98_000}, False),  # a radio edit
        ({"title": "Song (Live)"}, False),
        ({"title": "Song - instrumental"}, False),
        ({"title": ""}, True),
        ({"explicit": True}, False),
    ],
)
def test_length_and_names_have_a_say(more: dict[str, object], same: bool) -> None:
    assert (sameness.difference(sound(), sound(**more)) is not None) == same


def test_musicbrainz_has_the_last_word_on_names() -> None:
    one, live = sound(mbid="a"), sound(mbid="a", title="Song (live)")
    assert sameness.difference(one, live) == 0
    assert sameness.difference(one, sound(mbid="b")) is None


def test_same_packets_are_the_same_sound_without_a_print() -> None:
    one = sound(bits=b"", packets=b"p")
    assert sameness.difference(one, sound(2, bits=b"", packets=b"p", title="Other (live)")) == 0
    assert sameness.difference(one, sound(2, bits=b"", packets=b"q")) is None


def test_silence_has_no_level_to_agree_on() -> None:
    one = sound()
    assert sameness.difference(sound(course=b""), one) is None


def test_some_keys_of_one_encoding_are_frames_of_the_other() -> None:
    one = sound()
    again = flipped(one.bits, 0.05)
    shared = set(sameness.keys(one.bits)) & set(sameness.frames(again))
    assert len(sameness.keys(one.bits)) == sameness.KEYS
    assert len(shared) >= 2
    assert not set(sameness.keys(one.bits)) & set(sameness.frames(sound(2).bits))
