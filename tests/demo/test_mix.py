from __future__ import annotations

import numpy as np
import pytest

from homestream.demo import mix
from homestream.demo.mix import Tape

RATE = 48000


def _sine(hertz: float, seconds: float, level: float) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    wave = level * np.sin(2 * np.pi * hertz * time)
    return np.stack([wave, wave]).astype(np.float32)


def test_loudness_of_the_reference_tone_is_its_level_in_both_channels() -> None:
    # EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS reads -23 LUFS
    assert mix.loudness(_sine(1000, 5, 10 ** (-23 / 20)), RATE) == pytest.approx(-23, abs=0.1)


def test_silence_between_loud_parts_does_not_count() -> None:
    tone = _sine(1000, 5, 0.1)
    gap = np.concatenate([tone, np.zeros_like(tone), tone], axis=1)
    assert mix.loudness(gap, RATE) == pytest.approx(mix.loudness(tone, RATE), abs=0.3)


def test_limiter_keeps_every_sample_under_the_ceiling_and_leaves_quiet_parts_alone() -> None:
    quiet = _sine(220, 1, 0.2)
    loud = _sine(220, 0.05, 3.0)
    both = np.concatenate([quiet, loud, quiet], axis=1)
    out = both.copy()
    mix.limit(out, 0.84)
    assert np.abs(out).max() <= 0.84
    # it turns down, it does not cut: the loud part is still a sine
    middle = out[0, RATE + 600 : RATE + 1800]
    assert np.mean(np.abs(middle) > 0.839) < 0.05
    assert np.array_equal(out[:, : RATE // 2], both[:, : RATE // 2])


def test_room_rings_after_the_sound_and_dies_within_its_time() -> None:
    tape = Tape(3, RATE)
    tape.lay(np.ones(10, np.float32), 0.1, gain=1.0, room=1.0)
    tape.room(1.0, gain=1.0)
    early = np.sqrt(np.mean(tape.dry[:, int(0.2 * RATE) : int(0.3 * RATE)] ** 2))
    late = np.sqrt(np.mean(tape.dry[:, int(1.1 * RATE) : int(1.2 * RATE)] ** 2))
    assert early > 0
    assert -75 < 20 * np.log10(late / early) < -40


def test_sound_laid_over_the_edges_of_the_tape_is_cut_there() -> None:
    tape = Tape(1, 1000)
    tape.lay(np.ones(500, np.float32), -0.2, gain=1.0)
    tape.lay(np.ones(500, np.float32), 0.8, gain=1.0)
    heard = np.flatnonzero(tape.dry[0])
    assert heard[0] == 0
    assert heard[-1] == 999
    assert len(heard) == 300 + 200
