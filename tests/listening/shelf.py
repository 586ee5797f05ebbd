"""A small library put straight into the tables: what listening needs of one."""

from __future__ import annotations

from typing import Any

from homestream.db.connect import Database
from homestream.ids import TrackId


async def track(
    db: Database,
    title: str,
    *,
    recording: int | None = None,
    explicit: bool = False,
    away: bool = False,
    duration_ms: int = 200_000,
) -> TrackId:
    """A track of album 1 by artist 1; of a recording of its own when none is named."""
    state = "away" if away else "present"
    async with db.write() as tx:
        await tx.execute(
            "INSERT OR IGNORE INTO library (id, name, path, origin, created_at)"
            " VALUES (1, 'Music', x'2f6d', 'config', 0)"
        )
        await tx.execute(
            "INSERT OR IGNORE INTO artist (id, name, sort_name, folded, album_count, track_count)"
            " VALUES (1, 'Bach', 'bach', 'bach', 1, 1)"
        )
        await tx.execute(
            "INSERT OR IGNORE INTO album (id, grouping_key, title, sort_title, artist_credit,"
            " sort_artist, added_at, track_count, disc_count)"
            " VALUES (1, 'k', 'Suites', 'suites', 'Bach', 'bach', 0, 1, 1)"
        )
        await tx.execute(
            "INSERT OR IGNORE INTO album_artist (album_id, artist_id, position) VALUES (1, 1, 0)"
        )
        if recording is None:
            recording = await tx.insert("INSERT INTO recording (created_at) VALUES (0)")
        values: dict[str, Any] = {
            "title": title,
            "path": title.encode(),
            "state": state,
            "recording": recording,
            "explicit": explicit,
            "duration": duration_ms,
        }
        values["file"] = await tx.insert(
            "INSERT INTO file (library_id, path, size, mtime_ns, inode, state, audio_key,"
            " container, codec, sample_rate, channels, layout, samples, samples_exact, added_at)"
            " VALUES (1, :path, 1, 1, 1, :state, x'00', 'flac', 'flac', 44100, 2, 'stereo', 1, 1,"
            " 0)",
            values,
        )
        values["track"] = await tx.insert(
            "INSERT INTO track (file_id, recording_id, album_id, library_id, state, title,"
            " sort_title, artist_credit, album_title, position, duration_ms, explicit, added_at)"
            " VALUES (:file, :recording, 1, 1, :state, :title, lower(:title), 'Bach', 'Suites', 1,"
            " :duration, :explicit, 0)",
            values,
        )
        await tx.execute(
            "INSERT INTO track_artist (track_id, role, position, artist_id)"
            " VALUES (:track, 'artist', 0, 1)",
            values,
        )
    return TrackId(values["track"])


async def recording_of(db: Database, number: TrackId) -> int:
    row = await db.row("SELECT recording_id FROM track WHERE id = :id", {"id": number})
    assert row is not None
    return int(row["recording_id"])
