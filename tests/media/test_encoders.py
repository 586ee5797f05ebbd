"""Every rendition, encoded in segments, is what it would be encoded as one.

Debian's ffmpeg decodes it, as a client that shares nothing with the encoder.
"""

from __future__ import annotations

import random
import wave
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest

from homestream.media import encode, ladder, measure, pcm, probe, timeline
from homestream.media import programme as programmes
from homestream.media.facts import Facts
from homestream.media.ladder import Rendition
from homestream.media.programme import Item, Programme
from homestream.media.source import Source
from tests import sounds
from tests.media.test_encode import Sound, decoded, ffmpeg, resampled, segment, snr, streamed

__all__ = ["ffmpeg"]

SECONDS = 13.7


def made(
    folder: Path, kind: str, rate: int, layout: str = "stereo", depth: int | None = None
) -> tuple[Path, Programme]:
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    sound = sounds.music(round(SECONDS * rate), rate, channels)
    path = sounds.write(folder / f"a.{kind}", sounds.KINDS[kind], sound, rate, layout)
    facts = sounds.with_facts(sounds.facts_of(path), bit_depth=depth)
    return path, Programme((Item(path.name, facts),))


def facts_of(programme: Programme) -> Facts:
    return programme.items[0].facts


def one_of(programme: Programme, name: str) -> Rendition:
    return ladder.named(ladder.every([facts_of(programme)]), name)


def canonical(path: Path, programme: Programme) -> Sound:
    facts = facts_of(programme)
    return pcm.read(Source(path=bytes(path)), facts, 0, facts.samples)


def packets(
    path: Path, programme: Programme, rendition: Rendition, first: int, end: int
) -> list[bytes]:
    return encode.packets([Source(path=bytes(path))], programme, rendition, first, end)


@pytest.mark.parametrize(
    ("kind", "rate", "layout", "depth"),
    [
        ("flac", 44_100, "stereo", 16),
        ("flac", 22_050, "mono", 16),
        ("flac-24", 96_000, "stereo", 24),
        ("flac-24", 192_000, "mono", 24),
        ("wav-s24", 384_000, "mono", 24),
        ("flac-24", 48_000, "5.1", 24),
        ("alac", 44_100, "stereo", None),
        ("mp3-vbr", 44_100, "stereo", None),
    ],
)
def test_flac_gives_back_every_bit(
    tmp_path: Path, ffmpeg: str, kind: str, rate: int, layout: str, depth: int | None
):
    path, programme = made(tmp_path, kind, rate, layout, depth)
    flac = one_of(programme, "flac")
    assert (flac.sample_rate, flac.channels) == (rate, facts_of(programme).channels)
    heard = decoded(ffmpeg, streamed([path], programme, flac), flac.channels)
    want = canonical(path, programme)
    if not facts_of(programme).lossless:
        want = np.rint(want * (1 << 15)) / (1 << 15)
    np.testing.assert_array_equal(heard, want)


def test_flac_keeps_eight_channels(tmp_path: Path, ffmpeg: str):
    path = tmp_path / "a.wav"
    sound = np.round(sounds.music(4 * 48_000, 48_000, 8) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(8)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(np.ascontiguousarray(sound.T).tobytes())
    facts = sounds.with_facts(sounds.facts_of(path), bit_depth=16, layout="7.1")
    programme = Programme((Item("a", facts),))
    flac = one_of(programme, "flac")
    assert flac.channels == 8
    heard = decoded(ffmpeg, streamed([path], programme, flac), 8)
    np.testing.assert_array_equal(heard, sound / np.float32(1 << 15))


@pytest.mark.parametrize("name", ["opus-64", "opus-96", "opus-128", "opus-192"])
def test_opus_is_heard_from_its_first_sample(tmp_path: Path, ffmpeg: str, name: str):
    path, programme = made(tmp_path, "flac", 44_100)
    opus = one_of(programme, name)
    data = streamed([path], programme, opus)
    heard = decoded(ffmpeg, data, 2)
    assert heard.shape[1] == timeline.packets(programme, opus) * 960 - opus.priming
    want = resampled(canonical(path, programme), 44_100, 48_000)
    got = heard[:, : want.shape[1]]
    assert snr(got, want) > 7
    assert snr(got, want) > snr(got[:, 1:], want[:, :-1]) + 0.5
    assert len(data) * 8 / SECONDS < opus.bandwidth


def test_opus_is_joined_as_well_as_if_it_were_never_cut(tmp_path: Path, ffmpeg: str):
    path, programme = made(tmp_path, "flac", 48_000)
    opus = one_of(programme, "opus-96")
    want = canonical(path, programme)
    total = timeline.packets(programme, opus)
    # many more joins than there are in a stream of that length
    edges = [*range(0, total, 40), total]

    def error_at_joins(parts: list[bytes]) -> float:
        data = encode.init(programme, opus) + encode.fmp4.segment(
            sequence=1, decode_time=0, packet_samples=960, packets=parts
        )
        heard = decoded(ffmpeg, data, 2)[:, : want.shape[1]]
        error = np.sum((heard - want) ** 2, axis=0)
        joins = [edge * 960 - opus.priming for edge in edges[1:-1]]
        return float(np.mean([error[join - 480 : join + 960].mean() for join in joins]))

    whole = packets(path, programme, opus, 0, total)
    joined = [
        packet
        for first, end in pairwise(edges)
        for packet in packets(path, programme, opus, first, end)
    ]
    assert len(joined) == len(whole) == total
    ratio = error_at_joins(joined) / error_at_joins(whole)
    assert 10 * np.log10(ratio) < 0.3


@pytest.mark.parametrize(
    ("name", "rate", "layout"),
    [
        ("mp3-128", 44_100, "stereo"),
        ("mp3-320", 44_100, "stereo"),
        ("mp3-192", 48_000, "stereo"),
        ("mp3-64", 22_050, "mono"),
        ("mp3-64", 11_025, "mono"),
    ],
)
def test_mp3_is_the_same_to_the_byte_wherever_it_is_cut(
    tmp_path: Path, ffmpeg: str, name: str, rate: int, layout: str
):
    path, programme = made(tmp_path, "flac", rate, layout)
    mp3 = one_of(programme, name)
    total = timeline.packets(programme, mp3)
    whole = packets(path, programme, mp3, 0, total)
    joined: list[bytes] = []
    for cut in timeline.segments(programme, mp3):
        joined += packets(path, programme, mp3, cut.first_packet, cut.end_packet)
    assert joined == whole
    for first in [1, 7, 100, total - 3]:
        assert packets(path, programme, mp3, first, first + 2) == whole[first : first + 2]
    heard = decoded(ffmpeg, b"".join(whole), mp3.channels)
    want = canonical(path, programme)
    got = heard[:, mp3.priming :][:, : want.shape[1]]
    assert got.shape == want.shape
    assert snr(got, want) > 9
    assert len(b"".join(whole)) * 8 / (total * mp3.frame / rate) < mp3.bandwidth


@pytest.mark.parametrize("name", ["opus-64", "mp3-128", "flac", "aac-96", "aac-320"])
def test_packets_are_the_same_in_any_order(tmp_path: Path, name: str):
    path, programme = made(tmp_path, "vorbis", 44_100)
    rendition = one_of(programme, name)
    cuts = list(timeline.segments(programme, rendition))

    def each() -> dict[int, list[bytes]]:
        return {
            cut.number: packets(path, programme, rendition, cut.first_packet, cut.end_packet)
            for cut in cuts
        }

    forward = each()
    random.Random(5).shuffle(cuts)
    assert each() == forward


def test_flac_frames_are_numbered_through_the_whole_stream(tmp_path: Path):
    path, programme = made(tmp_path, "flac", 44_100, depth=16)
    flac = one_of(programme, "flac")
    total = timeline.packets(programme, flac)
    whole = packets(path, programme, flac, 0, total)
    assert [packet[4] for packet in whole[:128]] == list(range(len(whole[:128])))
    assert packets(path, programme, flac, 130, total) == whole[130:]


def test_the_last_packet_of_flac_ends_with_the_sound(tmp_path: Path):
    path, programme = made(tmp_path, "flac", 44_100, depth=16)
    flac = one_of(programme, "flac")
    last = timeline.count(programme, flac) - 1
    cut = timeline.segment(programme, flac, last)
    data = segment([path], programme, flac, last)
    rest = facts_of(programme).samples - (cut.end_packet - 1) * 4_096
    assert 0 < rest < 4_096
    assert rest.to_bytes(4) in data[: data.index(b"mdat")]


def test_flac_of_a_high_rate_is_there_at_a_usual_one(tmp_path: Path, ffmpeg: str):
    path, programme = made(tmp_path, "flac-24", 96_000, depth=24)
    flac = one_of(programme, "flac-48")
    heard = decoded(ffmpeg, streamed([path], programme, flac), 2)
    want = resampled(canonical(path, programme), 96_000, 48_000)[:, : heard.shape[1]]
    assert heard.shape[1] == programmes.samples(programme, 48_000)
    assert snr(heard, want) > 100


COPIED = {
    "mp3-cbr": 44_100,
    "mp3-vbr": 48_000,
    "mp3-bare": 22_050,
    "aac-m4a": 44_100,
    "aac-adts": 48_000,
    "opus": 48_000,
    "flac": 44_100,
    "flac-24": 96_000,
}


def found(path: Path) -> Programme:
    """A file as a scan finds it, its index made."""
    (read,) = probe.read([Source(path=bytes(path))], [path.name])
    assert isinstance(read, probe.Read)
    known = measure.measure(Source(path=bytes(path)), read.facts)
    facts = sounds.with_facts(
        read.facts, samples=known.samples, samples_exact=True, index=known.index
    )
    return Programme((Item(path.name, facts),))


@pytest.mark.parametrize("kind", COPIED)
def test_a_copy_is_the_files_own_packets_and_sounds_like_it(tmp_path: Path, ffmpeg: str, kind: str):
    path, _ = made(tmp_path, kind, COPIED[kind])
    programme = found(path)
    copied = ladder.copy(programme)
    assert copied is not None
    cuts = list(timeline.segments(programme, copied))
    parts = [packets(path, programme, copied, cut.first_packet, cut.end_packet) for cut in cuts]
    facts = facts_of(programme)
    own = pcm.raw_packets(Source(path=bytes(path)), facts, -(10**9), facts.samples)
    assert list(chain.from_iterable(parts)) == [packet.data for packet in own]
    want = canonical(path, programme)
    if copied.container == "packed":
        data = b"".join(chain.from_iterable(parts))
    else:
        data = streamed([path], programme, copied)
    heard = decoded(ffmpeg, data, 2)
    # what a player skips of Opus by itself, and of the others by the edit list
    skipped = 0 if facts.codec == "opus" else copied.priming
    got = heard[:, skipped:][:, : want.shape[1]]
    assert got.shape == want.shape
    if facts.lossless:
        np.testing.assert_array_equal(got, want)
    else:
        np.testing.assert_allclose(got[:, 5_000:], want[:, 5_000:], atol=1e-4)


def test_segments_of_a_copy_tell_the_time_of_their_packets(tmp_path: Path):
    path, _ = made(tmp_path, "aac-m4a", 44_100)
    programme = found(path)
    copied = ladder.copy(programme)
    assert copied is not None
    for cut in timeline.segments(programme, copied):
        data = segment([path], programme, copied, cut.number)
        at = data.index(b"tfdt") + 8
        assert int.from_bytes(data[at : at + 8]) == cut.first_packet * 1_024
