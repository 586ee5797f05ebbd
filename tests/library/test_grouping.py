"""Which tracks make an album, as the tables have it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.db.connect import Database
from homestream.library import grouping, identity
from tests.library.stock import finish, found, put


async def albums(db: Database) -> list[tuple[str, str, int, int]]:
    """Title, artist credit, tracks and discs of each album, by title and artist."""
    return [
        (row["title"], row["artist_credit"], row["track_count"], row["disc_count"])
        for row in await db.rows(
            "SELECT * FROM album WHERE track_count > 0 ORDER BY title, artist_credit, id"
        )
    ]


async def test_album_artist_and_title_make_an_album_across_folders(db: Database) -> None:
    await put(
        db,
        [
            found("flac/a.flac", title="A", album="One", album_artist="X", year=1990),
            found("mp3/a.mp3", title="A", album="one", album_artist="x", year=1990),
        ],
    )
    assert await albums(db) == [("One", "X", 2, 1)]


async def test_same_title_of_another_year_in_another_folder_is_another_album(
    db: Database,
) -> None:
    await put(
        db,
        [
            found("blue/a.flac", title="A", album="Weezer", album_artist="Weezer", year=1994),
            found("green/b.flac", title="B", album="Weezer", album_artist="Weezer", year=2001),
        ],
    )
    assert await albums(db) == [("Weezer", "Weezer", 1, 1), ("Weezer", "Weezer", 1, 1)]


async def test_track_dates_may_differ_inside_a_folder(db: Database) -> None:
    await put(
        db,
        [
            found(f"best/{year}.flac", title=str(year), album="Best", album_artist="X", year=year)
            for year in (1970, 1985, 1999)
        ],
    )
    assert await albums(db) == [("Best", "X", 3, 1)]


async def test_releases_with_ids_of_their_own_stay_apart(db: Database) -> None:
    tags = {"album": "One", "album_artist": "X", "year": 1990}
    await put(
        db,
        [
            found("a/1.flac", title="A", release_mbid="m1", **tags),
            found("a/2.flac", title="B", release_mbid="m2", **tags),
            found("b/1.flac", title="C", release_mbid="m1", **tags | {"album": "One (remaster)"}),
        ],
    )
    assert [count for _, _, count, _ in await albums(db)] == [2, 1]


async def test_editions_stay_apart(db: Database) -> None:
    tags = {"album": "One", "album_artist": "X", "year": 1990}
    await put(
        db,
        [
            found("a/1.flac", title="A", version="Deluxe", **tags),
            found("b/1.flac", title="A", version="2011 remaster", **tags),
        ],
    )
    assert len(await albums(db)) == 2


async def test_folder_of_mixed_artists_without_album_artist_is_by_various(db: Database) -> None:
    await put(
        db,
        [
            found(f"hits/{name}.flac", title=name, artist=name, album="Hits")
            for name in ("Anna", "Berta", "Carla")
        ],
    )
    assert await albums(db) == [("Hits", identity.VARIOUS, 3, 1)]
    row = await db.row("SELECT compilation FROM album")
    assert row is not None
    assert row["compilation"]


async def test_guests_do_not_make_an_album_various(db: Database) -> None:
    await put(
        db,
        [
            found("one/1.flac", title="A", artist="X", album="One"),
            found(
                "one/2.flac",
                title="B",
                artists=("X", "Y"),
                artist_credit="X feat. Y",
                album="One",
                compilation=True,
            ),
        ],
    )
    assert await albums(db) == [("One", "X", 2, 1)]


async def test_same_title_in_other_folders_without_album_artist_stays_apart(
    db: Database,
) -> None:
    await put(
        db,
        [
            found("x/1.flac", title="A", artist="X", album="Greatest Hits"),
            found("y/1.flac", title="A", artist="Y", album="Greatest Hits"),
        ],
    )
    assert await albums(db) == [("Greatest Hits", "X", 1, 1), ("Greatest Hits", "Y", 1, 1)]


@pytest.mark.parametrize(("first", "second"), [("CD1", "CD2"), ("Disc 1", "disc 2 - Live")])
async def test_disc_folders_are_one_album(db: Database, first: str, second: str) -> None:
    await put(
        db,
        [
            found(f"X/One/{first}/1.flac", title="A", album="One", artist="X"),
            found(f"X/One/{second}/1.flac", title="B", album="One", artist="X"),
        ],
    )
    assert await albums(db) == [("One", "X", 2, 2)]


async def test_disc_in_the_title_is_no_part_of_it(db: Database) -> None:
    await put(
        db,
        [
            found("a/1.flac", title="A", album="One (Disc 1)", album_artist="X"),
            found("b/1.flac", title="B", album="One [CD 2]", album_artist="X"),
        ],
    )
    assert await albums(db) == [("One", "X", 2, 2)]


async def test_untagged_files_are_albums_by_folder(db: Database) -> None:
    await put(db, [found("Summer/a.mp3"), found("Summer/b.mp3"), found("Winter/a.mp3")])
    assert [(title, count) for title, _, count, _ in await albums(db)] == [
        ("Summer", 2),
        ("Winter", 1),
    ]


async def test_album_keeps_its_row_when_its_title_is_corrected(db: Database) -> None:
    files = ("one/1.flac", "one/2.flac")
    await put(db, [found(path, title=path, album="Won", album_artist="X") for path in files])
    before = await db.row("SELECT id FROM album")
    written = await put(
        db, [found(path, title=path, album="One", album_artist="X") for path in files]
    )
    await finish(db, written)
    after = await db.row("SELECT id, title FROM album WHERE track_count > 0")
    assert before is not None
    assert after is not None
    assert (after["id"], after["title"]) == (before["id"], "One")
    assert len(await db.rows("SELECT id FROM album")) == 1


async def test_artists_of_one_name_are_told_apart_by_id(db: Database) -> None:
    await put(
        db,
        [
            found("a.flac", title="A", artist="Nirvana", artist_mbids=("us",)),
            found("b.flac", title="B", artist="Nirvana", artist_mbids=("uk",)),
            found("c.flac", title="C", artist="nirvana"),
        ],
    )
    rows = await db.rows("SELECT mbid, track_count FROM artist WHERE folded = 'nirvana'")
    assert {(row["mbid"], row["track_count"]) for row in rows} >= {("us", 2), ("uk", 1)}


async def test_counts_are_those_of_present_tracks(db: Database) -> None:
    await put(
        db,
        [
            found("one/1.flac", title="A", artist="X", album="One", album_artist="X"),
            found("mix/1.flac", title="B", artist="X", album="Mix", album_artist="Various Artists"),
        ],
    )
    row = await db.row("SELECT * FROM artist WHERE name = 'X'")
    assert row is not None
    assert (row["album_count"], row["track_count"]) == (1, 2)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"a.mp3", (b"", None)),
        (b"A/B/01.mp3", (b"A/B", None)),
        (b"A/B/CD2/01.mp3", (b"A/B", 2)),
        (b"A/B/Disc 03 (Live)/01.mp3", (b"A/B", 3)),
        (b"A/Discovery/01.mp3", (b"A/Discovery", None)),
        (b"A/CD 2001/01.mp3", (b"A/CD 2001", None)),
    ],
)
def test_release_folder_is_above_its_discs(path: bytes, expected: tuple[bytes, int | None]) -> None:
    assert grouping.release_folder(path) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("One (Disc 2)", ("One", 2)),
        ("One [CD1]", ("One", 1)),
        ("One, Disc 10", ("One", 10)),
        ("One - CD 2", ("One", 2)),
        ("Disc 2", ("Disc 2", None)),
        ("Compact Disc 9", ("Compact Disc 9", None)),
    ],
)
def test_disc_is_taken_out_of_a_title(title: str, expected: tuple[str, int | None]) -> None:
    assert grouping.disc_in_title(title) == expected


@given(st.text(min_size=1))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert identity.fold(identity.fold(text)) == identity.fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sigur Rós", "sigur ros"),
        ("Guns N’ Roses", "Guns N' Roses"),
        ("AC⁄DC", "ac⁄dc"),
        ("Straße", "STRASSE"),
        ("Mø", "MO"),
        ("Beyonce\u0301", "Beyoncé"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert identity.fold(one) == identity.fold(other)


def test_marks_that_make_other_letters_stay() -> None:
    assert identity.fold("が") != identity.fold("か")


@pytest.mark.parametrize(
    ("name", "tagged", "expected"),
    [
        ("The Beatles", None, "beatles"),
        ("Die Ärzte", None, "arzte"),
        ("L'Impératrice", None, "imperatrice"),
        ("The The", None, "the"),
        ("A", None, "a"),
        ("Anathema", None, "anathema"),
        ("...And Justice", None, "and justice"),
        ("!!!", None, "!!!"),
        ("Björk", "Guðmundsdóttir, Björk", "guðmundsdottir, bjork"),
    ],
)
def test_sort_keys_leave_articles_out(name: str, tagged: str | None, expected: str) -> None:
    assert identity.sort_key(name, tagged) == expected
