"""What was played: an append-only log from which all that is known about taste is derived."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from homestream.db import cursor as cursors
from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ProfileId, RecordingId, TrackId
from homestream.library import catalogue, reunion
from homestream.library.recordings import Follower
from homestream.visibility import Visibility

Ending = Literal["done", "skip", "back", "stop", "error"]
_DAY_MS: Final = 24 * 3600 * 1000
_EARLIEST_MS: Final = 946_684_800_000  # 2000: a clock that says less was never set


class Play(msgspec.Struct, frozen=True):
    """One play as the player tells it."""

    client_event_id: str  # made by the player; the same one again is the same play
    track: TrackId
    listening_session: str  # from opening the player to closing it
    started_at: int  # Unix ms
    tz_offset_minutes: int  # east of UTC, where the listener was
    device: str
    source: str  # album, artist, playlist, search, queue, hand, radio:..., mix:...
    played_ms: int
    ending: Ending
    source_id: str | None = None
    offer_id: str | None = None  # the list of ours that offered it
    offer_rank: int | None = None
    seeks: int = 0
    shuffle: bool = False
    private: bool = False


class Recorded(msgspec.Struct, frozen=True):
    id: int
    new: bool  # False: it was told before, and the first time counts
    received_at: int  # Unix ms


class Played(msgspec.Struct, frozen=True):
    track: catalogue.Track
    played_at: int  # Unix ms


class Impression(msgspec.Struct, frozen=True):
    """That a list of ours showed something, taken or not."""

    item: str  # public id
    rank: int


async def record(
    db: Database, visibility: Visibility, listener: ProfileId, play: Play, *, now: float
) -> Recorded:
    """Keeps a play, once; NotFound when the listener can see no such track.

    A start more than a day ahead of `now`, or before the year 2000, comes from a clock that is
    wrong: the play is kept with the time it was received.
    """
    before = await _recorded(db, listener, play.client_event_id)
    if before is not None:
        return before
    tracks = await catalogue.tracks_by_id(db, visibility, None, [play.track])
    if not tracks:
        raise NotFound("track is not here")
    received_at = int(now * 1000)
    sane = _EARLIEST_MS <= play.started_at <= received_at + _DAY_MS
    async with db.write() as tx:
        try:
            row = await tx.insert(
                "INSERT INTO play (client_event_id, profile_id, recording_id, track_id,"
                " listening_session, started_at, tz_offset_minutes, received_at, device, source,"
                " source_id, offer_id, offer_rank, played_ms, track_ms, ending, seeks, shuffle,"
                " private) VALUES (:client_event_id, :profile, :recording, :track,"
                " :listening_session, :started_at, :tz_offset_minutes, :received_at, :device,"
                " :source, :source_id, :offer_id, :offer_rank, :played_ms, :track_ms, :ending,"
                " :seeks, :shuffle, :private)",
                {
                    **msgspec.structs.asdict(play),
                    "profile": listener,
                    "recording": tracks[0].recording,
                    "started_at": play.started_at if sane else received_at,
                    "received_at": received_at,
                    "track_ms": round(tracks[0].duration * 1000),
                },
            )
        except sqlite3.IntegrityError:
            row = 0
    if not row:
        before = await _recorded(db, listener, play.client_event_id)
        if before is None:
            raise NotFound("profile is not here")
        return before
    return Recorded(row, True, received_at)


async def recent(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    *,
    limit: int,
    cursor: str | None = None,
) -> catalogue.Page[Played]:
    """What was played last, newest first, each recording once; what was private stays out."""
    at, row_id = cursors.decode(cursor, 2) if cursor else (2**62, 0)
    rows = await db.rows(
        "SELECT p.id, p.track_id, p.started_at FROM play p"
        " WHERE p.profile_id = :profile AND NOT p.private"
        " AND (p.started_at, p.id) < (:at, :id)"
        " AND NOT EXISTS (SELECT 1 FROM play q WHERE q.recording_id = p.recording_id"
        " AND q.profile_id = p.profile_id AND NOT q.private"
        " AND (q.started_at, q.id) > (p.started_at, p.id))"
        " ORDER BY p.started_at DESC, p.id DESC LIMIT :limit",
        {"profile": listener, "at": at, "id": row_id, "limit": limit + 1},
    )
    more, rows = len(rows) > limit, rows[:limit]
    played = [TrackId(row["track_id"]) for row in rows]
    instead = await reunion.standing_in(db, visibility, played)
    now = [instead.get(track, track) for track in played]
    seen = {
        track.id: track for track in await catalogue.tracks_by_id(db, visibility, listener, now)
    }
    return catalogue.Page(
        [
            Played(seen[track], row["started_at"])
            for row, track in zip(rows, now, strict=True)
            if track in seen
        ],
        cursors.encode(rows[-1]["started_at"], rows[-1]["id"]) if more else None,
    )


async def shown(
    db: Database,
    listener: ProfileId,
    *,
    offer_id: str,
    shelf: str,
    impressions: Sequence[Impression],
    now: float,
) -> None:
    """Keeps what a list of ours showed; a rank that was told before stays as it was."""
    async with db.write() as tx:
        await tx.execute_many(
            "INSERT INTO impression (offer_id, profile_id, shelf, item, rank, shown_at)"
            " VALUES (:offer, :profile, :shelf, :item, :rank, :now) ON CONFLICT DO NOTHING",
            [
                {
                    "offer": offer_id,
                    "profile": listener,
                    "shelf": shelf,
                    "item": impression.item,
                    "rank": impression.rank,
                    "now": int(now * 1000),
                }
                for impression in impressions
            ],
        )


async def _recorded(db: Database, listener: ProfileId, client_event_id: str) -> Recorded | None:
    row = await db.row(
        "SELECT id, received_at FROM play WHERE profile_id = :profile AND client_event_id = :event",
        {"profile": listener, "event": client_event_id},
    )
    return Recorded(row["id"], False, row["received_at"]) if row is not None else None


def _merge(connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId) -> list[Any]:
    moved = [
        row[0]
        for row in connection.execute(
            "SELECT id FROM play WHERE recording_id = :merged", {"merged": merged}
        )
    ]
    connection.execute(
        "UPDATE play SET recording_id = :kept WHERE recording_id = :merged",
        {"kept": kept, "merged": merged},
    )
    return moved


def _undo(
    connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId, moved: list[Any]
) -> None:
    connection.executemany(
        "UPDATE play SET recording_id = :merged WHERE id = :id AND recording_id = :kept",
        [{"merged": merged, "kept": kept, "id": play} for play in moved],
    )


FOLLOWER: Final = Follower("play", _merge, _undo)
