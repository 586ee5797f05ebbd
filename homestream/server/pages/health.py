"""The library's health: what is wrong with it, and what to do."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from aiohttp import web

from homestream.errors import BadInput
from homestream.library import copies, health, libraries
from homestream.server import answers
from homestream.server.pages import values
from homestream.server.pages.render import page
from homestream.server.routing import Access, Call, Route

PAGE: Final = 50
_MOST_HIDDEN: Final = 500
_SHUT_IN: Final = "landlock+seccomp"


class KindQuery(msgspec.Struct, frozen=True):
    cursor: Annotated[str, msgspec.Meta(max_length=10)] | None = None


async def overview(call: Call) -> web.Response:
    """GET /settings/health"""
    cards = await health.cards(call.home.db)
    states = call.home.watcher.states() if call.home.watcher is not None else {}
    sandbox = call.home.pool.stats().sandbox
    return await page(
        call,
        "pages/health.html",
        owner=True,
        cards=[card for card in cards if card.count],
        clean=[card for card in cards if not card.count],
        hidden_count=await copies.count(call.home.db),
        counted=min((card.counted_at or 0 for card in cards), default=0),
        watched=[
            (library.name, values.watching(states[library.id]), states[library.id])
            for library in await libraries.every(call.home.db)
            if library.id in states
        ],
        open_readers="" if _SHUT_IN in sandbox or "no worker" in sandbox else sandbox,
    )


async def one(call: Call) -> web.Response:
    """GET /settings/health/{kind}"""
    begin = _offset(call.query.cursor)
    kind = call.path["kind"]
    wanted = health.check(kind)
    found = await health.items(call.home.db, kind, limit=PAGE + 1, begin=begin)
    if begin == 0 and len(found) <= PAGE:  # all there is: what was counted may be older
        await health.set_count(call.home.db, kind, len(found))
    doubles = kind == "duplicates"
    card = next(each for each in await health.cards(call.home.db) if each.check is wanted)
    return await page(
        call,
        "pages/health-kind.html",
        owner=True,
        card=card,
        check=wanted,
        items=found[:PAGE],
        hidden=await copies.every(call.home.db, limit=_MOST_HIDDEN) if doubles else [],
        hidden_count=await copies.count(call.home.db) if doubles else 0,
        next=answers.next_page(call.request, str(begin + PAGE) if len(found) > PAGE else None),
    )


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit()):
        raise BadInput("cursor is not one of ours")
    return int(cursor)


ROUTES: Final = [
    Route("GET", "/settings/health", overview, Access.OWNER),
    Route("GET", "/settings/health/{kind:[a-z-]+}", one, Access.OWNER, query=KindQuery),
]
