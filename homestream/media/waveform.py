"""The shape of a sound at so many points: peak and RMS for a seek bar, and the course of its
loudness, by which two encodings are compared: what nobody hears below 40 Hz is not in it, and some
codecs take that away.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from homestream.media.analyse import COURSE_POINTS, POINTS


def of(peaks: NDArray[np.float32], powers: NDArray[np.float32]) -> bytes:
    """Pairs of bytes, peak and RMS, of peaks and mean powers at equal steps.

    A byte is 255 times the root of the level, so that what is soft is seen too.
    """
    count = min(POINTS, len(peaks))
    if not count:
        return b""
    starts = np.arange(count) * len(peaks) // count
    sizes = np.diff(np.append(starts, len(peaks)))
    peak = np.maximum.reduceat(peaks, starts)
    rms = np.sqrt(np.add.reduceat(powers.astype(np.float64), starts) / sizes)
    levels = np.stack([peak, rms], axis=1).clip(0, 1)
    return bytes(np.round(np.sqrt(levels) * 255).astype(np.uint8).tobytes())


def course(momentary: Sequence[float]) -> bytes:
    """Bytes of loudness in steps of a third of a dB from -80 LUFS, of what was told each 0.1 s."""
    count = min(COURSE_POINTS, len(momentary))
    if not count:
        return b""
    told = np.nan_to_num(np.asarray(momentary), nan=-120.0, neginf=-120.0)
    starts = np.arange(count) * len(told) // count
    sizes = np.diff(np.append(starts, len(told)))
    level = 10 * np.log10(np.add.reduceat(10 ** (told / 10), starts) / sizes + 1e-12)
    return bytes(np.round((level + 80) * 3).clip(0, 255).astype(np.uint8).tobytes())
