"""A print of a sound that stays nearly the same when it is encoded again.

After Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System" (ISMIR 2002), with longer
windows at wider steps, so that two minutes take 2 kB: a frame of 0.74 s every 0.24 s, and of each
32 bits that tell whether the slope of the spectrum between two of 33 bands (200 to 4,000 Hz) has
risen since two frames before. It begins where the sound does, so a different silence in front
does not matter. `library.sameness` compares prints.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 22_050  # Hz, mono, of what is printed
SECONDS: Final = 122.0  # of sound that a print is made of, at most
WINDOW: Final = 16_384
STEP: Final = 5_292
_LAG: Final = 2  # frames
FRAMES: Final = 500  # at most
FEWEST_FRAMES: Final = 40  # ten seconds
_BANDS: Final = 33
_LOWEST, _HIGHEST = 200, 4_000  # Hz
_BEGUN: Final = 0.01  # of the peak: where the sound begins
# A steady tone, a loop or silence has bits too, but they are not its own.
_FEWEST_DISTINCT: Final = 0.5  # of the frames
_LEAST_DIFFERENCE: Final = 0.12  # of the bits, between the print and itself some frames later


def of(mono: NDArray[np.float32]) -> bytes:
    """The print of a sound: 4 bytes a frame, big-endian; empty where it is too short or plain."""
    bits = _bits(mono)
    if len(bits) < FEWEST_FRAMES or not _is_own(bits):
        return b""
    return np.packbits(bits, axis=1).tobytes()


def _bits(mono: NDArray[np.float32]) -> NDArray[np.bool_]:
    """bool [frames, 32]"""
    level = np.abs(mono)
    begun = np.flatnonzero(level > _BEGUN * level.max(initial=0.0))
    sound = mono[begun[0] :] if len(begun) else mono[:0]
    count = min(FRAMES + _LAG, (len(sound) - WINDOW) // STEP + 1)
    if count <= _LAG:
        return np.zeros((0, _BANDS - 1), np.bool_)
    window = np.hanning(WINDOW).astype(np.float32)
    edges = np.round(np.geomspace(_LOWEST, _HIGHEST, _BANDS + 1) * WINDOW / RATE).astype(int)
    energy = np.empty((count, _BANDS))
    for frame in range(count):
        part = sound[frame * STEP : frame * STEP + WINDOW]
        power: Any = np.abs(np.fft.rfft(part * window)) ** 2
        # what lies 60 dB below the whole is the encoder's, not the music's
        floor = 1e-6 * power.sum() + 1e-12
        energy[frame] = np.log(np.add.reduceat(power, edges)[:_BANDS] + floor)
    slope = energy[:, :-1] - energy[:, 1:]
    return np.asarray(slope[_LAG:] - slope[:-_LAG] > 0)


def _is_own(bits: NDArray[np.bool_]) -> bool:
    packed = np.packbits(bits, axis=1)
    if len({frame.tobytes() for frame in packed}) < _FEWEST_DISTINCT * len(bits):
        return False
    return all(
        (bits[lag:] != bits[:-lag]).mean() > _LEAST_DIFFERENCE
        for lag in range(_LAG + 3, len(bits) - FEWEST_FRAMES // 2)
    )
