"""Files that are cut, joined, damaged, tagged all round, or that begin with something else."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import numpy as np
import pytest
from mutagen.id3 import APIC, ID3, TIT2
from mutagen.mp4 import MP4, MP4FreeForm
from numpy.typing import NDArray

from homestream.media import measure, pcm, probe
from homestream.media.facts import Facts
from homestream.media.source import Source
from tests import sounds

SECONDS = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd")


def plain(folder: Path, case: str, seed: int = 1, rate: int = 44_100) -> Path:
    kind = sounds.KINDS[case]
    path = folder / f"{case}-{seed}-{rate}.{kind.ending}"
    if not path.exists():
        sound = sounds.music(SECONDS * rate + 123, rate, seed=seed)
        sounds.write(path, kind, sound, rate)
    return path


def facts_of(path: Path) -> Facts:
    """As the library learns them: first by the header, then by one read through."""
    source = Source(path=bytes(path))
    (read,) = probe.read([source], [path.name])
    assert isinstance(read, probe.Read), read
    found = measure.measure(source, read.facts)
    return sounds.with_facts(
        read.facts, samples=found.samples, samples_exact=True, index=found.index
    )


def check(path: Path) -> tuple[Facts, NDArray[np.float32]]:
    """Some ranges of a file, those over its beginning and its end among them, are exact."""
    facts, canonical = facts_of(path), sounds.decode_once(path)
    chance = random.Random(path.name)
    starts = [chance.randrange(facts.samples) for _ in range(14)]
    for start in (0, facts.samples - 1, facts.samples - 700, *starts):
        end = start + chance.choice((1, 500, 20_000))
        got = pcm.read(Source(path=bytes(path)), facts, start, end)
        want = np.zeros_like(got)
        there = canonical[:, max(start, 0) : min(end, facts.samples)]
        want[:, max(0, -start) :][:, : there.shape[1]] = there
        np.testing.assert_array_equal(got, want)
    return facts, canonical


@pytest.mark.parametrize("case", ["vorbis", "opus", "flac-ogg"])
def test_ogg_streams_one_behind_the_other_are_one_sound(folder: Path, case: str):
    rate = 48_000 if case == "opus" else 44_100
    one, other = (plain(folder, case, seed, rate).read_bytes() for seed in (1, 2))
    chain = folder / f"chain-{case}.ogg"
    chain.write_bytes(one + other)
    facts, canonical = check(chain)
    assert facts.samples == canonical.shape[1] > 1.9 * SECONDS * rate


@pytest.mark.parametrize("case", ["mp3-cbr", "mp3-bare", "opus"])
def test_bytes_that_are_no_sound_between_packets_are_passed_over(folder: Path, case: str):
    raw = plain(folder, case, rate=48_000).read_bytes()
    junk = folder / f"junk-{case}.{sounds.KINDS[case].ending}"
    junk.write_bytes(raw[:30_000] + random.Random(1).randbytes(3_000) + raw[30_000:])
    facts, canonical = check(junk)
    assert facts.samples <= canonical.shape[1] + 1_152


def test_an_mp3_in_the_middle_of_tags_is_exact_and_has_its_own_length(folder: Path):
    raw = plain(folder, "mp3-cbr").read_bytes()
    tagged = folder / "tagged.mp3"
    tagged.write_bytes(raw)
    tags = ID3()
    tags.add(TIT2(text="x" * 5_000))
    tags.add(APIC(data=b"\xff\xfb\x90\x64" * 5_000, mime="image/jpeg", type=3))
    tags.save(tagged)
    ape = b"APETAGEX" + (2_000).to_bytes(4, "little") + (2_032).to_bytes(4, "little")
    with tagged.open("ab") as file:
        file.write(bytes(2_000) + ape + (0).to_bytes(16, "little") + b"TAG" + bytes(125))
    facts, _ = check(tagged)
    assert facts.samples == SECONDS * 44_100 + 123


def test_two_mp3s_one_behind_the_other_are_played_both(folder: Path):
    joined = folder / "joined.mp3"
    joined.write_bytes(plain(folder, "mp3-cbr").read_bytes() * 2)
    facts, canonical = check(joined)
    assert facts.samples == canonical.shape[1] > 2 * SECONDS * 44_100


@pytest.mark.parametrize("case", ["mp3-cbr", "aac-adts"])
def test_a_file_without_its_beginning_is_exact(folder: Path, case: str):
    cut = folder / f"tail-{case}.{sounds.KINDS[case].ending}"
    cut.write_bytes(plain(folder, case).read_bytes()[5_001:])
    facts, canonical = check(cut)
    assert facts.samples == canonical.shape[1]


@pytest.mark.parametrize("case", ["aac-adts", "wavpack", "wma", "aac-mka", "flac-mka", "flac-ogg"])
def test_a_file_without_its_end_is_exact_as_far_as_it_goes(folder: Path, case: str):
    raw = plain(folder, case).read_bytes()
    cut = folder / f"head-{case}.{sounds.KINDS[case].ending}"
    cut.write_bytes(raw[: len(raw) * 6 // 10])
    facts, canonical = check(cut)
    assert facts.samples == canonical.shape[1] < 0.7 * SECONDS * 44_100


def test_a_wave_file_that_was_never_finished_is_played_to_its_end(folder: Path):
    raw = plain(folder, "wav-s16").read_bytes()
    at = raw.index(b"data") + 4
    for name, told in {"open.wav": b"\xff" * 4, "zero.wav": bytes(4)}.items():
        path = folder / name
        path.write_bytes(raw[:at] + told + raw[at + 4 :])
        facts, _ = check(path)
        assert facts.samples == SECONDS * 44_100 + 123


@pytest.mark.parametrize("case", ["aac-m4a", "mp3-mp4", "opus-mp4", "flac-mp4", "alac"])
def test_a_movie_s_edit_in_milliseconds_does_not_move_its_end(folder: Path, case: str):
    rate = 48_000 if "opus" in case else 44_100
    facts, _ = check(plain(folder, case, rate=rate))
    assert facts.samples == SECONDS * rate + 123


@pytest.mark.parametrize("samples", [44, 700, 2_000])
def test_a_movie_of_a_few_samples_has_them_all(folder: Path, samples: int):
    path = folder / f"tiny-{samples}.m4a"
    sounds.write(path, sounds.KINDS["aac-m4a"], sounds.music(samples, 44_100), 44_100)
    assert facts_of(path).samples == samples


def test_itunes_tells_the_length_of_a_file_without_edits(folder: Path):
    samples = SECONDS * 44_100 + 123
    kind = sounds.KINDS["aac-m4a"]._replace(muxer_options={"use_editlist": "0"})
    path = folder / "itunes.m4a"
    sounds.write(path, kind, sounds.music(samples, 44_100), 44_100)
    padding = -(samples + 1_024) % 1_024
    tags = MP4(path)
    told = f" 00000000 00000400 {padding:08X} {samples:016X} 00000000 00000000"
    tags["----:com.apple.iTunes:iTunSMPB"] = [MP4FreeForm(told.encode())]
    tags.save()
    facts, _ = check(path)
    assert facts.samples == samples
    twin = facts_of(plain(folder, "aac-m4a"))
    np.testing.assert_array_equal(
        pcm.read(Source(path=bytes(path)), facts, 90_000, 95_000),
        pcm.read(Source(path=bytes(plain(folder, "aac-m4a"))), twin, 90_000, 95_000),
    )


@pytest.mark.parametrize(
    "arguments",
    [
        "late.m4a -output_ts_offset 7 -c:a aac -aac_pns 0",
        "late.mka -output_ts_offset 7 -c:a aac -aac_pns 0",
        "late.ogg -output_ts_offset 7 -c:a libvorbis",
        "late.ts -output_ts_offset 7 -c:a aac -aac_pns 0",
        "late-flac.mka -output_ts_offset 7 -c:a flac",
        "vorbis.ogg -c:a libvorbis",
        "vorbis.webm -c:a libvorbis",
        "blocks.flac -c:a flac -frame_size 1000",
        "abr.mp3 -c:a libmp3lame -abr 1 -b:a 64k",
        "low.mp3 -c:a libmp3lame -b:a 24k -ar 16000 -ac 1",
    ],
)
def test_what_another_program_wrote_is_exact(folder: Path, ffmpeg: str, arguments: str):
    name, *options = arguments.split()
    made = [ffmpeg, "-v", "error", "-y", "-i", str(plain(folder, "flac")), *options]
    subprocess.run([*made, str(folder / name)], check=True)
    facts, canonical = check(folder / name)
    assert 0 <= canonical.shape[1] - facts.samples < 1_024


@pytest.mark.parametrize(
    "arguments",
    [
        "film.mp4 -c:v mpeg4 -c:a aac -aac_pns 0",
        "film.mkv -c:v mpeg4 -c:a libopus",
        "film.ts -c:v mpeg2video -c:a aac -aac_pns 0",
        "film.ogg -c:v libtheora -c:a libvorbis",
        "cover.flac -map 1 -map 0 -frames:v 1 -c:v png -disposition:v attached_pic -c:a flac",
    ],
)
def test_a_stream_of_pictures_in_front_is_no_hindrance(folder: Path, ffmpeg: str, arguments: str):
    name, *options = arguments.split()
    seconds = 0.04 if "cover" in name else SECONDS
    picture = ["-f", "lavfi", "-i", f"testsrc=d={seconds}:s=160x90:r=25"]
    made = [ffmpeg, "-v", "error", "-y", *picture, "-i", str(plain(folder, "flac")), *options]
    subprocess.run([*made, str(folder / name)], check=True)
    check(folder / name)


def test_a_stream_that_changes_its_channels_keeps_those_it_began_with(folder: Path):
    mono = folder / "mono.mp3"
    sounds.write(mono, sounds.KINDS["mp3-bare"], sounds.music(44_100, 44_100, 1), 44_100, "mono")
    mixed = folder / "mixed.mp3"
    mixed.write_bytes(plain(folder, "mp3-bare").read_bytes() + mono.read_bytes())
    facts = facts_of(mixed)
    tail = pcm.read(Source(path=bytes(mixed)), facts, facts.samples - 9_000, facts.samples)
    assert tail.shape == (2, 9_000)
    assert tail.any()
    np.testing.assert_array_equal(tail[0], tail[1])


def test_lost_packets_of_lossless_sound_are_silence_and_nothing_moves(folder: Path):
    raw = bytearray(plain(folder, "flac").read_bytes())
    whole = facts_of(plain(folder, "flac"))
    raw[200_000:203_000] = random.Random(1).randbytes(3_000)
    path = folder / "damaged.flac"
    path.write_bytes(raw)
    facts = facts_of(path)
    assert facts.samples == whole.samples
    source = Source(path=bytes(path))
    sound = pcm.read(Source(path=bytes(plain(folder, "flac"))), whole, 0, whole.samples)
    np.testing.assert_array_equal(pcm.read(source, facts, 0, 20_000), sound[:, :20_000])
    np.testing.assert_array_equal(
        pcm.read(source, facts, whole.samples - 9_000, whole.samples), sound[:, -9_000:]
    )
