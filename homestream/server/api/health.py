"""The API of the library's health: what is wrong, and what can be done about it."""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from homestream import ids
from homestream.errors import BadInput
from homestream.ids import RecordingId
from homestream.library import copies, health, overlay
from homestream.server import answers
from homestream.server.api import schema
from homestream.server.api.schema import Items, Paging, PublicId
from homestream.server.routing import Access, Call, Route

Thing = Annotated[str, Meta(min_length=1, max_length=9000)]


class HealthCheck(msgspec.Struct, frozen=True):
    """One kind of thing that may be wrong. `count` is as of `counted_at`."""

    kind: str
    title: str
    means: str
    do: str
    serious: bool
    count: int
    counted_at: str | None
    passed: int


class HealthLine(msgspec.Struct, frozen=True):
    text: str
    album: PublicId | None


class HealthItem(msgspec.Struct, frozen=True):
    """One thing that is wrong. `item` names it in the calls that do something about it."""

    item: str
    title: str
    detail: str
    path: str | None
    album: PublicId | None
    lines: list[HealthLine]


class WatchState(msgspec.Struct, frozen=True):
    """How changes in one library are noticed: "watched" within seconds, "polled" every so many
    seconds, not at all ("off"), or not now ("away"). `part` is the folder in it that is polled,
    where that is not all of it.
    """

    library: PublicId
    kind: Literal["watched", "polled", "off", "away"]
    since: str
    reason: str
    remedy: str
    every: float
    part: str
    changed_at: str | None


class CopiesHidden(msgspec.Struct, frozen=True):
    """How many copies were hidden from the lists."""

    hidden: int


class HiddenCopies(msgspec.Struct, frozen=True):
    """A recording of which copies are hidden: `item` names it, as where it was found."""

    item: str
    title: str
    artist_credit: str
    copies: int


class OneThing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    item: Thing


class OneOrAll(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`item` is one thing; null is all of them."""

    item: Thing | None = None


async def list_checks(call: Call) -> Items[HealthCheck]:
    return Items(
        [
            HealthCheck(
                kind=card.check.kind,
                title=card.check.title,
                means=card.check.means,
                do=card.check.do,
                serious=card.check.serious,
                count=card.count,
                counted_at=None if card.counted_at is None else schema.moment(card.counted_at),
                passed=card.passed,
            )
            for card in await health.cards(call.home.db)
        ]
    )


async def list_found(call: Call) -> Items[HealthItem]:
    query: Paging = call.query
    begin = offset(query.cursor)
    rows = await health.items(call.home.db, call.path["kind"], limit=query.limit + 1, begin=begin)
    more = len(rows) > query.limit
    return Items(
        [
            HealthItem(
                item=row.item,
                title=row.title,
                detail=row.detail,
                path=row.path,
                album=row.album,
                lines=[HealthLine(line.text, line.album) for line in row.lines],
            )
            for row in rows[: query.limit]
        ],
        answers.next_page(call.request, str(begin + query.limit) if more else None),
    )


async def list_watched(call: Call) -> Items[WatchState]:
    states = call.home.watcher.states() if call.home.watcher is not None else {}
    return Items(
        [
            WatchState(
                library=ids.public("library", library),
                kind=state.kind,
                since=schema.moment(state.since),
                reason=state.reason,
                remedy=state.remedy,
                every=state.every,
                part=state.part,
                changed_at=None if state.changed_at is None else schema.moment(state.changed_at),
            )
            for library, state in sorted(states.items())
        ]
    )


async def leave(call: Call) -> None:
    await health.leave(call.home.db, call.path["kind"], call.body.item)


async def show_again(call: Call) -> None:
    await health.show_again(call.home.db, call.path["kind"])


async def keep_best(call: Call) -> CopiesHidden:
    only = recording(call.body.item)
    hidden = await call.home.db.batch(
        partial(overlay.keep_best, only=only, now=time.time_ns() // 1_000_000)
    )
    await health.recount(call.home.db, ["duplicates"])
    return CopiesHidden(hidden)


async def list_hidden(call: Call) -> Items[HiddenCopies]:
    query: Paging = call.query
    begin = offset(query.cursor)
    rows = await copies.every(call.home.db, limit=query.limit + 1, begin=begin)
    more = len(rows) > query.limit
    return Items(
        [
            HiddenCopies(str(row.recording), row.title, row.artist_credit, row.copies)
            for row in rows[: query.limit]
        ],
        answers.next_page(call.request, str(begin + query.limit) if more else None),
    )


async def show_copies(call: Call) -> None:
    only = recording(call.path.get("item"))
    await call.home.db.batch(partial(overlay.show_copies, only=only))
    await health.recount(call.home.db, ["duplicates"])


async def try_again(call: Call) -> None:
    await health.try_again(call.home.db, call.path["kind"], call.body.item)
    await call.home.scanner.request()


def recording(item: str | None) -> RecordingId | None:
    """The recording that a thing found to be there several times is; BadInput for none."""
    if item is None:
        return None
    if not (item.isascii() and item.isdigit() and len(item) < 18):
        raise BadInput("item is not one of ours")
    return RecordingId(int(item))


def offset(cursor: str | None) -> int:
    """Where a list goes on; BadInput for a cursor that is none of ours."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise BadInput("cursor is not one of ours")
    return int(cursor)


_COPIES: Final = "/api/v1/health/library/duplicates"
_KIND: Final = "/api/v1/health/library/{kind:[a-z-]+}"

ROUTES: Final = (
    Route(
        "GET",
        "/api/v1/health/library",
        list_checks,
        Access.OWNER,
        "What may be wrong with the library, and how often it is",
        answer=Items[HealthCheck],
    ),
    Route(
        "GET",
        _KIND,
        list_found,
        Access.OWNER,
        "What one check finds",
        query=Paging,
        answer=Items[HealthItem],
    ),
    Route(
        "GET",
        "/api/v1/health/watching",
        list_watched,
        Access.OWNER,
        "How changes in each library are noticed",
        answer=Items[WatchState],
    ),
    Route(
        "POST",
        f"{_KIND}/left",
        leave,
        Access.OWNER,
        "Leave one thing as it is: it is listed no more",
        body=OneThing,
        status=204,
    ),
    Route(
        "DELETE",
        f"{_KIND}/left",
        show_again,
        Access.OWNER,
        "List again what was left as it is",
        status=204,
    ),
    Route(
        "GET",
        f"{_COPIES}/hidden",
        list_hidden,
        Access.OWNER,
        "Recordings of which copies are hidden from the lists",
        query=Paging,
        answer=Items[HiddenCopies],
    ),
    Route(
        "POST",
        f"{_COPIES}/hidden",
        keep_best,
        Access.OWNER,
        "Keep the best copy of one recording, or of all, and hide the others",
        body=OneOrAll,
        answer=CopiesHidden,
    ),
    Route(
        "DELETE",
        f"{_COPIES}/hidden",
        show_copies,
        Access.OWNER,
        "Show all hidden copies again",
        status=204,
    ),
    Route(
        "DELETE",
        f"{_COPIES}/hidden/{{item:[0-9]+}}",
        show_copies,
        Access.OWNER,
        "Show the hidden copies of one recording again",
        status=204,
    ),
    Route(
        "POST",
        f"{_KIND}/tries",
        try_again,
        Access.OWNER,
        "Try one thing again, or all, in a scan",
        body=OneOrAll,
        status=204,
    ),
)
