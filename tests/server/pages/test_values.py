from __future__ import annotations

import pytest

from homestream.ids import ArtId
from homestream.server.pages import values


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (59.6, "1:00"), (225, "3:45"), (3723, "1:02:03")]
)
def test_track_length_reads_as_a_clock(seconds: float, words: str) -> None:
    assert values.clock(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "1 min"), (3120, "52 min"), (3600, "1 hr"), (4320, "1 hr 12 min")]
)
def test_album_length_reads_as_words(seconds: float, words: str) -> None:
    assert values.length(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (10, "just now"),
        (300, "5 minutes ago"),
        (3700, "1 hour ago"),
        (7300, "2 hours ago"),
        (86400 * 3, "3 days ago"),
        (86400 * 30, "30 January 2026"),
    ],
)
def test_moment_reads_as_people_say_it(seconds: int, words: str) -> None:
    now = 1772323200  # 2026-03-01, midnight UTC
    assert values.ago((now - seconds) * 1000, now) == words


def test_cover_that_is_missing_is_drawn_from_the_name() -> None:
    assert values.art(None, 320, "A/B?") == "/covers/A%2FB%3F"
    assert values.art(None, 320, " ") == "/covers/-"
    assert values.art(ArtId(7), 320, "x") == "/api/v1/art/pi-7/320.webp"
