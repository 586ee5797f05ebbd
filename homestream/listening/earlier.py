"""How often a recording was played before its plays were recorded here, as the tags of files tell.

One number for each listener and recording, beside the log of plays and never in it: no tag tells
when, or by whom. It is taken over once for each person, and stays as it is whatever the tags say
later, since a player that writes on counts what is recorded here too.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ProfileId, RecordingId, TrackId
from homestream.library import catalogue
from homestream.library.recordings import Follower
from homestream.visibility import Visibility


class Count(msgspec.Struct, frozen=True):
    """How often one listener played a recording."""

    here: int  # recorded by us; skips and what was private left out
    before: int  # as tags told, when they were taken over


async def of(db: Database, visibility: Visibility, listener: ProfileId, track: TrackId) -> Count:
    """How often the listener played a track; NotFound."""
    recording = (await catalogue.track(db, visibility, None, track)).recording
    row = await db.row(
        "SELECT (SELECT COUNT(*) FROM play WHERE recording_id = :recording "
        "    AND profile_id = :profile AND NOT private AND ending NOT IN ('skip', 'error')), "
        "  IFNULL((SELECT count FROM earlier_plays WHERE recording_id = :recording "
        "    AND profile_id = :profile), 0)",
        {"recording": recording, "profile": listener},
    )
    return Count(row[0], row[1]) if row is not None else Count(0, 0)


async def in_tags(db: Database) -> int:
    """How many recordings that are here have a count of plays in their tags."""
    row = await db.row(
        "SELECT COUNT(DISTINCT recording_id) AS found FROM track WHERE state = 'present' "
        "AND json_extract(tags, '$.plays') > 0"
    )
    return int(row["found"]) if row is not None else 0


async def take_over(db: Database, profile: ProfileId, *, now: float) -> int:
    """Gives a profile the counts that are in tags; for how many recordings they were new.

    Of several files the highest holds. NotFound where there is no such profile.
    """
    async with db.write() as tx:
        row = await tx.row("SELECT 1 FROM profile WHERE id = :id", {"id": profile})
        if row is None:
            raise NotFound("profile is not here")
        return await tx.execute(
            "INSERT INTO earlier_plays (profile_id, recording_id, count, taken_at) "
            "SELECT :profile, recording_id, MAX(json_extract(tags, '$.plays')), :now "
            "FROM track WHERE state = 'present' AND json_extract(tags, '$.plays') > 0 "
            "GROUP BY recording_id ON CONFLICT (profile_id, recording_id) DO NOTHING",
            {"profile": profile, "now": int(now * 1000)},
        )


def _merge(connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId) -> list[Any]:
    """Of two counts by one listener the higher holds: two copies of a file tell the same plays."""
    moved: list[Any] = []
    for profile, count, taken_at, before in connection.execute(
        "SELECT ours.profile_id, ours.count, ours.taken_at, theirs.count "
        "FROM earlier_plays AS ours LEFT JOIN earlier_plays AS theirs "
        "  ON theirs.profile_id = ours.profile_id AND theirs.recording_id = :kept "
        "WHERE ours.recording_id = :merged",
        {"merged": merged, "kept": kept},
    ).fetchall():
        moved.append([profile, count, taken_at, before])
        _write(connection, profile, kept, max(count, before or 0), taken_at)
    connection.execute("DELETE FROM earlier_plays WHERE recording_id = :id", {"id": merged})
    return moved


def _undo(
    connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId, moved: list[Any]
) -> None:
    for profile, count, taken_at, before in moved:
        _write(connection, profile, merged, count, taken_at)
        if before is not None:
            _write(connection, profile, kept, before, taken_at)
        else:
            connection.execute(
                "DELETE FROM earlier_plays WHERE profile_id = :profile AND recording_id = :kept",
                {"profile": profile, "kept": kept},
            )


def _write(
    connection: sqlite3.Connection, profile: int, recording: RecordingId, count: int, taken_at: int
) -> None:
    connection.execute(
        "INSERT INTO earlier_plays (profile_id, recording_id, count, taken_at) "
        "SELECT id, :recording, :count, :taken FROM profile WHERE id = :profile "
        "ON CONFLICT (profile_id, recording_id) DO UPDATE SET count = :count",
        {"profile": profile, "recording": recording, "count": count, "taken": taken_at},
    )


FOLLOWER: Final = Follower("earlier_plays", _merge, _undo)
