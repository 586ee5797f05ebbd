"""A file's own packets, each with the place of its sound in the canonical PCM."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from homestream.errors import MediaError
from homestream.media import frames, pcm
from homestream.media.source import Source, audio_stream, opened
from tests import sounds

SECONDS = 7
CASES = (
    "flac", "flac-24", "alac", "mp3-cbr", "mp3-vbr", "mp3-bare", "aac-m4a", "aac-adts", "aac-ts",
    "aac-mka", "vorbis", "opus", "opus-webm", "ac3",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packets")


def made(folder: Path, case: str, samples: int | None = None) -> Path:
    kind = sounds.KINDS[case]
    rate = 48_000 if "opus" in case else 44_100
    path = folder / f"{case}-{samples}.{kind.ending}"
    if not path.exists():
        sound = sounds.music(SECONDS * rate + 123 if samples is None else samples, rate)
        sounds.write(path, kind, sound, rate)
    return path


@pytest.mark.parametrize("case", CASES)
def test_a_packet_is_where_its_samples_are(folder: Path, case: str):
    path = made(folder, case)
    facts = sounds.facts_of(path)
    source = Source(path=bytes(path))
    packets = list(pcm.raw_packets(source, facts, -10_000, facts.samples))
    begun = exact = 0
    with opened(source, container=facts.container) as media:
        stream = audio_stream(media)
        length = frames.length(facts, stream)
        assert length is not None
        coming = [packet for packet in media.demux(stream) if packet.size]
        for packet, raw in zip(coming, packets, strict=False):
            given = sum(frame.samples for frame in stream.codec_context.decode(packet))
            assert raw.duration == length(packet)
            if given == raw.duration:  # neither skipped in front nor cut behind
                assert raw.place == begun
                exact += 1
            assert bytes(packet).endswith(raw.data)
            begun += given
    assert exact >= len(packets) - 2
    for one, other in itertools.pairwise(packets):
        assert one.place + one.duration == other.place
    assert packets[-1].place < facts.samples <= packets[-1].place + packets[-1].duration


@pytest.mark.parametrize("case", CASES)
def test_ranges_side_by_side_give_every_packet_once(folder: Path, case: str):
    path = made(folder, case)
    facts = sounds.facts_of(path)
    source = Source(path=bytes(path))
    whole = list(pcm.raw_packets(source, facts, -10_000, facts.samples + 10_000))
    chance = random.Random(case)
    cuts = sorted(chance.sample(range(-3_000, facts.samples + 3_000), 12))
    cuts = [-10_000, *cuts, facts.samples + 10_000]
    parts = [
        packet
        for first, last in itertools.pairwise(cuts)
        for packet in pcm.raw_packets(source, facts, first, last)
    ]
    assert parts == whole


@pytest.mark.parametrize("case", ["mp3-cbr", "aac-m4a", "aac-adts", "opus", "vorbis", "aac-mka"])
def test_the_numbers_of_an_index_are_ends_of_packets(folder: Path, case: str):
    facts = sounds.facts_of(made(folder, case))
    source = Source(path=bytes(made(folder, case)))
    index = pcm.PacketIndex.unpack(facts.index)
    places = {packet.place for packet in pcm.raw_packets(source, facts, 0, facts.samples)}
    inside = {int(each) for each in index.samples if 0 < each < facts.samples}
    assert len(inside) >= SECONDS - 2
    assert inside <= places


@pytest.mark.parametrize("case", ["mp3-cbr", "aac-m4a", "flac", "alac", "opus"])
@pytest.mark.parametrize("samples", [100, 700, 3_000])
def test_packets_of_tiny_files_are_all_there(folder: Path, case: str, samples: int):
    path = made(folder, case, samples)
    facts = sounds.facts_of(path)
    packets = list(pcm.raw_packets(Source(path=bytes(path)), facts, -10_000, facts.samples))
    last = packets[-1]
    assert packets[0].place <= 0
    assert last.place < facts.samples <= last.place + last.duration


@pytest.mark.parametrize("case", ["wma", "wavpack", "wav-s16"])
def test_packets_that_do_not_tell_their_length_are_refused(folder: Path, case: str):
    path = made(folder, case)
    facts = sounds.facts_of(path)
    with pytest.raises(MediaError):
        list(pcm.raw_packets(Source(path=bytes(path)), facts, 0, facts.samples))


def test_without_an_index_the_packets_are_counted_from_the_start(folder: Path):
    path = made(folder, "mp3-vbr")
    facts = sounds.facts_of(path)
    source = Source(path=bytes(path))
    bare = sounds.with_facts(facts, index=b"")
    assert list(pcm.raw_packets(source, bare, 200_000, 220_000)) == list(
        pcm.raw_packets(source, facts, 200_000, 220_000)
    )
