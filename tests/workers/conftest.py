"""A pool that runs the jobs of `jobs_for_tests`, and a gate that holds a job open."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from homestream.workers.pool import Pool
from tests.workers import jobs_for_tests

JOBS = "tests.workers.jobs_for_tests"


class Gate:
    """A file on which `jobs_for_tests.pass_gate` waits."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(b"")
        self.path = os.fsencode(path)

    def open(self) -> None:
        with open(self.path, "wb") as file:
            file.write(b"open")


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gate")


@pytest.fixture
def make_pool() -> Iterator[Callable[..., Pool]]:
    pools: list[Pool] = []

    def make(**options: Any) -> Pool:
        pool = Pool(**{"size": 2, "jobs": JOBS, **options})
        pool.start()
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(size=2, jobs=JOBS) as pool:
        yield pool


@pytest.fixture(scope="module")
def single() -> Iterator[Pool]:
    """A pool of one worker."""
    with Pool(size=1, jobs=JOBS) as pool:
        yield pool


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits for something that nothing announces; fails when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def process_of(pool: Pool) -> int:
    started: Future[int] = pool.submit(jobs_for_tests.process)
    return started.result(timeout=20)


def alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be reaped does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
