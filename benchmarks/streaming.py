"""How soon a segment is there, and how many are made per core, beside the ffmpeg command line.

    python benchmarks/streaming.py [--runs N] [FOLDER]

Without FOLDER it makes four minutes of sound in four formats; with it, up to four of the folder's
files are used. What is compared runs in turn within one run and medians are shown: latency in wall
time, throughput in CPU time, so that other load on the machine touches the ratios little.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.table import Table

from homestream.media import encode, ladder, timeline
from homestream.media.ladder import Rendition
from homestream.media.programme import Item, Programme
from homestream.media.source import Source
from tests import sounds

FORMATS = ("flac", "mp3-vbr", "aac-m4a", "vorbis")
ENDINGS = {".flac", ".mp3", ".m4a", ".ogg", ".opus", ".wav", ".wma"}
SECONDS = 240
SAME = ("-aac_coder", "fast", "-aac_is", "0", "-aac_pns", "0")
BIT_RATE = 128_000
WAIT_SECONDS = 60

Timed = Callable[[], float]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path, nargs="?")
    options.add_argument("--runs", type=int, default=5)
    chosen = options.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("ffmpeg is not installed")
    with tempfile.TemporaryDirectory() as scratch:
        paths = found(chosen.folder) if chosen.folder else made(Path(scratch))
        compare(paths, chosen.runs)


def made(folder: Path) -> list[Path]:
    """The same sound in each format."""
    sound = sounds.music(SECONDS * 44_100, 44_100)
    kinds = {name: sounds.KINDS[name] for name in FORMATS}
    return [
        sounds.write(folder / f"{name}.{kind.ending}", kind, sound, 44_100)
        for name, kind in kinds.items()
    ]


def found(folder: Path) -> list[Path]:
    """Some of the folder's files that last a minute at least, evenly taken."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    long = [path for path in paths if sounds.facts_of(path, measured=False).duration > 60]
    return long[:: max(1, len(long) // 4)][:4]


def compare(paths: list[Path], runs: int) -> None:
    latency = Table("file", "ours", "ffmpeg, same options", "ffmpeg, default", "ratios")
    throughput = Table("file", "ours", "ffmpeg, same options", "ffmpeg, default", "ratios")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for path in paths:
            programme = Programme((Item(path.name, sounds.facts_of(path)),))
            rungs = ladder.renditions([programme.items[0].facts])
            rendition = next(rung for rung in rungs if rung.bit_rate == BIT_RATE)
            seconds = programme.items[0].facts.duration
            pool.apply(encoded, (path, programme, rendition, [0]))  # warm, as a server's are
            middle = timeline.at(programme, rendition, round(seconds / 2 * rendition.sample_rate))
            for label, number, length, start in (
                ("start, 2 s", 0, 2, 0.0),
                ("seek to the middle, 6 s", middle, 6, seconds / 2),
            ):
                row = medians(
                    runs,
                    partial(waited, pool, path, programme, rendition, number),
                    partial(first_segment, path, start, length, SAME),
                    partial(first_segment, path, start, length, ()),
                )
                add(latency, f"{path.name}: {label}", [one * 1000 for one in row], "{:.0f} ms")
            row = medians(
                max(1, runs // 2),
                partial(pool.apply, cpu_of_all, (path, programme, rendition)),
                partial(cpu_of_ffmpeg, path, SAME),
                partial(cpu_of_ffmpeg, path, ()),
            )
            add(throughput, path.name, row, "{:.2f} s CPU", seconds)
    console = Console(width=140)
    latency.title = "From asking to the first segment whole (wall time)"
    throughput.title = f"The whole track at {BIT_RATE // 1000} kbit/s (CPU time)"
    console.print(latency)
    console.print(throughput)


def medians(runs: int, *measures: Timed) -> list[float]:
    """The median of each, run in turn."""
    rounds = [[measure() for measure in measures] for _ in range(runs)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def add(table: Table, label: str, row: list[float], form: str, seconds: float = 0) -> None:
    cells = [form.format(one) for one in row]
    if seconds:
        cells = [f"{cell} ({seconds / one:.0f}x)" for cell, one in zip(cells, row, strict=True)]
    ratios = ", ".join(f"{one / row[0]:.2f}" for one in row[1:])
    table.add_row(label, *cells, ratios)


def encoded(path: Path, programme: Programme, rendition: Rendition, numbers: list[int]) -> int:
    source = Source(path=bytes(path))
    return sum(len(encode.segment([source], programme, rendition, number)) for number in numbers)


def waited(pool: Any, path: Path, programme: Programme, rendition: Rendition, number: int) -> float:
    """Seconds until a worker has handed over one segment."""
    begun = time.perf_counter()
    pool.apply(encoded, (path, programme, rendition, [number]))
    return time.perf_counter() - begun


def cpu_of_all(path: Path, programme: Programme, rendition: Rendition) -> float:
    """CPU seconds for every segment of a track."""
    begun = time.process_time()
    encoded(path, programme, rendition, list(range(timeline.count(programme, rendition))))
    return time.process_time() - begun


@contextmanager
def ffmpeg(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = ["ffmpeg", "-v", "fatal", "-nostdin", "-y", *arguments]
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def codec(options: tuple[str, ...]) -> list[str]:
    return ["-map", "0:a", "-ac", "2", "-c:a", "aac", "-b:a", str(BIT_RATE), *options]


def first_segment(path: Path, start: float, length: int, options: tuple[str, ...]) -> float:
    """Seconds until ffmpeg, begun at `start`, has written its first segment and lists it."""
    with tempfile.TemporaryDirectory() as folder:
        playlist = Path(folder, "a.m3u8")
        begun = time.perf_counter()
        with ffmpeg(
            *("-ss", f"{start:.3f}", "-i", str(path), *codec(options)),
            *("-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", str(length)),
            *("-hls_playlist_type", "event", str(playlist)),
        ):
            while not playlist.exists() or ".m4s" not in playlist.read_text():
                if time.perf_counter() - begun > WAIT_SECONDS:
                    raise TimeoutError(f"ffmpeg wrote no segment of {path.name}")
                time.sleep(0.001)
            return time.perf_counter() - begun


def cpu_of_ffmpeg(path: Path, options: tuple[str, ...]) -> float:
    """CPU seconds for one run over the whole track."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ffmpeg("-threads", "1", "-i", str(path), *codec(options), f"{folder}/a.mp4") as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise ChildProcessError(f"ffmpeg could not encode {path.name}")
        return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
