"""Small libraries for the stories, made once and copied."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import mutagen
import numpy as np
from numpy.typing import NDArray

RATE = 44_100
# suffix → encoder, sample format, container
KINDS = {
    "flac": ("flac", "s16", "flac"),
    "mp3": ("libmp3lame", "fltp", "mp3"),
    "ogg": ("vorbis", "fltp", "ogg"),
    "m4a": ("aac", "fltp", "ipod"),
    "opus": ("libopus", "flt", "ogg"),
    "wav": ("pcm_s16le", "s16", "wav"),
    "aiff": ("pcm_s16be", "s16", "aiff"),
    "alac.m4a": ("alac", "s16p", "ipod"),
    "wma": ("wmav2", "fltp", "asf"),
    "wv": ("wavpack", "fltp", "wv"),
    "aac": ("aac", "fltp", "adts"),
}


def tune(seconds: float, *, seed: int = 0, rate: int = RATE) -> NDArray[np.float32]:
    """Stereo sound [2, n] that is nowhere silent nor periodic: a drifting chord with some noise."""
    count = int(seconds * rate)
    at = np.arange(count) / rate
    noise = np.random.default_rng(seed)
    base = 110 * 2 ** (seed % 12 / 12)
    left = sum(
        np.sin(2 * np.pi * base * k * at + 3 * np.sin(2 * np.pi * 0.31 * k * at)) / k
        for k in range(1, 6)
    )
    right = sum(np.sin(2 * np.pi * base * 1.5 * k * at + k) / k for k in range(1, 6))
    both = 0.12 * np.stack([left, right]) + 0.01 * noise.standard_normal((2, count))
    return both.astype(np.float32)


def write(path: Path, sound: NDArray[np.float32], *, rate: int = RATE) -> Path:
    """Encodes [channels, n] into a file by its suffix (KINDS)."""
    kind = "alac.m4a" if path.name.endswith(".alac.m4a") else path.suffix[1:]
    encoder, form, container = KINDS[kind]
    layout = "mono" if sound.shape[0] == 1 else "stereo"
    with av.open(str(path), "w", format=container) as media:
        stream = media.add_stream(encoder, rate=rate, options={"strict": "experimental"})
        stream.codec_context.layout = layout
        stream.codec_context.format = form
        if "pcm" not in encoder and encoder not in ("flac", "alac", "wavpack"):
            stream.codec_context.bit_rate = 192_000
        resampler = av.AudioResampler(format=form, layout=layout, rate=rate)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound), format="fltp", layout=layout
        )
        frame.sample_rate = rate
        frame.pts, frame.time_base = 0, Fraction(1, rate)
        size = stream.codec_context.frame_size or 4096
        fifo = av.AudioFifo()
        for part in resampler.resample(frame):
            fifo.write(part)
        for part in fifo.read_many(size):
            media.mux(stream.encode(part))
        rest = fifo.read()
        if rest is not None:
            media.mux(stream.encode(rest))
        media.mux(stream.encode(None))
    return path


def tag(path: Path, **tags: str) -> None:
    file = mutagen.File(path, easy=True)
    assert file is not None
    if file.tags is None:
        file.add_tags()
    for key, value in tags.items():
        file[key] = value
    file.save()


def small_library(folder: Path, *, seconds: float = 12.0, kinds: Sequence[str] = ()) -> Path:
    """Two albums of three tracks each, FLAC and lossy, tagged."""
    albums = (
        ("Ada Lovelace", "Notes on the Engine", ("flac", "mp3", "ogg")),
        ("Þórunn Ásmundsdóttir", "Á meðan", ("flac", "mp3", "m4a")),
    )
    for number, (artist, album, suffixes) in enumerate(albums):
        place = folder / artist / album
        place.mkdir(parents=True)
        for index, suffix in enumerate(kinds or suffixes):
            title = f"Movement {index + 1}"
            path = place / f"{index + 1:02} {title}.{suffix}"
            write(path, tune(seconds, seed=10 * number + index))
            tag(
                path,
                title=title,
                artist=artist,
                album=album,
                albumartist=artist,
                tracknumber=f"{index + 1}",
                date=f"{1990 + number}",
                genre="Chamber" if number else "Electronic",
            )
    return folder
