"""Recordings: what plays, stars and playlists hang on, and by what a recording is known again.

A recording that turns out to be an older one is merged into it: its tracks and what hung on it go
over, a record of that is kept, and by that record it is taken back. Everything here runs with the
writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from homestream.errors import NotFound
from homestream.ids import FileId, MergeId, RecordingId
from homestream.library import tracks
from homestream.library.batch import Batch

Reason = Literal["packets", "print"]

_INSERT: Final = "INSERT INTO recording (id, created_at) VALUES (:id, :now)"
_INSERT_KEY: Final = (
    "INSERT INTO recording_key (kind, key, recording_id) VALUES ('audio', :key, :recording)"
)


class Follower(msgspec.Struct, frozen=True):
    """A table whose rows hang on recordings. Both functions run inside a merge's transaction."""

    name: str
    # hangs the rows of `merged` on `kept`; what it takes to undo that, as JSON can hold it
    merge: Callable[[sqlite3.Connection, RecordingId, RecordingId], list[Any]]
    # hangs what was moved back on `merged`: (connection, merged, kept, moved)
    undo: Callable[[sqlite3.Connection, RecordingId, RecordingId, list[Any]], None]


class Merge(msgspec.Struct, frozen=True):
    """Why two recordings are one."""

    kept: RecordingId
    merged: RecordingId
    file: FileId  # of the merged one
    like: FileId  # of the kept one
    reason: Reason
    difference: float


def of_sound(batch: Batch, heard: dict[bytes, RecordingId], audio_key: bytes) -> RecordingId:
    """The recording of a sound; a new one when no file has had it yet, noted in `heard`."""
    recording = heard.get(audio_key)
    if recording is None:
        recording = heard[audio_key] = RecordingId(batch.id("recording"))
        batch.rows("recording", _INSERT).append({"id": recording, "now": batch.now})
        batch.rows("recording_key", _INSERT_KEY).append({"key": audio_key, "recording": recording})
    return recording


def known(connection: sqlite3.Connection, audio_key: bytes) -> RecordingId | None:
    """The recording that is known by a sound."""
    row = connection.execute(
        "SELECT recording_id FROM recording_key WHERE kind = 'audio' AND key = :key",
        {"key": audio_key},
    ).fetchone()
    return RecordingId(row[0]) if row is not None else None


def know(connection: sqlite3.Connection, audio_key: bytes, recording: RecordingId) -> None:
    """Notes one more sound that a recording is known by, unless another one is."""
    connection.execute(
        "INSERT OR IGNORE INTO recording_key (kind, key, recording_id) "
        "VALUES ('audio', :key, :recording)",
        {"key": audio_key, "recording": recording},
    )


def kept_apart(connection: sqlite3.Connection, one: RecordingId, other: RecordingId) -> bool:
    """Whether somebody said that these two are not one."""
    return (
        connection.execute(
            "SELECT 1 FROM recording_merge WHERE undone_at IS NOT NULL "
            "AND ((kept_id = :one AND merged_id = :other) "
            "  OR (kept_id = :other AND merged_id = :one)) LIMIT 1",
            {"one": one, "other": other},
        ).fetchone()
        is not None
    )


def merge(
    connection: sqlite3.Connection, found: Merge, followers: Sequence[Follower], now: int
) -> None:
    """Makes one recording of two: all that was of `merged` is of `kept` from now on."""
    keys = [
        bytes(row[0]).hex()
        for row in connection.execute(
            "SELECT key FROM recording_key WHERE recording_id = :merged", {"merged": found.merged}
        )
    ]
    moved: dict[str, list[Any]] = {
        "key": keys,
        "track": list(tracks.set_recording(connection, found.merged, found.kept)),
    }
    connection.execute(
        "UPDATE recording_key SET recording_id = :kept WHERE recording_id = :merged",
        {"kept": found.kept, "merged": found.merged},
    )
    for follower in followers:
        moved[follower.name] = follower.merge(connection, found.merged, found.kept)
    connection.execute(
        "INSERT INTO recording_merge (kept_id, merged_id, file_id, like_file_id, reason, "
        "  difference, moved, merged_at) "
        "VALUES (:kept, :merged, :file, :like, :reason, :difference, :moved, :now)",
        {
            **msgspec.structs.asdict(found),
            "moved": msgspec.json.encode(moved).decode(),
            "now": now,
        },
    )


def undo(
    connection: sqlite3.Connection, merge: MergeId, followers: Sequence[Follower], now: int
) -> tuple[RecordingId, RecordingId]:
    """Makes two recordings again of one, for good; both. NotFound where there is no such merge.

    What came since the merge stays with the recording that was kept.
    """
    row = connection.execute(
        "SELECT kept_id, merged_id, moved FROM recording_merge "
        "WHERE id = :id AND undone_at IS NULL",
        {"id": merge},
    ).fetchone()
    if row is None:
        raise NotFound("these recordings are not one")
    kept, merged = RecordingId(row[0]), RecordingId(row[1])
    moved: Mapping[str, list[Any]] = msgspec.json.decode(row[2], type=dict[str, list[Any]])
    for key in moved["key"]:
        connection.execute(
            "UPDATE recording_key SET recording_id = :merged "
            "WHERE kind = 'audio' AND key = :key AND recording_id = :kept",
            {"merged": merged, "kept": kept, "key": bytes.fromhex(key)},
        )
    tracks.set_recording(connection, kept, merged, only=moved["track"])
    for follower in followers:
        follower.undo(connection, merged, kept, moved.get(follower.name, []))
    connection.execute(
        "UPDATE recording_merge SET undone_at = :now WHERE id = :id", {"id": merge, "now": now}
    )
    return kept, merged
