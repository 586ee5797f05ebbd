"""The API of long things: their chapters, and where each profile was in them."""

from __future__ import annotations

import time
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from homestream import ids
from homestream.ids import TrackId
from homestream.library import chapters
from homestream.listening import bookmarks
from homestream.server import answers
from homestream.server.api import schema
from homestream.server.api.schema import Items, Paging
from homestream.server.routing import Access, Call, Route


class Chapter(msgspec.Struct, frozen=True):
    """`start` is in seconds; the title may be empty."""

    start: float
    title: str


class Bookmark(msgspec.Struct, frozen=True):
    """Where the listener was in a track, in seconds."""

    track: schema.Track
    position: float
    changed_at: str


class SetBookmark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    position: Annotated[float, Meta(ge=0, le=360_000)]


async def list_chapters(call: Call) -> Items[Chapter]:
    found = await chapters.of(call.home.db, call.who.visibility, _track(call))
    return Items([Chapter(each.start, each.title) for each in found])


async def list_bookmarks(call: Call) -> Items[Bookmark]:
    query: Paging = call.query
    page = await bookmarks.of(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        limit=query.limit,
        cursor=query.cursor,
    )
    return Items([_bookmark(row) for row in page.items], answers.next_page(call.request, page.next))


async def get(call: Call) -> Bookmark:
    return _bookmark(
        await bookmarks.one(call.home.db, call.who.visibility, call.listener.id, _track(call))
    )


async def put(call: Call) -> None:
    body: SetBookmark = call.body
    await bookmarks.put(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        _track(call),
        body.position,
        now=time.time(),
    )


async def remove(call: Call) -> None:
    await bookmarks.remove(call.home.db, call.listener.id, _track(call))


def _track(call: Call) -> TrackId:
    return TrackId(ids.parse("track", call.path["track"]))


def _bookmark(row: bookmarks.Bookmark) -> Bookmark:
    return Bookmark(schema.track(row.track), row.position, schema.moment(row.changed_at))


_TRACK: Final = "/api/v1/tracks/{track}"
_TAGS: Final = ("listening",)

ROUTES: Final = (
    Route(
        "GET",
        f"{_TRACK}/chapters",
        list_chapters,
        Access.ACCOUNT,
        "The chapters of a track",
        answer=Items[Chapter],
        tags=("library",),
    ),
    Route(
        "GET",
        "/api/v1/bookmarks",
        list_bookmarks,
        Access.LISTENER,
        "Where the listener was, the last one first",
        query=Paging,
        answer=Items[Bookmark],
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_TRACK}/bookmark",
        get,
        Access.LISTENER,
        "Where the listener was in a track",
        answer=Bookmark,
        tags=_TAGS,
    ),
    Route(
        "PUT",
        f"{_TRACK}/bookmark",
        put,
        Access.LISTENER,
        "Keep where the listener is in a track",
        body=SetBookmark,
        status=204,
        tags=_TAGS,
    ),
    Route(
        "DELETE",
        f"{_TRACK}/bookmark",
        remove,
        Access.LISTENER,
        "Forget where the listener was in a track",
        status=204,
        tags=_TAGS,
    ),
)
