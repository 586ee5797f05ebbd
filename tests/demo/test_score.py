from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from homestream.demo import score
from homestream.demo.score import MODES, Key

keys = st.builds(Key, st.integers(45, 65), st.sampled_from(sorted(MODES)))


@given(keys, st.integers(0, 2**32), st.sampled_from([3, 4]))
def test_tune_stays_in_its_key_its_range_and_its_bars(key: Key, seed: int, beats: int) -> None:
    tune = score.tune(
        key, [0, 5, 3, 4] * 2, np.random.default_rng(seed), beats=beats, low=3, high=12
    )
    scale = {(key.tonic + step) % 12 for step in MODES[key.mode]}
    assert tune
    for note in tune:
        assert note.pitch % 12 in scale
        assert key.degree(3) <= note.pitch <= key.degree(12)
        assert note.start >= 0
        assert note.start + note.length <= 8 * beats
    assert [n.start for n in tune] == sorted(n.start for n in tune)


@given(keys, st.integers(0, 6), st.floats(40, 80))
def test_voicing_has_no_semitone_between_neighbours(key: Key, root: int, near: float) -> None:
    chord = score.voiced(key.chord(root, 4), near)
    assert all(b - a > 1 for a, b in pairwise(chord))
    assert {n % 12 for n in chord} == {n % 12 for n in key.chord(root, 4)}
