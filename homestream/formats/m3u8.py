"""HLS playlists, written and read, as far as on-demand audio needs them.

RFC 8216 and its second edition, draft-pantos-hls-rfc8216bis-14 ("bis"); what of it is chosen
follows Apple's authoring specification. Durations are whole microseconds, so that what is written
is read back as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

import msgspec

from homestream.errors import BadInput

# The lowest that a playlist needs, so that no player is kept out (section 7): durations that are
# no whole seconds ask for 3, EXT-X-MAP in a playlist that is not of I-frames alone for 6.
VERSION: Final = 3
MAP_VERSION: Final = 6
TITLE: Final = "com.apple.hls.title"  # the data id under which players look for one
MEDIA_TYPE: Final = "application/vnd.apple.mpegurl"
_ATTRIBUTE: Final = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s][^,\r\n]*)(?:,|$)')
_STABLE: Final = re.compile("[A-Za-z0-9+/=._-]*")
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f]")
_OWN_ATTRIBUTE: Final = re.compile("X-[A-Z0-9-]+")
# When the first sample of a programme is said to be heard: some players take 1970 for no date.
_ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Variant(msgspec.Struct, frozen=True):
    """One EXT-X-STREAM-INF and its URI (section 4.3.4.2). Bit rates are in bit/s.

    `stable_id` names the same encoding in every playlist of one presentation, so that a player
    that asks again goes on with the variant it had (STABLE-VARIANT-ID, bis section 4.4.6.2);
    empty, it is left out.
    """

    uri: str
    bandwidth: int  # peak segment bit rate
    average_bandwidth: int
    codecs: str
    stable_id: str = ""


class SessionData(msgspec.Struct, frozen=True):
    """One EXT-X-SESSION-DATA: what a player may show or use (section 4.3.4.4)."""

    id: str  # in reverse DNS order: TITLE
    value: str


class MultivariantPlaylist(msgspec.Struct, frozen=True):
    """The renditions on offer; a player begins with the first one (section 4.3.4).

    `version` is that of the media playlists, so that a player that cannot take them knows at once.
    `start_us` is where to begin, if it is not the beginning (EXT-X-START, section 4.3.5.2).
    """

    variants: tuple[Variant, ...]
    session_data: tuple[SessionData, ...] = ()
    version: int = MAP_VERSION
    start_us: int | None = None


class Part(msgspec.Struct, frozen=True):
    """One media segment (section 4.3.2.1)."""

    uri: str
    duration_us: int


class DateRange(msgspec.Struct, frozen=True):
    """One EXT-X-DATERANGE (section 4.3.2.7): what is heard from `start_us` after the first segment
    on, for a time or, where that is not known, until the next of its class.

    `attributes` are names that begin with "X-", and texts.
    """

    id: str
    kind: str  # CLASS
    start_us: int
    duration_us: int | None
    attributes: tuple[tuple[str, str], ...] = ()


class MediaPlaylist(msgspec.Struct, frozen=True):
    """The segments of one rendition (section 4.3.3): complete, and it does not change; or of kind
    "EVENT", to which segments are added behind the last one until it has `ended`."""

    map_uri: str | None  # of the init segment; MPEG-TS and packed audio have none
    parts: tuple[Part, ...]
    kind: Literal["VOD", "EVENT"] = "VOD"
    ended: bool = True
    least_target: int = 0  # seconds: of one that grows the target duration may not
    date_ranges: tuple[DateRange, ...] = ()

    @property
    def version(self) -> int:
        """EXT-X-VERSION."""
        return VERSION if self.map_uri is None else MAP_VERSION

    @property
    def target_duration(self) -> int:
        """Seconds, 1 at least: the longest EXTINF rounded to the nearest integer."""
        longest = max((part.duration_us for part in self.parts), default=0)
        return max(1, self.least_target, (longest + 500_000) // 1_000_000)


def write_multivariant(playlist: MultivariantPlaylist) -> str:
    """The playlist as text, variants in their order; BadInput for what would break a line.

    The tag for all, EXT-X-INDEPENDENT-SEGMENTS (section 4.3.5.1), holds for every media playlist.
    """
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{playlist.version}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if playlist.start_us is not None:
        lines.append(f"#EXT-X-START:TIME-OFFSET={_seconds(playlist.start_us)},PRECISE=YES")
    lines += [
        f"#EXT-X-SESSION-DATA:DATA-ID={_quoted(data.id)},VALUE={_quoted(data.value)}"
        for data in playlist.session_data
    ]
    for variant in playlist.variants:
        stable = _stable(variant.stable_id)
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={variant.bandwidth},"
            f"AVERAGE-BANDWIDTH={variant.average_bandwidth},CODECS={_quoted(variant.codecs)}"
            + (f",STABLE-VARIANT-ID={_quoted(stable)}" if stable else ""),
            _line(variant.uri),
        ]
    return "\n".join([*lines, ""])


def write_media(playlist: MediaPlaylist) -> str:
    """The playlist as text; BadInput for a URI that would break a line."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{playlist.version}",
        f"#EXT-X-TARGETDURATION:{playlist.target_duration}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{playlist.kind}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    if playlist.kind == "EVENT":  # else players begin near the end of what still grows
        lines.append("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")
    if playlist.map_uri is not None:
        lines.append(f"#EXT-X-MAP:URI={_quoted(playlist.map_uri)}")
    if playlist.date_ranges:
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date(0)}")
        lines += map(_date_range, playlist.date_ranges)
    for part in playlist.parts:
        lines += [f"#EXTINF:{_seconds(part.duration_us)},", _line(part.uri)]
    if playlist.ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join([*lines, ""])


def read_multivariant(text: str) -> MultivariantPlaylist:
    """The variants of a multivariant playlist; BadInput where it breaks the grammar.

    Tags and attributes that are not written here are passed over (section 6.3.1).
    """
    variants = []
    session_data = []
    version = 1
    start_us = None
    waiting: dict[str, str] | None = None
    for line in _lines(text):
        if line.startswith("#EXT-X-STREAM-INF:"):
            waiting = _attributes(line)
        elif line.startswith("#EXT-X-VERSION:"):
            version = _whole(line.partition(":")[2])
        elif line.startswith("#EXT-X-START:"):
            offset = _attributes(line).get("TIME-OFFSET", "")
            # before the end of what grows, where it is negative
            start_us = None if offset.startswith("-") else _microseconds(offset)
        elif line.startswith("#EXT-X-SESSION-DATA:"):
            data = _attributes(line)
            if "VALUE" in data:  # the other kind names a file
                session_data.append(SessionData(data.get("DATA-ID", ""), data["VALUE"]))
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
                    stable_id=waiting.get("STABLE-VARIANT-ID", ""),
                )
            )
            waiting = None
    if waiting is not None:
        raise BadInput("playlist ends before the URI of a variant")
    return MultivariantPlaylist(tuple(variants), tuple(session_data), version, start_us)


def read_media(text: str) -> MediaPlaylist:
    """The segments of a complete media playlist; BadInput where it breaks the grammar.

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
            map_uri = _attributes(line).get("URI", "")
            if not map_uri:
                raise BadInput("playlist has EXT-X-MAP without a URI")
        elif tag == "#EXT-X-STREAM-INF":
            raise BadInput("playlist is one of variants")
        elif tag == "#EXT-X-ENDLIST":
            ended = True
        elif not line.startswith("#"):
            if waiting is None:
                raise BadInput("playlist has a URI without EXTINF")
            parts.append(Part(line, waiting))
            waiting = None
    if target is None or not ended or waiting is not None:
        raise BadInput("playlist lacks EXT-X-TARGETDURATION, EXT-X-ENDLIST or a URI")
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


def _date_range(told: DateRange) -> str:
    for name, _ in told.attributes:
        if not _OWN_ATTRIBUTE.fullmatch(name):
            raise BadInput(f"attribute {name[:40]!r} does not begin with X-")
    known = told.duration_us is not None
    return ",".join(
        [
            f"#EXT-X-DATERANGE:ID={_quoted(told.id)}",
            f"CLASS={_quoted(told.kind)}",
            f"START-DATE={_quoted(_date(told.start_us))}",
            f"DURATION={_seconds(told.duration_us or 0)}" if known else "END-ON-NEXT=YES",
            *(f"{name}={_quoted(text)}" for name, text in told.attributes),
        ]
    )


def _date(after_us: int) -> str:
    date = _ORIGIN + timedelta(milliseconds=(after_us + 500) // 1000)
    return date.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(microseconds: int) -> str:
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06}"


def _stable(name: str) -> str:
    if not _STABLE.fullmatch(name):
        raise BadInput(f"{name[:40]!r} cannot be a stable id")
    return name


def _line(uri: str) -> str:
    if not uri or uri.startswith("#") or uri != uri.strip() or _UNSAFE.search(uri):
        raise BadInput(f"URI {uri[:40]!r} cannot stand in a playlist")
    return uri


def _quoted(text: str) -> str:
    if '"' in text or _UNSAFE.search(text):
        raise BadInput(f"text {text[:40]!r} cannot stand in quotes")
    return f'"{text}"'
