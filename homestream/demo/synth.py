"""Single sounds as arrays: plucked strings, pads, bells, pulses, a voice and drums.

Each function gives mono float32 of roughly unit peak unless it says otherwise; `rate` is in Hz,
`seconds` a duration and `note` a MIDI note number (69 is 440 Hz). Randomness comes in as a
generator, so that a sound is the same each time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.floating[Any]]
TAU: Final = 2 * np.pi
VOWELS: Final = {  # formants in Hz, as a low, round voice sings them
    "a": (730.0, 1090.0, 2440.0),
    "e": (480.0, 1750.0, 2400.0),
    "i": (310.0, 2020.0, 2900.0),
    "o": (470.0, 860.0, 2400.0),
    "u": (330.0, 720.0, 2250.0),
}


def hertz(note: float) -> float:
    """The frequency of a MIDI note in equal temperament."""
    return float(440.0 * 2 ** ((note - 69) / 12))


def decay(seconds: float, half: float, rate: int) -> Sound:
    """An envelope that falls to one half every `half` seconds."""
    time = np.arange(int(seconds * rate), dtype=np.float32) / rate
    return np.exp2(-time / half).astype(np.float32)


def shaped(sound: Sound, *, attack: float, release: float, rate: int) -> Sound:
    """The sound with raised-cosine edges of so many seconds."""
    out = sound.copy()
    rise = min(int(attack * rate), len(out))
    fall = min(int(release * rate), len(out))
    if rise:
        out[:rise] *= _ramp(rise)
    if fall:
        out[-fall:] *= _ramp(fall)[::-1]
    return out


def pluck(
    note: float,
    seconds: float,
    rate: int,
    rng: np.random.Generator,
    *,
    bright: float = 3500.0,
    damping: float = 1.0,
    position: float = 0.18,
) -> Sound:
    """A string plucked at `position` of its length: partials that fade the sooner the higher.

    After Karplus and Strong (1983), but worked out in the frequency domain: period m of the string
    is the spectrum of the pluck times its losses to the power m, and all periods come from one
    batched inverse FFT. `bright` is in Hz, `damping` scales the losses.
    """
    pitch = hertz(note)
    period = _smooth(2 * rate / pitch)
    partial = np.arange(1, int(0.42 * rate / pitch) + 1)
    strength = np.abs(np.sin(np.pi * partial * position)) + 0.03
    strength = strength / partial * np.exp(-partial * pitch / bright)
    phase = np.exp(1j * (-np.pi / 2 + rng.normal(0, 0.25, len(partial))))
    loss = damping * (0.55 + pitch / 700 + 0.9 * (partial * pitch / 1000) ** 1.5)
    when = np.arange(int(seconds * pitch) + 2)[:, None] / pitch
    fade = 0.75 * np.exp(-loss * when) + 0.25 * np.exp(-0.3 * loss * when)
    spectrum = np.zeros((len(when), period // 2 + 1), np.complex64)
    spectrum[:, 1 : len(partial) + 1] = strength * phase * fade
    periods = np.fft.irfft(spectrum, period).astype(np.float32)
    morph = (np.arange(period, dtype=np.float32) / period)[None]
    wave = (periods[:-1] * (1 - morph) + periods[1:] * morph).ravel()
    sound = _stretched(wave, pitch * period, seconds, rate)
    sound = _peaked(sound)
    nail = rng.standard_normal(int(0.004 * rate)).astype(np.float32)
    sound[: len(nail)] += 0.06 * nail * np.hanning(len(nail)).astype(np.float32)
    return shaped(sound, attack=0.0012, release=0.02, rate=rate)


def pad(
    notes: Sequence[float],
    seconds: float,
    rate: int,
    rng: np.random.Generator,
    *,
    bright: float = 1400.0,
    spread: float = 22.0,
    odd: float = 0.6,
) -> Sound:
    """A chord of slow, wide voices, shape (2, samples), RMS 0.25, after Nasca's padsynth (2005).

    Each partial is a bell of `spread` cents of noise in the spectrum, so one inverse FFT gives a
    whole choir; it repeats without a seam. `odd` is how loud the even partials are.
    """
    size = 1 << 18
    magnitude = np.zeros(size // 2 + 1, np.float32)
    for note in notes:
        pitch = hertz(note)
        for partial in range(1, 25):
            middle = pitch * partial
            if middle > 0.4 * rate:
                break
            gain = (1.0 if partial % 2 else odd) / partial**0.9 * np.exp(-middle / bright)
            if gain < 1e-4:
                continue
            width = middle * (2 ** (spread / 1200) - 1) * partial**0.2 * size / rate
            centre = middle * size / rate
            reach = int(4 * width) + 2
            first = max(1, int(centre) - reach)
            bins = np.arange(first, min(int(centre) + reach, size // 2))
            magnitude[bins] += gain / np.sqrt(width) * np.exp(-(((bins - centre) / width) ** 2))
    used = int(np.flatnonzero(magnitude)[-1]) + 1
    spectrum = np.zeros((2, len(magnitude)), np.complex64)
    spectrum.real[:, :used] = magnitude[:used] * rng.standard_normal((2, used), np.float32)
    spectrum.imag[:, :used] = magnitude[:used] * rng.standard_normal((2, used), np.float32)
    loop = np.fft.irfft(spectrum, size, axis=1).astype(np.float32, copy=False)
    loop *= np.float32(0.25 / np.sqrt(np.mean(loop**2)))
    count = int(seconds * rate)
    return np.tile(loop, (1, count // size + 1))[:, :count]


def bell(
    note: float, seconds: float, rate: int, *, ratio: float = 3.5, index: float = 1.6
) -> Sound:
    """Two-operator FM (Chowning 1973) whose brightness dies before its tone does."""
    time = np.arange(int(seconds * rate), dtype=np.float32) / rate
    pitch = np.float32(hertz(note))
    colour = index * np.exp2(-time / np.float32(0.09 + 60 / pitch))
    wave = np.sin(TAU * pitch * time + colour * np.sin(TAU * pitch * ratio * time))
    sound = wave * np.exp2(-time / np.float32(seconds / 6))
    return shaped(sound.astype(np.float32), attack=0.003, release=0.05, rate=rate)


def electric(note: float, seconds: float, rate: int, *, force: float = 0.7) -> Sound:
    """An electric piano: a warm pair of operators and a short tine above them."""
    time = np.arange(int(seconds * rate), dtype=np.float32) / rate
    pitch = np.float32(hertz(note))
    body = np.sin(
        TAU * pitch * time + force * np.exp2(-time / 0.5) * np.sin(TAU * pitch * time * 1.0012)
    )
    tine = np.sin(TAU * pitch * 14 * time) if pitch * 14 < 0.3 * rate else np.float32(0)
    sound = body * np.exp2(-time / np.float32(0.35 + 120 / pitch))
    sound = sound + 0.05 * force * tine * np.exp2(-time / 0.05)
    return shaped(sound.astype(np.float32), attack=0.004, release=0.08, rate=rate)


def pulse(
    note: float,
    seconds: float,
    rate: int,
    *,
    width: float = 0.25,
    vibrato: float = 0.0,
    bright: float = 9000.0,
) -> Sound:
    """A band-limited pulse; `width` 0 gives a saw, 0.5 a square. `vibrato` is in cents."""
    pitch = hertz(note)
    partial = np.arange(1, int(min(0.42 * rate / pitch, 400)) + 1)
    strength = (np.sin(np.pi * partial * width) if width else 0.5) / partial
    strength = strength * np.exp(-partial * pitch / bright)
    table = _cycle(strength, np.zeros(len(partial)) if width else np.full(len(partial), -np.pi / 2))
    return _read(table, _phase(pitch, seconds, rate, vibrato=vibrato, speed=5.6, onset=0.25))


def triangle(note: float, seconds: float, rate: int) -> Sound:
    """The soft bass of an old console."""
    pitch = hertz(note)
    partial = np.arange(1, min(int(0.4 * rate / pitch), 40) + 1)
    strength = np.where(partial % 2, 1 / partial**2, 0) * np.exp(-partial * pitch / 6000)
    return _read(_cycle(strength, np.zeros(len(partial))), _phase(pitch, seconds, rate))


def voice(
    notes: Sequence[tuple[float, float, float, str]],
    seconds: float,
    rate: int,
    rng: np.random.Generator,
) -> Sound:
    """A line sung in one breath: (start, end, note, vowel) in seconds, gliding from note to note.

    The throat is a table of partials weighted by the vowel's formants (Peterson and Barney 1952),
    read by one continuous phase with a vibrato that comes late on each long note.
    """
    count = int(seconds * rate)
    time = np.arange(count, dtype=np.float32) / rate
    out = np.zeros(count, np.float32)
    grid = np.arange(0, seconds + 0.01, 0.01)
    pitch = np.full(len(grid), notes[0][2])
    wobble = np.zeros(len(grid))
    for start, end, note, _ in notes:
        pitch[grid >= start - 0.02] = note
        held = (grid >= start) & (grid < end)
        wobble[held] = np.clip((grid[held] - start - 0.18) / 0.35, 0, 1)
    glide = np.hanning(11) / np.hanning(11).sum()
    pitch = np.convolve(np.pad(pitch, 5, mode="edge"), glide, "valid")
    drift = np.convolve(rng.normal(0, 0.9, len(grid) + 40), np.hanning(41) / 20, "valid")
    speed = rng.uniform(4.9, 5.5)
    pitch = pitch + 0.28 * wobble * np.sin(TAU * speed * grid) + 0.04 * drift[: len(grid)]
    curve = np.interp(time, grid, 440.0 * 2 ** ((pitch - 69) / 12))
    phase = (np.cumsum(curve) / rate).astype(np.float64)
    for start, end, note, vowel in notes:
        first, last = int((start - 0.03) * rate), int((end + 0.05) * rate)
        first, last = max(first, 0), min(last, count)
        table = _throat(hertz(note), VOWELS[vowel], rate)
        part = _read(table, phase[first:last])
        swell = 0.8 + 0.2 * np.sin(np.linspace(0, np.pi, len(part), dtype=np.float32))
        out[first:last] += shaped(part * swell, attack=0.07, release=0.08, rate=rate)
    return out


def kick(rate: int, *, low: float = 48.0, seconds: float = 0.32) -> Sound:
    """A drum skin: a sine that falls from a click to `low` Hz."""
    time = np.arange(int(seconds * rate)) / rate
    sweep = low * time + 130 * 0.028 * (1 - np.exp(-time / 0.028))
    sound = np.sin(TAU * sweep) * np.exp(-time / (seconds / 3.2))
    return shaped(sound.astype(np.float32), attack=0.0015, release=0.04, rate=rate)


def snare(rate: int, rng: np.random.Generator, *, tone: float = 185.0, dry: float = 0.09) -> Sound:
    """Noise between 900 Hz and 7 kHz over a short tone."""
    noise = filtered(rng.standard_normal(int(0.3 * rate)).astype(np.float32), rate, 900, 7000)
    time = np.arange(len(noise)) / rate
    body = np.sin(TAU * tone * time) * np.exp(-time / 0.05)
    sound = 0.9 * _peaked(noise) * np.exp(-time / dry) + 0.6 * body
    return shaped(_peaked(sound.astype(np.float32)), attack=0.001, release=0.05, rate=rate)


def hat(rate: int, rng: np.random.Generator, *, seconds: float = 0.07) -> Sound:
    """A closed (or, when long, open) hat: noise from 6 kHz up, with a soft top."""
    noise = filtered(rng.standard_normal(int(seconds * rate)).astype(np.float32), rate, 6000, 12000)
    time = np.arange(len(noise)) / rate
    sound = _peaked(noise) * np.exp(-time / (seconds / 3.5))
    return shaped(sound.astype(np.float32), attack=0.001, release=0.01, rate=rate)


def hiss(seconds: float, rate: int, rng: np.random.Generator, low: float, high: float) -> Sound:
    """Seamless band of noise, RMS 0.25."""
    size = 1 << 17
    noise = filtered(rng.standard_normal(size).astype(np.float32), rate, low, high)
    noise *= 0.25 / np.sqrt(np.mean(noise**2))
    count = int(seconds * rate)
    return np.tile(noise, count // size + 1)[:count]


def filtered(sound: Sound, rate: int, low: float, high: float) -> Sound:
    """The sound between two frequencies, with slopes of 12 dB an octave, round the block."""
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / rate).astype(np.float32) + 1e-3
    gain = 1 / np.sqrt((1 + (low / frequency) ** 4) * (1 + (frequency / high) ** 4))
    gain[0] = 0
    return np.fft.irfft(spectrum * gain, len(sound)).astype(np.float32)


def _ramp(count: int) -> Sound:
    return (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, count))).astype(np.float32)


def _peaked(sound: Sound) -> Sound:
    return sound / np.float32(max(float(np.abs(sound).max()), 1e-9))


def _stretched(wave: Sound, wave_rate: float, seconds: float, rate: int) -> Sound:
    where = np.arange(int(seconds * rate)) * (wave_rate / rate)
    whole = where.astype(np.int64)
    part = (where - whole).astype(np.float32)
    return wave[whole] * (1 - part) + wave[whole + 1] * part


def _smooth(at_least: float) -> int:
    """The first even length from `at_least` on that an FFT likes: factors 2, 3 and 5 only."""
    length = 2 * math.ceil(at_least / 2)
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 2


def _cycle(strength: Sound, phase: Sound) -> Sound:
    size = 2048
    spectrum = np.zeros(size // 2 + 1, np.complex128)
    spectrum[1 : len(strength) + 1] = strength * np.exp(1j * phase)
    return _peaked(np.fft.irfft(spectrum, size).astype(np.float32))


def _throat(pitch: float, formants: tuple[float, ...], rate: int) -> Sound:
    partial = np.arange(1, int(min(5500, 0.4 * rate) / pitch) + 1)
    frequency = partial * pitch
    gain = np.zeros(len(partial))
    for formant, width, level in zip(formants, (90, 110, 160), (1.0, 0.7, 0.35), strict=True):
        gain += level / (1 + ((frequency - formant) / width) ** 2)
    strength = (gain + 0.02) / partial**0.5
    strength[0] += 0.12
    table = _cycle(strength, np.pi * np.arange(len(partial)) ** 2 / max(len(partial), 1))
    return table * np.float32(0.25 / np.sqrt(np.mean(table**2)))


def _phase(
    pitch: float,
    seconds: float,
    rate: int,
    *,
    vibrato: float = 0.0,
    speed: float = 5.5,
    onset: float = 0.2,
) -> Sound:
    time = np.arange(int(seconds * rate)) / rate
    phase = pitch * time
    if vibrato:
        depth = pitch * (2 ** (vibrato / 1200) - 1) * np.clip((time - onset) / 0.3, 0, 1)
        phase = phase - depth * np.cos(TAU * speed * time) / (TAU * speed)
    return phase


def _read(table: Sound, phase: Sound) -> Sound:
    where = phase * len(table)
    whole = np.floor(where)
    part = (where - whole).astype(np.float32)
    index = whole.astype(np.int64) & (len(table) - 1)
    ahead = np.append(table[1:], table[0])
    sound: Sound = table[index] * (1 - part) + ahead[index] * part
    return sound
