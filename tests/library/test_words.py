"""Names and what people type for them, as words that meet."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homestream.library import search, words


def meets(q: str, name: str) -> bool:
    """Whether every word of `q` is, in one of its ways, among the words of `name`; the last one as
    the beginning of one."""
    there = words.words(name)
    asked = words.asked(q).words

    def has(token: str, *, unfinished: bool) -> bool:
        return any(each.startswith(token) if unfinished else each == token for each in there)

    return bool(asked) and all(
        any(all(has(t, unfinished=last and t is way[-1]) for t in way) for way in ways)
        for ways, last in zip(asked, [False] * (len(asked) - 1) + [True], strict=True)
    )


@pytest.mark.parametrize(
    ("q", "name"),
    [
        ("beyonce", "Beyoncé"),
        ("BEYONCÉ", "Beyonce"),
        ("motorhead", "Motörhead"),
        ("motoerhead", "Motörhead"),
        ("mueller", "Müller"),
        ("Müller", "Mueller"),
        ("strasse", "Straße"),
        ("straße", "Strasse"),
        ("istanbul isik", "İstanbul Işık"),
        ("İSTANBUL", "istanbul"),
        ("acdc", "AC/DC"),
        ("ac dc", "AC/DC"),
        ("ac/dc", "ACDC"),
        ("pink", "P!nk"),
        ("p!nk", "Pink"),
        ("kesha", "Ke$ha"),
        ("asap rocky", "A$AP Rocky"),
        ("rem", "R.E.M."),
        ("r.e.m.", "REM"),
        ("dont stop", "Don’t Stop"),
        ("don't", "Dont"),
        ("simon and garfunkel", "Simon & Garfunkel"),
        ("simon & garfunkel", "Simon and Garfunkel"),
        ("blink 182", "blink-182"),
        ("blink182", "blink-182"),
        ("182", "Blink182"),
        ("aether", "Æther"),
        ("bjork", "Björk"),
        ("kino", "Кино"),
        ("кино", "Kino"),
        ("gruppa krovi", "Группа крови"),
        ("chaikovskii", "Чайковский"),
        ("chaykovskiy", "Чайковский"),
        ("zemfira", "ЗЕМФИРА"),
        ("theodorakis", "Θεοδωράκης"),
        ("θεοδωρακησ", "Θεοδωράκης"),
        ("ΘΕΟΔΩΡΆΚΗΣ", "Theodorakis"),
        ("ひかる", "ヒカル"),
        ("ヒカル", "ひかる"),
        ("ﾋｶﾙ", "ヒカル"),
        ("hikaru", "宇多田ヒカル"),
        ("宇多田", "宇多田ヒカル"),
        ("多田ひ", "宇多田ヒカル"),
        ("tokyo", "トウキョウ"),
        ("kyari", "きゃりー"),
        ("ＡＢＣ", "abc"),
        ("東京", "東京事変"),
        ("事", "東京事変"),
        ("방탄", "방탄소년단"),
        ("방타", "방탄소년단"),
        ("소년단", "방탄소년단"),
        ("bangtan", "방탄소년단"),
        ("ไทย", "เพลงไทย"),
        ("हिन्दी", "हिन्दी गीत"),
        ("الله", "اللّٰه"),
        ("2", "２ Unlimited"),
        ("beat", "Beatles"),
    ],
)
def test_what_people_type_meets_the_name(q: str, name: str) -> None:
    assert meets(q, name)


@pytest.mark.parametrize(
    ("q", "name"),
    [("beatles", "Beat"), ("ab", "a b"), ("かき", "かくき"), ("мир", "Миф"), ("red", "Blue")],
)
def test_other_names_are_not_met(q: str, name: str) -> None:
    assert not meets(q, name)


def test_whole_names_are_known_without_spaces_and_articles() -> None:
    assert words.keys("The Razors Edge") == ["therazorsedge", "razorsedge"]
    assert words.keys("AC/DC") == words.keys("ac dc") == ["acdc"]
    assert "pink" in words.keys("P!nk")
    assert words.keys("!!!") == ["!!!"]
    assert words.keys("  ") == []


def test_a_name_of_many_words_stays_bounded() -> None:
    assert len(words.words("word " * 5000 + " ".join(f"w{n}" for n in range(5000)))) <= 160
    assert all(len(each) <= 60 for each in words.words("x" * 1000))
    assert len(words.asked("w " * 100).words) == words.MOST_WORDS


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_name_is_found_by_itself(name: str) -> None:
    asked = words.asked(name)
    assert asked.keys == tuple(words.keys(name.replace("\0", " ")))
    there = set(words.words(name.replace("\0", " ")))
    if len(asked.words) < words.MOST_WORDS and len(there) < 100:
        assert all(any(there.issuperset(way) for way in ways) for ways in asked.words)


@given(st.text(max_size=40) | st.text(alphabet='ab"*():^-+{}ORANDNEAR \0', max_size=40))
@settings(max_examples=300, deadline=None)
def test_nothing_typed_is_a_mistake_to_fts(q: str) -> None:
    match = search.match_of(q)
    if match is None:
        return
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5 (name, tokenize = 'ascii')")
        connection.execute("SELECT * FROM t WHERE t MATCH ?", (match,)).fetchall()
        connection.execute("SELECT * FROM t WHERE t MATCH ?", ("{name} : (" + match + ")",))
    connection.close()


@pytest.mark.parametrize(
    ("typed", "meant", "slips"),
    [
        ("teh", "the", True),
        ("hte", "the", True),
        ("tje", "the", True),
        ("thw", "the", True),
        ("yhe", "the", False),
        ("twj", "the", False),
        ("the", "the", False),
        ("teh", "them", False),
    ],
)
def test_slips_in_short_words(typed: str, meant: str, slips: bool) -> None:
    assert words.slip(typed, meant) == slips


def test_short_words_are_mistyped_from_three_letters_on() -> None:
    assert words.may_be_mistyped("the")
    assert not words.may_be_mistyped("th")
    assert words.slip("teh", "them", begins=True)
    assert not words.slip("tje", "them", begins=True)


@pytest.mark.parametrize(
    ("typed", "meant", "off"),
    [
        ("beatels", "beatles", 1),
        ("beetles", "beatles", 1),
        ("beatle", "beatles", 1),
        ("eatles", "beatles", 1),
        ("metalica", "metallica", 1),
        ("tschaikovski", "tchaikovsky", 2),
        ("abcd", "abcd", 0),
    ],
)
def test_mistakes_are_counted(typed: str, meant: str, off: int) -> None:
    assert words.distance(typed, meant, 2) == off
    assert words.distance(typed, meant + "andmore", 2, begins=True) <= off + 1


@given(
    st.text(alphabet="abc", min_size=1, max_size=8),
    st.text(alphabet="abc", max_size=9),
    st.integers(1, 2),
)
@settings(max_examples=500, deadline=None)
def test_distance_is_that_of_the_whole_table(a: str, b: str, most: int) -> None:
    table = [[i + j if not i * j else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1,
                table[i][j - 1] + 1,
                table[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
            )
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    assert words.distance(a, b, most) == min(table[-1][-1], most + 1)
    assert words.distance(a, b, most, begins=True) == min(*table[-1], most + 1)
