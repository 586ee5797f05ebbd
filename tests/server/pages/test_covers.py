from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from homestream.server.pages import covers
from tests.server.house import House


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_any_name_gives_one_whole_picture(name: str) -> None:
    drawn = covers.draw(name)
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert covers.draw(name) == drawn


def test_names_look_different() -> None:
    assert len({covers.draw(f"Album {number}") for number in range(50)}) == 50


def test_initials_come_from_the_words_that_matter() -> None:
    assert covers.initials("The Blue Moon Trio") == "BM"
    assert covers.initials("abba") == "A"
    assert covers.initials("The The") == "TT"
    assert covers.initials("…") == "♪"


def test_things_of_one_name_look_different() -> None:
    drawn = {covers.draw("Greatest Hits", of=f"al-{number}") for number in range(20)}
    assert len(drawn) > 15
    assert covers.draw("Greatest Hits", of="al-1") == covers.draw("Greatest Hits", of="al-1")


def test_every_place_of_the_initials_gives_a_whole_picture() -> None:
    for number in range(60):
        for at in ("corner", "middle", "none"):
            drawn = covers.draw("Anna <Berg>", at=at, of=str(number))
            assert ("AB" in "".join(ElementTree.fromstring(drawn).itertext())) == (at != "none")


async def test_cover_of_a_name_that_is_html_is_a_picture(empty: House) -> None:
    answer = await empty.client().get("/covers/%3Cscript%3E%2F%26?initials=middle")
    assert (answer.status, answer.type) == (200, "image/svg+xml")
    ElementTree.fromstring(answer.body)
    assert b"<script" not in answer.body
