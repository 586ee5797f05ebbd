"""Drawings for what has no cover, by name: see `library.drawn`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from homestream.library import drawn
from homestream.server.routing import Call


class CoverQuery(msgspec.Struct, frozen=True):
    """`of` is the id of what is drawn: things of one name look different."""

    initials: drawn.Initials = "corner"
    of: Annotated[str, msgspec.Meta(max_length=24)] = ""


async def cover(call: Call) -> web.Response:
    """GET /covers/{name}: the drawing for a name, as SVG."""
    query: CoverQuery = call.query
    return web.Response(
        text=drawn.draw(call.path["name"], at=query.initials, of=query.of),
        content_type="image/svg+xml",
        headers={"Cache-Control": "public, max-age=604800"},
    )
