"""A real scheduler and two workers on loopback encode what the pool would have encoded."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from homestream.errors import MediaError, NotFound
from homestream.media import encode, ladder
from homestream.media.programme import Item, Programme
from homestream.media.source import Source
from homestream.workers.cluster import Cluster
from homestream.workers.pool import Pool
from tests import sounds
from tests.conftest import free_port
from tests.flows.house import ROOT

pytestmark = pytest.mark.slow


class Machines:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        port = self.address.rpartition(":")[2]
        self._run("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard", "--no-show")
        for number in range(2):
            self._run(
                *("worker", self.address, "--host", "127.0.0.1", "--no-dashboard", "--no-nanny"),
                *("--nthreads", "1", "--memory-limit", "0", "--name", f"w{number}"),
                *("--local-directory", str(self.folder / f"w{number}")),
            )

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.processes.clear()

    def _run(self, *words: str) -> None:
        with (self.folder / "dask.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *words],
                    stdout=log,
                    stderr=log,
                    env={**os.environ, "PYTHONPATH": str(ROOT)},
                )
            )


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    made = Machines(tmp_path_factory.mktemp("cluster"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shared") / "a.flac"
    return sounds.write(path, sounds.KINDS["flac"], sounds.music(20 * 44_100, 44_100), 44_100)


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(size=1)
    made.start(warm=False)
    yield made
    made.shutdown(cancel_futures=True)


async def found(machines: Machines, pool: Pool) -> Cluster:
    """The cluster once both workers are there."""
    cluster = Cluster(machines.address, pool)
    end = time.monotonic() + 60
    while not await cluster.connect():
        assert time.monotonic() < end, (machines.folder / "dask.log").read_text()
        cluster = Cluster(machines.address, pool)
    assert cluster._client is not None
    await asyncio.to_thread(cluster._client.wait_for_workers, 2, 60)
    return cluster


async def test_segments_are_those_of_the_pool(machines: Machines, pool: Pool, track: Path) -> None:
    cluster = await found(machines, pool)
    programme = Programme((Item("k", sounds.facts_of(track)),))
    rendition = ladder.renditions([programme.items[0].facts])[1]
    source = Source(path=os.fsencode(track))
    try:
        theirs = await asyncio.gather(
            *(cluster.run(encode.segment, [source], programme, rendition, n) for n in range(4))
        )
        assert pool.stats().started == 0
        assert theirs == [
            encode.segment([source], programme, rendition, number) for number in range(4)
        ]
    finally:
        cluster.shutdown()


async def test_errors_come_back_as_themselves(
    machines: Machines, pool: Pool, track: Path, tmp_path: Path
) -> None:
    cluster = await found(machines, pool)
    programme = Programme((Item("k", sounds.facts_of(track)),))
    rendition = ladder.renditions([programme.items[0].facts])[1]
    bad = tmp_path / "bad.flac"
    bad.write_bytes(b"no sound " * 100)
    try:
        with pytest.raises(MediaError):
            await cluster.run(
                encode.segment, [Source(path=os.fsencode(bad))], programme, rendition, 0
            )
        with pytest.raises(NotFound):
            await cluster.run(encode.segment, [Source(path=b"/nowhere")], programme, rendition, 0)
    finally:
        cluster.shutdown()


async def test_pool_does_it_when_nobody_is_there(pool: Pool, track: Path, tmp_path: Path) -> None:
    cluster = Cluster(f"tcp://127.0.0.1:{free_port()}", pool)
    programme = Programme((Item("k", sounds.facts_of(track)),))
    rendition = ladder.renditions([programme.items[0].facts])[1]
    source = Source(path=os.fsencode(track))
    for number in range(2):
        data = await cluster.run(encode.segment, [source], programme, rendition, number)
        assert data == encode.segment([source], programme, rendition, number)
    assert pool.stats().started == 1
    assert not cluster.connected


async def test_pool_takes_over_when_the_cluster_dies(
    pool: Pool, track: Path, tmp_path: Path
) -> None:
    machines = Machines(tmp_path)
    machines.start()
    try:
        cluster = await found(machines, pool)
        programme = Programme((Item("k", sounds.facts_of(track)),))
        rendition = ladder.renditions([programme.items[0].facts])[1]
        source = Source(path=os.fsencode(track))
        expected = encode.segment([source], programme, rendition, 1)
        assert await cluster.run(encode.segment, [source], programme, rendition, 1) == expected
        assert pool.stats().started == 0
    finally:
        machines.stop()
    async with asyncio.timeout(60):
        assert await cluster.run(encode.segment, [source], programme, rendition, 1) == expected
    assert pool.stats().started == 1
    cluster.shutdown()
