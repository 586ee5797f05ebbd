"""What is owed for a track, as its file says: recording code, label, copyright, licence; and its
moods.
"""

from __future__ import annotations

# ruff: noqa: S608 - statements are made of fragments that all stand in library alone
import sqlite3
from collections.abc import Sequence
from typing import Final

from homestream.db.connect import Database
from homestream.ids import TrackId
from homestream.library import catalogue
from homestream.library.credits import Printed
from homestream.visibility import Visibility

# each value once, by steps along an index, however many tracks have it
_LABELS: Final = f"""WITH RECURSIVE told (value) AS (
  SELECT MIN(label) FROM track_rights WHERE label != '' UNION ALL
  SELECT (SELECT MIN(label) FROM track_rights WHERE label != '' AND label > told.value)
  FROM told WHERE told.value IS NOT NULL)
SELECT value FROM told WHERE value IS NOT NULL AND EXISTS (SELECT 1 FROM track_rights
  JOIN track ON track.id = track_rights.track_id WHERE track_rights.label = told.value
  AND track_rights.label != '' AND track.state = 'present' AND {catalogue.SEEN}) LIMIT :limit"""
_MOODS: Final = f"""WITH RECURSIVE told (value) AS (
  SELECT MIN(mood) FROM track_mood UNION ALL
  SELECT (SELECT MIN(mood) FROM track_mood WHERE mood > told.value)
  FROM told WHERE told.value IS NOT NULL)
SELECT value FROM told WHERE value IS NOT NULL AND EXISTS (SELECT 1 FROM track_mood
  JOIN track ON track.id = track_mood.track_id WHERE track_mood.mood = told.value
  AND track.state = 'present' AND {catalogue.SEEN}) LIMIT :limit"""


async def labels(db: Database, visibility: Visibility, *, limit: int) -> list[str]:
    """The labels of tracks that can be seen, by name."""
    rows = await db.rows(_LABELS, {**catalogue.visible(visibility), "limit": limit})
    return [row["value"] for row in rows]


async def moods(db: Database, visibility: Visibility, *, limit: int) -> list[str]:
    """The moods of tracks that can be seen, by name, in small letters."""
    rows = await db.rows(_MOODS, {**catalogue.visible(visibility), "limit": limit})
    return [row["value"] for row in rows]


def write(
    connection: sqlite3.Connection,
    told: Sequence[tuple[TrackId, Printed]],
    changed: Sequence[TrackId],
) -> None:
    """Writes what tracks say of their rights and moods; those in `changed` may have before."""
    gone = [{"track": track} for track in changed]
    connection.executemany("DELETE FROM track_rights WHERE track_id = :track", gone)
    connection.executemany("DELETE FROM track_mood WHERE track_id = :track", gone)
    connection.executemany(
        "INSERT INTO track_rights (track_id, isrc, label, copyright, license) "
        "VALUES (:track, :isrc, :label, :copyright, :license)",
        [
            {
                "track": track,
                "isrc": tags.isrc,
                "label": tags.label,
                "copyright": tags.copyright,
                "license": tags.license,
            }
            for track, tags in told
            if tags.isrc or tags.label or tags.copyright or tags.license
        ],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO track_mood (track_id, mood) VALUES (:track, :mood)",
        [{"track": track, "mood": mood.casefold()} for track, tags in told for mood in tags.moods],
    )
