from __future__ import annotations

import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ProfileId
from homestream.listening import stars
from homestream.visibility import EVERYTHING, Visibility
from tests.listening import shelf

NOW = 1_800_000_000.0


async def starred(db: Database, listener: ProfileId) -> list[str]:
    page = await stars.tracks(db, EVERYTHING, listener, limit=10)
    return [track.title for track in page.items]


async def test_a_star_is_one_listeners_own(db: Database, ann: ProfileId, bob: ProfileId) -> None:
    track = await shelf.track(db, "Prelude")
    for _ in range(2):
        await stars.put(db, EVERYTHING, ann, "track", track, now=NOW)
    assert await starred(db, ann) == ["Prelude"]
    assert await starred(db, bob) == []
    await stars.remove(db, bob, "track", track)
    assert await starred(db, ann) == ["Prelude"]
    await stars.remove(db, ann, "track", track)
    assert await starred(db, ann) == []


async def test_a_star_stays_on_the_recording_when_its_file_goes(
    db: Database, ann: ProfileId
) -> None:
    first = await shelf.track(db, "From the CD")
    recording = await shelf.recording_of(db, first)
    await stars.put(db, EVERYTHING, ann, "track", first, now=NOW)
    second = await shelf.track(db, "From the download", recording=recording)
    async with db.write() as tx:
        await tx.execute("UPDATE track SET state = 'away' WHERE id = :id", {"id": first})
    assert await starred(db, ann) == ["From the download"]
    await stars.remove(db, ann, "track", second)
    assert await starred(db, ann) == []


async def test_albums_and_artists_can_be_starred(db: Database, ann: ProfileId) -> None:
    await shelf.track(db, "Prelude")
    await stars.put(db, EVERYTHING, ann, "album", 1, now=NOW)
    await stars.put(db, EVERYTHING, ann, "artist", 1, now=NOW)
    albums = await stars.albums(db, EVERYTHING, ann, limit=10)
    artists = await stars.artists(db, EVERYTHING, ann, limit=10)
    assert [(album.title, album.starred) for album in albums.items] == [("Suites", True)]
    assert [(artist.name, artist.starred) for artist in artists.items] == [("Bach", True)]
    assert await starred(db, ann) == []


async def test_what_is_not_seen_cannot_be_starred(db: Database, bob: ProfileId) -> None:
    hidden = await shelf.track(db, "Rude", explicit=True)
    child = Visibility(explicit=False)
    for kind, item in (("track", 999), ("album", 999), ("artist", 999), ("track", hidden)):
        with pytest.raises(NotFound, match=kind):
            await stars.put(db, child, bob, kind, item, now=NOW)  # type: ignore[arg-type]


async def test_the_newest_star_comes_first_and_pages_meet(db: Database, ann: ProfileId) -> None:
    for n in range(5):
        track = await shelf.track(db, f"T{n}")
        await stars.put(db, EVERYTHING, ann, "track", track, now=NOW + n // 2)
    seen: list[str] = []
    cursor = None
    while True:
        page = await stars.tracks(db, EVERYTHING, ann, limit=2, cursor=cursor)
        seen += [track.title for track in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["T4", "T3", "T2", "T1", "T0"]
