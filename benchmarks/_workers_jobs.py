"""What `benchmarks.workers` has done in a worker and in the server's own process."""

from __future__ import annotations

from homestream.media import source
from homestream.media.source import Source

JOBS = tuple(f"benchmarks.workers_jobs:{name}" for name in ("echo", "open_all", "decode"))


def echo(payload: bytes) -> bytes:
    return payload


def open_all(files: list[Source]) -> list[int]:
    """The sample rate of each."""
    rates = []
    for file in files:
        with source.opened(file) as media:
            rates.append(source.audio_stream(media).sample_rate)
    return rates


def decode(file: Source) -> int:
    """How many samples there are."""
    with source.opened(file) as media:
        stream = source.audio_stream(media)
        return sum(frame.samples for frame in media.decode(stream))
