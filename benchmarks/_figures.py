"""What a benchmark found, as figures that a page can show: ours beside another's, and the ratio."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

REPORT = Path(__file__).parent / "report"

Measure = Callable[[], float]


class Bar(msgspec.Struct, frozen=True):
    label: str
    value: float


class Figure(msgspec.Struct, frozen=True):
    """One thing that was measured, the first bar being ours.

    `ratio` is how many times better ours is than what it is compared with (of a single thing: how
    much of `unit` it is), `reach` what it is meant to be: at least, or with `at_most`, at most.
    """

    title: str
    unit: str
    bars: tuple[Bar, ...]
    ratio: float | None = None
    reach: float | None = None
    at_most: bool = False
    ratio_unit: str = "x"
    note: str = ""

    @property
    def reached(self) -> bool | None:
        if self.ratio is None or self.reach is None:
            return None
        return self.ratio <= self.reach if self.at_most else self.ratio >= self.reach


class Section(msgspec.Struct, frozen=True):
    """A benchmark's figures. `load` is the load average when it began and when it ended."""

    name: str
    title: str
    about: str
    figures: tuple[Figure, ...]
    load: tuple[float, float]


def load() -> float:
    """Of the last minute."""
    return os.getloadavg()[0]


def told(section: Section) -> None:
    """Prints the figures and keeps them for the page."""
    print(f"{section.title} (load average {section.load[0]:.1f} to {section.load[1]:.1f})")
    for figure in section.figures:
        bars = ", ".join(f"{bar.label} {spelt(bar.value)}" for bar in figure.bars)
        print(f"  {figure.title}: {bars} {figure.unit}")
        if figure.ratio is not None:
            print(f"    {spelt(figure.ratio)} {figure.ratio_unit}{_verdict(figure)}")
    REPORT.mkdir(exist_ok=True)
    (REPORT / f"{section.name}.json").write_bytes(msgspec.json.encode(section))


def _verdict(figure: Figure) -> str:
    if figure.reached is None or figure.reach is None:
        return ""
    bound = "at most" if figure.at_most else "at least"
    return f"; reach {bound} {spelt(figure.reach)}: {'yes' if figure.reached else 'NO'}"


def spelt(value: float) -> str:
    """Three digits that mean something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def medians(runs: int, *measures: Measure) -> list[float]:
    """The median of each, run in turn."""
    rounds = [[measure() for measure in measures] for _ in range(runs)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


@contextmanager
def ffmpeg(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command line at work; ended when it is left."""
    process = subprocess.Popen(["ffmpeg", "-v", "fatal", "-nostdin", "-y", *arguments])
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def cpu_of_ffmpeg(*arguments: str) -> float:
    """CPU seconds of one run."""
    with ffmpeg(*arguments) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise ChildProcessError(f"ffmpeg {' '.join(arguments)}")
        return usage.ru_utime + usage.ru_stime
