"""Finding that a recording is one that is known already, by its packets or by its print."""

# ruff: noqa: S608 - statements are made of fragments that all stand in this module

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from homestream.db.connect import Database
from homestream.ids import FileId, MergeId, RecordingId, TrackId
from homestream.library import catalogue, overlay, recordings, sameness
from homestream.library.recordings import Follower, Merge
from homestream.library.sameness import Sound
from homestream.visibility import Visibility

_MOST: Final = 400  # that are compared with one file
_FAR_MS: Final = 2_000
_FAR_PART: Final = 0.02
_EDGE_MS: Final = 400  # by which a part of another encoding may begin or end elsewhere
_NO_RECORDING: Final = RecordingId(0)

_SEEN: Final = catalogue.SEEN
_SOUND: Final = (
    "SELECT file.id, track.recording_id, print.duration_ms, print.sound_ms, print.bits, "
    "  print.course, analysis.packets, "
    "  analysis.lead_samples * 1000 / file.sample_rate AS lead_ms, "
    "  track.title, track.tagged, track.explicit, "
    "  json_extract(track.tags, '$.recording_mbid') AS mbid "
    "FROM file JOIN track ON track.file_id = file.id AND track.part = 0 "
    "JOIN print ON print.file_id = file.id JOIN analysis ON analysis.file_id = file.id "
)
# a file that holds several tracks is no recording; those of its parts are compared
_KIND: Final = (
    "file.analysed > 0 AND :parts = EXISTS "
    "(SELECT 1 FROM track AS part WHERE part.file_id = file.id AND part.part != 0) "
)
_ONE: Final = f"{_SOUND} WHERE file.id = :file AND {_KIND}"
_ALIKE: Final = (
    f"{_SOUND} WHERE file.id IN ("
    "  SELECT file_id FROM analysis WHERE packets = :packets "
    "  UNION SELECT file_id FROM print WHERE duration_ms BETWEEN :near_low AND :near_high "
    "  UNION SELECT print_key.file_id FROM json_each(:frames) AS frame "
    "    JOIN print_key ON print_key.key = frame.value "
    "    JOIN print ON print.file_id = print_key.file_id "
    "    WHERE print.duration_ms BETWEEN :low AND :high) "
    f"AND track.recording_id != :recording AND {_KIND} "
    "ORDER BY ABS(print.duration_ms - :duration), file.id LIMIT :most"
)


class _Alike(msgspec.Struct, frozen=True):
    recording: RecordingId
    file: FileId
    difference: float
    reason: recordings.Reason


class Reunion(msgspec.Struct, frozen=True):
    """A merge as people see it."""

    id: MergeId
    title: str
    artist_credit: str
    kept: str  # the file that was known: "Artist/Album/01 One.mp3"
    merged: str  # the file that is the same recording
    reason: recordings.Reason
    difference: float
    merged_at: int  # Unix ms


async def look(db: Database, file: FileId, followers: Sequence[Follower]) -> bool:
    """Whether the recording of a file that was analysed is one with another; they are, from now.

    The older one is kept. Of files that hold several tracks, those that begin and end at the same
    places are the same, where the files sound the same.
    """
    row = await db.row(_ONE, {"file": file, "parts": False})
    if row is None:
        return await _look_at_parts(db, file, followers)
    ours, recording = _sound(row), RecordingId(row["recording_id"])
    alike = await _look(db, ours, recording)
    if not alike:
        return False
    return await db.batch(partial(_merge, file, recording, alike, followers))


async def _look_at_parts(db: Database, file: FileId, followers: Sequence[Follower]) -> bool:
    row = await db.row(_ONE, {"file": file, "parts": True})
    if row is None:
        return False
    alike = await _look(db, _sound(row), RecordingId(row["recording_id"]), parts=True)
    if not alike:
        return False
    return await db.batch(partial(_merge_parts, file, alike, followers))


async def known(db: Database, sound: Sound) -> FileId | None:
    """The file here that holds the same recording as one that is not here yet, if any does."""
    alike = await _look(db, sound, _NO_RECORDING)
    return min(alike, key=lambda each: each.difference).file if alike else None


async def _look(
    db: Database, ours: Sound, recording: RecordingId, *, parts: bool = False
) -> list[_Alike]:
    """The files of other recordings that sound the same; those that are cut, or those that are
    not."""
    far = max(_FAR_MS, round(_FAR_PART * ours.duration_ms))
    rows = await db.rows(
        _ALIKE,
        {
            "recording": recording,
            "parts": parts,
            "packets": ours.packets,
            "duration": ours.duration_ms,
            "near_low": ours.duration_ms - sameness.NEAR_MS,
            "near_high": ours.duration_ms + sameness.NEAR_MS,
            "low": ours.duration_ms - far,
            "high": ours.duration_ms + far,
            "frames": msgspec.json.encode(sameness.frames(ours.bits)).decode(),
            "most": _MOST,
        },
    )
    return await asyncio.to_thread(_alike, ours, rows) if rows else []


async def every(db: Database, *, limit: int, before: MergeId | None = None) -> list[Reunion]:
    """The merges that hold, the newest first."""
    rows = await db.rows(
        "SELECT recording_merge.id, recording_merge.reason, recording_merge.difference, "
        "  recording_merge.merged_at, track.title, track.artist_credit, "
        "  ours.path AS merged, theirs.path AS kept "
        "FROM recording_merge JOIN file AS ours ON ours.id = recording_merge.file_id "
        "JOIN file AS theirs ON theirs.id = recording_merge.like_file_id "
        "JOIN track ON track.id = IFNULL((SELECT id FROM track WHERE file_id = ours.id "
        "    AND recording_id = recording_merge.kept_id ORDER BY part LIMIT 1), "
        "  (SELECT id FROM track WHERE file_id = ours.id AND part = 0)) "
        "WHERE recording_merge.undone_at IS NULL "
        "AND (:before IS NULL OR recording_merge.id < :before) "
        "ORDER BY recording_merge.id DESC LIMIT :limit",
        {"limit": limit, "before": before},
    )
    return [
        Reunion(
            id=MergeId(row["id"]),
            title=row["title"],
            artist_credit=row["artist_credit"],
            kept=bytes(row["kept"]).decode("utf-8", "replace"),
            merged=bytes(row["merged"]).decode("utf-8", "replace"),
            reason=row["reason"],
            difference=row["difference"],
            merged_at=row["merged_at"],
        )
        for row in rows
    ]


async def undo(db: Database, merge: MergeId, followers: Sequence[Follower]) -> None:
    """Takes a merge back for good; NotFound."""
    await db.batch(partial(_undo, merge, followers))


_STAND_INS: Final = (
    "SELECT gone.id AS gone, (SELECT track.id FROM track JOIN file ON file.id = track.file_id "
    "    WHERE track.recording_id = gone.recording_id AND track.state = 'present' "
    f"   AND {_SEEN} "
    "    ORDER BY file.bit_depth IS NULL, file.bit_rate DESC, track.id LIMIT 1) AS here "
    "FROM track AS gone WHERE gone.id IN (SELECT value FROM json_each(:tracks)) "
    "AND gone.state = 'away' AND NOT gone.retired"
)


async def standing_in(
    db: Database, visibility: Visibility, tracks: Sequence[TrackId]
) -> dict[TrackId, TrackId]:
    """For those of the tracks that are away: one of the same recording that is present and may be
    seen, the lossless ones and the higher bit rates first."""
    rows = await db.rows(
        _STAND_INS,
        {
            **catalogue.visible(visibility),
            "tracks": msgspec.json.encode(list(tracks)).decode(),
        },
    )
    return {TrackId(row["gone"]): TrackId(row["here"]) for row in rows if row["here"] is not None}


def _sound(row: sqlite3.Row) -> Sound:
    return Sound(
        duration_ms=row["duration_ms"],
        sound_ms=row["sound_ms"],
        lead_ms=row["lead_ms"],
        bits=bytes(row["bits"]),
        course=bytes(row["course"]),
        packets=bytes(row["packets"]),
        title=row["title"] if row["tagged"] else "",
        explicit=bool(row["explicit"]),
        mbid=row["mbid"] or "",
    )


def _alike(ours: Sound, rows: Sequence[sqlite3.Row]) -> list[_Alike]:
    found: list[_Alike] = []
    for row in rows:
        difference = sameness.difference(ours, _sound(row))
        if difference is not None:
            reason: recordings.Reason = "packets" if row["packets"] == ours.packets else "print"
            found.append(
                _Alike(RecordingId(row["recording_id"]), FileId(row["id"]), difference, reason)
            )
    return found


def _merge(
    file: FileId,
    recording: RecordingId,
    alike: Sequence[_Alike],
    followers: Sequence[Follower],
    connection: sqlite3.Connection,
) -> bool:
    merged = False
    for each in sorted(alike, key=lambda each: each.recording):
        like, other = each.file, each.recording
        now_of = {
            row[0]: RecordingId(row[1])
            for row in connection.execute(
                "SELECT file_id, recording_id FROM track WHERE part = 0 "
                "AND file_id IN (:file, :like)",
                {"file": file, "like": like},
            )
        }
        # what it was when it was compared may have changed since
        if now_of.get(like) != other or now_of.get(file) is None:
            continue
        recording = now_of[file]
        if recording == other or recordings.kept_apart(connection, recording, other):
            continue
        _unite(connection, (file, recording), each, followers)
        merged = True
    if merged:
        overlay.follow(connection, [recording, *(each.recording for each in alike)], _now())
    return merged


def _merge_parts(
    file: FileId,
    alike: Sequence[_Alike],
    followers: Sequence[Follower],
    connection: sqlite3.Connection,
) -> bool:
    """Makes parts one that begin and end at the same places of two files that sound the same."""
    united: set[RecordingId] = set()
    for each in sorted(alike, key=lambda each: each.file):
        theirs = _parts(connection, each.file)
        for ours in _parts(connection, file):
            other = next((part for part in theirs if _same_place(ours, part)), None)
            if other is None or ours.recording == other.recording:
                continue
            if recordings.kept_apart(connection, ours.recording, other.recording):
                continue
            found = msgspec.structs.replace(each, recording=other.recording)
            _unite(connection, (file, ours.recording), found, followers)
            united |= {ours.recording, other.recording}
    if united:
        overlay.follow(connection, sorted(united), _now())
    return bool(united)


class _Part(msgspec.Struct, frozen=True):
    recording: RecordingId
    begin: float  # ms
    end: float


def _parts(connection: sqlite3.Connection, file: FileId) -> list[_Part]:
    rows = connection.execute(
        "SELECT track.recording_id, track.begin_samples * 1000.0 / file.sample_rate, "
        "  IFNULL(track.end_samples, file.samples) * 1000.0 / file.sample_rate "
        "FROM track JOIN file ON file.id = track.file_id "
        "WHERE file.id = :file AND track.part != 0 AND NOT track.retired ORDER BY track.part",
        {"file": file},
    )
    return [_Part(RecordingId(row[0]), row[1], row[2]) for row in rows]


def _same_place(one: _Part, other: _Part) -> bool:
    return max(abs(one.begin - other.begin), abs(one.end - other.end)) <= _EDGE_MS


def _unite(
    connection: sqlite3.Connection,
    ours: tuple[FileId, RecordingId],
    each: _Alike,
    followers: Sequence[Follower],
) -> None:
    (file, recording), like, other = ours, each.file, each.recording
    ours_is_newer = recording > other
    recordings.merge(
        connection,
        Merge(
            kept=min(recording, other),
            merged=max(recording, other),
            file=file if ours_is_newer else like,
            like=like if ours_is_newer else file,
            reason=each.reason,
            difference=each.difference,
        ),
        followers,
        _now(),
    )


def _undo(merge: MergeId, followers: Sequence[Follower], connection: sqlite3.Connection) -> None:
    both = recordings.undo(connection, merge, followers, _now())
    overlay.follow(connection, both, _now())


def _now() -> int:
    return time.time_ns() // 1_000_000
