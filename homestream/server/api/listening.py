"""The API of one listener: plays, stars, playlists and the queue, always their own."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from homestream import ids
from homestream.errors import NotFound
from homestream.household.access import Role
from homestream.ids import PlaylistId, TrackId
from homestream.library import catalogue
from homestream.listening import listfiles, playlists, plays, queue, stars
from homestream.server import answers
from homestream.server.api import schema
from homestream.server.api.schema import Items, Paging, PublicId
from homestream.server.routing import Access, Call, Route

Key = Annotated[str, Meta(min_length=1, max_length=128)]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Milliseconds = Annotated[int, Meta(ge=0, le=31 * 24 * 3600 * 1000)]
Source = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]{1,32}(:.{1,90})?$",
        description="Where it was started: album, artist, genre, playlist, starred, search, "
        "queue, hand, home, radio:<seed>, mix:<name>",
    ),
]
Origin = Annotated[str, Meta(max_length=128)]
TrackIds = Annotated[list[PublicId], Meta(max_length=playlists.MOST_TRACKS)]


class TellPlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One play. The same `client_event_id` again is the same play, and changes nothing."""

    client_event_id: Key
    track: PublicId
    started_at: Annotated[datetime, Meta(tz=True)]
    played_ms: Milliseconds
    ending: plays.Ending
    listening_session: Annotated[str, Meta(max_length=128)] = ""
    tz_offset_minutes: Annotated[int, Meta(ge=-1080, le=1080)] = 0
    device: Annotated[str, Meta(max_length=128)] = ""
    source: Source = "hand"
    source_id: Origin | None = None
    offer_id: Origin | None = None
    offer_rank: Annotated[int, Meta(ge=-1, le=1_000_000)] | None = None  # -1: not known
    seeks: Count = 0
    shuffle: bool = False
    private: bool = False


class KeptPlay(msgspec.Struct, frozen=True):
    client_event_id: str
    received_at: str


class PlayedTrack(msgspec.Struct, frozen=True):
    played_at: str
    track: schema.Track


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    item: Annotated[str, Meta(pattern=r"^[a-z]{2}-[1-9][0-9]{0,17}$")]
    rank: Count


class TellImpressions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one list of ours showed; told again, it changes nothing."""

    offer_id: Key
    shelf: Key
    items: Annotated[list[Shown], Meta(max_length=200)]


class StarQuery(msgspec.Struct, frozen=True):
    kind: Literal["track", "album", "artist"]
    limit: schema.Limit = 50
    cursor: Annotated[str, Meta(max_length=200)] | None = None


class Starred(msgspec.Struct, frozen=True):
    """A page of what is starred: tracks, albums or artists, as `kind` asked."""

    items: list[Any]
    next: str | None = None


class Playlist(msgspec.Struct, frozen=True):
    id: PublicId
    name: str
    track_count: int
    duration: float
    art: schema.Art | None
    created_at: str
    changed_at: str
    editable: bool  # one in a file follows that, unless the owner says otherwise
    file: str | None  # the one in a library that it is; told to the owner alone


class MissingLine(msgspec.Struct, frozen=True):
    """A line of a playlist for which there is no track; `after` counts the tracks before it."""

    after: int
    said: str
    title: str


class PlaylistTracks(msgspec.Struct, frozen=True):
    id: PublicId
    name: str
    track_count: int
    duration: float
    art: schema.Art | None
    created_at: str
    changed_at: str
    editable: bool
    file: str | None
    tracks: list[schema.Track]
    missing: list[MissingLine]


class AddPlaylist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    tracks: TrackIds = []


class ChangePlaylist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is given changes; `tracks` is the whole new order."""

    name: Name | None = None
    tracks: TrackIds | None = None


class AddTracks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tracks: TrackIds


class KeepQueue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tracks: TrackIds
    current: Count = 0
    position: Annotated[float, Meta(ge=0, le=1e7)] = 0.0
    shuffle: bool = False
    repeat: queue.Repeat = "off"


class Queue(msgspec.Struct, frozen=True):
    tracks: list[PublicId]
    current: int
    position: float
    shuffle: bool
    repeat: queue.Repeat
    items: list[schema.Track]


# plays -------------------------------------------------------------------------------------------


async def tell_play(call: Call) -> web.Response:
    body: TellPlay = call.body
    kept = await plays.record(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        plays.Play(
            client_event_id=body.client_event_id,
            track=TrackId(ids.parse("track", body.track)),
            listening_session=body.listening_session,
            started_at=int(body.started_at.timestamp() * 1000),
            tz_offset_minutes=body.tz_offset_minutes,
            device=body.device,
            source=body.source,
            played_ms=body.played_ms,
            ending=body.ending,
            source_id=body.source_id or None,
            offer_id=body.offer_id or None,
            offer_rank=body.offer_rank if body.offer_rank != -1 else None,
            seeks=body.seeks,
            shuffle=body.shuffle,
            private=body.private,
        ),
        now=time.time(),
    )
    return answers.json(
        KeptPlay(body.client_event_id, schema.moment(kept.received_at)),
        status=201 if kept.new else 200,
    )


async def list_plays(call: Call) -> Items[PlayedTrack]:
    query: Paging = call.query
    page = await plays.recent(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        limit=query.limit,
        cursor=query.cursor,
    )
    return Items(
        [
            PlayedTrack(schema.moment(played.played_at), schema.track(played.track))
            for played in page.items
        ],
        answers.next_page(call.request, page.next),
    )


async def tell_impressions(call: Call) -> None:
    body: TellImpressions = call.body
    await plays.shown(
        call.home.db,
        call.listener.id,
        offer_id=body.offer_id,
        shelf=body.shelf,
        impressions=[plays.Impression(shown.item, shown.rank) for shown in body.items],
        now=time.time(),
    )


# stars -------------------------------------------------------------------------------------------


async def put_star(call: Call) -> None:
    kind, item = _starrable(call.path["item"])
    await stars.put(
        call.home.db, call.who.visibility, call.listener.id, kind, item, now=time.time()
    )


async def remove_star(call: Call) -> None:
    kind, item = _starrable(call.path["item"])
    await stars.remove(call.home.db, call.listener.id, kind, item)


async def list_stars(call: Call) -> Starred:
    query: StarQuery = call.query
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    items: list[Any]
    if query.kind == "track":
        tracks = await stars.tracks(
            db, visibility, listener, limit=query.limit, cursor=query.cursor
        )
        items, following = [schema.track(row) for row in tracks.items], tracks.next
    elif query.kind == "album":
        albums = await stars.albums(
            db, visibility, listener, limit=query.limit, cursor=query.cursor
        )
        items, following = [schema.album(row) for row in albums.items], albums.next
    else:
        artists = await stars.artists(
            db, visibility, listener, limit=query.limit, cursor=query.cursor
        )
        items, following = [schema.artist(row) for row in artists.items], artists.next
    return Starred(items, answers.next_page(call.request, following))


def _starrable(text: str) -> tuple[stars.Kind, int]:
    kinds: tuple[stars.Kind, ...] = ("track", "album", "artist")
    for kind in kinds:
        if text.startswith(ids.KINDS[kind] + "-"):
            return kind, ids.parse(kind, text)
    raise NotFound("tracks, albums and artists can be starred")


# playlists ---------------------------------------------------------------------------------------


async def list_playlists(call: Call) -> Items[Playlist]:
    query: Paging = call.query
    page = await playlists.of(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        limit=query.limit,
        cursor=query.cursor,
    )
    return Items(
        [_playlist(call, row) for row in page.items], answers.next_page(call.request, page.next)
    )


async def add_playlist(call: Call) -> PlaylistTracks:
    body: AddPlaylist = call.body
    playlist = await playlists.create(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        body.name,
        _tracks(body.tracks),
        now=time.time(),
    )
    return await _whole(call, playlist)


async def playlist(call: Call) -> PlaylistTracks:
    return await _whole(call, _named(call))


async def change_playlist(call: Call) -> PlaylistTracks:
    body: ChangePlaylist = call.body
    await listfiles.ready(call.home.db, call.home.pool, _named(call), now=time.time())
    await playlists.change(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        _named(call),
        name=body.name,
        order=_tracks(body.tracks) if body.tracks is not None else None,
        now=time.time(),
    )
    await listfiles.write_back(call.home.db, call.home.pool, _named(call), now=time.time())
    return await _whole(call, _named(call))


async def remove_playlist(call: Call) -> None:
    await listfiles.remove(call.home.db, call.who.visibility, call.listener.id, _named(call))


async def add_to_playlist(call: Call) -> PlaylistTracks:
    body: AddTracks = call.body
    await listfiles.ready(call.home.db, call.home.pool, _named(call), now=time.time())
    await playlists.append(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        _named(call),
        _tracks(body.tracks),
        now=time.time(),
    )
    await listfiles.write_back(call.home.db, call.home.pool, _named(call), now=time.time())
    return await _whole(call, _named(call))


async def _whole(call: Call, number: PlaylistId) -> PlaylistTracks:
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    head = _playlist(call, await playlists.one(db, visibility, listener, number))
    tracks: list[schema.Track] = []
    missing: list[MissingLine] = []
    for entry in await playlists.entries(db, visibility, listener, number):
        if isinstance(entry, playlists.Missing):
            missing.append(MissingLine(len(tracks), entry.said, entry.title))
        else:
            tracks.append(schema.track(entry))
    return PlaylistTracks(**msgspec.structs.asdict(head), tracks=tracks, missing=missing)


def _named(call: Call) -> PlaylistId:
    return PlaylistId(ids.parse("playlist", call.path["playlist"]))


def _tracks(texts: list[PublicId]) -> list[TrackId]:
    return [TrackId(ids.parse("track", text)) for text in texts]


def _playlist(call: Call, row: playlists.Playlist) -> Playlist:
    return Playlist(
        id=ids.public("playlist", row.id),
        name=row.name,
        track_count=row.track_count,
        duration=row.duration,
        art=schema.art(row.art),
        created_at=schema.moment(row.created_at),
        changed_at=schema.moment(row.changed_at),
        editable=row.editable,
        file=row.file if call.who.role is Role.OWNER else None,
    )


# the queue ---------------------------------------------------------------------------------------


async def get_queue(call: Call) -> Queue:
    kept, tracks = await queue.of(call.home.db, call.who.visibility, call.listener.id)
    return _queue(kept, tracks)


async def put_queue(call: Call) -> Queue:
    body: KeepQueue = call.body
    wanted = queue.Queue(
        tuple(_tracks(body.tracks)), body.current, body.position, body.shuffle, body.repeat
    )
    db, visibility = call.home.db, call.who.visibility
    await queue.keep(db, visibility, call.listener.id, wanted, now=time.time())
    return await get_queue(call)


def _queue(kept: queue.Queue, tracks: list[catalogue.Track]) -> Queue:
    return Queue(
        tracks=[ids.public("track", track) for track in kept.tracks],
        current=kept.current,
        position=kept.position,
        shuffle=kept.shuffle,
        repeat=kept.repeat,
        items=[schema.track(row) for row in tracks],
    )


_AT: Final = "/api/v1"
_TAGS: Final = ("listening",)
_WHO: Final = Access.LISTENER
ROUTES: Final = (
    Route(
        "POST",
        f"{_AT}/plays",
        tell_play,
        _WHO,
        "Tell a play: 201 the first time, 200 when it was told before",
        body=TellPlay,
        answer=KeptPlay,
        status=201,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/plays",
        list_plays,
        _WHO,
        "Recently played tracks",
        query=Paging,
        answer=Items[PlayedTrack],
        tags=_TAGS,
    ),
    Route(
        "POST",
        f"{_AT}/impressions",
        tell_impressions,
        _WHO,
        "Tell what a list of ours showed",
        body=TellImpressions,
        status=204,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/stars",
        list_stars,
        _WHO,
        "Starred tracks, albums or artists, newest star first",
        query=StarQuery,
        answer=Starred,
        tags=_TAGS,
    ),
    Route("PUT", f"{_AT}/stars/{{item}}", put_star, _WHO, "Star it", status=204, tags=_TAGS),
    Route(
        "DELETE",
        f"{_AT}/stars/{{item}}",
        remove_star,
        _WHO,
        "Take the star away",
        status=204,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/playlists",
        list_playlists,
        _WHO,
        "The listener's playlists",
        query=Paging,
        answer=Items[Playlist],
        tags=_TAGS,
    ),
    Route(
        "POST",
        f"{_AT}/playlists",
        add_playlist,
        _WHO,
        "Make a playlist",
        body=AddPlaylist,
        answer=PlaylistTracks,
        status=201,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/playlists/{{playlist}}",
        playlist,
        _WHO,
        "A playlist and its tracks",
        answer=PlaylistTracks,
        tags=_TAGS,
    ),
    Route(
        "PATCH",
        f"{_AT}/playlists/{{playlist}}",
        change_playlist,
        _WHO,
        "Rename a playlist, or give it a new order",
        body=ChangePlaylist,
        answer=PlaylistTracks,
        tags=_TAGS,
    ),
    Route(
        "DELETE",
        f"{_AT}/playlists/{{playlist}}",
        remove_playlist,
        _WHO,
        "Delete a playlist",
        status=204,
        tags=_TAGS,
    ),
    Route(
        "POST",
        f"{_AT}/playlists/{{playlist}}/tracks",
        add_to_playlist,
        _WHO,
        "Add tracks at the end",
        body=AddTracks,
        answer=PlaylistTracks,
        tags=_TAGS,
    ),
    Route("GET", f"{_AT}/queue", get_queue, _WHO, "The queue", answer=Queue, tags=_TAGS),
    Route(
        "PUT",
        f"{_AT}/queue",
        put_queue,
        _WHO,
        "Keep the queue",
        body=KeepQueue,
        answer=Queue,
        tags=_TAGS,
    ),
)
