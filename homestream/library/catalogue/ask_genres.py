"""Genres: lists of them, and single ones."""

# ruff: noqa: S608 - statements are made of fragments that all stand in this package

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from homestream import ids
from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import (
    GenreId,
)
from homestream.library.catalogue import paging, terms
from homestream.library.catalogue.values import Genre, Page
from homestream.visibility import EVERYTHING, Visibility

# of a genre, for a picture
_ALBUMS_LOOKED_AT: Final = 12
_LOOKED_AT: Final = 200  # tracks
_GENRE_ORDER: Final = paging.Order(("genre.folded", "genre.id"))


async def genres(
    db: Database, visibility: Visibility, *, limit: int = 50, cursor: str | None = None
) -> Page[Genre]:
    """Genres of which a track can be seen, by name."""
    after, seed = paging.place(cursor, "name", _GENRE_ORDER)
    sql = terms.joined(
        _genre_columns(visibility),
        _GENRE_ORDER.keys,
        "FROM genre WHERE genre.track_count > 0",
        terms.also(visibility != EVERYTHING, _GENRE_SEEN),
        "AND",
        _GENRE_ORDER.after(after),
        _GENRE_ORDER.clause,
        "LIMIT :limit",
    )
    rows = await db.rows(sql, {**terms.params(visibility, None, limit), **paging.key_params(after)})
    return paging.page_of(
        [_genre(row) for row in rows[:limit]], rows, limit, "name", _GENRE_ORDER, seed
    )


async def genre(db: Database, visibility: Visibility, genre_id: GenreId) -> Genre:
    """One genre; NotFound where no track of it can be seen."""
    row = await db.row(
        terms.joined(
            _genre_columns(visibility),
            "FROM genre WHERE genre.id = :genre AND genre.track_count > 0",
            terms.also(visibility != EVERYTHING, _GENRE_SEEN),
        ),
        {**terms.params(visibility, None, 0), "genre": genre_id},
    )
    if row is None:
        raise NotFound(f"genre {ids.public('genre', genre_id)} is not here")
    return _genre(row)


async def genres_by_id(
    db: Database, visibility: Visibility, wanted: Sequence[GenreId]
) -> list[Genre]:
    """Genres in the order given; those without a track to be seen are left out."""
    if not wanted:
        return []
    rows = await db.rows(
        terms.joined(
            _genre_columns(visibility),
            "FROM genre WHERE genre.id IN (SELECT value FROM json_each(:ids))",
            "AND genre.track_count > 0",
            terms.also(visibility != EVERYTHING, _GENRE_SEEN),
        ),
        {**terms.visible(visibility), "ids": terms.numbers(wanted)},
    )
    return terms.in_order(wanted, [_genre(row) for row in rows], lambda each: each.id)


_NAMED: Final = "SELECT genre.id, genre.name"
_ART: Final = f""", (SELECT art.id FROM (SELECT album_id FROM album_genre
      WHERE album_genre.genre_id = genre.id LIMIT {_ALBUMS_LOOKED_AT}) AS some
    CROSS JOIN album ON album.id = some.album_id CROSS JOIN art ON art.id = album.art_id
    WHERE art.made != 2 LIMIT 1) AS art"""
_ART_SEEN: Final = f""", (SELECT art.id FROM (SELECT track_id FROM track_genre
      WHERE track_genre.genre_id = genre.id LIMIT {_LOOKED_AT}) AS some
    CROSS JOIN track ON track.id = some.track_id CROSS JOIN art ON art.id = track.art_id
    WHERE track.state = 'present' AND art.made != 2 AND {terms.SEEN} LIMIT 1) AS art"""
_OF_GENRE: Final = f"""FROM track_genre JOIN track ON track.id = track_genre.track_id
  WHERE track_genre.genre_id = genre.id AND track.state = 'present'
  AND {terms.SEEN} AND {terms.ONCE}"""
_COUNTS: Final = ", genre.track_count, genre.album_count"
_COUNTS_SEEN: Final = f"""
  , (SELECT COUNT(*) {_OF_GENRE}) AS track_count
  , (SELECT COUNT(DISTINCT track.album_id) {_OF_GENRE}) AS album_count"""
_GENRE_SEEN: Final = f"EXISTS (SELECT 1 {_OF_GENRE})"


def _genre_columns(visibility: Visibility) -> str:
    return _NAMED + (_ART + _COUNTS if visibility == EVERYTHING else _ART_SEEN + _COUNTS_SEEN)


def _genre(row: sqlite3.Row) -> Genre:
    number, name, art, track_count, album_count = row[:5]
    return Genre(number, name, album_count, track_count, art)
