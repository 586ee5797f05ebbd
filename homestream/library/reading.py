"""The reading of one scan: files in batches to the workers, and what they say to the store.

Most files are read by the small workers of `skim`; what those do not take goes, a batch at a time,
to the large ones.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from homestream.db.connect import Database
from homestream.errors import MediaError, NotFound
from homestream.ids import AlbumId, FileId, ScanId
from homestream.library import describe, ingest, store
from homestream.library.batch import Place
from homestream.library.files import Found
from homestream.library.ingest import FileSeen
from homestream.library.walked import Root
from homestream.media import late
from homestream.media.source import Source
from homestream.workers.pool import Pool, Priority

if TYPE_CHECKING:
    from homestream.media import probe, skim
else:
    probe = late.module("homestream.media.probe")
    skim = late.module("homestream.media.skim")

_BATCH: Final = 64  # files read by one job
_BATCHES_AHEAD: Final = 4  # jobs that are asked of the workers at once
# files written by one transaction: few at first, so that there is soon something to see
_FEWEST_WRITTEN: Final = 64
_MOST_WRITTEN: Final = 1024
_BATCH_SECONDS: Final = 20.0
_FILE_SECONDS: Final = 10.0  # to read one file's tags and header
NO_SCAN: Final = ScanId(0)

_Answers = list[tuple[FileSeen, "skim.Read | skim.Refused"]]


class Counts:
    """What a running scan has come to; written to its row now and then."""

    def __init__(self, scan: ScanId) -> None:
        self.scan = scan  # NO_SCAN: it has no row
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


class Reading:
    """The reading of one scan: files in batches to the workers, and what they say to the store."""

    def __init__(
        self,
        db: Database,
        pool: Pool,
        counts: Counts,
        compared: Sequence[tuple[Root, ingest.Comparison]],
        advance: Callable[[Counts], Awaitable[None]],
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
        batches = iter([files[at : at + _BATCH] for at in range(0, len(files), _BATCH)])
        unusual: list[FileSeen] = []
        reading: set[asyncio.Task[tuple[_Answers, list[FileSeen]]]] = set()
        writing: asyncio.Task[list[FileSeen]] | None = None
        ready: _Answers = []
        try:
            while True:
                while len(reading) < _BATCHES_AHEAD and len(ready) < self._most:
                    if batch := [] if len(unusual) >= _BATCH else next(batches, []):
                        reading.add(asyncio.create_task(self._skim(batch)))
                    elif len(unusual) >= _BATCH or (unusual and not reading):
                        batch, unusual = unusual[:_BATCH], unusual[_BATCH:]
                        reading.add(asyncio.create_task(self._probe(batch)))
                    else:
                        break
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
                    answers, more = task.result()
                    ready += answers
                    unusual += more
                reading -= done
        finally:
            left: list[asyncio.Task[Any]] = [*reading]
            if writing is not None:
                left.append(writing)
            for each in left:
                each.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _skim(self, batch: Sequence[FileSeen]) -> tuple[_Answers, list[FileSeen]]:
        """What the small workers say of a batch, and the files that are not for them."""
        known: _Answers = [(file, skim.Refused(file.refused)) for file in batch if file.refused]
        opened = [file for file in batch if not file.refused]
        if not opened:
            return known, []
        try:
            answers = await self._pool.run(
                skim.skim,
                *self._named(opened),
                priority=Priority.SCAN,
                timeout=_BATCH_SECONDS,
            )
        except MediaError:
            return known, opened
        unusual: list[FileSeen] = []
        for file, answer in zip(opened, answers, strict=True):
            if isinstance(answer, skim.Unusual):
                unusual.append(file)
            else:
                known.append((file, answer))
        return known, unusual

    async def _probe(self, batch: Sequence[FileSeen]) -> tuple[_Answers, list[FileSeen]]:
        """What the large workers say of a batch; file by file when it ends or outlasts its
        worker."""
        try:
            answers = await self._ask(batch, _BATCH_SECONDS)
        except MediaError:
            answers = []
            for file in batch:
                try:
                    answers += await self._ask([file], _FILE_SECONDS)
                except (MediaError, NotFound) as error:
                    answers.append(skim.Refused(str(error)))
        return list(zip(batch, answers, strict=True)), []

    async def _ask(
        self, batch: Sequence[FileSeen], seconds: float
    ) -> list[skim.Read | skim.Refused]:
        return await self._pool.run(
            probe.read, *self._named(batch), priority=Priority.SCAN, timeout=seconds
        )

    def _named(self, batch: Sequence[FileSeen]) -> tuple[list[Source], list[str]]:
        return (
            [Source(path=self._path(file)) for file in batch],
            [os.path.basename(file.path).decode("utf-8", "replace") for file in batch],
        )

    def _path(self, file: FileSeen) -> bytes:
        return file.target or os.path.join(self._roots[file.library], file.path)

    async def _write(self, answers: _Answers, *, last: bool) -> list[FileSeen]:
        """Writes one batch; the files of it that are to be read again at the end."""
        good: list[tuple[FileSeen, skim.Read]] = []
        refused: list[tuple[FileSeen, str]] = []
        for file, answer in answers:
            if isinstance(answer, skim.Refused):
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


def _found(file: FileSeen, read: skim.Read) -> Found:
    description = describe.describe(read.tags, file.path)
    return Found(
        heard=ingest.Heard(file, read.audio_key, description.names),
        facts=read.facts,
        description=description,
        picture=read.picture_key,
    )


def _now() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000
