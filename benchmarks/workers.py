"""What it costs to work in a worker instead of in the server's own process.

    python -m benchmarks.workers

All ways in turn in one run, medians; the ratio is worker : own process. The first two rows do
nothing at home, so their ratio says nothing: read the time.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import av
import numpy

from benchmarks import _workers_jobs
from homestream.media.source import Source
from homestream.workers.pool import Pool

ROUNDS = 40
JOBS = "benchmarks._workers_jobs"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Pool(size=1, jobs=JOBS) as pool:
        sound = _sound(Path(folder) / "0.flac")
        files = [Source(path=os.fsencode(sound))]
        for number in range(1, 64):
            files.append(Source(path=os.fsencode(shutil.copy(sound, f"{folder}/{number}.flac"))))
        pool.submit(_workers_jobs.echo, b"").result()
        work: list[tuple[str, Callable[..., object], object]] = [
            ("nothing", _workers_jobs.echo, b""),
            ("256 kB there and back", _workers_jobs.echo, bytes(256 << 10)),
            ("open one file", _workers_jobs.open_all, files[:1]),
            ("open 64 files", _workers_jobs.open_all, files),
            ("decode 60 s", _workers_jobs.decode, files[0]),
        ]
        with ProcessPoolExecutor(1) as other:
            other.submit(_workers_jobs.echo, b"").result()
            print(f"{'':24}{'own':>9}{'worker':>9}{'ratio':>8}   ProcessPoolExecutor")
            for name, fn, argument in work:
                own, ours, theirs = _medians(
                    lambda fn=fn, argument=argument: fn(argument),
                    lambda fn=fn, argument=argument: pool.submit(fn, argument).result(),
                    lambda fn=fn, argument=argument: other.submit(fn, argument).result(),
                )
                print(
                    f"{name:24}{own * 1e3:6.2f} ms{ours * 1e3:6.2f} ms{ours / own:8.2f}"
                    f"{theirs * 1e3:10.2f} ms"
                )
    print(f"{'first job, worker gone':24}{'':9}{_cold() * 1e3:6.2f} ms")


def _medians(*ways: Callable[[], object]) -> list[float]:
    """Seconds of each, measured in turn."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, taken in zip(ways, seconds, strict=True):
            began = time.perf_counter()
            way()
            taken.append(time.perf_counter() - began)
    return [statistics.median(taken) for taken in seconds]


def _cold() -> float:
    """Seconds for a job that finds no worker, the fork server being warm."""
    taken = []
    with Pool(size=1, jobs=JOBS, idle_seconds=0.0) as pool:
        pool.submit(_workers_jobs.echo, b"").result()
        for _ in range(20):
            while pool.stats().workers:
                time.sleep(0.001)
            began = time.perf_counter()
            pool.submit(_workers_jobs.echo, b"").result()
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _sound(path: Path) -> Path:
    """A minute of noise, which no encoder makes small."""
    noise = numpy.random.default_rng(4747).integers(-9000, 9000, (1, 2 * 44_100), numpy.int16)
    frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="stereo")
    frame.sample_rate = 44_100
    with av.open(os.fspath(path), "w") as media:
        stream = media.add_stream("flac", rate=44_100, layout="stereo")
        for second in range(60):
            frame.pts = second * 44_100
            media.mux(stream.encode(frame))
        media.mux(stream.encode(None))
    return path


if __name__ == "__main__":
    main()
