"""Drawings for what has no cover."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from homestream.library.drawn import draw, initials


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_any_name_gives_one_whole_picture(name: str) -> None:
    drawn = draw(name)
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert draw(name) == drawn


def test_names_look_different() -> None:
    assert len({draw(f"Album {number}") for number in range(50)}) == 50


def test_initials_come_from_the_words_that_matter() -> None:
    assert initials("The Blue Moon Trio") == "BM"
    assert initials("abba") == "A"
    assert initials("The The") == "TT"
    assert initials("…") == "♪"


def test_things_of_one_name_look_different() -> None:
    drawn = {draw("Greatest Hits", of=f"al-{number}") for number in range(20)}
    assert len(drawn) > 15
    assert draw("Greatest Hits", of="al-1") == draw("Greatest Hits", of="al-1")


def test_every_place_of_the_initials_gives_a_whole_picture() -> None:
    for number in range(60):
        for at in ("corner", "middle", "none"):
            drawn = draw("Anna <Berg>", at=at, of=str(number))
            assert ("AB" in "".join(ElementTree.fromstring(drawn).itertext())) == (at != "none")
