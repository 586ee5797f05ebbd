"""A library's surroundings: a database, a pool that counts what it really runs, a scanner."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from homestream.db import connect
from homestream.db.connect import Database
from homestream.library import libraries
from homestream.library.scan import Scanner
from homestream.workers.pool import Pool


class CountingPool(Pool):
    """A pool that knows how often each function ran, and on how many files."""

    def __init__(self) -> None:
        super().__init__(size=2)
        self.runs: Counter[str] = Counter()
        self.files = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        self.runs[fn.__name__] += 1
        if args and isinstance(args[0], list):
            self.files += len(args[0])
        return super().submit(fn, *args, **options)


@pytest.fixture(scope="session")
def standing_pool() -> Iterator[CountingPool]:
    with CountingPool() as pool:
        yield pool


@pytest.fixture
def pool(standing_pool: CountingPool) -> CountingPool:
    standing_pool.runs.clear()
    standing_pool.files = 0
    return standing_pool


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
async def db(data: Path, music: Path) -> AsyncIterator[Database]:
    async with connect.opened(data / "homestream.db") as database:
        await libraries.add(database, "Music", str(music))
        yield database


@pytest.fixture
async def scanner(db: Database, pool: CountingPool, data: Path) -> AsyncIterator[Scanner]:
    made = Scanner(db, pool, data, data / "art")
    yield made
    await made.close()
