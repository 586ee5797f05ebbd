"""Where names stand in lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.library import identity


def in_order(names: list[str]) -> list[str]:
    return sorted(names, key=identity.sort_key)


def test_digits_are_sorted_as_numbers_before_letters() -> None:
    assert in_order(["Abba", "10cc", "2 Unlimited", "100 Gecs", "007", "!!!", "50 Cent"]) == [
        "!!!",
        "2 Unlimited",
        "007",
        "10cc",
        "50 Cent",
        "100 Gecs",
        "Abba",
    ]


def test_scripts_follow_each_other_and_kana_stand_by_their_sound() -> None:
    assert in_order(["漢字", "ガ", "か", "カ", "が", "가수", "Кино", "Ελλάδα", "Zaz", "Ärzte"]) == [
        "Ärzte",
        "Zaz",
        "Ελλάδα",
        "Кино",
        "ガ",
        "か",
        "カ",
        "が",
        "漢字",
        "가수",
    ]


def test_articles_of_several_languages_are_left_out() -> None:
    for name in ("The Who", "Los Who", "Il Who", "Het Who", "Die Who", "L'Who"):
        assert identity.sort_key(name) == "who"
    assert identity.sort_key("The The") == "the"
    assert identity.sort_key("De La Soul") == "de la soul"
    assert identity.sort_key("As I Lay Dying") == "as i lay dying"


def test_sort_name_of_the_tags_goes_before_rules() -> None:
    assert identity.sort_key("Кино", "Kino") == "kino"
    assert identity.section(identity.sort_key("Кино", "Kino")) == "K"
    assert identity.section(identity.sort_key("宇多田ヒカル", "Utada, Hikaru")) == "U"


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("Abba", "A"),
        ("Zaz", "Z"),
        ("Øya", "O"),
        ("3 Doors Down", "#"),
        ("...And You", "A"),
        ("♥", "#"),
        ("ヒカル", "は"),
        ("がくと", "か"),
        ("漢字", "漢"),
        ("나비", "나"),
        ("Їжак", "И"),
        ("Ωμέγα", "Ω"),
        ("שלום", "א"),
        ("فيروز", "ا"),
        ("ไทย", "ก"),
    ],
)
def test_lists_open_at_the_letter_of_a_name(name: str, letter: str) -> None:
    assert identity.section(identity.sort_key(name)) == letter


def test_sections_are_in_order() -> None:
    begins = [each.begin for each in identity.SECTIONS]
    assert begins == sorted(set(begins))


@given(st.text(min_size=1, max_size=40), st.text(max_size=10))
def test_every_name_has_a_place(name: str, tagged: str) -> None:
    key = identity.sort_key(name, tagged)
    assert key or not name.strip()
    assert identity.section(key)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hip-Hop", "hip hop"),
        ("HipHop", "Hip-Hop/Rap"),
        ("R&B", "RnB"),
        ("R'n'B", "Rhythm and Blues"),
        ("Drum & Bass", "Drum'n'Bass"),
        ("Électronique", "electronique"),
    ],
)
def test_one_genre_has_many_spellings(one: str, other: str) -> None:
    assert identity.genre_key(one) == identity.genre_key(other)


def test_other_genres_stay_apart() -> None:
    assert len({identity.genre_key(g) for g in ("Rock", "Pop", "R&B", "Rap", "Hip-Hop", "♥")}) == 6
