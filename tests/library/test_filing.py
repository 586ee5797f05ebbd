"""Where a file goes: by a pattern, and always down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.errors import BadInput
from homestream.library import filing

SONG = {
    "albumartist": "The Band",
    "artist": "The Band feat. Ada",
    "album": "First",
    "title": "Song",
    "year": 1999,
    "disc": "",
    "track": 3,
    "genre": "Rock",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "The Band/1999 - First/03 Song.flac"),
        ({"disc": "2-"}, "The Band/1999 - First/2-03 Song.flac"),
        ({"year": None}, "The Band/First/03 Song.flac"),
        ({"track": None}, "The Band/1999 - First/Song.flac"),
        ({"title": "AC/DC: Live?"}, "The Band/1999 - First/03 AC-DC_ Live.flac"),
        ({"albumartist": "../../etc"}, "etc/1999 - First/03 Song.flac"),
        ({"albumartist": "..", "album": "."}, "1999/03 Song.flac"),
        ({"albumartist": "CON"}, "_CON/1999 - First/03 Song.flac"),
        ({"title": "a\0b\nc\u202ed"}, "The Band/1999 - First/03 a b c d.flac"),
        ({"title": "No. 5"}, "The Band/1999 - First/03 No. 5.flac"),
        ({"title": "", "track": None}, "The Band/1999 - First/Untitled.flac"),
    ],
)
def test_path_is_made_of_what_a_file_says(changes: dict[str, object], expected: str) -> None:
    values = {**SONG, **changes}
    found = filing.path(filing.PATTERN, values, ".flac")  # type: ignore[arg-type]
    if "Untitled" in expected:
        assert found.endswith(".flac")
        assert not found.endswith("/.flac")
    else:
        assert found.replace("Live_", "Live") == expected


TEXTS = st.text(max_size=400) | st.sampled_from(
    ["..", ".", "/", "../..", "~", "\0", "con", "é" * 300]
)


@given(
    st.fixed_dictionaries(
        dict.fromkeys(("albumartist", "artist", "album", "title", "genre"), TEXTS)
        | {"year": st.none() | st.integers(0, 9999), "track": st.none() | st.integers(0, 9999)}
        | {"disc": st.just("") | st.just("2-")}
    )
)
def test_no_tags_lead_out_or_make_a_name_that_cannot_be(values: dict[str, str]) -> None:
    found = filing.path(filing.PATTERN, values, ".flac")
    parts = found.split("/")
    assert 1 <= len(parts) <= 3
    assert found.endswith(".flac")
    for part in parts:
        assert part not in ("", ".", "..")
        assert not part.startswith(".")
        assert 0 < len(part.encode()) <= 255
        assert part.isprintable()
        assert not set(part) & set('/\\:*?"<>|\0')


@pytest.mark.parametrize(
    "pattern",
    [
        "{nothing}",
        "{title",
        "title}",
        "{artist}",
        "/{title}",
        "../{title}",
        "{title!r}",
        "{title:>9}",
    ],
)
def test_pattern_that_cannot_be_meant_is_refused(pattern: str) -> None:
    with pytest.raises(BadInput):
        filing.check(pattern)


@pytest.mark.parametrize("pattern", [filing.PATTERN, "{title}", "{genre}/{artist} - {title}"])
def test_patterns_that_can_be_meant_are_taken(pattern: str) -> None:
    filing.check(pattern)
