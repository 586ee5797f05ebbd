"""How SQLite goes about each list: along an index, never through a whole table.

A list that sorts, or looks at, all that there is costs more with every track; one that is read
along an index costs the same in a library of any size.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from itertools import product
from typing import Any, Final, get_args

import pytest

from homestream.db.connect import Database
from homestream.ids import AlbumId, ArtistId, GenreId, LibraryId, ProfileId
from homestream.library import catalogue
from homestream.library.catalogue import AlbumSort, TrackSort
from homestream.visibility import EVERYTHING, Visibility
from tests.library.stock import found, put

LISTENER = ProfileId(1)
SEEING = {
    "everything": EVERYTHING,
    "child": Visibility(explicit=False, libraries=None),
    "one library": Visibility(explicit=True, libraries=frozenset({LibraryId(1)})),
}
FILTERS: Final[dict[str, dict[str, Any]]] = {
    "all": {},
    "genre": {"genre": GenreId(1)},
    "artist": {"artist": ArtistId(1)},
    "starred": {"starred": True},
    "genre of artist": {"genre": GenreId(1), "artist": ArtistId(1)},
    "starred of genre": {"genre": GenreId(1), "starred": True},
}
# one listener's plays, or what one artist or one person's stars leave, is sorted
BOUNDED = ("artist", "starred", "genre of artist", "starred of genre")
LIBRARY = "album|track|artist|file|art|genre|album_artist|album_genre|track_artist|track_genre"
SCAN = re.compile(rf"SCAN ({LIBRARY}|other|better)\b(?: USING (?:COVERING )?INDEX (\w+))?")
# of all that there is, a page may be read along these
ALONG = {
    "album_sort",
    "album_artist_sort",
    "album_added",
    "album_year",
    "artist_sort",
    "track_sort",
    "track_added",
    "sqlite_autoindex_genre_1",
}


class Explaining:
    """A database that has each statement explained before it runs."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.plans: list[list[tuple[bool, str]]] = []  # at the top or deeper, and what is done

    async def rows(self, sql: str, params: Any) -> Any:
        plan = await self._db.rows("EXPLAIN QUERY PLAN " + sql, params)
        self.plans.append([(row["parent"] == 0, row["detail"]) for row in plan])
        return await self._db.rows(sql, params)

    async def many(self, *asked: tuple[str, Any]) -> Any:
        return [await self.rows(sql, params) for sql, params in asked]

    async def read(self, work: Callable[[Any], Any]) -> Any:
        return await self._db.read(lambda connection: work(_Explained(connection, self.plans)))

    async def row(self, sql: str, params: Any = None) -> Any:
        rows = await self.rows(sql, params or {})
        return rows[0] if rows else None


class _Explained:
    """A connection that notes how it goes about each statement."""

    def __init__(self, connection: sqlite3.Connection, plans: list[list[tuple[bool, str]]]) -> None:
        self._connection = connection
        self._plans = plans

    def execute(self, sql: str, params: Any = ()) -> sqlite3.Cursor:
        plan = self._connection.execute("EXPLAIN QUERY PLAN " + sql, params).fetchall()
        self._plans.append([(row["parent"] == 0, row["detail"]) for row in plan])
        return self._connection.execute(sql, params)


@pytest.fixture
async def explaining(db: Database) -> Explaining:
    await put(
        db,
        [
            found(
                f"{number}.flac",
                title=f"Song {number}",
                artist="Anna",
                album=f"Album {number // 2}",
                album_artist="Anna",
                genres=("Pop",),
            )
            for number in range(8)
        ],
    )
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO account (id, name, role, password_hash, created_at) "
            "VALUES (1, 'Ada', 'owner', '', 1)"
        )
        await tx.execute(
            "INSERT INTO profile (id, account_id, name, colour, picture, created_at) "
            "VALUES (1, 1, 'Ada', 'sea', 'note', 1)"
        )
        for kind in ("track", "album", "artist"):
            for item in (1, 2, 3):
                await tx.execute(
                    "INSERT INTO star (profile_id, kind, item_id, starred_at) "
                    "VALUES (1, :kind, :item, 1)",
                    {"kind": kind, "item": item},
                )
    return Explaining(db)


def whole_tables(plans: list[list[tuple[bool, str]]], *, filtered: bool = False) -> list[str]:
    """What goes through a table of the library from its beginning to its end."""
    wrong = []
    for top, step in (each for plan in plans for each in plan):
        scan = SCAN.match(step)
        if scan and not (top and scan[2] in ALONG and not filtered):
            wrong.append(step)
    return wrong


def sorted_wholes(plans: list[list[tuple[bool, str]]]) -> list[str]:
    return [step for plan in plans for top, step in plan if top and "TEMP B-TREE" in step]


@pytest.mark.parametrize(
    ("sort", "chosen", "seeing"), list(product(get_args(AlbumSort), FILTERS, SEEING))
)
async def test_every_list_of_albums_is_read_along_an_index(
    explaining: Explaining, sort: AlbumSort, chosen: str, seeing: str
) -> None:
    async def ask(cursor: str | None) -> catalogue.Page[catalogue.Album]:
        return await catalogue.albums(
            explaining,  # type: ignore[arg-type]
            SEEING[seeing],
            LISTENER,
            sort=sort,
            limit=1,
            cursor=cursor,
            **FILTERS[chosen],
        )

    page = await ask(None)
    if sort != "played":
        assert page.next is not None
        await ask(page.next)
    assert whole_tables(explaining.plans, filtered=chosen != "all") == []
    mixed = sort == "random" and chosen == "genre"  # sorts the albums of that genre
    if chosen not in BOUNDED and sort != "played" and not mixed:
        assert sorted_wholes(explaining.plans) == []


@pytest.mark.parametrize(
    ("sort", "chosen", "seeing"), list(product(get_args(TrackSort), FILTERS, SEEING))
)
async def test_every_list_of_tracks_is_read_along_an_index(
    explaining: Explaining, sort: TrackSort, chosen: str, seeing: str
) -> None:
    async def ask(cursor: str | None) -> catalogue.Page[catalogue.Track]:
        return await catalogue.tracks(
            explaining,  # type: ignore[arg-type]
            SEEING[seeing],
            LISTENER,
            sort=sort,
            limit=1,
            cursor=cursor,
            **FILTERS[chosen],
        )

    page = await ask(None)
    assert page.next is not None
    await ask(page.next)
    assert whole_tables(explaining.plans, filtered=chosen != "all") == []
    if chosen not in BOUNDED:
        assert sorted_wholes(explaining.plans) == []


@pytest.mark.parametrize("seeing", SEEING)
async def test_artists_genres_and_single_things_are_found_by_index(
    explaining: Explaining, seeing: str
) -> None:
    db: Any = explaining
    visibility = SEEING[seeing]
    await catalogue.artists(db, visibility, LISTENER)
    await catalogue.genres(db, visibility)
    assert sorted_wholes(explaining.plans) == []
    await catalogue.artists(db, visibility, LISTENER, starred=True)
    await catalogue.album(db, visibility, LISTENER, AlbumId(1))
    await catalogue.artist(db, visibility, LISTENER, ArtistId(1))
    await catalogue.genre(db, visibility, GenreId(1))
    await catalogue.tracks_by_id(db, visibility, LISTENER, [])
    assert whole_tables(explaining.plans) == []
