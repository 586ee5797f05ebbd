"""Which renditions a programme is offered in, from what is known of its files alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from homestream.errors import NotFound
from homestream.media.facts import Facts

BIT_RATES: Final = (64_000, 128_000, 256_000)
AAC_BIT_RATES: Final = (64_000, 96_000, 128_000, 192_000, 256_000, 320_000)
OPUS_BIT_RATES: Final = (64_000, 96_000, 128_000, 192_000)
MP3_BIT_RATES: Final = (64_000, 96_000, 128_000, 192_000, 256_000, 320_000)
USUAL_RATE: Final = 48_000
# What AAC can carry (ISO/IEC 14496-3 table 1.18), up to where hearing ends; MP3 has the same.
AAC_RATES: Final = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
AAC_FRAME: Final = 1_024  # samples of a packet
AAC_PRIMING: Final = 1_024  # samples by which the encoder is late
OPUS_RATE: Final = 48_000
MOST_FLAC_RATE: Final = 384_000
MOST_FLAC_CHANNELS: Final = 8
_FLAC_LAYOUTS: Final = frozenset(
    {"mono", "stereo", "3.0", "quad", "5.0", "5.0(side)", "5.1", "5.1(side)", "6.1", "7.1"}
)
# The loudest segment of an encode against its mean, measured over music, and the boxes round it.
_PEAK: Final = 1.4
_BOXES: Final = 1_800  # bit/s
_ADTS: Final = 56  # bits before a packet
_PES: Final = 8 * (
    14 + 8 + 92
)  # bits about a tenth of a second in MPEG-TS: heads, and half a packet
_TABLES: Final = 2_400  # bit/s, and what fills a segment up
_SQUEEZED: Final = 0.65  # what FLAC makes of music on a common CD
# RFC 6381, as Apple's authoring rules spell them.
_CODECS: Final = {"aac": "mp4a.40.2", "mp3": "mp4a.40.34", "opus": "Opus", "flac": "fLaC"}


class Rendition(msgspec.Struct, frozen=True):
    """One way in which a programme is encoded. Names are spelt as FFmpeg spells them."""

    name: str  # "aac-128", "opus-96", "flac": unique in a ladder and safe in a path
    codec: str  # "aac", "opus", "mp3", "flac"
    container: str  # "fmp4", "ts" or "packed"
    sample_rate: int  # Hz
    channels: int
    bit_rate: int  # bit/s of the codec alone; of FLAC what may be expected
    frame: int = AAC_FRAME  # samples of a packet
    priming: int = AAC_PRIMING  # samples before the first that is to be heard
    # Hz: segments are cut at the AAC packets of this sample rate, the same for a whole ladder
    pace: int = USUAL_RATE
    bit_depth: int | None = None  # of lossless codecs
    copy: bool = False  # the packets of the file itself

    @property
    def lossless(self) -> bool:
        return self.bit_depth is not None

    @property
    def codecs(self) -> str:
        """The CODECS attribute (RFC 6381)."""
        return _CODECS[self.codec]

    @property
    def bandwidth(self) -> int:
        """Peak segment bit rate, boxes included, in bit/s (RFC 8216 section 4.3.4.2)."""
        if self.bit_depth is not None:
            return self._wrapped(self.sample_rate * self.channels * self.bit_depth)
        if self.codec == "mp3":
            return self._wrapped(self.bit_rate)
        return self._wrapped(round(self.bit_rate * _PEAK))

    @property
    def average_bandwidth(self) -> int:
        """Mean segment bit rate, boxes included, in bit/s."""
        return self._wrapped(self.bit_rate)

    def _wrapped(self, bit_rate: int) -> int:
        """What a bit rate becomes in the container."""
        if self.container == "fmp4":
            return bit_rate + _BOXES
        packets = self.sample_rate / self.frame  # a second
        if self.codec == "aac":
            bit_rate += round(packets * _ADTS)
        if self.container == "ts":
            groups = packets / max(1, packets // 10)
            bit_rate = round((bit_rate + groups * _PES) * 188 / 184) + _TABLES
        return bit_rate


def renditions(facts: Sequence[Facts]) -> tuple[Rendition, ...]:
    """The ladder for files that play one after another, from the lowest bit rate to the highest.

    All have one sample rate, so that their segments begin and end together: that of the files
    where they agree and AAC has it (no resampling, so no trace of it where tracks join), else
    48 kHz. Mono stays mono; everything else becomes stereo.
    """
    rate, channels = _line(facts)
    return tuple(_aac(bit_rate, rate, channels) for bit_rate in BIT_RATES)


def every(facts: Sequence[Facts]) -> tuple[Rendition, ...]:
    """All renditions that can be made of these files, whether or not it is wise to.

    Opus is always at 48 kHz. FLAC keeps the sample rate, the bit depth and the channels that the
    files agree in.
    """
    rate, channels = _line(facts)
    aac = [
        _aac(bit_rate, rate, channels)
        for bit_rate in AAC_BIT_RATES
        # 6144 bits a channel is the most that a packet holds
        if bit_rate in BIT_RATES or bit_rate <= 6 * rate * channels
    ]
    opus = [_opus(bit_rate, rate, channels) for bit_rate in OPUS_BIT_RATES]
    mp3 = [
        _mp3(bit_rate, rate, channels)
        for bit_rate in MP3_BIT_RATES
        if bit_rate <= _most_mp3_bit_rate(rate)
    ]
    return (*aac, *map(_in_ts, aac), *map(_packed, aac), *opus, *mp3, _flac(facts, rate, channels))


def named(ladder: Iterable[Rendition], name: str) -> Rendition:
    """The rendition of that name; NotFound if the ladder has none."""
    for rendition in ladder:
        if rendition.name == name:
            return rendition
    raise NotFound(f"rendition {name[:40]!r} is not offered")


def _line(facts: Sequence[Facts]) -> tuple[int, int]:
    """The sample rate and the channels of what is encoded with loss."""
    rates = {fact.sample_rate for fact in facts}
    rate = rates.pop() if len(rates) == 1 else USUAL_RATE
    if rate not in AAC_RATES:
        rate = USUAL_RATE
    return rate, 1 if all(fact.channels == 1 for fact in facts) else 2


def _aac(bit_rate: int, rate: int, channels: int) -> Rendition:
    return Rendition(
        name=f"aac-{bit_rate // 1000}",
        codec="aac",
        container="fmp4",
        sample_rate=rate,
        channels=channels,
        bit_rate=bit_rate,
        pace=rate,
    )


def _in_ts(rendition: Rendition) -> Rendition:
    return msgspec.structs.replace(rendition, name=f"{rendition.name}-ts", container="ts")


def _packed(rendition: Rendition) -> Rendition:
    return msgspec.structs.replace(rendition, name=f"{rendition.name}-packed", container="packed")


def _opus(bit_rate: int, pace: int, channels: int) -> Rendition:
    return Rendition(
        name=f"opus-{bit_rate // 1000}",
        codec="opus",
        container="fmp4",
        sample_rate=OPUS_RATE,
        channels=channels,
        bit_rate=bit_rate,
        frame=960,
        priming=312,  # libopus: 6.5 ms
        pace=pace,
    )


def _mp3(bit_rate: int, rate: int, channels: int) -> Rendition:
    return Rendition(
        name=f"mp3-{bit_rate // 1000}",
        codec="mp3",
        container="packed",
        sample_rate=rate,
        channels=channels,
        bit_rate=bit_rate,
        frame=1_152 if rate >= 32_000 else 576,
        priming=1_105,  # LAME's 576 and the 529 of every decoder
        pace=rate,
    )


def _most_mp3_bit_rate(rate: int) -> int:
    """ISO/IEC 11172-3 and 13818-3; LAME keeps to 64 kbit/s below them."""
    if rate >= 32_000:
        return 320_000
    return 160_000 if rate >= 16_000 else 64_000


def _depth(fact: Facts) -> int:
    """The bits of a sample that FLAC keeps of a file: those of a lossless one, unknown ones too."""
    return 16 if not fact.lossless or (fact.bit_depth or 24) <= 16 else 24


def _flac(facts: Sequence[Facts], pace: int, channels: int) -> Rendition:
    rates = {fact.sample_rate for fact in facts}
    rate = rates.pop() if len(rates) == 1 else USUAL_RATE
    if rate > MOST_FLAC_RATE:
        rate = MOST_FLAC_RATE
    layouts = {(fact.channels, fact.layout) for fact in facts}
    if len(layouts) == 1:
        (count, layout) = layouts.pop()
        if layout in _FLAC_LAYOUTS and count <= MOST_FLAC_CHANNELS:
            channels = count
    depth = max((_depth(fact) for fact in facts), default=16)
    return Rendition(
        name="flac",
        codec="flac",
        container="fmp4",
        sample_rate=rate,
        channels=channels,
        bit_rate=round(rate * channels * depth * _SQUEEZED),
        frame=4_096 if rate >= 32_000 else 1_024,
        priming=0,
        pace=pace,
        bit_depth=depth,
    )
