"""Machines that sing: `chip` has two pulses, a triangle and noise, `synthwave` a room of saws."""

from __future__ import annotations

import numpy as np

from homestream.demo import score, synth
from homestream.demo.mix import Stereo
from homestream.demo.stage import Kept, Stage, Sung
from homestream.demo.synth import Sound


def chip(stage: Stage) -> tuple[Sung, ...]:
    rate, tape, beat = stage.tape.rate, stage.tape, stage.bars.beat
    kept = Kept()
    first, last = stage.bars.intro, stage.last
    quick = stage.track.tempo > 100
    order = (0, 1, 2, 3, 2, 1, 2, 1) if quick else (0, 2, 1, 3)
    length = 0.25 if quick else 0.5  # beats
    for bar, root in enumerate(stage.roots(0, last)):
        chord = score.voiced(stage.key.chord(root), 67)
        run = [*chord, chord[0] + 12]
        for number in range(int(4 / length)):
            note = run[order[number % len(order)]]
            sound = kept.note(_chirp, note, 0.92 * length * beat, rate, 0.125)
            tape.lay(sound, stage.at(bar, number * length), gain=0.11, pan=0.5, room=0.4)
        if bar < first:
            continue
        low = score.voiced([stage.key.degree(root)], 41)[0]
        for number, jump in enumerate((0, 0, 12, 0, 7, 0, 12, 7)):
            sound = kept.note(_round_bass, low + jump, beat * 0.45, rate)
            tape.lay(sound, stage.at(bar, number * 0.5), gain=0.13)
    _chip_drums(stage, first)
    half = first + (last - first) // 2
    for begin, end, width, lowest in ((first, half, 0.25, 7), (half, last, 0.5, 9)):
        roots = stage.roots(begin, end)
        for sung in score.tune(stage.key, roots, stage.rng, low=lowest, high=lowest + 9):
            sound = kept.note(_chirp, sung.pitch, 0.94 * sung.length * beat, rate, width, 18.0)
            tape.lay(sound, stage.at(begin, sung.start), gain=0.17, pan=-0.15, room=0.7)
    for number, note in enumerate((*stage.key.chord(0), stage.key.tonic + 12)):
        sound = _chirp(note + 12, 2.5, rate, 0.25, 14.0) * synth.decay(2.5, 0.5, rate)
        tape.lay(sound, stage.at(last, 0.25 * number), gain=0.11, room=0.9)
    tape.echo(0.75 * beat, feedback=0.45, gain=0.3)
    tape.room(1.4, gain=0.3)
    return ()


def synthwave(stage: Stage) -> tuple[Sung, ...]:
    """Wide chords that duck under the kick, a saw bass, an arpeggio with echoes and a lead."""
    rate, tape, beat = stage.tape.rate, stage.tape, stage.bars.beat
    kept = Kept()
    first, last = stage.bars.intro, stage.last
    for bar, root in enumerate(stage.roots(0, last)):
        chord = score.voiced(stage.key.chord(root, 4), 60)
        pad = kept.note(_chord, chord, stage.bars.bar + 0.25, rate, stage.rng)
        if bar >= first:
            pad = pad * kept.note(_ducked, pad.shape[1], beat, rate)
        tape.lay(pad, stage.at(bar), gain=0.34, room=0.4)
        low = score.voiced([stage.key.degree(root)], 38)[0]
        run = score.voiced(stage.key.chord(root), 69)
        for number in range(16):
            place = (0, 2, 1, 3, 2, 0, 3, 1)[number % 8]
            note = run[place % 3] + 12 * (place // 3)
            sound = kept.note(_blip, note, rate)
            pan = 0.45 if number % 2 else -0.45
            tape.lay(sound, stage.at(bar, number * 0.25), gain=0.09, pan=pan, room=0.4)
        for number in range(8 if bar >= first else 0):
            bass = kept.note(_saw_bass, low + (12 if number % 4 == 3 else 0), beat * 0.46, rate)
            tape.lay(bass, stage.at(bar, number * 0.5), gain=0.2 if number % 2 else 0.14)
    home = score.voiced(stage.key.chord(0, 4), 60)
    tape.lay(
        _chord(home, stage.bars.bar + 2.5, rate, stage.rng), stage.at(last), gain=0.34, room=0.4
    )
    _synthwave_drums(stage, first)
    middle = first + 2
    for sung in score.tune(
        stage.key, stage.roots(middle, last), stage.rng, low=4, high=13, rest=0.2
    ):
        lead = kept.note(_lead, sung.pitch, 0.96 * sung.length * beat, rate)
        tape.lay(lead, stage.at(middle, sung.start), gain=0.14, pan=0.05, room=0.7)
    tape.echo(0.75 * beat, feedback=0.5, gain=0.28)
    tape.room(2.4, gain=0.5)
    return ()


def _chirp(note: float, seconds: float, rate: int, width: float, vibrato: float = 0.0) -> Sound:
    sound = synth.pulse(note, seconds, rate, width=width, vibrato=vibrato, bright=8000)
    sound = sound * (0.35 + 0.65 * synth.decay(seconds, 0.16, rate))
    return synth.shaped(sound, attack=0.003, release=0.015, rate=rate)


def _round_bass(note: float, seconds: float, rate: int) -> Sound:
    sound = synth.triangle(note, seconds, rate)
    return synth.shaped(sound, attack=0.003, release=0.02, rate=rate)


def _chip_drums(stage: Stage, first: int) -> None:
    rate, tape = stage.tape.rate, stage.tape
    kick = synth.kick(rate, low=58, seconds=0.18)
    snare = synth.snare(rate, stage.rng, tone=220, dry=0.06)
    hat = synth.hat(rate, stage.rng, seconds=0.04)
    for bar in range(first, stage.last):
        for beat in (0.0, 2.0) if bar % 2 == 0 else (0.0, 1.5, 2.0):
            tape.lay(kick, stage.at(bar, beat), gain=0.36)
        for beat in (1.0, 3.0):
            tape.lay(snare, stage.at(bar, beat), gain=0.27, room=0.1)
        for number in range(8):
            tape.lay(hat, stage.at(bar, number * 0.5), gain=0.22 if number % 2 else 0.13, pan=0.25)


def _chord(chord: tuple[int, ...], seconds: float, rate: int, rng: np.random.Generator) -> Stereo:
    pad = synth.pad([chord[0] - 12, *chord], seconds, rate, rng, bright=1500, spread=26, odd=0.9)
    from_start = np.arange(pad.shape[1], dtype=np.float32) / rate
    pad *= np.minimum(1, np.minimum(from_start / 0.12, from_start[::-1] / 0.25))
    return pad


def _blip(note: float, rate: int) -> Sound:
    sound = synth.pulse(note, 0.3, rate, width=0.4, bright=2600) * synth.decay(0.3, 0.05, rate)
    return synth.shaped(sound, attack=0.002, release=0.02, rate=rate)


def _saw_bass(note: float, seconds: float, rate: int) -> Sound:
    sound = synth.pulse(note, seconds, rate, width=0, bright=600)
    sound = sound + 0.5 * synth.triangle(note, seconds, rate)
    sound = sound * (0.4 + 0.6 * synth.decay(seconds, 0.12, rate))
    return synth.shaped(sound, attack=0.004, release=0.03, rate=rate)


def _lead(note: float, seconds: float, rate: int) -> Sound:
    one = synth.pulse(note + 0.06, seconds, rate, width=0, vibrato=16, bright=4200)
    two = synth.pulse(note - 0.06, seconds, rate, width=0, vibrato=16, bright=4200)
    return synth.shaped((one + two) * 0.6, attack=0.02, release=0.06, rate=rate)


def _ducked(count: int, beat: float, rate: int) -> Sound:
    """A gain that gives way to the kick on each beat."""
    since = (np.arange(count, dtype=np.float32) / rate) % np.float32(beat)
    return 1 - 0.55 * np.exp(-since / np.float32(0.11)) * np.minimum(1, since / np.float32(0.004))


def _synthwave_drums(stage: Stage, first: int) -> None:
    rate, tape = stage.tape.rate, stage.tape
    kick = synth.kick(rate)
    snare = synth.snare(rate, stage.rng, tone=170, dry=0.13)
    hat = synth.hat(rate, stage.rng)
    for bar in range(first, stage.last):
        for beat in range(4):
            tape.lay(kick, stage.at(bar, beat), gain=0.42)
        for beat in (1, 3):
            tape.lay(snare, stage.at(bar, beat), gain=0.28, room=0.4)
        for number in range(8):
            gain = 0.2 if number % 2 else 0.12
            tape.lay(hat, stage.at(bar, number * 0.5), gain=gain, pan=-0.3)
