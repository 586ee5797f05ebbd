"""Whether two sounds are one recording that was encoded twice. Values in, values out.

Measured with 128 kbit/s MP3, 96 kbit/s Opus and others against their sources: 2 to 13 % of the
bits of two prints differ; between any two other sounds it is 42 % and more. What is between is
another recording that has much in common (an instrumental version, an edit), so the sound must
agree in each part of the print, and the course of its level over the whole track.
"""

from __future__ import annotations

import re
from itertools import groupby
from math import log10
from typing import Final

import msgspec

MOST_DIFFERENT: Final = 0.20  # of all bits
MOST_DIFFERENT_PART: Final = 0.30  # of the bits in any part
_PART: Final = 40  # frames: ten seconds
_FRAME: Final = 4  # bytes
_FEWEST_FRAMES: Final = 40
_FURTHEST: Final = 6  # frames by which one print may begin later
NEAR_MS: Final = 350  # encoders add up to 0.1 s
KEYS: Final = 24  # frames of a print to find it by
_LEVEL_STEPS: Final = 240  # at most
_LEVEL_STEP_MS: Final = 500  # at least
_LEVEL_OFF: Final = 3.0  # dB, beyond what one is louder than the other all the time
_MOST_OFF: Final = 0.03  # of the steps
_MOST_OFF_IN_A_ROW: Final = 3
_QUIET: Final = 40.0  # dB below the loudest step: there codecs differ
# Words that tell one recording of a piece from another. "Remastered" does not.
_VERSIONS: Final = frozenset(
    {
        *("live", "remix", "rmx", "edit", "instrumental", "acoustic", "demo", "karaoke", "mono"),
        *("stereo", "radio", "extended", "clean", "explicit", "unplugged", "take", "mix", "dub"),
        *("acapella", "cappella", "session", "sessions", "rehearsal", "alternate", "outtake"),
        *("alternative", "reprise", "orchestral", "piano", "cover", "censored"),
    }
)
_WORDS: Final = re.compile(r"\w+")


class Sound(msgspec.Struct, frozen=True):
    """What is known of a file's sound and its name."""

    duration_ms: int
    sound_ms: int  # without the silence at both ends
    bits: bytes  # the print; empty: it has none
    waveform: bytes  # pairs of bytes, peak and RMS, each 255 times the root of the level
    packets: bytes = b""  # hash of all packets
    title: str = ""  # empty: not tagged
    explicit: bool = False
    mbid: str = ""  # MusicBrainz recording id


def keys(bits: bytes) -> list[int]:
    """Some frames of a print, the same ones in each encoding: those with the lowest hashes."""
    frames = {int.from_bytes(bits[at : at + _FRAME], "big") for at in range(0, len(bits), _FRAME)}
    return sorted(frames, key=lambda frame: (frame * 2_654_435_761) % 2**32)[:KEYS]


def frames(bits: bytes) -> list[int]:
    """All frames of a print, to look for the keys of others."""
    return sorted(
        {int.from_bytes(bits[at : at + _FRAME], "big") for at in range(0, len(bits), _FRAME)}
    )


def difference(a: Sound, b: Sound) -> float | None:
    """Which part of their prints differs, 0 to 1; None where they are not one recording."""
    if a.packets and a.packets == b.packets:
        return 0.0
    if not a.bits or not b.bits or _named_apart(a, b):
        return None
    if min(abs(a.duration_ms - b.duration_ms), abs(a.sound_ms - b.sound_ms)) > NEAR_MS:
        return None
    offset, found = _aligned(a.bits, b.bits)
    if found > MOST_DIFFERENT or _worst_part(a.bits, b.bits, offset) > MOST_DIFFERENT_PART:
        return None
    return found if _levels_agree(a, b) else None


def _named_apart(a: Sound, b: Sound) -> bool:
    """Whether what is written of them says that they are two."""
    if a.mbid and b.mbid:
        return a.mbid != b.mbid
    if a.explicit != b.explicit:
        return True
    if not a.title or not b.title:
        return False
    ours, theirs = (set(_WORDS.findall(each.title.casefold())) & _VERSIONS for each in (a, b))
    return ours != theirs


def _aligned(a: bytes, b: bytes) -> tuple[int, float]:
    """By how many frames `b` begins later than `a` to fit it best, and the difference there."""
    found = [
        (_differ(a, b, offset), abs(offset), offset) for offset in range(-_FURTHEST, _FURTHEST + 1)
    ]
    best = min(found)
    return best[2], best[0]


def _overlap(a: bytes, b: bytes, offset: int) -> tuple[bytes, bytes]:
    if offset >= 0:
        a = a[offset * _FRAME :]
    else:
        b = b[-offset * _FRAME :]
    size = min(len(a), len(b))
    return a[:size], b[:size]


def _differ(a: bytes, b: bytes, offset: int) -> float:
    a, b = _overlap(a, b, offset)
    return _bits_apart(a, b) if len(a) >= _FEWEST_FRAMES * _FRAME // 2 else 1.0


def _worst_part(a: bytes, b: bytes, offset: int) -> float:
    a, b = _overlap(a, b, offset)
    size = _PART * _FRAME
    starts = [*range(0, max(len(a) - size, 0), size), max(len(a) - size, 0)]
    return max(_bits_apart(a[at : at + size], b[at : at + size]) for at in starts)


def _bits_apart(a: bytes, b: bytes) -> float:
    apart = int.from_bytes(a, "big") ^ int.from_bytes(b, "big")
    return apart.bit_count() / (8 * len(a)) if a else 1.0


def _levels_agree(a: Sound, b: Sound) -> bool:
    """Whether one is as loud as the other all the way, but for one being louder as a whole."""
    longest_ms = max(a.duration_ms, b.duration_ms)
    count = min(
        _LEVEL_STEPS, longest_ms // _LEVEL_STEP_MS, len(a.waveform) // 2, len(b.waveform) // 2
    )
    if count <= 0:
        return False
    ours, theirs = _levels(a.waveform, count), _levels(b.waveform, count)
    highest = (max(ours), max(theirs))
    loud = [
        (x, y)
        for x, y in zip(ours, theirs, strict=True)
        if max(x - highest[0], y - highest[1]) > -_QUIET
    ]
    apart = sorted(x - y for x, y in loud)
    middle = apart[len(apart) // 2]
    off = [abs(x - y - middle) > _LEVEL_OFF for x, y in loud]
    longest = max((len(list(run)) for is_off, run in groupby(off) if is_off), default=0)
    return sum(off) <= _MOST_OFF * len(off) and longest <= _MOST_OFF_IN_A_ROW


def _levels(waveform: bytes, count: int) -> list[float]:
    """RMS in dB at `count` steps."""
    rms = waveform[1::2]
    levels: list[float] = []
    for step in range(count):
        part = rms[step * len(rms) // count : (step + 1) * len(rms) // count]
        power = sum((value / 255) ** 4 for value in part) / len(part)
        levels.append(10 * log10(power + 1e-9))
    return levels
