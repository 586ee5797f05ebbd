"""How loud a sound is: EBU R128 by FFmpeg's filter, peaks and silence beside it.

The filter's own true peak costs more than the decoding (measured: 141 times as fast as it plays,
instead of 400). A true peak lies beside a sample that is nearly as high, so only the surroundings
of the highest samples of each second are interpolated, four times as fine (ITU-R BS.1770-5
annex 2, with 32 taps a phase).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

SILENCE: Final = 0.001  # -60 dBFS
_QUIETEST: Final = -70.0  # LUFS: R128's absolute gate
_TAPS: Final = 32
_HIGHEST: Final = 256  # samples of a channel and second that are looked at
_NEAR: Final = 0.7  # of the true peak so far: what lies lower cannot stand beside a higher one


class Meter:
    """FFmpeg's ebur128 filter: takes frames of one format, gives back parts of 0.1 s.

    `integrated` and `range` are told by the last part that came back.
    """

    def __init__(self, first: Any) -> None:
        """ValueError or av.FFmpegError where the filter does not take such frames."""
        self.integrated: float | None = None
        self.range: float | None = None
        self.momentary: list[float] = []  # LUFS, of each part
        self._time_base = Fraction(1, first.sample_rate)
        self._part = first.sample_rate // 10
        self._channels = first.layout.nb_channels
        self._position = self._given = 0
        self._graph = Graph()
        source = self._graph.add_abuffer(
            sample_rate=first.sample_rate,
            format=first.format.name,
            layout=first.layout.name,
            time_base=self._time_base,
        )
        meter = self._graph.add("ebur128", "metadata=1")
        sink = self._graph.add("abuffersink")
        self._graph.link_nodes(source, meter, sink).configure()

    def put(self, frame: Any) -> Iterator[NDArray[np.float64]]:
        """The parts that are ready: float64 [samples, channels]."""
        frame.pts = self._position
        frame.time_base = self._time_base
        self._position += frame.samples
        self._graph.push(frame)
        if self._position - self._given >= self._part:
            yield from self._parts()

    def end(self) -> Iterator[NDArray[np.float64]]:
        self._graph.push(None)
        yield from self._parts()

    def _parts(self) -> Iterator[NDArray[np.float64]]:
        while True:
            try:
                part: Any = self._graph.pull()
            except (BlockingIOError, EOFError, av.FFmpegError):
                return
            self._given += part.samples
            told = part.metadata
            self.momentary.append(float(told.get("lavfi.r128.M", "nan")))
            if "lavfi.r128.I" in told:
                integrated = float(told["lavfi.r128.I"])
                self.integrated = integrated if integrated > _QUIETEST else None
                self.range = float(told.get("lavfi.r128.LRA", 0.0))
            yield part.to_ndarray().reshape(-1, self._channels)


class Levels:
    """Peaks, power and silence of a sound that comes in parts of about a second."""

    def __init__(self, channels: int, rate: int) -> None:
        self.samples = 0
        self.first: int | None = None  # sample that is not silence
        self.last = -1
        self.peak = 0.0
        self.true_peak = 0.0
        self.step = max(1, rate // 10)  # samples in one value of the two below
        self.peaks: list[NDArray[np.float32]] = []
        self.powers: list[NDArray[np.float32]] = []
        self._rest = np.zeros((2, 0), np.float32)
        self._tail = np.zeros((channels, _TAPS), np.float32)
        self._taps = _phases()

    def put(self, part: NDArray[np.float32]) -> None:
        """float32 [channels, samples]"""
        if not part.shape[1]:
            return
        level: NDArray[np.float32] = np.maximum.reduce(np.abs(part))
        heard = level > SILENCE
        if heard.any():
            self.last = self.samples + len(heard) - 1 - int(heard[::-1].argmax())
            if self.first is None:
                self.first = self.samples + int(heard.argmax())
        self.samples += part.shape[1]
        self.peak = max(self.peak, float(level.max()))
        self._interpolate(part)
        self._divide(level, np.einsum("cs,cs->s", part, part) / np.float32(len(part)))

    def end(self) -> None:
        if self._rest.shape[1]:
            self.peaks.append(self._rest[0].max(keepdims=True))
            self.powers.append(self._rest[1].mean(keepdims=True))
            self._rest = self._rest[:, :0]

    def _divide(self, level: NDArray[np.float32], power: NDArray[np.float32]) -> None:
        whole = np.concatenate([self._rest, np.stack([level, power])], axis=1)
        count = whole.shape[1] // self.step
        self._rest = whole[:, count * self.step :]
        if count:
            steps = whole[:, : count * self.step].reshape(2, count, -1)
            self.peaks.append(steps[0].max(axis=1))
            self.powers.append(steps[1].mean(axis=1))

    def _interpolate(self, part: NDArray[np.float32]) -> None:
        whole = np.concatenate([self._tail, part], axis=1)
        self._tail = whole[:, -_TAPS:]
        self.true_peak = max(self.true_peak, self.peak)
        for channel in whole:
            inside = np.abs(channel[_TAPS // 2 - 1 : len(channel) - _TAPS // 2])
            near = np.flatnonzero(inside > _NEAR * self.true_peak)
            if len(near) > _HIGHEST:
                near = near[np.argpartition(inside[near], -_HIGHEST)[-_HIGHEST:]]
            if len(near):
                # the window that ends half its length behind a sample, and the one before it
                starts = np.concatenate([near, np.maximum(near - 1, 0)])
                windows = channel[starts[:, None] + np.arange(_TAPS)]
                self.true_peak = max(self.true_peak, float(np.abs(windows @ self._taps).max()))


def decibels(level: float) -> float | None:
    return round(20 * float(np.log10(level)), 2) if level > 1e-7 else None


def _phases() -> NDArray[np.float32]:
    """Taps [_TAPS, 3] that give the sound a quarter, a half and three quarters behind the sample
    in the middle of a window."""
    at = np.arange(_TAPS)[:, None] - (_TAPS // 2 - 1) - np.array([0.25, 0.5, 0.75])
    taps = np.sinc(at) * np.kaiser(_TAPS + 2, 8.0)[1:-1, None]
    return np.asarray(taps / taps.sum(axis=0), np.float32)
