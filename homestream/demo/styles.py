"""The players: each style turns a track of the catalogue into sound on a tape.

`perform` plays one track, `perform_joined` an album as one piece without a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from homestream.demo import lyrics, score, synth
from homestream.demo.catalogue import Track
from homestream.demo.mix import Stereo, Tape
from homestream.demo.score import Key, Note
from homestream.demo.synth import Sound

TAIL: Final = 4.5  # seconds in which the last chord dies away
SHORTEST: Final = 40.0  # seconds


@dataclass(frozen=True, slots=True)
class Sung:
    """A line of text and when it begins, in seconds."""

    start: float
    text: str


@dataclass(frozen=True, slots=True)
class Performance:
    """`sound` is (2, samples) float32; `sung` is in order of time, empty where nobody sings."""

    sound: Stereo
    sung: tuple[Sung, ...]


def perform(track: Track, style: str, rate: int) -> Performance:
    """One track from silence to silence, a few seconds more or less than it asks for."""
    if style == "ambient":
        tape = Tape(track.seconds, rate)
        _ambient(tape, [(0.0, track)], np.random.default_rng(track.seed))
        tape.faded(1.5, 6.0)
        return Performance(tape.master(), ())
    bar = _Bars.of(track)
    tape = Tape(bar.seconds, rate)
    sung = PLAYERS[style](_Stage(tape, track, bar, np.random.default_rng(track.seed)))
    tape.faded(0.005, 3.0)
    return Performance(tape.master(), sung)


def perform_joined(tracks: Sequence[Track], rate: int) -> tuple[Stereo, tuple[int, ...]]:
    """One piece without a gap, and the samples at which its tracks begin (the first is 0)."""
    starts = np.cumsum([0.0, *(track.seconds for track in tracks)])
    tape = Tape(float(starts[-1]), rate)
    scenes = [(float(start), track) for start, track in zip(starts, tracks, strict=False)]
    _ambient(tape, scenes, np.random.default_rng(tracks[0].seed))
    tape.faded(3.0, 8.0)
    return tape.master(), tuple(int(round(float(start) * rate)) for start in starts[:-1])


@dataclass(frozen=True, slots=True)
class _Bars:
    """The form: `count` bars of `seconds_each`, of which the first `intro` are played alone."""

    count: int
    intro: int
    beat: float  # seconds
    beats: int
    per_line: int

    @classmethod
    def of(cls, track: Track) -> _Bars:
        beat = 60 / track.tempo
        bar = beat * track.beats
        per_line = 2 if track.beats == 4 else 4
        if track.lines:
            intro = per_line
            return cls(intro + per_line * len(track.lines) + 1, intro, beat, track.beats, per_line)
        count = max(4, 2 * round((track.seconds - TAIL) / bar / 2))
        while count * bar + TAIL < min(SHORTEST, track.seconds):
            count += 2
        return cls(count, 2, beat, track.beats, per_line)

    @property
    def seconds_each(self) -> float:
        return self.beat * self.beats

    @property
    def seconds(self) -> float:
        return self.count * self.seconds_each + TAIL


@dataclass(frozen=True, slots=True)
class _Stage:
    tape: Tape
    track: Track
    bar: _Bars
    rng: np.random.Generator

    @property
    def key(self) -> Key:
        return Key(self.track.tonic, self.track.mode)

    def roots(self, first: int = 0, last: int | None = None) -> list[int]:
        """The chord of each bar; the piece comes home at its end."""
        roots = self.track.roots
        every = [roots[bar % len(roots)] for bar in range(self.bar.count)]
        every[-1] = 0
        return every[first:last]

    def at(self, bar: float, beat: float = 0.0) -> float:
        """Seconds from the start."""
        return bar * self.bar.seconds_each + beat * self.bar.beat

    def human(self, spread: float = 0.006) -> float:
        """A moment early or late, in seconds."""
        return float(np.clip(self.rng.normal(0, spread), -2 * spread, 2 * spread))


class _Kept:
    """Notes made once and used again: (name, note, ...) to sound."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Sound] = {}

    def get(self, make: Callable[[], Sound], *name: object) -> Sound:
        sound = self._made.get(name)
        if sound is None:
            sound = self._made[name] = make()
        return sound


def _ambient(tape: Tape, scenes: Sequence[tuple[float, Track]], rng: np.random.Generator) -> None:
    """Chords that melt into each other, a low drone, and what the scene's mood calls for.

    The chords of one scene reach into the next, so that a cut between them falls inside sound.
    """
    rate = tape.rate
    melt = 4.5
    for start, track in scenes:
        key = Key(track.tonic, track.mode)
        chords = max(2, round(track.seconds / 11.5))
        each = track.seconds / chords
        for number in range(chords):
            root = track.roots[number % len(track.roots)]
            begin = start + number * each
            low = score.voiced([key.degree(root)], 41)[0]
            middle = score.voiced(key.chord(root, 4), 58)
            top = score.voiced([key.degree(root + 2), key.degree(root + 4)], 70)
            span = each + melt
            dark = synth.pad([low + 12, *middle], span, rate, rng, bright=650, spread=16)
            light = synth.pad([*middle, *top], span, rate, rng, bright=1900, spread=28)
            time = np.arange(light.shape[1], dtype=np.float32) / rate
            breath = 0.5 - 0.5 * np.cos(synth.TAU * (time / span))
            tape.lay(_melted(dark, melt, rate), begin - melt / 2, gain=0.5, room=0.25)
            tape.lay(_melted(light * breath, melt, rate), begin - melt / 2, gain=0.22, room=0.5)
            drone = _drone(low, span, rate)
            tape.lay(_melted(drone, melt, rate), begin - melt / 2, gain=0.16)
            _glints(tape, track, key, root, begin, each, rng)
        if "sea" in track.mood:
            _sea(tape, start, track.seconds, rng)
        if "whale" in track.mood:
            _whale(tape, start, track.seconds, key, rng)
    tape.echo(0.71, feedback=0.5, gain=0.16)
    tape.room(5.0, rng, gain=0.8)


def _melted(sound: Stereo, melt: float, rate: int) -> Stereo:
    ramp = np.sin(np.linspace(0, np.pi / 2, int(melt * rate), dtype=np.float32))
    sound[:, : len(ramp)] *= ramp
    sound[:, -len(ramp) :] *= ramp[::-1]
    return sound


def _drone(note: float, seconds: float, rate: int) -> Stereo:
    time = np.arange(int(seconds * rate), dtype=np.float32) / rate
    pitch = np.float32(synth.hertz(note))
    swell = 0.75 + 0.25 * np.sin(synth.TAU * time / 7.3)
    body = np.sin(synth.TAU * pitch * time) + 0.3 * np.sin(synth.TAU * 2.003 * pitch * time)
    return np.stack([body * swell, body * swell]).astype(np.float32)


def _glints(
    tape: Tape,
    track: Track,
    key: Key,
    root: int,
    begin: float,
    seconds: float,
    rng: np.random.Generator,
) -> None:
    busy = "bells" in track.mood
    still = "still" in track.mood or "deep" in track.mood
    at = begin + float(rng.uniform(0.5, 2.5))
    while at < begin + seconds - 0.5:
        step = root + int(rng.choice([0, 2, 4, 7, 8, 9, 11]))
        note = score.voiced([key.degree(step)], 76 if busy else 69)[0]
        sound = synth.bell(note, 4.0, tape.rate, ratio=3.01 if busy else 2.0, index=0.7)
        tape.lay(
            sound,
            at,
            gain=float(rng.uniform(0.05, 0.11)) * (1.1 if busy else 0.9),
            pan=float(rng.uniform(-0.7, 0.7)),
            room=0.9,
        )
        at += float(rng.uniform(0.7, 2.0) if busy else rng.uniform(3.5, 6) * (1.5 if still else 1))


def _sea(tape: Tape, start: float, seconds: float, rng: np.random.Generator) -> None:
    rate = tape.rate
    for side in (-0.8, 0.8):
        noise = synth.hiss(seconds, rate, rng, 180, 1100)
        time = np.arange(len(noise), dtype=np.float32) / rate
        wave = (0.5 - 0.5 * np.cos(synth.TAU * time / (8.3 + side))) ** 2
        edge = synth.shaped(noise * wave, attack=4, release=5, rate=rate)
        tape.lay(edge, start, gain=0.09, pan=side, room=0.15)


def _whale(tape: Tape, start: float, seconds: float, key: Key, rng: np.random.Generator) -> None:
    rate = tape.rate
    at = start + 3.0
    while at < start + seconds - 7:
        notes = [key.degree(int(step)) for step in rng.choice([0, 2, 4, 5, 7, 9], size=4)]
        span = float(rng.uniform(3.0, 4.5))
        time = np.arange(int(span * rate)) / rate
        bend = np.interp(time, np.linspace(0, span, 4), notes)
        smooth = np.hanning(2 * int(0.2 * rate) // 200 + 1)
        coarse = np.pad(bend[::100], len(smooth) // 2, mode="edge")
        bend = np.interp(
            time,
            time[::100],
            np.convolve(coarse, smooth / smooth.sum(), "valid")[: len(time[::100])],
        )
        phase = np.cumsum(440.0 * 2 ** ((bend - 69) / 12)) / rate
        cry = np.sin(synth.TAU * phase) + 0.25 * np.sin(synth.TAU * 2 * phase)
        cry = (cry * np.sin(np.pi * time / span) ** 1.5).astype(np.float32)
        tape.lay(cry, at, gain=0.10, pan=float(rng.uniform(-0.6, 0.6)), room=1.0)
        at += span + float(rng.uniform(2.0, 4.0))


def _trio(stage: _Stage) -> tuple[Sung, ...]:
    """Guitar, harp and a plucked bass."""
    kept = _Kept()
    _guitar(stage, kept, gain=0.2, pan=-0.35)
    _double_bass(stage, kept)
    first = stage.bar.intro
    half = first + (stage.bar.count - 1 - first) // 2
    opening = score.tune(
        stage.key, stage.roots(first, half), stage.rng, beats=stage.bar.beats, low=5, high=14
    )
    closing = score.tune(
        stage.key,
        stage.roots(half, stage.bar.count - 1),
        stage.rng,
        beats=stage.bar.beats,
        low=7,
        high=16,
    )
    for begin, tune in ((first, opening), (half, closing)):
        for note in tune:
            _harp(stage, kept, note, begin, gain=0.2)
    # in the second half the harp answers itself a third below
    for note in closing:
        if note.length >= 1:
            lower = _scale_below(stage.key, note.pitch, 2)
            _harp(stage, kept, Note(note.start + 0.02, note.length, lower), half, gain=0.1)
    _rolled(stage, kept)
    stage.tape.room(1.9, stage.rng, gain=0.55)
    return ()


def _song(stage: _Stage) -> tuple[Sung, ...]:
    """A voice over guitar and bass, the harp between the lines."""
    kept = _Kept()
    _guitar(stage, kept, gain=0.16, pan=-0.3)
    _double_bass(stage, kept)
    sung = _sing(stage, gain=0.25)
    for number in range(len(stage.track.lines)):
        bar = stage.bar.intro + (number + 1) * stage.bar.per_line - 1
        root = stage.roots()[bar]
        beats = stage.bar.beats
        for turn, step in enumerate((4, 7, 9)):
            note = Note(beats - 1.5 + 0.5 * turn, 1, stage.key.degree(root % 7 + step))
            _harp(stage, kept, note, bar, gain=0.09)
    _rolled(stage, kept)
    stage.tape.room(1.8, stage.rng, gain=0.55)
    return sung


def _guitar(stage: _Stage, kept: _Kept, *, gain: float, pan: float) -> None:
    rate, rng = stage.tape.rate, stage.rng
    patterns = {
        4: (((0, 2, 3, 2, 4, 3, 2, 3)), ((0, 3, 2, 4, 1, 3, 2, 3))),
        3: (((0, 2, 3, 4, 3, 2)), ((0, 3, 4, 2, 3, 4))),
    }[stage.bar.beats]
    pattern = patterns[int(rng.integers(2))]
    for bar, root in enumerate(stage.roots(0, stage.bar.count - 1)):
        chord = score.voiced(stage.key.chord(root), 59)
        low = score.voiced([stage.key.degree(root)], 47)[0]
        strings = [low, low + 7, *chord, chord[0] + 12]
        for number, string in enumerate(pattern):
            note = strings[string]
            sound = kept.get(
                lambda note=note: synth.pluck(note, 2.4, rate, rng, bright=2600), "guitar", note
            )
            force = (1.0 if number == 0 else 0.72) * rng.uniform(0.85, 1.05)
            start = stage.at(bar, number * 0.5) + stage.human() + 0.01
            stage.tape.lay(sound, start, gain=gain * force, pan=pan, room=0.5)


def _double_bass(stage: _Stage, kept: _Kept) -> None:
    rate, rng = stage.tape.rate, stage.rng
    for bar, root in enumerate(stage.roots(0, stage.bar.count - 1)):
        if bar < stage.bar.intro:
            continue
        note = score.voiced([stage.key.degree(root)], 38)[0]
        hits = ((0.0, note), (2.0, note + 7)) if stage.bar.beats == 4 else ((0.0, note),)
        for beat, pitch in hits:
            sound = kept.get(
                lambda pitch=pitch: synth.pluck(
                    pitch, 1.6, rate, rng, bright=700, damping=2.2, position=0.3
                ),
                "bass",
                pitch,
            )
            start = stage.at(bar, beat) + stage.human() + 0.01
            stage.tape.lay(sound, start, gain=0.26, pan=0.08, room=0.12)


def _harp(stage: _Stage, kept: _Kept, note: Note, bar: int, *, gain: float) -> None:
    rate, rng = stage.tape.rate, stage.rng
    sound = kept.get(
        lambda: synth.pluck(note.pitch, 2.6, rate, rng, bright=3600, damping=0.8, position=0.4),
        "harp",
        note.pitch,
    )
    force = rng.uniform(0.85, 1.05)
    start = stage.at(bar, note.start) + stage.human() + 0.01
    stage.tape.lay(sound, start, gain=gain * force, pan=0.3, room=0.8)


def _rolled(stage: _Stage, kept: _Kept) -> None:
    """The last chord, rolled upwards."""
    chord = stage.key.chord(0)
    notes = [chord[0] - 12, chord[2] - 12, *chord, chord[0] + 12, chord[1] + 12]
    for number, pitch in enumerate(notes):
        sound = kept.get(
            lambda pitch=pitch: synth.pluck(pitch, 4.2, stage.tape.rate, stage.rng, bright=2600),
            "roll",
            pitch,
        )
        start = stage.at(stage.bar.count - 1, 0.14 * number)
        stage.tape.lay(sound, start, gain=0.15, pan=-0.4 + 0.13 * number, room=0.8)


def _sing(stage: _Stage, *, gain: float) -> tuple[Sung, ...]:
    """Each line of the text on its own phrase; two takes, a little apart."""
    rate = stage.tape.rate
    beats = stage.bar.beats
    roots = stage.roots()
    slots = (12, 20)[beats == 3]
    walks = [stage.rng.choice([-2, -1, -1, 1, 1, 2, 0], size=16) for _ in range(2)]
    sung: list[Sung] = []
    for number, text in enumerate(stage.track.lines):
        bar = stage.bar.intro + number * stage.bar.per_line
        vowels = lyrics.vowels(text)
        onsets = [0.5 * round(place * slots / len(vowels)) for place in range(len(vowels))]
        ends = [*onsets[1:], 0.5 * (slots + 2)]
        walk = walks[number % 2]
        step = (4, 6, 7, 3)[number % 4]
        phrase: list[tuple[float, float, float, str]] = []
        for place, (onset, end, vowel) in enumerate(zip(onsets, ends, vowels, strict=True)):
            root = roots[min(bar + int(onset // beats), len(roots) - 1)]
            step = min(max(step + int(walk[place % 16]), 0), 9)
            if onset % beats == 0 or place == len(vowels) - 1:
                step = min(
                    (s for s in range(10) if (s - root) % 7 in (0, 2, 4)),
                    key=lambda s: abs(s - step),
                )
            pitch = stage.key.degree(step)
            phrase.append((0.1 + onset * stage.bar.beat, 0.1 + end * stage.bar.beat, pitch, vowel))
        start = stage.at(bar)
        span = phrase[-1][1] + 0.2
        for side in (-0.22, 0.22):
            take = synth.voice(phrase, span, rate, stage.rng)
            late = 0.012 * (1 + side)
            stage.tape.lay(take, start - 0.1 + late, gain=gain, pan=side, room=0.6)
        sung.append(Sung(start, text))
    return tuple(sung)


def _chip(stage: _Stage) -> tuple[Sung, ...]:
    """Two pulses, a triangle and noise."""
    rate, rng, tape, beat = stage.tape.rate, stage.rng, stage.tape, stage.bar.beat
    kept = _Kept()
    first, count = stage.bar.intro, stage.bar.count
    quick = stage.track.tempo > 100
    for bar, root in enumerate(stage.roots(0, count - 1)):
        chord = [*score.voiced(stage.key.chord(root), 67)]
        run = [*chord, chord[0] + 12]
        order = (0, 1, 2, 3, 2, 1, 2, 1) if quick else (0, 2, 1, 3)
        steps = 8 if quick else 4
        for number in range(steps * 4 // (2 if not quick else 2)):
            note = run[order[number % len(order)]]
            length = 4 * beat / (steps * 2)
            sound = kept.get(
                lambda note=note, length=length: _chirp(note, length * 0.92, rate, 0.125),
                "arp",
                note,
                length,
            )
            tape.lay(sound, stage.at(bar) + number * length, gain=0.07, pan=0.4, room=0.5)
        if bar < first:
            continue
        low = score.voiced([stage.key.degree(root)], 41)[0]
        for number, jump in enumerate((0, 0, 12, 0, 7, 0, 12, 7)):
            sound = kept.get(
                lambda note=low + jump: synth.shaped(
                    synth.triangle(note, beat * 0.45, rate), attack=0.003, release=0.02, rate=rate
                ),
                "bass",
                low + jump,
            )
            tape.lay(sound, stage.at(bar, number * 0.5), gain=0.28)
    _chip_drums(stage, first)
    half = first + (count - 1 - first) // 2
    for begin, end, width, low in ((first, half, 0.25, 7), (half, count - 1, 0.5, 9)):
        for note in score.tune(stage.key, stage.roots(begin, end), rng, low=low, high=low + 9):
            length = note.length * beat * 0.94
            sound = kept.get(
                lambda note=note, length=length, width=width: _chirp(
                    note.pitch, length, rate, width, vibrato=18.0
                ),
                "lead",
                note.pitch,
                length,
                width,
            )
            tape.lay(sound, stage.at(begin, note.start), gain=0.15, pan=-0.15, room=0.7)
    for number, note in enumerate((*stage.key.chord(0), stage.key.tonic + 12)):
        sound = _chirp(note + 12, 2.5, rate, 0.25, vibrato=14.0) * synth.decay(2.5, 0.5, rate)
        tape.lay(sound, stage.at(count - 1, 0.25 * number), gain=0.11, room=0.9)
    tape.echo(0.75 * beat, feedback=0.45, gain=0.3)
    tape.room(1.2, rng, gain=0.3)
    return ()


def _chirp(note: float, seconds: float, rate: int, width: float, *, vibrato: float = 0.0) -> Sound:
    sound = synth.pulse(note, seconds, rate, width=width, vibrato=vibrato, bright=5000)
    sound = sound * (0.35 + 0.65 * synth.decay(seconds, 0.16, rate)[: len(sound)])
    return synth.shaped(sound, attack=0.003, release=0.015, rate=rate)


def _chip_drums(stage: _Stage, first: int) -> None:
    rate, rng, tape = stage.tape.rate, stage.rng, stage.tape
    kick = synth.kick(rate, low=58, seconds=0.18)
    snare = synth.snare(rate, rng, tone=220, dry=0.06)
    hat = synth.hat(rate, rng, seconds=0.04)
    for bar in range(first, stage.bar.count - 1):
        for beat in (0.0, 2.0) if bar % 2 == 0 else (0.0, 1.5, 2.0):
            tape.lay(kick, stage.at(bar, beat), gain=0.5)
        for beat in (1.0, 3.0):
            tape.lay(snare, stage.at(bar, beat), gain=0.16, room=0.15)
        for number in range(8):
            tape.lay(hat, stage.at(bar, number * 0.5), gain=0.05 if number % 2 else 0.03, pan=0.25)


def _synthwave(stage: _Stage) -> tuple[Sung, ...]:
    """Wide chords that duck under the kick, a saw bass, an arpeggio with echoes and a lead."""
    rate, rng, tape, beat = stage.tape.rate, stage.rng, stage.tape, stage.bar.beat
    kept = _Kept()
    first, count = stage.bar.intro, stage.bar.count
    for bar, root in enumerate(stage.roots()):
        last = bar == count - 1
        span = stage.bar.seconds_each + (2.5 if last else 0.25)
        chord = score.voiced(stage.key.chord(root, 4), 60)
        sound = synth.pad([chord[0] - 12, *chord], span, rate, rng, bright=1500, spread=26, odd=0.9)
        if bar >= first and not last:
            sound = sound * _ducked(sound.shape[1], beat, rate)
        edges = np.minimum(
            1, np.minimum(_ramp_up(sound, 0.12, rate), _ramp_down(sound, 0.25, rate))
        )
        tape.lay(sound * edges, stage.at(bar), gain=0.34, room=0.4)
        if last:
            break
        low = score.voiced([stage.key.degree(root)], 38)[0]
        run = [*score.voiced(stage.key.chord(root), 69)]
        run.append(run[0] + 12)
        for number in range(8):
            if bar >= first:
                pitch = low + (12 if number % 4 == 3 else 0)
                bass = kept.get(
                    lambda pitch=pitch: _saw_bass(pitch, beat * 0.46, rate), "bass", pitch
                )
                tape.lay(bass, stage.at(bar, number * 0.5), gain=0.2 if number % 2 else 0.14)
            for turn in range(2):
                note = run[(0, 2, 1, 3, 2, 0, 3, 1)[(2 * number + turn) % 8]]
                arp = kept.get(
                    lambda note=note: (
                        synth.pulse(note, 0.3, rate, width=0.4, bright=1700)
                        * synth.decay(0.3, 0.05, rate)
                    ),
                    "arp",
                    note,
                )
                start = stage.at(bar, number * 0.5 + turn * 0.25)
                tape.lay(arp, start, gain=0.055, pan=0.45 if turn else -0.45, room=0.6)
    _synthwave_drums(stage, first)
    middle = first + 2
    for note in score.tune(
        stage.key, stage.roots(middle, count - 1), rng, low=4, high=13, rest=0.2
    ):
        length = note.length * beat * 0.96
        lead = kept.get(
            lambda note=note, length=length: _lead(note.pitch, length, rate),
            "lead",
            note.pitch,
            length,
        )
        tape.lay(lead, stage.at(middle, note.start), gain=0.1, pan=0.05, room=0.9)
    tape.echo(0.75 * beat, feedback=0.5, gain=0.28)
    tape.room(2.4, rng, gain=0.5)
    return ()


def _lead(note: float, seconds: float, rate: int) -> Sound:
    one = synth.pulse(note + 0.06, seconds, rate, width=0, vibrato=16, bright=2600)
    two = synth.pulse(note - 0.06, seconds, rate, width=0, vibrato=16, bright=2600)
    return synth.shaped((one + two) * 0.6, attack=0.02, release=0.06, rate=rate)


def _saw_bass(note: float, seconds: float, rate: int) -> Sound:
    sound = synth.pulse(note, seconds, rate, width=0, bright=600)
    sound = sound + 0.5 * synth.triangle(note, seconds, rate)
    sound *= 0.4 + 0.6 * synth.decay(seconds, 0.12, rate)[: len(sound)]
    return synth.shaped(sound, attack=0.004, release=0.03, rate=rate)


def _ducked(count: int, beat: float, rate: int) -> Sound:
    phase = (np.arange(count, dtype=np.float32) / rate) % np.float32(beat)
    return (1 - 0.55 * np.exp(-phase / 0.11) * np.minimum(1, phase / 0.004)).astype(np.float32)


def _ramp_up(sound: Stereo, seconds: float, rate: int) -> Sound:
    return np.arange(sound.shape[1], dtype=np.float32) / np.float32(seconds * rate)


def _ramp_down(sound: Stereo, seconds: float, rate: int) -> Sound:
    return _ramp_up(sound, seconds, rate)[::-1]


def _synthwave_drums(stage: _Stage, first: int) -> None:
    rate, rng, tape = stage.tape.rate, stage.rng, stage.tape
    kick = synth.kick(rate)
    snare = synth.snare(rate, rng, tone=170, dry=0.13)
    hat = synth.hat(rate, rng)
    for bar in range(first, stage.bar.count - 1):
        for beat in range(4):
            tape.lay(kick, stage.at(bar, beat), gain=0.5)
        for beat in (1, 3):
            tape.lay(snare, stage.at(bar, beat), gain=0.2, room=0.5)
        for number in range(8):
            gain = 0.05 if number % 2 else 0.028
            tape.lay(hat, stage.at(bar, number * 0.5), gain=gain, pan=-0.3)


def _beats(stage: _Stage) -> tuple[Sung, ...]:
    """Electric piano in sevenths, a round bass, brushed drums that swing, dust on the record."""
    rate, rng, tape, beat = stage.tape.rate, stage.rng, stage.tape, stage.bar.beat
    kept = _Kept()
    first, count = stage.bar.intro, stage.bar.count
    swing = 0.12
    for bar, root in enumerate(stage.roots()):
        last = bar == count - 1
        chord = score.voiced(stage.key.chord(root, 5)[1:], 62)
        hits = ((0.0, 1.0),) if last else ((0.0, 1.0), (2.5 + swing, 0.7))
        for at, force in hits:
            for number, note in enumerate(chord):
                sound = kept.get(
                    lambda note=note: synth.electric(note, 3.2, rate, force=0.7), "keys", note
                )
                start = stage.at(bar, at) + 0.012 * number + stage.human() + 0.012
                tape.lay(sound, start, gain=0.085 * force, pan=0.2 - 0.12 * number, room=0.4)
        low = score.voiced([stage.key.degree(root)], 38)[0]
        beats = ((0.0, 1.8),) if last else ((0.0, 1.4), (1.5 + swing, 0.4), (2.5 + swing, 1.2))
        for at, length in beats:
            pitch = low + (7 if 1 < at < 2 else 0)
            sound = kept.get(
                lambda pitch=pitch, length=length: synth.shaped(
                    synth.triangle(pitch, length * beat, rate), attack=0.012, release=0.1, rate=rate
                ),
                "bass",
                pitch,
                length,
            )
            if bar >= first or last:
                tape.lay(sound, stage.at(bar, at), gain=0.3)
    _brushes(stage, first, swing)
    sung: tuple[Sung, ...] = ()
    if stage.track.lines:
        sung = _sing(stage, gain=0.2)
    else:
        for note in score.tune(
            stage.key, stage.roots(first, count - 1), rng, low=7, high=15, rest=0.3
        ):
            sound = kept.get(
                lambda note=note: synth.bell(note.pitch, 1.8, rate, ratio=4.0, index=0.35),
                "vibes",
                note.pitch,
            )
            late = swing if note.start % 1 else 0.0
            start = stage.at(first, note.start + late) + stage.human()
            tape.lay(sound, start, gain=0.15, pan=-0.2, room=0.7)
    tape.room(1.4, rng, gain=0.4)
    _dust(tape, rng)
    tape.filtered(30, 8500)
    return sung


def _brushes(stage: _Stage, first: int, swing: float) -> None:
    rate, rng, tape = stage.tape.rate, stage.rng, stage.tape
    kick = synth.kick(rate, low=52, seconds=0.26)
    snare = synth.snare(rate, rng, tone=190, dry=0.08)
    hat = synth.hat(rate, rng, seconds=0.06)
    for bar in range(first, stage.bar.count - 1):
        for beat in (0.0, 2.5 + swing) if bar % 2 else (0.0, 1.5 + swing, 2.5 + swing):
            tape.lay(kick, stage.at(bar, beat), gain=0.42)
        for beat in (1.0, 3.0):
            tape.lay(snare, stage.at(bar, beat) + 0.012, gain=0.15, room=0.3, pan=0.1)
        for number in range(8):
            off = number % 2
            start = stage.at(bar, number * 0.5 + (swing if off else 0)) + stage.human(0.004)
            tape.lay(hat, start, gain=(0.03 if off else 0.045) * rng.uniform(0.8, 1.1), pan=-0.25)


def _dust(tape: Tape, rng: np.random.Generator) -> None:
    seconds = tape.samples / tape.rate
    speck = synth.filtered(
        np.concatenate([[1.0], np.zeros(255)]).astype(np.float32), tape.rate, 900, 4000
    )
    for at in rng.uniform(0.2, seconds - 0.5, int(6 * seconds)):
        level = 0.012 * float(rng.random()) ** 3 + 0.002
        tape.lay(speck, float(at), gain=level * 6, pan=float(rng.uniform(-0.8, 0.8)))


def _scale_below(key: Key, pitch: int, steps: int) -> int:
    ladder = [key.degree(step) for step in range(-14, 29)]
    return ladder[ladder.index(pitch) - steps]


PLAYERS: Final[dict[str, Callable[[_Stage], tuple[Sung, ...]]]] = {
    "trio": _trio,
    "song": _song,
    "chip": _chip,
    "synthwave": _synthwave,
    "beats": _beats,
}
