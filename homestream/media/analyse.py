"""All that is learnt from one decode of a file: its length and packets, loudness, silence, shape,
tempo, key, timbre, and a print of its sound.

What a caller needs is here; the work is done by `sound`, which only a worker imports: it brings
numpy, which the server does without.
"""

from __future__ import annotations

from typing import Final

import msgspec

from homestream.media.facts import Facts
from homestream.media.source import Source

VERSION: Final = 1  # a file that was analysed by an earlier one is analysed again
POINTS: Final = 900  # of a waveform, at most
COURSE_POINTS: Final = 480  # of a course, at most
KEYS: Final = (
    *("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"),
    *("Cm", "C♯m", "Dm", "E♭m", "Em", "Fm", "F♯m", "Gm", "G♯m", "Am", "B♭m", "Bm"),
)


class Analysis(msgspec.Struct, frozen=True):
    """What one decode gave. Loudness is EBU R128's, levels are in dB below full scale."""

    samples: int  # exact; 0 where nothing decodes
    index: bytes  # a packed `pcm.PacketIndex`, empty where reads need none
    packets: bytes  # a hash of all packets: the same bytes of sound, whatever file they lie in
    problem: str | None = None  # what is wrong with the file, in a person's words
    loudness: float | None = None  # integrated, LUFS; None: too quiet or short to tell
    loudness_range: float | None = None  # LU
    sample_peak: float | None = None  # dBFS; None: digital silence
    true_peak: float | None = None  # dBTP
    lead_samples: int = 0  # of silence at the start
    trail_samples: int = 0  # and at the end
    bpm: float | None = None
    key: int | None = None  # in KEYS
    energy: float | None = None  # 0 to 1
    features: bytes = b""  # float16; see `features`
    waveform: bytes = b""  # pairs of bytes, peak and RMS, each the root of the level
    course: bytes = b""  # of the loudness, in steps of a third of a dB from -80 LUFS
    print: bytes = b""  # see `fingerprint`; empty where the sound has too little that is its own


def analyse(source: Source, facts: Facts) -> Analysis:
    """Decodes the file once and tells all of it.

    A file that breaks off, or has places that cannot be decoded, is analysed as far as it goes,
    and says so in `problem`. MediaError where it cannot be opened or holds no sound.
    """
    from homestream.media import sound

    return sound.analyse(source, facts)
