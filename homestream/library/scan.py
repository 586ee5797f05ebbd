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
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast

import msgspec

from homestream.db.connect import Database
from homestream.errors import HomestreamError, NotFound
from homestream.ids import ArtId, LibraryId, ScanId, TrackId
from homestream.library import (
    analysis,
    artwork,
    cutting,
    ingest,
    libraries,
    store,
    walk,
    walked,
)
from homestream.library.batch import Place
from homestream.library.locks import Lock, locked
from homestream.library.reading import NO_SCAN, Counts, Reading
from homestream.library.recordings import Follower
from homestream.library.scope import WHOLE, Folders, Scope
from homestream.library.walked import Ripe
from homestream.media import late
from homestream.workers.pool import Pool

if TYPE_CHECKING:
    from homestream.library import background
else:
    background = late.module("homestream.library.background")

log = logging.getLogger(__name__)

_MEASURE_SECONDS: Final = 120.0
_TELL_SECONDS: Final = 0.25
_JOIN_SECONDS: Final = 0.25
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


class Lists(msgspec.Struct, frozen=True):
    """The playlists that a walk saw in a library, and where it looked."""

    root: bytes
    folders: Folders
    lists: list[walk.Seen]


Taking = Callable[[dict[LibraryId, Lists], bool], Awaitable[None]]
"""What is done with them; and whether sound files came, moved or went."""


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
        followers: Callable[[], Sequence[Follower]] = tuple,
    ) -> None:
        self._db = db
        self._followers = followers
        self._pool = pool
        self._folder = folder
        self._art_folder = art_folder
        self._first: asyncio.Task[ScanResult] | None = None
        self._second: asyncio.Task[None] | None = None
        self._listeners: list[Progress] = []
        self._looking = asyncio.Lock()
        self._made: background.Background | None = None
        self._noted: list[tuple[Scope, background.Beside]] = []
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
            counts = Counts(NO_SCAN)
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

    async def ensure_lengths(self, tracks: Sequence[TrackId]) -> None:
        """Sees to it that the lengths of tracks are exact; see `Background.ensure_lengths`."""
        await self._background.ensure_lengths(tracks)

    async def measure_soon(self, tracks: Sequence[TrackId]) -> None:
        """Has tracks read through that were not yet; see `Background.measure_soon`."""
        await self._background.measure_soon(tracks)

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
        if self._made is not None:
            await self._made.close()

    @property
    def _background(self) -> background.Background:
        """The second stage, which not every scan comes to."""
        if self._made is None:
            self._made = background.Background(
                self._db, self._pool, self._folder, self._art_folder, self._followers()
            )
        self._hand_over(self._made)
        return self._made

    def _hand_over(self, second: background.Background) -> None:
        while self._noted:
            second.note(*self._noted.pop(0))

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
        counts = Counts(ScanId(scan))
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

    async def _end(self, counts: Counts, state: str, error: str | None) -> None:
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
        counts: Counts,
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
        compared: list[tuple[walked.Root, ingest.Comparison]] = []
        for root in roots:
            comparison = await self._db.batch(partial(walked.compare, root))
            if ripe is not None:
                comparison, left = walked.without_unripe(comparison, ripe)
                unripe += left
            compared.append((root, comparison))
        if unripe and walked.waits([comparison for _, comparison in compared], patient=patient):
            return unripe, True
        for root, comparison in compared:
            await self._db.batch(partial(walked.settle, root.id, comparison))
            counts.done += comparison.same + len(comparison.back) + len(comparison.refused)
            counts.updated += len(comparison.back)
        counts.stage = "reading"
        reading = Reading(self._db, self._pool, counts, compared, self._advance)
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
        self._noted.append(
            (
                {root.id: root.folders for root in roots},
                {(root.id, stem): seen for root in roots for stem, seen in root.lyrics.items()},
            )
        )
        if self._made is not None:  # it may be at work
            self._hand_over(self._made)
        return unripe, False

    async def _look(self, counts: Counts, scope: Scope | None) -> list[walked.Root]:
        """Walks all libraries, or those in `scope`. One that is not there is away with all its
        tracks; one that is back is walked as a whole.
        """
        rows = await self._db.rows(
            "SELECT id, path, state, reason, EXISTS (SELECT 1 FROM file "
            "  WHERE file.library_id = library.id) AS known FROM library ORDER BY id"
        )
        every = [bytes(row["path"]) for row in rows]
        roots: list[walked.Root] = []
        for row in rows:
            library = LibraryId(row["id"])
            if scope is not None and library not in scope:
                continue
            folders = WHOLE if scope is None or row["state"] == "away" else scope[library]
            reason: str | None = row["reason"]
            root: walked.Root | None = None
            if reason != libraries.NOT_CONFIGURED:
                root, reason = await self._walk(library, bytes(row["path"]), every, folders, counts)
            if (
                root is not None
                and not root.sounds
                and row["known"]
                and (folders is WHOLE or await asyncio.to_thread(walked.is_empty, root.path))
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
        counts: Counts,
    ) -> tuple[walked.Root | None, str | None]:
        before = counts.found
        stopped = threading.Event()

        def counted() -> Iterator[walk.Seen]:
            for each in walk.walk(path, every, None if folders is WHOLE else folders):
                if each.kind is walk.Kind.SOUND:
                    counts.found += 1
                yield each
                if stopped.is_set():
                    break

        def gather() -> walked.Root:
            return walked.gathered(library, path, folders, counted())

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

    async def _advance(self, counts: Counts) -> None:
        """Writes and tells how far the scan is, unless that was told just now."""
        now = time.monotonic()
        if now - counts.told < _TELL_SECONDS:
            return
        counts.told = now
        if counts.scan == NO_SCAN:
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
