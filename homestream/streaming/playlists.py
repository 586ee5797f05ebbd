"""The playlists of a programme: HLS as RFC 8216 and Apple's authoring rules want it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from homestream.formats import m3u8
from homestream.media import timeline
from homestream.media.ladder import Rendition
from homestream.media.programme import Programme

INIT: Final = "init.mp4"


def multivariant(
    programme: Programme, renditions: Sequence[Rendition], uri: Callable[[str], str]
) -> str:
    """The multivariant playlist, from the lowest bit rate to the highest.

    `uri` makes the URI of "NAME/index.m3u8", the media playlist of the rendition of that name.
    """
    return m3u8.write_multivariant(
        m3u8.MultivariantPlaylist(
            tuple(
                m3u8.Variant(
                    uri=uri(f"{rendition.name}/index.m3u8"),
                    bandwidth=rendition.bandwidth,
                    average_bandwidth=rendition.average_bandwidth,
                    codecs=rendition.codecs,
                )
                for rendition in sorted(renditions, key=lambda one: one.bandwidth)
            )
        )
    )


def media(programme: Programme, rendition: Rendition, uri: Callable[[str], str]) -> str:
    """The media playlist of one rendition; its durations add up to the programme's exactly.

    `uri` makes the URIs of "init.mp4" and of each segment, "0.m4s", "1.m4s" and so on.
    """
    rate = rendition.sample_rate
    return m3u8.write_media(
        m3u8.MediaPlaylist(
            map_uri=uri(INIT),
            parts=tuple(
                m3u8.Part(
                    uri=uri(f"{segment.number}.m4s"),
                    # Both ends are rounded, not the length, so that errors do not add up.
                    duration_us=_microseconds(segment.end, rate)
                    - _microseconds(segment.start, rate),
                )
                for segment in timeline.segments(programme, rendition)
            ),
        )
    )


def _microseconds(samples: int, rate: int) -> int:
    return (2 * samples * 1_000_000 + rate) // (2 * rate)
