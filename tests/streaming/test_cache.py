"""The cache keeps within its bound, survives a restart and never gives out a torn file."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from homestream.streaming.cache import SegmentCache


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def data(number: int, size: int = 100) -> bytes:
    return bytes([number % 256]) * size


async def put(cache: SegmentCache, key: str, data: bytes) -> Path:
    """The file of a segment that was put."""
    kept = await cache.put(key, data)
    assert kept.path is not None
    return kept.path


async def got(cache: SegmentCache, key: str) -> Path | None:
    """The file of a segment, None if there is none."""
    kept = await cache.get(key)
    return kept.path if kept is not None else None


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def test_what_was_put_is_found(tmp_path: Path):
    cache = SegmentCache(tmp_path / "new" / "folder", 1000)
    assert await cache.get(key(1)) is None
    path = await put(cache, key(1), b"sound")
    assert await got(cache, key(1)) == path
    assert path.read_bytes() == b"sound"
    assert cache.holds(key(1))
    assert not cache.holds(key(2))


async def test_the_sum_of_sizes_is_bounded_and_the_oldest_go(tmp_path: Path, clock: Clock):
    cache = SegmentCache(tmp_path, 500, clock=clock)
    for number in range(12):
        clock.now += 61
        await cache.put(key(number), data(number))
        assert on_disk(tmp_path) == cache.used_bytes <= 500
    found = [number for number in range(12) if await cache.get(key(number))]
    assert found == [7, 8, 9, 10, 11]


async def test_what_is_used_stays_longer(tmp_path: Path, clock: Clock):
    cache = SegmentCache(tmp_path, 300, clock=clock)
    for number in range(3):
        clock.now += 61
        await cache.put(key(number), data(number))
    clock.now += 61
    await cache.get(key(0))
    clock.now += 61
    await cache.put(key(3), data(3))
    assert [number for number in range(4) if cache.holds(key(number))] == [0, 2, 3]


async def test_what_was_used_within_a_minute_is_spared_over_the_bound(tmp_path: Path, clock: Clock):
    cache = SegmentCache(tmp_path, 250, clock=clock)
    for number in range(6):
        await cache.put(key(number), data(number))
        clock.now += 5
    assert all(cache.holds(key(number)) for number in range(6))
    clock.now += 61
    await cache.put(key(9), data(9))
    assert on_disk(tmp_path) == cache.used_bytes == 200


async def test_a_clock_that_was_set_back_does_not_keep_everything(tmp_path: Path, clock: Clock):
    cache = SegmentCache(tmp_path, 250, clock=clock)
    for number in range(2):
        await cache.put(key(number), data(number))
    clock.now -= 86_400
    await cache.put(key(2), data(2))
    assert not cache.holds(key(0))
    assert cache.used_bytes <= 250


async def test_one_key_put_again_counts_once(tmp_path: Path):
    cache = SegmentCache(tmp_path, 1000)
    await cache.put(key(1), data(1))
    await cache.put(key(1), data(1))
    path = await put(cache, key(1), data(2, 70))
    assert cache.used_bytes == on_disk(tmp_path) == 70
    assert await got(cache, key(1)) == path


async def test_a_restart_keeps_segments_and_the_order_of_their_use(tmp_path: Path, clock: Clock):
    first = SegmentCache(tmp_path, 1000, clock=clock)
    for number in range(5):
        clock.now += 100
        await first.put(key(number), data(number))
        await first.get(key(number))
    clock.now += 100
    await first.get(key(1))
    second = SegmentCache(tmp_path, 300, clock=clock)
    await second.load()
    assert second.used_bytes == on_disk(tmp_path) == 300
    assert [number for number in range(5) if second.holds(key(number))] == [1, 3, 4]
    path = await got(second, key(1))
    assert path is not None
    assert path.read_bytes() == data(1)


async def test_being_used_does_not_change_what_a_player_knows_it_by(tmp_path: Path, clock: Clock):
    cache = SegmentCache(tmp_path, 1000, clock=clock)
    path = await put(cache, key(1), data(1))
    before = path.stat().st_mtime_ns
    clock.now += 86_400
    await cache.get(key(1))
    assert path.stat().st_mtime_ns == before
    assert path.stat().st_atime == pytest.approx(clock.now, abs=1)


async def test_leftovers_of_a_crash_are_removed_and_strangers_are_not(tmp_path: Path):
    path = await put(SegmentCache(tmp_path, 1000), key(1), data(1))
    leftover = path.with_name("0123456789abcdef.part")
    stranger = path.with_name("notes.txt")
    for file in (leftover, stranger, tmp_path / "CACHEDIR.TAG"):
        file.write_bytes(b"something")
    again = SegmentCache(tmp_path, 1000)
    await again.load()
    assert not leftover.exists()
    assert stranger.exists()
    assert (tmp_path / "CACHEDIR.TAG").exists()
    assert again.used_bytes == 100


@pytest.mark.parametrize(
    "torn", [b"", data(1)[:60], bytes(100), data(1)[:50] + bytes(50), data(1) + b"more"]
)
async def test_a_torn_file_is_never_served(tmp_path: Path, torn: bytes):
    path = await put(SegmentCache(tmp_path, 1000), key(1), data(1))
    path.write_bytes(torn)
    after = SegmentCache(tmp_path, 1000)
    assert await after.get(key(1)) is None
    assert not path.exists()
    assert after.used_bytes == 0
    whole = await put(after, key(1), data(1))
    assert await got(after, key(1)) == whole


async def test_a_file_that_somebody_removed_is_gone(tmp_path: Path):
    cache = SegmentCache(tmp_path, 1000)
    path = await put(cache, key(1), data(1))
    path.unlink()
    assert await cache.get(key(1)) is None
    assert cache.used_bytes == 0


async def test_many_at_once_agree(tmp_path: Path):
    cache = SegmentCache(tmp_path, 10_000)

    async def use(number: int) -> None:
        for turn in range(10):
            path = await got(cache, key((number + turn) % 20))
            if path is None:
                await cache.put(key((number + turn) % 20), data((number + turn) % 20))

    await asyncio.gather(*(use(number) for number in range(20)))
    assert cache.used_bytes == on_disk(tmp_path) == 2_000
    for number in range(20):
        path = await got(cache, key(number))
        assert path is not None
        assert path.read_bytes() == data(number)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


async def test_a_full_disk_costs_old_segments_first(small_disk: Path, clock: Clock):
    cache = SegmentCache(small_disk / "cache", 10_000_000, clock=clock)
    for number in range(20):
        clock.now += 61
        path = await put(cache, key(number), data(number, 20_000))
        assert path.read_bytes() == data(number, 20_000)
    too_large = await cache.put(key(99), data(99, 400_000))
    assert (too_large.path, too_large.data) == (None, data(99, 400_000))
    assert not cache.holds(key(99))
    assert not list(small_disk.rglob("*.part"))


async def test_a_folder_that_broke_costs_what_was_kept_and_nothing_else(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path / "cache", 1_000_000, memory_bytes=0)
    await put(cache, key(1), data(1))
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_bytes(b"not a folder")
    assert await cache.get(key(1)) is None
    unkept = await cache.put(key(1), data(1))
    assert (unkept.path, unkept.data) == (None, data(1))
    assert not cache.holds(key(1))
    (tmp_path / "cache").unlink()
    assert (await put(cache, key(1), data(1))).read_bytes() == data(1)


async def test_same_segment_has_the_same_time_of_change_in_another_cache(tmp_path: Path) -> None:
    one = await put(SegmentCache(tmp_path / "a", 1_000_000), "ab" * 32, b"some bytes")
    two = await put(SegmentCache(tmp_path / "b", 1_000_000), "ab" * 32, b"some bytes")
    three = await put(SegmentCache(tmp_path / "c", 1_000_000), "ab" * 32, b"other bytes")
    assert one.stat().st_mtime_ns == two.stat().st_mtime_ns != three.stat().st_mtime_ns


async def test_what_is_hot_is_in_memory_and_within_its_bound(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path, 100_000, memory_bytes=1_600)
    for number in range(20):
        kept = await cache.put(key(number), data(number))
        assert kept.data == data(number)
        assert cache.memory_bytes == min(1_600, 100 * (number + 1))
    large = await cache.put(key(99), data(99, 101))
    assert large.data == data(99, 101)
    assert cache.memory_bytes == 1_600
    kept = await cache.get(key(99))
    assert kept is not None
    assert kept.data is None


async def test_what_was_read_from_disk_is_hot_from_then_on(tmp_path: Path) -> None:
    await SegmentCache(tmp_path, 1000).put(key(1), data(1))
    cache = SegmentCache(tmp_path, 1000, memory_bytes=10_000)
    for _ in range(2):
        kept = await cache.get(key(1))
        assert kept is not None
        assert kept.data == data(1)
    assert cache.memory_bytes == 100


async def test_what_leaves_the_disk_leaves_memory(tmp_path: Path, clock: Clock) -> None:
    cache = SegmentCache(tmp_path, 250, memory_bytes=10_000, clock=clock)
    for number in range(6):
        await cache.put(key(number), data(number))
        clock.now += 61
    assert cache.memory_bytes == cache.used_bytes == 200
    await cache.put(key(5), data(6, 70))
    kept = await cache.get(key(5))
    assert kept is not None
    assert kept.data == data(6, 70)


async def test_clearing_leaves_neither_files_nor_memory(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path, 10_000, memory_bytes=10_000)
    for number in range(5):
        await cache.put(key(number), data(number))
    stranger = tmp_path / "CACHEDIR.TAG"
    stranger.touch()
    await cache.clear()
    assert (len(cache), cache.used_bytes, cache.memory_bytes) == (0, 0, 0)
    assert await cache.get(key(1)) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [stranger]
    await cache.put(key(1), data(1))
    assert await got(cache, key(1)) is not None
