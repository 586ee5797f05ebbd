"""The door for players that know nothing but a file: a programme as MP3, AAC, Opus, FLAC, WAV or
L16, and the file itself, behind signed links.

What has a size answers ranges (RFC 9110 section 14); what has none is sent in chunks, and may begin
anywhere with `?t=SECONDS`. The link is looked at again with each piece, so that signing out ends a
long answer too.
"""

from __future__ import annotations

import asyncio
import math
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from aiohttp import ETag, HttpVersion11, web

from homestream.errors import BadInput, Forbidden, NotFound
from homestream.listening import programmes
from homestream.media import ladder, virtual
from homestream.media import programme as items
from homestream.server import limits, originals, request
from homestream.server.routing import Access, Call, Route
from homestream.server.segment import CROSS_ORIGIN
from homestream.streaming import files

_CACHED: Final = "private, max-age=86400"
_READ: Final = 1 << 20  # bytes of a file that are sent before its listener is asked for again


async def original(call: Call) -> web.StreamResponse:
    """The bytes of a programme's only file."""
    prepared = await _found(call)
    programme = prepared.programme
    kind, ending = originals.kind(programme.items[0].facts)
    if not originals.is_whole(programme) or call.path["ending"] != ending:
        raise NotFound("programme is not one whole file of that kind")
    if not originals.may(programme, limits.bit_rate(call)):
        raise Forbidden("the file has a higher bit rate than is allowed here")
    file = await asyncio.to_thread(_opened, prepared.paths[0])
    try:
        found = os.fstat(file)
        response = web.StreamResponse(headers=CROSS_ORIGIN)
        response.headers["Content-Type"] = kind
        response.headers["Cache-Control"] = "private, no-cache"
        response.etag = ETag(f"{found.st_mtime_ns:x}-{found.st_size:x}")
        response.last_modified = found.st_mtime
        if _is_known(call, response.etag):
            response.set_status(304)
            return response
        wanted = _answered(call, response, found.st_size)
        if wanted is None:
            return _beyond(found.st_size)
        await response.prepare(call.request)
        place, end = wanted
        with suppress(ConnectionError):  # players leave as they please
            while call.request.method != "HEAD" and place < end:
                if place != wanted[0]:
                    await _admitted(call, range(1))
                part = await asyncio.to_thread(os.pread, file, min(_READ, end - place), place)
                if not part:
                    raise NotFound("file was cut short")
                await response.write(part)
                place += len(part)
            await response.write_eof()
        return response
    finally:
        os.close(file)


async def made(call: Call) -> web.StreamResponse:
    """A programme in a form that is made as it is read."""
    prepared = await _found(call)
    if call.request.method != "HEAD" and (lacking := programmes.unread(prepared)):
        # what is read from one end to the other would be decoded from the start with each piece
        await call.home.scanner.ensure_measured(lacking)
        prepared = await _found(call, lambda programme: range(len(programme.items)))
    programme = items.onwards(prepared.programme, _begin(call))
    skipped = len(prepared.programme.items) - len(programme.items)
    paths = prepared.paths[skipped:]
    form = virtual.named(programme, call.path["form"])
    if form.ending != call.path["ending"]:
        raise NotFound(f"{form.name} is not a file of kind {call.path['ending']}")
    if not ladder.allowed(form.rendition, limits.bit_rate(call)):
        raise Forbidden(f"{form.name} has a higher bit rate than is allowed here")
    size = virtual.size(programme, form)
    response = web.StreamResponse(headers={**CROSS_ORIGIN, "Cache-Control": _CACHED})
    response.headers["Content-Type"] = form.media_type
    response.etag = ETag(files.etag(programme, form))
    start, end = 0, None
    if size is None:
        if call.request.version >= HttpVersion11:
            response.enable_chunked_encoding()
        response.headers["Accept-Ranges"] = "none"
    else:
        wanted = _answered(call, response, size)
        if wanted is None:
            return _beyond(size)
        start, end = wanted
    if call.request.method == "HEAD":
        if size is None:  # there is no saying how long it would be
            return web.Response(headers=response.headers)
        await response.prepare(call.request)
        return response
    coming = call.home.files.read(
        programme,
        paths,
        form,
        start=start,
        end=end,
        person=f"p{call.listener.id}",
        before=lambda reach: _admitted(call, range(reach.start + skipped, reach.stop + skipped)),
    )
    first = await anext(coming, b"")  # what cannot be read is told before anything is sent
    await response.prepare(call.request)
    with suppress(ConnectionError):  # players leave as they please
        await response.write(first)
        async for part in coming:
            await response.write(part)
        await response.write_eof()
    return response


async def _found(
    call: Call, needed: Callable[[items.Programme], range] | None = None
) -> programmes.Prepared:
    prepared = await programmes.find(
        call.home.db, call.who.visibility, call.path["programme"], needed
    )
    if prepared.live is not None:
        raise NotFound("a live programme is there as HLS alone")
    return prepared


async def _admitted(call: Call, reach: range) -> None:
    """Asks again whether who listens may hear these items: signed in, and its rights, may have
    changed since the answer began."""
    actor = await request.listening(call.home, call.request)
    if actor is None or actor.listener is None:
        raise Forbidden("nobody is signed in any more")
    await programmes.find(call.home.db, actor.visibility, call.path["programme"], lambda _: reach)


def _answered(call: Call, response: web.StreamResponse, size: int) -> tuple[int, int] | None:
    """The bytes that the answer will hold, which its headers tell; None where there are no such."""
    response.headers["Accept-Ranges"] = "bytes"
    etag = response.etag
    wanted = _range(call, size, f'"{etag.value}"' if etag else "")
    start, end = (0, size) if wanted is None else wanted
    if wanted is not None:
        if start >= end:
            return None
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response.content_length = end - start
    return start, end


def _beyond(size: int) -> web.Response:
    refused = {**CROSS_ORIGIN, "Content-Range": f"bytes */{size}"}
    return web.Response(status=416, headers=refused)


def _is_known(call: Call, etag: ETag) -> bool:
    return any(each.value in (etag.value, "*") for each in call.request.if_none_match or ())


def _begin(call: Call) -> float:
    told = call.request.query.get("t", "0")
    try:
        begin = float(told)
    except ValueError:
        begin = math.nan
    if not 0 <= begin < 1e7:
        raise BadInput("t is a number of seconds")
    return begin


def _range(call: Call, size: int, tag: str) -> tuple[int, int] | None:
    """The one range of bytes that is asked for; an empty one where there are no such bytes; None
    where all of it is."""
    told = call.request.headers.get("Range", "")
    wanted = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", told.replace(" ", ""))
    if wanted is None or not (wanted[1] or wanted[2]):
        return None
    condition = call.request.headers.get("If-Range")
    if condition is not None and condition != tag:
        return None
    if not wanted[1]:
        return max(0, size - int(wanted[2])), size
    start = int(wanted[1])
    end = min(int(wanted[2]) + 1, size) if wanted[2] else size
    if wanted[2] and int(wanted[2]) < start:
        return None
    return (start, end) if start < size else (size, size)


def _opened(path: bytes) -> int:
    """A descriptor of a plain file; NotFound for anything else that lies there now."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        raise NotFound("file is no longer there") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NotFound("file is no longer there")
    return file


_AT: Final = r"/stream/{programme:[a-z2-7]{24}}"

ROUTES: Final = [
    Route("GET", _AT + r"/original/whole.{ending:[a-z0-9]{1,5}}", original, Access.LINK),
    Route("GET", _AT + r"/{form:[a-z0-9-]{1,32}}/whole.{ending:[a-z0-9]{1,5}}", made, Access.LINK),
]
