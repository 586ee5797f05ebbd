"""Before the house: set-up, sign-in, and who is listening."""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec
from aiohttp import web

from homestream.household import profiles, setup
from homestream.library import libraries
from homestream.server.pages.render import document, page
from homestream.server.routing import Access, Call, Route

_OURS: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


class NextQuery(msgspec.Struct, frozen=True):
    next: Annotated[str, msgspec.Meta(max_length=2000)] = "/"


async def set_up(call: Call) -> web.Response:
    """GET /setup: open to all, as what it sends needs the one-time code."""
    if not await setup.is_open(call.home.db):
        raise web.HTTPSeeOther("/")
    configured = len(await libraries.every(call.home.db))
    return document(call.request, "pages/setup.html", configured=configured)


async def sign_in(call: Call) -> web.Response:
    """GET /sign-in?next="""
    if await setup.is_open(call.home.db):
        raise web.HTTPSeeOther("/setup")
    if call.actor is not None:
        raise web.HTTPSeeOther(_own(call.query.next))
    return await page(call, "pages/sign-in.html", next=_own(call.query.next))


async def who(call: Call) -> web.Response:
    """GET /who?next="""
    return await page(
        call,
        "pages/who.html",
        profiles=await profiles.of(call.home.db, call.who.account),
        pictures=profiles.PICTURES,
        colours=profiles.COLOURS,
        next=_own(call.query.next),
    )


def _own(path: str) -> str:
    """A path of this site, whatever was asked for."""
    return path if _OURS.fullmatch(path) else "/"


ROUTES: Final = [
    Route("GET", "/setup", set_up, Access.PUBLIC),
    Route("GET", "/sign-in", sign_in, Access.PUBLIC, query=NextQuery),
    Route("GET", "/who", who, Access.ACCOUNT, query=NextQuery),
]
