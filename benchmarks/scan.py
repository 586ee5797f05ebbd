"""How fast a library is scanned, beside a plain loop of mutagen over the same files.

    python -m benchmarks.scan [FOLDER]

Both in turn, each in a process of its own on a warm page cache; medians. The scan is the first
stage into an empty database: walk, read in shut-in workers, hash the sound, write. The loop reads
tags and lengths and keeps nothing. The workers stand before the clock starts, as in a server.
Without a folder, one is made.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import mutagen

from homestream.db import connect
from homestream.library import libraries
from homestream.library.scan import Scanner
from homestream.media import probe
from homestream.workers.pool import Pool

ROUNDS = 5
SOUNDS = 20
COPIES = 4
SECONDS = 20.0


class Cost(NamedTuple):
    files: int
    wall: float  # seconds, of the work alone
    cpu: float  # seconds, of the process and its workers, start and imports included


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _make(Path(made))
        _run("loop", folder)  # warms the page cache
        loops, scans, again = [], [], []
        for _ in range(ROUNDS):
            loops.append(_run("loop", folder))
            with tempfile.TemporaryDirectory() as data:
                scans.append(_run("scan", folder, data))
                again.append(_run("scan", folder, data))
    print(f"{loops[0].files} files, {os.cpu_count()} processors, medians of {ROUNDS}")
    print(f"{'':24}{'files/s':>9}{'wall':>9}{'CPU':>9}{'wall ratio':>12}{'CPU ratio':>11}")
    wall, cpu = _medians(loops)
    for name, costs in (("mutagen loop", loops), ("first scan", scans), ("second scan", again)):
        own_wall, own_cpu = _medians(costs)
        print(
            f"{name:24}{costs[0].files / own_wall:9.0f}{own_wall:8.2f}s{own_cpu:8.2f}s"
            f"{own_wall / wall:12.2f}{own_cpu / cpu:11.2f}"
        )


def loop(folder: Path) -> tuple[int, float]:
    """Files and seconds of reading tags and lengths, one file after the other."""
    begun = time.perf_counter()
    files = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                media = mutagen.File(os.path.join(parent, name))
            except mutagen.MutagenError:
                continue
            if media is not None:
                dict(media.tags or {})
                files += media.info.length > 0
    return files, time.perf_counter() - begun


def scan(folder: Path, data: Path, pool: Pool) -> tuple[int, float]:
    """Tracks and seconds of the first stage."""

    root = str(folder.absolute())

    async def run() -> tuple[int, float]:
        async with connect.opened(data / "homestream.db") as db:
            await libraries.configure(db, [("Music", root)])
            scanner = Scanner(db, pool, data, data / "art")
            begun = time.perf_counter()
            result = await scanner.run()
            taken = time.perf_counter() - begun
            await scanner.close()
            return result.tracks, taken

    return asyncio.run(run())


def _run(what: str, folder: Path, data: str = "") -> Cost:
    command = [sys.executable, "-m", "benchmarks.scan", f"--{what}", str(folder), data]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    files, wall = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    return Cost(files, wall, usage.ru_utime + usage.ru_stime)


def _medians(costs: list[Cost]) -> tuple[float, float]:
    return (
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
    )


def _make(folder: Path) -> Path:
    """Albums of five kinds of file, each sound in some copies that differ in their tags."""
    from tests.library import music

    kinds = (".flac", ".mp3", ".ogg", ".opus", ".m4a")
    for kind in kinds:
        for sound in range(SOUNDS):
            model = music.song(folder / f"model{kind}", sound, seconds=SECONDS)
            for copy in range(COPIES):
                album = folder / f"Artist {sound}" / f"Album {copy}{kind}"
                album.mkdir(parents=True, exist_ok=True)
                for number in range(1, 3):
                    path = album / f"{number:02}{kind}"
                    shutil.copy(model, path)
                    names = {
                        "title": f"Song {number}",
                        "artist": f"Artist {sound}",
                        "albumartist": f"Artist {sound}",
                        "album": f"Album {copy} {kind}",
                        "tracknumber": str(number),
                        "date": str(1990 + copy),
                        "genre": "Pop",
                    }
                    music.tag(path, **names)
            model.unlink()
    return folder


if __name__ == "__main__":
    if sys.argv[1:2] == ["--loop"]:
        print(json.dumps(loop(Path(sys.argv[2]))))
    elif sys.argv[1:2] == ["--scan"]:
        with Pool(size=max(2, os.cpu_count() or 1)) as standing:
            standing.submit(probe.read, [], []).result()
            print(json.dumps(scan(Path(sys.argv[2]), Path(sys.argv[3]), standing)))
    else:
        main()
