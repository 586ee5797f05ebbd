"""Ratings: given, taken away, and taken over from tags."""

from __future__ import annotations

import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ProfileId, TrackId
from homestream.listening import ratings
from homestream.visibility import EVERYTHING, Visibility
from tests.listening import shelf


async def tagged(db: Database, title: str, rating: int, recording: int | None = None) -> TrackId:
    track = await shelf.track(db, title, recording=recording)
    async with db.write() as tx:
        await tx.execute(
            "UPDATE track SET tags = json_object('rating', :rating) WHERE id = :id",
            {"rating": rating, "id": track},
        )
    return track


async def test_rating_is_each_listeners_own(db: Database, ann: ProfileId, bob: ProfileId) -> None:
    track = await shelf.track(db, "Gigue")
    await ratings.put(db, EVERYTHING, ann, track, 90, now=1)
    await ratings.put(db, EVERYTHING, ann, track, 70, now=2)
    assert await ratings.of(db, EVERYTHING, ann, track) == 70
    assert await ratings.of(db, EVERYTHING, bob, track) is None
    await ratings.put(db, EVERYTHING, ann, track, None, now=3)
    assert await ratings.of(db, EVERYTHING, ann, track) is None


async def test_all_tracks_of_a_recording_have_its_rating(db: Database, ann: ProfileId) -> None:
    one = await shelf.track(db, "Gigue")
    recording = await shelf.recording_of(db, one)
    other = await shelf.track(db, "Gigue again", recording=recording)
    await ratings.put(db, EVERYTHING, ann, one, 50, now=1)
    assert await ratings.of(db, EVERYTHING, ann, other) == 50


async def test_hidden_track_can_be_neither_rated_nor_asked_for(
    db: Database, ann: ProfileId
) -> None:
    track = await shelf.track(db, "Gigue", explicit=True)
    child = Visibility(explicit=False)
    with pytest.raises(NotFound):
        await ratings.put(db, child, ann, track, 50, now=1)
    with pytest.raises(NotFound):
        await ratings.of(db, child, ann, track)


async def test_ratings_in_tags_become_those_of_one_person_and_no_newer_one_is_lost(
    db: Database, ann: ProfileId, bob: ProfileId
) -> None:
    first, second = await tagged(db, "Gigue", 80), await tagged(db, "Courante", 40)
    await ratings.put(db, EVERYTHING, ann, first, 20, now=1)
    assert await ratings.in_tags(db) == 2
    assert await ratings.take_over(db, ann, now=2) == 1
    assert await ratings.of(db, EVERYTHING, ann, first) == 20
    assert await ratings.of(db, EVERYTHING, ann, second) == 40
    assert await ratings.of(db, EVERYTHING, bob, second) is None
    await ratings.put(db, EVERYTHING, ann, second, 100, now=3)
    assert await ratings.take_over(db, ann, now=4) == 0
    assert await ratings.of(db, EVERYTHING, ann, second) == 100


async def test_ratings_cannot_be_given_to_nobody(db: Database) -> None:
    with pytest.raises(NotFound):
        await ratings.take_over(db, ProfileId(99), now=1)
