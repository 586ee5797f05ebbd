"""Where each profile was in something long."""

from __future__ import annotations

import pytest

from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import AlbumId, LibraryId, ProfileId
from homestream.library import recordings
from homestream.library.recordings import Merge
from homestream.listening import bookmarks, followers
from homestream.visibility import EVERYTHING, Visibility
from tests.listening import shelf

NOW = 1_700_000_000.0
HOURS = 20 * 3600 * 1000


async def test_bookmark_is_each_profiles_own(db: Database, ann: ProfileId, bob: ProfileId) -> None:
    book = await shelf.track(db, "Book", duration_ms=HOURS)
    await bookmarks.put(db, EVERYTHING, ann, book, 70_000.25, now=NOW)
    await bookmarks.put(db, EVERYTHING, bob, book, 5, now=NOW)
    await bookmarks.put(db, EVERYTHING, ann, book, 70_001.25, now=NOW + 1)
    found = await bookmarks.one(db, EVERYTHING, ann, book)
    assert (found.track.title, found.position) == ("Book", 70_001.25)
    assert (await bookmarks.one(db, EVERYTHING, bob, book)).position == 5
    await bookmarks.remove(db, ann, book)
    await bookmarks.remove(db, ann, book)
    with pytest.raises(NotFound):
        await bookmarks.one(db, EVERYTHING, ann, book)
    assert (await bookmarks.one(db, EVERYTHING, bob, book)).position == 5


async def test_bookmark_stays_with_the_recording(db: Database, ann: ProfileId) -> None:
    mp3 = await shelf.track(db, "MP3", duration_ms=HOURS)
    await bookmarks.put(db, EVERYTHING, ann, mp3, 60, now=NOW)
    async with db.write() as tx:
        await tx.execute("UPDATE track SET state = 'away'")
    recording = await shelf.recording_of(db, mp3)
    flac = await shelf.track(db, "FLAC", recording=recording, duration_ms=HOURS)
    assert (await bookmarks.one(db, EVERYTHING, ann, flac)).position == 60
    page = await bookmarks.of(db, EVERYTHING, ann, limit=5)
    assert [mark.track.title for mark in page.items] == ["FLAC"]
    last = await bookmarks.last_in(db, EVERYTHING, ann, AlbumId(1))
    assert last is not None
    assert last.track.id == flac


async def test_last_bookmarks_come_first_page_by_page(db: Database, ann: ProfileId) -> None:
    for number in range(5):
        track = await shelf.track(db, f"T{number}")
        await bookmarks.put(db, EVERYTHING, ann, track, number, now=NOW + number)
    found: list[str] = []
    cursor = None
    while True:
        page = await bookmarks.of(db, EVERYTHING, ann, limit=2, cursor=cursor)
        found += [mark.track.title for mark in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert found == ["T4", "T3", "T2", "T1", "T0"]


async def test_what_may_not_be_seen_has_no_bookmark(db: Database, ann: ProfileId) -> None:
    rude = await shelf.track(db, "Rude", explicit=True)
    await bookmarks.put(db, EVERYTHING, ann, rude, 10, now=NOW)
    for may in (Visibility(explicit=False), Visibility(libraries=frozenset([LibraryId(9)]))):
        with pytest.raises(NotFound):
            await bookmarks.one(db, may, ann, rude)
        with pytest.raises(NotFound):
            await bookmarks.put(db, may, ann, rude, 20, now=NOW)
        assert (await bookmarks.of(db, may, ann, limit=5)).items == []
        assert await bookmarks.last_in(db, may, ann, AlbumId(1)) is None


@pytest.mark.parametrize("position", [-1, 202, float("nan")])
async def test_position_outside_the_track_is_refused(
    db: Database, ann: ProfileId, position: float
) -> None:
    track = await shelf.track(db, "T", duration_ms=200_000)
    with pytest.raises(BadInput):
        await bookmarks.put(db, EVERYTHING, ann, track, position, now=NOW)


async def test_oldest_bookmarks_make_room(db: Database, ann: ProfileId) -> None:
    track = await shelf.track(db, "Kept")
    async with db.write() as tx:
        for number in range(bookmarks.MOST):
            recording = await tx.insert("INSERT INTO recording (created_at) VALUES (0)")
            await tx.execute(
                "INSERT INTO bookmark VALUES (:profile, :recording, :track, 0, :number)",
                {"profile": ann, "recording": recording, "track": track, "number": number},
            )
    await bookmarks.put(db, EVERYTHING, ann, track, 1, now=NOW)
    row = await db.row("SELECT count(*) AS held, min(changed_at) AS first FROM bookmark")
    assert row is not None
    assert (row["held"], row["first"]) == (bookmarks.MOST, 1)


async def test_bookmark_goes_along_when_two_recordings_are_one_and_back(
    db: Database, ann: ProfileId, bob: ProfileId
) -> None:
    one = await shelf.track(db, "Book", duration_ms=HOURS)
    other = await shelf.track(db, "Book again", duration_ms=HOURS)
    await bookmarks.put(db, EVERYTHING, ann, one, 60, now=NOW)
    await bookmarks.put(db, EVERYTHING, ann, other, 90, now=NOW + 1)
    await bookmarks.put(db, EVERYTHING, bob, other, 120, now=NOW)
    kept, merged = await shelf.recording_of(db, one), await shelf.recording_of(db, other)
    files = [row["file_id"] for row in await db.rows("SELECT file_id FROM track ORDER BY id")]
    found = Merge(kept, merged, files[1], files[0], "print", 0.1)
    await db.batch(lambda c: recordings.merge(c, found, followers.EVERY, 1))
    assert (await bookmarks.one(db, EVERYTHING, ann, one)).position == 90
    assert (await bookmarks.one(db, EVERYTHING, bob, one)).position == 120
    (row,) = await db.rows("SELECT id FROM recording_merge")
    await db.batch(lambda c: recordings.undo(c, row["id"], followers.EVERY, 2))
    assert (await bookmarks.one(db, EVERYTHING, ann, one)).position == 60
    assert (await bookmarks.one(db, EVERYTHING, ann, other)).position == 90
    assert (await bookmarks.one(db, EVERYTHING, bob, other)).position == 120
    with pytest.raises(NotFound):
        await bookmarks.one(db, EVERYTHING, bob, one)
