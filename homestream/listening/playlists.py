"""Playlists: named lists of recordings, each one profile's own; another's looks absent."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from homestream.db import cursor as cursors
from homestream.db.connect import Database, Transaction
from homestream.errors import Conflict, NotFound
from homestream.household import names
from homestream.ids import ArtId, PlaylistId, ProfileId, TrackId
from homestream.library import catalogue
from homestream.visibility import Visibility

MOST_TRACKS: Final = 5_000  # in one list
MOST_LISTS: Final = 1_000  # of one profile


class Playlist(msgspec.Struct, frozen=True):
    id: PlaylistId
    name: str
    track_count: int
    duration: float  # seconds
    art: ArtId | None  # of its first track that has some
    created_at: int  # Unix ms
    changed_at: int  # Unix ms


async def of(
    db: Database, listener: ProfileId, *, limit: int, cursor: str | None = None
) -> catalogue.Page[Playlist]:
    """The listener's playlists, last changed first."""
    at, row_id = cursors.decode(cursor, 2) if cursor else (2**62, 0)
    rows = await db.rows(
        _SELECT + " WHERE l.profile_id = :profile AND (l.changed_at, l.id) < (:at, :id)"
        " ORDER BY l.changed_at DESC, l.id DESC LIMIT :limit",
        {"profile": listener, "at": at, "id": row_id, "limit": limit + 1},
    )
    lists = [_playlist(row) for row in rows[:limit]]
    more = len(rows) > limit
    return catalogue.Page(
        lists, cursors.encode(lists[-1].changed_at, lists[-1].id) if more else None
    )


async def one(db: Database, listener: ProfileId, playlist: PlaylistId) -> Playlist:
    """One of the listener's playlists; NotFound also for somebody else's."""
    row = await db.row(
        _SELECT + " WHERE l.id = :playlist AND l.profile_id = :profile",
        {"playlist": playlist, "profile": listener},
    )
    if row is None:
        raise NotFound("playlist is not here")
    return _playlist(row)


async def tracks(
    db: Database, visibility: Visibility, listener: ProfileId, playlist: PlaylistId
) -> list[catalogue.Track]:
    """Its tracks in order, as the listener may see them; NotFound also for somebody else's.

    Where a track's file went away and the same recording is there in another, that one stands in.
    """
    await one(db, listener, playlist)
    rows = await db.rows(
        "SELECT coalesce("
        " (SELECT t.id FROM track t WHERE t.id = i.track_id AND t.state = 'present'),"
        " (SELECT min(t.id) FROM track t WHERE t.recording_id = i.recording_id"
        " AND t.state = 'present'),"
        " i.track_id) AS track_id"
        " FROM playlist_item i WHERE i.playlist_id = :playlist ORDER BY i.position",
        {"playlist": playlist},
    )
    order = [TrackId(row["track_id"]) for row in rows]
    found = await catalogue.tracks_by_id(db, visibility, listener, list(dict.fromkeys(order)))
    seen = {track.id: track for track in found}
    return [seen[track] for track in order if track in seen]


async def create(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    name: str,
    order: Sequence[TrackId] = (),
    *,
    now: float,
) -> PlaylistId:
    """A new playlist; NotFound when the listener can see one of the tracks not."""
    name = names.clean(name, "playlist name")
    found = await _tracks(db, visibility, order)
    async with db.write() as tx:
        row = await tx.row(
            "SELECT count(*) AS lists FROM playlist WHERE profile_id = :profile",
            {"profile": listener},
        )
        if row is not None and row["lists"] >= MOST_LISTS:
            raise Conflict(f"there are {MOST_LISTS} playlists already")
        playlist = PlaylistId(
            await tx.insert(
                "INSERT INTO playlist (profile_id, name, created_at, changed_at)"
                " VALUES (:profile, :name, :now, :now)",
                {"profile": listener, "name": name, "now": int(now * 1000)},
            )
        )
        await _insert(tx, playlist, 0, found)
    return playlist


async def change(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    playlist: PlaylistId,
    *,
    name: str | None = None,
    order: Sequence[TrackId] | None = None,
    now: float,
) -> None:
    """Gives it another name, other tracks in order, or both; NotFound as in `create` and `one`."""
    found = await _tracks(db, visibility, order) if order is not None else None
    async with db.write() as tx:
        await _claim(tx, listener, playlist, now)
        if name is not None:
            await tx.execute(
                "UPDATE playlist SET name = :name WHERE id = :playlist",
                {"name": names.clean(name, "playlist name"), "playlist": playlist},
            )
        if found is not None:
            await tx.execute(
                "DELETE FROM playlist_item WHERE playlist_id = :playlist", {"playlist": playlist}
            )
            await _insert(tx, playlist, 0, found)


async def covers(
    db: Database, visibility: Visibility, wanted: Sequence[PlaylistId]
) -> dict[PlaylistId, list[ArtId]]:
    """The first four covers of each playlist, of those that can be seen and shown."""
    rows = await db.rows(
        _COVERS,
        {**catalogue.visible(visibility), "ids": str(list(wanted)), "most": _LOOKED_THROUGH},
    )
    found: dict[PlaylistId, list[ArtId]] = {}
    for row in rows:
        of_it = found.setdefault(PlaylistId(row["playlist_id"]), [])
        if len(of_it) < 4:
            of_it.append(ArtId(row["art_id"]))
    return found


async def append(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    playlist: PlaylistId,
    order: Sequence[TrackId],
    *,
    now: float,
) -> None:
    """Adds tracks at its end; NotFound as in `create` and `one`, Conflict when it is full."""
    found = await _tracks(db, visibility, order)
    async with db.write() as tx:
        await _claim(tx, listener, playlist, now)
        row = await tx.row(
            "SELECT count(*) AS held, coalesce(max(position) + 1, 0) AS next FROM playlist_item"
            " WHERE playlist_id = :playlist",
            {"playlist": playlist},
        )
        held, start = (row["held"], row["next"]) if row is not None else (0, 0)
        if held + len(found) > MOST_TRACKS:
            raise Conflict(f"a playlist holds {MOST_TRACKS} tracks at most")
        await _insert(tx, playlist, start, found)


async def remove(db: Database, listener: ProfileId, playlist: PlaylistId) -> None:
    """Deletes it; NotFound also for somebody else's."""
    async with db.write() as tx:
        removed = await tx.execute(
            "DELETE FROM playlist WHERE id = :playlist AND profile_id = :profile",
            {"playlist": playlist, "profile": listener},
        )
        if not removed:
            raise NotFound("playlist is not here")


_SEEN: Final = catalogue.SEEN
_LOOKED_THROUGH: Final = 100  # tracks of a playlist, for its covers
_COVERS: Final = f"""
SELECT item.playlist_id, track.art_id, MIN(item.position) AS position
  FROM playlist_item AS item JOIN track ON track.id = item.track_id
  JOIN art ON art.id = track.art_id
  WHERE item.playlist_id IN (SELECT value FROM json_each(:ids)) AND item.position < :most
  AND art.made != 2 AND {_SEEN}
  GROUP BY item.playlist_id, track.art_id ORDER BY item.playlist_id, position"""  # noqa: S608
_SELECT: Final = (
    "SELECT l.id, l.name, l.created_at, l.changed_at,"
    " (SELECT count(*) FROM playlist_item i WHERE i.playlist_id = l.id) AS track_count,"
    " (SELECT coalesce(sum(t.duration_ms), 0) FROM playlist_item i"
    " JOIN track t ON t.id = i.track_id WHERE i.playlist_id = l.id) AS duration_ms,"
    " (SELECT t.art_id FROM playlist_item i JOIN track t ON t.id = i.track_id"
    " WHERE i.playlist_id = l.id AND t.art_id IS NOT NULL ORDER BY i.position LIMIT 1) AS art_id"
    " FROM playlist l"
)


async def _claim(tx: Transaction, listener: ProfileId, playlist: PlaylistId, now: float) -> None:
    """Marks the list as changed by the listener whose it is."""
    changed = await tx.execute(
        "UPDATE playlist SET changed_at = :now WHERE id = :playlist AND profile_id = :profile",
        {"now": int(now * 1000), "playlist": playlist, "profile": listener},
    )
    if not changed:
        raise NotFound("playlist is not here")


async def _tracks(
    db: Database, visibility: Visibility, order: Sequence[TrackId]
) -> list[catalogue.Track]:
    if len(order) > MOST_TRACKS:
        raise Conflict(f"a playlist holds {MOST_TRACKS} tracks at most")
    found = await catalogue.tracks_by_id(db, visibility, None, list(dict.fromkeys(order)))
    seen = {track.id: track for track in found}
    for track in order:
        if track not in seen:
            raise NotFound("track is not here")
    return [seen[track] for track in order]


async def _insert(
    tx: Transaction, playlist: PlaylistId, start: int, found: Sequence[catalogue.Track]
) -> None:
    await tx.execute_many(
        "INSERT INTO playlist_item (playlist_id, position, recording_id, track_id)"
        " VALUES (:playlist, :position, :recording, :track)",
        [
            {
                "playlist": playlist,
                "position": position,
                "recording": track.recording,
                "track": track.id,
            }
            for position, track in enumerate(found, start)
        ],
    )


def _playlist(row: sqlite3.Row) -> Playlist:
    return Playlist(
        PlaylistId(row["id"]),
        row["name"],
        row["track_count"],
        row["duration_ms"] / 1000,
        ArtId(row["art_id"]) if row["art_id"] is not None else None,
        row["created_at"],
        row["changed_at"],
    )
