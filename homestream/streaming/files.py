"""Files that are nowhere, given out as they are made: any range of one whose size is known, and
from its start of one whose size is not.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress

import msgspec

from homestream.media import programme as programmes
from homestream.media import virtual
from homestream.media.programme import Programme
from homestream.media.source import Source
from homestream.media.virtual import Form
from homestream.streaming.cache import SegmentCache
from homestream.streaming.segments import ENCODE_SECONDS, Run
from homestream.workers.pool import Priority


class Files:
    """Makes pieces in the workers and keeps them in the cache of segments; see `Segments`."""

    def __init__(self, cache: SegmentCache, run: Run) -> None:
        self._cache = cache
        self._run = run
        self._making: dict[str, asyncio.Task[bytes]] = {}

    async def read(
        self,
        programme: Programme,
        paths: Sequence[bytes],
        form: Form,
        *,
        start: int = 0,
        end: int | None = None,
        person: str = "",
        before: Callable[[range], Awaitable[None]] | None = None,
    ) -> AsyncIterator[bytes]:
        """The bytes [start, end) of the file, a piece at a time; `end` None: to its end.

        `start` other than 0 needs a form whose size is known. The next piece is made while one is
        on its way. `before` is told the items of each piece before it is given out, and ends it all
        by an error.
        """
        head = virtual.head(programme, form)
        if start < len(head):
            yield head[start:end]
        number, place = 0, len(head)
        if form.unit_bytes is not None:
            bytes_each = virtual.piece_units(form) * form.unit_bytes
            number = max(0, start - len(head)) // bytes_each
            place += number * bytes_each
        count = virtual.pieces(programme, form)
        while number < count and (end is None or place < end):
            if before is not None:
                await before(virtual.reach(programme, form, number))
            made = await self._piece(programme, paths, form, number, person)
            if number + 1 < count and (end is None or place + len(made) < end):
                self._begin(programme, paths, form, number + 1, person, Priority.PREFETCH)
            part = made[max(0, start - place) : None if end is None else end - place]
            if part:
                yield part
            place += len(made)
            number += 1

    async def close(self) -> None:
        """Ends what is being made."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _piece(
        self, programme: Programme, paths: Sequence[bytes], form: Form, number: int, person: str
    ) -> bytes:
        return await asyncio.shield(
            self._begin(programme, paths, form, number, person, Priority.INTERACTIVE)
        )

    def _begin(
        self,
        programme: Programme,
        paths: Sequence[bytes],
        form: Form,
        number: int,
        person: str,
        priority: Priority,
    ) -> asyncio.Task[bytes]:
        """The task that makes a piece, one for all who want it."""
        key = _key(programme, form, number)
        task = self._making.get(key)
        if task is None:
            making = self._made(key, programme, paths, form, number, person, priority)
            task = self._making[key] = asyncio.create_task(making)
            task.add_done_callback(lambda done: self._landed(key, done))
        return task

    def _landed(self, key: str, task: asyncio.Task[bytes]) -> None:
        del self._making[key]
        if not task.cancelled():
            task.exception()  # told to those who wait; there may be none

    async def _made(
        self,
        key: str,
        programme: Programme,
        paths: Sequence[bytes],
        form: Form,
        number: int,
        person: str,
        priority: Priority,
    ) -> bytes:
        kept = await self._cache.get(key)
        if kept is not None:
            if kept.data is not None:
                return kept.data
            if kept.path is not None:
                with suppress(OSError):  # it was cleared just now
                    return await asyncio.to_thread(kept.path.read_bytes)
        reach = virtual.reach(programme, form, number)
        rates = [form.rendition.sample_rate, form.rendition.pace]
        made: bytes = await self._run(
            virtual.piece,
            [Source(path=paths[place]) for place in reach],
            programmes.excerpt(programme, [*rates, programmes.line_rate(programme)], reach),
            form,
            number,
            priority=priority,
            person=person,
            timeout=ENCODE_SECONDS,
        )
        await self._cache.put(key, made)
        return made


def etag(programme: Programme, form: Form) -> str:
    """A strong entity tag of the whole file (RFC 9110 section 8.8.3)."""
    told = [form, programme.items, virtual.content(programme, form, 0)]
    return hashlib.sha256(msgspec.msgpack.encode(told)).hexdigest()[:32]


def _key(programme: Programme, form: Form, number: int) -> str:
    told = virtual.content(programme, form, number)
    return hashlib.sha256(msgspec.msgpack.encode(told)).hexdigest()
