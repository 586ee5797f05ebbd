"""Where a programme is cut into segments, from its length alone (RFC 8216 section 4.3.3).

An AAC packet holds 1024 samples and the encoder is 1024 samples late, so packet q holds samples
[(q - 1) * 1024, q * 1024) and packet 0 holds what comes before the first one: the priming, which
players skip by the edit list of the init segment. The first two segments are short, so that sound
begins early; all renditions of one sample rate are cut at the same places.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

import msgspec

from homestream.errors import NotFound
from homestream.media import programme as programmes
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme

PACKET: Final = 1024  # samples
PRIMING: Final = 1024  # samples
FIRST_SECONDS: Final = (2, 4)
SECONDS: Final = 6  # of every other segment, and the target duration Apple asks for


class Segment(msgspec.Struct, frozen=True):
    """Segment `number` (0-based): its packets, and the samples that a player presents from it.

    Both ranges are half-open. The samples of all segments together are exactly the programme's.
    """

    number: int
    first_packet: int
    end_packet: int
    start: int
    end: int


def packets(samples: int) -> int:
    """How many AAC packets hold that many samples and the priming."""
    return -(-samples // PACKET) + 1


def count(programme: Programme, rendition: Rendition) -> int:
    """How many segments there are; at least one."""
    total = packets(programmes.samples(programme, rendition.sample_rate))
    return _count(total, rendition.sample_rate)


def segment(programme: Programme, rendition: Rendition, number: int) -> Segment:
    """The packets and samples of segment `number` (0-based); NotFound past the end."""
    rate = rendition.sample_rate
    return _segment(programmes.samples(programme, rate), rate, number)


def segments(programme: Programme, rendition: Rendition) -> Iterator[Segment]:
    """Every segment, in order."""
    rate = rendition.sample_rate
    samples = programmes.samples(programme, rate)
    for number in range(_count(packets(samples), rate)):
        yield _segment(samples, rate, number)


def at(programme: Programme, rendition: Rendition, sample: int) -> int:
    """The number of the segment that presents that sample; NotFound outside the programme."""
    samples = programmes.samples(programme, rendition.sample_rate)
    if not 0 <= sample < samples:
        raise NotFound("sample lies outside the programme")
    packet = (sample + PRIMING) // PACKET
    first = _first_cuts(rendition.sample_rate)
    usual = _usual(rendition.sample_rate)
    if packet < first[-1]:
        number = bisect_right(first, packet) - 1
    else:
        number = len(first) - 1 + (packet - first[-1]) // usual
    return min(number, count(programme, rendition) - 1)


def _segment(samples: int, rate: int, number: int) -> Segment:
    total = packets(samples)
    segments = _count(total, rate)
    if not 0 <= number < segments:
        raise NotFound(f"segment {number} lies outside the programme")
    first = _cut(rate, number)
    end = total if number == segments - 1 else _cut(rate, number + 1)
    return Segment(
        number=number,
        first_packet=first,
        end_packet=end,
        start=max(first * PACKET - PRIMING, 0),
        end=min(end * PACKET - PRIMING, samples),
    )


def _count(total: int, rate: int) -> int:
    """Segments for that many packets: a last one too short to be worth a request joins the one
    before it."""
    first, usual = _first_cuts(rate), _usual(rate)
    if total <= first[-1]:
        begun = sum(1 for cut in first[:-1] if cut < total)
    else:
        begun = len(first) - 1 - (-(total - first[-1]) // usual)
    if begun > 1 and total - _cut(rate, begun - 1) < usual // 4:
        return begun - 1
    return begun


def _cut(rate: int, number: int) -> int:
    """The first packet of segment `number`, wherever the programme ends."""
    first = _first_cuts(rate)
    if number < len(first):
        return first[number]
    return first[-1] + (number - len(first) + 1) * _usual(rate)


def _first_cuts(rate: int) -> tuple[int, ...]:
    cuts = [0]
    for seconds in FIRST_SECONDS:
        cuts.append(cuts[-1] + _packets_in(seconds, rate))
    return tuple(cuts)


def _usual(rate: int) -> int:
    return _packets_in(SECONDS, rate)


def _packets_in(seconds: int, rate: int) -> int:
    return seconds * rate // PACKET
