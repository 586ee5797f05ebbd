"""What the doors send back: JSON by msgspec, and the link to a list's next page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

_ENCODER = msgspec.json.Encoder()


def json(
    value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """`value` (a Struct, or what msgspec can encode) as a JSON answer that no cache keeps."""
    return web.Response(
        body=_ENCODER.encode(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def next_page(request: web.Request, cursor: str | None) -> str | None:
    """The address of the list's next page, path and query; None where there is none."""
    if cursor is None:
        return None
    return str(request.rel_url.update_query(cursor=cursor))
