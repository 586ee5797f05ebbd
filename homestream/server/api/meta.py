"""About the server itself: what it is, whether it is well, and what its API can do."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

import homestream
from homestream.household import setup
from homestream.server.routing import DOCUMENT, Access, Call, Route


class Server(msgspec.Struct, frozen=True):
    name: str  # as it is announced
    version: str
    setup: bool  # whether the house waits for its owner
    household: str


class Health(msgspec.Struct, frozen=True):
    status: str
    version: str


async def server(call: Call) -> Server:
    household = await setup.household(call.home.db)
    return Server(
        name=call.home.config.discovery.name or household,
        version=homestream.__version__,
        setup=await setup.is_open(call.home.db),
        household=household,
    )


async def health(call: Call) -> Health:
    await call.home.db.remembered(
        "health", lambda: call.home.db.row("SELECT COUNT(*) FROM account")
    )
    return Health("ok", homestream.__version__)


async def openapi(call: Call) -> web.Response:
    return web.Response(body=call.request.app[DOCUMENT], content_type="application/json")


ROUTES: Final = (
    Route("GET", "/health", health, Access.PUBLIC, "Whether the server is well", answer=Health),
    Route("GET", "/api/v1/server", server, Access.PUBLIC, "What this server is", answer=Server),
    Route("GET", "/api/v1/openapi.json", openapi, Access.PUBLIC, "This document"),
)
