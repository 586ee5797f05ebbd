"""Scales, chords and tunes: what is to be played, as values. No sound here.

Pitches are MIDI note numbers, times are beats unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

MODES: Final = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
# one bar of four beats, as lengths that add up to it
RHYTHMS: Final = {
    4: (
        (1, 1, 2),
        (1.5, 0.5, 2),
        (1, 0.5, 0.5, 1, 1),
        (2, 1, 1),
        (0.5, 0.5, 1, 1.5, 0.5),
        (1.5, 1.5, 1),
        (0.5, 0.5, 0.5, 0.5, 2),
    ),
    3: ((2, 1), (1, 1, 1), (1.5, 0.5, 1), (1, 0.5, 0.5, 1), (0.5, 0.5, 1, 1)),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic (MIDI note) and its mode."""

    tonic: int
    mode: str

    def degree(self, step: int) -> int:
        """The note `step` scale steps above the tonic (0 is the tonic itself)."""
        scale = MODES[self.mode]
        return self.tonic + 12 * (step // 7) + scale[step % 7]

    def chord(self, root: int, size: int = 3) -> tuple[int, ...]:
        """Thirds stacked on a scale step."""
        return tuple(self.degree(root + 2 * third) for third in range(size))


@dataclass(frozen=True, slots=True)
class Note:
    start: float
    length: float
    pitch: int


def voiced(chord: Sequence[int], near: float) -> tuple[int, ...]:
    """The chord's notes moved by octaves to lie round `near`, lowest first.

    Of two notes a semitone apart the lower goes up an octave: a seventh is sweeter than a second.
    """
    notes = sorted({note + 12 * round((near - note) / 12) for note in chord})
    return tuple(sorted(note + 12 if note + 1 in notes else note for note in notes))


def tune(
    key: Key,
    roots: Sequence[int],
    rng: np.random.Generator,
    *,
    beats: int = 4,
    low: int = 3,
    high: int = 12,
    rest: float = 0.12,
) -> list[Note]:
    """A melody over one chord a bar: a two-bar motif that comes back, bent to each chord.

    Steps are a random walk in the scale between the degrees `low` and `high`; strong beats land on
    the chord, every fourth bar breathes on a long note.
    """
    motif = [RHYTHMS[beats][rng.integers(len(RHYTHMS[beats]))] for _ in range(2)]
    contour = rng.choice([-2, -1, -1, 1, 1, 2, 0], size=16)
    answer = rng.choice([-2, -1, 1, 2, 1, -1], size=16)
    notes: list[Note] = []
    step = int(rng.integers(low + 2, high - 2))
    for bar, root in enumerate(roots):
        phrase_end = bar % 4 == 3
        lengths: Sequence[float] = (1, beats - 1) if phrase_end and beats > 2 else motif[bar % 2]
        moves = answer if bar % 8 in (4, 5) else contour
        at = float(bar * beats)
        for number, length in enumerate(lengths):
            strong = number == 0 or length >= 2
            step += int(moves[(number + 5 * (bar % 2)) % len(moves)])
            step = _within(step, low, high)
            if strong:
                step = _onto_chord(step, root, low, high)
            silent = not strong and rng.random() < rest
            if not silent:
                notes.append(Note(at, length, key.degree(step)))
            at += length
    return notes


def _within(step: int, low: int, high: int) -> int:
    if step < low:
        return 2 * low - step
    if step > high:
        return 2 * high - step
    return step


def _onto_chord(step: int, root: int, low: int, high: int) -> int:
    members = [s for s in range(low, high + 1) if (s - root) % 7 in (0, 2, 4)]
    return min(members, key=lambda member: (abs(member - step), member))
