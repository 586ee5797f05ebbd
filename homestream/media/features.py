"""What a sound is like: its timbre as a vector, its tempo, its key, its energy.

From 90 seconds in the middle, mono at 22.05 kHz, brought to one RMS and nothing above 8 kHz, so
that the encoding says little. The vector has these blocks, each of which a reader weighs alone:

    mel       96  mean and deviation of 48 log-mel bands
    delta     20  deviation of the steps between frames of 20 MFCCs
    timbre   210  covariance of the MFCCs (upper triangle)
    harmony   14  autocorrelation of the mean chroma and of the frames' chroma, intervals 0 to 6
    onsets    64  autocorrelation of the onset strength, 0.07 to 1.5 s
    rhythm   204  modulation spectrum of 12 wide bands at 17 rates, 0.5 to 10 Hz
    colour     8  mean and deviation of centroid, roll-off, flatness and loudness

Key: C. Krumhansl and E. Kessler's profiles (1982), by correlation.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 22_050
SECONDS: Final = 90.0
SHORTEST: Final = 3.0  # seconds
BLOCKS: Final = (
    ("mel", 96),
    ("delta", 20),
    ("timbre", 210),
    ("harmony", 14),
    ("onsets", 64),
    ("rhythm", 204),
    ("colour", 8),
)
SIZE: Final = sum(size for _, size in BLOCKS)

_WINDOW: Final = 2_048
_STEP: Final = 512
_LONG_WINDOW: Final = 8_192
_HIGHEST: Final = 8_000.0  # Hz
_MELS: Final = 48
_CEPSTRA: Final = 20
_SLOWEST, _FASTEST = 45.0, 210.0  # beats a minute
_LEAST_PULSE: Final = 0.15  # correlation below which there is no tempo to tell
_LEAST_TONALITY: Final = 0.55  # correlation below which there is no key to tell
_LOUD, _SOFT = -7.0, -35.0  # LUFS between which energy grows
_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

Floats = NDArray[np.float32]


class Character:
    """What `of` found."""

    def __init__(
        self, vector: bytes, bpm: float | None, key: int | None, energy: float | None
    ) -> None:
        self.vector = vector  # float16; empty where the sound is too short
        self.bpm = bpm
        self.key = key
        self.energy = energy


def of(mono: Floats, loudness: float | None) -> Character:
    """`loudness` in LUFS, of the whole sound."""
    rms = float(np.sqrt(np.mean(mono**2))) if len(mono) else 0.0
    if len(mono) < SHORTEST * RATE or rms < 1e-5:
        return Character(b"", None, None, None)
    even = mono * np.float32(0.1 / rms)
    power = _power(even, _WINDOW, _STEP)
    mel: Floats = np.log(power @ _mel_bank() + 1e-6)
    cepstra: Floats = mel @ _cosines()
    onset = np.maximum(np.diff(mel, axis=0), 0).mean(axis=1)
    # low notes lie closer together than the bins of a short window
    chroma = _power(even, _LONG_WINDOW, _LONG_WINDOW // 2) @ _chroma_bank()
    blocks = [
        np.concatenate([mel.mean(0), mel.std(0)]),
        np.diff(cepstra, axis=0).std(0),
        np.cov(cepstra.T)[np.triu_indices(_CEPSTRA)],
        _harmony(chroma),
        _autocorrelation(onset, 66)[2:],
        _rhythm(mel),
        colour := _colour(power),
    ]
    vector = np.concatenate(blocks).astype(np.float16)
    return Character(
        vector=np.nan_to_num(vector, posinf=0, neginf=0).tobytes(),
        bpm=_tempo(onset),
        key=_key(chroma),
        energy=_energy(loudness, onset, float(colour[0])),
    )


def _power(mono: Floats, size: int, step: int) -> Floats:
    """Power [frames, bins] up to 8 kHz, in parts: the whole at once would take 100 MB."""
    frames = np.lib.stride_tricks.sliding_window_view(mono, size)[::step]
    window = np.hanning(size).astype(np.float32)
    bins = len(_frequencies(size))
    parts: list[Any] = []
    for begin in range(0, len(frames), 256):
        spectrum: Any = np.fft.rfft(frames[begin : begin + 256] * window)[:, :bins]
        parts.append((spectrum.real**2 + spectrum.imag**2).astype(np.float32))
    return np.concatenate(parts)


def _frequencies(size: int) -> NDArray[Any]:
    return np.arange(int(_HIGHEST * size / RATE) + 1) * (RATE / size)


def _mel_bank() -> Floats:
    """Triangles [bins, bands] on the mel scale (HTK's)."""

    def mel(hertz: Any) -> Any:
        return 2595 * np.log10(1 + hertz / 700)

    at = mel(_frequencies(_WINDOW))[:, None]
    edges = np.linspace(mel(30.0), mel(_HIGHEST), _MELS + 2)
    width = edges[1] - edges[0]
    return np.asarray(np.maximum(0, 1 - np.abs(at - edges[1:-1]) / width), np.float32)


def _cosines() -> Floats:
    """Of the discrete cosine transform, without the first: the level [bands, cepstra]."""
    band, number = np.arange(_MELS)[:, None], np.arange(1, _CEPSTRA + 1)
    return np.cos(np.pi * number * (band + 0.5) / _MELS).astype(np.float32) / np.float32(_MELS)


def _chroma_bank() -> Floats:
    """Weights [bins, 12], C first: a bin counts for its nearest notes, 60 to 2,000 Hz."""
    at = _frequencies(_LONG_WINDOW)
    note = 12 * np.log2(np.maximum(at, 1.0) / 440.0) + 9
    distance = (note[:, None] - np.arange(12) + 6) % 12 - 6
    weight = np.exp(-((distance / 0.4) ** 2)) * ((at > 60) & (at < 2_000))[:, None]
    return np.asarray(weight, np.float32)


def _harmony(chroma: Floats) -> NDArray[Any]:
    """Which intervals sound, whatever the key: together over time, and at one time."""
    each = np.sqrt(chroma)
    each /= np.linalg.norm(each, axis=1, keepdims=True) + 1e-9
    mean = each.mean(0)
    mean = mean / (np.linalg.norm(mean) + 1e-9)
    over = [float(mean @ np.roll(mean, by)) for by in range(7)]
    at_once = [float((each * np.roll(each, by, axis=1)).sum(1).mean()) for by in range(7)]
    return np.array(over + at_once)


def _autocorrelation(signal: NDArray[Any], lags: int) -> NDArray[Any]:
    """Of lags 0 to `lags` - 1, that of 0 being 1; zeros behind the signal's length."""
    centred = signal - signal.mean()
    size = 1 << (2 * len(centred)).bit_length()
    spectrum: Any = np.fft.rfft(centred, size)
    found = np.fft.irfft(np.abs(spectrum) ** 2)[: min(lags, len(centred))]
    return np.pad(found / max(float(found[0]), 1e-9), (0, lags - len(found)))


def _rhythm(mel: Floats) -> NDArray[Any]:
    wide = mel.reshape(len(mel), 12, -1).mean(axis=2)
    wide = wide - wide.mean(0)
    rates = np.geomspace(0.5, 10.0, 17)
    time = np.arange(len(mel))[:, None] * (_STEP / RATE)
    waves = np.exp(-2j * np.pi * time * rates)
    return np.asarray(np.log1p(np.abs(wide.T @ waves) / np.sqrt(len(mel)))).ravel()


def _colour(power: Floats) -> NDArray[Any]:
    at = _frequencies(_WINDOW) / _HIGHEST
    total = power.sum(1) + 1e-9
    centroid = power @ at / total
    rolled = (np.cumsum(power, axis=1) < 0.85 * total[:, None]).sum(1) / power.shape[1]
    flat = np.exp(np.log(power + 1e-9).mean(1)) / (power.mean(1) + 1e-9)
    level = np.log10(total)
    return np.array([told for each in (centroid, rolled, flat, level) for told in _spread(each)])


def _spread(values: NDArray[Any]) -> tuple[float, float]:
    return float(values.mean()), float(values.std())


def _tempo(onset: NDArray[Any]) -> float | None:
    """Beats a minute, by the strongest repetition; of its multiples the one nearest to 120."""
    frames_a_minute = 60 * RATE / _STEP
    longest = int(frames_a_minute / _SLOWEST) + 2
    if len(onset) < 2 * longest:
        return None
    # a pulse is smeared over a frame or two, which its repetition may miss by one
    smooth = np.convolve(onset, [0.25, 0.5, 0.25], "same")
    found = _autocorrelation(smooth, 4 * longest)
    lags = np.arange(int(frames_a_minute / _FASTEST), longest)
    # what repeats after one beat repeats after two and four as well
    score = found[lags] + 0.5 * found[2 * lags] + 0.25 * found[4 * lags - 1]
    score = score * np.exp(-0.5 * np.log2(frames_a_minute / lags / 120.0) ** 2)
    best = int(lags[int(np.argmax(score))])
    if found[best] < _LEAST_PULSE:
        return None
    fine = np.float64(_summit(found, best))
    for times in (2, 4):  # further off, the same error of a frame weighs less
        near = round(float(fine) * times)
        around = np.arange(max(2, near - 2), min(near + 3, len(found) - 1))
        if len(around):
            fine = np.float64(_summit(found, int(around[np.argmax(found[around])])) / times)
    return round(float(frames_a_minute / fine), 1)


def _summit(values: NDArray[Any], at: int) -> float:
    """Where a parabola through a value and its neighbours is highest."""
    left, middle, right = values[at - 1 : at + 2]
    curve = left - 2 * middle + right
    return at + (0.5 * (left - right) / curve if curve < 0 else 0.0)


def _key(chroma: Floats) -> int | None:
    """In `analyse.KEYS`: 0 to 11 major, 12 to 23 minor, C first."""
    strength = np.sqrt(chroma).mean(0)
    strength = strength - strength.min()
    if strength.max() <= 0:
        return None
    scores = [
        float(np.corrcoef(strength, np.roll(profile, tonic))[0, 1])
        for profile in (_MAJOR, _MINOR)
        for tonic in range(12)
    ]
    best = int(np.argmax(scores))
    return best if scores[best] >= _LEAST_TONALITY else None


def _energy(loudness: float | None, onset: NDArray[Any], centroid: float) -> float:
    """0 to 1: half of it how loud, the rest how busy and how bright."""
    loud = 0.0 if loudness is None else (loudness - _SOFT) / (_LOUD - _SOFT)
    busy = float(onset.mean()) / 0.35
    bright = centroid / 0.4
    parts = [min(1.0, max(0.0, each)) for each in (loud, busy, bright)]
    return round(0.5 * parts[0] + 0.25 * parts[1] + 0.25 * parts[2], 3)
