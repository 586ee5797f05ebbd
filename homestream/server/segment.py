"""How a segment goes to a player: from memory, from its file, or by the web server in front."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from aiohttp import ETag, web

from homestream.server.routing import Call
from homestream.streaming import cache
from homestream.streaming.cache import Kept

KEPT: Final = "private, max-age=31536000, immutable"
# players on other origins (a TV's browser, a cast receiver) read our media; they send no cookie
CROSS_ORIGIN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
}


def answer(call: Call, kept: Kept, content_type: str) -> web.StreamResponse:
    """The segment with a strong validator: the same from memory and disk, after eviction and
    restart too. Ranges are read from the file (RFC 9110 section 14)."""
    response = _response(call, kept)
    response.content_type = content_type
    response.headers.update(CROSS_ORIGIN)
    response.headers["Cache-Control"] = KEPT
    return response


def _response(call: Call, kept: Kept) -> web.StreamResponse:
    front = call.home.config.streaming.accel_redirect
    if kept.path is not None:
        if front:
            inside = kept.path.relative_to(call.home.segments.cache.folder).as_posix()
            return web.Response(headers={"X-Accel-Redirect": front + quote(inside)})
        if kept.data is None or "Range" in call.request.headers:
            return web.FileResponse(kept.path)
    data = kept.data or b""
    if kept.path is None:
        return web.Response(body=data)
    mark = cache.etag(kept.path, len(data))
    known = call.request.if_none_match
    if known is not None and any(each.value in (mark, "*") for each in known):
        unchanged = web.Response(status=304)
        unchanged.etag = ETag(mark)
        return unchanged
    whole = web.Response(body=data, headers={"Accept-Ranges": "bytes"})
    whole.etag = ETag(mark)
    return whole
