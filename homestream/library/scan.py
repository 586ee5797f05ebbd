"""Bringing the library in line with what lies on disk.

The first stage finds what is needed to browse and play: it walks the folders, reads the files that
changed in worker processes, and writes them batch by batch. The second stage runs in the
background: exact sample counts, thumbnails, lyrics files. One process scans at a time; whoever asks
for a scan meanwhile joins it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import msgspec

from homestream.db.connect import Database
from homestream.errors import HomestreamError, MediaError, NotFound
from homestream.ids import AlbumId, ArtId, FileId, LibraryId, ScanId, TrackId
from homestream.library import (
    analysis,
    artwork,
    cutting,
    describe,
    files,
    ingest,
    libraries,
    places,
    sidecars,
    store,
    walk,
)
from homestream.library.background import Background
from homestream.library.batch import Cover, Place
from homestream.library.files import Found
from homestream.library.ingest import FileSeen
from homestream.library.locks import Lock, locked
from homestream.library.recordings import Follower
from homestream.library.scope import WHOLE, Folders, Scope
from homestream.media import late
from homestream.media.source import Source
from homestream.workers.pool import Pool, Priority

if TYPE_CHECKING:
    from homestream.media import probe
else:
    probe = late.module("homestream.media.probe")

log = logging.getLogger(__name__)

_BATCH: Final = 64  # files read by one job
_BATCHES_AHEAD: Final = 4  # jobs that are asked of the workers at once
# files written by one transaction: few at first, so that there is soon something to see
_FEWEST_WRITTEN: Final = 64
_MOST_WRITTEN: Final = 1024
_BATCH_SECONDS: Final = 20.0
_FILE_SECONDS: Final = 10.0  # to read one file's tags and header
_MEASURE_SECONDS: Final = 120.0
_TELL_SECONDS: Final = 0.25
_JOIN_SECONDS: Final = 0.25
_NO_SCAN: Final = ScanId(0)
_EMPTY: Final = "folder is empty: is its disk there?"


State = Literal["running", "done", "failed"]
Stage = Literal["looking", "reading", "finishing", "done"]


class Scan(msgspec.Struct, frozen=True):
    """One scan as its row tells it."""

    id: ScanId
    state: State
    stage: Stage
    started_at: int  # Unix ms
    finished_at: int | None  # Unix ms
    found: int  # sound files seen
    done: int  # of them, looked at
    added: int
    updated: int
    moved: int
    away: int
    rejected: int
    error: str | None

    @property
    def seconds(self) -> float:
        end = self.finished_at if self.finished_at is not None else _now()
        return (end - self.started_at) / 1000


class Rejected(msgspec.Struct, frozen=True):
    """A file that is not in the library, and why."""

    library: LibraryId
    path: str  # absolute, as far as it can be shown
    reason: str
    rejected_at: int  # Unix ms


class ScanResult(msgspec.Struct, frozen=True):
    """What the library holds after a scan, and what the scan changed."""

    tracks: int
    albums: int
    artists: int
    added: int
    updated: int
    moved: int
    away: int  # tracks that went away
    rejected: list[tuple[str, str]]  # path and reason, of all that could not be read
    seconds: float


class Looked(msgspec.Struct, frozen=True):
    """What a look at some folders came to. Nothing was changed when it `waits`."""

    waits: bool
    unripe: list[Place]  # files that may still be growing, and were left for now
    added: int = 0
    updated: int = 0
    moved: int = 0
    away: int = 0
    rejected: int = 0

    @property
    def changes(self) -> int:
        return self.added + self.updated + self.moved + self.away + self.rejected


Progress = Callable[[Scan], None]
Ripe = Callable[[FileSeen], bool]
"""Whether a file has stopped growing."""


class Lists(msgspec.Struct, frozen=True):
    """The playlists that a walk saw in a library, and where it looked."""

    root: bytes
    folders: Folders
    lists: list[walk.Seen]


Taking = Callable[[dict[LibraryId, Lists], bool], Awaitable[None]]
"""What is done with them; and whether sound files came, moved or went."""


class _Counts:
    """What a running scan has come to; written to its row now and then."""

    def __init__(self, scan: ScanId) -> None:
        self.scan = scan  # _NO_SCAN: it has no row
        self.stage = "looking"
        self.found = self.done = self.added = self.updated = 0
        self.moved = self.away = self.rejected = 0
        self.told = 0.0

    def values(self) -> dict[str, int | str]:
        return {
            "id": self.scan,
            "stage": self.stage,
            "now": _now(),
            "found": self.found,
            "done": self.done,
            "added": self.added,
            "updated": self.updated,
            "moved": self.moved,
            "away": self.away,
            "rejected": self.rejected,
        }


class _Root(msgspec.Struct, frozen=True):
    """A library that a scan has walked, and what was found in it."""

    id: LibraryId
    path: bytes
    folders: Folders  # that were walked
    sounds: list[FileSeen]
    covers: dict[Place, Cover]
    pictures: places.Pictures
    lyrics: dict[bytes, tuple[sidecars.Beside, ...]]  # by path without suffix
    sheets: list[walk.Seen]
    lists: list[walk.Seen]


_Answers = list[tuple[FileSeen, "probe.Read | probe.Refused"]]

_UPDATE_SCAN: Final = (
    "UPDATE scan SET stage = :stage, beat_at = :now, found = :found, done = :done, "
    "added = :added, updated = :updated, moved = :moved, away = :away, rejected = :rejected "
    "WHERE id = :id"
)


class Scanner:
    """Scans for one process. `folder` is the data folder, `art_folder` keeps thumbnails.

    Make one for a database and a pool that are open, and `close` it before them.
    """

    def __init__(
        self,
        db: Database,
        pool: Pool,
        folder: Path,
        art_folder: Path,
        followers: Sequence[Follower] = (),
    ) -> None:
        self._db = db
        self._pool = pool
        self._folder = folder
        self._art_folder = art_folder
        self._first: asyncio.Task[ScanResult] | None = None
        self._second: asyncio.Task[None] | None = None
        self._listeners: list[Progress] = []
        self._looking = asyncio.Lock()
        self._background = Background(db, pool, folder, art_folder, followers)
        self._taking: Taking | None = None

    async def run(
        self,
        *,
        all_stages: bool = False,
        progress: Progress | None = None,
        analysed: Callable[[analysis.Progress], None] | None = None,
    ) -> ScanResult:
        """Scans, or joins a scan that runs here or in another process; its result.

        Returns after the first stage; with `all_stages`, after the second. `progress` is told at
        most four times a second, `analysed` after every few files of the second stage. Busy when
        there can be no worker.
        """
        if progress is not None:
            self._listeners.append(progress)
        try:
            result = await asyncio.shield(self._begun())
            if all_stages:
                with self._background.telling(analysed):
                    await asyncio.shield(self._continued())
        finally:
            if progress is not None:
                self._listeners.remove(progress)
        return result

    def take_lists(self, taking: Taking) -> None:
        """Says what each scan does, at its end, with the playlists that it saw."""
        self._taking = taking

    async def request(self) -> Scan:
        """Starts both stages in the background, or joins what runs; the scan as it is now."""
        before = await self.latest()
        task = self._begun()
        task.add_done_callback(self._go_on)
        while not task.done():
            now = await self.latest()
            if now is not None and (now.state == "running" or before is None or now.id > before.id):
                return now
            await asyncio.wait([task], timeout=0.02)
        await asyncio.shield(task)
        return cast(Scan, await self.latest())

    async def look(self, scope: Scope, *, ripe: Ripe, patient: bool) -> Looked:
        """Brings some folders of some libraries in line with the disk, after a scan that runs.

        Files that are new or changed and not `ripe` are left as they are. Where there are such
        ones, others are missing, and it is `patient`, it changes nothing at all: what is taken
        together is seen as moved, not as gone from one place and new at another.
        """
        async with self._looking, locked(self._folder / "scan.lock") as lock:
            while not lock.acquire():  # noqa: ASYNC110 - another scan has it
                await asyncio.sleep(_JOIN_SECONDS)
            counts = _Counts(_NO_SCAN)
            unripe, waits = await self._look_and_read(counts, scope, ripe, patient=patient)
        looked = Looked(
            waits=waits,
            unripe=unripe,
            added=counts.added,
            updated=counts.updated,
            moved=counts.moved,
            away=counts.away,
            rejected=counts.rejected,
        )
        if looked.changes or not unripe:
            self._continued().add_done_callback(_log_end)
        return looked

    async def current(self) -> Scan | None:
        """The scan that runs now, here or in another process."""
        scan = await self.latest()
        return scan if scan is not None and _runs(scan) else None

    async def latest(self) -> Scan | None:
        row = await self._db.row("SELECT * FROM scan ORDER BY id DESC LIMIT 1")
        return _scan(row) if row is not None else None

    async def get(self, scan: ScanId) -> Scan:
        """One scan; NotFound."""
        row = await self._db.row("SELECT * FROM scan WHERE id = :id", {"id": scan})
        if row is None:
            raise NotFound(f"scan {scan} is not here")
        return _scan(row)

    async def recent(self, limit: int, *, before: ScanId | None = None) -> list[Scan]:
        """The last scans, the newest first, or those before one."""
        rows = await self._db.rows(
            "SELECT * FROM scan WHERE :before IS NULL OR id < :before "
            "ORDER BY id DESC LIMIT :limit",
            {"limit": limit, "before": before},
        )
        return [_scan(row) for row in rows]

    async def rejected(
        self, *, library: LibraryId | None = None, limit: int, begin: int = 0
    ) -> list[Rejected]:
        """Files that could not be read, by library and path, from the `begin`-th on."""
        return await _rejected(self._db, library, limit, begin)

    async def ensure_measured(self, tracks: Sequence[TrackId]) -> None:
        """Reads tracks through that were not yet; see `Background.ensure_measured`."""
        await self._background.ensure_measured(tracks)

    @property
    def continuing(self) -> bool:
        """Whether the second stage runs here."""
        return self._second is not None and not self._second.done()

    def go_on(self) -> None:
        """Starts the second stage, unless it runs or a scan that it follows does."""
        if self._first is None or self._first.done():
            self._continued().add_done_callback(_log_end)

    async def close(self) -> None:
        """Ends what runs. What was found so far is kept; the next scan does the rest."""
        running = [
            task for task in (self._first, self._second) if task is not None and not task.done()
        ]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._background.close()

    def _begun(self) -> asyncio.Task[ScanResult]:
        """The task of the first stage, started unless it runs."""
        if self._first is None or self._first.done():
            self._first = asyncio.create_task(self._scan_or_join(), name="scan")
        return self._first

    def _continued(self) -> asyncio.Task[None]:
        """The task of the second stage, started unless it runs."""
        if self._second is None or self._second.done():
            self._second = asyncio.create_task(self._background.run(), name="scan-background")
        return self._second

    def _go_on(self, task: asyncio.Task[ScanResult]) -> None:
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            log.error("scan ended: %s", error, exc_info=error)
            return
        self._continued().add_done_callback(_log_end)

    async def _scan_or_join(self) -> ScanResult:
        before = await self.latest()
        async with locked(self._folder / "scan.lock") as lock:
            while not lock.acquire():
                joined = await self._join(lock, before)
                if joined is not None:
                    return joined
            await self._db.batch(_fail_dead)
            return await self._scan()

    async def _join(self, lock: Lock, before: Scan | None) -> ScanResult | None:
        """The result of the scan that another process runs, or None when it left without one.

        `before` is the last scan from when that process may not have begun.
        """
        while True:
            ours = lock.acquire()
            now = await self.latest()
            if now is not None and (before is None or now.id > before.id or _runs(before)):
                self._tell(now)
                if now.state == "done":
                    return await self._result(now)
            if ours:
                return None
            await asyncio.sleep(_JOIN_SECONDS)

    async def _scan(self) -> ScanResult:
        async with self._db.write() as transaction:
            scan = await transaction.insert(
                "INSERT INTO scan (state, stage, started_at, beat_at) "
                "VALUES ('running', 'looking', :now, :now)",
                {"now": _now()},
            )
        counts = _Counts(ScanId(scan))
        try:
            await self._look_and_read(counts)
        except BaseException as error:
            words = str(error) if isinstance(error, HomestreamError) else type(error).__name__
            await asyncio.shield(self._end(counts, "failed", words))
            raise
        await self._end(counts, "done", None)
        done = await self.get(counts.scan)
        self._tell(done)
        return await self._result(done)

    async def _end(self, counts: _Counts, state: str, error: str | None) -> None:
        if state == "done":
            counts.stage = "done"
        async with self._db.write() as transaction:
            await transaction.execute(_UPDATE_SCAN, counts.values())
            await transaction.execute(
                "UPDATE scan SET state = :state, error = :error, finished_at = :now WHERE id = :id",
                {"id": counts.scan, "state": state, "error": error, "now": _now()},
            )

    async def _look_and_read(
        self,
        counts: _Counts,
        scope: Scope | None = None,
        ripe: Ripe | None = None,
        *,
        patient: bool = False,
    ) -> tuple[list[Place], bool]:
        """Walks all libraries or some folders of them, and reads what changed.

        The files that were left because they are not ripe, and whether all waits for them.
        """
        roots = await self._look(counts, scope)
        unripe: list[Place] = []
        compared: list[tuple[_Root, ingest.Comparison]] = []
        for root in roots:
            comparison = await self._db.batch(partial(_compare, root))
            if ripe is not None:
                comparison, left = _without_unripe(comparison, ripe)
                unripe += left
            compared.append((root, comparison))
        if unripe and _waits([comparison for _, comparison in compared], patient=patient):
            return unripe, True
        for root, comparison in compared:
            await self._db.batch(partial(_settle, root.id, comparison))
            counts.done += comparison.same + len(comparison.back) + len(comparison.refused)
            counts.updated += len(comparison.back)
        counts.stage = "reading"
        reading = _Reading(self._db, self._pool, counts, compared, self._advance)
        await reading.run()
        counts.stage = "finishing"
        await self._advance(counts)
        counts.away += await self._db.batch(partial(store.set_away, rows=sorted(reading.missing)))
        cut = await cutting.cut_all(
            self._db,
            self._pool,
            {root.id: cutting.Seen(root.path, root.folders, root.sheets) for root in roots},
            reading.covers,
            _now(),
        )
        orphans = await self._db.batch(
            partial(
                store.finish,
                covers=reading.covers,
                scope={root.id: root.folders for root in roots},
                pictures=[root.pictures for root in roots],
                changed=bool(
                    counts.added + counts.updated + counts.moved + counts.away + len(cut.fresh)
                ),
                fresh=[*reading.fresh, *cut.fresh],
                left=[*reading.left, *cut.left],
                now=_now(),
            )
        )
        await asyncio.to_thread(artwork.forget, self._art_folder, [ArtId(art) for art in orphans])
        if self._taking is not None:
            changed = counts.added + counts.updated + counts.moved + counts.away > 0
            lists = {root.id: Lists(root.path, root.folders, root.lists) for root in roots}
            await self._taking(lists, changed)
        self._background.note(
            {root.id: root.folders for root in roots},
            {(root.id, stem): seen for root in roots for stem, seen in root.lyrics.items()},
        )
        return unripe, False

    async def _look(self, counts: _Counts, scope: Scope | None) -> list[_Root]:
        """Walks all libraries, or those in `scope`. One that is not there is away with all its
        tracks; one that is back is walked as a whole.
        """
        rows = await self._db.rows(
            "SELECT id, path, state, reason, EXISTS (SELECT 1 FROM file "
            "  WHERE file.library_id = library.id) AS known FROM library ORDER BY id"
        )
        every = [bytes(row["path"]) for row in rows]
        roots: list[_Root] = []
        for row in rows:
            library = LibraryId(row["id"])
            if scope is not None and library not in scope:
                continue
            folders = WHOLE if scope is None or row["state"] == "away" else scope[library]
            reason: str | None = row["reason"]
            root: _Root | None = None
            if reason != libraries.NOT_CONFIGURED:
                root, reason = await self._walk(library, bytes(row["path"]), every, folders, counts)
            if (
                root is not None
                and not root.sounds
                and row["known"]
                and (folders is WHOLE or await asyncio.to_thread(_is_empty, root.path))
            ):
                root, reason = None, _EMPTY
            if root is not None:
                roots.append(root)
                continue
            counts.away += await self._db.batch(
                partial(store.set_library, library=library, reason=reason)
            )
        return roots

    async def _walk(
        self,
        library: LibraryId,
        path: bytes,
        every: Sequence[bytes],
        folders: Folders,
        counts: _Counts,
    ) -> tuple[_Root | None, str | None]:
        before = counts.found
        stopped = threading.Event()

        def counted() -> Iterator[walk.Seen]:
            for each in walk.walk(path, every, None if folders is WHOLE else folders):
                if each.kind is walk.Kind.SOUND:
                    counts.found += 1
                yield each
                if stopped.is_set():
                    break

        def gather() -> _Root:
            return _root(library, path, folders, counted())

        walking = asyncio.create_task(asyncio.to_thread(gather))
        try:
            while not walking.done():
                await asyncio.wait([walking], timeout=_TELL_SECONDS)
                await self._advance(counts)
            return walking.result(), None
        except NotFound as error:
            counts.found = before
            return None, str(error)
        finally:
            stopped.set()

    async def _advance(self, counts: _Counts) -> None:
        """Writes and tells how far the scan is, unless that was told just now."""
        now = time.monotonic()
        if now - counts.told < _TELL_SECONDS:
            return
        counts.told = now
        if counts.scan == _NO_SCAN:
            return
        async with self._db.write() as transaction:
            await transaction.execute(_UPDATE_SCAN, counts.values())
        if self._listeners:
            self._tell(await self.get(counts.scan))

    def _tell(self, scan: Scan) -> None:
        for listener in list(self._listeners):
            listener(scan)

    async def _result(self, scan: Scan) -> ScanResult:
        row = await self._db.row(
            "SELECT (SELECT COUNT(*) FROM track WHERE state = 'present') AS tracks, "
            "  (SELECT COUNT(*) FROM album WHERE track_count > 0) AS albums, "
            "  (SELECT COUNT(*) FROM artist WHERE track_count > 0) AS artists"
        )
        refused = await _rejected(self._db, None, -1, 0)
        return ScanResult(
            tracks=row["tracks"] if row else 0,
            albums=row["albums"] if row else 0,
            artists=row["artists"] if row else 0,
            added=scan.added,
            updated=scan.updated,
            moved=scan.moved,
            away=scan.away,
            rejected=[(entry.path, entry.reason) for entry in refused],
            seconds=scan.seconds,
        )


class _Reading:
    """The reading of one scan: files in batches to the workers, and what they say to the store."""

    def __init__(
        self,
        db: Database,
        pool: Pool,
        counts: _Counts,
        compared: Sequence[tuple[_Root, ingest.Comparison]],
        advance: Callable[[_Counts], Awaitable[None]],
    ) -> None:
        self._db = db
        self._pool = pool
        self._counts = counts
        self._advance = advance
        self._roots = {root.id: root.path for root, _ in compared}
        self._changed = [file for _, comparison in compared for file in comparison.changed]
        self._new = [file for _, comparison in compared for file in comparison.new]
        self.covers = {place: cover for root, _ in compared for place, cover in root.covers.items()}
        self.missing: set[FileId] = set()
        self._stems: dict[Place, FileId] = {}
        for root, comparison in compared:
            for row in comparison.missing:
                self.missing.add(row.id)
                self._stems[root.id, ingest.stem(row.path)] = row.id
        self._displaced: set[FileId] = set()
        self._most = _FEWEST_WRITTEN
        self.fresh: list[AlbumId] = []
        self.left: list[tuple[AlbumId, AlbumId]] = []

    async def run(self) -> None:
        """Reads what changed, then what is new, then what may have changed places."""
        put_off = await self._read(self._changed, last=False)
        put_off += await self._read(self._new, last=False)
        await self._read(put_off, last=True)

    async def _read(self, files: Sequence[FileSeen], *, last: bool) -> list[FileSeen]:
        """Reads files some jobs ahead and writes what was read; the files that were put off.

        The workers read on while a batch is written, until another one waits.
        """
        put_off: list[FileSeen] = []
        jobs = iter([files[at : at + _BATCH] for at in range(0, len(files), _BATCH)])
        reading: set[asyncio.Task[_Answers]] = set()
        writing: asyncio.Task[list[FileSeen]] | None = None
        ready: _Answers = []
        try:
            while True:
                while len(reading) < _BATCHES_AHEAD and len(ready) < self._most:
                    if not (job := next(jobs, None)):
                        break
                    reading.add(asyncio.create_task(self._answers(job)))
                if writing is None and ready and (len(ready) >= self._most or not reading):
                    writing = asyncio.create_task(self._write(ready, last=last))
                    ready = []
                    self._most = min(2 * self._most, _MOST_WRITTEN)
                running = {*reading, writing} if writing is not None else reading
                if not running:
                    return put_off
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                if writing in done:
                    put_off += writing.result()
                    writing = None
                for task in reading & done:
                    ready += task.result()
                reading -= done
        finally:
            left: list[asyncio.Task[Any]] = [*reading]
            if writing is not None:
                left.append(writing)
            for each in left:
                each.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _answers(self, batch: Sequence[FileSeen]) -> _Answers:
        """What the workers say of a batch; file by file when it ends or outlasts its worker."""
        if any(file.refused for file in batch):
            opened = iter(await self._answers([file for file in batch if not file.refused]))
            return [
                (file, probe.Refused(file.refused)) if file.refused else next(opened)
                for file in batch
            ]
        if not batch:
            return []
        try:
            answers = await self._ask(batch, _BATCH_SECONDS)
        except MediaError:
            answers = []
            for file in batch:
                try:
                    answers += await self._ask([file], _FILE_SECONDS)
                except (MediaError, NotFound) as error:
                    answers.append(probe.Refused(str(error)))
        return list(zip(batch, answers, strict=True))

    async def _ask(
        self, batch: Sequence[FileSeen], seconds: float
    ) -> list[probe.Read | probe.Refused]:
        return await self._pool.run(
            probe.read,
            [Source(path=self._path(file)) for file in batch],
            [os.path.basename(file.path).decode("utf-8", "replace") for file in batch],
            priority=Priority.SCAN,
            timeout=seconds,
        )

    def _path(self, file: FileSeen) -> bytes:
        return file.target or os.path.join(self._roots[file.library], file.path)

    async def _write(self, answers: _Answers, *, last: bool) -> list[FileSeen]:
        """Writes one batch; the files of it that are to be read again at the end."""
        good: list[tuple[FileSeen, probe.Read]] = []
        refused: list[tuple[FileSeen, str]] = []
        for file, answer in answers:
            if isinstance(answer, probe.Refused):
                # a lock on the file can be lifted and leave no trace in its size and time
                shut = not file.refused and not await asyncio.to_thread(
                    os.access, self._path(file), os.R_OK
                )
                known = msgspec.structs.replace(file, size=-1) if shut else file
                refused.append((known, answer.reason))
            else:
                good.append((file, answer))

        def work(connection: sqlite3.Connection) -> tuple[store.Written, int]:
            now = _now()
            written = store.write(
                connection,
                [_found(file, read) for file, read in good],
                loose=self.missing | self._displaced,
                stems=self._stems,
                covers=self.covers,
                last=last,
                now=now,
            )
            return written, store.reject(connection, refused, now)

        written, away = await self._db.batch(work)
        self.missing.difference_update(written.settled)
        self._displaced.difference_update(written.settled)
        self._displaced.update(written.displaced)
        self.fresh += written.fresh
        self.left += written.left
        counts = self._counts
        counts.added += written.added
        counts.updated += written.updated
        counts.moved += written.moved
        counts.away += away
        counts.rejected += len(refused)
        counts.done += len(answers) - len(written.put_off)
        await self._advance(counts)
        return written.put_off


def _found(file: FileSeen, read: probe.Read) -> Found:
    description = describe.describe(read.tags, file.path)
    return Found(
        heard=ingest.Heard(file, read.audio_key, description.names),
        facts=read.facts,
        description=description,
        picture=read.picture_key,
    )


def _root(library: LibraryId, path: bytes, folders: Folders, seen: Iterable[walk.Seen]) -> _Root:
    sounds: list[FileSeen] = []
    texts: list[walk.Seen] = []
    pictures: list[walk.Seen] = []
    sheets: list[walk.Seen] = []
    lists: list[walk.Seen] = []
    for each in seen:
        if each.kind is walk.Kind.SOUND:
            sounds.append(
                FileSeen(
                    library,
                    each.path,
                    each.size,
                    each.mtime_ns,
                    each.inode,
                    each.target,
                    each.refused,
                )
            )
        elif each.kind is walk.Kind.LYRICS:
            texts.append(each)
        elif each.kind is walk.Kind.SHEET:
            sheets.append(each)
        elif each.kind is walk.Kind.LIST:
            lists.append(each)
        else:
            pictures.append(each)
    chosen = artwork.covers(picture.path for picture in pictures)
    by_path = {picture.path: picture for picture in pictures}
    covers = {
        (library, folder): Cover(
            cover,
            by_path[cover].size,
            by_path[cover].mtime_ns,
            artwork.is_named(cover),
        )
        for folder, cover in chosen.items()
    }
    beside = sidecars.beside([sound.path for sound in sounds], texts)
    shown = places.pictures(library, pictures)
    return _Root(library, path, folders, sounds, covers, shown, beside, sheets, lists)


def _compare(root: _Root, connection: sqlite3.Connection) -> ingest.Comparison:
    return ingest.compare(
        files.known(connection, root.id, root.folders),
        files.rejected(connection, root.id, root.folders),
        root.sounds,
    )


def _waits(comparisons: Sequence[ingest.Comparison], *, patient: bool) -> bool:
    """Whether a look waits for files that may still grow: they may be what others became, or there
    is nothing else to do.
    """
    missing = any(each.missing for each in comparisons)
    other = any(
        each.changed or each.new or each.back or each.forgotten or each.renumbered
        for each in comparisons
    )
    return patient if missing else not other


def _settle(
    library: LibraryId, comparison: ingest.Comparison, connection: sqlite3.Connection
) -> None:
    store.set_library(connection, library, None)
    store.settle(connection, library, comparison)


def _without_unripe(
    comparison: ingest.Comparison, ripe: Ripe
) -> tuple[ingest.Comparison, list[Place]]:
    """A comparison without the files that are to be read and may still grow; their places."""
    changed = [file for file in comparison.changed if ripe(file)]
    new = [file for file in comparison.new if ripe(file)]
    kept = {(file.library, file.path) for file in (*changed, *new)}
    left = [
        (file.library, file.path)
        for file in (*comparison.changed, *comparison.new)
        if (file.library, file.path) not in kept
    ]
    return msgspec.structs.replace(comparison, changed=changed, new=new), left


def _is_empty(folder: bytes) -> bool:
    with os.scandir(folder) as listing:
        return next(listing, None) is None


def _fail_dead(connection: sqlite3.Connection) -> None:
    """Ends the rows of scans whose process ended without a word. Needs the lock."""
    connection.execute(
        "UPDATE scan SET state = 'failed', error = 'its process ended', finished_at = beat_at "
        "WHERE state = 'running'"
    )


async def _rejected(
    db: Database, library: LibraryId | None, limit: int, begin: int
) -> list[Rejected]:
    rows = await db.rows(
        "SELECT rejected.library_id, rejected.path, library.path AS root, rejected.reason, "
        "  rejected.rejected_at "
        "FROM rejected JOIN library ON library.id = rejected.library_id "
        "WHERE :library IS NULL OR rejected.library_id = :library "
        "ORDER BY rejected.library_id, rejected.path LIMIT :limit OFFSET :begin",
        {"library": library, "limit": limit, "begin": begin},
    )
    return [
        Rejected(
            library=LibraryId(row["library_id"]),
            path=os.path.join(row["root"], row["path"]).decode("utf-8", "replace"),
            reason=row["reason"],
            rejected_at=row["rejected_at"],
        )
        for row in rows
    ]


def _scan(row: sqlite3.Row) -> Scan:
    return msgspec.convert({name: row[name] for name in Scan.__struct_fields__}, Scan)


def _runs(scan: Scan) -> bool:
    return scan.state == "running"


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background stage of the scan ended: %s", error, exc_info=error)


def _now() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000
