"""Signed links: the grammar by which a media URL proves by itself who it was made for.

A player, a television or a speaker sends neither cookie nor header, so each URI carries its own
signature in the query: `a` (actor: a session "s12" or an API token "t3"), `p` (profile), `e` (end
of validity, Unix seconds) and `s`, the first 128 bits of HMAC-SHA256 over path, actor, profile and
end. Whether the session still lives is asked at the door with each request.

The path that is signed is the address's own, or that of the folder it lies in, "/" at the end: a
manifest of DASH has one address with a number to fill in for all segments of a rendition.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from homestream.errors import Forbidden

VALIDITY: Final = 24 * 3600
_ACTOR: Final = re.compile(r"[st][1-9][0-9]{0,17}")


class Bearer(msgspec.Struct, frozen=True):
    """Who a link was made for: a session ("s12") or an API token ("t3"), and the profile."""

    actor: str
    profile: int


def end_of(now: float) -> int:
    """When a link made at `now` ends: one to two days ahead, on a day's boundary.

    Rounding keeps the URLs of one day equal, so that a browser's cache serves a second play.
    """
    return (int(now) // VALIDITY + 2) * VALIDITY


def sign(secret: bytes, path: str, bearer: Bearer, end: int) -> str:
    """`path` with its signature in the query. `path` is absolute, unescaped and has no query."""
    mark = _mark(secret, path, bearer.actor, str(bearer.profile), str(end))
    return f"{path}?a={bearer.actor}&p={bearer.profile}&e={end}&s={mark}"


def sign_in_folder(secret: bytes, path: str, bearer: Bearer, end: int) -> str:
    """`path` with a signature that holds for all that lies in the same folder."""
    folder, _, name = path.rpartition("/")
    signed, _, query = sign(secret, f"{folder}/", bearer, end).partition("?")
    return f"{signed}{name}?{query}"


def verify(secret: bytes, path: str, query: Mapping[str, str], now: float) -> Bearer:
    """The bearer of a signed link; Forbidden when it is unsigned, altered or past its end."""
    actor, profile, end = query.get("a", ""), query.get("p", ""), query.get("e", "")
    if not (_ACTOR.fullmatch(actor) and _number(profile) and _number(end)):
        raise Forbidden("link is not signed")
    shown = query.get("s", "").encode()
    folder = path.rpartition("/")[0] + "/"
    if not any(
        hmac.compare_digest(_mark(secret, signed, actor, profile, end).encode(), shown)
        for signed in (path, folder)
    ):
        raise Forbidden("link is not signed for this address")
    if int(end) < now:
        raise Forbidden("link has expired")
    return Bearer(actor, int(profile))


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _mark(secret: bytes, *parts: str) -> str:
    digest = hmac.digest(secret, "\n".join(parts).encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")
