"""Scans of real folders: what they find, what they read again, and what they never lose."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from homestream.db import connect, migrate
from homestream.db.connect import Database
from homestream.errors import MediaError
from homestream.ids import TrackId
from homestream.library import libraries
from homestream.library.scan import Scan, Scanner
from homestream.media import probe, skim
from homestream.workers.pool import Pool
from tests.library import music as songs
from tests.library.conftest import CountingPool

WAIT = 60


async def tracks(db: Database) -> dict[str, tuple[int, int, int, str]]:
    """Track, recording, added_at and state by title."""
    return {
        row["title"]: (row["id"], row["recording_id"], row["added_at"], row["state"])
        for row in await db.rows("SELECT * FROM track ORDER BY id")
    }


async def test_first_scan_finds_every_kind_of_file(
    scanner: Scanner, db: Database, music: Path
) -> None:
    for seed, suffix in enumerate(songs.KINDS, 1):
        songs.song(music / f"song {seed}{suffix}", seed)
    result = await scanner.run()
    assert (result.tracks, result.added, result.rejected) == (6, 6, [])
    codecs = {row["codec"] for row in await db.rows("SELECT codec FROM file")}
    assert codecs == {"flac", "mp3", "opus", "vorbis", "aac", "pcm_s16le"}
    assert set(await tracks(db)) == {"song 1", "song 2", "song 3", "song 4", "song 5", "song 6"}


async def test_second_scan_reads_nothing(scanner: Scanner, pool: CountingPool, music: Path) -> None:
    songs.album(music / "A" / "One", "One", "A", seed=1)
    await scanner.run(all_stages=True)
    assert pool.files == 3
    pool.runs.clear()
    result = await scanner.run(all_stages=True)
    assert pool.runs == {}
    assert (result.tracks, result.added, result.updated, result.moved) == (3, 0, 0, 0)


async def test_only_the_file_that_changed_is_read_again(
    scanner: Scanner, pool: CountingPool, music: Path
) -> None:
    files = songs.album(music / "One", "One", "A", seed=1)
    await scanner.run()
    pool.files = 0
    songs.tag(files[1], genre="Jazz")
    result = await scanner.run()
    assert (pool.files, result.updated) == (1, 1)


async def test_what_an_earlier_version_read_is_read_once_more_and_kept(
    scanner: Scanner, pool: CountingPool, db: Database, music: Path
) -> None:
    songs.album(music / "One", "One", "A", seed=1, suffix=".mp3", tracks=2)
    songs.song(music / "untagged.mp3", 9)
    await scanner.run()
    before = await tracks(db)
    (upgrade,) = (sql for number, sql in migrate.migrations() if number == 9)
    (statement,) = (each for each in upgrade.split(";") if "UPDATE file" in each)

    def as_it_was(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE file SET audio_key = CAST(id AS BLOB)")  # told otherwise
        connection.execute("DELETE FROM recording_key")
        connection.execute("UPDATE track SET tags = '{}'")

    await db.batch(as_it_was)
    async with db.write() as transaction:
        await transaction.execute(statement)
    pool.files = 0
    result = await scanner.run()
    assert (pool.files, result.updated, result.added, result.away) == (3, 3, 0, 0)
    assert await tracks(db) == before
    assert (await scanner.run()).updated == 0
    (music / "untagged.mp3").rename(music / "moved.mp3")
    assert (await scanner.run()).moved == 1


async def test_what_is_ignored_goes_away_and_comes_back_whole(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.album(music / "One", "One", "A", seed=1)
    songs.album(music / "Two", "Two", "B", seed=11)
    await scanner.run()
    before = await tracks(db)
    (music / ".homestreamignore").write_text("Two/\n02*\n")
    result = await scanner.run()
    assert (result.tracks, result.away) == (2, 4)
    (music / ".homestreamignore").unlink()
    (music / "One" / ".nomedia").touch()
    assert (await scanner.run()).tracks == 3
    (music / "One" / ".nomedia").unlink()
    await scanner.run()
    assert await tracks(db) == before


async def test_moved_file_keeps_its_track(scanner: Scanner, db: Database, music: Path) -> None:
    files = songs.album(music / "One", "One", "A", seed=1)
    await scanner.run()
    before = await tracks(db)
    (music / "Elsewhere").mkdir()
    for file in files:
        file.rename(music / "Elsewhere" / file.name)
    result = await scanner.run()
    assert (result.moved, result.added, result.away) == (3, 0, 0)
    assert await tracks(db) == before


async def test_retagged_and_moved_file_keeps_its_track(
    scanner: Scanner, db: Database, music: Path
) -> None:
    file = songs.song(music / "a.mp3", 1, title="Song", artist="A")
    await scanner.run()
    before = await tracks(db)
    songs.tag(file, title="Better name")
    file.rename(music / "b.mp3")
    result = await scanner.run()
    assert result.moved == 1
    assert (await tracks(db))["Better name"] == before["Song"]


async def test_files_that_change_places_keep_their_tracks(
    scanner: Scanner, db: Database, music: Path
) -> None:
    names = [music / f"Track {number}.flac" for number in range(1, 5)]
    for seed, name in enumerate(names[:3], 1):
        songs.song(name, seed, title=f"Song {seed}", artist="A")
    await scanner.run()
    before = await tracks(db)
    for number in (2, 1, 0):
        names[number].rename(names[number + 1])
    songs.song(names[0], 9, title="Song 9", artist="A")
    result = await scanner.run()
    after = await tracks(db)
    assert (result.added, result.away) == (1, 0)
    assert {title: after[title] for title in before} == before


async def test_other_sound_under_the_same_names_is_the_same_track(
    scanner: Scanner, db: Database, music: Path
) -> None:
    names = {"title": "Song", "artist": "A", "album": "One", "tracknumber": "1"}
    songs.song(music / "song.flac", 1, **names)
    await scanner.run()
    before = await tracks(db)
    songs.song(music / "song.flac", 2, **names)
    await scanner.run()
    assert await tracks(db) == before
    (music / "song.flac").unlink()
    songs.song(music / "song.opus", 2, **names)
    await scanner.run()
    assert await tracks(db) == before


async def test_another_song_at_a_path_is_another_track(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.song(music / "song.flac", 1, title="Old", artist="A")
    await scanner.run()
    songs.song(music / "song.flac", 2, title="New", artist="B")
    result = await scanner.run()
    after = await tracks(db)
    assert result.tracks == 1
    assert (after["Old"][3], after["New"][3]) == ("away", "present")
    assert after["Old"][1] != after["New"][1]


async def test_copies_are_tracks_of_one_recording(
    scanner: Scanner, db: Database, music: Path
) -> None:
    file = songs.song(music / "a.flac", 1, title="Song", artist="A")
    await scanner.run()
    shutil.copy(file, music / "b.flac")
    result = await scanner.run()
    rows = await db.rows("SELECT DISTINCT recording_id FROM track")
    assert (result.tracks, result.added, len(rows)) == (2, 1, 1)


async def test_deleted_file_is_away_and_comes_back(
    scanner: Scanner, db: Database, music: Path, tmp_path: Path
) -> None:
    first, second = (songs.song(music / f"{n}.flac", n, title=f"S{n}") for n in (1, 2))
    await scanner.run()
    before = await tracks(db)
    first.rename(tmp_path / "kept.flac")
    result = await scanner.run()
    assert (result.tracks, result.away) == (1, 1)
    (tmp_path / "kept.flac").rename(first)
    result = await scanner.run()
    assert result.tracks == 2
    assert await tracks(db) == before
    assert second.exists()


@pytest.mark.parametrize("how", ["gone", "empty", "a file"])
async def test_root_that_is_not_there_takes_nothing_with_it(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path, tmp_path: Path, how: str
) -> None:
    songs.album(music / "A" / "One", "One", "A", seed=1)
    await scanner.run()
    before = await tracks(db)
    pool.files = 0
    music.rename(tmp_path / "unplugged")
    if how == "empty":
        music.mkdir()
    elif how == "a file":
        music.write_bytes(b"")
    result = await scanner.run()
    assert (result.tracks, result.albums, result.artists, result.away) == (0, 0, 0, 3)
    (library,) = await libraries.every(db)
    assert library.away
    assert library.reason
    if how == "empty":
        music.rmdir()
    elif how == "a file":
        music.unlink()
    (tmp_path / "unplugged").rename(music)
    result = await scanner.run()
    assert (result.tracks, result.albums, result.artists, result.added) == (3, 1, 1, 0)
    assert await tracks(db) == before
    assert pool.files == 0
    assert not (await libraries.every(db))[0].away


async def test_library_that_is_not_configured_is_away_until_it_is(
    scanner: Scanner, db: Database, music: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    songs.song(other / "a.flac", 1, title="A")
    await libraries.configure(db, [("Other", str(other))])
    assert (await scanner.run()).tracks == 1
    before = await tracks(db)
    await libraries.configure(db, [], complete=False)  # a command that knows less of it
    assert (await scanner.run()).tracks == 1
    await libraries.configure(db, [])
    assert (await scanner.run()).tracks == 0
    await libraries.configure(db, [("Renamed", str(other))])
    assert (await scanner.run()).tracks == 1
    assert await tracks(db) == before


async def test_library_that_never_held_a_file_is_forgotten_with_its_configuration(
    scanner: Scanner, db: Database, music: Path, tmp_path: Path
) -> None:
    songs.song(music / "a.flac", 1, title="A")
    await libraries.configure(db, [("Music", str(music)), ("Mistyped", str(tmp_path / "musik"))])
    await scanner.run()
    assert [each.name for each in await libraries.every(db)] == ["Mistyped", "Music"]
    await libraries.configure(db, [("Music", str(music))], complete=False)
    assert [each.name for each in await libraries.every(db)] == ["Mistyped", "Music"]
    await libraries.configure(db, [("Music", str(music))])
    assert [each.name for each in await libraries.every(db)] == ["Music"]
    await libraries.configure(db, [])
    assert [each.name for each in await libraries.every(db)] == ["Music"]


async def test_refused_file_has_a_reason_and_is_not_read_again(
    scanner: Scanner, pool: CountingPool, music: Path
) -> None:
    good = songs.song(music / "good.flac", 1, title="Good")
    (music / "empty.mp3").touch()
    (music / "text.mp3").write_text("-ab 440+10/50\n" * 40)
    (music / "list.mp3").write_text("#EXTM3U\n#EXTINF:10,\n" + str(good) + "\n")
    result = await scanner.run()
    assert result.tracks == 1
    assert [Path(path).name for path, _ in result.rejected] == ["empty.mp3", "list.mp3", "text.mp3"]
    assert all(reason for _, reason in result.rejected)
    pool.files = 0
    again = await scanner.run()
    assert pool.files == 0
    assert again.rejected == result.rejected
    songs.song(music / "empty.mp3", 2, title="Filled")
    mended = await scanner.run()
    assert pool.files == 1
    assert (mended.tracks, len(mended.rejected)) == (2, 2)
    (music / "text.mp3").unlink()
    assert len((await scanner.run()).rejected) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is locked for root")
async def test_file_that_was_locked_is_read_once_it_is_not(scanner: Scanner, music: Path) -> None:
    file = songs.song(music / "a.flac", 1, title="Song")
    file.chmod(0)
    assert len((await scanner.run()).rejected) == 1
    file.chmod(0o600)
    assert (await scanner.run()).tracks == 1


async def test_file_that_breaks_takes_its_track_away_and_mends_it(
    scanner: Scanner, db: Database, music: Path
) -> None:
    file = songs.song(music / "a.flac", 1, title="Song")
    await scanner.run()
    before = await tracks(db)
    sound = file.read_bytes()
    file.write_bytes(b"\0" * 1000)
    result = await scanner.run()
    assert (result.tracks, result.away, len(result.rejected)) == (0, 1, 1)
    file.write_bytes(sound)
    result = await scanner.run()
    assert (result.tracks, result.added, result.rejected) == (1, 0, [])
    assert await tracks(db) == before


async def test_names_that_are_no_text_are_taken(
    scanner: Scanner, db: Database, music: Path
) -> None:
    file = songs.song(music / "a.flac", 1)
    strange = os.fsencode(music) + b"/\xff\xfe \x01.flac"
    longest = os.fsencode(music) + b"/" + b"x" * 250 + b".flac"
    shutil.copy(file, os.fsdecode(longest))
    file.rename(os.fsdecode(strange))
    result = await scanner.run()
    assert (result.tracks, result.rejected) == (2, [])
    paths = {bytes(row["path"]) for row in await db.rows("SELECT path FROM file")}
    assert paths == {os.path.basename(strange), os.path.basename(longest)}


async def test_pictures_lyrics_and_counts_come_in_the_second_stage(
    scanner: Scanner, db: Database, music: Path, data: Path
) -> None:
    songs.song(music / "a.ogg", 1, title="Song")
    (music / "a.lrc").write_text("[00:00.10]Hello\n")
    await scanner.run()
    assert (await db.row("SELECT measured FROM file"))["measured"] == 0
    await scanner.run(all_stages=True)
    row = await db.row("SELECT * FROM file")
    assert (row["measured"], row["samples_exact"]) == (1, 1)
    assert row["packet_index"]
    assert "Hello" in (await db.row("SELECT lines FROM lyrics"))["lines"]
    (music / "a.lrc").unlink()
    await scanner.run(all_stages=True)
    assert await db.row("SELECT lines FROM lyrics") is None


async def test_retagging_measures_again(scanner: Scanner, db: Database, music: Path) -> None:
    file = songs.song(music / "a.mp3", 1, title="Song")
    await scanner.run(all_stages=True)
    songs.tag(file, title="Longer " * 500)
    await scanner.run()
    assert (await db.row("SELECT measured, packet_index FROM file"))["packet_index"] == b""


async def test_first_play_measures_at_once(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path
) -> None:
    songs.song(music / "a.ogg", 1, title="Song")
    await scanner.run()
    (track, *_) = (await tracks(db))["Song"]
    await asyncio.gather(*(scanner.ensure_measured([TrackId(track)]) for _ in range(5)))
    assert (await db.row("SELECT measured FROM file"))["measured"] == 1
    assert pool.runs["measure"] == 1
    await scanner.ensure_measured([TrackId(track)])
    assert pool.runs["measure"] == 1


async def test_file_that_cannot_be_read_through_says_so_each_time(
    scanner: Scanner, db: Database, music: Path
) -> None:
    file = songs.song(music / "a.ogg", 1, title="Song")
    await scanner.run()
    (track, *_) = (await tracks(db))["Song"]
    status = file.stat()
    with file.open("r+b") as writing:
        writing.write(b"\0" * status.st_size)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    for _ in range(2):
        with pytest.raises(MediaError):
            await scanner.ensure_measured([TrackId(track)])


class HurriedPool(Pool):
    """A pool that really runs what it is given, but gives some of it no time."""

    def submit(self, fn: Any, /, *args: Any, **options: Any) -> Any:
        if fn is skim.skim or (fn is probe.read and (len(args[1]) > 1 or args[1] == ["slow.flac"])):
            options["timeout"] = 1e-6
        return super().submit(fn, *args, **options)


async def test_file_that_outlasts_its_worker_costs_itself_alone(
    db: Database, music: Path, data: Path
) -> None:
    songs.album(music / "One", "One", "A", seed=1)
    songs.song(music / "One" / "slow.flac", 9, title="Slow")
    with HurriedPool(size=2) as pool:
        scanner = Scanner(db, pool, data, data / "art")
        result = await scanner.run()
        await scanner.close()
    assert result.tracks == 3
    ((path, reason),) = result.rejected
    assert path.endswith("slow.flac")
    assert "longer than" in reason


async def test_two_scans_in_one_process_are_one(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path
) -> None:
    songs.album(music / "One", "One", "A", seed=1)
    seen: list[Scan] = []
    first, second = await asyncio.gather(scanner.run(), scanner.run(progress=seen.append))
    assert first == second
    assert pool.files == 3
    assert seen[-1].state == "done"
    assert len(await db.rows("SELECT id FROM scan")) == 1


async def test_request_tells_of_the_scan_that_it_began(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.song(music / "a.ogg", 1, title="Song")
    scan = await scanner.request()
    result = await scanner.run(all_stages=True)
    assert (await scanner.get(scan.id)).state == "done"
    assert result.tracks == 1
    assert await scanner.current() is None


async def test_scan_of_another_process_is_joined(
    scanner: Scanner, pool: CountingPool, music: Path, data: Path
) -> None:
    songs.album(music / "One", "One", "A", tracks=4, seed=1)
    async with connect.opened(data / "homestream.db") as other_db:
        other = Scanner(other_db, pool, data, data / "art")
        seen: list[Scan] = []
        one, two = await asyncio.gather(scanner.run(), other.run(progress=seen.append))
        await other.close()
    assert (one.tracks, two.tracks) == (4, 4)
    assert (one.added, two.added) == (4, 4)
    assert pool.files == 4
    assert seen[-1].state == "done"


async def test_scan_whose_process_died_is_taken_over(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.song(music / "a.flac", 1, title="Song")
    async with db.write() as transaction:
        await transaction.insert(
            "INSERT INTO scan (state, stage, started_at, beat_at) "
            "VALUES ('running', 'reading', 1, 1)"
        )
    assert (await asyncio.wait_for(scanner.run(), WAIT)).tracks == 1
    states = [row["state"] for row in await db.rows("SELECT state FROM scan ORDER BY id")]
    assert states == ["failed", "done"]


SCANNING = """
import asyncio, sys
from pathlib import Path
from homestream.db import connect
from homestream.library.scan import Scanner
from homestream.workers.pool import Pool

async def main(pool):
    data = Path(sys.argv[1])
    async with connect.opened(data / "homestream.db") as db:
        scanner = Scanner(db, pool, data, data / "art")
        print("begun", flush=True)
        await scanner.run(all_stages=True, progress=lambda scan: print(scan.done, flush=True))
        print("done", flush=True)
        await scanner.close()

with Pool(size=2) as pool:
    asyncio.run(main(pool))
"""


async def test_killed_scan_leaves_a_sound_database_and_the_next_one_completes_it(
    scanner: Scanner, db: Database, music: Path, data: Path
) -> None:
    model = songs.song(music / "model.flac", 1)
    for folder in range(12):
        for number in range(12):
            file = music / f"Artist {folder % 3}" / f"Album {folder}" / f"{number:02}.flac"
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(model, file)
            songs.tag(
                file,
                title=f"Song {number}",
                album=f"Album {folder}",
                albumartist=f"Artist {folder % 3}",
                artist=f"Artist {folder % 3}",
            )
    for attempt in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(SCANNING), str(data)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout is not None
        for lines, _ in enumerate(process.stdout):
            if lines == attempt:
                break
        process.send_signal(signal.SIGKILL)
        process.wait(WAIT)
        process.stdout.close()
        with closing(sqlite3.connect(data / "homestream.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert _miscounted(connection) == []
    result = await asyncio.wait_for(scanner.run(), WAIT)
    assert (result.tracks, result.albums, result.rejected) == (145, 13, [])


def _miscounted(connection: sqlite3.Connection) -> list[tuple[int, ...]]:
    return connection.execute(
        "SELECT album.id FROM album WHERE track_count != (SELECT COUNT(*) FROM track "
        "WHERE album_id = album.id AND state = 'present')"
    ).fetchall()
