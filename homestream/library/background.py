"""The second stage of a scan, in the background: lyrics files, thumbnails, the analysis of sounds.

One process does it at a time. What was done is noted file by file, so a stage that was broken off
goes on where it was. The analysis can be paused, and stays so.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from homestream.db.connect import Database
from homestream.errors import MediaError, NotFound
from homestream.formats.lrc import Lyrics
from homestream.ids import FileId, TrackId
from homestream.library import (
    analysis,
    artwork,
    catalogue,
    cutting,
    files,
    health,
    index,
    ingest,
    reunion,
    sidecars,
    store,
)
from homestream.library.analysis import Progress
from homestream.library.batch import Place
from homestream.library.locks import locked
from homestream.library.recordings import Follower
from homestream.library.scope import Scope
from homestream.media import analyse, late, lyrics
from homestream.media.source import Source
from homestream.workers.pool import Pool, Priority

if TYPE_CHECKING:
    from homestream.media import measure
else:
    measure = late.module("homestream.media.measure")

_BATCH: Final = 32
_AT_ONCE: Final = 8  # files whose analysis is asked for; a pause waits for so many at most
_FILE_SECONDS: Final = 10.0  # to read a lyrics file
_MEASURE_SECONDS: Final = 120.0
# of an audiobook of 20 hours: decoding is 400 times as fast as playing on an idle core
_MEASURE_PACE: Final = 50
_ANALYSE_SPEED: Final = 15  # times as fast as it plays; slower ones are given up
_WAIT_SECONDS: Final = 0.25
_MOST_BESIDE: Final = 16  # lyrics files of one track
_MOST_TEXTS: Final = 32

Beside = Mapping[Place, tuple[sidecars.Beside, ...]]


class _Sidecar(msgspec.Struct, frozen=True):
    """The lyrics files beside a sound file, which are to be read; none: they went."""

    file: FileId
    texts: tuple[tuple[Source, str, str], ...]  # each with its form and language, the best first
    stamp: str  # tells when they have changed


_UNANALYSED: Final = (
    "SELECT file.*, library.path AS root FROM file "
    "JOIN library ON library.id = file.library_id "
    "WHERE file.state = 'present' AND file.analysed < :version "
    "AND (file.analysed, file.id) > (:analysed, :last) "
    "ORDER BY file.analysed, file.id LIMIT :limit"
)
_UNMEASURED: Final = (
    "SELECT file.*, library.path AS root FROM file "
    "JOIN library ON library.id = file.library_id "
    "WHERE file.measured = 0 AND file.state = 'present' AND file.id > :last "
    "ORDER BY file.id LIMIT :limit"
)
_UNMEASURED_OF_TRACKS: Final = (
    "SELECT file.*, library.path AS root FROM file JOIN library ON library.id = file.library_id "
    "WHERE file.measured != 1 AND file.id IN "
    "  (SELECT file_id FROM track WHERE id IN (SELECT value FROM json_each(:tracks)))"
)


class Background:
    """The second stage for one process. `close` it before the pool and the database."""

    def __init__(
        self,
        db: Database,
        pool: Pool,
        folder: Path,
        art_folder: Path,
        followers: Sequence[Follower] = (),
    ) -> None:
        self._db = db
        self._followers = followers
        self._pool = pool
        self._folder = folder
        self._art_folder = art_folder
        self._measuring: dict[FileId, tuple[Priority, asyncio.Task[None]]] = {}
        self._soon: dict[FileId, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore()
        self._told: list[Callable[[Progress], None]] = []
        self._beside: list[tuple[Scope, Beside]] = []

    def note(self, scope: Scope, beside: Beside) -> None:
        """Takes the lyrics files that a walk through `scope` saw, for the next `run`."""
        self._beside.append((scope, beside))

    async def run(self) -> None:
        """The second stage, by one process at a time: lyrics files, thumbnails, sounds."""
        async with locked(self._folder / "scan-background.lock") as lock:
            while not lock.acquire():  # noqa: ASYNC110 - another process has it
                await asyncio.sleep(_WAIT_SECONDS)
            while True:
                await index.catch_up(self._db)
                await self._read_lyrics()
                await index.catch_up(self._db)
                await artwork.make_all(self._db, self._pool, self._art_folder)
                await self._db.batch(store.fall_back)
                await artwork.make_all(self._db, self._pool, self._art_folder)
                await health.recount(self._db)  # the sounds of a large library take hours
                await self._analyse_all()
                await self._measure_all()
                await health.recount(self._db)
                if not self._beside:  # nobody walked meanwhile
                    return

    async def ensure_measured(self, tracks: Sequence[TrackId]) -> None:
        """Reads tracks through that were not yet, for somebody who waits.

        MediaError for one that cannot be read to its end, NotFound for one whose file is gone.
        """
        await self._measured_now(await self._unmeasured(tracks))

    async def ensure_lengths(self, tracks: Sequence[TrackId]) -> None:
        """Reads tracks through whose header does not tell how long they are, for somebody who
        waits. MediaError and NotFound as of `ensure_measured`.
        """
        rows = await self._unmeasured(tracks)
        await self._measured_now([row for row in rows if not row["samples_exact"]])

    async def measure_soon(self, tracks: Sequence[TrackId]) -> None:
        """Has tracks read through that were not yet, one at a time, behind what is urgent."""
        for row in await self._of_tracks(tracks):
            file = FileId(row["id"])
            if row["measured"] == 0 and file not in self._soon:
                self._soon[file] = asyncio.create_task(self._measured_in_turn(row))
                self._soon[file].add_done_callback(partial(self._forget_soon, file))

    async def _measured_in_turn(self, row: sqlite3.Row) -> None:
        async with self._turn:
            if FileId(row["id"]) not in self._measuring:  # then somebody else has it read
                await self._measured_if_possible(row, Priority.SCAN)

    def _forget_soon(self, file: FileId, task: asyncio.Task[None]) -> None:
        self._soon.pop(file, None)
        if not task.cancelled():
            task.exception()  # a database that was closed meanwhile: the next play tries again

    async def _unmeasured(self, tracks: Sequence[TrackId]) -> list[sqlite3.Row]:
        rows = await self._of_tracks(tracks)
        if any(row["measured"] == 2 for row in rows):
            raise MediaError("file cannot be read to its end")
        return rows

    async def _of_tracks(self, tracks: Sequence[TrackId]) -> list[sqlite3.Row]:
        return await self._db.rows(
            _UNMEASURED_OF_TRACKS,
            {"tracks": msgspec.json.encode(list(tracks)).decode()},
        )

    async def _measured_now(self, rows: Sequence[sqlite3.Row]) -> None:
        for at in range(0, len(rows), _AT_ONCE):
            await _all(
                self._measured(row, Priority.INTERACTIVE) for row in rows[at : at + _AT_ONCE]
            )

    @contextmanager
    def telling(self, told: Callable[[Progress], None] | None) -> Iterator[None]:
        """Tells how far the analysis is, after every few files."""
        if told is None:
            yield
            return
        self._told.append(told)
        try:
            yield
        finally:
            self._told.remove(told)

    async def close(self) -> None:
        """Ends the reading of single files that somebody waits for."""
        running = [task for _, task in self._measuring.values() if not task.done()]
        running += self._soon.values()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _read_lyrics(self) -> None:
        """Reads lyrics files that came or changed since, and forgets those that went."""
        while self._beside:
            await self._read_sidecars(*self._beside.pop(0))

    async def _read_sidecars(self, scope: Scope, beside: Beside) -> None:
        changed = await self._db.batch(partial(_sidecars, scope, beside))
        for at in range(0, len(changed), _BATCH):
            batch = changed[at : at + _BATCH]
            texts = await asyncio.gather(*(self._texts(each) for each in batch))
            await self._db.batch(partial(_set_sidecars, list(zip(batch, texts, strict=True))))

    async def _texts(self, sidecar: _Sidecar) -> tuple[Lyrics, ...]:
        """The lyrics in the files beside a sound file, as far as there are words in them."""
        found: list[Lyrics] = []
        for source, form, language in sidecar.texts[:_MOST_BESIDE]:
            with suppress(MediaError, NotFound):
                found += await self._pool.run(
                    lyrics.read,
                    source,
                    form,
                    language,
                    priority=Priority.BACKGROUND,
                    timeout=_FILE_SECONDS,
                )
        return tuple(found[:_MOST_TEXTS])

    async def _analyse_all(self) -> None:
        """Analyses what was not yet, as many files at a time as there are workers for it, until
        that is done, somebody pauses it, or a walk found what is quicker to do."""
        await self._tell()
        analysed, last = -1, 0
        while not self._beside and not await analysis.paused(self._db):
            rows = await self._db.rows(
                _UNANALYSED,
                {
                    "version": analyse.VERSION,
                    "analysed": analysed,
                    "last": last,
                    "limit": _AT_ONCE,
                },
            )
            if not rows:
                break
            analysed, last = rows[-1]["analysed"], rows[-1]["id"]
            await _all(self._analyse(row) for row in rows)
            await self._tell()
        await self._tell()

    async def _analyse(self, row: sqlite3.Row) -> None:
        """Analyses one file. What is wrong with it is noted in its row; one that is gone, the next
        scan sees."""
        file, stat = FileId(row["id"]), (row["size"], row["mtime_ns"])
        source = Source(path=row["target"] or os.path.join(row["root"], row["path"]))
        facts = catalogue.facts_of(row)
        try:
            found = await self._pool.run(
                analyse.analyse,
                source,
                facts,
                priority=Priority.BACKGROUND,
                timeout=max(_MEASURE_SECONDS, facts.duration / _ANALYSE_SPEED),
            )
        except NotFound:
            return
        except MediaError as error:
            await self._db.batch(
                partial(files.set_unmeasurable, file=file, stat=stat, problem=str(error))
            )
            return
        kept = await self._db.batch(
            partial(store.set_analysed, file=file, facts=facts, found=found, stat=stat)
        )
        if kept:
            await reunion.look(self._db, file, self._followers)

    async def _measure_all(self) -> None:
        """Reads through what was heard under other tags: the places of its packets moved."""
        last = 0
        while not self._beside and not await analysis.paused(self._db):
            rows = await self._db.rows(_UNMEASURED, {"last": last, "limit": _AT_ONCE})
            if not rows:
                return
            last = rows[-1]["id"]
            await _all(self._measured_if_possible(row, Priority.BACKGROUND) for row in rows)

    async def _measured_if_possible(self, row: sqlite3.Row, priority: Priority) -> None:
        with suppress(MediaError, NotFound):  # noted in its row; or gone, which the next scan sees
            await self._measured(row, priority)

    async def _tell(self) -> None:
        if self._told:
            progress = await analysis.progress(self._db)
            for told in list(self._told):
                told(progress)

    async def _measured(self, row: sqlite3.Row, priority: Priority) -> None:
        """Reads one file through. Whoever waits for a file that is being read waits for that,
        unless it is read in the background and somebody is waiting now.
        """
        file = FileId(row["id"])
        running = self._measuring.get(file)
        if running is None or running[0] > max(priority, Priority.SCAN):
            running = (priority, asyncio.create_task(self._measure(row, priority)))
            self._measuring[file] = running
            running[1].add_done_callback(partial(self._forget, file))
        await asyncio.shield(running[1])

    def _forget(self, file: FileId, task: asyncio.Task[None]) -> None:
        if file in self._measuring and self._measuring[file][1] is task:
            del self._measuring[file]
        if not task.cancelled():
            task.exception()  # whoever waits is told

    async def _measure(self, row: sqlite3.Row, priority: Priority) -> None:
        file, stat = FileId(row["id"]), (row["size"], row["mtime_ns"])
        source = Source(path=row["target"] or os.path.join(row["root"], row["path"]))
        try:
            found = await self._pool.run(
                measure.measure,
                source,
                catalogue.facts_of(row),
                priority=priority,
                timeout=_MEASURE_SECONDS + row["samples"] / row["sample_rate"] / _MEASURE_PACE,
            )
        except MediaError as error:
            await self._db.batch(
                partial(files.set_unmeasurable, file=file, stat=stat, problem=str(error))
            )
            raise

        def write(connection: sqlite3.Connection) -> None:
            store.set_measured(connection, file, found.samples, found.index, stat)
            cutting.recheck(connection, file)

        await self._db.batch(write)


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Waits for all of them; then raises what the first that failed has raised."""
    for problem in await asyncio.gather(*works, return_exceptions=True):
        if problem is not None:
            raise problem


def _sidecars(scope: Scope, beside: Beside, connection: sqlite3.Connection) -> list[_Sidecar]:
    """Files in `scope` beside which a lyrics file came, changed or went since they were read."""
    changed: list[_Sidecar] = []
    for file, library, path, known, root in connection.execute(
        "SELECT file.id, file.library_id, file.path, file.sidecar, library.path "
        "FROM file JOIN library ON library.id = file.library_id WHERE file.state = 'present'"
    ):
        if library not in scope or not scope[library].holds(path):
            continue
        texts = beside.get((library, ingest.stem(path)), ())
        stamp = " ".join(each.stamp for each in texts)
        if stamp != known:
            sources = tuple(
                (
                    Source(path=each.seen.target or os.path.join(root, each.seen.path)),
                    each.form,
                    each.language,
                )
                for each in texts
            )
            changed.append(_Sidecar(file, sources, stamp))
    return changed


def _set_sidecars(
    read: Sequence[tuple[_Sidecar, tuple[Lyrics, ...]]], connection: sqlite3.Connection
) -> None:
    for sidecar, texts in read:
        store.set_sidecar(connection, sidecar.file, sidecar.stamp, texts)
