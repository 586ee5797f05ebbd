"""Segments that were encoded alone decode to the whole, without a click where they join.

Debian's ffmpeg decodes them, as a client that shares nothing with the encoder.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from homestream.errors import BadInput, MediaError, NotFound
from homestream.media import encode, ladder, measure, mix, pcm, probe, timeline
from homestream.media import programme as programmes
from homestream.media.facts import Facts
from homestream.media.ladder import Rendition
from homestream.media.programme import Item, Programme
from homestream.media.source import Source
from homestream.streaming import keys
from tests import sounds

Sound = NDArray[np.float32]
MOST = ladder.BIT_RATES[-1]


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    found = shutil.which("ffmpeg")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("ffmpeg is not installed")
        pytest.skip("ffmpeg is not installed")
    return found


def make(
    folder: Path,
    name: str,
    seconds: float,
    sample_rate: int = 44_100,
    layout: str = "stereo",
    seed: int = 1,
) -> Path:
    kind = sounds.KINDS[name]
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    sound = sounds.music(round(seconds * sample_rate), sample_rate, channels, seed)
    path = folder / f"{name}-{layout}-{sample_rate}-{seed}.{kind.ending}"
    return sounds.write(path, kind, sound, sample_rate, layout)


def programme_of(*paths: Path) -> Programme:
    return Programme(tuple(Item(path.name, sounds.facts_of(path)) for path in paths))


def rung(programme: Programme, bit_rate: int) -> Rendition:
    """AAC of that bit rate, or the highest below it that its sample rate and channels can have."""
    rungs = ladder.every([item.facts for item in programme.items])
    plain = [one for one in rungs if one.codec == "aac" and one.container == "fmp4"]
    return max((one for one in plain if one.bit_rate <= bit_rate), key=lambda one: one.bit_rate)


def segment(paths: list[Path], programme: Programme, rendition: Rendition, number: int) -> bytes:
    reach = encode.reach(programme, rendition, number)
    sources = [Source(path=bytes(paths[place])) for place in reach]
    return encode.segment(sources, programme, rendition, number)


def streamed(paths: list[Path], programme: Programme, rendition: Rendition) -> bytes:
    """The init segment and all media segments, one after another."""
    numbers = range(timeline.count(programme, rendition))
    parts = [segment(paths, programme, rendition, number) for number in numbers]
    return encode.init(programme, rendition) + b"".join(parts)


def decoded(ffmpeg: str, data: bytes, channels: int) -> Sound:
    """Every sample, priming and padding included; fails at the first warning."""
    command = [ffmpeg, "-v", "warning", "-i", "pipe:0", "-f", "f32le", "-"]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60)
    assert done.stderr == b""
    return np.frombuffer(done.stdout, "<f4").reshape(-1, channels).T


def resampled(sound: Sound, have: int, want: int) -> Sound:
    """One continuous resample, with nothing of the engine in it."""
    layout = "mono" if len(sound) == 1 else "stereo"
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=want)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
    frame.sample_rate, frame.time_base, frame.pts = have, Fraction(1, have), 0
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([one.to_ndarray() for one in frames], axis=1)


def snr(got: Sound, want: Sound) -> float:
    """Decibels of signal over error."""
    return float(10 * np.log10(np.sum(want**2) / np.sum((got - want) ** 2)))


@pytest.mark.parametrize("rate", [96_000, 88_200, 37_800, 192_000])
def test_resampled_in_parts_is_resampled_as_a_whole(tmp_path: Path, rate: int):
    path = make(tmp_path, "flac-24", 6, rate)
    programme = programme_of(path)
    rendition = rung(programme, MOST)
    facts = programme.items[0].facts
    source = Source(path=bytes(path))
    whole = resampled(pcm.read(source, facts, 0, facts.samples), rate, 48_000)
    for start in [0, 1, 1_024, 47_999, 123_456, 6 * 48_000 - 30_000]:
        part = mix.sound([source], programme, rendition, start, start + 20_000)
        np.testing.assert_allclose(part, whole[:, start : start + 20_000], atol=1e-6)
    end = programmes.samples(programme, 48_000)
    tail = mix.sound([source], programme, rendition, end - 999, end + 9)
    np.testing.assert_allclose(tail[:, :900], whole[:, end - 999 : end - 99], atol=1e-6)
    assert not tail[:, 999:].any()


CASES = {
    "wav-s16": (44_100, "stereo"),
    "wav-s24": (11_025, "mono"),
    "aiff": (48_000, "stereo"),
    "flac": (44_100, "mono"),
    "flac-24": (96_000, "stereo"),
    "alac": (44_100, "stereo"),
    "tta": (44_100, "stereo"),
    "wavpack": (44_100, "stereo"),
    "mp3-cbr": (22_050, "mono"),
    "mp3-vbr": (44_100, "stereo"),
    "mp3-bare": (48_000, "stereo"),
    "aac-m4a": (44_100, "stereo"),
    "aac-adts": (44_100, "stereo"),
    "aac-ts": (48_000, "stereo"),
    "aac-mka": (44_100, "stereo"),
    "vorbis": (44_100, "stereo"),
    "opus": (48_000, "stereo"),
    "opus-webm": (48_000, "stereo"),
    "wma": (44_100, "stereo"),
    "ac3": (48_000, "stereo"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_client_hears_the_whole_track(tmp_path: Path, ffmpeg: str, case: str):
    path = make(tmp_path, case, 9.7, *CASES[case])
    programme = programme_of(path)
    facts = programme.items[0].facts
    rendition = rung(programme, MOST)
    rate = rendition.sample_rate
    heard = decoded(ffmpeg, streamed([path], programme, rendition), rendition.channels)
    samples = -(-facts.samples * rate // facts.sample_rate)
    assert heard.shape[1] == (-(-samples // 1024) + 1) * 1024
    want = pcm.read(Source(path=bytes(path)), facts, 0, facts.samples)
    if rate != facts.sample_rate:
        want = resampled(want, facts.sample_rate, rate)[:, :samples]
    got = heard[:, 1024 : 1024 + want.shape[1]]
    assert snr(got, want) > (15 if case != "ac3" else 8)
    # A shift by a single sample would be seen.
    assert snr(got, want) > snr(got[:, 1:], want[:, :-1]) + 3


@pytest.mark.parametrize("bit_rate", ladder.BIT_RATES)
def test_every_rung_has_its_bit_rate_and_the_right_length(
    tmp_path: Path, ffmpeg: str, bit_rate: int
):
    path = make(tmp_path, "flac", 21.3)
    programme = programme_of(path)
    rendition = rung(programme, bit_rate)
    data = streamed([path], programme, rendition)
    assert decoded(ffmpeg, data, 2).shape[1] == (-(-round(21.3 * 44_100) // 1024) + 1) * 1024
    assert len(data) * 8 / 21.3 == pytest.approx(rendition.average_bandwidth, rel=0.1)
    for cut in timeline.segments(programme, rendition):
        seconds = (cut.end_packet - cut.first_packet) * 1024 / 44_100
        size = len(segment([path], programme, rendition, cut.number))
        assert size * 8 / seconds < rendition.bandwidth


def test_surround_becomes_stereo_without_overload(tmp_path: Path, ffmpeg: str):
    time = np.arange(3 * 48_000) / 48_000
    loud = np.tile(0.98 * np.sin(2 * np.pi * 440 * time), (6, 1)).astype(np.float32)
    path = sounds.write(tmp_path / "a.flac", sounds.KINDS["flac"], loud, 48_000, "5.1")
    programme = programme_of(path)
    rendition = rung(programme, MOST)
    heard = decoded(ffmpeg, streamed([path], programme, rendition), 2)
    assert heard.shape == (2, (-(-3 * 48_000 // 1024) + 1) * 1024)
    assert 0.93 < np.abs(heard[:, 20_000:100_000]).max() < 1.03


@pytest.mark.parametrize("bit_rate", ladder.BIT_RATES)
@pytest.mark.parametrize(("pitch", "layout"), [(55, "stereo"), (440, "mono"), (3_000, "stereo")])
def test_a_loud_pure_tone_stays_pure(
    tmp_path: Path, ffmpeg: str, bit_rate: int, pitch: int, layout: str
):
    time = np.arange(4 * 44_100) / 44_100
    channels = 1 if layout == "mono" else 2
    tone = np.tile(0.9 * np.sin(2 * np.pi * pitch * time), (channels, 1)).astype(np.float32)
    path = sounds.write(tmp_path / "a.flac", sounds.KINDS["flac"], tone, 44_100, layout)
    programme = programme_of(path)
    heard = decoded(ffmpeg, streamed([path], programme, rung(programme, bit_rate)), channels)
    inside = slice(4_096, 150_000)
    assert snr(heard[:, 1024:][:, inside], tone[:, inside]) > 20


def test_a_surround_channel_is_heard_on_its_side(tmp_path: Path, ffmpeg: str):
    silence = np.zeros((6, 3 * 48_000), np.float32)
    silence[4] = sounds.music(3 * 48_000, 48_000, 1)[0]  # back left
    path = sounds.write(tmp_path / "a.flac", sounds.KINDS["flac"], silence, 48_000, "5.1")
    programme = programme_of(path)
    heard = decoded(ffmpeg, streamed([path], programme, rung(programme, MOST)), 2)
    assert np.abs(heard[0]).max() > 0.05
    assert np.abs(heard[1]).max() < 0.001


def test_samples_that_are_no_numbers_do_not_stop_the_music(tmp_path: Path, ffmpeg: str):
    sound = sounds.music(3 * 44_100, 44_100)
    sound[:, 50_000:50_100] = np.nan
    sound[0, 60_000] = np.inf
    kind = sounds.Kind("wav", "pcm_f32le", "wav", "flt")
    path = sounds.write(tmp_path / "a.wav", kind, sound, 44_100)
    programme = programme_of(path)
    heard = decoded(ffmpeg, streamed([path], programme, rung(programme, MOST)), 2)
    assert np.isfinite(heard).all()
    assert np.abs(heard[:, 90_000:]).max() > 0.05


def encoded_in_runs(sound: Sound, rendition: Rendition, cuts: list[tuple[int, int]]) -> bytes:
    """Packets of several encodes, each begun cold, with nothing of the engine in it."""
    parts = []
    for first, end in cuts:
        encoder: Any = av.CodecContext.create("aac", "w")
        encoder.sample_rate, encoder.layout, encoder.format = (
            rendition.sample_rate,
            "stereo",
            "fltp",
        )
        encoder.bit_rate = rendition.bit_rate
        encoder.options = {"aac_coder": "fast", "aac_is": "0", "aac_pns": "0"}
        begin = (first - 1) * 1024
        run = np.zeros((2, (end - first + 3) * 1024), np.float32)
        have = sound[:, max(begin, 0) : begin + run.shape[1]]
        run[:, max(-begin, 0) :][:, : have.shape[1]] = have
        frame = av.AudioFrame.from_ndarray(run, format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base = rendition.sample_rate, Fraction(1, 44_100)
        frame.pts = begin
        packets = {packet.pts: bytes(packet) for packet in encoder.encode(frame)}
        wanted = [packets[(packet - 1) * 1024] for packet in range(first, end)]
        parts.append(
            encode.fmp4.segment(
                sequence=1, decode_time=first * 1024, packet_samples=1024, packets=wanted
            )
        )
    return b"".join(parts)


def test_joins_are_as_good_as_one_long_encode(tmp_path: Path, ffmpeg: str):
    path = make(tmp_path, "flac", 75)
    programme = programme_of(path)
    rendition = rung(programme, MOST)
    cuts = [(cut.first_packet, cut.end_packet) for cut in timeline.segments(programme, rendition)]
    want = pcm.read(Source(path=bytes(path)), programme.items[0].facts, 0, 75 * 44_100)

    def error_at_joins(segments: bytes) -> float:
        heard = decoded(ffmpeg, encode.init(programme, rendition) + segments, 2)
        error = np.sum((heard[:, 1024 : 1024 + want.shape[1]] - want) ** 2, axis=0)
        joins = [(first - 1) * 1024 for first, _ in cuts[1:]]
        assert len(joins) > 10
        return float(np.mean([error[join - 512 : join + 1536].mean() for join in joins]))

    def decibels(one: float, other: float) -> float:
        return float(10 * np.log10(one / other))

    numbers = range(len(cuts))
    ours = b"".join(segment([path], programme, rendition, number) for number in numbers)
    long = error_at_joins(encoded_in_runs(want, rendition, [(0, cuts[-1][1])]))
    cold = error_at_joins(encoded_in_runs(want, rendition, cuts))
    assert decibels(error_at_joins(ours), long) < 1
    assert decibels(cold, long) > 3


def digest(paths: list[Path], programme: Programme, rendition: Rendition, number: int) -> str:
    return hashlib.sha256(segment(paths, programme, rendition, number)).hexdigest()


def digests(
    paths: list[Path], programme: Programme, rendition: Rendition, numbers: list[int]
) -> dict[int, str]:
    return {number: digest(paths, programme, rendition, number) for number in numbers}


@pytest.mark.parametrize("name", ["flac", "mp3-vbr", "vorbis"])
def test_bytes_are_the_same_in_any_order_and_any_process(tmp_path: Path, name: str):
    path = make(tmp_path, name, 19)
    programme = programme_of(path)
    rendition = rung(programme, 128_000)
    numbers = list(range(timeline.count(programme, rendition)))
    forward = digests([path], programme, rendition, numbers)
    random.Random(3).shuffle(numbers)
    assert digests([path], programme, rendition, numbers) == forward
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        elsewhere = pool.apply(digests, ([path], programme, rendition, numbers[:3]))
    assert elsewhere == {number: forward[number] for number in numbers[:3]}


def test_an_open_descriptor_gives_the_same_bytes_as_a_path(tmp_path: Path):
    path = make(tmp_path, "mp3-vbr", 9)
    programme = programme_of(path)
    rendition = rung(programme, 128_000)
    fd = os.open(path, os.O_RDONLY)
    try:
        by_descriptor = encode.segment([Source(fd=fd)], programme, rendition, 1)
    finally:
        os.close(fd)
    assert by_descriptor == segment([path], programme, rendition, 1)


def test_a_track_cut_in_three_plays_as_one(tmp_path: Path):
    sound = sounds.music(30 * 44_100, 44_100)
    edges = [0, 300_007, 300_111, 801_235, sound.shape[1]]
    kind = sounds.KINDS["flac"]
    whole = sounds.write(tmp_path / "whole.flac", kind, sound, 44_100)
    parts = [
        sounds.write(tmp_path / f"{place}.flac", kind, sound[:, begin:end], 44_100)
        for place, (begin, end) in enumerate(pairwise(edges))
    ]
    one, several = programme_of(whole), programme_of(*parts)
    rendition = rung(one, MOST)
    assert rung(several, MOST) == rendition
    assert encode.init(several, rendition) == encode.init(one, rendition)
    reaches = []
    for number in range(timeline.count(one, rendition)):
        reaches.append(len(encode.reach(several, rendition, number)))
        joined = segment(parts, several, rendition, number)
        assert joined == segment([whole], one, rendition, number)
    assert max(reaches) == 3
    assert min(reaches) == 1


@pytest.mark.parametrize(
    ("name", "rate"), [("flac", 44_100), ("mp3-vbr", 44_100), ("flac", 96_000)]
)
def test_parts_of_one_file_play_as_the_uncut_file(tmp_path: Path, name: str, rate: int):
    """Whether or not its samples have to be resampled."""
    sound = sounds.music(20 * rate, rate)
    path = sounds.write(tmp_path / f"whole.{name}", sounds.KINDS[name], sound, rate)
    one = programme_of(path)
    (item,) = one.items
    edges = [0, 200_003, 200_112, 551_237, None]
    parts = Programme(
        tuple(
            programmes.Item(f"{item.key}-{place}", item.facts, begin or 0, end)
            for place, (begin, end) in enumerate(pairwise(edges))
        )
    )
    rendition = rung(one, MOST)
    assert programmes.samples(parts, rendition.sample_rate) == programmes.samples(
        one, rendition.sample_rate
    )
    assert sum(map(programmes.duration, parts.items)) == pytest.approx(item.facts.duration)
    assert encode.init(parts, rendition) == encode.init(one, rendition)
    for number in range(timeline.count(one, rendition)):
        joined = segment([path] * 4, parts, rendition, number)
        assert joined == segment([path], one, rendition, number)


def test_part_alone_is_its_range_of_the_file(tmp_path: Path):
    path = make(tmp_path, "flac", 9)
    (item,) = programme_of(path).items
    part = Programme((programmes.Item("part", item.facts, 88_211, 190_000),))
    rendition = rung(part, MOST)
    assert programmes.samples(part, rendition.sample_rate) == 190_000 - 88_211
    heard = mix.sound([Source(path=os.fsencode(path))], part, rendition, -10, 101_800)
    whole = pcm.read(Source(path=os.fsencode(path)), item.facts, 88_211, 190_000)
    assert (heard[:, 10 : 10 + whole.shape[1]] == whole).all()
    assert not heard[:, :10].any()
    assert not heard[:, 10 + whole.shape[1] :].any()


def test_part_that_begins_past_the_end_of_its_file_is_silent(tmp_path: Path):
    path = make(tmp_path, "flac", 2)
    (item,) = programme_of(path).items
    part = Programme((programmes.Item("gone", item.facts, 10**9, None),))
    assert programmes.samples(part, 44_100) == 0
    assert programmes.duration(part.items[0]) == 0


def test_files_of_all_kinds_play_one_after_another(tmp_path: Path, ffmpeg: str):
    paths = [
        make(tmp_path, "mp3-cbr", 3.1, 22_050, "mono"),
        make(tmp_path, "flac", 4.2, 48_000, "5.1"),
        make(tmp_path, "vorbis", 5.3, 44_100, "stereo"),
    ]
    programme = programme_of(*paths)
    rendition = rung(programme, MOST)
    assert (rendition.sample_rate, rendition.channels) == (48_000, 2)
    heard = decoded(ffmpeg, streamed(paths, programme, rendition), 2)
    samples = programmes.samples(programme, 48_000)
    assert heard.shape[1] == (-(-samples // 1024) + 1) * 1024
    for path, item, (begin, end) in zip(
        paths, programme.items, programmes.placed(programme, 48_000), strict=True
    ):
        if item.facts.channels == 6:
            continue
        want = pcm.read(Source(path=bytes(path)), item.facts, 0, item.facts.samples)
        want = resampled(want, item.facts.sample_rate, 48_000)[:, : end - begin]
        got = heard[:, 1024 + begin : 1024 + begin + want.shape[1]]
        assert snr(got, np.broadcast_to(want, got.shape)) > 15


@pytest.mark.parametrize(
    "cut",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[: len(data) // 3] + bytes(len(data)),
    ],
    ids=["cut off", "zeroed"],
)
def test_a_damaged_file_still_gives_whole_segments(
    tmp_path: Path, ffmpeg: str, cut: Callable[[bytes], bytes]
):
    path = make(tmp_path, "mp3-cbr", 9)
    programme = programme_of(path)
    rendition = rung(programme, 128_000)
    path.write_bytes(cut(path.read_bytes()))
    heard = decoded(ffmpeg, streamed([path], programme, rendition), 2)
    assert heard.shape[1] == timeline.packets(programme, rendition) * 1024
    assert np.abs(heard).max() > 0.05
    assert np.abs(heard[:, -100_000:]).max() < 0.001


def test_what_cannot_be_had_is_said(tmp_path: Path):
    path = make(tmp_path, "flac", 3)
    programme = programme_of(path)
    rendition = rung(programme, 128_000)
    with pytest.raises(NotFound):
        segment([path], programme, rendition, 99)
    path.write_bytes(b"nothing to be heard here" * 9)
    with pytest.raises(MediaError):
        segment([path], programme, rendition, 0)
    path.unlink()
    with pytest.raises(NotFound):
        segment([path], programme, rendition, 0)


def test_identity_tells_versions_and_options():
    facts = Facts("flac", "flac", 44_100, 2, "stereo", 1, True)
    rungs = ladder.every([facts])
    low, middle, high = (ladder.named(rungs, f"aac-{kbit}") for kbit in (64, 128, 256))
    assert "aac_coder=twoloop" in encode.identity(low)
    assert "aac_is=0" in encode.identity(middle)
    assert encode.identity(middle) == encode.identity(high)
    assert av.__version__ in encode.identity(high)


def test_every_wrapping_holds_the_same_packets(tmp_path: Path):
    path = make(tmp_path, "flac", 7)
    programme = programme_of(path)
    made = {one.name: one for one in ladder.every([item.facts for item in programme.items])}
    cut = timeline.segment(programme, made["aac-128"], 1)
    bare = encode.packets(
        [Source(path=bytes(path))], programme, made["aac-128"], cut.first_packet, cut.end_packet
    )
    in_mp4, in_ts, in_packed = (
        segment([path], programme, made[f"aac-128{wrapping}"], 1)
        for wrapping in ("", "-ts", "-packed")
    )
    assert in_mp4.endswith(b"".join(bare))
    for data, form in ((in_ts, "mpegts"), (in_packed, "aac")):
        with av.open(io.BytesIO(data), format=form) as media:
            framed = [bytes(packet) for packet in media.demux(media.streams.audio[0])]
        assert [frame[7:] for frame in framed if frame] == bare
    assert in_packed.startswith(b"ID3")
    # both begin one packet before the first sample that they present
    time = 90_000 + round((cut.first_packet - 1) * 1024 * 90_000 / 44_100)
    assert int.from_bytes(in_packed[65:73], "big") == time
    with av.open(io.BytesIO(in_ts), format="mpegts") as media:
        assert next(media.demux(media.streams.audio[0])).pts == time


def test_only_fragmented_mp4_has_an_init_segment(tmp_path: Path):
    path = make(tmp_path, "flac", 1)
    programme = programme_of(path)
    for one in ladder.every([item.facts for item in programme.items]):
        if one.container == "fmp4":
            assert encode.init(programme, one)[4:8] == b"ftyp"
        else:
            with pytest.raises(BadInput):
                encode.init(programme, one)


@pytest.mark.parametrize("name", ["mp3-cbr", "mp3-vbr", "vorbis", "opus", "flac-ogg", "wavpack"])
def test_segments_are_the_same_bytes_before_the_index_is_there(tmp_path: Path, name: str):
    """Of files whose header tells how long they are: they are played before they are read."""
    path = make(tmp_path, name, 21.3, 48_000 if name == "opus" else 44_100)
    source = Source(path=bytes(path))
    (read,) = probe.read([source], [path.name])
    assert isinstance(read, probe.Read)
    assert read.facts.samples_exact
    assert read.facts.lacks_index
    known = measure.measure(source, read.facts)
    assert known.samples == read.facts.samples
    indexed = sounds.with_facts(read.facts, index=known.index)
    assert not indexed.lacks_index
    before, after = (Programme((Item(name, facts),)) for facts in (read.facts, indexed))
    assert ladder.copy(before) is None
    offered = ladder.every(programmes.facts(before))
    assert offered == ladder.every(programmes.facts(after))
    for rendition in (ladder.named(offered, one) for one in ("aac-128", "opus-96", "flac")):
        count = timeline.count(before, rendition)
        for number in (0, 1, count // 2, count - 1):
            made = encode.segment([source], before, rendition, number)
            assert made == encode.segment([source], after, rendition, number)
            assert keys.segment(before, rendition, number) == keys.segment(after, rendition, number)


@pytest.mark.parametrize("name", ["wav-s16", "aiff", "flac", "alac", "tta"])
def test_files_whose_times_are_exact_need_no_index(tmp_path: Path, name: str):
    path = make(tmp_path, name, 1)
    (read,) = probe.read([Source(path=bytes(path))], [path.name])
    assert isinstance(read, probe.Read)
    assert read.facts.samples_exact
    assert not read.facts.lacks_index
