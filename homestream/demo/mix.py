"""A stereo tape: notes are laid on it, get a room, and leave it at one loudness for all.

Arrays are float32 of shape (2, samples).
"""

from __future__ import annotations

import functools
import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from homestream.demo.synth import Sound, filtered

Stereo = Sound
TARGET_LUFS: Final = -16.0
CEILING: Final = 0.84  # -1.5 dBFS: lossy decoders overshoot a little
BLOCK: Final = 1 << 14  # samples at half the rate in a step of the room
HOP: Final = 128  # samples in a step of the limiter


class Tape:
    """What sounds so far, and beside it what is sent to the room."""

    def __init__(self, seconds: float, rate: int) -> None:
        self.rate = rate
        self.samples = round(seconds * rate)
        self.dry: Stereo = np.zeros((2, self.samples), np.float32)
        self.send: Stereo = np.zeros((2, self.samples), np.float32)

    def lay(
        self, sound: Sound | Stereo, start: float, *, gain: float, pan: float = 0.0, room: float = 0
    ) -> None:
        """Adds a sound at `start` seconds; `pan` from -1 to 1, `room` is the share sent there."""
        first = round(start * self.rate)
        skip = max(0, -first)
        first += skip
        last = min(first + sound.shape[-1] - skip, self.samples)
        if last <= first:
            return
        part = sound[..., skip : skip + last - first]
        angle = (pan + 1) * np.pi / 4
        for channel, side in enumerate((np.cos(angle), np.sin(angle))):
            heard = part if part.ndim == 1 else part[channel]
            level = np.float32(gain * side * np.sqrt(2))
            scaled = heard * level
            self.dry[channel, first:last] += scaled
            if room:
                self.send[channel, first:last] += scaled * np.float32(room)

    def echo(self, delay: float, *, feedback: float, gain: float) -> None:
        """Repeats of what is in the room's send, from side to side, `delay` seconds apart."""
        step = int(delay * self.rate)
        source = self.send
        for turn in range(1, 4):
            shift = step * turn
            if shift >= self.samples:
                break
            level = np.float32(gain * feedback ** (turn - 1))
            for channel in range(2):
                other = source[channel ^ (turn % 2)]
                self.dry[channel, shift:] += other[:-shift] * level

    def room(self, seconds: float, *, gain: float) -> None:
        """Adds the send through a room that rings for `seconds` (its RT60 in the middle)."""
        _reverberate(self.send, self.dry, _impulse(seconds, self.rate // 2), gain)

    def narrow(self, low: float, high: float) -> None:
        """Narrows the whole tape to a band."""
        for channel in range(2):
            self.dry[channel] = _long_filtered(self.dry[channel], self.rate, low, high)

    def fade(self, fade_in: float, fade_out: float) -> None:
        """Raised-cosine fades at both ends, in seconds."""
        for seconds, edge in ((fade_in, slice(None)), (fade_out, slice(None, None, -1))):
            count = min(int(seconds * self.rate), self.samples)
            ramp = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, count, dtype=np.float32))
            self.dry[:, edge][:, :count] *= ramp

    def master(self, target: float = TARGET_LUFS) -> Stereo:
        """The tape at the target loudness, without DC, no sample above CEILING. It ends the tape:
        a long piece is large, so it is worked on in place."""
        del self.send
        self.dry -= self.dry.mean(axis=1, keepdims=True)
        self.dry *= np.float32(10 ** ((target - loudness(self.dry, self.rate)) / 20))
        limit(self.dry)
        return self.dry


def loudness(sound: Stereo, rate: int) -> float:
    """Integrated loudness in LUFS, gated in blocks of about 0.4 s (ITU-R BS.1770-4).

    The K weighting is taken in the frequency domain; blocks do not overlap.
    """
    size = 1 << 14
    blocks = max(1, sound.shape[1] // size)
    used = sound[:, : blocks * size]
    if used.shape[1] < size:
        used = np.pad(used, ((0, 0), (0, size - used.shape[1])))
    weight = _k_weight(np.fft.rfftfreq(size, 1 / rate)).astype(np.float32)
    power = np.empty(blocks)
    for block in range(blocks):
        spectrum = np.fft.rfft(used[:, block * size : (block + 1) * size], axis=1)
        energy = (spectrum.real**2 + spectrum.imag**2) @ weight
        power[block] = 2 * energy.sum() / size**2
    level = -0.691 + 10 * np.log10(power + 1e-12)
    loud = power[level > -70]
    if not len(loud):
        return -70.0
    gate = -0.691 + 10 * np.log10(loud.mean()) - 10
    return float(-0.691 + 10 * np.log10(power[level > gate].mean()))


def limit(sound: Stereo, ceiling: float = CEILING) -> None:
    """Turns loud moments down in place, 12 ms before they come; no sample passes the ceiling."""
    hops = -(-sound.shape[1] // HOP)
    peak = np.zeros(hops * HOP, np.float32)
    for channel in sound:
        heard = peak[: sound.shape[1]]
        np.maximum(heard, channel, out=heard)
        np.maximum(heard, -channel, out=heard)
    wanted = np.minimum(1, ceiling / np.maximum(peak.reshape(hops, HOP).max(axis=1), 1e-9))
    if wanted.min() >= 1:
        return
    reach = 4
    padded = np.pad(wanted, 2 * reach, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    kernel = np.hanning(2 * reach + 1)[1:-1]
    smooth = np.convolve(lowest, kernel / kernel.sum(), "valid").astype(np.float32)[1 : 1 + hops]
    # the mean of lows, each of which reaches this hop and the next, stays below both
    ahead = np.append(smooth[1:], smooth[-1])
    share = np.arange(HOP, dtype=np.float32) / HOP
    gain = smooth[:, None] * (1 - share) + ahead[:, None] * share
    sound *= gain.ravel()[: sound.shape[1]]
    np.clip(sound, -ceiling, ceiling, out=sound)


def _k_weight(frequency: Sound) -> Sound:
    """The power response of the two K filters, from their analogue prototypes."""
    s = 1j * frequency + 1e-9
    shelf_at, shelf_q, lift = 1681.97, 0.7072, 10 ** (3.99984 / 20)
    shelf = (s**2 * lift + s * shelf_at * lift**0.4996 / shelf_q + shelf_at**2) / (
        s**2 + s * shelf_at / shelf_q + shelf_at**2
    )
    cut_at, cut_q = 38.1355, 0.50033
    cut = s**2 / (s**2 + s * cut_at / cut_q + cut_at**2)
    power: Sound = np.abs(shelf * cut) ** 2
    return power


@functools.lru_cache(maxsize=4)
def _impulse(seconds: float, rate: int) -> list[list[NDArray[np.complexfloating[Any, Any]]]]:
    """The room's answer to a clap, as spectra of its blocks: [channel][block].

    It is noise that dies the faster the higher it is, 12 ms after the clap, of unit energy.
    """
    rng = np.random.default_rng(4747)
    parts = math.ceil(min(1.1 * seconds * rate, 4 * BLOCK) / BLOCK)
    length = parts * BLOCK
    time = np.arange(length, dtype=np.float32) / rate
    impulse = np.zeros((2, length), np.float32)
    for low, high, span in ((120, 700, 1.1), (700, 2500, 0.9), (2500, 6500, 0.5)):
        for channel in range(2):
            noise = rng.standard_normal(length, np.float32)
            band = filtered(noise, rate, low, high)
            impulse[channel] += band * np.exp(-6.9 * time / (seconds * span))
    impulse *= np.clip((time - 0.012) / 0.02, 0, 1) * np.clip((length / rate - time) / 0.1, 0, 1)
    impulse /= np.sqrt((impulse**2).sum(axis=1, keepdims=True))
    return [
        [np.fft.rfft(block, 2 * BLOCK) for block in channel.reshape(parts, BLOCK)]
        for channel in impulse
    ]


def _reverberate(
    send: Stereo,
    dry: Stereo,
    impulse: list[list[NDArray[np.complexfloating[Any, Any]]]],
    gain: float,
) -> None:
    """Adds the convolution of `send` to `dry`, at half the rate: a room is dark, so nothing is
    lost, and it costs half. In blocks that fit the processor's cache, which is three times as
    fast as one long FFT."""
    count = send.shape[1] // 2
    half = send[:, : 2 * count : 2] + send[:, 1 : 2 * count : 2]
    half *= np.float32(0.5 * gain)
    for channel, kernels in enumerate(impulse):
        wet = np.zeros(count + 2 * BLOCK, np.float32)
        past: list[NDArray[np.complexfloating[Any, Any]]] = []
        for start in range(0, count, BLOCK):
            here = half[:, start : start + BLOCK]
            heard = 0.7 * here[channel] + 0.3 * here[1 - channel]
            past.insert(0, np.fft.rfft(heard, 2 * BLOCK))
            del past[len(kernels) :]
            total = past[0] * kernels[0]
            for block, kernel in zip(past[1:], kernels[1:], strict=False):
                total += block * kernel
            wet[start : start + 2 * BLOCK] += np.fft.irfft(total, 2 * BLOCK)
        dry[channel, 0 : 2 * count : 2] += wet[:count]
        dry[channel, 1 : 2 * count : 2] += 0.5 * (wet[:count] + wet[1 : count + 1])


def _long_filtered(sound: Sound, rate: int, low: float, high: float) -> Sound:
    """`filtered` for any length, in halves that overlap."""
    size, step = 1 << 15, 1 << 14
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    padded = np.pad(sound, (step, size + step))
    out = np.zeros_like(padded)
    frequency = np.fft.rfftfreq(size, 1 / rate).astype(np.float32) + 1e-3
    gain = 1 / np.sqrt((1 + (low / frequency) ** 4) * (1 + (frequency / high) ** 4))
    for start in range(0, len(sound) + step, step):
        piece = np.fft.rfft(padded[start : start + size] * window) * gain
        out[start : start + size] += np.fft.irfft(piece, size)
    return out[step : step + len(sound)]
