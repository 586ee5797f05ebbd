"""What one decode tells of a sound, checked against sounds that are known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from homestream.errors import MediaError
from homestream.media import features, measure, probe
from homestream.media.analyse import KEYS, POINTS, Analysis, analyse
from homestream.media.facts import Facts
from homestream.media.source import Source
from tests import media_files, sounds

RATE = 44_100


def told(path: Path) -> tuple[Facts, Analysis]:
    source = Source(path=bytes(path))
    (read,) = probe.read([source], [path.name])
    assert isinstance(read, probe.Read)
    return read.facts, analyse(source, read.facts)


def heard(folder: Path, wave: NDArray[np.float64], kind: str = "flac") -> Analysis:
    if wave.ndim == 1:
        wave = np.stack([wave, wave])
    path = folder / f"sound{media_files.KINDS[kind].ending}"
    path.write_bytes(media_files.encode(kind, wave.astype(np.float32)))
    return told(path)[1]


def sine(hertz: float, seconds: float, level_db: float, phase: float = 0.0) -> NDArray[np.float64]:
    time = np.arange(int(seconds * RATE)) / RATE
    return 10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * time + phase)


@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_loudness_is_that_of_ebu_tech_3341(tmp_path: Path, level: float) -> None:
    found = heard(tmp_path, sine(1000, 20, level))
    assert found.loudness == pytest.approx(level, abs=0.1)
    assert found.loudness_range == pytest.approx(0, abs=0.1)
    assert found.sample_peak == pytest.approx(level, abs=0.05)


def test_true_peak_is_found_between_samples(tmp_path: Path) -> None:
    # at a quarter of the rate and 45 degrees all samples lie 3 dB below the wave (Tech 3341)
    found = heard(tmp_path, sine(RATE / 4, 3, -6.0, np.pi / 4))
    assert found.sample_peak == pytest.approx(-9.0, abs=0.05)
    assert found.true_peak == pytest.approx(-6.0, abs=0.2)


def test_silence_is_counted_to_the_sample(tmp_path: Path) -> None:
    wave = np.concatenate([np.zeros(30_000), np.full(50_000, 0.25), np.zeros(12_345)])
    found = heard(tmp_path, wave)
    assert (found.samples, found.lead_samples, found.trail_samples) == (92_345, 30_000, 12_345)


def test_nothing_but_silence_is_silence_from_end_to_end(tmp_path: Path) -> None:
    found = heard(tmp_path, np.zeros(5 * RATE))
    assert (found.lead_samples, found.trail_samples) == (5 * RATE, 0)
    assert (found.loudness, found.true_peak, found.bpm, found.key) == (None, None, None, None)
    assert (found.features, found.print) == (b"", b"")


def test_waveform_follows_the_level(tmp_path: Path) -> None:
    level = np.repeat([0.05, 0.8, 0.0, 0.4], 5 * RATE)
    found = heard(tmp_path, level * sine(500, 20, 0.0)).waveform
    peak = np.frombuffer(found, np.uint8)[0::2]
    rms = np.frombuffer(found, np.uint8)[1::2]
    assert len(peak) == 200 <= POINTS
    for quarter, wanted in enumerate([0.05, 0.8, 0.0, 0.4]):
        inside = slice(quarter * 50 + 2, quarter * 50 + 48)
        assert np.abs((peak[inside] / 255) ** 2 - wanted).max() < 0.01
        assert np.abs((rms[inside] / 255) ** 2 - wanted / np.sqrt(2)).max() < 0.01


def test_long_waveform_has_so_many_points(tmp_path: Path) -> None:
    assert len(heard(tmp_path, sine(500, 120, -12.0)).waveform) == 2 * POINTS


@pytest.mark.parametrize("bpm", [72, 90, 120, 150])
def test_tempo_of_a_beat_is_told(tmp_path: Path, bpm: float) -> None:
    random = np.random.default_rng(1)
    wave = random.normal(0, 0.002, 40 * RATE)
    decay = np.exp(-np.arange(8_000) / 1_500)
    for beat in range(int(39 * bpm / 60)):
        at = int(beat * 60 / bpm * RATE)
        wave[at : at + 8_000] += 0.5 * decay * random.normal(0, 0.5, 8_000)
    found = heard(tmp_path, wave).bpm
    assert found is not None
    assert found == pytest.approx(bpm, rel=0.02)


@pytest.mark.parametrize(
    ("chords", "key"),
    [
        (["C E G", "F A C", "G B D", "C E G"], "C"),
        (["A C E", "D F A", "E G B", "A C E"], "Am"),
        (["D F# A", "G B D", "A C# E", "D F# A"], "D"),
    ],
)
def test_key_of_a_cadence_is_told(tmp_path: Path, chords: list[str], key: str) -> None:
    names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    time = np.arange(RATE) / RATE
    bars = []
    for chord in chords * 3:
        bar = np.zeros(RATE)
        for place, note in enumerate(chord.split()):
            pitch = 261.63 * 2 ** (names.index(note) / 12) / (2 if place == 0 else 1)
            bar += sum(np.sin(2 * np.pi * pitch * k * time) / k**2 for k in (1, 2, 3))
        bars.append(0.1 * bar)
    found = heard(tmp_path, np.concatenate(bars)).key
    assert found is not None
    assert KEYS[found] == key


def test_noise_has_neither_key_nor_tempo(tmp_path: Path) -> None:
    found = heard(tmp_path, np.random.default_rng(1).normal(0, 0.1, 30 * RATE))
    assert (found.key, found.bpm) == (None, None)
    assert found.energy is not None
    assert 0 <= found.energy <= 1


def test_timbre_is_told_by_the_sound_and_hardly_by_the_encoder(tmp_path: Path) -> None:
    def vector(seed: int, kind: str) -> NDArray[np.float32]:
        wave = sounds.music(20 * RATE, RATE, 2, seed)
        raw = heard(tmp_path, wave if seed else wave[:, ::-1], kind).features
        found = np.frombuffer(raw, np.float16).astype(np.float32)
        assert len(found) == features.SIZE
        assert np.isfinite(found).all()
        return found

    one, again, other = vector(1, "flac"), vector(1, "mp3"), vector(2, "flac")
    assert np.linalg.norm(one - again) < 0.5 * np.linalg.norm(one - other)


@pytest.mark.parametrize("kind", media_files.KINDS)
def test_every_kind_of_file_is_counted_as_a_measure_counts(tmp_path: Path, kind: str) -> None:
    path = media_files.write(tmp_path / f"a{media_files.KINDS[kind].ending}", kind, samples=99_999)
    facts, found = told(path)
    assert measure.Measured(found.samples, found.index) == measure.measure(
        Source(path=bytes(path)), facts
    )
    assert found.problem is None
    assert found.waveform


def test_hash_of_the_packets_outlives_tags_and_another_container(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3", seed=1)
    before = told(path)[1].packets
    media_files.tag(path, "mp3", {"title": "New"}, picture=media_files.image())
    assert told(path)[1].packets == before
    assert told(media_files.write(tmp_path / "b.mp3", "mp3", seed=2))[1].packets != before


@pytest.mark.parametrize("kind", ["mp3", "flac", "wavpack", "tta", "aiff", "mka", "webm"])
def test_file_that_was_cut_says_where_it_breaks_off(tmp_path: Path, kind: str) -> None:
    path = media_files.write(tmp_path / f"a{media_files.KINDS[kind].ending}", kind, samples=400_000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    problem = told(path)[1].problem
    assert problem is not None
    assert problem.startswith("breaks off: 0:0")


@pytest.mark.parametrize("kind", ["vorbis", "opus", "oggflac"])
def test_ogg_file_that_was_cut_says_that_its_end_is_missing(tmp_path: Path, kind: str) -> None:
    path = media_files.write(tmp_path / f"a{media_files.KINDS[kind].ending}", kind, samples=400_000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert told(path)[1].problem == "its end is missing: was it copied whole?"


def test_damaged_places_are_told(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.wma", "wma", samples=400_000)
    data = bytearray(path.read_bytes())
    for at in np.random.default_rng(1).integers(len(data) // 4, len(data) * 3 // 4, 200):
        data[at] ^= 0x5A
    path.write_bytes(data)
    problem = told(path)[1].problem
    assert problem is not None
    assert problem.startswith("damaged: it cannot be decoded in ")


def test_file_that_lost_its_sound_is_refused(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.flac", "flac", samples=99_999)
    facts, _ = told(path)
    path.write_bytes(b"fLaC" + bytes(5_000))
    with pytest.raises(MediaError):
        analyse(Source(path=bytes(path)), facts)


def test_more_channels_than_two_are_heard(tmp_path: Path) -> None:
    wave = np.stack([sine(200 * (at + 1), 3, -20.0) for at in range(6)])
    found = heard(tmp_path, wave)
    assert found.loudness is not None
    assert found.sample_peak == pytest.approx(-20.0, abs=0.1)


def test_what_the_server_imports_of_it_brings_no_numpy() -> None:
    words = "import sys, homestream.media.analyse; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False, timeout=60).returncode == 0
