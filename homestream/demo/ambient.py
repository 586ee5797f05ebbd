"""Slow chords over a low drone, with what a scene's mood calls for: bells, sea, whales.

The chords of one scene reach into the next, so that a cut between two scenes falls inside sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from homestream.demo import score, synth
from homestream.demo.catalogue import Track
from homestream.demo.mix import Stereo, Tape
from homestream.demo.score import Key
from homestream.demo.synth import TAU

MELT: Final = 4.5  # seconds in which one chord becomes the next
CHORD: Final = 11.5  # seconds, roughly


def play(tape: Tape, scenes: Sequence[tuple[float, Track]], rng: np.random.Generator) -> None:
    """Scenes as (start in seconds, track), one after the other."""
    for start, track in scenes:
        key = Key(track.tonic, track.mode)
        count = max(2, round(track.seconds / CHORD))
        each = track.seconds / count
        for number in range(count):
            root = track.roots[number % len(track.roots)]
            begin = start + number * each
            _chord(tape, key, root, begin, each, rng)
            _glints(tape, track, key, root, begin, each, rng)
        if "sea" in track.mood:
            _sea(tape, start, track.seconds, rng)
        if "whale" in track.mood:
            _whales(tape, start, track.seconds, key, rng)
    tape.echo(0.71, feedback=0.5, gain=0.16)
    tape.room(5.0, gain=0.8)


def _chord(
    tape: Tape, key: Key, root: int, begin: float, seconds: float, rng: np.random.Generator
) -> None:
    low = score.voiced([key.degree(root)], 41)[0]
    middle = score.voiced(key.chord(root, 4), 58)
    top = score.voiced([key.degree(root + 2), key.degree(root + 4)], 70)
    span, rate = seconds + MELT, tape.rate
    dark = synth.pad([low + 12, *middle], span, rate, rng, bright=650, spread=16)
    light = synth.pad([*middle, *top], span, rate, rng, bright=2400, spread=28)
    time = np.arange(light.shape[1], dtype=np.float32) / rate
    light *= 0.5 - 0.5 * np.cos(np.float32(TAU / span) * time)
    pitch = synth.hertz(low)
    drone = np.sin(TAU * pitch * time) + 0.3 * np.sin(TAU * 2.003 * pitch * time)
    drone *= 0.75 + 0.25 * np.sin(np.float32(TAU / 7.3) * time)
    begin -= MELT / 2
    tape.lay(_melted(dark, rate), begin, gain=0.5, room=0.25)
    tape.lay(_melted(light, rate), begin, gain=0.4, room=0.5)
    tape.lay(_melted(drone, rate), begin, gain=0.09)


def _melted(sound: Stereo, rate: int) -> Stereo:
    """Edges whose powers add up to one where two chords cross."""
    ramp = np.sin(np.linspace(0, np.pi / 2, int(MELT * rate), dtype=np.float32))
    sound[..., : len(ramp)] *= ramp
    sound[..., -len(ramp) :] *= ramp[::-1]
    return sound


def _glints(
    tape: Tape,
    track: Track,
    key: Key,
    root: int,
    begin: float,
    seconds: float,
    rng: np.random.Generator,
) -> None:
    """Single high notes of the chord, often where the mood is bells, else now and then."""
    busy = "bells" in track.mood
    pause = (0.7, 2.0) if busy else (3.5, 6.5) if "sea" in track.mood else (5.0, 9.0)
    at = begin + float(rng.uniform(0.5, 2.5))
    while at < begin + seconds - 0.5:
        step = root + int(rng.choice([0, 2, 4, 7, 8, 9, 11]))
        note = score.voiced([key.degree(step)], 76 if busy else 69)[0]
        sound = synth.bell(note, 4.0, tape.rate, ratio=3.01 if busy else 2.0, index=0.7)
        gain, pan = float(rng.uniform(0.05, 0.11)), float(rng.uniform(-0.7, 0.7))
        tape.lay(sound, at, gain=gain, pan=pan, room=0.9)
        at += float(rng.uniform(*pause))


def _sea(tape: Tape, start: float, seconds: float, rng: np.random.Generator) -> None:
    for side in (-0.8, 0.8):
        noise = synth.hiss(seconds, tape.rate, rng, 180, 1100)
        time = np.arange(len(noise), dtype=np.float32) / tape.rate
        surf = (0.5 - 0.5 * np.cos(np.float32(TAU / (8.3 + side)) * time)) ** 2
        sound = synth.shaped(noise * surf, attack=4, release=5, rate=tape.rate)
        tape.lay(sound, start, gain=0.09, pan=side, room=0.15)


def _whales(tape: Tape, start: float, seconds: float, key: Key, rng: np.random.Generator) -> None:
    """Long glides through four notes of the scale."""
    at = start + 3.0
    while at < start + seconds - 7:
        notes = [key.degree(int(step)) for step in rng.choice([0, 2, 4, 5, 7, 9], size=4)]
        span = float(rng.uniform(3.0, 4.5))
        grid = np.arange(0, span, 0.01)
        bend = np.interp(grid, np.linspace(0, span, 4), notes)
        soft = np.hanning(51) / np.hanning(51).sum()
        bend = np.convolve(np.pad(bend, 25, mode="edge"), soft, "valid")
        time = np.arange(int(span * tape.rate)) / tape.rate
        phase = np.cumsum(440 * 2 ** ((np.interp(time, grid, bend) - 69) / 12)) / tape.rate
        cry = np.sin(TAU * phase) + 0.25 * np.sin(2 * TAU * phase)
        cry = (cry * np.sin(np.pi * time / span) ** 1.5).astype(np.float32)
        tape.lay(cry, at, gain=0.1, pan=float(rng.uniform(-0.6, 0.6)), room=1.0)
        at += span + float(rng.uniform(2.0, 4.0))
