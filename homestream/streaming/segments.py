"""Segments when they are asked for: from the cache, or by one encode for all who wait for it.

What is likely to be asked for next is encoded ahead, as far as the player's own pace asks for it,
while nobody waits for anything. When more is asked for than can be made, that stops first; then
programmes are offered in fewer renditions; then whoever would wait too long is told to come again.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
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

# Segments that are prepared after the one that was asked for: for a player that fills its buffer,
# and for one that has it full and asks for the next as one is played.
AHEAD: Final = 4
AHEAD_AT_EASE: Final = 2
_EASE: Final = 0.5  # of a segment's length between two requests: longer is at ease
MOST_AHEAD: Final = 2  # that are prepared at one time, for all listeners together
ENCODE_SECONDS: Final = 30.0  # limit of one encode; it takes a tenth of a second
WAIT_SECONDS: Final = 60.0  # limit of waiting for one, its place in the queue included
# How long a listener waits for an encode that was begun ahead and may stand behind a scan.
_PATIENCE: Final = 0.5
BUSY_SECONDS: Final = 2.0  # a wait from which on less is offered
FULL_SECONDS: Final = 12.0  # a wait that nobody is asked to bear: players give up at 20
_FIRST_GUESS: Final = 0.2  # seconds of an encode, before any was seen
_WEIGHT: Final = 0.2  # of the last encode in the mean
_CROWDED: Final = "more is asked for than this machine can encode: try again soon"
_MOST_PLAYERS: Final = 512  # whose pace is remembered


class Load(Enum):
    """How much is asked for, against what can be made."""

    CALM = "calm"
    BUSY = "busy"
    FULL = "full"


@dataclass(frozen=True, slots=True, eq=False)
class _Flight:
    task: asyncio.Task[Kept]
    ahead: bool


@dataclass(slots=True)
class _Pace:
    """How quickly one player asks for what."""

    number: int
    asked_at: float  # seconds of the event loop's clock
    ahead: int = AHEAD_AT_EASE


@dataclass(slots=True)
class Counts:
    """Since the start: what players asked for, and where it came from."""

    asked: int = 0
    from_memory: int = 0
    from_disk: int = 0
    shared: int = 0  # were being encoded already: for somebody else, or ahead
    encoded: int = 0  # encodes that were finished, those ahead among them
    ahead: int = 0  # encodes that were begun before anybody asked
    refused: int = 0  # with Busy, because too many waited


class Segments:
    """Gives out segments as files. `close` ends what it has begun.

    `run(fn, *args, priority=, person=, timeout=)` runs a function where files may be read, with a
    descriptor in place of each Source's path: `workers.pool.Pool.run`. It runs `workers` at a time.
    """

    def __init__(self, cache: SegmentCache, run: Run, *, workers: int = 1) -> None:
        self.cache = cache
        self.counts = Counts()
        self._run = run
        self._workers = workers
        self._seconds = _FIRST_GUESS  # an encode takes, lately
        self._paces: OrderedDict[tuple[str, str], _Pace] = OrderedDict()
        self._flights: dict[str, _Flight] = {}

    @property
    def load(self) -> Load:
        """How long somebody who asks now would wait, in three steps."""
        seconds = self._wait()
        if seconds < BUSY_SECONDS:
            return Load.CALM
        return Load.BUSY if seconds < FULL_SECONDS else Load.FULL

    async def get(
        self,
        programme: Programme,
        paths: Sequence[bytes],
        rendition: Rendition,
        number: int,
        *,
        person: str = "",
    ) -> Kept:
        """Segment `number`; `paths` are those of the programme's items, `person` is who asks: of
        those who wait, each is served in turn.

        NotFound past the end or for a missing file, MediaError for one that cannot be read, Busy
        when it would take or takes too long. A caller that goes away harms nobody else who waits.
        """
        timeline.segment(programme, rendition, number)
        wanted = keys.segment(programme, rendition, number)
        self.counts.asked += 1
        kept = await self.cache.get(wanted)
        if kept is None:
            if wanted in self._flights:
                self.counts.shared += 1
            elif self.load is Load.FULL:
                self.counts.refused += 1
                raise Busy(_CROWDED, retry_after=math.ceil(self._wait() / 2))
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    kept = await self._encoded(
                        wanted, programme, paths, rendition, number, person=person
                    )
            except TimeoutError:
                raise Busy("segment takes too long to encode") from None
        elif kept.from_memory:
            self.counts.from_memory += 1
        else:
            self.counts.from_disk += 1
        self._look_ahead(programme, paths, rendition, number, person=person)
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
        *,
        person: str,
    ) -> Kept:
        while True:
            flight = self._flights.get(wanted)
            if flight is None:
                flight = self._launch(
                    wanted, programme, paths, rendition, number, person=person, ahead=False
                )
            elif flight.ahead:
                done, _ = await asyncio.wait({flight.task}, timeout=_PATIENCE)
                if not done:
                    self._land(wanted, flight)
                    flight.task.cancel()
                    continue
                if flight.task.cancelled():
                    continue
            return await asyncio.shield(flight.task)

    def _wait(self) -> float:
        """Seconds until one who asks now is served, as far as can be told."""
        waiting = sum(1 for flight in self._flights.values() if not flight.ahead)
        return max(0, waiting + 1 - self._workers) * self._seconds / self._workers

    def _look_ahead(
        self,
        programme: Programme,
        paths: Sequence[bytes],
        rendition: Rendition,
        number: int,
        *,
        person: str,
    ) -> None:
        """Begin the next segments, unless somebody waits for one or enough are under way."""
        last = timeline.count(programme, rendition)
        ahead = self._paced(programme, rendition, number, person)
        for following in range(number + 1, min(number + 1 + ahead, last)):
            wanted = keys.segment(programme, rendition, following)
            if wanted in self._flights or self.cache.holds(wanted):
                continue
            under_way = sum(1 for flight in self._flights.values() if flight.ahead)
            if under_way >= MOST_AHEAD or under_way < len(self._flights):
                return
            self._launch(wanted, programme, paths, rendition, following, person=person, ahead=True)

    def _paced(self, programme: Programme, rendition: Rendition, number: int, person: str) -> int:
        """How many segments to prepare for a player: more for one that fills its buffer."""
        player = person, programme.items[0].key
        now = asyncio.get_running_loop().time()
        before = self._paces.pop(player, None)
        pace = _Pace(number, now)
        if before is not None and number == before.number:
            pace.ahead = before.ahead
        elif before is not None and number == before.number + 1:
            cut = timeline.segment(programme, rendition, before.number)
            seconds = (cut.end - cut.start) / rendition.sample_rate
            at_ease = now - before.asked_at > seconds * _EASE
            pace.ahead = AHEAD_AT_EASE if at_ease else AHEAD
        self._paces[player] = pace
        if len(self._paces) > _MOST_PLAYERS:
            self._paces.popitem(last=False)
        return pace.ahead

    def _launch(
        self,
        wanted: str,
        programme: Programme,
        paths: Sequence[bytes],
        rendition: Rendition,
        number: int,
        *,
        person: str,
        ahead: bool,
    ) -> _Flight:
        encoding = self._encode(
            wanted, programme, paths, rendition, number, person=person, ahead=ahead
        )
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
        person: str,
        ahead: bool,
    ) -> Kept:
        # It may have been finished between the first look and now.
        kept = await self.cache.get(wanted)
        if kept is not None:
            return kept
        self.counts.ahead += ahead
        reach = encode.reach(programme, rendition, number)
        waiting, began = self._wait(), asyncio.get_running_loop().time()
        data = await self._run(
            encode.segment,
            [Source(path=paths[place]) for place in reach],
            programmes.excerpt(programme, [rendition.sample_rate, rendition.pace], reach),
            rendition,
            number,
            priority=Priority.PREFETCH if ahead else Priority.INTERACTIVE,
            person=person,
            timeout=ENCODE_SECONDS,
        )
        self.counts.encoded += 1
        if not ahead and not waiting:
            took = asyncio.get_running_loop().time() - began
            self._seconds += (took - self._seconds) * _WEIGHT
        return await self.cache.put(wanted, data)
