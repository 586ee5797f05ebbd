"""How many times real time a core encodes, how soon a segment is there, beside ffmpeg's command.

    python -m benchmarks.streaming [--runs N] [--seconds S]

On real music (see _music.py) as FLAC. What is compared runs in turn within one run and medians are
told: throughput in CPU time, so that other load on the machine touches the ratios little; the time
to a segment in wall time, as that is what is waited for.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import geometric_mean
from typing import Any

from benchmarks import _figures, _music
from benchmarks._figures import Bar, Figure
from homestream.media import encode, ladder, timeline
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme
from homestream.media.source import Source

AAC = ("-c:a", "aac", "-b:a", "128k")
SAME_AAC = (*AAC, "-aac_coder", "fast", "-aac_is", "0", "-aac_pns", "0")
# rendition: the same options for the command line, and the ending of the file that it writes
SAME = {
    "aac-128": (SAME_AAC, "mp4"),
    "mp3-192": (
        ("-c:a", "libmp3lame", "-b:a", "192k", "-reservoir", "0", "-compression_level", "7"),
        "mp3",
    ),
    "opus-128": (("-c:a", "libopus", "-b:a", "128k", "-application", "audio"), "opus"),
    "flac": (("-c:a", "flac", "-compression_level", "5", "-frame_size", "4096"), "flac"),
}
COPIES = {
    "mp3": ("-c:a", "libmp3lame", "-b:a", "192k"),
    "m4a": ("-c:a", "aac", "-b:a", "192k"),
    "opus": ("-c:a", "libopus", "-b:a", "128k"),
    "flac": ("-c:a", "copy"),
}
WAIT_SECONDS = 60


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--seconds", type=int, default=120)
    chosen = options.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("ffmpeg is not installed")
    with tempfile.TemporaryDirectory() as scratch:
        before = _figures.load()
        paths = _music.flacs(Path(scratch), count=2, seconds=chosen.seconds)
        fewer = max(1, chosen.runs // 2)
        figures = [
            *throughput(paths, fewer),
            *copies(paths[0], chosen.runs),
            *seeks(paths, chosen.runs),
        ]
        _figures.told(
            _figures.Section(
                "streaming",
                "Encoding and seeking",
                "Every segment of a track, made alone, beside one run of ffmpeg from start to end "
                "(CPU time); and the wait for one segment from a warm worker beside ffmpeg -ss "
                f"-f hls (wall time). Music: {', '.join(path.stem for path in paths)}, "
                f"{chosen.seconds} s each.",
                tuple(figures),
                (before, _figures.load()),
            )
        )


def throughput(paths: Sequence[Path], runs: int) -> list[Figure]:
    figures = []
    for name, (same, ending) in SAME.items():
        rows = []
        for path in paths:
            programme = _music.programme(path)
            seconds = programme.items[0].facts.duration
            rendition = ladder.named(ladder.of(programme), name)
            encoded(path, programme, rendition, [0])  # warm, as a server's workers are
            ways = [
                partial(cpu_of_all, path, programme, rendition),
                partial(cpu_of_command, path, same, ending),
            ]
            if name == "aac-128":
                ways.append(partial(cpu_of_command, path, AAC, ending))
            rows.append([seconds / cpu for cpu in _figures.medians(runs, *ways)])
        ours, theirs, *default = (geometric_mean(column) for column in zip(*rows, strict=True))
        bars = [Bar("homestream, segments", ours), Bar("ffmpeg, same options", theirs)]
        bars += [Bar("ffmpeg, default coder", value) for value in default]
        figures.append(
            Figure(
                f"FLAC to {name}",
                "x real time per core",
                tuple(bars),
                ours / theirs,
                0.95 if name == "aac-128" else None,
                note="The command is Debian's ffmpeg; homestream has PyAV's newer libraries.",
            )
        )
        if default:
            figures.append(
                Figure(
                    "AAC 128 against ffmpeg's default coder",
                    "x real time per core",
                    (bars[0], bars[2]),
                    ours / default[0],
                    2.5,
                )
            )
    return figures


def copies(path: Path, runs: int) -> list[Figure]:
    figures = []
    for ending, options in COPIES.items():
        source = _music.converted(path, path.with_suffix(f".copy.{ending}"), *options)
        programme = _music.programme(source)
        rendition = ladder.copy(programme)
        if rendition is None:
            raise ValueError(f"{source.name} cannot be copied")
        encoded(source, programme, rendition, [0])
        ours, theirs = _figures.medians(
            runs,
            partial(cpu_of_all, source, programme, rendition),
            partial(cpu_of_command, source, ("-c:a", "copy"), ending),
        )
        seconds = programme.items[0].facts.duration
        figures.append(
            Figure(
                f"{ending}, its own packets",
                "x real time per core",
                (Bar("homestream, segments", seconds / ours), Bar("ffmpeg", seconds / theirs)),
                seconds / ours,
                1000,
                ratio_unit="x real time",
                note="ffmpeg's time has its start in it.",
            )
        )
    return figures


def seeks(paths: Sequence[Path], runs: int) -> list[Figure]:
    files = [
        paths[0],
        _music.converted(paths[0], paths[0].with_suffix(".mp3"), "-c:a", "libmp3lame", "-q:a", "3"),
        _music.hour(paths[0]),
    ]
    files.append(_music.hour(files[1]))
    figures = []
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for path in files:
            programme = _music.programme(path)
            seconds = programme.items[0].facts.duration
            rendition = ladder.named(ladder.of(programme), "aac-128")
            pool.apply(encoded, (path, programme, rendition, [0]))  # warm, as a server's are
            middle = timeline.at(programme, rendition, round(seconds * 0.8 * rendition.sample_rate))
            for label, number, length, start in (
                ("from the start, 2 s segment", 0, 2, 0.0),
                ("seek to 80 %, 6 s segment", middle, 6, seconds * 0.8),
            ):
                ours, same, usual = (
                    1000 * one
                    for one in _figures.medians(
                        runs,
                        partial(waited, pool, path, programme, rendition, number),
                        partial(first_segment, path, start, length, SAME_AAC),
                        partial(first_segment, path, start, 6, AAC),
                    )
                )
                name = f"{path.stem}{path.suffix}, {label}"
                figures.append(
                    Figure(
                        name,
                        "ms to the first segment",
                        (
                            Bar("homestream", ours),
                            Bar("ffmpeg, same options and length", same),
                            Bar("ffmpeg, default coder, 6 s", usual),
                        ),
                        same / ours,
                        10,
                        ratio_unit="times sooner, like for like",
                        note=f"{usual / ours:.1f} times sooner than the usual settings.",
                    )
                )
    return figures


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


def cpu_of_command(path: Path, options: tuple[str, ...], ending: str) -> float:
    """CPU seconds for one run over the whole track."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/whole.{ending}"
        return _figures.cpu_of_ffmpeg(
            "-threads", "1", "-i", str(path), "-map", "0:a", *options, "-threads", "1", out
        )


def first_segment(path: Path, start: float, length: int, options: tuple[str, ...]) -> float:
    """Seconds until ffmpeg, begun at `start`, has written its first segment and lists it."""
    with tempfile.TemporaryDirectory() as folder:
        playlist = Path(folder, "a.m3u8")
        begun = time.perf_counter()
        with _figures.ffmpeg(
            *("-ss", f"{start:.3f}", "-i", str(path), "-map", "0:a", "-ac", "2", *options),
            *("-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", str(length)),
            *("-hls_playlist_type", "event", str(playlist)),
        ):
            while not playlist.exists() or ".m4s" not in playlist.read_text():
                if time.perf_counter() - begun > WAIT_SECONDS:
                    raise TimeoutError(f"ffmpeg wrote no segment of {path.name}")
                time.sleep(0.001)
            return time.perf_counter() - begun


if __name__ == "__main__":
    main()
