"""The stream door: manifests and segments behind signed links (RFC 8216, ISO/IEC 23009-1).

Every address in a manifest is signed, so a player needs neither cookie nor header; the session or
key that it names is asked for with each request, so signing out ends the stream.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Callable, Sequence

from aiohttp import web

from homestream import ids
from homestream.errors import BadInput, Forbidden, NotFound
from homestream.formats import m3u8, mpd
from homestream.library import catalogue
from homestream.listening import programmes
from homestream.media import encode, ladder, timeline
from homestream.media import programme as items
from homestream.server import limits, signing
from homestream.server.routing import Access, Call, Handler, Route
from homestream.server.segment import CROSS_ORIGIN, KEPT, answer
from homestream.streaming import playlists
from homestream.streaming.segments import Load

SHORTLY = "private, max-age=60"
# Seconds of a file that are sooner decoded than all of it is read through.
_NEAR = 60.0
# manifests of HLS by name, and what their segments are packed in
CONTAINERS = {"main": "fmp4", "main-ts": "ts", "main-packed": "packed"}


def multivariant(container: str) -> Handler:
    """`start` in the query is where to begin, in seconds: a player that takes over from another
    one."""

    async def handle(call: Call) -> web.StreamResponse:
        prepared = await _prepared(call)
        text = playlists.multivariant(
            _offered(call, prepared, container),
            _uri(call, f"/stream/{prepared.id}/"),
            title=await _title(call, prepared),
            start=_start(call),
        )
        return _made(call, text.encode(), m3u8.MEDIA_TYPE, SHORTLY)

    return handle


async def dash(call: Call) -> web.StreamResponse:
    prepared = await _prepared(call)
    if prepared.live is not None:
        raise NotFound("a live programme is there as HLS alone")
    offered = [each for each in _offered(call, prepared, "fmp4") if each.container == "fmp4"]
    if not offered:
        raise NotFound("none of these renditions is there as DASH")
    text = playlists.dash(
        prepared.programme,
        offered,
        _uri(call, f"/stream/{prepared.id}/"),
        title=await _title(call, prepared),
    )
    return _made(call, text.encode(), mpd.MEDIA_TYPE, SHORTLY)


async def media(call: Call) -> web.StreamResponse:
    prepared = await _prepared(call)
    rendition = _rendition(call, prepared.programme)
    uri = _uri(call, f"/stream/{prepared.id}/{rendition.name}/")
    growing = prepared.live is not None and not prepared.live.ended
    # of a long queue it has ten thousand lines: nobody else is to wait for them
    text = await asyncio.to_thread(
        playlists.media,
        prepared.programme,
        rendition,
        uri,
        tracks=await _told(call, prepared),
        listed=programmes.listed(prepared, rendition) if growing else None,
    )
    return _made(call, text.encode(), m3u8.MEDIA_TYPE, "no-cache" if growing else SHORTLY)


async def init(call: Call) -> web.StreamResponse:
    prepared = await _prepared(call)
    rendition = _rendition(call, prepared.programme)
    if rendition.container != "fmp4":
        raise NotFound(f"rendition {rendition.name} has no init segment")
    return _made(call, encode.init(prepared.programme, rendition), "audio/mp4", KEPT)


async def segment(call: Call) -> web.StreamResponse:
    number = int(call.path["number"])
    prepared = await _holding(call, number)
    rendition = _rendition(call, prepared.programme)
    if far := programmes.unindexed(prepared, rendition, number, beyond=_NEAR):
        await call.home.scanner.ensure_measured(far)
        prepared = await _holding(call, number)
    ending = call.path["ending"]
    if ending != playlists.ending(rendition):
        raise NotFound(f"rendition {rendition.name} has no segments in {ending}")
    if prepared.live is not None:
        if number >= programmes.listed(prepared, rendition):
            raise NotFound(f"segment {number} is not there yet")
        end = timeline.segment(prepared.programme, rendition, number).end
        await programmes.fetched(call.home.db, prepared, end / rendition.sample_rate)
    kept = await call.home.segments.get(
        prepared.programme,
        prepared.paths,
        rendition,
        number,
        person=f"p{call.listener.id}",
    )
    if soon := programmes.unindexed(prepared, rendition, number):
        await call.home.scanner.measure_soon(soon)
    return answer(call, kept, playlists.MEDIA_TYPES[ending])


async def _holding(call: Call, number: int) -> programmes.Prepared:
    """The programme, as far as one segment needs it."""
    return await programmes.find(
        call.home.db,
        call.who.visibility,
        call.path["programme"],
        lambda programme: encode.reach(programme, _rendition(call, programme), number),
    )


async def _prepared(call: Call) -> programmes.Prepared:
    return await programmes.find(call.home.db, call.who.visibility, call.path["programme"])


def _rendition(call: Call, programme: items.Programme) -> ladder.Rendition:
    rendition = ladder.named(ladder.of(programme), call.path["rendition"])
    if not ladder.allowed(rendition, limits.bit_rate(call)):
        raise Forbidden(f"{rendition.name} has a higher bit rate than is allowed here")
    return rendition


def _offered(
    call: Call, prepared: programmes.Prepared, container: str
) -> Sequence[ladder.Rendition]:
    """The renditions that the address names, as far as who asks may have them; else the usual."""
    cap = limits.bit_rate(call)
    offered = ladder.offer(prepared.programme, ladder.usual(container), cap).renditions
    if "offer" in call.path:
        chosen = ladder.chosen(prepared.programme, call.path["offer"])
        offered = tuple(each for each in chosen if ladder.allowed(each, cap)) or offered
    if call.home.segments.load is not Load.CALM:
        return ladder.lowered(offered)
    return offered


async def _told(call: Call, prepared: programmes.Prepared) -> list[playlists.Told]:
    """The tracks of a programme, with addresses of their covers that need no cookie either."""
    wanted = list({entry.track for entry in prepared.plan.entries})
    db, visibility = call.home.db, call.who.visibility
    known = {each.id: each for each in await catalogue.tracks_by_id(db, visibility, None, wanted)}
    cover = signing.signer(call.home, call.who, "/api/v1/art/")
    told = []
    for part in programmes.parts(prepared):
        track = known.get(part.track)
        if track is not None:
            told.append(
                playlists.Told(
                    id=ids.public("track", track.id),
                    start=part.start,
                    duration=part.duration,
                    title=track.title,
                    artist=track.artist_credit,
                    album=track.album_title,
                    cover=cover(f"{ids.public('art', track.art)}/640.jpg") if track.art else "",
                )
            )
    return told


async def _title(call: Call, prepared: programmes.Prepared) -> str:
    """What a player may show: the track's title, the album's where all are of one, or the first and
    how many more."""
    wanted = list(dict.fromkeys(entry.track for entry in prepared.plan.entries))
    tracks = await catalogue.tracks_by_id(call.home.db, call.who.visibility, None, wanted)
    if not tracks:
        return ""
    if len(tracks) == 1:
        return tracks[0].title
    if len({track.album for track in tracks}) == 1 and tracks[0].album_title:
        return tracks[0].album_title
    return f"{tracks[0].title} and {len(tracks) - 1} more"


def _start(call: Call) -> float | None:
    told = call.request.query.get("start")
    if told is None:
        return None
    try:
        start = float(told)
    except ValueError:
        start = math.nan
    if not 0 <= start < 1e7:
        raise BadInput("start is a number of seconds")
    return start


def _uri(call: Call, base: str) -> Callable[[str], str]:
    return signing.folder_signer(call.home, call.who, base)


def _made(call: Call, body: bytes, media_type: str, cached: str) -> web.Response:
    """What was made just now, unless the player has the same already."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    response = web.Response(headers=CROSS_ORIGIN)
    response.etag = tag
    response.headers["Cache-Control"] = cached
    if any(each.value in (tag, "*") for each in call.request.if_none_match or ()):
        response.set_status(304)
        return response
    response.body = body
    response.content_type = media_type
    return response


_PROGRAMME = r"/stream/{programme:[a-z2-7]{24}}"
_RENDITION = _PROGRAMME + r"/{rendition:[a-z0-9-]{1,32}}"
_OFFER = _PROGRAMME + "/{offer:[a-z0-9.-]{1,300}}"
_ENDINGS = "|".join(playlists.MEDIA_TYPES)

ROUTES = [
    *(
        Route("GET", f"{_PROGRAMME}/{name}.m3u8", multivariant(container), Access.LINK)
        for name, container in CONTAINERS.items()
    ),
    Route("GET", _PROGRAMME + "/manifest.mpd", dash, Access.LINK),
    Route("GET", _OFFER + "/main.m3u8", multivariant("fmp4"), Access.LINK),
    Route("GET", _OFFER + "/manifest.mpd", dash, Access.LINK),
    Route("GET", _RENDITION + "/index.m3u8", media, Access.LINK),
    Route("GET", _RENDITION + "/init.mp4", init, Access.LINK),
    Route(
        "GET",
        _RENDITION + r"/{number:\d{1,6}}.{ending:" + _ENDINGS + "}",
        segment,
        Access.LINK,
    ),
]
