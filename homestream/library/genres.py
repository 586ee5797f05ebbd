"""Genres: the one row of each name, which albums are of them, and how much there is.

Everything here runs with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import sqlite3

import msgspec

from homestream.ids import GenreId
from homestream.library import identity


def put(connection: sqlite3.Connection, name: str) -> GenreId:
    """The genre of that name."""
    folded = identity.genre_key(name)
    row = connection.execute(
        "SELECT id FROM genre WHERE folded = :folded", {"folded": folded}
    ).fetchone()
    if row is not None:
        return GenreId(row[0])
    return GenreId(
        connection.execute(
            "INSERT INTO genre (name, folded) VALUES (:name, :folded)",
            {"name": name, "folded": folded},
        ).lastrowid
        or 0
    )


def refresh(connection: sqlite3.Connection, albums: str) -> None:
    """Writes anew of which genres albums are, whose names and counts are right already.

    `albums` is a JSON list of ids. Lists of a genre are read along the orders that are kept here.
    """
    changed = _of(connection, albums)
    connection.execute(
        "DELETE FROM album_genre WHERE album_id IN (SELECT value FROM json_each(:ids))",
        {"ids": albums},
    )
    connection.execute(
        "INSERT INTO album_genre (genre_id, album_id, sort_title, sort_artist, year, added_at, "
        "  track_count) "
        "SELECT track_genre.genre_id, album.id, album.sort_title, album.sort_artist, "
        "  IFNULL(album.year, 0), album.added_at, "
        "  SUM(NOT EXISTS (SELECT 1 FROM other_quality WHERE other_quality.track_id = track.id)) "
        "FROM json_each(:ids) AS wanted CROSS JOIN album ON album.id = wanted.value "
        "CROSS JOIN track ON track.album_id = album.id AND track.state = 'present' "
        "CROSS JOIN track_genre ON track_genre.track_id = track.id "
        "GROUP BY album.id, track_genre.genre_id",
        {"ids": albums},
    )
    changed |= _of(connection, albums)
    connection.execute(
        "UPDATE genre SET (album_count, track_count) = (SELECT COUNT(*), "
        "  IFNULL(SUM(album_genre.track_count), 0) FROM album_genre "
        "  WHERE album_genre.genre_id = genre.id) "
        "WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": msgspec.json.encode(sorted(changed)).decode()},
    )


def _of(connection: sqlite3.Connection, albums: str) -> set[int]:
    return {
        row[0]
        for row in connection.execute(
            "SELECT genre_id FROM album_genre "
            "WHERE album_id IN (SELECT value FROM json_each(:ids))",
            {"ids": albums},
        )
    }
