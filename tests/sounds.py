"""Sound files for tests, made by PyAV, and what is known of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from homestream.media import measure
from homestream.media.facts import Facts
from homestream.media.source import Source

_NAMES = {"mp3float": "mp3", "libopus": "opus"}


class Kind(NamedTuple):
    """How to write a file: its ending, encoder, muxer, and their options."""

    ending: str
    encoder: str
    muxer: str
    sample_format: str
    bit_rate: int | None = None
    options: dict[str, str] = {}  # noqa: RUF012
    muxer_options: dict[str, str] = {}  # noqa: RUF012


KINDS = {
    "wav-s16": Kind("wav", "pcm_s16le", "wav", "s16"),
    "wav-s24": Kind("wav", "pcm_s24le", "wav", "s32"),
    "aiff": Kind("aiff", "pcm_s16be", "aiff", "s16"),
    "flac": Kind("flac", "flac", "flac", "s16"),
    "flac-24": Kind("flac", "flac", "flac", "s32"),
    "alac": Kind("m4a", "alac", "ipod", "s16p"),
    "tta": Kind("tta", "tta", "tta", "s16"),
    "wavpack": Kind("wv", "wavpack", "wv", "s16p"),
    "mp3-cbr": Kind("mp3", "libmp3lame", "mp3", "fltp", 128_000),
    "mp3-vbr": Kind("mp3", "libmp3lame", "mp3", "fltp", None, {"q": "3", "flags": "+qscale"}),
    "mp3-bare": Kind("mp3", "libmp3lame", "mp3", "fltp", 128_000, {}, {"write_xing": "0"}),
    "aac-m4a": Kind("m4a", "aac", "ipod", "fltp", 128_000, {"aac_pns": "0"}),
    "aac-adts": Kind("aac", "aac", "adts", "fltp", 128_000, {"aac_pns": "0"}),
    "aac-ts": Kind("ts", "aac", "mpegts", "fltp", 128_000, {"aac_pns": "0"}),
    "aac-mka": Kind("mka", "aac", "matroska", "fltp", 128_000, {"aac_pns": "0"}),
    "vorbis": Kind("ogg", "vorbis", "ogg", "fltp", 112_000, {"strict": "-2"}),
    "opus": Kind("opus", "libopus", "ogg", "flt", 96_000),
    "opus-webm": Kind("webm", "libopus", "webm", "flt", 96_000),
    "wma": Kind("wma", "wmav2", "asf", "fltp", 128_000),
    "ac3": Kind("ac3", "ac3", "ac3", "fltp", 192_000),
    "wav-u8": Kind("wav", "pcm_u8", "wav", "u8"),
    "wav-s32": Kind("wav", "pcm_s32le", "wav", "s32"),
    "wav-f32": Kind("wav", "pcm_f32le", "wav", "flt"),
    "wav-f64": Kind("wav", "pcm_f64le", "wav", "dbl"),
    "wav-alaw": Kind("wav", "pcm_alaw", "wav", "s16"),
    "w64": Kind("w64", "pcm_s24le", "w64", "s32"),
    "caf": Kind("caf", "alac", "caf", "s16p"),
    "aiff-s24": Kind("aiff", "pcm_s24be", "aiff", "s32"),
    "flac-32": Kind(
        "flac", "flac", "flac", "s32", None, {"bits_per_raw_sample": "32", "strict": "-2"}
    ),
    "flac-ogg": Kind("oga", "flac", "ogg", "s16"),
    "flac-mka": Kind("mka", "flac", "matroska", "s16"),
    "flac-mp4": Kind("mp4", "flac", "mp4", "s16"),
    "alac-24": Kind("m4a", "alac", "ipod", "s32p"),
    "tta-24": Kind("tta", "tta", "tta", "s32"),
    "wavpack-24": Kind("wv", "wavpack", "wv", "s32p"),
    "wavpack-float": Kind("wv", "wavpack", "wv", "fltp"),
    "mp3-mka": Kind("mka", "libmp3lame", "matroska", "fltp", 128_000),
    "mp3-mp4": Kind("mp4", "libmp3lame", "mp4", "fltp", 128_000),
    "mp3-ts": Kind("ts", "libmp3lame", "mpegts", "fltp", 128_000),
    "mp2": Kind("mp2", "mp2", "mp2", "s16", 192_000),
    "vorbis-mka": Kind("mka", "vorbis", "matroska", "fltp", 112_000, {"strict": "-2"}),
    "opus-mp4": Kind("mp4", "libopus", "mp4", "flt", 96_000),
    "opus-voice": Kind("opus", "libopus", "ogg", "flt", 16_000, {"application": "voip"}),
    "opus-60": Kind("opus", "libopus", "ogg", "flt", 64_000, {"frame_duration": "60"}),
    "wma1": Kind("wma", "wmav1", "asf", "fltp", 128_000),
    "eac3": Kind("eac3", "eac3", "eac3", "fltp", 192_000),
    "aac-noise": Kind("m4a", "aac", "ipod", "fltp", 64_000),
}


def music(samples: int, sample_rate: int, channels: int = 2, seed: int = 1) -> NDArray[np.float32]:
    """Something like music, float32 [channels, samples], the same for the same arguments.

    Notes that begin suddenly over a moving chord with a bed of noise: hard enough for an
    encoder that a mistake at a join shows.
    """
    random = np.random.default_rng(seed)
    time = np.arange(samples) / sample_rate
    sound = np.zeros((channels, samples))
    for note in range(int(samples / sample_rate * 4) + 2):
        begin = int(note * sample_rate / 4)
        length = min(samples - begin, sample_rate)
        if length <= 0:
            break
        pitch = 110 * 2 ** (random.integers(0, 30) / 12)
        decay = np.exp(-np.arange(length) / sample_rate * random.uniform(3, 9))
        tone = sum(
            np.sin(2 * np.pi * pitch * harmonic * time[:length]) / harmonic
            for harmonic in range(1, 6)
            if pitch * harmonic < sample_rate * 0.45
        )
        hit = random.normal(0, 0.3, length) * np.exp(-np.arange(length) / sample_rate * 60)
        for channel in range(channels):
            gain = 0.5 + 0.5 * np.cos(note + channel)
            sound[channel, begin : begin + length] += 0.16 * gain * (tone * decay + hit)
    sound += random.normal(0, 0.004, sound.shape)
    return np.clip(sound, -0.98, 0.98).astype(np.float32)


def write(
    path: Path, kind: Kind, sound: NDArray[np.float32], sample_rate: int, layout: str = "stereo"
) -> Path:
    """Encode `sound` into a file; the path comes back."""
    with av.open(str(path), "w", format=kind.muxer, options=dict(kind.muxer_options)) as media:
        stream: Any = media.add_stream(kind.encoder, rate=sample_rate, options=dict(kind.options))
        stream.codec_context.layout = layout
        stream.codec_context.format = kind.sample_format
        if kind.bit_rate:
            stream.codec_context.bit_rate = kind.bit_rate
        for begin in range(0, sound.shape[1], 4096):
            part = np.ascontiguousarray(sound[:, begin : begin + 4096])
            if len(part) > 7:  # of which PyAV makes no planes
                part = np.ascontiguousarray(part.T).reshape(1, -1)
            form = "fltp" if len(part) > 1 or layout == "mono" else "flt"
            frame = av.AudioFrame.from_ndarray(part, format=form, layout=layout)
            frame.sample_rate = sample_rate
            frame.time_base = Fraction(1, sample_rate)
            frame.pts = begin
            media.mux(stream.encode(frame))
        media.mux(stream.encode(None))
    return path


def facts_of(path: Path, *, measured: bool = True) -> Facts:
    """What is known of a file after it was read through, or, not measured, from its header."""
    with av.open(str(path)) as media:
        stream = media.streams.audio[0]
        context = stream.codec_context
        codec = _NAMES.get(context.name, context.name)
        unit = stream.time_base or Fraction(1, context.sample_rate)
        facts = Facts(
            container=media.format.name,
            codec=codec,
            sample_rate=context.sample_rate,
            channels=context.channels,
            layout=context.layout.name,
            samples=round((stream.duration or 0) * unit * context.sample_rate),
            samples_exact=False,
        )
    if not measured:
        return facts
    found = measure.measure(Source(path=bytes(path)), facts)
    return with_facts(facts, samples=found.samples, samples_exact=True, index=found.index)


def with_facts(facts: Facts, **changes: Any) -> Facts:
    """The facts of another file that differs in `changes` alone."""
    return msgspec.structs.replace(facts, **changes)


def decode_once(path: Path) -> NDArray[np.float32]:
    """The canonical PCM of a file by one decode from its start, as far as it can be read, float32
    [channels, samples]."""
    parts = []
    with av.open(str(path)) as media:
        packets = media.demux(media.streams.audio[0])
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.FFmpegError):
                break
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                if frame.layout.nb_channels > 7:  # PyAV reads no more planes than these
                    packed = av.AudioResampler(frame.format.packed, frame.layout, frame.sample_rate)
                    frame.pts = None
                    (frame,) = packed.resample(frame)
                raw = frame.to_ndarray()
                if not frame.format.is_planar:
                    raw = raw.reshape(-1, frame.layout.nb_channels).T
                if raw.dtype == np.uint8:
                    raw = (raw.astype(np.float64) - 128) / 128
                elif raw.dtype.kind == "i":
                    raw = raw / np.float64(1 << (8 * raw.dtype.itemsize - 1))
                parts.append(raw.astype(np.float32))
    return np.concatenate(parts, axis=1)
