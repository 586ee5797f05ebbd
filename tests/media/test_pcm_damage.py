"""No damage to a file hangs a read, ends the process, or is told as anything but MediaError."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from homestream.errors import MediaError
from homestream.media import measure, pcm, probe
from homestream.media.facts import Facts
from homestream.media.source import Source
from tests import sounds

VARIANTS = 8
CASES = (
    "mp3-cbr", "mp3-vbr", "mp3-bare", "aac-m4a", "aac-adts", "aac-ts", "aac-mka", "vorbis", "opus",
    "opus-webm", "flac", "flac-ogg", "flac-mka", "alac", "wavpack", "wavpack-float", "tta",
    "wav-s16", "wav-s24", "wav-u8", "aiff", "w64", "caf", "wma", "ac3", "eac3", "mp2",
)  # fmt: skip


def damaged(raw: bytes, chance: random.Random) -> bytes:
    out = bytearray(raw)
    kind = chance.randrange(6)
    if kind == 0:  # cut
        return bytes(out[: chance.randrange(len(out))])
    if kind == 1:  # bits here and there
        for _ in range(chance.choice((1, 20, 300))):
            out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    elif kind == 2:  # bits in the header
        for _ in range(chance.choice((1, 4, 16))):
            out[chance.randrange(min(600, len(out)))] ^= 1 << chance.randrange(8)
    elif kind == 3:  # a stretch of something else
        at = chance.randrange(len(out))
        out[at : at + 2_000] = chance.randbytes(chance.randrange(4_000))
    elif kind == 4:  # a stretch twice
        at = chance.randrange(len(out))
        out[at:at] = out[at : at + chance.randrange(20_000)]
    else:  # in another order
        at = chance.randrange(len(out))
        out = out[:600] + out[at:] + out[600:at]
    return bytes(out)


def listen(path: Path, whole: Facts, chance: random.Random) -> None:
    """All that is done with a file, on the facts of the damaged and of the whole one."""
    source = Source(path=bytes(path))
    (read,) = probe.read([source], [path.name])
    known = [whole]
    if isinstance(read, probe.Read):
        try:
            found = measure.measure(source, read.facts)
        except MediaError:
            pass
        else:
            assert found.samples > 0
            known.append(sounds.with_facts(read.facts, samples=found.samples, index=found.index))
    for facts in known:
        for _ in range(3):
            start = chance.randrange(-100, facts.samples + 100)
            try:
                got = pcm.read(source, facts, start, start + 3_000)
            except MediaError:
                continue
            assert got.shape == (facts.channels, 3_000)
            assert got.dtype == np.float32
        try:
            packets = list(pcm.raw_packets(source, facts, start, start + 30_000))
        except MediaError:
            continue
        assert all(start <= packet.place < start + 30_000 for packet in packets)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", CASES)
def test_damage_is_survived(tmp_path: Path, case: str):
    kind = sounds.KINDS[case]
    rate = 48_000 if "opus" in case else 44_100
    path = tmp_path / f"a.{kind.ending}"
    raw = sounds.write(path, kind, sounds.music(2 * rate, rate), rate).read_bytes()
    whole = sounds.facts_of(path)
    chance = random.Random(case)
    for _ in range(VARIANTS):
        path.write_bytes(damaged(raw, chance))
        listen(path, whole, chance)
