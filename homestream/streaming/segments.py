"""Segments when they are asked for: from the cache, or by one encode for all who wait for it.

What is likely to be asked for next is encoded ahead while nobody waits for anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from homestream.errors import Busy
from homestream.media import encode, timeline
from homestream.media import programme as programmes
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme
from homestream.media.source import Source
from homestream.streaming import keys
from homestream.streaming.cache import Kept, SegmentCache
from homestream.workers.pool import Priority

Run = Callable[..., Awaitable[bytes]]

AHEAD: Final = 2  # segments that are prepared after the one that was asked for
MOST_AHEAD: Final = 2  # that are prepared at one time, for all listeners together
ENCODE_SECONDS: Final = 30.0  # limit of one encode; it takes a tenth of a second
WAIT_SECONDS: Final = 60.0  # limit of waiting for one, its place in the queue included
# How long a listener waits for an encode that was begun ahead and may stand behind a scan.
_PATIENCE: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Flight:
    task: asyncio.Task[Kept]
    ahead: bool


@dataclass(slots=True)
class Counts:
    """Since the start: what players asked for, and where it came from."""

    asked: int = 0
    from_memory: int = 0
    from_disk: int = 0
    shared: int = 0  # were being encoded already: for somebody else, or ahead
    encoded: int = 0  # encodes that were finished, those ahead among them
    ahead: int = 0  # encodes that were begun before anybody asked


class Segments:
    """Gives out segments as files. `close` ends what it has begun.

    `run(fn, *args, priority=, timeout=)` runs a function where files may be read, with a
    descriptor in place of each Source's path: `workers.pool.Pool.run`.
    """

    def __init__(self, cache: SegmentCache, run: Run) -> None:
        self.cache = cache
        self.counts = Counts()
        self._run = run
        self._flights: dict[str, _Flight] = {}

    async def get(
        self, programme: Programme, paths: Sequence[bytes], rendition: Rendition, number: int
    ) -> Kept:
        """Segment `number`; `paths` are those of the programme's items.

        NotFound past the end or for a missing file, MediaError for one that cannot be read, Busy
        when it takes too long. A caller that goes away harms nobody else who waits.
        """
        timeline.segment(programme, rendition, number)
        wanted = keys.segment(programme, rendition, number)
        self.counts.asked += 1
        kept = await self.cache.get(wanted)
        if kept is None:
            if wanted in self._flights:
                self.counts.shared += 1
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    kept = await self._encoded(wanted, programme, paths, rendition, number)
            except TimeoutError:
                raise Busy("segment takes too long to encode") from None
        elif kept.from_memory:
            self.counts.from_memory += 1
        else:
            self.counts.from_disk += 1
        self._look_ahead(programme, paths, rendition, number)
        return kept

    async def close(self) -> None:
        """End every encode that was begun; whoever waits for one is cancelled."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _encoded(
        self,
        wanted: str,
        programme: Programme,
        paths: Sequence[bytes],
        rendition: Rendition,
        number: int,
    ) -> Kept:
        while True:
            flight = self._flights.get(wanted)
            if flight is None:
                flight = self._launch(wanted, programme, paths, rendition, number, ahead=False)
            elif flight.ahead:
                done, _ = await asyncio.wait({flight.task}, timeout=_PATIENCE)
                if not done:
                    self._land(wanted, flight)
                    flight.task.cancel()
                    continue
                if flight.task.cancelled():
                    continue
            return await asyncio.shield(flight.task)

    def _look_ahead(
        self, programme: Programme, paths: Sequence[bytes], rendition: Rendition, number: int
    ) -> None:
        """Begin the next segments, unless somebody waits for one or enough are under way."""
        last = timeline.count(programme, rendition)
        for following in range(number + 1, min(number + 1 + AHEAD, last)):
            wanted = keys.segment(programme, rendition, following)
            if wanted in self._flights or self.cache.holds(wanted):
                continue
            under_way = sum(1 for flight in self._flights.values() if flight.ahead)
            if under_way >= MOST_AHEAD or under_way < len(self._flights):
                return
            self._launch(wanted, programme, paths, rendition, following, ahead=True)

    def _launch(
        self,
        wanted: str,
        programme: Programme,
        paths: Sequence[bytes],
        rendition: Rendition,
        number: int,
        *,
        ahead: bool,
    ) -> _Flight:
        encoding = self._encode(wanted, programme, paths, rendition, number, ahead=ahead)
        flight = _Flight(asyncio.create_task(encoding), ahead)
        self._flights[wanted] = flight
        flight.task.add_done_callback(lambda task: self._landed(wanted, flight))
        return flight

    def _landed(self, wanted: str, flight: _Flight) -> None:
        self._land(wanted, flight)
        if not flight.task.cancelled():
            flight.task.exception()  # told to those who wait; there may be none left

    def _land(self, wanted: str, flight: _Flight) -> None:
        if self._flights.get(wanted) is flight:
            del self._flights[wanted]

    async def _encode(
        self,
        wanted: str,
        programme: Programme,
        paths: Sequence[bytes],
        rendition: Rendition,
        number: int,
        *,
        ahead: bool,
    ) -> Kept:
        # It may have been finished between the first look and now.
        kept = await self.cache.get(wanted)
        if kept is not None:
            return kept
        self.counts.ahead += ahead
        reach = encode.reach(programme, rendition, number)
        data = await self._run(
            encode.segment,
            [Source(path=paths[place]) for place in reach],
            programmes.excerpt(programme, [rendition.sample_rate, rendition.pace], reach),
            rendition,
            number,
            priority=Priority.PREFETCH if ahead else Priority.INTERACTIVE,
            timeout=ENCODE_SECONDS,
        )
        self.counts.encoded += 1
        return await self.cache.put(wanted, data)
