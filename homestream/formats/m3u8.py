"""HLS playlists, written and read (RFC 8216), as far as on-demand audio needs them.

Durations are whole microseconds, so that what is written is read back as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from homestream.errors import BadInput

VERSION: Final = 7  # EXT-X-MAP in a playlist that is not of I-frames alone asks for 6
MEDIA_TYPE: Final = "application/vnd.apple.mpegurl"
_ATTRIBUTE: Final = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s][^,\r\n]*)(?:,|$)')
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f]")


class Variant(msgspec.Struct, frozen=True):
    """One EXT-X-STREAM-INF and its URI (section 4.3.4.2). Bit rates are in bit/s."""

    uri: str
    bandwidth: int  # peak segment bit rate
    average_bandwidth: int
    codecs: str


class MultivariantPlaylist(msgspec.Struct, frozen=True):
    """The renditions on offer; a player begins with the first one (section 4.3.4)."""

    variants: tuple[Variant, ...]


class Part(msgspec.Struct, frozen=True):
    """One media segment (section 4.3.2.1)."""

    uri: str
    duration_us: int


class MediaPlaylist(msgspec.Struct, frozen=True):
    """The segments of one rendition that is complete and does not change (section 4.3.3)."""

    map_uri: str  # of the init segment
    parts: tuple[Part, ...]

    @property
    def target_duration(self) -> int:
        """Seconds, 1 at least: the longest EXTINF rounded to the nearest integer."""
        longest = max((part.duration_us for part in self.parts), default=0)
        return max(1, (longest + 500_000) // 1_000_000)


def write_multivariant(playlist: MultivariantPlaylist) -> str:
    """The playlist as text, variants in their order; BadInput for a URI that would break a line."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for variant in playlist.variants:
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={variant.bandwidth},"
            f"AVERAGE-BANDWIDTH={variant.average_bandwidth},CODECS={_quoted(variant.codecs)}",
            _line(variant.uri),
        ]
    return "\n".join([*lines, ""])


def write_media(playlist: MediaPlaylist) -> str:
    """The playlist as text; BadInput for a URI that would break a line."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{playlist.target_duration}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f"#EXT-X-MAP:URI={_quoted(playlist.map_uri)}",
    ]
    for part in playlist.parts:
        seconds, rest = divmod(part.duration_us, 1_000_000)
        lines += [f"#EXTINF:{seconds}.{rest:06},", _line(part.uri)]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def read_multivariant(text: str) -> MultivariantPlaylist:
    """The variants of a multivariant playlist; BadInput where it breaks the grammar.

    Tags and attributes that are not written here are passed over (section 6.3.1).
    """
    variants = []
    waiting: dict[str, str] | None = None
    for line in _lines(text):
        if line.startswith("#EXT-X-STREAM-INF:"):
            waiting = _attributes(line)
        elif line.startswith(("#EXTINF:", "#EXT-X-TARGETDURATION:")):
            raise BadInput("playlist is one of media segments")
        elif not line.startswith("#"):
            if waiting is None:
                raise BadInput("playlist has a URI without EXT-X-STREAM-INF")
            bandwidth = _whole(waiting.get("BANDWIDTH", ""))
            variants.append(
                Variant(
                    uri=line,
                    bandwidth=bandwidth,
                    average_bandwidth=_whole(waiting.get("AVERAGE-BANDWIDTH", str(bandwidth))),
                    codecs=waiting.get("CODECS", ""),
                )
            )
            waiting = None
    if waiting is not None:
        raise BadInput("playlist ends before the URI of a variant")
    return MultivariantPlaylist(tuple(variants))


def read_media(text: str) -> MediaPlaylist:
    """The segments of a complete media playlist in fMP4; BadInput where it breaks the grammar.

    Tags that are not written here are passed over (section 6.3.1).
    """
    parts = []
    map_uri = None
    target = None
    ended = False
    waiting: int | None = None
    for line in _lines(text):
        tag, _, value = line.partition(":")
        if tag == "#EXTINF":
            waiting = _microseconds(value.partition(",")[0])
        elif tag == "#EXT-X-TARGETDURATION":
            target = _whole(value)
        elif tag == "#EXT-X-MAP":
            map_uri = _attributes(line).get("URI")
        elif tag == "#EXT-X-STREAM-INF":
            raise BadInput("playlist is one of variants")
        elif tag == "#EXT-X-ENDLIST":
            ended = True
        elif not line.startswith("#"):
            if waiting is None:
                raise BadInput("playlist has a URI without EXTINF")
            parts.append(Part(line, waiting))
            waiting = None
    if map_uri is None or target is None or not ended or waiting is not None:
        raise BadInput("playlist lacks EXT-X-MAP, EXT-X-TARGETDURATION, EXT-X-ENDLIST or a URI")
    playlist = MediaPlaylist(map_uri, tuple(parts))
    if playlist.target_duration > max(target, 1):
        raise BadInput("playlist has a segment longer than its target duration")
    return playlist


def _lines(text: str) -> Iterator[str]:
    """Lines that are not empty, after the first, which has to be EXTM3U (section 4.1)."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0] != "#EXTM3U":
        raise BadInput("playlist does not begin with EXTM3U")
    for line in lines[1:]:
        if _UNSAFE.search(line):
            raise BadInput("playlist holds a control character")
        if line.strip():
            yield line


def _attributes(line: str) -> dict[str, str]:
    """An attribute list (section 4.2), quotes taken off."""
    text = line.partition(":")[2]
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _ATTRIBUTE.match(text, at)
        if match is None:
            raise BadInput(f"playlist has a bad attribute list at {text[at : at + 20]!r}")
        found[match[1]] = match[2].strip('"')
        at = match.end()
    return found


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise BadInput(f"playlist has {text[:20]!r} for a whole number")
    return int(text)


def _microseconds(text: str) -> int:
    if len(text) > 40 or not re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
        raise BadInput(f"playlist has {text[:20]!r} for a duration")
    try:
        return int((Decimal(text) * 1_000_000).to_integral_value())
    except InvalidOperation as error:
        raise BadInput(f"playlist has {text[:20]!r} for a duration") from error


def _line(uri: str) -> str:
    if not uri or uri.startswith("#") or uri != uri.strip() or _UNSAFE.search(uri):
        raise BadInput(f"URI {uri[:40]!r} cannot stand in a playlist")
    return uri


def _quoted(text: str) -> str:
    if '"' in text or _UNSAFE.search(text):
        raise BadInput(f"text {text[:40]!r} cannot stand in quotes")
    return f'"{text}"'
