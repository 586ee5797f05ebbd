"""The search page: everything that is found, grouped, or one kind of it as a long list."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from homestream.library import catalogue, search
from homestream.server import answers
from homestream.server.pages.render import page, part
from homestream.server.routing import Access, Call, Route

PAGE: Final = 60
_OF_EACH: Final = 12
_TRACKS: Final = 8
_BESIDE_TOP: Final = 4

HEADINGS: Final[dict[search.Kind, str]] = {
    "artist": "Artists",
    "album": "Albums",
    "track": "Tracks",
    "playlist": "Playlists",
    "genre": "Genres",
    "lyrics": "In the lyrics",
}


class SearchQuery(msgspec.Struct, frozen=True):
    q: Annotated[str, msgspec.Meta(max_length=search.MOST_CHARACTERS)] = ""
    kind: search.Kind | None = None
    cursor: Annotated[str, msgspec.Meta(max_length=20)] | None = None


class FoundQuery(msgspec.Struct, frozen=True):
    q: Annotated[str, msgspec.Meta(max_length=search.MOST_CHARACTERS)] = ""


async def searched(call: Call) -> web.Response:
    """GET /search?q="""
    query: SearchQuery = call.query
    words = query.q.strip()
    if words and query.kind is not None:
        found = await search.find(
            call.home.db,
            call.who.visibility,
            call.listener.id,
            words,
            kind=query.kind,
            limit=PAGE,
            cursor=query.cursor,
        )
        return await page(
            call,
            "pages/search-kind.html",
            q=words,
            kind=query.kind,
            heading=HEADINGS[query.kind],
            hits=found.page.items,
            next=answers.next_page(call.request, found.page.next),
        )
    return await page(call, "pages/search.html", **await _found(call, words))


async def found(call: Call) -> web.Response:
    """GET /search/found?q=: what changes on the page as somebody types."""
    query: FoundQuery = call.query
    return await part(call, "parts/found.html", **await _found(call, query.q.strip()))


async def _found(call: Call, words: str) -> dict[str, Any]:
    db, visibility = call.home.db, call.who.visibility
    if not words:
        known = await catalogue.genres(db, visibility, limit=PAGE)
        return {"q": "", "genres": known.items}
    top, by_kind, meant = await search.groups(
        db, visibility, call.listener.id, words, limit=_OF_EACH + 1
    )
    most = {kind: _TRACKS if kind in ("track", "lyrics") else _OF_EACH for kind in by_kind}
    return {
        "q": words,
        "meant": meant,
        "top": top,
        "top_kind": search.kind_of(top) if top is not None else None,
        "beside": by_kind["track"][:_BESIDE_TOP],
        "groups": {kind: hits[: most[kind]] for kind, hits in by_kind.items()},
        "more": {kind: len(hits) > most[kind] for kind, hits in by_kind.items()},
        "headings": HEADINGS,
        "genres": [],
    }


ROUTES: Final = [
    Route("GET", "/search", searched, Access.LISTENER, query=SearchQuery),
    Route("GET", "/search/found", found, Access.LISTENER, query=FoundQuery),
]
