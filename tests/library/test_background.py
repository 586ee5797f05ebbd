"""The second stage of a scan: what it notes, how it tells, and that it can be paused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from homestream.db.connect import Database
from homestream.errors import MediaError
from homestream.ids import TrackId
from homestream.library import analysis
from homestream.library.analysis import Progress
from homestream.library.scan import Scanner
from homestream.visibility import EVERYTHING
from tests.library import music as songs
from tests.library.conftest import CountingPool


async def test_progress_is_told_file_by_file_to_its_end(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.album(music / "A", "A", "A", tracks=10, seed=1)
    told: list[Progress] = []
    await scanner.run(all_stages=True, analysed=told.append)
    assert told[0] == Progress(total=10, done=0, problems=0, paused=False)
    assert told[-1] == Progress(total=10, done=10, problems=0, paused=False)
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert len({each.done for each in told}) > 2


async def test_paused_analysis_waits_and_goes_on_where_it_was(
    scanner: Scanner, db: Database, music: Path, pool: CountingPool
) -> None:
    songs.album(music / "A", "A", "A", tracks=3, seed=1, suffix=".mp3")
    await scanner.run(all_stages=True)
    assert pool.runs["analyse"] == 3
    await analysis.set_paused(db, paused=True)
    songs.album(music / "B", "B", "B", tracks=2, seed=11, suffix=".mp3")
    await scanner.run(all_stages=True)
    assert pool.runs["analyse"] == 3
    assert await analysis.progress(db) == Progress(total=5, done=3, problems=0, paused=True)
    row = await db.row("SELECT MAX(id) AS id FROM track")
    assert row is not None
    await scanner.ensure_measured([TrackId(row["id"])])  # who presses play does not wait for it
    assert await analysis.of_track(db, EVERYTHING, TrackId(row["id"])) is None
    await analysis.set_paused(db, paused=False)
    await scanner.run(all_stages=True)
    assert pool.runs["analyse"] == 5
    assert await analysis.of_track(db, EVERYTHING, TrackId(row["id"])) is not None


async def test_file_is_heard_again_when_its_sound_changes_and_not_for_its_tags(
    scanner: Scanner, db: Database, music: Path, pool: CountingPool
) -> None:
    path = songs.song(music / "one.flac", 1, title="One")
    await scanner.run(all_stages=True)
    other = songs.song(music / "two.mp3", 3, title="Two")
    await scanner.run(all_stages=True)
    assert pool.runs["analyse"] == 2
    for each in (path, other):
        songs.tag(each, title="Quite another name")
    await scanner.run(all_stages=True)
    assert (pool.runs["analyse"], pool.runs["measure"]) == (2, 1)
    assert (await analysis.progress(db)).done == 2
    assert await db.row("SELECT 1 FROM file WHERE measured != 1") is None
    songs.song(path, 2, title="Quite another name")
    await scanner.run(all_stages=True)
    assert pool.runs["analyse"] == 3


async def test_cut_and_dead_files_say_what_is_wrong_with_them(
    scanner: Scanner, db: Database, music: Path
) -> None:
    cut = songs.tune(music / "cut.flac", 1)
    data = cut.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    songs.tune(music / "whole.flac", 2)
    dead = songs.tune(music / "dead.flac", 3)
    await scanner.run()
    stat = dead.stat()
    with dead.open("r+b") as file:  # the same size and time: a disk that rots says nothing
        file.write(bytes(stat.st_size))
    os.utime(dead, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    await scanner.run(all_stages=True)
    found = {each.path: each.problem for each in await analysis.problems(db)}
    assert set(found) == {"cut.flac", "dead.flac"}
    assert found["cut.flac"].startswith("breaks off: 0:0")
    assert found["dead.flac"]
    assert (await analysis.progress(db)).problems == 2


async def test_waveform_and_numbers_are_kept_for_the_track(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.tune(music / "one.flac", 1)
    await scanner.run(all_stages=True)
    heard = await analysis.of_track(db, EVERYTHING, TrackId(1))
    assert heard is not None
    assert heard.problem is None
    assert heard.loudness is not None
    points = np.frombuffer(await analysis.waveform(db, EVERYTHING, TrackId(1)), np.uint8)
    assert points.reshape(-1, 2).shape == (songs.PIECE_SECONDS * 10, 2)
    row = await db.row("SELECT LENGTH(bits) AS bits FROM print")
    keys = await db.row("SELECT COUNT(*) AS keys FROM print_key")
    assert row is not None
    assert keys is not None
    assert 160 <= row["bits"] <= 2000
    assert keys["keys"] == 24


async def test_who_presses_play_waits_for_no_file_whose_header_tells_its_length(
    scanner: Scanner, db: Database, music: Path, pool: CountingPool
) -> None:
    songs.song(music / "one.mp3", 1, title="One")
    songs.song(music / "two.m4a", 2, title="Two")
    await scanner.run()
    rows = await db.rows("SELECT id, title FROM track")
    one, two = (TrackId(row["id"]) for row in sorted(rows, key=lambda row: str(row["title"])))
    await scanner.ensure_lengths([one])
    assert pool.runs["measure"] == 0
    await scanner.ensure_lengths([one, two])
    assert pool.runs["measure"] == 1
    await scanner.measure_soon([one, two])
    await scanner.measure_soon([one])
    await scanner.ensure_measured([one])
    row = await db.row("SELECT measured, packet_index FROM file WHERE path = :p", {"p": b"one.mp3"})
    assert row is not None
    assert row["measured"] == 1
    assert row["packet_index"]


async def test_file_that_is_to_be_read_soon_and_cannot_be_is_noted(
    scanner: Scanner, db: Database, music: Path
) -> None:
    path = songs.song(music / "one.mp3", 1, title="One")
    await scanner.run()
    status = path.stat()
    path.write_bytes(b"\0" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    row = await db.row("SELECT id FROM track")
    assert row is not None
    track = TrackId(row["id"])
    await scanner.ensure_lengths([track])
    await scanner.measure_soon([track])
    for wait in (scanner.ensure_measured, scanner.ensure_lengths):
        with pytest.raises(MediaError):
            await wait([track])
