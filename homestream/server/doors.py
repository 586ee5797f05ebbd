"""All doors of the house: the one table of routes. A new subject adds its line here."""

from __future__ import annotations

from collections.abc import Sequence

from homestream.server import pages, stream, whole
from homestream.server.api import (
    albums,
    bookmarks,
    browse,
    credits,
    health,
    household,
    library,
    listening,
    lists,
    meta,
    programmes,
    rights,
    search,
    sound,
    streaming,
    uploads,
)
from homestream.server.routing import Route

ROUTES: Sequence[Sequence[Route]] = (
    pages.ROUTES,
    meta.ROUTES,
    household.ROUTES,
    library.ROUTES,
    albums.ROUTES,
    rights.ROUTES,
    browse.ROUTES,
    bookmarks.ROUTES,
    credits.ROUTES,
    search.ROUTES,
    listening.ROUTES,
    lists.ROUTES,
    programmes.ROUTES,
    health.ROUTES,
    uploads.ROUTES,
    sound.ROUTES,
    streaming.ROUTES,
    stream.ROUTES,
    whole.ROUTES,
)
page_error = pages.failure
warm = pages.warm
