"""The chapters of a track: where each begins and what it is called."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from homestream.db.connect import Database
from homestream.ids import TrackId
from homestream.library import catalogue
from homestream.visibility import Visibility


class Chapter(msgspec.Struct, frozen=True):
    start: float  # seconds
    title: str  # may be empty


async def of(db: Database, visibility: Visibility, track: TrackId) -> list[Chapter]:
    """The chapters of a track in order; none in most. NotFound."""
    await catalogue.track(db, visibility, None, track)
    return (await of_tracks(db, [track])).get(track, [])


async def of_tracks(db: Database, tracks: Sequence[TrackId]) -> dict[TrackId, list[Chapter]]:
    """The chapters of tracks that a listener was shown, of those that have some."""
    rows = await db.rows(
        "SELECT track_id, start_ms, title FROM chapter"
        " WHERE track_id IN (SELECT value FROM json_each(:tracks)) ORDER BY track_id, number",
        {"tracks": msgspec.json.encode(list(tracks)).decode()},
    )
    found: dict[TrackId, list[Chapter]] = {}
    for row in rows:
        chapter = Chapter(row["start_ms"] / 1000, row["title"])
        found.setdefault(TrackId(row["track_id"]), []).append(chapter)
    return found
