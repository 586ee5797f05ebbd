from __future__ import annotations

import pytest

from homestream.db.connect import Database
from homestream.errors import BadInput
from homestream.ids import ProfileId, TrackId
from homestream.listening import queue
from homestream.listening.queue import Queue
from homestream.visibility import EVERYTHING, Visibility
from tests.listening import shelf

NOW = 1_800_000_000.0


async def test_a_queue_is_one_listeners_own_and_comes_back(
    db: Database, ann: ProfileId, bob: ProfileId
) -> None:
    a, b = await shelf.track(db, "A"), await shelf.track(db, "B")
    kept = Queue((b, a, b), current=2, position=12.5, shuffle=True, repeat="all")
    await queue.keep(db, EVERYTHING, ann, Queue((a,)), now=NOW)
    await queue.keep(db, EVERYTHING, ann, kept, now=NOW)
    back, tracks = await queue.of(db, EVERYTHING, ann)
    assert back == kept
    assert [track.title for track in tracks] == ["B", "A", "B"]
    assert await queue.of(db, EVERYTHING, bob) == (Queue(), [])


@pytest.mark.parametrize("current", [-1, 1, 99])
async def test_the_current_track_is_one_of_them(db: Database, ann: ProfileId, current: int) -> None:
    track = await shelf.track(db, "A")
    with pytest.raises(BadInput):
        await queue.keep(db, EVERYTHING, ann, Queue((track,), current=current), now=NOW)


async def test_what_cannot_be_seen_is_left_out_and_the_current_track_stays(
    db: Database, ann: ProfileId
) -> None:
    rude = await shelf.track(db, "Rude", explicit=True)
    a, b = await shelf.track(db, "A"), await shelf.track(db, "B")
    kept = Queue((rude, a, TrackId(999), b), current=3, position=7.0)
    await queue.keep(db, Visibility(explicit=False), ann, kept, now=NOW)
    back, tracks = await queue.of(db, EVERYTHING, ann)
    assert back == Queue((a, b), current=1, position=7.0)
    assert [track.title for track in tracks] == ["A", "B"]


async def test_when_the_current_track_cannot_be_seen_the_next_begins(
    db: Database, ann: ProfileId
) -> None:
    rude = await shelf.track(db, "Rude", explicit=True)
    a, b = await shelf.track(db, "A"), await shelf.track(db, "B")
    await queue.keep(db, EVERYTHING, ann, Queue((a, rude, b), current=1, position=7.0), now=NOW)
    back, _ = await queue.of(db, Visibility(explicit=False), ann)
    assert back == Queue((a, b), current=1, position=0.0)
    await queue.keep(db, EVERYTHING, ann, Queue((a, rude), current=1, position=7.0), now=NOW)
    back, _ = await queue.of(db, Visibility(explicit=False), ann)
    assert back == Queue((a,), current=0, position=0.0)
