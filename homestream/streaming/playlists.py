"""The manifests of a programme, all of the same segments: HLS as RFC 8216 and Apple's authoring
rules want it, and DASH.

What plays from MPEG-TS and packed audio begins with the encoder's priming, because nothing in them
tells a player to skip it; durations there are those of whole packets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

import msgspec

from homestream.formats import m3u8, mpd
from homestream.media import programme as programmes
from homestream.media import timeline
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme

INIT: Final = "init.mp4"
# Seconds, rounded: a last segment takes in what would be too short for one of its own.
_LONGEST: Final = timeline.SECONDS * 5 // 4 + 1
MEDIA_TYPES: Final = {  # of segments, by the ending of their names
    "m4s": "audio/mp4",
    "ts": "video/mp2t",
    "aac": "audio/aac",
    "mp3": "audio/mpeg",
}
# What XML and attribute lists cannot hold.
_UNSAID: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


def ending(rendition: Rendition) -> str:
    """What the names of a rendition's segments end in: one of MEDIA_TYPES."""
    if rendition.container == "packed":
        return rendition.codec
    return "ts" if rendition.container == "ts" else "m4s"


def multivariant(
    renditions: Sequence[Rendition],
    uri: Callable[[str], str],
    *,
    title: str = "",
    start: float | None = None,
) -> str:
    """The multivariant playlist: codec by codec, each from the lowest bit rate to the highest.

    `uri` makes the URI of "NAME/index.m3u8", the media playlist of the rendition of that name.
    `start` is where to begin, in seconds.
    """
    title = _quotable(title)
    mapped = any(rendition.container == "fmp4" for rendition in renditions)
    return m3u8.write_multivariant(
        m3u8.MultivariantPlaylist(
            tuple(
                m3u8.Variant(
                    uri=uri(f"{rendition.name}/index.m3u8"),
                    bandwidth=rendition.bandwidth,
                    average_bandwidth=rendition.average_bandwidth,
                    codecs=rendition.codecs,
                    stable_id=rendition.name,
                )
                for family in _families(renditions)
                for rendition in family
            ),
            (m3u8.SessionData(m3u8.TITLE, title),) if title else (),
            m3u8.MAP_VERSION if mapped else m3u8.VERSION,
            None if start is None else round(start * 1_000_000),
        )
    )


class Told(msgspec.Struct, frozen=True):
    """A track of a programme as players are told of it: where it is on the line, in seconds, and
    what to show meanwhile."""

    id: str
    start: float
    duration: float
    title: str = ""
    artist: str = ""
    album: str = ""
    cover: str = ""  # URI


def media(
    programme: Programme,
    rendition: Rendition,
    uri: Callable[[str], str],
    *,
    tracks: Sequence[Told] = (),
    listed: int | None = None,
) -> str:
    """The media playlist of one rendition. In fMP4 its durations add up to the programme's exactly.

    `uri` makes the URIs of "init.mp4" and of each segment, "0.m4s", "1.m4s" and so on. `listed`
    is how many segments of a programme that still grows are told; None: it is complete.

    The tracks are told here alone and not inside the segments, whose bytes would then depend on
    their tags.
    """
    rate = rendition.sample_rate
    last = ending(rendition)
    parts = tuple(
        m3u8.Part(
            uri=uri(f"{segment.number}.{last}"),
            # Both ends are rounded, not the length, so that errors do not add up.
            duration_us=_microseconds(end, rate) - _microseconds(start, rate),
        )
        for segment in islice(timeline.segments(programme, rendition), listed)
        for start, end in [_played(rendition, segment)]
    )
    until = sum(part.duration_us for part in parts)
    ranges = [_date_range(programme, number, track) for number, track in enumerate(tracks)]
    return m3u8.write_media(
        m3u8.MediaPlaylist(
            map_uri=uri(INIT) if rendition.container == "fmp4" else None,
            parts=parts,
            kind="EVENT" if programme.growing else "VOD",
            ended=listed is None,
            least_target=_LONGEST if programme.growing else 0,
            date_ranges=tuple(each for each in ranges if each.start_us < until),
        )
    )


def _date_range(programme: Programme, number: int, track: Told) -> m3u8.DateRange:
    told = {
        "X-TRACK": track.id,
        "X-TITLE": _quotable(track.title),
        "X-ARTIST": _quotable(track.artist),
        "X-ALBUM": _quotable(track.album),
        "X-COVER": track.cover,
    }
    return m3u8.DateRange(
        id=f"part-{number}",
        kind="track",
        start_us=round(track.start * 1_000_000),
        # How long one is becomes known only with what follows it.
        duration_us=None if programme.growing else round(track.duration * 1_000_000),
        attributes=tuple((name, text) for name, text in told.items() if text),
    )


def _quotable(text: str) -> str:
    """Nothing stands for a quotation mark in a quoted string (RFC 8216 section 4.2)."""
    return _said(text).replace('"', "\N{RIGHT DOUBLE QUOTATION MARK}")


def dash(
    programme: Programme,
    renditions: Sequence[Rendition],
    uri: Callable[[str], str],
    *,
    title: str = "",
) -> str:
    """The manifest of DASH, with an adaptation set for each codec.

    `uri` makes the URIs of "NAME/init.mp4" and "NAME/$Number$.m4s"; the latter is a pattern.
    """
    rate = max(rendition.sample_rate for rendition in renditions)
    return mpd.write(
        mpd.Manifest(
            _microseconds(programmes.samples(programme, rate), rate),
            _said(title),
            tuple(
                mpd.AdaptationSet(tuple(_representation(programme, each, uri) for each in family))
                for family in _families(renditions)
            ),
        )
    )


def _representation(
    programme: Programme, rendition: Rendition, uri: Callable[[str], str]
) -> mpd.Representation:
    return mpd.Representation(
        id=rendition.name,
        bandwidth=rendition.bandwidth,
        codecs=rendition.codecs,
        sample_rate=rendition.sample_rate,
        channels=rendition.channels,
        initialization=uri(f"{rendition.name}/{INIT}"),
        media=uri(f"{rendition.name}/$Number$.{ending(rendition)}"),
        timescale=rendition.sample_rate,
        durations=tuple(
            segment.end - segment.start for segment in timeline.segments(programme, rendition)
        ),
    )


def _families(renditions: Sequence[Rendition]) -> list[list[Rendition]]:
    """The renditions by codec, in the order in which the codecs come first."""
    return [
        sorted((one for one in renditions if one.codec == codec), key=lambda one: one.bandwidth)
        for codec in dict.fromkeys(one.codec for one in renditions)
    ]


def _played(rendition: Rendition, segment: timeline.Segment) -> tuple[int, int]:
    """The half-open range of samples that a player plays of a segment."""
    if rendition.container == "fmp4":
        return segment.start, segment.end
    return segment.first_packet * rendition.frame, segment.end_packet * rendition.frame


def _said(title: str) -> str:
    return _UNSAID.sub(" ", title).strip()


def _microseconds(samples: int, rate: int) -> int:
    return (2 * samples * 1_000_000 + rate) // (2 * rate)
