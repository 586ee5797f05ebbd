"""The API of playlists as files: import, export, and whether one is kept alike with its file."""

from __future__ import annotations

import base64
import binascii
import time
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from aiohttp.helpers import content_disposition_header
from msgspec import Meta

from homestream import ids
from homestream.errors import BadInput
from homestream.formats import tracklist
from homestream.ids import PlaylistId
from homestream.listening import listfiles, playlists
from homestream.server.api.schema import PublicId
from homestream.server.routing import Access, Call, Route

_TYPES: Final = {"m3u8": "application/vnd.apple.mpegurl", "xspf": "application/xspf+xml"}


class ImportPlaylist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A playlist file: its name, which tells its kind, and its bytes in base64."""

    name: Annotated[str, Meta(min_length=3, max_length=256)]
    content: Annotated[str, Meta(max_length=tracklist.MOST_BYTES * 4 // 3 + 4)]


class Imported(msgspec.Struct, frozen=True):
    """The playlist that was made, how many of its lines are tracks, and how many mean nothing
    that is here."""

    id: PublicId
    found: int
    missing: int


class KeepAlike(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`both_ways`: what is changed here is written to the file."""

    both_ways: bool


async def take(call: Call) -> Imported:
    body: ImportPlaylist = call.body
    try:
        raw = base64.b64decode(body.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("content is not base64") from error
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    made = await listfiles.upload(
        db, call.home.pool, visibility, listener, body.name, raw, now=time.time()
    )
    entries = await playlists.entries(db, visibility, listener, made)
    missing = sum(isinstance(entry, playlists.Missing) for entry in entries)
    return Imported(ids.public("playlist", made), len(entries) - missing, missing)


async def give(call: Call) -> Any:
    kind = call.path["kind"]
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    playlist = PlaylistId(ids.parse("playlist", call.path["playlist"]))
    head = await playlists.one(db, visibility, listener, playlist)
    text = await listfiles.export(db, visibility, listener, playlist, kind)
    name = "".join(sign if sign not in '/\\:*?"<>|' else "-" for sign in head.name)
    answer = web.Response(
        body=text.encode("utf-8", "surrogateescape"), content_type=_TYPES[kind], charset="utf-8"
    )
    answer.headers["Content-Disposition"] = content_disposition_header(
        "attachment", filename=f"{name}.{kind}"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def keep_alike(call: Call) -> None:
    body: KeepAlike = call.body
    playlist = PlaylistId(ids.parse("playlist", call.path["playlist"]))
    db, visibility = call.home.db, call.who.visibility
    await playlists.one(db, visibility, call.listener.id, playlist)
    await listfiles.set_both_ways(db, playlist, both_ways=body.both_ways)


_AT: Final = "/api/v1/playlists"
_TAGS: Final = ("listening",)

ROUTES: Final = (
    Route(
        "POST",
        f"{_AT}/import",
        take,
        Access.LISTENER,
        "Make a playlist of a file: m3u, m3u8, pls or xspf",
        body=ImportPlaylist,
        answer=Imported,
        status=201,
        tags=_TAGS,
    ),
    Route(
        "GET",
        f"{_AT}/{{playlist}}/export.{{kind:m3u8|xspf}}",
        give,
        Access.LISTENER,
        "A playlist as a file; paths count from the libraries' folders",
        tags=_TAGS,
    ),
    Route(
        "PUT",
        f"{_AT}/{{playlist}}/file",
        keep_alike,
        Access.OWNER,
        "Say whether changes are written to the playlist's file",
        body=KeepAlike,
        status=204,
        tags=_TAGS,
    ),
)
