"""What is asked for far into a long file is read there and not from the start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from homestream.media import pcm
from homestream.media.facts import Facts
from homestream.media.source import Source
from tests import sounds

RATE = 32_000
LITTLE = 1 << 20  # bytes

_IO = Path("/proc/self/io")
pytestmark = pytest.mark.skipif(not _IO.exists(), reason="this system does not count bytes read")


def bytes_read() -> int:
    """By this process, from whatever file."""
    return int(_IO.read_text().split("rchar:")[1].split()[0])


def read_far_in(path: Path, facts: Facts) -> tuple[np.ndarray, int]:
    """A second at 97 % of the file, and how many bytes were read for it."""
    at = facts.samples * 97 // 100
    source = Source(path=bytes(path))
    pcm.read(source, facts, 0, 1_000)  # what is loaded at the first use
    before = bytes_read()
    sound = pcm.read(source, facts, at, at + facts.sample_rate)
    return sound, bytes_read() - before


@pytest.mark.parametrize("case", ["mp3-bare", "aac-adts"])
def test_an_hour_of_packets_is_entered_near_its_end(tmp_path: Path, case: str):
    kind = sounds.KINDS[case]
    part = sounds.music(20 * RATE, RATE, 1)
    path = sounds.write(tmp_path / f"hour.{kind.ending}", kind, part, RATE, "mono")
    path.write_bytes(path.read_bytes() * 180)
    facts = sounds.facts_of(path)
    assert facts.duration > 3600
    assert len(facts.index) < 40_000
    sound, count = read_far_in(path, facts)
    assert sound.any()
    assert count < LITTLE < path.stat().st_size // 10


def test_an_hour_of_flac_is_entered_near_its_end(tmp_path: Path):
    noise = np.random.default_rng(1).normal(0, 0.1, (1, 60 * 8_000)).astype(np.float32)
    noise[:, : 30 * 8_000] = 0
    kind = sounds.KINDS["flac"]
    path = sounds.write(tmp_path / "hour.flac", kind, np.tile(noise, 60), 8_000, "mono")
    facts = sounds.facts_of(path)
    assert facts.samples == 3600 * 8_000
    sound, count = read_far_in(path, facts)
    at = facts.samples * 97 // 100 % (60 * 8_000)
    want = np.round(noise[:, at : at + 8_000] * 32_768) / 32_768
    assert np.abs(sound - want).max() <= 1 / 32_768
    assert count < LITTLE < path.stat().st_size // 10
