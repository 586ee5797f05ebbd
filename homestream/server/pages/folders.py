"""The pages of the libraries as they lie on disk."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from aiohttp import web

from homestream import ids
from homestream.ids import LibraryId
from homestream.library import browse, libraries
from homestream.server import answers
from homestream.server.pages.render import page
from homestream.server.routing import Access, Call, Route

_PAGE: Final = 100


class FolderQuery(msgspec.Struct, frozen=True):
    folder: Annotated[str, msgspec.Meta(max_length=6000)] = ""
    cursor: Annotated[str, msgspec.Meta(max_length=6000)] | None = None


async def every(call: Call) -> web.Response:
    """GET /folders: the libraries; where there is one, what lies in it."""
    shelves = await browse.shelves(call.home.db, call.who.visibility)
    if len(shelves) == 1:
        return await _show(call, shelves[0].id)
    found = await libraries.every(call.home.db, call.who.visibility)
    return await page(call, "pages/libraries.html", libraries=found)


async def one(call: Call) -> web.Response:
    """GET /folders/{library}?folder="""
    return await _show(call, LibraryId(ids.parse("library", call.path["library"])))


async def _show(call: Call, library: LibraryId) -> web.Response:
    query: FolderQuery = call.query
    public = ids.public("library", library)
    found = await browse.listing(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        library,
        query.folder,
        limit=_PAGE,
        cursor=query.cursor,
    )
    return await page(
        call,
        "pages/folders.html",
        found=found,
        at=f"/folders/{public}",
        several=len(await browse.shelves(call.home.db, call.who.visibility)) > 1,
        whole=f"/api/v1/libraries/{public}/folders/tracks?folder={quote(query.folder)}",
        next=answers.next_page(call.request, found.next),
    )


ROUTES: Final = [
    Route("GET", "/folders", every, Access.LISTENER, query=FolderQuery),
    Route("GET", "/folders/{library}", one, Access.LISTENER, query=FolderQuery),
]
