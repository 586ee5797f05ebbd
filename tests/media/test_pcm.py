"""Any range of a file's sound equals the same range of one decode from its start."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as some
from numpy.typing import NDArray

from homestream.errors import MediaError
from homestream.media import pcm
from homestream.media.facts import Facts
from homestream.media.source import Source
from tests import sounds

SECONDS = 7
WIDE = "5.1"
WIDEST = "7.1"
CASES = {
    **{name: (name, 44_100, "stereo") for name in sounds.KINDS if "opus" not in name},
    "opus": ("opus", 48_000, "stereo"),
    "opus-webm": ("opus-webm", 48_000, "stereo"),
    "opus-mp4": ("opus-mp4", 48_000, "stereo"),
    "opus-voice": ("opus-voice", 48_000, "mono"),
    "opus-60": ("opus-60", 48_000, "stereo"),
    "opus-5.1": ("opus", 48_000, WIDE),
    "wav-u8": ("wav-u8", 8_000, "mono"),
    "wav-alaw": ("wav-alaw", 8_000, "mono"),
    "wav-s32": ("wav-s32", 384_000, "stereo"),
    "mp3-mono-22k": ("mp3-cbr", 22_050, "mono"),
    "mp3-mono-8k": ("mp3-vbr", 8_000, "mono"),
    "mp3-48k": ("mp3-vbr", 48_000, "stereo"),
    "vorbis-48k": ("vorbis", 48_000, "stereo"),
    "aac-mono-8k": ("aac-m4a", 8_000, "mono"),
    "aac-96k": ("aac-m4a", 96_000, "stereo"),
    "aac-5.1": ("aac-adts", 48_000, WIDE),
    "aac-7.1": ("aac-m4a", 48_000, WIDEST),
    "flac-5.1": ("flac", 48_000, WIDE),
    "flac-7.1": ("flac-24", 48_000, WIDEST),
    "flac-8k": ("flac", 8_000, "mono"),
    "flac-96k": ("flac-24", 96_000, "stereo"),
    "flac-384k": ("flac-24", 384_000, "stereo"),
    "wav-7.1": ("wav-s24", 48_000, WIDEST),
    "wav-192k": ("wav-s24", 192_000, "stereo"),
    "wav-mono-11k": ("wav-s16", 11_025, "mono"),
    "wavpack-7.1": ("wavpack", 48_000, WIDEST),
    "alac-96k": ("alac", 96_000, "stereo"),
    "wma-mono-32k": ("wma", 32_000, "mono"),
}
# AC-3 and E-AC-3 are dithered, MP2's last bit too, and the noise that AAC can put in place of
# sound is drawn anew: these decoders give other bits each time they start elsewhere.
DITHERED = {"ac3": 0.02, "eac3": 0.02, "mp2": 1e-5, "aac-noise": 0.25}
EXACT = sorted(set(CASES) - set(DITHERED))
CHANNELS = {"mono": 1, "stereo": 2, WIDE: 6, WIDEST: 8}

Made = dict[str, tuple[Path, Facts, NDArray[np.float32]]]
quick = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Every case's file, its facts and its canonical PCM, made when first asked for."""
    folder = tmp_path_factory.mktemp("pcm")

    class Lazy(Made):
        def __missing__(self, case: str) -> tuple[Path, Facts, NDArray[np.float32]]:
            name, rate, layout = CASES[case]
            kind = sounds.KINDS[name]
            sound = sounds.music(SECONDS * rate + 123, rate, CHANNELS[layout])
            path = sounds.write(folder / f"{case}.{kind.ending}", kind, sound, rate, layout)
            self[case] = path, sounds.facts_of(path), sounds.decode_once(path)
            return self[case]

    return Lazy()


def expected(
    canonical: NDArray[np.float32], samples: int, start: int, end: int
) -> NDArray[np.float32]:
    out = np.zeros((len(canonical), end - start), np.float32)
    first, last = max(start, 0), min(end, samples, canonical.shape[1])
    if first < last:
        out[:, first - start : last - start] = canonical[:, first:last]
    return out


@pytest.mark.parametrize("case", EXACT)
@quick
@given(data=st.data())
def test_any_range_equals_one_decode_from_the_start(made: Made, case: str, data: st.DataObject):
    path, facts, canonical = made[case]
    start = data.draw(st.integers(-3_000, facts.samples + 3_000))
    end = start + data.draw(st.integers(0, 30_000))
    got = pcm.read(Source(path=bytes(path)), facts, start, end)
    assert got.shape == (facts.channels, end - start)
    np.testing.assert_array_equal(got, expected(canonical, facts.samples, start, end))


@pytest.mark.parametrize("case", EXACT)
def test_the_whole_file_and_its_last_samples_are_exact(made: Made, case: str):
    path, facts, canonical = made[case]
    source = Source(path=bytes(path))
    whole = pcm.read(source, facts, 0, facts.samples)
    np.testing.assert_array_equal(whole, canonical[:, : facts.samples])
    tail = pcm.read(source, facts, facts.samples - 999, facts.samples + 5)
    np.testing.assert_array_equal(tail[:, :999], whole[:, -999:])
    assert not tail[:, 999:].any()


@pytest.mark.parametrize("case", ["mp3-vbr", "vorbis", "opus", "aac-m4a", "wma", "wavpack"])
def test_without_an_index_a_file_is_decoded_from_its_start(made: Made, case: str):
    path, facts, canonical = made[case]
    bare = sounds.with_facts(facts, index=b"")
    got = pcm.read(Source(path=bytes(path)), bare, 200_000, 210_000)
    np.testing.assert_array_equal(got, canonical[:, 200_000:210_000])


@pytest.mark.parametrize("case", sorted(DITHERED))
def test_what_a_decoder_draws_by_chance_alone_differs(made: Made, case: str):
    path, facts, canonical = made[case]
    for start in range(1_000, facts.samples - 20_000, 31_000):
        got = pcm.read(Source(path=bytes(path)), facts, start, start + 20_000)
        want = canonical[:, start : start + 20_000]
        assert np.mean((got - want) ** 2) < DITHERED[case] * np.mean(want**2)
        again = pcm.read(Source(path=bytes(path)), facts, start, start + 20_000)
        np.testing.assert_array_equal(got, again)


@pytest.mark.parametrize("case", ["mp3-vbr", "aac-adts", "aac-ts", "ac3", "flac", "vorbis"])
def test_one_descriptor_can_be_read_again_and_again(made: Made, case: str):
    path, facts, _ = made[case]
    fd = os.open(path, os.O_RDONLY)
    try:
        first = pcm.read(Source(fd=fd), facts, 150_000, 160_000)
        pcm.read(Source(fd=fd), facts, 0, 5_000)
        again = pcm.read(Source(fd=fd), facts, 150_000, 160_000)
    finally:
        os.close(fd)
    assert first.any()
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("case", ["flac", "mp3-cbr", "mp3-bare", "vorbis", "opus", "wav-s16"])
def test_a_file_that_breaks_off_reads_as_far_as_it_goes_then_zeros(
    made: Made, case: str, tmp_path: Path
):
    path, facts, _ = made[case]
    cut = tmp_path / path.name
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    measured = sounds.facts_of(cut)
    canonical = sounds.decode_once(cut)
    assert 0.5 * facts.samples < canonical.shape[1] < 0.7 * facts.samples
    for declared in (measured, sounds.with_facts(measured, samples=facts.samples)):
        for start in (0, 90_000, canonical.shape[1] - 9_000, canonical.shape[1] + 5):
            got = pcm.read(Source(path=bytes(cut)), declared, start, start + 15_000)
            want = expected(canonical, declared.samples, start, start + 15_000)
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    ("case", "samples"),
    [
        *product(("wav-s16", "flac", "mp3-cbr", "alac"), (1, 100, 1_000, 5_000)),
        *product(("aac-m4a", "vorbis"), (2_000, 5_000)),
    ],
)
def test_tiny_files_are_exact(tmp_path: Path, case: str, samples: int):
    kind = sounds.KINDS[case]
    path = sounds.write(tmp_path / f"tiny.{kind.ending}", kind, sounds.music(samples, 44100), 44100)
    facts = sounds.facts_of(path)
    got = pcm.read(Source(path=bytes(path)), facts, -10, facts.samples + 10)
    want = expected(sounds.decode_once(path), facts.samples, -10, facts.samples + 10)
    np.testing.assert_array_equal(got, want)
    if facts.lossless:
        assert facts.samples == samples


def test_a_delay_longer_than_one_packet_is_skipped_once(made: Made, tmp_path: Path):
    path, plain, _ = made["mp3-cbr"]
    raw = bytearray(path.read_bytes())
    tag = raw.index(b"Info")
    raw[tag + 141] = 0xE0  # the encoder's delay: 3,589 samples instead of 576
    late = tmp_path / "late.mp3"
    late.write_bytes(raw)
    facts, canonical = sounds.facts_of(late), sounds.decode_once(late)
    assert facts.samples < plain.samples - 2_000
    for start in range(0, facts.samples - 9_000, 7_919):
        got = pcm.read(Source(path=bytes(late)), facts, start, start + 9_000)
        np.testing.assert_array_equal(got, canonical[:, start : start + 9_000])


numbers = some.arrays(
    np.int64, st.shared(st.integers(0, 40), key="length"), elements=st.integers(-(2**62), 2**62)
)


@given(pos=numbers, pts=numbers, samples=numbers)
def test_an_index_survives_packing(
    pos: NDArray[np.int64], pts: NDArray[np.int64], samples: NDArray[np.int64]
):
    back = pcm.PacketIndex.unpack(pcm.PacketIndex(pos, pts, samples).pack())
    np.testing.assert_array_equal(back.pos, pos)
    np.testing.assert_array_equal(back.pts, pts)
    np.testing.assert_array_equal(back.samples, samples)


def test_the_index_of_an_hour_is_small():
    seconds = np.arange(3600)
    steady = pcm.PacketIndex(seconds * 16_000 + 400, seconds * 14_112_000, seconds * 44_100 + 47)
    assert len(steady.pack()) < 1_000


@pytest.mark.parametrize("packed", [b"", b"\x02abc", b"\x01abc", b"\x01\x78\x9c\x03\x00\x00"])
def test_a_damaged_index_is_refused(packed: bytes):
    with pytest.raises(MediaError):
        pcm.PacketIndex.unpack(packed)


def test_a_file_that_is_no_sound_is_refused(made: Made, tmp_path: Path):
    _, facts, _ = made["mp3-cbr"]
    (tmp_path / "no.flac").write_bytes(b"this is not the sound that was asked for" * 20)
    with pytest.raises(MediaError):
        pcm.read(
            Source(path=bytes(tmp_path / "no.flac")),
            sounds.with_facts(facts, container="flac", codec="flac"),
            0,
            10,
        )
