"""Segments that were made one by one are one transport stream, as FFmpeg reads it."""

from __future__ import annotations

import io
from functools import cache
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.formats import mpegts

PACKET = 188
TRACK = 0x100


@cache
def frames(kind: str, count: int = 60) -> tuple[list[bytes], int, int]:
    """Frames as they lie in a file, how many samples each holds, and their rate."""
    encoder, form, samples = {"aac": ("aac", "adts", 1024), "mp3": ("libmp3lame", "mp3", 1152)}[
        kind
    ]
    target = io.BytesIO()
    with av.open(target, "w", format=form, options={"write_xing": "0", "id3v2_version": "0"}) as m:
        stream = m.add_stream(encoder, rate=44_100)
        stream.codec_context.layout = "stereo"
        noise = np.random.default_rng(1).normal(0, 0.1, (2, samples * count)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = 44_100, 0
        m.mux(stream.encode(frame))
        m.mux(stream.encode(None))
    data = target.getvalue()
    with av.open(io.BytesIO(data), format="aac" if kind == "aac" else "mp3") as media:
        found = [bytes(packet) for packet in media.demux() if packet.size]
    return found, samples, 44_100


def segments(kind: str, cuts: list[int], start: int = 0, first: int = 0) -> list[bytes]:
    every, samples, rate = frames(kind)
    return [
        mpegts.segment(
            number=first + number,
            stream_type=mpegts.AAC if kind == "aac" else mpegts.MP3,
            start=start + begin * samples,
            frame_samples=samples,
            sample_rate=rate,
            frames=every[begin:end],
        )
        for number, (begin, end) in enumerate(pairwise(cuts))
    ]


def packets(data: bytes) -> list[bytes]:
    assert len(data) % PACKET == 0
    return [data[at : at + PACKET] for at in range(0, len(data), PACKET)]


def counters(data: bytes) -> dict[int, list[int]]:
    """The continuity counters of each PID."""
    found: dict[int, list[int]] = {}
    for packet in packets(data):
        assert packet[0] == 0x47
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        found.setdefault(pid, []).append(packet[3] & 15)
    return found


@pytest.mark.parametrize("kind", ["aac", "mp3"])
def test_ffmpeg_finds_every_frame_at_its_time(kind: str):
    every, samples, rate = frames(kind)
    data = b"".join(segments(kind, [0, 17, 40, 60], start=-samples))
    with av.open(io.BytesIO(data), format="mpegts") as media:
        stream = media.streams.audio[0]
        assert stream.codec_context.name.startswith(kind)
        found = [packet for packet in media.demux(stream) if packet.size]
        assert [bytes(packet) for packet in found] == every[:60]
        for number, packet in enumerate(found):
            assert packet.pts is not None
            time = mpegts.ticks((number - 1) * samples, rate)
            # within a PES packet FFmpeg counts on by itself, in whole ticks
            assert abs(packet.pts - time) <= 4
        assert found[0].pts == mpegts.CLOCK - round(samples * mpegts.CLOCK / rate)


@given(cuts=st.lists(st.integers(1, 59), min_size=1, max_size=6, unique=True).map(sorted))
def test_counters_go_on_over_every_join(cuts: list[int]):
    made = segments("aac", [0, *cuts, 60])
    assert all(counters(one)[TRACK][-1] == 15 for one in made)
    found = counters(b"".join(made))
    for pid in (0, 0x1000, TRACK):
        assert all(b == (a + 1) % 16 for a, b in pairwise(found[pid])), pid


def test_a_clock_reference_comes_at_least_ten_times_a_second():
    found = []
    for packet in packets(segments("aac", [0, 60])[0]):
        if packet[3] & 0x20 and packet[4] and packet[5] & 0x10:
            found.append(int.from_bytes(packet[6:11], "big") >> 7)
    assert found[0] < mpegts.CLOCK
    assert all(0 < b - a <= mpegts.CLOCK / 10 for a, b in pairwise(found))


def test_time_begins_again_after_26_hours_and_a_half():
    _, samples, rate = frames("aac")
    wrapped = (mpegts.WRAP - mpegts.CLOCK) * rate // mpegts.CLOCK
    start = wrapped - 20 * samples
    times = [mpegts.ticks(start + n * samples, rate) for n in range(60)]
    assert max(times) < mpegts.WRAP
    assert sum(b < a for a, b in pairwise(times)) == 1
    # a player that comes from before and one that comes after both find sound
    before, after = segments("aac", [0, 30, 60], start=start, first=14_000)
    for data, count in ((before, 30), (after, 30), (before + after, 60)):
        with av.open(io.BytesIO(data), format="mpegts") as media:
            found = [p for p in media.demux(media.streams.audio[0]) if p.size]
            assert len(found) == count
            assert all(0 < b.pts - a.pts <= 2_100 for a, b in pairwise(found))


def test_the_shortest_segment_is_still_a_stream():
    silence = b"\xff\xf1\x50\x80\x01\xbf\xfc\x21\x10\x04\x60\x8c\x1c"
    data = mpegts.segment(
        number=0,
        stream_type=mpegts.AAC,
        start=-1024,
        frame_samples=1024,
        sample_rate=44_100,
        frames=[silence],
    )
    with av.open(io.BytesIO(data), format="mpegts") as media:
        assert len([p for p in media.demux(media.streams.audio[0]) if p.size]) == 1
