"""The shape of a sound, small enough for a seek bar: peak and RMS at so many points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from homestream.media.analyse import POINTS


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
