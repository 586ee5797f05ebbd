"""What one listener makes: playlists, the queue, and what plays now."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from homestream import ids
from homestream.household.access import Role
from homestream.ids import ArtId, PlaylistId
from homestream.library import catalogue
from homestream.listening import playlists
from homestream.server.pages.render import page
from homestream.server.routing import Access, Call, Route

_MOST: Final = 200


async def every(call: Call) -> web.Response:
    """GET /playlists"""
    found = await playlists.of(call.home.db, call.who.visibility, call.listener.id, limit=_MOST)
    return await page(
        call,
        "pages/playlists.html",
        playlists=found.items,
        covers=await _covers(call, [each.id for each in found.items]),
    )


async def one(call: Call) -> web.Response:
    """GET /playlists/{playlist}"""
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    playlist = PlaylistId(ids.parse("playlist", call.path["playlist"]))
    entries = await playlists.entries(db, visibility, listener, playlist)
    return await page(
        call,
        "pages/playlist.html",
        playlist=await playlists.one(db, visibility, listener, playlist),
        covers=await _covers(call, [playlist]),
        entries=entries,
        tracks=[entry for entry in entries if isinstance(entry, catalogue.Track)],
        owner=call.who.role is Role.OWNER,
    )


async def _covers(call: Call, wanted: list[PlaylistId]) -> dict[PlaylistId, list[ArtId]]:
    return await playlists.covers(call.home.db, call.who.visibility, wanted)


async def queue(call: Call) -> web.Response:
    """GET /queue: the player's own script fills it."""
    return await page(call, "pages/queue.html")


async def now_playing(call: Call) -> web.Response:
    """GET /now-playing: the player's own script fills it."""
    return await page(call, "pages/now.html")


async def big_screen(call: Call) -> web.Response:
    """GET /tv: what plays and its lyrics, to be read across a room."""
    return await page(call, "pages/tv.html")


ROUTES: Final = [
    Route("GET", "/playlists", every, Access.LISTENER),
    Route("GET", "/playlists/{playlist}", one, Access.LISTENER),
    Route("GET", "/queue", queue, Access.LISTENER),
    Route("GET", "/now-playing", now_playing, Access.LISTENER),
    Route("GET", "/tv", big_screen, Access.LISTENER),
]
