"""The API of search: everything in one ranked answer, or one kind of it."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from homestream import ids
from homestream.ids import ProfileId
from homestream.library import catalogue, search
from homestream.server import answers
from homestream.server.api import schema
from homestream.server.api.schema import Items, Paging, PublicId
from homestream.server.routing import Access, Call, Route

Search = Annotated[
    str, Meta(max_length=search.MOST_CHARACTERS, description="Words; the last may be unfinished.")
]


class SearchQuery(Paging, frozen=True):
    q: Search = ""
    kind: search.Kind | None = None


class FoundArtist(schema.Artist, frozen=True, tag_field="kind", tag="artist"):
    pass


class FoundAlbum(schema.Album, frozen=True, tag_field="kind", tag="album"):
    pass


class FoundTrack(schema.Track, frozen=True, tag_field="kind", tag="track"):
    pass


class FoundGenre(schema.Genre, frozen=True, tag_field="kind", tag="genre"):
    pass


class FoundPlaylist(msgspec.Struct, frozen=True, tag_field="kind", tag="playlist"):
    """One of the listener's own, or one that is a file in a library."""

    id: PublicId
    name: str
    track_count: int


class FoundLyrics(msgspec.Struct, frozen=True, tag_field="kind", tag="lyrics"):
    """A track by a line of its lyrics; `start` is in seconds."""

    track: schema.Track
    text: str
    start: float | None


Found = FoundArtist | FoundAlbum | FoundTrack | FoundPlaylist | FoundGenre | FoundLyrics


class FoundItems(Items[Found], frozen=True):
    """The best first. `did_you_mean` is what was looked for where nothing is called as typed."""

    did_you_mean: str | None = None


async def find(call: Call) -> FoundItems:
    query: SearchQuery = call.query
    found = await search.find(
        call.home.db,
        call.who.visibility,
        ProfileId(call.who.listener.id) if call.who.listener else None,
        query.q,
        kind=query.kind,
        limit=query.limit,
        cursor=query.cursor,
    )
    return FoundItems(
        [_found(hit) for hit in found.page.items],
        answers.next_page(call.request, found.page.next),
        found.meant,
    )


def _found(hit: search.Hit) -> Found:
    match hit:
        case catalogue.Artist():
            return FoundArtist(**msgspec.structs.asdict(schema.artist(hit)))
        case catalogue.Album():
            return FoundAlbum(**msgspec.structs.asdict(schema.album(hit)))
        case catalogue.Track():
            return FoundTrack(**msgspec.structs.asdict(schema.track(hit)))
        case catalogue.Genre():
            return FoundGenre(**msgspec.structs.asdict(schema.genre(hit)))
        case search.Playlist():
            return FoundPlaylist(ids.public("playlist", hit.id), hit.name, hit.track_count)
        case search.Line():
            start = None if hit.start_ms is None else hit.start_ms / 1000
            return FoundLyrics(schema.track(hit.track), hit.text, start)


ROUTES: Final = (
    Route(
        "GET",
        "/api/v1/search",
        find,
        Access.ACCOUNT,
        "What is called by these words, the best first",
        query=SearchQuery,
        answer=FoundItems,
    ),
)
