"""Files that decode to their end, and files that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from homestream.errors import MediaError
from homestream.media import probe, soundness
from homestream.media.source import Source
from tests.library import music as songs


def flaws(path: Path) -> list[str]:
    (read,) = probe.read([Source(path=bytes(path))], [path.name])
    assert isinstance(read, probe.Read)
    return soundness.flaws(Source(path=bytes(path)), read.facts)


@pytest.mark.parametrize("suffix", songs.KINDS)
def test_whole_file_has_no_flaw(tmp_path: Path, suffix: str) -> None:
    assert flaws(songs.song(tmp_path / f"a{suffix}", 1, seconds=2)) == []


def test_file_that_was_cut_is_told_with_its_lengths(tmp_path: Path) -> None:
    path = songs.song(tmp_path / "a.flac", 1, seconds=20)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert any("of 20 seconds: it was cut off" in flaw for flaw in flaws(path))


def test_file_that_is_damaged_within_is_told(tmp_path: Path) -> None:
    path = songs.song(tmp_path / "a.flac", 1, seconds=20)
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + 40_000, 400):
        data[at] ^= 0xFF
    path.write_bytes(bytes(data))
    assert flaws(path)


def test_what_is_no_sound_is_an_error(tmp_path: Path) -> None:
    path = songs.song(tmp_path / "a.flac", 1)
    (read,) = probe.read([Source(path=bytes(path))], [path.name])
    assert isinstance(read, probe.Read)
    path.write_bytes(b"no sound at all, whatever its name says")
    with pytest.raises(MediaError):
        soundness.flaws(Source(path=bytes(path)), read.facts)
