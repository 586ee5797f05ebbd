"""What is owed for a track, as its file says: recording code, label, copyright, licence; and its
moods.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from homestream.ids import TrackId
from homestream.library.credits import Printed


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
