"""Of what is there several times the best is listed, where the owner wants it so."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from homestream.db.connect import Database
from homestream.ids import AlbumId, LibraryId, RecordingId
from homestream.library import catalogue, copies, health, overlay, search
from homestream.library.copies import Copy
from homestream.library.grouping import Quality
from homestream.library.scan import Scanner
from homestream.visibility import EVERYTHING, Visibility
from tests.library import music as songs

NOW = 1_700_000_000_000


def copy(track: int, codec: str = "mp3", *, library: int = 1, **more: int) -> Copy:
    row = (track, 1, 1, 1, "One", 200_000, codec, 44_100, more.get("depth"), more.get("rate"))
    return Copy(
        Quality.of_row(row), LibraryId(library), bool(more.get("va")), more.get("tracks", 10)
    )


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ([copy(1, rate=320_000), copy(2, "flac", depth=16)], 2),
        ([copy(1, rate=128_000), copy(2, rate=320_000)], 2),
        ([copy(1, "flac", depth=16), copy(2, "flac", depth=24)], 2),
        ([copy(1, rate=320_000, va=1), copy(2, rate=320_000)], 2),
        ([copy(1, rate=320_000, tracks=2), copy(2, rate=320_000, tracks=9)], 2),
        ([copy(1, rate=320_000), copy(2, rate=320_000)], 1),
    ],
)
def test_best_copy_is_kept(found: list[Copy], kept: int) -> None:
    assert set(copies.choose(found, {1}).values()) == {kept}


def test_copy_that_others_may_see_is_not_hidden_for_one_that_they_may_not() -> None:
    locked = [copy(1, "flac", depth=16, library=2), copy(2), copy(3)]
    assert copies.choose(locked, {1}) == {3: 2}
    assert copies.choose(locked, {1, 2}) == {2: 1, 3: 1}


async def titles(db: Database, visibility: Visibility = EVERYTHING) -> list[tuple[str, str]]:
    page = await catalogue.tracks(db, visibility, None)
    return sorted((track.album_title, track.title) for track in page.items)


async def albums(db: Database) -> dict[str, int]:
    page = await catalogue.albums(db, EVERYTHING, None)
    return {album.title: album.track_count for album in page.items}


async def three_copies(scanner: Scanner, music: Path) -> None:
    """One sound on two albums and alone, and another one."""
    songs.song(music / "A" / "1.flac", 1, title="Same", artist="Ann", album="A", tracknumber="1")
    songs.song(music / "A" / "2.flac", 2, title="Else", artist="Ann", album="A", tracknumber="2")
    songs.song(music / "B" / "1.flac", 1, title="Same", artist="Ann", album="B", tracknumber="1")
    songs.song(music / "B" / "2.flac", 3, title="More", artist="Ann", album="B", tracknumber="2")
    songs.song(music / "C" / "1.flac", 1, title="Same", artist="Ann", album="C", tracknumber="1")
    await scanner.run(all_stages=True)


async def test_lesser_copies_are_hidden_from_lists_albums_and_search_and_come_back(
    scanner: Scanner, db: Database, music: Path
) -> None:
    await three_copies(scanner, music)
    before = await titles(db)
    artist = (await catalogue.artists(db, EVERYTHING, None)).items[0]
    assert artist.track_count == 5
    assert await db.batch(partial(overlay.keep_best, only=None, now=NOW)) == 2

    assert await titles(db) == [("A", "Else"), ("A", "Same"), ("B", "More")]
    assert await albums(db) == {"A": 2, "B": 1}
    artist = (await catalogue.artists(db, EVERYTHING, None)).items[0]
    assert (artist.track_count, artist.album_count) == (3, 2)
    (row,) = await db.rows("SELECT album_id FROM track WHERE album_title = 'B' LIMIT 1")
    _, listed = await catalogue.album(db, EVERYTHING, None, AlbumId(row["album_id"]))
    assert [track.title for track in listed] == ["More"]
    assert await catalogue.other_qualities(db, EVERYTHING, None, AlbumId(row["album_id"])) == []
    found = await search.search(db, EVERYTHING, None, "same")
    assert [hit.title for hit in found.items if isinstance(hit, catalogue.Track)] == ["Same"]
    assert await health.items(db, "duplicates", limit=10) == []
    (hidden,) = await copies.every(db, limit=10)
    assert (hidden.title, hidden.copies, await copies.count(db)) == ("Same", 2, 2)

    await db.batch(partial(overlay.show_copies, only=hidden.recording))
    assert await titles(db) == before
    assert await albums(db) == {"A": 2, "B": 2, "C": 1}
    assert await copies.count(db) == 0


async def test_hidden_copy_is_shown_while_the_kept_one_is_away_and_stays_so_over_scans(
    scanner: Scanner, db: Database, music: Path
) -> None:
    await three_copies(scanner, music)
    await db.batch(partial(overlay.keep_best, only=None, now=NOW))
    await scanner.run(all_stages=True)
    assert ("B", "Same") not in await titles(db)
    kept = (music / "A" / "1.flac").rename(music.parent / "kept.flac")
    await scanner.run(all_stages=True)
    assert {("B", "Same"), ("C", "Same")} <= set(await titles(db))
    kept.rename(music / "A" / "1.flac")
    await scanner.run(all_stages=True)
    assert await titles(db) == [("A", "Else"), ("A", "Same"), ("B", "More")]


async def test_what_was_left_so_is_not_hidden_with_all(
    scanner: Scanner, db: Database, music: Path
) -> None:
    await three_copies(scanner, music)
    (item,) = await health.items(db, "duplicates", limit=10)
    await health.leave(db, "duplicates", item.item)
    assert await db.batch(partial(overlay.keep_best, only=None, now=NOW)) == 0
    only = RecordingId(int(item.item))
    assert await db.batch(partial(overlay.keep_best, only=only, now=NOW)) == 2


async def test_moving_a_kept_track_to_another_album_takes_no_hidden_copy_along(
    scanner: Scanner, db: Database, music: Path
) -> None:
    await three_copies(scanner, music)
    await db.batch(partial(overlay.keep_best, only=None, now=NOW))
    rows = await db.rows("SELECT id, album_id, album_title FROM track ORDER BY id")
    kept, home = rows[0]["id"], rows[0]["album_id"]
    await db.batch(partial(overlay.split, album=home, chosen=[kept], now=NOW))
    after = await db.rows("SELECT id, album_id FROM track ORDER BY id")
    moved = [now["id"] for was, now in zip(rows, after, strict=True) if was[1] != now[1]]
    assert len(moved) <= 1
    assert len([each for each in await titles(db) if each[1] == "Same"]) == 1
