"""The web pages: HTML from the server, with scripts that add to it.

`failure` is the error page; `warm` readies the templates and may run in a thread.
"""

from __future__ import annotations

from typing import Final

from homestream.server.pages import (
    assets,
    corrections,
    covers,
    doorstep,
    folders,
    health,
    inbox,
    lists,
    music,
    search,
    settings,
    works,
)
from homestream.server.pages.render import failure, warm
from homestream.server.routing import Access, Route

__all__ = ["ROUTES", "failure", "warm"]

ROUTES: Final[list[Route]] = [
    Route("GET", "/static/{version}/{path:.+}", assets.static, Access.PUBLIC),
    Route("GET", "/favicon.ico", assets.favicon, Access.PUBLIC),
    Route("GET", "/covers/{name}", covers.cover, Access.PUBLIC, query=covers.CoverQuery),
    *doorstep.ROUTES,
    *music.ROUTES,
    *corrections.ROUTES,
    *search.ROUTES,
    *works.ROUTES,
    *lists.ROUTES,
    *folders.ROUTES,
    *settings.ROUTES,
    *health.ROUTES,
    *inbox.ROUTES,
]
