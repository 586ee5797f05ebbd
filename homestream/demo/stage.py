"""Where the players stand: the tape, the track's form in bars, and the notes that they keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, ParamSpec

import numpy as np

from homestream.demo.catalogue import Track
from homestream.demo.mix import Tape
from homestream.demo.score import Key
from homestream.demo.synth import Sound

SHORTEST: Final = 40.0  # seconds

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Sung:
    """A line of text and when it begins, in seconds."""

    start: float
    text: str


@dataclass(frozen=True, slots=True)
class Bars:
    """The form: `count` bars, of which the first `intro` come before the tune and the last is one
    chord; a sung line takes `per_line` bars."""

    count: int
    intro: int
    beat: float  # seconds
    beats: int  # in a bar
    per_line: int
    tail: float  # seconds in which the last chord dies away

    @classmethod
    def of(cls, track: Track, tail: float) -> Bars:
        beat = 60 / track.tempo
        bar = beat * track.beats
        per_line = 2 if track.beats == 4 else 4
        if track.lines:
            count = per_line * (1 + len(track.lines)) + 1
            return cls(count, per_line, beat, track.beats, per_line, tail)
        count = max(4, 2 * round((track.seconds - tail) / bar / 2))
        while count * bar + tail < min(SHORTEST, track.seconds):
            count += 2
        return cls(count, 2, beat, track.beats, per_line, tail)

    @property
    def bar(self) -> float:
        """Seconds."""
        return self.beat * self.beats

    @property
    def seconds(self) -> float:
        return self.count * self.bar + self.tail


@dataclass(frozen=True, slots=True)
class Stage:
    tape: Tape
    track: Track
    bars: Bars
    rng: np.random.Generator

    @property
    def key(self) -> Key:
        return Key(self.track.tonic, self.track.mode)

    @property
    def last(self) -> int:
        """The bar of the last chord."""
        return self.bars.count - 1

    def roots(self, first: int = 0, end: int | None = None) -> list[int]:
        """The scale step of each bar's chord; the piece comes home at its end."""
        roots = self.track.roots
        every = [roots[bar % len(roots)] for bar in range(self.last)]
        return [*every, 0][first:end]

    def at(self, bar: float, beat: float = 0.0) -> float:
        """Seconds from the start."""
        return bar * self.bars.bar + beat * self.bars.beat

    def human(self, spread: float = 0.006) -> float:
        """A moment early or late, in seconds."""
        return float(np.clip(self.rng.normal(0, spread), -2 * spread, 2 * spread))

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))


class Kept:
    """Notes that were made once, to be laid again: a key of a piano, a string of a harp."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Sound] = {}

    def note(self, make: Callable[P, Sound], *args: P.args, **kwargs: P.kwargs) -> Sound:
        """What `make` gives for these arguments, which must be hashable."""
        name = (make, args, tuple(sorted(kwargs.items())))
        if name not in self._made:
            self._made[name] = make(*args, **kwargs)
        return self._made[name]
