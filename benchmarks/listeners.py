"""What the workers need and how many listeners they feed.

    python -m benchmarks.listeners [--runs N] [--seconds S]

Memory is the proportional set (PSS) of each worker after it has encoded; two workers are compared
with one on the same segments, in turn, in wall time. How many listeners two cores feed is reckoned
from the CPU seconds that a second of sound costs: nobody listens here.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks import _figures, _music
from benchmarks._figures import Bar, Figure
from benchmarks.streaming import cpu_of_all, encoded
from homestream.media import encode, ladder, timeline
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme
from homestream.media.source import Source
from homestream.workers.pool import Pool

CORES = 2


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--seconds", type=int, default=120)
    chosen = options.parse_args()
    before = _figures.load()
    with tempfile.TemporaryDirectory() as scratch:
        (path,) = _music.flacs(Path(scratch), count=1, seconds=chosen.seconds)
        programme = _music.programme(path)
        rendition = ladder.named(ladder.of(programme), "aac-128")
        with Pool(size=1) as one, Pool(size=2) as two:
            alone, both = _figures.medians(
                chosen.runs,
                partial(wall, one, path, programme, rendition),
                partial(wall, two, path, programme, rendition),
            )
            shares = sorted(map(pss, workers()))
        encoded(path, programme, rendition, [0])
        cpu = _figures.medians(chosen.runs, partial(cpu_of_all, path, programme, rendition))[0]
    seconds = programme.items[0].facts.duration
    rows = (
        Figure(
            "Memory of a worker that has encoded",
            "MiB (PSS)",
            (Bar("median", statistics.median(shares)), Bar("most", max(shares))),
        ),
        Figure(
            "Two workers against one, AAC 128",
            "x real time (wall)",
            (Bar("two workers", seconds / both), Bar("one worker", seconds / alone)),
            alone / both,
            ratio_unit="times one worker's",
            note="Other load on the machine takes from two workers more than from one.",
        ),
        Figure(
            "Listeners of AAC 128 that two cores feed, nothing in the cache",
            "listeners",
            (Bar("reckoned from CPU time", CORES * seconds / cpu),),
            note=f"{1000 * cpu / seconds:.1f} ms of CPU time make a second of sound.",
        ),
    )
    about = f"The pool of worker processes as the server has it. Music: {path.stem}."
    _figures.told(
        _figures.Section(
            "listeners", "Workers and listeners", about, rows, (before, _figures.load())
        )
    )


def wall(pool: Pool, path: Path, programme: Programme, rendition: Rendition) -> float:
    """Seconds until every segment is made."""
    sources = [Source(path=os.fsencode(path))]
    begun = time.perf_counter()
    numbers = range(timeline.count(programme, rendition))
    jobs = [pool.submit(encode.segment, sources, programme, rendition, each) for each in numbers]
    for job in jobs:
        job.result()
    return time.perf_counter() - begun


def workers() -> list[int]:
    """The processes below this one that have none below themselves."""
    found, leaves = [os.getpid()], []
    for each in found:
        below = [
            int(word)
            for task in Path(f"/proc/{each}/task").iterdir()
            for word in (task / "children").read_text().split()
        ]
        found += below
        if not below:
            leaves.append(each)
    return leaves


def pss(pid: int) -> float:
    """MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} tells no Pss")


if __name__ == "__main__":
    main()
