"""Changes that are noticed by themselves: what happens on disk, and what the library then holds."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from homestream.db.connect import Database
from homestream.ids import LibraryId
from homestream.library import inotify, libraries
from homestream.library.scan import Scanner
from homestream.library.watch import Watcher
from tests.library import music as songs
from tests.library.conftest import CountingPool
from tests.library.test_artwork import png
from tests.library.test_scan import tracks

WAIT = 30.0
SETTLE = 1.0
Tracks = dict[str, tuple[int, int, int, str]]


@pytest.fixture
async def watcher(db: Database, scanner: Scanner) -> AsyncIterator[Watcher]:
    watching = Watcher(db, scanner, settle_seconds=SETTLE)
    task = asyncio.create_task(watching.run())
    await asyncio.wait_for(watching.standing(), WAIT)
    yield watching
    task.cancel()
    await asyncio.wait([task])


async def eventually(question: Callable[[], Awaitable[Any]]) -> Any:
    """The first answer that is one, within a while."""
    async with asyncio.timeout(WAIT):
        while True:
            answer = await question()
            if answer:
                return answer
            await asyncio.sleep(0.05)


async def until(condition: Callable[[Tracks], bool], db: Database) -> Tracks:
    """The tracks, as soon as they are as wanted."""

    async def look() -> Tracks | None:
        found = await tracks(db)
        return found if condition(found) else None

    return cast(Tracks, await eventually(look))


def states(found: Tracks) -> dict[str, str]:
    return {title: row[3] for title, row in found.items()}


async def test_new_album_is_there_without_a_scan(
    watcher: Watcher, db: Database, music: Path
) -> None:
    songs.album(music / "A" / "One", "One", "A", seed=1)
    found = await until(lambda found: len(found) == 3, db)
    assert set(states(found).values()) == {"present"}
    assert await db.rows("SELECT * FROM scan") == []


async def test_only_the_touched_folder_is_read(
    scanner: Scanner, watcher: Watcher, db: Database, music: Path, pool: CountingPool
) -> None:
    songs.album(music / "A" / "One", "One", "A", seed=1)
    two = songs.album(music / "A" / "Two", "Two", "A", seed=11)
    await until(lambda found: len(found) == 6, db)
    pool.files = 0
    songs.tag(two[0], title="Anew")
    await until(lambda found: "Anew" in found, db)
    assert pool.files == 1


async def test_file_that_grows_is_left_until_it_holds_still(
    watcher: Watcher, db: Database, music: Path, pool: CountingPool, tmp_path: Path
) -> None:
    whole = songs.song(tmp_path / "song.flac", 1, title="Song", artist="A", album="B").read_bytes()
    half = music / "song.flac"
    half.write_bytes(whole[: len(whole) // 2])
    songs.album(music / "One", "One", "A", seed=11)
    for end in range(len(whole) // 2, len(whole), 1 + len(whole) // 12):
        half.write_bytes(whole[:end])
        await asyncio.sleep(SETTLE / 4)  # as slowly as a copy over a network
        assert await db.rows("SELECT * FROM rejected") == []
        assert not await db.rows("SELECT * FROM file WHERE path = :path", {"path": b"song.flac"})
    half.write_bytes(whole)
    found = await until(lambda found: "Song" in found and len(found) == 4, db)
    assert found["Song"][3] == "present"
    assert await db.rows("SELECT * FROM rejected") == []


async def test_renamed_folder_is_a_move_and_not_a_loss(
    watcher: Watcher, db: Database, music: Path
) -> None:
    songs.album(music / "A" / "One", "One", "A", seed=1)
    before = await until(lambda found: len(found) == 3, db)
    (music / "A").rename(music / "B")

    async with asyncio.timeout(WAIT):
        while {bytes(row["path"])[:2] for row in await db.rows("SELECT path FROM file")} != {b"B/"}:
            assert set(states(await tracks(db)).values()) == {"present"}
            await asyncio.sleep(0.05)
    assert await tracks(db) == before


async def test_file_moved_between_folders_and_retagged_keeps_its_track(
    watcher: Watcher, db: Database, music: Path
) -> None:
    one = songs.album(music / "One", "One", "A", seed=1)
    songs.album(music / "Two", "Two", "A", seed=11)
    before = await until(lambda found: len(found) == 6, db)
    moved = one[0].rename(music / "Two" / "elsewhere.flac")
    songs.tag(moved, title="Called otherwise")
    found = await until(lambda found: "Called otherwise" in found, db)
    assert found["Called otherwise"][:3] == before["One 1"][:3]
    assert len(found) == 6


async def test_deleted_file_is_away_and_comes_back_whole(
    watcher: Watcher, db: Database, music: Path, tmp_path: Path
) -> None:
    files = songs.album(music / "One", "One", "A", seed=1)
    before = await until(lambda found: len(found) == 3, db)
    shutil.move(files[1], tmp_path / "kept.flac")
    await until(lambda found: states(found)["One 2"] == "away", db)
    shutil.move(tmp_path / "kept.flac", files[1])
    assert await until(lambda found: states(found)["One 2"] == "present", db) == before


async def test_burst_of_many_files_is_read_once(
    watcher: Watcher, db: Database, music: Path, pool: CountingPool, tmp_path: Path
) -> None:
    first = songs.song(tmp_path / "song.mp3", 1, seconds=0.1)
    data = first.read_bytes()
    for album in range(20):
        folder = music / f"Album {album}"
        folder.mkdir()
        for number in range(10):
            (tmp_path / "next.mp3").write_bytes(data)
            songs.tag(tmp_path / "next.mp3", title=f"{album} {number}")
            (tmp_path / "next.mp3").rename(folder / f"{number}.mp3")
    await eventually(lambda: db.rows("SELECT 1 FROM file LIMIT 1 OFFSET 199"))
    assert pool.files == 200


async def test_root_that_goes_is_away_and_comes_back_by_itself(
    watcher: Watcher, db: Database, music: Path
) -> None:
    songs.album(music / "One", "One", "A", seed=1)
    before = await until(lambda found: len(found) == 3, db)
    music.rename(music.with_name("elsewhere"))
    await until(lambda found: set(states(found).values()) == {"away"}, db)
    row = await db.row("SELECT state, reason FROM library")
    assert row is not None
    assert (row["state"], bool(row["reason"])) == ("away", True)
    assert watcher.states()[LibraryId(1)].kind == "away"
    music.with_name("elsewhere").rename(music)
    assert await until(lambda found: set(states(found).values()) == {"present"}, db) == before
    songs.song(music / "Two" / "later.flac", 21, title="Later", artist="A", album="Two")
    await until(lambda found: "Later" in found, db)
    assert watcher.states()[LibraryId(1)].kind == "watched"


async def test_disk_mounted_empty_wipes_nothing(
    watcher: Watcher, db: Database, music: Path
) -> None:
    songs.album(music / "One", "One", "A", seed=1)
    before = await until(lambda found: len(found) == 3, db)
    music.rename(music.with_name("elsewhere"))
    music.mkdir()
    await until(lambda found: set(states(found).values()) == {"away"}, db)
    music.rmdir()
    music.with_name("elsewhere").rename(music)
    assert await until(lambda found: set(states(found).values()) == {"present"}, db) == before


async def test_library_that_is_added_is_watched(
    watcher: Watcher, db: Database, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    library = await libraries.add(db, "Other", str(other))

    async def watched() -> bool:
        return library in watcher.states()

    await eventually(watched)
    songs.song(other / "late.mp3", 5, title="Late", artist="A", album="B")
    await until(lambda found: "Late" in found, db)


async def test_names_that_are_no_text_are_noticed(
    watcher: Watcher, db: Database, music: Path, tmp_path: Path
) -> None:
    song = songs.song(tmp_path / "song.mp3", 1, title="Strange", artist="A", album="B")
    folder = os.path.join(os.fsencode(music), b"\xff\xfe")
    os.mkdir(folder)
    shutil.copy(song, os.path.join(folder, b"a\xff\n.mp3"))
    await until(lambda found: "Strange" in found, db)


async def test_folder_that_is_marked_is_passed_over_and_found_again(
    watcher: Watcher, db: Database, music: Path
) -> None:
    songs.album(music / "A" / "One", "One", "A", seed=1)
    before = await until(lambda found: len(found) == 3, db)
    (music / "A" / ".nomedia").touch()
    await until(lambda found: set(states(found).values()) == {"away"}, db)
    (music / "A" / ".nomedia").unlink()
    assert await until(lambda found: set(states(found).values()) == {"present"}, db) == before


async def test_picture_and_lyrics_beside_a_song_are_noticed(
    watcher: Watcher, db: Database, music: Path
) -> None:
    songs.album(music / "One", "One", "A", seed=1)
    await until(lambda found: len(found) == 3, db)
    (music / "One" / "01 One 1.lrc").write_text("[00:01.00]Words")
    (music / "One" / "cover.png").write_bytes(png("red"))
    await eventually(lambda: db.rows("SELECT * FROM lyrics WHERE source = 'file'"))
    await eventually(lambda: db.rows("SELECT * FROM album WHERE art_id IS NOT NULL"))


async def test_where_watching_is_off_nothing_is_noticed(
    db: Database, scanner: Scanner, music: Path
) -> None:
    watching = Watcher(db, scanner, unwatched=frozenset({os.fsencode(music)}))
    task = asyncio.create_task(watching.run())
    await asyncio.wait_for(watching.standing(), WAIT)
    assert watching.states()[LibraryId(1)].kind == "off"
    task.cancel()
    await asyncio.wait([task])


async def test_folder_that_cannot_be_watched_is_polled(
    db: Database, scanner: Scanner, music: Path
) -> None:
    """As many instances of inotify as the system allows are held, so there is none left."""
    held: list[inotify.Watch] = []
    try:
        with suppress(inotify.Unwatchable):
            while len(held) < 5_000:
                held.append(inotify.Watch(os.fsencode(music)))
        watching = Watcher(db, scanner, settle_seconds=0.2, poll_seconds=1.0)
        task = asyncio.create_task(watching.run())
        await asyncio.wait_for(watching.standing(), WAIT)
        state = watching.states()[LibraryId(1)]
        assert (state.kind, state.every) == ("polled", 1.0)
        assert "max_user_instances" in state.remedy
        songs.song(music / "late.mp3", 5, title="Late", artist="A", album="B")
        await until(lambda found: "Late" in found, db)
        task.cancel()
        await asyncio.wait([task])
    finally:
        for each in held:
            each.close()
