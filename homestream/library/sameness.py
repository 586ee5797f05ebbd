"""Whether two sounds are one recording that was encoded twice. Values in, values out.

Measured on game music (docs/decisions/acoustic-print.md): 1 to 13 % of the bits of two encodings'
prints differ, between any two other sounds it is 45 % and more. What lies between is a sound that
has much in common with another (an instrumental version, an edit), so they must agree in each part
of the print, and in the course of their level over the whole track.
"""

from __future__ import annotations

import re
from math import log10
from typing import Final

import msgspec

MOST_DIFFERENT: Final = 0.16  # of all bits
MOST_DIFFERENT_PART: Final = 0.25  # of the bits in any part
_PART: Final = 40  # frames: ten seconds
_FRAME: Final = 4  # bytes
_FEWEST_FRAMES: Final = 40
_FURTHEST: Final = 6  # frames by which one print may begin later
NEAR_MS: Final = 350  # encoders add up to 0.1 s
_ENDS_MS: Final = 1_200  # by which the silence at the end of a fade may be another
KEYS: Final = 24  # frames of a print to find it by
_LEVEL_STEPS: Final = 240  # at most
_LEVEL_STEP_MS: Final = 500  # at least
_PARTS: Final = 8  # in which a step is looked at
_LEVEL_OFF: Final = 1.5  # dB
_LEVEL_FURTHEST: Final = 4.0  # dB, in no step
_MOST_OFF: Final = 1  # step: two muted words are two
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
    lead_ms: int  # of silence in front
    bits: bytes  # the print; empty: it has none
    course: bytes  # of the loudness, in steps of a third of a dB from -80 LUFS
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
    longer, sounds_longer = abs(a.duration_ms - b.duration_ms), abs(a.sound_ms - b.sound_ms)
    if min(longer, sounds_longer) > NEAR_MS or sounds_longer > _ENDS_MS:
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
    """Whether one is as loud as the other all the way, but for one being louder as a whole.

    From where the files begin, or from where their sounds do: in a slow fade nobody can tell.
    """
    bare = [msgspec.structs.replace(each, lead_ms=0, sound_ms=each.duration_ms) for each in (a, b)]
    return _agree(_levels_apart(a, b)) or _agree(_levels_apart(*bare))


def _agree(apart: list[float]) -> bool:
    if not apart or max(apart) > _LEVEL_FURTHEST:
        return False
    return sum(each > _LEVEL_OFF for each in apart) <= _MOST_OFF


def _levels_apart(a: Sound, b: Sound) -> list[float]:
    """By how many dB the levels of two sounds differ, step by step where either is to be heard,
    beyond what one is louder than the other all the time."""
    length_ms = min(a.sound_ms, b.sound_ms)
    count = min(_LEVEL_STEPS, length_ms // _LEVEL_STEP_MS)
    if count <= 0 or len(a.course) < 2 or len(b.course) < 2:
        return []
    ours, theirs = _levels(a, length_ms, count), _levels(b, length_ms, count)
    highest = (max(ours), max(theirs))
    loud = [
        x - y
        for x, y in zip(ours, theirs, strict=True)
        if max(x - highest[0], y - highest[1]) > -_QUIET
    ]
    middle = sorted(loud)[len(loud) // 2]
    return [abs(each - middle) for each in loud]


def _levels(sound: Sound, length_ms: int, count: int) -> list[float]:
    """Loudness in dB at `count` steps from where the sound begins."""
    powers = [10 ** ((value / 3 - 80) / 10) for value in sound.course]
    # the middle of a point is where its level holds
    points_a_ms = len(powers) / max(1, sound.duration_ms)
    begin = sound.lead_ms * points_a_ms - 0.5
    step = length_ms * points_a_ms / count
    levels: list[float] = []
    for number in range(count):
        total = 0.0
        for part in range(_PARTS):
            at = min(max(0.0, begin + step * (number + (part + 0.5) / _PARTS)), len(powers) - 1.001)
            left = int(at)
            total += powers[left] + (powers[left + 1] - powers[left]) * (at - left)
        levels.append(10 * log10(total / _PARTS + 1e-9))
    return levels
