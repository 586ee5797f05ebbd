"""How often something was played before, as tags tell: taken over once, never among plays."""

from __future__ import annotations

import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ProfileId, TrackId
from homestream.library import recordings
from homestream.library.recordings import Merge
from homestream.listening import earlier, followers
from homestream.listening.earlier import Count
from homestream.visibility import EVERYTHING, Visibility
from tests.listening import shelf


async def tagged(db: Database, title: str, plays: int, recording: int | None = None) -> TrackId:
    track = await shelf.track(db, title, recording=recording)
    await tell(db, track, plays)
    return track


async def tell(db: Database, track: TrackId, plays: int) -> None:
    async with db.write() as tx:
        await tx.execute(
            "UPDATE track SET tags = json_object('plays', :plays) WHERE id = :id",
            {"plays": plays, "id": track},
        )


async def test_counts_in_tags_become_those_of_one_person_and_are_no_plays(
    db: Database, ann: ProfileId, bob: ProfileId
) -> None:
    track = await tagged(db, "Gigue", 12)
    await shelf.track(db, "Never")
    assert await earlier.in_tags(db) == 1
    assert await earlier.take_over(db, ann, now=1) == 1
    assert await earlier.of(db, EVERYTHING, ann, track) == Count(here=0, before=12)
    assert await earlier.of(db, EVERYTHING, bob, track) == Count(here=0, before=0)
    assert await db.rows("SELECT * FROM play") == []


async def test_count_that_was_taken_over_does_not_grow_with_the_tags(
    db: Database, ann: ProfileId
) -> None:
    track = await tagged(db, "Gigue", 12)
    await earlier.take_over(db, ann, now=1)
    await tell(db, track, 15)
    assert await earlier.take_over(db, ann, now=2) == 0
    assert (await earlier.of(db, EVERYTHING, ann, track)).before == 12


async def test_two_files_of_a_recording_are_not_added_up(db: Database, ann: ProfileId) -> None:
    one = await tagged(db, "Gigue", 12)
    await tagged(db, "Gigue again", 9, recording=await shelf.recording_of(db, one))
    assert await earlier.take_over(db, ann, now=1) == 1
    assert (await earlier.of(db, EVERYTHING, ann, one)).before == 12


async def test_count_goes_along_when_two_recordings_are_one_and_back(
    db: Database, ann: ProfileId
) -> None:
    one, other = await tagged(db, "Gigue", 5), await tagged(db, "Gigue again", 12)
    await earlier.take_over(db, ann, now=1)
    kept, merged = await shelf.recording_of(db, one), await shelf.recording_of(db, other)
    files = [row["file_id"] for row in await db.rows("SELECT file_id FROM track ORDER BY id")]
    found = Merge(kept, merged, files[1], files[0], "print", 0.1)
    await db.batch(lambda c: recordings.merge(c, found, followers.EVERY, 1))
    assert (await earlier.of(db, EVERYTHING, ann, other)).before == 12
    (row,) = await db.rows("SELECT id FROM recording_merge")
    await db.batch(lambda c: recordings.undo(c, row["id"], followers.EVERY, 2))
    assert (await earlier.of(db, EVERYTHING, ann, one)).before == 5
    assert (await earlier.of(db, EVERYTHING, ann, other)).before == 12


async def test_nobody_is_told_of_what_is_hidden_and_nobody_unknown_given_anything(
    db: Database, ann: ProfileId
) -> None:
    track = await shelf.track(db, "Gigue", explicit=True)
    with pytest.raises(NotFound):
        await earlier.of(db, Visibility(explicit=False), ann, track)
    with pytest.raises(NotFound):
        await earlier.take_over(db, ProfileId(999), now=1)
