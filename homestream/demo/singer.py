"""The singer: gives each syllable of a text a note and a vowel, and says when each line begins."""

from __future__ import annotations

from typing import Final

from homestream.demo import lyrics, synth
from homestream.demo.stage import Stage, Sung

HIGHEST: Final = 9  # scale steps above the tonic; the lowest is the tonic itself
BREATH: Final = 0.1  # seconds of air before the first note of a phrase


def sing(stage: Stage, *, gain: float) -> tuple[Sung, ...]:
    """The track's lines, each a phrase of its own, in two takes that are a little apart.

    Odd and even lines have a contour each, so that a verse is known again when it comes back.
    """
    rate, bars = stage.tape.rate, stage.bars
    walks = [stage.rng.choice([-2, -1, -1, 1, 1, 2, 0], size=16).tolist() for _ in range(2)]
    sung: list[Sung] = []
    for number, text in enumerate(stage.track.lines):
        bar = bars.intro + number * bars.per_line
        phrase = _phrase(stage, text, bar, walks[number % 2], (4, 6, 7, 3)[number % 4])
        start = stage.at(bar)
        for side in (-0.22, 0.22):
            take = synth.voice(phrase, phrase[-1][1] + 0.2, rate, stage.rng)
            late = 0.012 * (1 + side)
            stage.tape.lay(take, start - BREATH + late, gain=gain, pan=side, room=0.6)
        sung.append(Sung(start, text))
    return tuple(sung)


def _phrase(
    stage: Stage, text: str, bar: int, walk: list[int], step: int
) -> list[tuple[float, float, float, str]]:
    """Notes as `synth.voice` takes them; the line ends a beat or two before the next begins."""
    beat, beats = stage.bars.beat, stage.bars.beats
    roots = stage.roots()
    slots = 12 if beats == 4 else 20  # eighths that syllables may begin on
    vowels = lyrics.vowels(text)
    onsets = [0.5 * round(place * slots / len(vowels)) for place in range(len(vowels))]
    ends = [*onsets[1:], 0.5 * (slots + 2)]
    phrase: list[tuple[float, float, float, str]] = []
    for place, (onset, end, vowel) in enumerate(zip(onsets, ends, vowels, strict=True)):
        root = roots[bar + int(onset // beats)]
        step = min(max(step + walk[place % len(walk)], 0), HIGHEST)
        if onset % beats == 0 or place == len(vowels) - 1:
            step = _nearest_of_chord(step, root)
        pitch = stage.key.degree(step)
        phrase.append((BREATH + onset * beat, BREATH + end * beat, pitch, vowel))
    return phrase


def _nearest_of_chord(step: int, root: int) -> int:
    members = [s for s in range(HIGHEST + 1) if (s - root) % 7 in (0, 2, 4)]
    return min(members, key=lambda member: abs(member - step))
