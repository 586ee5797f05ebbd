"""What names the bytes of a segment, in the cache and to players.

A name is made of what the bytes depend on and of nothing else: the sound that the encoder is fed,
and which packets of it are kept. What comes before or after it in a queue is not told, so a queue
that changes keeps the segments that it has, and one track that begins many queues is encoded once.
"""

from __future__ import annotations

import hashlib

import msgspec

from homestream.media import encode, ladder, timeline
from homestream.media import programme as programmes
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme


def segment(programme: Programme, rendition: Rendition, number: int) -> str:
    """What names a segment's bytes: 64 hexadecimal digits. Fit for a strong ETag (RFC 9110).

    NotFound past the end.
    """
    told = [*_content(programme, rendition, number), rendition, encode.identity(rendition)]
    return hashlib.sha256(msgspec.msgpack.encode(told)).hexdigest()


def shared_until(one: Programme, two: Programme) -> float:
    """Seconds from the start in which all segments of two programmes are the same, in every
    rendition."""
    rungs = ladder.every(programmes.facts(one))
    if rungs != ladder.every(programmes.facts(two)):
        return 0.0
    # Those that differ in their bit rate or container alone are of the same sound.
    kinds = {(rung.codec, rung.sample_rate, rung.channels, rung.frame): rung for rung in rungs}
    return min((_shared(one, two, rendition) for rendition in kinds.values()), default=0.0)


def _shared(one: Programme, two: Programme, rendition: Rendition) -> float:
    rate = rendition.sample_rate
    last = min(timeline.count(one, rendition), timeline.count(two, rendition)) - 1
    alike = 0
    for ours, theirs in zip(one.items, two.items, strict=False):
        if ours != theirs:
            break
        alike += 1
    # What lies before the first item that differs is the same, but for the encoder's look ahead.
    end = programmes.samples(one, rate)
    sure = programmes.span(one, rate, alike)[0] if alike < len(one.items) else end
    number = min(timeline.at(one, rendition, sure - 1) if sure > 0 else 0, last)
    while number and _content(one, rendition, number - 1) != _content(two, rendition, number - 1):
        number -= 1
    while number <= last and _content(one, rendition, number) == _content(two, rendition, number):
        number += 1
    if number <= last:
        return timeline.segment(two, rendition, number).start / rate
    return timeline.segment(two, rendition, last).end / rate


def _content(
    programme: Programme, rendition: Rendition, number: int
) -> tuple[timeline.Segment, tuple[programmes.Piece, ...]]:
    cut = timeline.segment(programme, rendition, number)
    start, end = encode.window(programme, rendition, number)
    return cut, programmes.pieces(programme, rendition.sample_rate, start, end)
