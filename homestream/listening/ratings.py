"""Ratings: 1 to 100 by one listener for a recording; one star is 20. They may be taken over from
the tags of the files, once for each person, and never over one that was given by hand.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ProfileId, RecordingId, TrackId
from homestream.library import catalogue
from homestream.library.recordings import Follower
from homestream.visibility import Visibility


async def of(
    db: Database, visibility: Visibility, listener: ProfileId, track: TrackId
) -> int | None:
    """The listener's rating of a track; None: not rated. NotFound."""
    recording = await _recording(db, visibility, track)
    row = await db.row(
        "SELECT value FROM rating WHERE profile_id = :profile AND recording_id = :recording",
        {"profile": listener, "recording": recording},
    )
    return int(row["value"]) if row is not None else None


async def put(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    track: TrackId,
    value: int | None,
    *,
    now: float,
) -> None:
    """Rates a track, 1 to 100, or takes the rating away; NotFound."""
    recording = await _recording(db, visibility, track)
    async with db.write() as tx:
        if value is None:
            await tx.execute(
                "DELETE FROM rating WHERE profile_id = :profile AND recording_id = :recording",
                {"profile": listener, "recording": recording},
            )
            return
        await tx.execute(
            "INSERT INTO rating (profile_id, recording_id, value, origin, rated_at) "
            "VALUES (:profile, :recording, :value, 'hand', :now) "
            "ON CONFLICT (profile_id, recording_id) "
            "DO UPDATE SET value = :value, origin = 'hand', rated_at = :now",
            {
                "profile": listener,
                "recording": recording,
                "value": value,
                "now": int(now * 1000),
            },
        )


async def in_tags(db: Database) -> int:
    """How many recordings that are here have a rating in their tags."""
    row = await db.row(
        "SELECT COUNT(DISTINCT recording_id) AS found FROM track WHERE state = 'present' "
        "AND json_extract(tags, '$.rating') BETWEEN 1 AND 100"
    )
    return int(row["found"]) if row is not None else 0


async def take_over(db: Database, profile: ProfileId, *, now: float) -> int:
    """Gives a profile the ratings that are in tags; how many there were to give.

    One that the profile has already stays as it is, so doing it again adds what is new.
    NotFound where there is no such profile.
    """
    async with db.write() as tx:
        row = await tx.row("SELECT 1 FROM profile WHERE id = :id", {"id": profile})
        if row is None:
            raise NotFound("profile is not here")
        return await tx.execute(
            "INSERT INTO rating (profile_id, recording_id, value, origin, rated_at) "
            "SELECT :profile, recording_id, MAX(json_extract(tags, '$.rating')), 'tags', :now "
            "FROM track WHERE state = 'present' "
            "AND json_extract(tags, '$.rating') BETWEEN 1 AND 100 GROUP BY recording_id "
            "ON CONFLICT (profile_id, recording_id) DO NOTHING",
            {"profile": profile, "now": int(now * 1000)},
        )


async def _recording(db: Database, visibility: Visibility, track: TrackId) -> RecordingId:
    return (await catalogue.track(db, visibility, None, track)).recording


def _merge(connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId) -> list[Any]:
    """Of two ratings by one listener the later one holds."""
    moved: list[Any] = []
    for profile, value, origin, rated_at in connection.execute(
        "SELECT profile_id, value, origin, rated_at FROM rating WHERE recording_id = :merged",
        {"merged": merged},
    ).fetchall():
        before = connection.execute(
            "SELECT value, origin, rated_at FROM rating "
            "WHERE profile_id = :profile AND recording_id = :kept",
            {"profile": profile, "kept": kept},
        ).fetchone()
        moved.append([profile, value, origin, rated_at, list(before) if before else None])
        if before is None or before[2] < rated_at:
            _write(connection, profile, kept, value, origin, rated_at)
    connection.execute("DELETE FROM rating WHERE recording_id = :merged", {"merged": merged})
    return moved


def _undo(
    connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId, moved: list[Any]
) -> None:
    for profile, value, origin, rated_at, before in moved:
        now = connection.execute(
            "SELECT rated_at FROM rating WHERE profile_id = :profile AND recording_id = :kept",
            {"profile": profile, "kept": kept},
        ).fetchone()
        _write(connection, profile, merged, value, origin, rated_at)
        if now is None or now[0] != rated_at:
            continue  # given or taken away since
        if before is not None:
            _write(connection, profile, kept, *before)
        else:
            connection.execute(
                "DELETE FROM rating WHERE profile_id = :profile AND recording_id = :kept",
                {"profile": profile, "kept": kept},
            )


def _write(
    connection: sqlite3.Connection,
    profile: int,
    recording: RecordingId,
    value: int,
    origin: str,
    rated_at: int,
) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO rating (profile_id, recording_id, value, origin, rated_at) "
        "SELECT id, :recording, :value, :origin, :rated_at FROM profile WHERE id = :profile",
        {
            "profile": profile,
            "recording": recording,
            "value": value,
            "origin": origin,
            "rated_at": rated_at,
        },
    )


FOLLOWER: Final = Follower("rating", _merge, _undo)
