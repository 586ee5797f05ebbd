"""Segments that were encoded once, on disk, within a bound; the hot ones in memory too.

What was used longest ago goes first; what was used within the last minute stays, because it may be
on its way to a player. A file's name holds a digest of its bytes: after a start each file is read
against it before it is first given out, so that one torn by a power cut is never served.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import logging
import os
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SPARED_SECONDS: Final = 60
_log = logging.getLogger(__name__)
_NAME: Final = re.compile(r"([0-9a-f]{62})-([0-9a-f]{16})\.m4s")
_UNFINISHED: Final = ".part"
_FEWEST_HOT: Final = 16  # segments of one size that fit in memory, or none of them is kept there
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment: the file it lies in, unless the disk has no room for it, and its bytes where they
    are in memory. One of the two is there."""

    path: Path | None
    data: bytes | None
    from_memory: bool = False  # nothing was read to find it


@dataclass(slots=True)
class _Entry:
    digest: str
    size: int
    used: float  # Unix seconds
    checked: bool


class SegmentCache:
    """A folder of segments by key, 64 lower-case hexadecimal digits.

    `size_bytes` bounds their sum, except that what was used in the last minute is kept even so.
    Of those, `memory_bytes` at most are in memory. Whatever else lies in the folder is left alone.
    """

    def __init__(
        self,
        folder: Path,
        size_bytes: int,
        *,
        memory_bytes: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.size_bytes = size_bytes
        self._hot = _Hot(memory_bytes)
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._used_bytes = 0
        self._loaded = False
        self._disk = asyncio.Lock()

    @property
    def used_bytes(self) -> int:
        """The sum of the sizes of all segments in the folder."""
        return self._used_bytes

    @property
    def memory_bytes(self) -> int:
        """The sum of the sizes of those that are in memory too."""
        return self._hot.used_bytes

    def __len__(self) -> int:
        """How many segments there are."""
        return len(self._entries)

    def holds(self, key: str) -> bool:
        """Whether `get` is likely to find it; asks memory alone."""
        return key in self._entries

    async def load(self) -> None:
        """Take in what an earlier run left. `get` and `put` do it where it was not done yet."""
        async with self._disk:
            if self._loaded:
                return
            found = await asyncio.to_thread(_listed, self.folder)
            for key, entry in sorted(found, key=lambda pair: pair[1].used):
                self._keep(key, entry)
            surplus = self._forget_down_to(self.size_bytes, spare_after=self._clock())
            await asyncio.to_thread(_remove, surplus)
            self._loaded = True

    async def get(self, key: str) -> Kept | None:
        """That segment, whole; None if it is not here."""
        if not self._loaded:
            await self.load()
        entry = self._entries.get(key)
        if entry is None:
            return None
        now = self._clock()
        rested = now - entry.used
        entry.used = now
        self._entries.move_to_end(key)
        path = self._path(key, entry.digest)
        data = self._hot.get(key)
        if data is not None and 0 <= rested < SPARED_SECONDS:
            return Kept(path, data, from_memory=True)
        wanted = self._hot.takes(entry.size)
        found = await asyncio.to_thread(_read, path, entry, now, wanted)
        if found is not None:
            entry.checked = True
            if wanted and self._entries.get(key) is entry:
                self._hot.put(key, found)
            return Kept(path, found if wanted else None)
        async with self._disk:
            if self._entries.get(key) is entry:
                self._forget(key)
                await asyncio.to_thread(_remove, [path])
        return None

    async def put(self, key: str, data: bytes) -> Kept:
        """Keep a segment, as far as the disk has room for it."""
        if not self._loaded:
            await self.load()
        digest = _digest(data)
        path = self._path(key, digest)
        async with self._disk:
            before = self._entries.get(key)
            surplus = []
            if before is not None:
                self._forget(key)
                if before.digest != digest:
                    surplus.append(self._path(key, before.digest))
            surplus += self._forget_down_to(self.size_bytes - len(data))
            await asyncio.to_thread(_remove, surplus)
            if not await self._written(path, data):
                return Kept(None, data)
            self._keep(key, _Entry(digest, len(data), self._clock(), checked=True))
            self._hot.put(key, data)
        return Kept(path, data)

    async def _written(self, path: Path, data: bytes) -> bool:
        """Writes a file, as far as that can be done; where the disk is full, once more without what
        the cache can spare."""
        for spare in (False, True):
            if spare:
                await asyncio.to_thread(_remove, self._forget_down_to(0))
            try:
                await asyncio.to_thread(_write, path, data)
            except OSError as error:
                if error.errno not in _FULL:
                    _log.warning("segment cannot be kept: %s", error)
                    return False
            else:
                return True
        _log.warning("disk has no room for segments", extra={"folder": str(self.folder)})
        return False

    async def clear(self) -> None:
        """Forget every segment and remove its file; whoever reads one reads on."""
        if not self._loaded:
            await self.load()
        async with self._disk:
            files = [self._path(key, entry.digest) for key, entry in self._entries.items()]
            for key in list(self._entries):
                self._forget(key)
            await asyncio.to_thread(_remove, files)

    def _path(self, key: str, digest: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}-{digest}.m4s"

    def _keep(self, key: str, entry: _Entry) -> None:
        self._entries[key] = entry
        self._used_bytes += entry.size

    def _forget(self, key: str) -> None:
        self._used_bytes -= self._entries.pop(key).size
        self._hot.drop(key)

    def _forget_down_to(self, size: int, *, spare_after: float | None = None) -> list[Path]:
        """Drop the entries used longest ago until `size` is kept; the files to remove."""
        now = self._clock()
        spare_after = now - SPARED_SECONDS if spare_after is None else spare_after
        surplus = []
        while self._used_bytes > size and self._entries:
            key, entry = next(iter(self._entries.items()))
            # A time ahead of the clock is one from before the clock was set back.
            if spare_after < entry.used <= now:
                break
            surplus.append(self._path(key, entry.digest))
            self._forget(key)
        return surplus


class _Hot:
    """The segments used last, in memory; those used longest ago go first."""

    def __init__(self, size_bytes: int) -> None:
        self._bound = size_bytes
        self._data: OrderedDict[str, bytes] = OrderedDict()
        self.used_bytes = 0

    def takes(self, size: int) -> bool:
        """Whether one of that size is kept here: no single one pushes out most of the others."""
        return size * _FEWEST_HOT <= self._bound

    def get(self, key: str) -> bytes | None:
        if key in self._data:
            self._data.move_to_end(key)
        return self._data.get(key)

    def put(self, key: str, data: bytes) -> None:
        self.drop(key)
        if not self.takes(len(data)):
            return
        self._data[key] = data
        self.used_bytes += len(data)
        while self.used_bytes > self._bound:
            self.used_bytes -= len(self._data.popitem(last=False)[1])

    def drop(self, key: str) -> None:
        self.used_bytes -= len(self._data.pop(key, b""))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _listed(folder: Path) -> Sequence[tuple[str, _Entry]]:
    """What the folder holds; leftovers of writes that were cut short are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, _Entry] = {}
    for shard in os.scandir(folder):
        if not re.fullmatch("[0-9a-f]{2}", shard.name) or not shard.is_dir(follow_symlinks=False):
            continue
        for file in os.scandir(shard.path):
            if file.name.endswith(_UNFINISHED):
                os.unlink(file.path)
                continue
            name = _NAME.fullmatch(file.name)
            if name is None or not file.is_file(follow_symlinks=False):
                continue
            stat = file.stat(follow_symlinks=False)
            entry = _Entry(name[2], stat.st_size, stat.st_atime, checked=False)
            key = shard.name + name[1]
            if key in found:
                # Two encoders' answers for one key: either will do, and one is enough.
                os.unlink(file.path)
                continue
            found[key] = entry
    return list(found.items())


def _read(path: Path, entry: _Entry, now: float, wanted: bool) -> bytes | None:
    """The file's bytes, or nothing of them unless `wanted`; None where it is not there with the
    bytes that were written. Notes that it was used."""
    try:
        stat = path.stat()
        if stat.st_size != entry.size:
            return None
        data = path.read_bytes() if wanted or not entry.checked else b""
        if not entry.checked and _digest(data) != entry.digest:
            return None
        # Only the time of use: the time of change is what players know the file by.
        if abs(now - stat.st_atime) > SPARED_SECONDS:
            with suppress(OSError):  # a disk that became read-only still gives what it has
                os.utime(path, ns=(int(now * 1e9), stat.st_mtime_ns))
    except OSError:
        return None
    return data


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{secrets.token_hex(8)}{_UNFINISHED}")
    try:
        beside.write_bytes(data)
        os.utime(beside, ns=(time.time_ns(), _time_of(path)))
        beside.rename(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


def etag(path: Path, size: int) -> str:
    """The strong entity tag of a segment (RFC 9110 section 8.8.3), as aiohttp makes it of a file's
    time and size."""
    return f"{_time_of(path):x}-{size:x}"


def _time_of(path: Path) -> int:
    """The time of change that a segment's file gets, in ns: made of its key and digest.

    The validators of HTTP are made of it, so the same bytes have the same ones for ever, after
    eviction and restart too, and other bytes have others.
    """
    name = hashlib.blake2b(f"{path.parent.name}/{path.name}".encode(), digest_size=7)
    return 10**18 + int.from_bytes(name.digest(), "big") * 4


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):  # it stays, and is found again at the next start
            path.unlink()
