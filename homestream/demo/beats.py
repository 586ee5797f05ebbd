"""Electric piano in ninths, a round bass, soft drums that swing, and dust on the record."""

from __future__ import annotations

from typing import Final

import numpy as np

from homestream.demo import score, singer, synth
from homestream.demo.mix import Tape
from homestream.demo.stage import Kept, Stage, Sung
from homestream.demo.synth import Sound

SWING: Final = 0.12  # beats by which every second eighth is late


def play(stage: Stage) -> tuple[Sung, ...]:
    """With the voice where there are words, else with a vibraphone."""
    kept = Kept()
    _keys(stage, kept)
    _bass(stage, kept)
    _drums(stage)
    sung = singer.sing(stage, gain=0.25) if stage.track.lines else ()
    if not sung:
        _vibraphone(stage, kept)
    stage.tape.room(1.4, gain=0.6)
    _dust(stage.tape, stage.rng)
    stage.tape.narrow(30, 8500)
    return sung


def _keys(stage: Stage, kept: Kept) -> None:
    for bar, root in enumerate(stage.roots()):
        chord = score.voiced(stage.key.chord(root, 5)[1:], 62)
        for beat, force in ((0.0, 1.0), (2.5 + SWING, 0.7))[: 1 if bar == stage.last else 2]:
            for number, note in enumerate(chord):
                sound = kept.note(synth.electric, note, 3.2, stage.tape.rate)
                start = stage.at(bar, beat) + 0.012 * (number + 1) + stage.human()
                pan = 0.55 - 0.35 * number
                stage.tape.lay(sound, start, gain=0.1 * force, pan=pan, room=0.4)


def _bass(stage: Stage, kept: Kept) -> None:
    for bar, root in enumerate(stage.roots()):
        if bar < stage.bars.intro:
            continue
        low = score.voiced([stage.key.degree(root)], 38)[0]
        hits = ((0.0, 1.4, 0), (1.5 + SWING, 0.4, 7), (2.5 + SWING, 1.2, 0))
        for beat, length, jump in hits[: 1 if bar == stage.last else 3]:
            sound = kept.note(_round, low + jump, length * stage.bars.beat, stage.tape.rate)
            stage.tape.lay(sound, stage.at(bar, beat), gain=0.15)


def _round(note: float, seconds: float, rate: int) -> Sound:
    sound = synth.triangle(note, seconds, rate)
    return synth.shaped(sound, attack=0.012, release=0.1, rate=rate)


def _vibraphone(stage: Stage, kept: Kept) -> None:
    first = stage.bars.intro
    roots = stage.roots(first, stage.last)
    for note in score.tune(stage.key, roots, stage.rng, low=7, high=15, rest=0.3):
        sound = kept.note(synth.bell, note.pitch, 1.8, stage.tape.rate, ratio=4.0, index=0.35)
        late = SWING if note.start % 1 else 0.0
        start = stage.at(first, note.start + late) + stage.human()
        stage.tape.lay(sound, start, gain=0.17, pan=-0.35, room=0.8)


def _drums(stage: Stage) -> None:
    rate, tape = stage.tape.rate, stage.tape
    kick = synth.kick(rate, low=52, seconds=0.26)
    snare = synth.snare(rate, stage.rng, tone=190, dry=0.08)
    hat = synth.hat(rate, stage.rng, seconds=0.06)
    for bar in range(stage.bars.intro, stage.last):
        late = 2.5 + SWING
        for beat in (0.0, late) if bar % 2 else (0.0, 1.5 + SWING, late):
            tape.lay(kick, stage.at(bar, beat), gain=0.34)
        for beat in (1.0, 3.0):
            tape.lay(snare, stage.at(bar, beat) + 0.012, gain=0.24, room=0.2, pan=0.1)
        for number in range(8):
            off = number % 2
            start = stage.at(bar, number * 0.5 + SWING * off) + stage.human(0.004)
            gain = (0.13 if off else 0.19) * stage.between(0.8, 1.1)
            tape.lay(hat, start, gain=gain, pan=-0.25)


def _dust(tape: Tape, rng: np.random.Generator) -> None:
    """Six specks a second, most of them hardly heard."""
    click = np.zeros(256, np.float32)
    click[0] = 1
    speck = synth.filtered(click, tape.rate, 900, 4000)
    seconds = tape.samples / tape.rate
    for at in rng.uniform(0.2, seconds - 0.5, int(6 * seconds)):
        gain = 0.06 + 0.35 * float(rng.random()) ** 3
        tape.lay(speck, float(at), gain=gain, pan=float(rng.uniform(-0.8, 0.8)))
