"""The API of the inbox: new music is sent, looked at, filed or removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from homestream import ids
from homestream.errors import Busy
from homestream.household.access import Role
from homestream.ids import AccountId, InboxId, LibraryId
from homestream.library import inbox
from homestream.server.api import schema
from homestream.server.api.schema import Items, PublicId
from homestream.server.routing import Access, Call, Route

_PIECE: Final = 1 << 16


class UploadQuery(msgspec.Struct, frozen=True):
    name: Annotated[
        str, Meta(min_length=1, max_length=1000, description="What the file is called.")
    ]


class AlreadyHere(msgspec.Struct, frozen=True):
    """A track that is here already, and what the new file is beside it."""

    track: PublicId
    title: str
    album: str
    quality: str
    new_is: Literal["same", "better", "worse", "alike"]


class InboxEntry(msgspec.Struct, frozen=True):
    """A file that waits. `state` is "new" until it was looked at."""

    id: PublicId
    name: str
    place: Literal["upload", "folder"]
    size: int
    state: Literal["new", "good", "refused"]
    reason: str | None
    title: str
    artist: str
    album: str
    quality: str
    duration: float
    warnings: list[str]
    already_here: AlreadyHere | None
    goes_to: str
    arrived_at: str


class FileIt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`library` is the one to file to; null is the configured one."""

    library: PublicId | None = None


class Filed(msgspec.Struct, frozen=True):
    """Where files went, below their library's folder."""

    paths: list[str]


async def upload(call: Call) -> InboxEntry:
    entry = await _inbox(call).receive(
        call.query.name, call.who.account, _pieces(call), call.request.content_length
    )
    return _entry(entry)


async def list_inbox(call: Call) -> Items[InboxEntry]:
    return Items(
        [
            _entry(each)
            for each in await _inbox(call).entries(_own(call), visibility=call.who.visibility)
        ]
    )


async def get_entry(call: Call) -> InboxEntry:
    return _entry(await _inbox(call).get(_id(call), _own(call), visibility=call.who.visibility))


async def file_one(call: Call) -> Filed:
    wanted: FileIt = call.body
    return Filed([await _inbox(call).file(_id(call), _library(wanted))])


async def file_good(call: Call) -> Filed:
    wanted: FileIt = call.body
    box = _inbox(call)
    return Filed(
        [await box.file(each.id, _library(wanted)) for each in inbox.good(await box.entries(None))]
    )


async def remove(call: Call) -> None:
    await _inbox(call).reject(_id(call), _own(call))


async def _pieces(call: Call) -> AsyncIterator[bytes]:
    async for piece in call.request.content.iter_chunked(_PIECE):
        yield piece


def _inbox(call: Call) -> inbox.Inbox:
    if call.home.inbox is None:
        raise Busy("the inbox is not open")
    return call.home.inbox


def _own(call: Call) -> AccountId | None:
    """Whose files somebody sees: the owner of the house all, others their own."""
    return None if call.who.role is Role.OWNER else call.who.account


def _id(call: Call) -> InboxId:
    return InboxId(ids.parse("inbox", call.path["entry"]))


def _library(wanted: FileIt) -> LibraryId | None:
    return None if wanted.library is None else LibraryId(ids.parse("library", wanted.library))


def _entry(row: inbox.Entry) -> InboxEntry:
    have = row.found.have
    return InboxEntry(
        id=ids.public("inbox", row.id),
        name=row.name,
        place=row.place,
        size=row.size,
        state=row.state,
        reason=row.reason,
        title=row.found.title,
        artist=row.found.artist,
        album=row.found.album,
        quality=row.found.quality,
        duration=row.found.duration,
        warnings=list(row.found.warnings),
        already_here=None
        if have is None
        else AlreadyHere(
            track=ids.public("track", have.track),
            title=have.title,
            album=have.album,
            quality=have.quality,
            new_is=have.twin,
        ),
        goes_to=row.goes_to,
        arrived_at=schema.moment(row.arrived_at),
    )


ROUTES: Final = (
    Route(
        "POST",
        "/api/v1/uploads",
        upload,
        Access.ADULT,
        "Send one file of music; the body is the file",
        query=UploadQuery,
        answer=InboxEntry,
        status=201,
    ),
    Route(
        "GET",
        "/api/v1/inbox",
        list_inbox,
        Access.ADULT,
        "Files that wait: the owner sees all, others what they sent",
        answer=Items[InboxEntry],
    ),
    Route(
        "GET",
        "/api/v1/inbox/{entry}",
        get_entry,
        Access.ADULT,
        "One file that waits",
        answer=InboxEntry,
    ),
    Route(
        "DELETE",
        "/api/v1/inbox/{entry}",
        remove,
        Access.ADULT,
        "Remove a file that waits: it is deleted",
        status=204,
    ),
    Route(
        "POST",
        "/api/v1/inbox/filed",
        file_good,
        Access.OWNER,
        "File all that nothing speaks against",
        body=FileIt,
        answer=Filed,
    ),
    Route(
        "POST",
        "/api/v1/inbox/{entry}/filed",
        file_one,
        Access.OWNER,
        "File one into a library",
        body=FileIt,
        answer=Filed,
    ),
)
