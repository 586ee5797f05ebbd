"""The API of the libraries as they lie on disk."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from homestream import ids
from homestream.ids import LibraryId
from homestream.library import browse
from homestream.server import answers
from homestream.server.api import schema
from homestream.server.api.schema import Items, Paging
from homestream.server.routing import Access, Call, Route

Token = Annotated[str, Meta(max_length=6000, description="Names a folder; empty is the root.")]


class FolderQuery(Paging, frozen=True):
    folder: Token = ""


class WholeQuery(msgspec.Struct, frozen=True):
    folder: Token = ""


class Folder(msgspec.Struct, frozen=True):
    """A folder. `folder` is what to ask for to look into it; `name` may lack signs."""

    name: str
    folder: str
    art: schema.Art | None


class LibraryRef(msgspec.Struct, frozen=True):
    id: schema.PublicId
    name: str


class Listing(msgspec.Struct, frozen=True):
    """A page of what lies in a folder, in the order of the names on disk."""

    library: LibraryRef
    trail: list[Folder]
    folders: list[Folder]
    tracks: list[schema.Track]
    next: str | None


async def listing(call: Call) -> Listing:
    query: FolderQuery = call.query
    found = await browse.listing(
        call.home.db,
        call.who.visibility,
        call.who.listener.id if call.who.listener else None,
        LibraryId(ids.parse("library", call.path["library"])),
        query.folder,
        limit=query.limit,
        cursor=query.cursor,
    )
    return Listing(
        library=LibraryRef(ids.public("library", found.library.id), found.library.name),
        trail=[_folder(each) for each in found.trail],
        folders=[_folder(each) for each in found.folders],
        tracks=[schema.track(each) for each in found.tracks],
        next=answers.next_page(call.request, found.next),
    )


async def below(call: Call) -> Items[schema.Track]:
    query: WholeQuery = call.query
    found = await browse.below(
        call.home.db,
        call.who.visibility,
        call.who.listener.id if call.who.listener else None,
        LibraryId(ids.parse("library", call.path["library"])),
        query.folder,
    )
    return Items([schema.track(each) for each in found])


def _folder(row: browse.Folder) -> Folder:
    return Folder(row.name, row.token, schema.art(row.art))


ROUTES: Final = (
    Route(
        "GET",
        "/api/v1/libraries/{library}/folders",
        listing,
        Access.ACCOUNT,
        "What lies in a folder of a library",
        query=FolderQuery,
        answer=Listing,
        tags=("library",),
    ),
    Route(
        "GET",
        "/api/v1/libraries/{library}/folders/tracks",
        below,
        Access.ACCOUNT,
        f"The first {browse.MOST_PLAYED} tracks in a folder and below",
        query=WholeQuery,
        answer=Items[schema.Track],
        tags=("library",),
    ),
)
