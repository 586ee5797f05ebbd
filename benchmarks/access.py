"""What it costs to reach two seconds somewhere in a file, and to know a file for the first time.

    python -m benchmarks.access [--runs N] [--minutes M] [KIND ...]

For each codec, on the same sound: a read at a random place with the index, the same read by a
decode from the start, and by the ffmpeg command line with -ss; then the index by the heads of the
packets (a first play waits for it) beside one by a decode, and its size. CPU milliseconds,
medians; what is compared runs in turn. An hour of MP3 and of ADTS are made by repetition.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from homestream.media import measure, pcm, probe
from homestream.media.facts import Facts
from homestream.media.source import Source, audio_stream, opened
from tests import sounds

KINDS = (
    "mp3-cbr", "mp3-vbr", "mp3-bare", "aac-m4a", "aac-adts", "aac-mka", "vorbis", "opus",
    "opus-webm", "wma", "flac", "alac", "wavpack", "tta", "wav-s16",
)  # fmt: skip
HOURS = ("mp3-bare", "aac-adts")
READ_SECONDS = 2


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("kinds", nargs="*", default=KINDS)
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--minutes", type=int, default=4)
    chosen = options.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("ffmpeg is not installed")
    table = Table(
        "file", "read", "from start", "ffmpeg -ss", "ratios",
        "index", "by decode", "ratio", "bytes",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        for kind in chosen.kinds:
            path = made(Path(scratch), kind, chosen.minutes)
            table.add_row(f"{chosen.minutes} min {kind}", *compared(path, chosen.runs))
            if kind in HOURS:
                hour = path.with_stem(f"hour-{kind}")
                hour.write_bytes(path.read_bytes() * (60 // chosen.minutes))
                table.add_row(f"1 h {kind}", *compared(hour, chosen.runs))
                hour.unlink()
            path.unlink()
    Console(width=150).print(table)


def made(folder: Path, name: str, minutes: int) -> Path:
    kind = sounds.KINDS[name]
    rate = 48_000 if "opus" in name else 44_100
    minute = sounds.music(60 * rate, rate)
    path = folder / f"{name}.{kind.ending}"
    return sounds.write(path, kind, np.tile(minute, minutes), rate)


def compared(path: Path, runs: int) -> list[str]:
    """The cells of a file's row."""
    source = Source(path=bytes(path))
    (read,) = probe.read([source], [path.name])
    assert isinstance(read, probe.Read)
    told = read.facts
    quick, full = [], []
    for _ in range(max(1, runs // 2)):
        quick.append(cpu(lambda: measure.measure(source, told)))
        full.append(cpu(lambda: by_decode(source, told)))
    found = measure.measure(source, told)
    facts = sounds.with_facts(told, samples=found.samples, samples_exact=True, index=found.index)
    chance = random.Random(1)
    ours, start, other = [], [], []
    length = READ_SECONDS * facts.sample_rate
    for _ in range(runs):
        place = chance.randrange(facts.samples // 2, facts.samples - length)
        ours.append(cpu(lambda at=place: pcm.read(source, facts, at, at + length)))
        start.append(cpu(lambda at=place: from_start(source, facts, at + length)))
        other.append(cpu(lambda at=place: command_line(path, at / facts.sample_rate)))
    read_ms, start_ms, other_ms = map(statistics.median, (ours, start, other))
    quick_ms, full_ms = statistics.median(quick), statistics.median(full)
    return [
        f"{read_ms:.1f}",
        f"{start_ms:.0f}",
        f"{other_ms:.0f}",
        f"{start_ms / read_ms:.0f} / {other_ms / read_ms:.1f}",
        f"{quick_ms:.1f}",
        f"{full_ms:.0f}",
        f"{full_ms / max(quick_ms, 0.01):.1f}",
        str(len(found.index)),
    ]


def by_decode(source: Source, facts: Facts) -> None:
    with opened(source, container=facts.container) as media:
        stream = audio_stream(media)
        counter = measure.Counter(stream, facts)
        for packet in pcm.packets(media, stream):
            counter.put(packet, pcm.decoded(stream, packet))


def from_start(source: Source, facts: Facts, end: int) -> None:
    with opened(source, container=facts.container) as media:
        stream = audio_stream(media)
        heard = 0
        for packet in pcm.packets(media, stream):
            heard += sum(frame.samples for frame in pcm.decoded(stream, packet))
            if heard >= end:
                return


def command_line(path: Path, second: float) -> None:
    subprocess.run(
        [
            *("ffmpeg", "-v", "quiet", "-nostdin", "-ss", f"{second}", "-i", str(path)),
            *("-t", str(READ_SECONDS), "-threads", "1", "-f", "f32le", "-y", os.devnull),
        ],
        check=True,
        timeout=60,
    )


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of CPU that it takes, children included."""
    before, children = time.process_time(), os.times()
    work()
    after = os.times()
    of_children = after.children_user + after.children_system
    of_children -= children.children_user + children.children_system
    return (time.process_time() - before + of_children) * 1000


if __name__ == "__main__":
    main()
