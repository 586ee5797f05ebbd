"""Files as they are: who may have them, and what they are called."""

from __future__ import annotations

from typing import Final

from homestream.media.facts import Facts
from homestream.media.programme import Programme

# media type and ending, by FFmpeg's name of the container
_KINDS: Final = {
    "mp3": ("audio/mpeg", "mp3"),
    "flac": ("audio/flac", "flac"),
    "ogg": ("audio/ogg", "ogg"),
    "mov": ("audio/mp4", "m4a"),
    "wav": ("audio/wav", "wav"),
    "aiff": ("audio/aiff", "aiff"),
    "aac": ("audio/aac", "aac"),
    "matroska": ("audio/x-matroska", "mka"),
    "asf": ("audio/x-ms-wma", "wma"),
    "wv": ("audio/x-wavpack", "wv"),
    "ape": ("audio/x-ape", "ape"),
}


def kind(facts: Facts) -> tuple[str, str]:
    """The media type of such a file, and its ending."""
    return _KINDS.get(facts.container.split(",")[0], ("application/octet-stream", "bin"))


def is_whole(programme: Programme) -> bool:
    """Whether the programme is one file, all of it and as it is."""
    item = programme.items[0]
    plain = not (item.begin or item.gain or item.fade_in_ms or item.fade_out_ms)
    return len(programme.items) == 1 and plain and item.end is None


def may(programme: Programme, cap: int | None) -> bool:
    """Whether somebody who may have `cap` bit/s may have it."""
    if not is_whole(programme):
        return False
    bit_rate = programme.items[0].facts.bit_rate
    return cap is None or (bit_rate is not None and bit_rate <= cap)
