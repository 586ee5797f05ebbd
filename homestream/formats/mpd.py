"""DASH manifests of on-demand sound (ISO/IEC 23009-1), written from the same segments as HLS.

The profile is "live" with a SegmentTimeline, as CMAF's DASH profile (23009-1 section 8.12) has it:
one number template a representation, and how long each segment is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, groupby
from typing import Final
from xml.etree import ElementTree

import msgspec

MEDIA_TYPE: Final = "application/dash+xml"
_PROFILES: Final = "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019"
_CHANNELS: Final = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
_LAYOUTS: Final = {7: 11, 8: 12}  # 6.1 and 7.1; up to 5.1 the number is that of the channels


class Representation(msgspec.Struct, frozen=True):
    """One encoding (section 5.3.5). Times are in units of its `timescale`.

    They are those of the presentation, after the edit list of the init segment has left out the
    priming: a presentationTimeOffset as well would leave it out twice (Shaka in Chromium then
    loses that much sound). `media` is the address of its segments with "$Number$", counted from
    0, in the number's place.
    """

    id: str
    bandwidth: int  # bit/s
    codecs: str  # RFC 6381
    sample_rate: int
    channels: int
    initialization: str
    media: str
    timescale: int
    durations: tuple[int, ...]  # of its segments


class AdaptationSet(msgspec.Struct, frozen=True):
    """Encodings between which a player may change at any segment (section 5.3.3)."""

    representations: tuple[Representation, ...]

    @property
    def aligned(self) -> bool:
        """Whether the segments of all begin at the same times: @segmentAlignment."""
        first, *others = (list(_begins(each)) for each in self.representations)
        return all(other == first for other in others)


class Manifest(msgspec.Struct, frozen=True):
    """A presentation of one period. `title` may be empty."""

    duration_us: int
    title: str
    adaptation_sets: tuple[AdaptationSet, ...]


def write(manifest: Manifest) -> str:
    """The manifest as XML."""
    longest = max(
        duration / each.timescale
        for group in manifest.adaptation_sets
        for each in group.representations
        for duration in each.durations
    )
    root = ElementTree.Element(
        "MPD",
        {
            "xmlns": "urn:mpeg:dash:schema:mpd:2011",
            "profiles": _PROFILES,
            "type": "static",
            "mediaPresentationDuration": _duration(manifest.duration_us),
            "minBufferTime": "PT2S",
            "maxSegmentDuration": _duration(round(longest * 1_000_000)),
        },
    )
    if manifest.title:
        told = ElementTree.SubElement(root, "ProgramInformation")
        ElementTree.SubElement(told, "Title").text = manifest.title
    period = ElementTree.SubElement(root, "Period", {"id": "0", "start": "PT0S"})
    for number, group in enumerate(manifest.adaptation_sets):
        _adaptation_set(period, number, group)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def _adaptation_set(period: ElementTree.Element, number: int, group: AdaptationSet) -> None:
    element = ElementTree.SubElement(
        period,
        "AdaptationSet",
        {
            "id": str(number),
            "contentType": "audio",
            "mimeType": "audio/mp4",
            "segmentAlignment": "true" if group.aligned else "false",
            "startWithSAP": "1",
        },
    )
    for each in group.representations:
        _representation(element, each)


def _representation(group: ElementTree.Element, one: Representation) -> None:
    element = ElementTree.SubElement(
        group,
        "Representation",
        {
            "id": one.id,
            "bandwidth": str(one.bandwidth),
            "codecs": one.codecs,
            "audioSamplingRate": str(one.sample_rate),
        },
    )
    ElementTree.SubElement(
        element,
        "AudioChannelConfiguration",
        {"schemeIdUri": _CHANNELS, "value": str(_LAYOUTS.get(one.channels, one.channels))},
    )
    template = ElementTree.SubElement(
        element,
        "SegmentTemplate",
        {
            "timescale": str(one.timescale),
            "startNumber": "0",
            "initialization": one.initialization,
            "media": one.media,
        },
    )
    timeline = ElementTree.SubElement(template, "SegmentTimeline")
    for place, (duration, repeats) in enumerate(_runs(one.durations)):
        words = {"t": "0"} if place == 0 else {}
        words["d"] = str(duration)
        if repeats:
            words["r"] = str(repeats)
        ElementTree.SubElement(timeline, "S", words)


def _runs(durations: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each duration and how often it is repeated after the first time (section 5.3.9.6)."""
    for duration, run in groupby(durations):
        yield duration, sum(1 for _ in run) - 1


def _begins(one: Representation) -> Iterator[Fraction]:
    """When each segment begins, in seconds."""
    ends = accumulate(one.durations[:-1], initial=0)
    return (Fraction(end, one.timescale) for end in ends)


def _duration(microseconds: int) -> str:
    """As ISO 8601 has it."""
    return f"PT{microseconds // 1_000_000}.{microseconds % 1_000_000:06}S"
