"""Artists: the one row of each name, and how much there is of them.

Everything here runs with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

from homestream.ids import AlbumId, ArtistId, LibraryId
from homestream.library import identity
from homestream.library.describe import Named


def put(connection: sqlite3.Connection, named: Named) -> ArtistId:
    """The artist of that name. A MusicBrainz id keeps apart those who share one.

    A name without an id is the first who has it; an id that is new goes to whom had none.
    """
    folded = identity.fold(named.name)
    rows = connection.execute(
        "SELECT id, mbid, sort_name FROM artist WHERE folded = :folded ORDER BY id",
        {"folded": folded},
    ).fetchall()
    for row in rows:
        if row[1] == named.mbid or not named.mbid:
            _sort(connection, row[0], row[2], named)
            return ArtistId(row[0])
    for row in rows:
        if not row[1]:
            connection.execute(
                "UPDATE artist SET mbid = :mbid, sort_name = :sort WHERE id = :id",
                {
                    "id": row[0],
                    "mbid": named.mbid,
                    "sort": identity.sort_key(named.name, named.sort),
                },
            )
            return ArtistId(row[0])
    return ArtistId(
        connection.execute(
            "INSERT INTO artist (name, sort_name, mbid, folded) "
            "VALUES (:name, :sort, :mbid, :folded)",
            {
                "name": named.name,
                "sort": identity.sort_key(named.name, named.sort),
                "mbid": named.mbid,
                "folded": folded,
            },
        ).lastrowid
        or 0
    )


def pictures(connection: sqlite3.Connection) -> dict[ArtistId, tuple[int, LibraryId, bytes]]:
    """Artists who have a picture of their own: its id, and which file it is."""
    return {
        ArtistId(row[0]): (row[1], LibraryId(row[2]), row[3])
        for row in connection.execute(
            "SELECT artist.id, art.id, art.library_id, art.path FROM artist "
            "JOIN art ON art.id = artist.art_id"
        )
    }


def set_pictures(connection: sqlite3.Connection, wanted: Mapping[ArtistId, int | None]) -> None:
    """Gives artists a picture of their own, or takes it."""
    connection.executemany(
        "UPDATE artist SET art_id = :art WHERE id = :id",
        [{"id": artist, "art": art} for artist, art in wanted.items()],
    )


def _sort(connection: sqlite3.Connection, artist: int, sort_name: str, named: Named) -> None:
    """Takes a sort name that a tag tells over the one that rules made."""
    if not named.sort or sort_name != identity.sort_key(named.name):
        return
    told = identity.sort_key(named.name, named.sort)
    if told != sort_name:
        connection.execute(
            "UPDATE artist SET sort_name = :sort WHERE id = :id", {"id": artist, "sort": told}
        )


def on_albums(connection: sqlite3.Connection, albums: Iterable[AlbumId]) -> set[ArtistId]:
    """Those who have a part in tracks of some albums."""
    return {
        ArtistId(row[0])
        for row in connection.execute(
            "SELECT DISTINCT track_artist.artist_id FROM track "
            "JOIN track_artist ON track_artist.track_id = track.id "
            "WHERE track.album_id IN (SELECT value FROM json_each(:albums))",
            {"albums": json.dumps(sorted(albums))},
        )
    }


def count(connection: sqlite3.Connection, artists: Iterable[ArtistId]) -> None:
    """Counts the albums and tracks of artists anew."""
    connection.executemany(
        "UPDATE artist SET "
        "  album_count = (SELECT COUNT(*) FROM album_artist "
        "    JOIN album ON album.id = album_artist.album_id "
        "    WHERE album_artist.artist_id = artist.id AND album.track_count > 0), "
        "  track_count = (SELECT IFNULL(SUM(album.track_count), 0) FROM album_artist "
        "    JOIN album ON album.id = album_artist.album_id "
        "    WHERE album_artist.artist_id = artist.id) "
        "  + (SELECT COUNT(*) FROM track_artist JOIN track ON track.id = track_artist.track_id "
        "    WHERE track_artist.artist_id = artist.id AND track_artist.role = 'artist' "
        "    AND track.state = 'present' AND NOT EXISTS (SELECT 1 FROM other_quality "
        "      WHERE other_quality.track_id = track.id) AND NOT EXISTS (SELECT 1 FROM album_artist "
        "      WHERE album_artist.album_id = track.album_id "
        "      AND album_artist.artist_id = artist.id)) "
        "WHERE id = :id",
        [{"id": artist} for artist in sorted(artists)],
    )
