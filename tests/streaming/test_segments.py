"""One encode for all who wait, nobody harmed by one who leaves, and the next ones made ahead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from homestream.errors import Busy, MediaError, NotFound
from homestream.media import encode, ladder, timeline
from homestream.media.ladder import Rendition
from homestream.media.programme import Item, Programme
from homestream.media.source import Source
from homestream.streaming import keys
from homestream.streaming.cache import Kept, SegmentCache
from homestream.streaming.segments import Load, Segments
from homestream.workers.pool import Priority
from tests import sounds

SECONDS = 32


class Threads:
    """Runs functions in threads, counts them, and can hold them back."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.begun: list[tuple[int, int]] = []  # segment number, priority
        self.people: list[str] = []
        self.waiting = 0
        self.dropped = 0

    async def run(
        self,
        fn: Callable[..., bytes],
        *args: Any,
        priority: int,
        person: str,
        timeout: float,  # noqa: ASYNC109 - the pool's own signature
    ) -> bytes:
        self.begun.append((args[-1], priority))
        self.people.append(person)
        self.waiting += 1
        try:
            async with asyncio.timeout(timeout):
                await self.open.wait()
        except asyncio.CancelledError:
            self.dropped += 1
            raise
        finally:
            self.waiting -= 1
        return await asyncio.to_thread(fn, *args)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is looked at has no event
            await asyncio.sleep(0.005)


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("segments") / "a.flac"
    sound = sounds.music(SECONDS * 44_100, 44_100)
    return sounds.write(path, sounds.KINDS["flac"], sound, 44_100)


@pytest.fixture(scope="module")
def programme(track: Path) -> Programme:
    return Programme((Item("k1", sounds.facts_of(track)),))


@pytest.fixture(scope="module")
def rendition(programme: Programme) -> Rendition:
    return ladder.renditions([programme.items[0].facts])[2]


@pytest.fixture
def paths(track: Path) -> list[bytes]:
    return [bytes(track)]


@pytest.fixture
async def threads() -> Threads:
    return Threads()


@pytest.fixture
async def cache(tmp_path: Path) -> SegmentCache:
    return SegmentCache(tmp_path / "cache", 10_000_000)


@pytest.fixture
async def segments(cache: SegmentCache, threads: Threads) -> AsyncIterator[Segments]:
    made = Segments(cache, threads.run)
    yield made
    threads.open.set()
    await made.close()


async def test_a_segment_is_what_one_encode_gives(
    segments: Segments, programme: Programme, paths: list[bytes], rendition: Rendition
):
    kept = await segments.get(programme, paths, rendition, 3)
    expected = encode.segment([Source(path=paths[0])], programme, rendition, 3)
    assert kept.data == expected
    assert kept.path is not None
    assert kept.path.read_bytes() == expected


async def test_fifty_who_wait_cost_one_encode(
    segments: Segments,
    threads: Threads,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
):
    last = timeline.count(programme, rendition) - 1
    threads.open.clear()
    asking = [
        asyncio.create_task(segments.get(programme, paths, rendition, last)) for _ in range(50)
    ]
    await until(lambda: threads.waiting == 1)
    for leaver in asking[:10]:
        leaver.cancel()
    await asyncio.wait(asking[:10])
    threads.open.set()
    answers = await asyncio.gather(*asking[10:])
    assert len({answers[0], *answers}) == 1
    assert len(threads.begun) == 1
    assert threads.dropped == 0
    assert (segments.counts.asked, segments.counts.shared, segments.counts.encoded) == (50, 49, 1)


async def test_when_all_have_left_the_encode_still_reaches_the_cache(
    segments: Segments,
    threads: Threads,
    cache: SegmentCache,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
):
    threads.open.clear()
    only = asyncio.create_task(segments.get(programme, paths, rendition, 0))
    await until(lambda: threads.waiting == 1)
    only.cancel()
    await asyncio.wait([only])
    threads.open.set()
    await until(lambda: cache.holds(keys.segment(programme, rendition, 0)))


async def test_what_is_cached_is_not_encoded_again(
    cache: SegmentCache,
    threads: Threads,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
    tmp_path: Path,
):
    last = timeline.count(programme, rendition) - 1
    first = Segments(cache, threads.run)
    kept = await first.get(programme, paths, rendition, last)
    await first.close()
    restarted = Segments(SegmentCache(tmp_path / "cache", 10_000_000), threads.run)
    again = await restarted.get(programme, paths, rendition, last)
    assert again.path == kept.path
    assert [number for number, _ in threads.begun] == [last]
    await restarted.close()


async def test_the_next_two_are_made_ahead_when_nobody_waits(
    segments: Segments,
    threads: Threads,
    cache: SegmentCache,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
):
    await segments.get(programme, paths, rendition, 1)
    for number in (2, 3):
        wanted = keys.segment(programme, rendition, number)
        await until(lambda wanted=wanted: cache.holds(wanted))
    assert threads.begun == [
        (1, Priority.INTERACTIVE),
        (2, Priority.PREFETCH),
        (3, Priority.PREFETCH),
    ]
    await segments.get(programme, paths, rendition, 2)
    await until(lambda: cache.holds(keys.segment(programme, rendition, 4)))
    assert threads.begun[3] == (4, Priority.PREFETCH)


async def test_nothing_is_made_ahead_while_somebody_waits(
    segments: Segments,
    cache: SegmentCache,
    threads: Threads,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
):
    low = ladder.renditions([programme.items[0].facts])[0]
    await segments.get(programme, paths, low, 0)
    ahead = [keys.segment(programme, low, number) for number in (1, 2)]
    await until(lambda: all(cache.holds(wanted) for wanted in ahead))
    threads.open.clear()
    other = asyncio.create_task(segments.get(programme, paths, rendition, 4))
    await until(lambda: threads.waiting == 1)
    assert await segments.get(programme, paths, low, 0)
    assert await segments.get(programme, paths, low, 1)
    assert [priority for _, priority in threads.begun[3:]] == [Priority.INTERACTIVE]
    threads.open.set()
    await other


async def test_a_listener_does_not_wait_behind_what_is_made_ahead(
    segments: Segments,
    threads: Threads,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
):
    await segments.get(programme, paths, rendition, 0)
    await until(lambda: len(threads.begun) == 3 and threads.waiting == 0)
    threads.open.clear()
    await segments.get(programme, paths, rendition, 2)
    await until(lambda: threads.waiting == 2)
    hurried = asyncio.create_task(segments.get(programme, paths, rendition, 3))
    also = asyncio.create_task(segments.get(programme, paths, rendition, 3))
    await until(lambda: (3, Priority.INTERACTIVE) in threads.begun)
    threads.open.set()
    assert await hurried == await also
    assert threads.begun.count((3, Priority.INTERACTIVE)) == 1
    assert threads.dropped == 1


async def test_a_fault_is_told_to_all_and_the_next_try_is_a_new_one(
    segments: Segments, threads: Threads, programme: Programme, rendition: Rendition, tmp_path: Path
):
    bad = tmp_path / "bad.flac"
    bad.write_bytes(b"this is no flac file at all" * 9)
    asking = [segments.get(programme, [bytes(bad)], rendition, 2) for _ in range(5)]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(answer, MediaError) for answer in answers)
    assert len(threads.begun) == 1
    bad.unlink()
    with pytest.raises(NotFound):
        await segments.get(programme, [bytes(bad)], rendition, 2)
    assert len(threads.begun) == 2


async def test_past_the_end_nothing_is_begun(
    segments: Segments,
    threads: Threads,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
):
    for number in (-1, 999):
        with pytest.raises(NotFound):
            await segments.get(programme, paths, rendition, number)
    assert threads.begun == []


async def test_of_a_long_programme_only_the_files_in_reach_are_opened(
    segments: Segments, track: Path, programme: Programme, rendition: Rendition
):
    several = Programme(programme.items * 3)
    somewhere = [b"/nowhere/1.flac", bytes(track), b"/nowhere/3.flac"]
    inside = timeline.at(several, rendition, round(SECONDS * 44_100 * 1.5))
    kept = await segments.get(several, somewhere, rendition, inside)
    assert len(kept.data or b"") > 10_000
    with pytest.raises(NotFound):
        await segments.get(several, somewhere, rendition, 0)


async def test_a_player_that_fills_its_buffer_has_more_made_ahead(
    segments: Segments,
    threads: Threads,
    cache: SegmentCache,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
):
    last = timeline.count(programme, rendition) - 1
    for number in (0, 1):
        await segments.get(programme, paths, rendition, number, person="p1")
        await until(lambda: threads.waiting == 0 and segments.counts.encoded == len(threads.begun))
    await segments.get(programme, paths, rendition, 1, person="p1")
    await until(lambda: cache.holds(keys.segment(programme, rendition, 3)))
    await segments.get(programme, paths, rendition, 1, person="p1")
    await until(lambda: cache.holds(keys.segment(programme, rendition, min(5, last))))
    await segments.get(programme, paths, rendition, 4, person="p2")
    assert set(threads.people) == {"p1"}


async def test_overload_sheds_what_is_ahead_then_says_come_again(
    cache: SegmentCache,
    threads: Threads,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
):
    segments = Segments(cache, threads.run, workers=2)
    kept = await segments.get(programme, paths, rendition, 4)
    await until(lambda: segments.counts.encoded == 3)
    ahead = segments.counts.ahead
    threads.open.clear()
    assert segments.load is Load.CALM
    asking: list[asyncio.Task[Kept]] = []

    async def crowd(until_load: Load) -> None:
        while segments.load is not until_load:
            item = Item(f"other {len(asking)}", programme.items[0].facts)
            one = segments.get(Programme((item,)), paths, rendition, 0)
            asking.append(asyncio.create_task(one))
            assert len(asking) < 1_000
            await asyncio.sleep(0)

    await crowd(Load.BUSY)
    assert (await segments.get(programme, paths, rendition, 4)).path == kept.path
    assert segments.counts.ahead == ahead
    await crowd(Load.FULL)
    refused = segments.counts.refused
    with pytest.raises(Busy) as told:
        await segments.get(programme, paths, rendition, 2)
    assert 1 <= told.value.retry_after <= 30
    assert segments.counts.refused == refused + 1
    assert (await segments.get(programme, paths, rendition, 4)).path == kept.path
    threads.open.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert sum(isinstance(each, Kept) for each in answers) > 50
    assert all(isinstance(each, Kept | Busy) for each in answers)
    assert segments.load is Load.CALM
    await segments.close()


async def test_closing_ends_what_was_begun(
    cache: SegmentCache,
    threads: Threads,
    programme: Programme,
    paths: list[bytes],
    rendition: Rendition,
):
    threads.open.clear()
    segments = Segments(cache, threads.run)
    asking = asyncio.create_task(segments.get(programme, paths, rendition, 0))
    await until(lambda: threads.waiting == 1)
    await segments.close()
    assert threads.waiting == 0
    await asyncio.wait([asking], timeout=5)
    assert asking.cancelled()
