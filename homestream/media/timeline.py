"""Where a programme is cut into segments, from its length alone (RFC 8216 section 4.3.3).

Packet q of a rendition holds samples [q * frame - priming, (q + 1) * frame - priming). What lies
before sample 0 is the priming, which players skip by the edit list of the init segment. The first
two segments are short, so that sound begins early. Every cut lies between two AAC packets of the
rendition's pace; where its own packets do not end there, at the nearest end of one. So all
renditions of a programme have as many segments, and each begins within half a packet of the same
moment.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

import msgspec

from homestream.errors import NotFound
from homestream.media import ladder
from homestream.media import programme as programmes
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme

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


def packets(programme: Programme, rendition: Rendition) -> int:
    """How many packets hold the programme and the priming; at least one."""
    return _total(programmes.samples(programme, rendition.sample_rate), rendition)


def count(programme: Programme, rendition: Rendition) -> int:
    """How many segments there are; at least one, and as many in all renditions."""
    return _segments(programmes.samples(programme, rendition.sample_rate), rendition)


def segment(programme: Programme, rendition: Rendition, number: int) -> Segment:
    """The packets and samples of segment `number` (0-based); NotFound past the end."""
    samples = programmes.samples(programme, rendition.sample_rate)
    segments = _segments(samples, rendition)
    if not 0 <= number < segments:
        raise NotFound(f"segment {number} lies outside the programme")
    return _segment(samples, rendition, number, last=number == segments - 1)


def segments(programme: Programme, rendition: Rendition) -> Iterator[Segment]:
    """Every segment, in order."""
    samples = programmes.samples(programme, rendition.sample_rate)
    segments = _segments(samples, rendition)
    for number in range(segments):
        yield _segment(samples, rendition, number, last=number == segments - 1)


def at(programme: Programme, rendition: Rendition, sample: int) -> int:
    """The number of the segment that presents that sample; NotFound outside the programme."""
    samples = programmes.samples(programme, rendition.sample_rate)
    if not 0 <= sample < samples:
        raise NotFound("sample lies outside the programme")
    packet = (sample + rendition.priming) // rendition.frame
    numbers = range(_segments(samples, rendition))
    return bisect_right(numbers, packet, key=lambda number: _cut(rendition, number)) - 1


def _segment(samples: int, rendition: Rendition, number: int, *, last: bool) -> Segment:
    frame, priming = rendition.frame, rendition.priming
    first = _cut(rendition, number)
    end = _total(samples, rendition) if last else _cut(rendition, number + 1)
    return Segment(
        number=number,
        first_packet=first,
        end_packet=end,
        start=max(first * frame - priming, 0),
        end=min(end * frame - priming, samples),
    )


def _total(samples: int, rendition: Rendition) -> int:
    return max(-(-(samples + rendition.priming) // rendition.frame), 1)


def _cut(rendition: Rendition, number: int) -> int:
    """The first packet of segment `number`, wherever the programme ends."""
    pace, rate, frame = rendition.pace, rendition.sample_rate, rendition.frame
    aac = _aac_cut(pace, number)
    if not aac:
        return 0
    sample = aac * ladder.AAC_FRAME - ladder.AAC_PRIMING
    return (2 * (sample * rate + rendition.priming * pace) + frame * pace) // (2 * frame * pace)


def _segments(samples: int, rendition: Rendition) -> int:
    paced, rate = samples * rendition.pace, rendition.sample_rate
    # Begun samples are counted, and what is resampled has one begun that the pace has not.
    paced = paced // rate if rendition.codec == "opus" else -(-paced // rate)
    return _count(-(-(paced + ladder.AAC_PRIMING) // ladder.AAC_FRAME), rendition.pace)


def _count(total: int, pace: int) -> int:
    """Segments for that many AAC packets: a last one too short to be worth a request joins the
    one before it."""
    first, usual = _first_cuts(pace), _usual(pace)
    if total <= first[-1]:
        begun = sum(1 for cut in first[:-1] if cut < total)
    else:
        begun = len(first) - 1 - (-(total - first[-1]) // usual)
    if begun > 1 and total - _aac_cut(pace, begun - 1) < usual // 4:
        return begun - 1
    return begun


def _aac_cut(pace: int, number: int) -> int:
    first = _first_cuts(pace)
    if number < len(first):
        return first[number]
    return first[-1] + (number - len(first) + 1) * _usual(pace)


def _first_cuts(pace: int) -> tuple[int, ...]:
    cuts = [0]
    for seconds in FIRST_SECONDS:
        cuts.append(cuts[-1] + _packets_in(seconds, pace))
    return tuple(cuts)


def _usual(pace: int) -> int:
    return _packets_in(SECONDS, pace)


def _packets_in(seconds: int, pace: int) -> int:
    return seconds * pace // ladder.AAC_FRAME
