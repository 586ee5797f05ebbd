"""A library put straight into the tables: enough to fill every page."""

from __future__ import annotations

import json
from typing import Any

from homestream.db.connect import Database, Transaction
from homestream.library import genres

HOSTILE = "<script>alert('x')</script> & \"quotes\""
ALBUMS = 70  # more than one page


async def fill(db: Database) -> None:
    """70 albums by 35 artists in 5 genres, three tracks each; album 1 has two discs and a
    name that is HTML, and one of its tracks is explicit."""
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO library (id, name, path, origin, created_at)"
            " VALUES (1, 'Music', x'2f6d75736963', 'config', 0)"
        )
        for number in range(1, 36):
            await _artist(tx, number)
        for number in range(1, 6):
            await tx.execute(
                "INSERT INTO genre (id, name, folded) VALUES (:id, :name, lower(:name))",
                {"id": number, "name": f"Genre {number}"},
            )
        for number in range(1, ALBUMS + 1):
            await _album(tx, number)
    await db.batch(
        lambda connection: genres.refresh(connection, json.dumps([*range(1, ALBUMS + 1)]))
    )


async def _artist(tx: Transaction, number: int) -> None:
    name = HOSTILE if number == 1 else f"Artist {number}"
    await tx.execute(
        "INSERT INTO artist (id, name, sort_name, folded, album_count, track_count)"
        " VALUES (:id, :name, lower(:name), lower(:name), 2, 6)",
        {"id": number, "name": name},
    )


async def _album(tx: Transaction, number: int) -> None:
    artist = (number - 1) % 35 + 1
    credit = HOSTILE if artist == 1 else f"Artist {artist}"
    values: dict[str, Any] = {
        "id": number,
        "title": HOSTILE if number == 1 else f"Album {number}",
        "credit": credit,
        "artist": artist,
        "discs": 2 if number == 1 else 1,
        "added": number * 1000,
    }
    await tx.execute(
        "INSERT INTO album (id, grouping_key, title, sort_title, artist_credit, sort_artist, year,"
        " release_types, added_at, track_count, disc_count, duration_ms)"
        " VALUES (:id, 'key ' || :id, :title, lower(:title), :credit, lower(:credit), 1990, 'ep',"
        " :added, 3, :discs, 600000)",
        values,
    )
    await tx.execute(
        "INSERT INTO album_artist (album_id, artist_id, position) VALUES (:id, :artist, 0)", values
    )
    for position in range(1, 4):
        await _track(tx, values, position)


async def _track(tx: Transaction, album: dict[str, Any], position: int) -> None:
    recording = await tx.insert("INSERT INTO recording (created_at) VALUES (0)")
    values = {
        **album,
        "album_title": album["title"],
        "title": HOSTILE if album["id"] == 1 else f"Track {album['id']}.{position}",
        "recording": recording,
        "position": position,
        "disc": 2 if album["id"] == 1 and position == 3 else 1,
        "explicit": album["id"] == 1 and position == 2,
        "path": f"{album['id']}/{position}.flac".encode(),
        "genre": album["id"] % 5 + 1,
    }
    values["file"] = await tx.insert(
        "INSERT INTO file (library_id, path, size, mtime_ns, inode, audio_key, container, codec,"
        " sample_rate, channels, layout, bit_depth, samples, samples_exact, added_at)"
        " VALUES (1, :path, 1, 1, 1, x'00', 'flac', 'flac', 44100, 2, 'stereo', 16, 8820000, 1, 0)",
        values,
    )
    values["track"] = await tx.insert(
        "INSERT INTO track (file_id, recording_id, album_id, library_id, title, sort_title,"
        " artist_credit, album_title, disc, position, year, duration_ms, explicit, added_at)"
        " VALUES (:file, :recording, :id, 1, :title, lower(:title), :credit, :album_title, :disc,"
        " :position, 1990, 200000, :explicit, :added)",
        values,
    )
    await tx.execute(
        "INSERT INTO track_artist (track_id, role, position, artist_id)"
        " VALUES (:track, 'artist', 0, :artist)",
        values,
    )
    await tx.execute(
        "INSERT INTO track_genre (track_id, genre_id, position) VALUES (:track, :genre, 0)", values
    )
