"""Where somebody was in something long, so that they can go on there: each profile's own.

A bookmark hangs on the recording, so it outlasts a move, a better file and another cue sheet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from homestream.db import cursor as cursors
from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import AlbumId, ProfileId, RecordingId, TrackId
from homestream.library import catalogue
from homestream.library.recordings import Follower
from homestream.visibility import Visibility

LONG_SECONDS: Final = 20 * 60  # players keep a bookmark in what is longer, or spoken
MOST: Final = 1_000  # of one profile; the oldest make room


class Bookmark(msgspec.Struct, frozen=True):
    track: catalogue.Track
    position: float  # seconds
    changed_at: int  # Unix ms


async def put(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    track: TrackId,
    position: float,
    *,
    now: float,
) -> None:
    """Keeps where the listener is; NotFound when they can see no such track, BadInput outside."""
    found = await catalogue.track(db, visibility, None, track)
    if not 0 <= position <= found.duration + 1:
        raise BadInput("position lies outside the track")
    async with db.write() as tx:
        await tx.execute(
            "INSERT OR REPLACE INTO bookmark"
            " (profile_id, recording_id, track_id, position_ms, changed_at)"
            " VALUES (:profile, :recording, :track, :position, :now)",
            {
                "profile": listener,
                "recording": found.recording,
                "track": track,
                "position": round(position * 1000),
                "now": int(now * 1000),
            },
        )
        await tx.execute(
            "DELETE FROM bookmark WHERE profile_id = :profile AND recording_id IN"
            " (SELECT recording_id FROM bookmark WHERE profile_id = :profile"
            " ORDER BY changed_at DESC, recording_id DESC LIMIT -1 OFFSET :most)",
            {"profile": listener, "most": MOST},
        )


async def one(
    db: Database, visibility: Visibility, listener: ProfileId, track: TrackId
) -> Bookmark:
    """Where the listener was in a track; NotFound where they were not, or can see no such one."""
    found = await catalogue.track(db, visibility, listener, track)
    row = await db.row(
        "SELECT position_ms, changed_at FROM bookmark"
        " WHERE profile_id = :profile AND recording_id = :recording",
        {"profile": listener, "recording": found.recording},
    )
    if row is None:
        raise NotFound("there is no bookmark in this track")
    return Bookmark(found, row["position_ms"] / 1000, row["changed_at"])


async def of(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    *,
    limit: int,
    cursor: str | None = None,
) -> catalogue.Page[Bookmark]:
    """The listener's bookmarks, the last one first."""
    at, recording = cursors.decode(cursor, 2) if cursor else (2**62, 0)
    rows = await db.rows(
        _SELECT + " AND (b.changed_at, b.recording_id) < (:at, :recording)"
        " ORDER BY b.changed_at DESC, b.recording_id DESC LIMIT :limit",
        {
            "libraries": catalogue.visible(visibility)["libraries"],
            "profile": listener,
            "at": at,
            "recording": recording,
            "limit": limit + 1,
        },
    )
    more, rows = len(rows) > limit, rows[:limit]
    tracks = await catalogue.tracks_by_id(
        db, visibility, listener, [TrackId(row["track_id"]) for row in rows if row["track_id"]]
    )
    seen = {track.id: track for track in tracks}
    return catalogue.Page(
        [
            Bookmark(seen[row["track_id"]], row["position_ms"] / 1000, row["changed_at"])
            for row in rows
            if row["track_id"] in seen
        ],
        cursors.encode(rows[-1]["changed_at"], rows[-1]["recording_id"]) if more else None,
    )


async def last_in(
    db: Database, visibility: Visibility, listener: ProfileId, album: AlbumId
) -> Bookmark | None:
    """The listener's last bookmark in an album."""
    row = await db.row(
        "SELECT track.id, b.position_ms, b.changed_at FROM bookmark b"
        " JOIN track ON track.recording_id = b.recording_id"
        " WHERE b.profile_id = :profile AND track.album_id = :album AND track.state = 'present'"
        " ORDER BY b.changed_at DESC LIMIT 1",
        {"profile": listener, "album": album},
    )
    if row is None:
        return None
    found = await catalogue.tracks_by_id(db, visibility, listener, [TrackId(row["id"])])
    return Bookmark(found[0], row["position_ms"] / 1000, row["changed_at"]) if found else None


async def remove(db: Database, listener: ProfileId, track: TrackId) -> None:
    """Forgets where the listener was; it is well where nothing was kept."""
    async with db.write() as tx:
        await tx.execute(
            "DELETE FROM bookmark WHERE profile_id = :profile"
            " AND recording_id = (SELECT recording_id FROM track WHERE id = :track)",
            {"profile": listener, "track": track},
        )


_SELECT: Final = (
    "SELECT b.recording_id, b.position_ms, b.changed_at, (SELECT t.id FROM track t"
    " WHERE t.recording_id = b.recording_id ORDER BY (:libraries IS NULL OR t.library_id IN"
    " (SELECT value FROM json_each(:libraries))) DESC, t.state = 'present' DESC, t.id LIMIT 1)"
    " AS track_id FROM bookmark b WHERE b.profile_id = :profile"
)


def _merge(connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId) -> list[Any]:
    """Of two places of one listener the later one holds."""
    moved: list[Any] = []
    for profile, *place in _places(connection, merged):
        before = _place(connection, profile, kept)
        moved.append([profile, place, before])
        if before is None or before[-1] < place[-1]:
            _write(connection, profile, kept, place)
    connection.execute("DELETE FROM bookmark WHERE recording_id = :merged", {"merged": merged})
    return moved


def _undo(
    connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId, moved: list[Any]
) -> None:
    for profile, place, before in moved:
        now = _place(connection, profile, kept)
        _write(connection, profile, merged, place)
        if now is None or now[-1] != place[-1]:
            continue  # went on, or taken away, since
        if before is not None:
            _write(connection, profile, kept, before)
        else:
            connection.execute(
                "DELETE FROM bookmark WHERE profile_id = :profile AND recording_id = :kept",
                {"profile": profile, "kept": kept},
            )


def _places(connection: sqlite3.Connection, recording: RecordingId) -> list[tuple[int, ...]]:
    return connection.execute(
        "SELECT profile_id, track_id, position_ms, changed_at FROM bookmark "
        "WHERE recording_id = :recording",
        {"recording": recording},
    ).fetchall()


def _place(
    connection: sqlite3.Connection, profile: int, recording: RecordingId
) -> list[int] | None:
    """Track, position and time of a listener's bookmark."""
    row = connection.execute(
        "SELECT track_id, position_ms, changed_at FROM bookmark "
        "WHERE profile_id = :profile AND recording_id = :recording",
        {"profile": profile, "recording": recording},
    ).fetchone()
    return None if row is None else list(row)


def _write(
    connection: sqlite3.Connection, profile: int, recording: RecordingId, place: Sequence[int]
) -> None:
    track, position, changed_at = place
    connection.execute(
        "INSERT OR REPLACE INTO bookmark "
        "  (profile_id, recording_id, track_id, position_ms, changed_at) "
        "SELECT id, :recording, :track, :position, :changed_at FROM profile WHERE id = :profile",
        {
            "profile": profile,
            "recording": recording,
            "track": track,
            "position": position,
            "changed_at": changed_at,
        },
    )


FOLLOWER: Final = Follower("bookmark", _merge, _undo)
