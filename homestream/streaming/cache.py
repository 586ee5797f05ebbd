"""Segments that were encoded once, on disk, within a bound.

What was used longest ago goes first; what was used within the last minute stays, because it may be
on its way to a player. A file's name holds a digest of its bytes: after a start each file is read
against it before it is first given out, so that one torn by a power cut is never served.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from homestream.errors import Busy

SPARED_SECONDS: Final = 60
_NAME: Final = re.compile(r"([0-9a-f]{62})-([0-9a-f]{16})\.m4s")
_UNFINISHED: Final = ".part"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(slots=True)
class _Entry:
    digest: str
    size: int
    used: float  # Unix seconds
    checked: bool


class SegmentCache:
    """A folder of segments by key, 64 lower-case hexadecimal digits.

    `size_bytes` bounds their sum, except that what was used in the last minute is kept even so.
    Whatever else lies in the folder is left alone.
    """

    def __init__(
        self, folder: Path, size_bytes: int, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._bound = size_bytes
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._used_bytes = 0
        self._loaded = False
        self._disk = asyncio.Lock()

    @property
    def used_bytes(self) -> int:
        """The sum of the sizes of all segments in the folder."""
        return self._used_bytes

    def holds(self, key: str) -> bool:
        """Whether `get` is likely to find it; asks memory alone."""
        return key in self._entries

    async def load(self) -> None:
        """Take in what an earlier run left. `get` and `put` do it where it was not done yet."""
        async with self._disk:
            if self._loaded:
                return
            found = await asyncio.to_thread(_listed, self._folder)
            for key, entry in sorted(found, key=lambda pair: pair[1].used):
                self._keep(key, entry)
            surplus = self._forget_down_to(self._bound, spare_after=self._clock())
            await asyncio.to_thread(_remove, surplus)
            self._loaded = True

    async def get(self, key: str) -> Path | None:
        """The file with that segment, whole; None if there is none."""
        if not self._loaded:
            await self.load()
        entry = self._entries.get(key)
        if entry is None:
            return None
        now = self._clock()
        entry.used = now
        self._entries.move_to_end(key)
        path = self._path(key, entry.digest)
        if await asyncio.to_thread(_is_whole, path, entry.size, entry.checked, entry.digest, now):
            entry.checked = True
            return path
        async with self._disk:
            if self._entries.get(key) is entry:
                self._forget(key)
                await asyncio.to_thread(_remove, [path])
        return None

    async def put(self, key: str, data: bytes) -> Path:
        """Keep a segment; the file with it. Busy when the disk has no room for it."""
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
            surplus += self._forget_down_to(self._bound - len(data))
            await asyncio.to_thread(_remove, surplus)
            try:
                await asyncio.to_thread(_write, path, data)
            except OSError as error:
                if error.errno not in _FULL:
                    raise
                await asyncio.to_thread(_remove, self._forget_down_to(0))
                await self._write_at_last(path, data)
            self._keep(key, _Entry(digest, len(data), self._clock(), checked=True))
        return path

    async def _write_at_last(self, path: Path, data: bytes) -> None:
        try:
            await asyncio.to_thread(_write, path, data)
        except OSError as error:
            if error.errno in _FULL:
                raise Busy("no room on the disk for segments", retry_after=30) from error
            raise

    def _path(self, key: str, digest: str) -> Path:
        return self._folder / key[:2] / f"{key[2:]}-{digest}.m4s"

    def _keep(self, key: str, entry: _Entry) -> None:
        self._entries[key] = entry
        self._used_bytes += entry.size

    def _forget(self, key: str) -> None:
        self._used_bytes -= self._entries.pop(key).size

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


def _is_whole(path: Path, size: int, checked: bool, digest: str, now: float) -> bool:
    """Whether the file is there with the bytes that were written; notes that it was used."""
    try:
        stat = path.stat()
        if stat.st_size != size:
            return False
        if not checked and _digest(path.read_bytes()) != digest:
            return False
        # Only the time of use: the time of change is what players know the file by.
        if abs(now - stat.st_atime) > SPARED_SECONDS:
            os.utime(path, ns=(int(now * 1e9), stat.st_mtime_ns))
    except FileNotFoundError:
        return False
    return True


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{secrets.token_hex(8)}{_UNFINISHED}")
    try:
        beside.write_bytes(data)
        os.utime(beside, ns=(time.time_ns(), _time_of(path)))
        beside.rename(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _time_of(path: Path) -> int:
    """The time of change that a segment's file gets, in ns: made of its key and digest.

    The validators of HTTP are made of it, so the same bytes have the same ones for ever, after
    eviction and restart too, and other bytes have others.
    """
    name = hashlib.blake2b(f"{path.parent.name}/{path.name}".encode(), digest_size=7)
    return 10**18 + int.from_bytes(name.digest(), "big") * 4


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
