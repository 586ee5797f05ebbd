"""Which renditions a programme is offered in, from what is known of its files alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from homestream.errors import NotFound
from homestream.media.facts import Facts

BIT_RATES: Final = (64_000, 128_000, 256_000)
USUAL_RATE: Final = 48_000
# What AAC can carry (ISO/IEC 14496-3 table 1.18), up to where hearing ends.
AAC_RATES: Final = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
# The loudest segment of an encode against its mean, measured over music, and the boxes round it.
_PEAK: Final = 1.4
_BOXES: Final = 1_800  # bit/s


class Rendition(msgspec.Struct, frozen=True):
    """One way in which a programme is encoded. Names are spelt as FFmpeg spells them."""

    name: str  # "aac-128": unique in a ladder and safe in a path
    codec: str
    container: str  # "fmp4"
    sample_rate: int  # Hz
    channels: int  # 1 or 2
    bit_rate: int  # bit/s of the codec alone

    @property
    def codecs(self) -> str:
        """The CODECS attribute (RFC 6381): AAC-LC."""
        return "mp4a.40.2"

    @property
    def bandwidth(self) -> int:
        """Peak segment bit rate, boxes included, in bit/s (RFC 8216 section 4.3.4.2)."""
        return round(self.bit_rate * _PEAK) + _BOXES

    @property
    def average_bandwidth(self) -> int:
        """Mean segment bit rate, boxes included, in bit/s."""
        return self.bit_rate + _BOXES


def renditions(facts: Sequence[Facts]) -> tuple[Rendition, ...]:
    """The ladder for files that play one after another, from the lowest bit rate to the highest.

    All have one sample rate, so that their segments begin and end together: that of the files
    where they agree and AAC has it (no resampling, so no trace of it where tracks join), else
    48 kHz. Mono stays mono; everything else becomes stereo.
    """
    rates = {fact.sample_rate for fact in facts}
    rate = rates.pop() if len(rates) == 1 else USUAL_RATE
    if rate not in AAC_RATES:
        rate = USUAL_RATE
    channels = 1 if all(fact.channels == 1 for fact in facts) else 2
    return tuple(
        Rendition(
            name=f"aac-{bit_rate // 1000}",
            codec="aac",
            container="fmp4",
            sample_rate=rate,
            channels=channels,
            bit_rate=bit_rate,
        )
        for bit_rate in BIT_RATES
    )


def named(ladder: Iterable[Rendition], name: str) -> Rendition:
    """The rendition of that name; NotFound if the ladder has none."""
    for rendition in ladder:
        if rendition.name == name:
            return rendition
    raise NotFound(f"rendition {name[:40]!r} is not offered")
