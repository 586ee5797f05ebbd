"""Where a request comes from and who sends it: proxies, cookies, keys and signed links.

`X-Forwarded-*` counts only when it was set by a proxy that the configuration names.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from aiohttp import web

from homestream import links
from homestream.errors import Forbidden, NotSignedIn
from homestream.household import accounts, sessions, tokens
from homestream.household.access import Actor
from homestream.household.throttle import Throttle
from homestream.ids import AccountId
from homestream.server.home import Home

COOKIE: Final = "homestream"
SECURE_COOKIE: Final = "__Host-homestream"
THROTTLE: Final = web.AppKey("throttle", Throttle)

_log = logging.getLogger("homestream.household")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Peer:
    """The far end of a request, as seen through trusted proxies."""

    address: str  # of the person's device
    scheme: str  # "http" or "https", as the person's device speaks it
    host: str  # as in the address bar, with the port when there is one


def peer(home: Home, request: web.Request) -> Peer:
    """Who is on the line. Headers of proxies that are not configured are not read."""
    address = request.remote or ""
    scheme = "https" if request.secure else "http"
    host = request.headers.get("Host", "")
    trusted = _networks(tuple(home.config.server.trusted_proxies))
    if not _within(address, trusted):
        return Peer(address, scheme, host)
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not _is_address(hop):
            break
        address = hop
        if not _within(hop, trusted):
            break
    scheme = _last(request, "X-Forwarded-Proto") or scheme
    host = _last(request, "X-Forwarded-Host") or host
    return Peer(address, "https" if scheme == "https" else "http", host)


async def who(home: Home, request: web.Request) -> Actor | None:
    """Who asks, by API key (`Authorization: Bearer`) or session cookie; None for nobody."""
    now = time.time()
    if has_key(request):
        key = request.headers["Authorization"].partition(" ")[2]
        return await tokens.actor(home.db, key.strip(), now=now)
    secret = request.cookies.get(_cookie(peer(home, request)))
    if secret is None:
        return None
    return await sessions.actor(home.db, secret, now=now)


def has_key(request: web.Request) -> bool:
    """Whether an API key is shown; the cookie is not read then. No browser does so by itself."""
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


async def by_link(home: Home, request: web.Request) -> Actor:
    """Whom a signed link was made for; Forbidden when it is altered, too old or signed out."""
    now = time.time()
    bearer = links.verify(home.secret, request.path, request.query, now)
    actor = await sessions.living(home.db, bearer, now=now)
    if actor is None:
        raise Forbidden("link was made for a session that has ended")
    return actor


async def listening(home: Home, request: web.Request) -> Actor | None:
    """Whom a stream is for: by its signed link, or, without one, like `who`."""
    if has_link(request):
        return await by_link(home, request)
    return await who(home, request)


def has_link(request: web.Request) -> bool:
    """Whether the address carries a signature, good or not."""
    return "s" in request.query


async def sign_in(home: Home, request: web.Request, name: str, password: str) -> AccountId:
    """The account whose name and password these are; go on with `open_session`.

    NotSignedIn when they are not right, without saying which; TooOften after too many wrong ones.
    """
    address = peer(home, request).address
    throttle = request.app[THROTTLE]
    throttle.guess(address, name)
    account = await accounts.prove(home.db, name, password)
    if account is None:
        # the name stays out of the log: people type passwords there
        _log.warning("sign-in refused", extra={"address": address})
        raise NotSignedIn("name or password is not right")
    throttle.right(address, name)
    _log.info("signed in", extra={"address": address, "account": account})
    return account


async def open_session(home: Home, request: web.Request, account: AccountId) -> str:
    """The secret of a new session, for `keep_session`."""
    return await sessions.start(
        home.db,
        account,
        user_agent=request.headers.get("User-Agent", ""),
        address=peer(home, request).address,
        now=time.time(),
    )


def keep_session(
    home: Home, request: web.Request, response: web.StreamResponse, secret: str
) -> None:
    """Gives the session's secret to the browser, out of the reach of scripts."""
    far = peer(home, request)
    response.set_cookie(
        _cookie(far),
        secret,
        max_age=sessions.LIFETIME,
        path="/",
        httponly=True,
        secure=far.scheme == "https",
        samesite="Lax",
    )


def drop_session(home: Home, request: web.Request, response: web.StreamResponse) -> None:
    """Takes the session's secret from the browser."""
    far = peer(home, request)
    response.del_cookie(
        _cookie(far), path="/", httponly=True, secure=far.scheme == "https", samesite="Lax"
    )


def _cookie(far: Peer) -> str:
    return SECURE_COOKIE if far.scheme == "https" else COOKIE


def _last(request: web.Request, header: str) -> str:
    values = ",".join(request.headers.getall(header, [])).split(",")
    return values[-1].strip().lower()


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def _within(address: str, networks: tuple[_Network, ...]) -> bool:
    if not networks or not _is_address(address):
        return False
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any(parsed in network or (mapped and mapped in network) for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
