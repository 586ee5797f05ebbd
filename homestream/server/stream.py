"""The stream door: playlists and segments behind signed links (RFC 8216).

Every URI in a playlist is signed for itself, so a player needs neither cookie nor header; the
session or key that it names is asked for with each request, so signing out ends the stream.
"""

from __future__ import annotations

from aiohttp import web

from homestream.listening import programmes
from homestream.media import encode, ladder
from homestream.media.facts import Facts
from homestream.server import signing
from homestream.server.routing import Access, Call, Route
from homestream.server.segment import CROSS_ORIGIN, KEPT, answer
from homestream.streaming import playlists

PLAYLIST = "application/vnd.apple.mpegurl"


async def multivariant(call: Call) -> web.StreamResponse:
    prepared = await _prepared(call)
    uri = signing.signer(call.home, call.who, f"/stream/{prepared.id}/")
    rungs = ladder.renditions(_facts(prepared))
    return _playlist(playlists.multivariant(prepared.programme, rungs, uri))


async def media(call: Call) -> web.StreamResponse:
    prepared = await _prepared(call)
    rendition = _rendition(call, prepared)
    uri = signing.signer(call.home, call.who, f"/stream/{prepared.id}/{rendition.name}/")
    return _playlist(playlists.media(prepared.programme, rendition, uri))


async def init(call: Call) -> web.StreamResponse:
    prepared = await _prepared(call)
    body = encode.init(prepared.programme, _rendition(call, prepared))
    response = web.Response(body=body, content_type="audio/mp4", headers=CROSS_ORIGIN)
    response.headers["Cache-Control"] = KEPT
    return response


async def segment(call: Call) -> web.StreamResponse:
    prepared = await _prepared(call)
    rendition = _rendition(call, prepared)
    number = int(call.path["number"])
    kept = await call.home.segments.get(prepared.programme, prepared.paths, rendition, number)
    return answer(call, kept, "audio/mp4")


async def _prepared(call: Call) -> programmes.Prepared:
    return await programmes.find(call.home.db, call.who.visibility, call.path["programme"])


def _facts(prepared: programmes.Prepared) -> list[Facts]:
    return [item.facts for item in prepared.programme.items]


def _rendition(call: Call, prepared: programmes.Prepared) -> ladder.Rendition:
    return ladder.named(ladder.every(_facts(prepared)), call.path["rendition"])


def _playlist(text: str) -> web.Response:
    response = web.Response(text=text, content_type=PLAYLIST, headers=CROSS_ORIGIN)
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


_PROGRAMME = r"/stream/{programme:[a-z2-7]{24}}"
_RENDITION = _PROGRAMME + r"/{rendition:[a-z0-9-]{1,32}}"

ROUTES = [
    Route("GET", _PROGRAMME + "/main.m3u8", multivariant, Access.LINK),
    Route("GET", _RENDITION + "/index.m3u8", media, Access.LINK),
    Route("GET", _RENDITION + "/init.mp4", init, Access.LINK),
    Route("GET", _RENDITION + r"/{number:\d{1,6}}.m4s", segment, Access.LINK),
]
