"""`POST /api/v1/programmes`: what is to be played, answered with a signed address to play it at."""

from __future__ import annotations

import msgspec

from homestream import ids
from homestream.ids import TrackId
from homestream.listening import programmes
from homestream.media import programme as items
from homestream.server import signing
from homestream.server.routing import Access, Call, Route


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to play, in order."""

    tracks: list[str]


class Part(msgspec.Struct, frozen=True):
    """One track of a programme: where it starts and how long it is, in seconds."""

    track: str
    start: float
    duration: float


class Programme(msgspec.Struct, frozen=True):
    """A programme to play. Its addresses need neither cookie nor header, and end with the session:
    HLS with fMP4, for old televisions with MPEG-TS or packed audio, and DASH."""

    id: str
    duration: float
    hls: str
    hls_ts: str
    hls_packed: str
    dash: str
    parts: list[Part]


async def create(call: Call) -> Programme:
    wanted: Wanted = call.body
    tracks = [TrackId(ids.parse("track", each)) for each in wanted.tracks]
    prepared = await programmes.create(call.home.db, call.home.scanner, call.who.visibility, tracks)
    parts, at = [], 0.0
    for track, item in zip(wanted.tracks, prepared.programme.items, strict=True):
        duration = items.duration(item)
        parts.append(Part(track, at, duration))
        at += duration
    return Programme(
        id=prepared.id,
        duration=at,
        hls=signing.programme(call.home, call.who, prepared.id),
        hls_ts=signing.programme(call.home, call.who, prepared.id, "main-ts.m3u8"),
        hls_packed=signing.programme(call.home, call.who, prepared.id, "main-packed.m3u8"),
        dash=signing.programme(call.home, call.who, prepared.id, "manifest.mpd"),
        parts=parts,
    )


ROUTES = [
    Route(
        "POST",
        "/api/v1/programmes",
        create,
        Access.LISTENER,
        "Prepare tracks to be played as one stream",
        body=Wanted,
        answer=Programme,
        status=201,
        tags=("playing",),
    )
]
