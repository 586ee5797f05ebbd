"""Finding things by words, as people type them."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homestream.db.connect import Database
from homestream.errors import BadInput
from homestream.library import catalogue, search
from homestream.library.files import Found
from homestream.visibility import EVERYTHING, Visibility
from tests.library.stock import called, found, put


@pytest.fixture
async def stocked(db: Database) -> Database:
    """Names with accents, signs and articles; one explicit track."""

    def track(title: str, artist: str, album: str, **tags: bool) -> Found:
        return found(
            f"{artist}/{album}/{title}.flac".replace("AC/DC", "ACDC"),
            title=title,
            artist=artist,
            album=album,
            album_artist=artist,
            **tags,
        )

    await put(
        db,
        [
            track("Jóga", "Björk", "Homogenic"),
            track("Hunter", "Björk", "Homogenic"),
            track("Thunderstruck", "AC/DC", "The Razors Edge"),
            track("Come Together", "The Beatles", "Abbey Road"),
            track("Beat It", "Michael Jackson", "Thriller"),
            track("Beat", "Beat", "Beat"),
            track("Don’t Stop", "Fleetwood Mac", "Rumours"),
            track("Rude Words", "Mono", "Loud", explicit=True),
        ],
    )
    return db


async def find(db: Database, q: str, **more: object) -> list[tuple[str, str]]:
    """Kind and name of what is found."""
    page = await search.search(db, EVERYTHING, None, q, **more)  # type: ignore[arg-type]
    return [
        (type(hit).__name__.lower(), name)
        for hit, name in zip(page.items, called(page.items), strict=True)
    ]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("bjork", ("artist", "Björk")),
        ("BJÖRK", ("artist", "Björk")),
        ("bjo", ("artist", "Björk")),
        ("joga", ("track", "Jóga")),
        ("beatles", ("artist", "The Beatles")),
        ("the beatles", ("artist", "The Beatles")),
        ("abbey r", ("album", "Abbey Road")),
        ("ac/dc", ("artist", "AC/DC")),
        ("ac dc", ("artist", "AC/DC")),
        ("don't stop", ("track", "Don’t Stop")),
        ("thunder", ("track", "Thunderstruck")),
    ],
)
async def test_names_are_found_as_people_type_them(
    stocked: Database, q: str, first: tuple[str, str]
) -> None:
    assert (await find(stocked, q))[0] == first


async def test_words_may_stand_in_different_names(stocked: Database) -> None:
    assert await find(stocked, "together abbey beatles") == [("track", "Come Together")]
    assert await find(stocked, "homogenic bjork") == [
        ("album", "Homogenic"),
        ("track", "Jóga"),
        ("track", "Hunter"),
    ]


async def test_what_is_called_just_so_comes_first(stocked: Database) -> None:
    names = await find(stocked, "beat")
    assert names[:3] == [("artist", "Beat"), ("album", "Beat"), ("track", "Beat")]
    assert ("track", "Beat It") in names[3:]
    assert ("artist", "The Beatles") in names[3:]


async def test_all_words_must_be_there(stocked: Database) -> None:
    assert await find(stocked, "beatles thriller") == []


async def test_kind_can_be_chosen(stocked: Database) -> None:
    assert {kind for kind, _ in await find(stocked, "b", kind="album")} == {"album"}
    assert {kind for kind, _ in await find(stocked, "b")} == {"artist", "album", "track"}


async def test_child_does_not_find_what_is_explicit(stocked: Database) -> None:
    for q in ("rude", "mono", "loud"):
        assert await find(stocked, q) != []
        page = await search.search(stocked, Visibility(explicit=False), None, q)
        assert page.items == []


async def test_pages_follow_each_other(stocked: Database) -> None:
    whole = await search.search(stocked, EVERYTHING, None, "b")
    items: list[object] = []
    cursor: str | None = None
    while True:
        page = await search.search(stocked, EVERYTHING, None, "b", limit=2, cursor=cursor)
        items += page.items
        cursor = page.next
        if cursor is None:
            break
    assert items == whole.items
    with pytest.raises(BadInput):
        await search.search(stocked, EVERYTHING, None, "b", cursor="-1")


@pytest.mark.parametrize("q", ["", "   ", "!!!", '"', "*", "\0"])
async def test_no_words_find_nothing(stocked: Database, q: str) -> None:
    assert await find(stocked, q) == []


async def test_too_long_a_text_is_refused(stocked: Database) -> None:
    with pytest.raises(BadInput):
        await search.search(stocked, EVERYTHING, None, "a" * 201)


async def test_renamed_things_are_found_by_their_new_name_only(stocked: Database) -> None:
    await put(
        stocked,
        [
            found(
                "Björk/Homogenic/Jóga.flac",
                title="Yoga",
                artist="Björk",
                album="Homogenic",
                album_artist="Björk",
            )
        ],
    )
    assert await find(stocked, "joga") == []
    assert await find(stocked, "yoga") == [("track", "Yoga")]


@given(q=st.one_of(st.text(max_size=30), st.text(alphabet='ab"*():^-+ORANDNEAR {}', max_size=30)))
@settings(max_examples=150, deadline=None)
def test_nothing_typed_is_a_mistake(q: str) -> None:
    match = search.match_of(q)
    if match is None:
        return
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5 (x)")
    connection.execute("SELECT * FROM t WHERE t MATCH ?", (match,)).fetchall()
    connection.close()


async def test_limits_of_the_catalogue_hold(stocked: Database) -> None:
    with pytest.raises(BadInput):
        await search.search(stocked, EVERYTHING, None, "b", limit=catalogue.MOST + 1)
