"""The queue: what plays now and next for one profile, so that any page and device can go on."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from homestream.db.connect import Database
from homestream.errors import BadInput
from homestream.ids import ProfileId, TrackId
from homestream.library import catalogue, reunion
from homestream.visibility import Visibility

Repeat = Literal["off", "all", "one"]
MOST_TRACKS: Final = 5_000


class Queue(msgspec.Struct, frozen=True):
    """Tracks in playing order; `current` counts from 0 and is 0 in an empty queue."""

    tracks: tuple[TrackId, ...] = ()
    current: int = 0
    position: float = 0.0  # seconds into the current track
    shuffle: bool = False
    repeat: Repeat = "off"


async def of(
    db: Database, visibility: Visibility, listener: ProfileId
) -> tuple[Queue, list[catalogue.Track]]:
    """The listener's queue and its tracks; what cannot be seen any more is left out.

    Where a track's file went away and the same recording is there in another, that one stands in.
    """
    row = await db.row("SELECT state FROM queue WHERE profile_id = :profile", {"profile": listener})
    if row is None:
        return Queue(), []
    kept = msgspec.json.decode(row["state"], type=Queue)
    return await _seen(db, visibility, listener, kept)


async def keep(
    db: Database, visibility: Visibility, listener: ProfileId, queue: Queue, *, now: float
) -> None:
    """Keeps the queue instead of the one before; tracks that cannot be seen are left out.

    BadInput when it is too long, or `current` is not in it.
    """
    if len(queue.tracks) > MOST_TRACKS:
        raise BadInput(f"a queue holds {MOST_TRACKS} tracks at most")
    if queue.current >= max(len(queue.tracks), 1) or queue.current < 0:
        raise BadInput("current is not in the queue")
    kept, _ = await _seen(db, visibility, listener, queue)
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO queue (profile_id, state, changed_at) VALUES (:profile, :state, :now)"
            " ON CONFLICT (profile_id) DO UPDATE SET state = :state, changed_at = :now",
            {
                "profile": listener,
                "state": msgspec.json.encode(kept).decode(),
                "now": int(now * 1000),
            },
        )


async def _seen(
    db: Database, visibility: Visibility, listener: ProfileId, queue: Queue
) -> tuple[Queue, list[catalogue.Track]]:
    instead = await reunion.standing_in(db, visibility, queue.tracks)
    if instead:
        tracks = tuple(instead.get(track, track) for track in queue.tracks)
        queue = msgspec.structs.replace(queue, tracks=tracks)
    found = await catalogue.tracks_by_id(
        db, visibility, listener, list(dict.fromkeys(queue.tracks))
    )
    seen = {track.id: track for track in found}
    there = [number for number, track in enumerate(queue.tracks) if track in seen]
    if len(there) == len(queue.tracks):
        return queue, [seen[track] for track in queue.tracks]
    before = sum(number < queue.current for number in there)
    still = queue.current in there
    shortened = msgspec.structs.replace(
        queue,
        tracks=tuple(queue.tracks[number] for number in there),
        current=min(before, max(len(there) - 1, 0)),
        position=queue.position if still else 0.0,
    )
    return shortened, [seen[track] for track in shortened.tracks]
