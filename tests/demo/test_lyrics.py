from __future__ import annotations

import pytest

from homestream.demo import catalogue, lyrics


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Put the kettle on, my dear,", 7),
        ("Last cup, the leaves have told", 6),
        ("a little kettle wanted horses", 9),
        ("tout l'hiver et tout l'été.", 7),
        ("we're fine, and the windows are bright.", 8),
    ],
)
def test_syllables_are_counted_as_they_are_sung(line: str, count: int) -> None:
    assert len(lyrics.vowels(line)) == count


def test_every_line_of_the_catalogue_fits_its_phrase() -> None:
    for album in catalogue.ALBUMS:
        for track in album.tracks:
            slots = 12 if track.beats == 4 else 20
            for line in track.lines:
                assert 2 <= len(lyrics.vowels(line)) <= slots, line
                assert set(lyrics.vowels(line)) <= set("aeiou")


def test_lrc_stamps_have_hundredths_and_carry_over_the_minute() -> None:
    text = lyrics.lrc([(0.0, "one"), (59.999, "two")], title="T", artist="A", album="B")
    assert text == "[ti:T]\n[ar:A]\n[al:B]\n[00:00.00]one\n[01:00.00]two\n"
