"""The inbox: what was sent, what it is, and where it would go."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from homestream.errors import Busy
from homestream.household.access import Role
from homestream.library import inbox, libraries
from homestream.server.pages.render import page
from homestream.server.routing import Access, Call, Route


async def overview(call: Call) -> web.Response:
    """GET /inbox"""
    if call.home.inbox is None:
        raise Busy("the inbox is not open")
    owner = call.who.role is Role.OWNER
    entries = await call.home.inbox.entries(
        None if owner else call.who.account, visibility=call.who.visibility
    )
    there = [each for each in await libraries.every(call.home.db) if not each.away]
    return await page(
        call,
        "pages/inbox.html",
        owner=owner,
        entries=entries,
        good=len(inbox.good(entries)),
        waiting=any(each.state == "new" for each in entries),
        libraries=there if owner else [],
    )


ROUTES: Final = [Route("GET", "/inbox", overview, Access.ADULT)]
