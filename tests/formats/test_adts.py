"""A packet behind the header that we write is the frame that FFmpeg writes."""

from __future__ import annotations

import io

import av
import pytest

from homestream.errors import BadInput
from homestream.formats import adts, fmp4, packed


@pytest.mark.parametrize("rate", [48_000, 44_100, 22_050, 8_000])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_the_header_says_what_ffmpegs_says(rate: int, layout: str):
    target = io.BytesIO()
    with av.open(target, "w", format="adts") as media:
        stream = media.add_stream("aac", rate=rate)
        stream.codec_context.layout = layout
        frame = av.AudioFrame(format="fltp", layout=layout, samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts = rate, 0
        kept = [*stream.encode(frame), *stream.encode(None)]
        raw = [bytes(packet) for packet in kept]
        media.mux(kept)
    config = fmp4.audio_specific_config(rate, 1 if layout == "mono" else 2)
    ours = b"".join(adts.frame(config, packet) for packet in raw)
    assert target.getvalue() == ours
    with av.open(io.BytesIO(ours), format="aac") as media:
        context = media.streams.audio[0].codec_context
        assert (context.sample_rate, context.layout.name) == (rate, layout)
        assert b"".join(bytes(packet) for packet in media.demux()) == ours


@pytest.mark.parametrize(
    ("config", "size"),
    [
        (b"\x2a\x10", 10),  # SBR told beforehand
        (b"\x12", 10),
        (b"\x17\x90", 10),  # a rate without a number
        (b"\x12\x00", 10),  # a layout without a number
        (b"\x12\x10", 8_192),
    ],
)
def test_what_the_header_cannot_say_is_refused(config: bytes, size: int):
    with pytest.raises(BadInput):
        adts.frame(config, bytes(size))


def test_packed_audio_tells_when_it_begins():
    made = packed.segment(start=44_100 * 60, sample_rate=44_100, frames=[b"one", b"two"])
    assert made == (
        b"ID3\x04\x00\x00\x00\x00\x00\x3f"
        b"PRIV\x00\x00\x00\x35\x00\x00com.apple.streaming.transportStreamTimestamp\x00"
        + (61 * 90_000).to_bytes(8, "big")
        + b"onetwo"
    )


def test_packed_time_has_33_bits():
    made = packed.segment(start=48_000 * 3600 * 27, sample_rate=48_000, frames=[])
    assert int.from_bytes(made[-8:], "big") == (3600 * 27 + 1) * 90_000 - 2**33
