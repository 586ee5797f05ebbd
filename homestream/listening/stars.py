"""Favourites: a star on a track, an album or an artist. A track's star hangs on its recording."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, Literal

from homestream.db import cursor as cursors
from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import AlbumId, ArtistId, ProfileId, RecordingId, TrackId
from homestream.library import catalogue
from homestream.library.recordings import Follower
from homestream.visibility import EVERYTHING, Visibility

Kind = Literal["track", "album", "artist"]


async def put(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    kind: Kind,
    item: int,
    *,
    now: float,
) -> None:
    """Stars an item (a row id of that kind); NotFound when the listener can see no such item."""
    row = await _seen(db, visibility, kind, item)
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO star (profile_id, kind, item_id, starred_at)"
            " VALUES (:profile, :kind, :item, :now) ON CONFLICT DO NOTHING",
            {"profile": listener, "kind": kind, "item": row, "now": int(now * 1000)},
        )


async def remove(db: Database, listener: ProfileId, kind: Kind, item: int) -> None:
    """Takes the star away, if there is one."""
    async with db.write() as tx:
        await tx.execute(
            "DELETE FROM star WHERE profile_id = :profile AND kind = :kind AND item_id ="
            " CASE :kind WHEN 'track' THEN"
            " (SELECT recording_id FROM track WHERE id = :item) ELSE :item END",
            {"profile": listener, "kind": kind, "item": item},
        )


async def tracks(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    *,
    limit: int,
    cursor: str | None = None,
) -> catalogue.Page[catalogue.Track]:
    """Starred tracks, newest star first: of each recording the track that is there."""
    rows, following = await _rows(db, listener, "track", limit, cursor, visibility)
    found = await catalogue.tracks_by_id(
        db, visibility, listener, [TrackId(row["track_id"]) for row in rows if row["track_id"]]
    )
    return catalogue.Page(found, following)


async def albums(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    *,
    limit: int,
    cursor: str | None = None,
) -> catalogue.Page[catalogue.Album]:
    """Starred albums, newest star first."""
    rows, following = await _rows(db, listener, "album", limit, cursor)
    found = await catalogue.albums_by_id(
        db, visibility, listener, [AlbumId(row["item_id"]) for row in rows]
    )
    return catalogue.Page(found, following)


async def artists(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    *,
    limit: int,
    cursor: str | None = None,
) -> catalogue.Page[catalogue.Artist]:
    """Starred artists, newest star first."""
    rows, following = await _rows(db, listener, "artist", limit, cursor)
    found = await catalogue.artists_by_id(
        db, visibility, listener, [ArtistId(row["item_id"]) for row in rows]
    )
    return catalogue.Page(found, following)


async def _rows(
    db: Database,
    listener: ProfileId,
    kind: Kind,
    limit: int,
    cursor: str | None,
    visibility: Visibility = EVERYTHING,
) -> tuple[Sequence[sqlite3.Row], str | None]:
    at, item = cursors.decode(cursor, 2) if cursor else (2**62, 0)
    rows = await db.rows(
        "SELECT item_id, starred_at, CASE kind WHEN 'track' THEN (SELECT t.id FROM track t"
        " WHERE t.recording_id = item_id ORDER BY (:libraries IS NULL OR t.library_id IN"
        " (SELECT value FROM json_each(:libraries))) DESC, t.state = 'present' DESC, t.id LIMIT 1)"
        " END AS track_id FROM star"
        " WHERE profile_id = :profile AND kind = :kind AND (starred_at, item_id) < (:at, :item)"
        " ORDER BY starred_at DESC, item_id DESC LIMIT :limit",
        {
            **catalogue.visible(visibility),
            "profile": listener,
            "kind": kind,
            "at": at,
            "item": item,
            "limit": limit + 1,
        },
    )
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursors.encode(rows[limit - 1]["starred_at"], rows[limit - 1]["item_id"])


async def _seen(db: Database, visibility: Visibility, kind: Kind, item: int) -> int:
    """The row that a star on the item hangs on."""
    if kind == "track":
        tracks = await catalogue.tracks_by_id(db, visibility, None, [TrackId(item)])
        if tracks:
            return tracks[0].recording
    elif kind == "album":
        if await catalogue.albums_by_id(db, visibility, None, [AlbumId(item)]):
            return item
    elif await catalogue.artists_by_id(db, visibility, None, [ArtistId(item)]):
        return item
    raise NotFound(f"{kind} is not here")


def _merge(connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId) -> list[Any]:
    """Of two stars by one listener the first one holds."""
    moved: list[Any] = []
    for profile, starred_at in connection.execute(
        "SELECT profile_id, starred_at FROM star WHERE kind = 'track' AND item_id = :merged",
        {"merged": merged},
    ).fetchall():
        before = connection.execute(
            "SELECT starred_at FROM star "
            "WHERE kind = 'track' AND item_id = :kept AND profile_id = :profile",
            {"kept": kept, "profile": profile},
        ).fetchone()
        moved.append([profile, starred_at, before[0] if before else None])
        if before is None or before[0] > starred_at:
            _write(connection, profile, kept, starred_at)
    connection.execute(
        "DELETE FROM star WHERE kind = 'track' AND item_id = :merged", {"merged": merged}
    )
    return moved


def _undo(
    connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId, moved: list[Any]
) -> None:
    for profile, starred_at, before in moved:
        _write(connection, profile, merged, starred_at)
        if before is not None:
            connection.execute(
                "UPDATE star SET starred_at = :before WHERE kind = 'track' AND item_id = :kept "
                "AND profile_id = :profile AND starred_at = :at",
                {"before": before, "kept": kept, "profile": profile, "at": starred_at},
            )
        else:
            connection.execute(
                "DELETE FROM star WHERE kind = 'track' AND item_id = :kept "
                "AND profile_id = :profile AND starred_at = :at",
                {"kept": kept, "profile": profile, "at": starred_at},
            )


def _write(
    connection: sqlite3.Connection, profile: int, recording: RecordingId, starred_at: int
) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO star (profile_id, kind, item_id, starred_at) "
        "SELECT id, 'track', :recording, :at FROM profile WHERE id = :profile",
        {"profile": profile, "recording": recording, "at": starred_at},
    )


FOLLOWER: Final = Follower("star", _merge, _undo)
