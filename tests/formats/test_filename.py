"""Names of untagged files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.formats.filename import Guess, names_from_path


@pytest.mark.parametrize(
    ("path", "guess"),
    [
        (
            "Artist/Album/03 - Title.mp3",
            Guess("Title", "Artist", "Album", "Artist", None, 3),
        ),
        (
            "Artist/Album (1999)/03. Title.mp3",
            Guess("Title", "Artist", "Album", "Artist", None, 3, 1999),
        ),
        (
            "Artist/1999 - Album/03 Title.mp3",
            Guess("Title", "Artist", "Album", "Artist", None, 3, 1999),
        ),
        (
            "Artist/[1999] Album/03_Title.mp3",
            Guess("Title", "Artist", "Album", "Artist", None, 3, 1999),
        ),
        (
            "Artist - Album (1999) [FLAC]/03 - Title.flac",
            Guess("Title", "Artist", "Album [FLAC]", "Artist", None, 3, 1999),
        ),
        (
            "Artist/Artist - 1999 - Album/03 - Title.mp3",
            Guess("Title", "Artist", "Album", "Artist", None, 3, 1999),
        ),
        (
            "Artist/Album/CD2/03 - Title.mp3",
            Guess("Title", "Artist", "Album", "Artist", 2, 3),
        ),
        (
            "Artist/Album/Disc 2 - Night/03 - Title.mp3",
            Guess("Title", "Artist", "Album", "Artist", 2, 3),
        ),
        ("Artist/Album/1-03 Title.mp3", Guess("Title", "Artist", "Album", "Artist", 1, 3)),
        ("Artist/Album/1.03 - Title.mp3", Guess("Title", "Artist", "Album", "Artist", 1, 3)),
        ("Artist/Album/103 Title.mp3", Guess("Title", "Artist", "Album", "Artist", 1, 3)),
        (
            "Various/Album/03 - Someone - Title.mp3",
            Guess("Title", "Someone", "Album", "Various", None, 3),
        ),
        ("Artist - Title.mp3", Guess("Title", "Artist")),
        ("Artist – Title – Live.mp3", Guess("Title - Live", "Artist")),
        ("03 - Artist - Title.mp3", Guess("Title", "Artist", position=3)),
        ("Artist - 03 - Title.mp3", Guess("Title", "Artist", position=3)),
        ("Artist - Album - 03 - Title.mp3", Guess("Title", "Artist", position=3)),
        ("Some_Artist_-_Some_Title.mp3", Guess("Some Title", "Some Artist")),
        ("some.dotted.title.mp3", Guess("some dotted title")),
        ("Track 07.mp3", Guess("Track 07")),
        ("07.mp3", Guess("07")),
        ("99 Red Balloons.mp3", Guess("Red Balloons", position=99)),
        ("1979.mp3", Guess("1979")),
        ("Artist/1979/02 - 1979.mp3", Guess("1979", "Artist", "1979", "Artist", None, 2)),
        ("Title.mp3", Guess("Title")),
        ("Mr. Title", Guess("Mr. Title")),
        (".mp3", Guess(".mp3")),
        ("", Guess("Untitled")),
        ("Music/Album/Title.mp3", Guess("Title", "", "Album", "")),
        ("a/b/Artist/Album/Title.mp3", Guess("Title", "Artist", "Album", "Artist")),
        (
            "Jean-Michel/Wind-up/04 Wind-up.mp3",
            Guess("Wind-up", "Jean-Michel", "Wind-up", "Jean-Michel", None, 4),
        ),
    ],
)
def test_names_as_people_give_them(path: str, guess: Guess) -> None:
    assert names_from_path(path) == guess


def test_bytes_that_are_no_utf8_still_give_a_title() -> None:
    assert names_from_path(b"M\xfcde.mp3").title == "M\ufffdde"


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_path_gives_a_title(path: str | bytes) -> None:
    found = names_from_path(path)
    assert found.title
    assert found.position is None or 0 < found.position < 1000
    assert found.year is None or 1900 <= found.year < 2100


_WORDS = st.text("abcdeföß", min_size=1, max_size=8)
_NAME = st.lists(_WORDS, min_size=1, max_size=3).map(" ".join)


@given(_NAME, _NAME, st.integers(1900, 2099), st.integers(1, 9), st.integers(1, 99), _NAME)
def test_the_usual_form_is_read_again(
    artist: str, album: str, year: int, disc: int, position: int, title: str
) -> None:
    path = f"{artist}/{album} ({year})/CD{disc}/{position:02} - {title}.flac"
    found = names_from_path(path)
    assert found == Guess(title, artist, album, artist, disc, position, year)
