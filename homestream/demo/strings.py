"""Guitar, harp and a plucked bass, alone (`trio`) or round a voice (`song`)."""

from __future__ import annotations

from typing import Final

from homestream.demo import score, singer, synth
from homestream.demo.score import Key, Note
from homestream.demo.stage import Kept, Stage, Sung

# eighths of a bar: 0 and 1 are the bass strings (root and fifth), from 2 on the chord
PICKING: Final = {
    4: ((0, 2, 3, 2, 4, 3, 2, 3), (0, 3, 2, 4, 1, 3, 2, 3)),
    3: ((0, 2, 3, 4, 3, 2), (0, 3, 4, 2, 3, 4)),
}


def trio(stage: Stage) -> tuple[Sung, ...]:
    kept = Kept()
    _guitar(stage, kept, gain=0.2, pan=-0.35)
    _bass(stage, kept)
    first = stage.bars.intro
    half = first + (stage.last - first) // 2
    for begin, end, low in ((first, half, 5), (half, stage.last, 7)):
        tune = score.tune(
            stage.key,
            stage.roots(begin, end),
            stage.rng,
            beats=stage.bars.beats,
            low=low,
            high=low + 9,
        )
        for note in tune:
            _harp(stage, kept, note, begin, gain=0.2)
            # the second time the harp goes with itself, a third below
            if begin == half and note.length >= 1:
                pitch = _below(stage.key, note.pitch)
                _harp(stage, kept, Note(note.start + 0.02, note.length, pitch), begin, gain=0.1)
    _last_chord(stage)
    stage.tape.room(1.9, gain=0.55)
    return ()


def song(stage: Stage) -> tuple[Sung, ...]:
    kept = Kept()
    _guitar(stage, kept, gain=0.16, pan=-0.3)
    _bass(stage, kept)
    sung = singer.sing(stage, gain=0.28)
    beats = stage.bars.beats
    for number in range(len(stage.track.lines)):
        bar = stage.bars.intro + (number + 1) * stage.bars.per_line - 1
        root = stage.roots()[bar]
        for turn, step in enumerate((4, 7, 9)):
            answer = Note(beats - 1.5 + 0.5 * turn, 1, stage.key.degree(root % 7 + step))
            _harp(stage, kept, answer, bar, gain=0.09)
    _last_chord(stage)
    stage.tape.room(1.9, gain=0.55)
    return sung


def _guitar(stage: Stage, kept: Kept, *, gain: float, pan: float) -> None:
    patterns = PICKING[stage.bars.beats]
    pattern = patterns[int(stage.rng.integers(len(patterns)))]
    for bar, root in enumerate(stage.roots(0, stage.last)):
        chord = score.voiced(stage.key.chord(root), 59)
        low = score.voiced([stage.key.degree(root)], 47)[0]
        strings = [low, low + 7, *chord, chord[0] + 12]
        for number, string in enumerate(pattern):
            sound = kept.note(
                synth.pluck, strings[string], 2.4, stage.tape.rate, stage.rng, bright=6000.0
            )
            force = (1.0 if number == 0 else 0.72) * stage.between(0.85, 1.05)
            start = stage.at(bar, number * 0.5) + stage.human() + 0.01
            stage.tape.lay(sound, start, gain=gain * force, pan=pan, room=0.5)


def _bass(stage: Stage, kept: Kept) -> None:
    for bar in range(stage.bars.intro, stage.last):
        note = score.voiced([stage.key.degree(stage.roots()[bar])], 38)[0]
        hits = ((0.0, note), (2.0, note + 7)) if stage.bars.beats == 4 else ((0.0, note),)
        for beat, pitch in hits:
            sound = kept.note(
                synth.pluck,
                pitch,
                1.6,
                stage.tape.rate,
                stage.rng,
                bright=1500.0,
                damping=2.2,
                position=0.3,
            )
            start = stage.at(bar, beat) + stage.human() + 0.01
            stage.tape.lay(sound, start, gain=0.26, pan=0.08, room=0.12)


def _harp(stage: Stage, kept: Kept, note: Note, bar: int, *, gain: float) -> None:
    sound = kept.note(
        synth.pluck,
        note.pitch,
        2.6,
        stage.tape.rate,
        stage.rng,
        bright=8000.0,
        damping=0.8,
        position=0.4,
    )
    start = stage.at(bar, note.start) + stage.human() + 0.01
    stage.tape.lay(sound, start, gain=gain * stage.between(0.85, 1.05), pan=0.3, room=0.8)


def _last_chord(stage: Stage) -> None:
    """Rolled upwards, and left to ring."""
    chord = stage.key.chord(0)
    notes = [chord[0] - 12, chord[2] - 12, *chord, chord[0] + 12, chord[1] + 12]
    for number, pitch in enumerate(notes):
        sound = synth.pluck(pitch, 4.2, stage.tape.rate, stage.rng, bright=6000)
        start = stage.at(stage.last, 0.14 * number)
        stage.tape.lay(sound, start, gain=0.15, pan=-0.4 + 0.13 * number, room=0.8)


def _below(key: Key, pitch: int) -> int:
    """Two steps down the scale."""
    ladder = [key.degree(step) for step in range(-14, 29)]
    return ladder[ladder.index(pitch) - 2]
