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
    """A programme to play. `hls` needs neither cookie nor header, and ends with the session."""

    id: str
    duration: float
    hls: str
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
