"""The players by name: `perform` plays one track, `perform_joined` an album without a gap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np

from homestream.demo import ambient, arcade, beats, strings
from homestream.demo.catalogue import Track
from homestream.demo.mix import Stereo, Tape
from homestream.demo.stage import Bars, Stage, Sung

# with the seconds that the last chord needs to die away
BANDS: Final[dict[str, tuple[Callable[[Stage], tuple[Sung, ...]], float]]] = {
    "trio": (strings.trio, 4.5),
    "song": (strings.song, 4.5),
    "chip": (arcade.chip, 3.0),
    "synthwave": (arcade.synthwave, 4.5),
    "beats": (beats.play, 3.5),
}


@dataclass(frozen=True, slots=True)
class Performance:
    """`sound` is (2, samples) float32; `sung` is in order of time, empty where nobody sings."""

    sound: Stereo
    sung: tuple[Sung, ...] = ()


def perform(track: Track, style: str, rate: int) -> Performance:
    """One track from silence to silence; all but "ambient" round its length to whole bars."""
    rng = np.random.default_rng(track.seed)
    if style == "ambient":
        tape = Tape(track.seconds, rate)
        ambient.play(tape, [(0.0, track)], rng)
        tape.fade(1.5, 6.0)
        return Performance(tape.master())
    band, tail = BANDS[style]
    bars = Bars.of(track, tail)
    tape = Tape(bars.seconds, rate)
    sung = band(Stage(tape, track, bars, rng))
    tape.fade(0.005, 0.6 * tail)
    return Performance(tape.master(), sung)


def perform_joined(tracks: Sequence[Track], rate: int) -> tuple[Stereo, tuple[int, ...]]:
    """One ambient piece, and the sample at which each of its tracks begins (the first is 0)."""
    starts = [0.0, *accumulate(track.seconds for track in tracks)]
    tape = Tape(starts.pop(), rate)
    ambient.play(
        tape, list(zip(starts, tracks, strict=True)), np.random.default_rng(tracks[0].seed)
    )
    tape.fade(3.0, 8.0)
    return tape.master(), tuple(round(start * rate) for start in starts)
