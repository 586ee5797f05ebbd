"""The web application that a route table makes: who may, what was sent, what goes back.

Everything that holds for all doors is here: the Host header must be ours (DNS rebinding), unsafe
requests must come from our own pages (CSRF), every answer carries the same security headers, and
every error goes through one table.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import ipaddress
import logging
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from homestream.errors import BadInput, ConfigError, Conflict, Forbidden, NotSignedIn
from homestream.household import setup
from homestream.household.access import Actor, Role
from homestream.household.throttle import Throttle
from homestream.server import answers, openapi, problems, request
from homestream.server.home import Home
from homestream.server.routing import DOCUMENT, TABLE, Access, Call, Route

PageError = Callable[[web.Request, int, str], web.StreamResponse]
"""Makes the page for an error: (request, status, sentence for people)."""

MAX_BODY_BYTES: Final = 1024 * 1024
BODY_SECONDS: Final = 30.0
ACTOR: Final = web.RequestKey("actor", Actor)

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "font-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_MACHINE_PATHS: Final = ("/api/", "/stream/", "/health")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_BEGUN: Final = web.RequestKey("begun", bool)  # the answer is on the way
_log = logging.getLogger("homestream.server")
_access = logging.getLogger("homestream.access")


def build(
    home: Home, doors: Sequence[Sequence[Route]], *, page_error: PageError | None = None
) -> web.Application:
    """The application with the routes of all doors.

    ConfigError for a route without an access class, an API route that the OpenAPI document could
    not describe, or two routes at one address.
    """
    routes = [route for door in doors for route in door]
    _check(routes)
    app = web.Application(
        middlewares=[_outermost(home, page_error or _plain_page), _guard(home)],
        client_max_size=MAX_BODY_BYTES,
    )
    app[request.THROTTLE] = Throttle()
    app[TABLE] = routes
    app[DOCUMENT] = openapi.encode(routes)
    app.on_response_prepare.append(_secure)
    for route in routes:
        handler = _dispatch(home, route)
        if route.method == "GET":
            app.router.add_get(route.path, handler, allow_head=True)
        else:
            app.router.add_route(route.method, route.path, handler)
    return app


# the table ---------------------------------------------------------------------------------------


def _check(routes: Sequence[Route]) -> None:
    seen: set[tuple[str, str]] = set()
    for route in routes:
        place = f"{route.method} {route.path}"
        if not isinstance(route.access, Access):
            raise ConfigError(f"route {place} does not say who may use it")
        if route.path.startswith("/api/") and not route.summary:
            raise ConfigError(f"route {place} has no summary")
        if (route.method, route.path) in seen:
            raise ConfigError(f"route {place} is there twice")
        seen.add((route.method, route.path))


def _dispatch(home: Home, route: Route) -> Handler:
    body_decoder = msgspec.json.Decoder(route.body) if route.body is not None else None
    fields = msgspec.structs.fields(route.query) if route.query is not None else ()
    known = frozenset(item.encode_name for item in fields)

    async def handle(incoming: web.Request) -> web.StreamResponse:
        actor = await _actor(home, route, incoming)
        if actor is not None:
            incoming[ACTOR] = actor
        _admit(route, actor)
        if route.access is Access.SETUP and not await setup.is_open(home.db):
            raise Conflict("the house is set up already")
        query = _query(incoming, route.query, known) if route.query is not None else None
        body = await _body(incoming, body_decoder) if body_decoder is not None else None
        if route.access is Access.SETUP:
            await _prove_setup(home, incoming, body)
        result = await route.handler(Call(home, incoming, actor, query, body))
        if isinstance(result, web.StreamResponse):
            return result
        if route.status == 204:
            return web.Response(status=204)
        return answers.json(result, status=route.status)

    return handle


async def _actor(home: Home, route: Route, incoming: web.Request) -> Actor | None:
    if route.access is Access.LINK:
        return await request.listening(home, incoming)
    return await request.who(home, incoming)


def _admit(route: Route, actor: Actor | None) -> None:
    """The one place that says no. A class that is not named here lets nobody in."""
    access = route.access
    if access in (Access.PUBLIC, Access.SETUP):
        return
    if actor is None:
        raise NotSignedIn("nobody is signed in")
    if access is Access.ACCOUNT:
        return
    if access is Access.OWNER and actor.role is Role.OWNER:
        return
    if access is Access.ADULT:
        if actor.role not in (Role.OWNER, Role.ADULT):
            raise Forbidden("only the adults of the house may do this")
        return
    if access in (Access.LISTENER, Access.LINK):
        if actor.listener is None:
            raise Forbidden("nobody is listening: choose a profile")
        return
    raise Forbidden("only the owner of the house may do this")


async def _prove_setup(home: Home, incoming: web.Request, body: Any) -> None:
    code: str = (
        incoming.headers.get("X-Setup-Code")
        or incoming.query.get("code")
        or getattr(body, "code", None)
        or ""
    )
    address = request.peer(home, incoming).address
    throttle = incoming.app[request.THROTTLE]
    throttle.guess(address, "set-up code")
    expected = await setup.code(home.db)
    if not hmac.compare_digest(setup.plain(code).encode(), setup.plain(expected).encode()):
        raise Forbidden("set-up code is not right: it is printed where homestream was started")
    throttle.right(address, "set-up code")


# what was sent -----------------------------------------------------------------------------------


def _query(incoming: web.Request, kind: type[Any], known: frozenset[str]) -> Any:
    """The query string as a `kind`, whose fields are `known`; BadInput that names the parameter."""
    values: dict[str, str] = {}
    for name, value in incoming.query.items():
        if name not in known:
            raise BadInput(f"parameter {name[:40]!r} is not known here")
        if name in values:
            raise BadInput(f"parameter {name!r} is there twice")
        values[name] = value
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadInput(f"parameter {_place_first(error)}") from None


async def _body(incoming: web.Request, decoder: msgspec.json.Decoder[Any]) -> Any:
    """The JSON body; BadInput that names the field."""
    if incoming.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="the body must be application/json")
    if (incoming.content_length or 0) > MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, incoming.content_length or 0)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            data = await incoming.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason="the body did not come in time") from None
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise BadInput(f"field {_place_first(error)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadInput("the body is not JSON") from None


def _place_first(error: msgspec.ValidationError) -> str:
    """msgspec says "Expected `int` - at `$.limit`"; we say "limit: expected int"."""
    what, _, place = str(error).partition(" - at ")
    where = place.strip("`").removeprefix("$").removeprefix(".")
    text = what[:1].lower() + what[1:].replace("`", "")
    return f"{where}: {text}" if where else text


# what goes back ----------------------------------------------------------------------------------


def _outermost(home: Home, page_error: PageError) -> Middleware:
    """Errors become answers, and every answer a line in the log."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await _observed(home, request, handler, page_error)

    return middleware


async def _observed(
    home: Home, incoming: web.Request, handler: Handler, page_error: PageError
) -> web.StreamResponse:
    started = time.perf_counter()
    status = 499  # the other side left
    try:
        try:
            response = await handler(incoming)
        except Exception as error:  # noqa: BLE001 - the door's edge: logged, and answered
            response = await _explain(home, incoming, error, page_error)
        status = response.status
        return response
    finally:
        _note(home, incoming, status, time.perf_counter() - started)


async def _explain(
    home: Home, incoming: web.Request, error: Exception, page_error: PageError
) -> web.StreamResponse:
    if isinstance(error, ConnectionError):
        raise error  # nobody is there to be told
    if isinstance(error, web.HTTPException) and error.status < 400:
        raise error  # a redirect
    told = problems.answer(error)
    if told is None:
        _log.error("%s %s broke", incoming.method, incoming.rel_url.raw_path, exc_info=error)
        told = problems.Answer(500, "something broke in the server: its log says more", {})
    if _BEGUN in incoming:
        # Nothing that is written now would be read as anything but more of that answer.
        _log.info("answer was cut off: %s", told.detail)
        if incoming.transport is not None:
            incoming.transport.abort()
        raise ConnectionResetError(told.detail)
    if incoming.path.startswith(_MACHINE_PATHS):
        return problems.response(told.status, told.detail, told.headers)
    if incoming.method in _SAFE:
        elsewhere = await _first_step(home, incoming, error)
        if elsewhere is not None:
            return elsewhere
    page = page_error(incoming, told.status, told.detail)
    for name, value in told.headers.items():
        page.headers[name] = value
    page.headers["Cache-Control"] = "no-store"
    return page


async def _first_step(
    home: Home, incoming: web.Request, error: Exception
) -> web.StreamResponse | None:
    """Where a page sends somebody who must do something else first."""
    actor = incoming.get(ACTOR)
    if isinstance(error, NotSignedIn):
        step = "/setup" if await setup.is_open(home.db) else "/sign-in"
    elif isinstance(error, Forbidden) and actor is not None and actor.listener is None:
        step = "/who"
    else:
        return None
    if step == "/setup":
        return _redirect(step)
    return _redirect(f"{step}?next={quote(incoming.rel_url.raw_path_qs, safe='/')}")


def _redirect(location: str) -> web.Response:
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})


def _plain_page(incoming: web.Request, status: int, detail: str) -> web.Response:
    return web.Response(
        text=f'<!doctype html><html lang="en"><title>{status}</title><h1>{status}</h1>'
        f"<p>{escape(detail)}</p></html>",
        status=status,
        content_type="text/html",
    )


async def _secure(incoming: web.Request, response: web.StreamResponse) -> None:
    incoming[_BEGUN] = True
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers.popall(hdrs.SERVER, None)


def _note(home: Home, incoming: web.Request, status: int, seconds: float) -> None:
    """One line a request. The query stays out of it: it may hold a signature or a code."""
    actor = incoming.get(ACTOR)
    _access.info(
        "%s %s",
        incoming.method,
        incoming.rel_url.raw_path[:500],
        extra={
            "status": status,
            "ms": seconds * 1000,
            "address": request.peer(home, incoming).address,
            "actor": actor.bearer.actor if actor else "",
        },
    )


# who is on the line ------------------------------------------------------------------------------


def _guard(home: Home) -> Middleware:
    """Refuses foreign Host headers (421) and requests that another site makes (403)."""
    own = _own_names(home)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        _refuse_strangers(home, request, own)
        return await handler(request)

    return middleware


def _refuse_strangers(home: Home, incoming: web.Request, own: frozenset[str]) -> None:
    far = request.peer(home, incoming)
    if not _is_ours(far.host, own):
        raise web.HTTPMisdirectedRequest(
            reason="this name is not known here: set server.public_url to use it"
        )
    if incoming.method not in _SAFE and not request.has_key(incoming):
        _refuse_other_sites(incoming, far, home.config.server.public_url)


def _own_names(home: Home) -> frozenset[str]:
    name = socket.gethostname().lower()
    names = {"localhost", name, name.partition(".")[0]}
    public = urlsplit(home.config.server.public_url).hostname
    return frozenset(names | ({public.lower()} if public else set()))


def _is_ours(host: str, own: frozenset[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if not name:
        return False
    name = name.rstrip(".").lower()
    if name in own or name.endswith((".local", ".localhost")):
        return True
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    return False


def _refuse_other_sites(incoming: web.Request, far: request.Peer, public_url: str) -> None:
    """An unsafe request that a browser made must come from our own pages.

    Browsers send Sec-Fetch-Site to https and localhost only, Origin with every POST; who sends
    neither is no browser, and nobody can make it send somebody else's cookie.
    """
    site = incoming.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Forbidden("this request was made by another site")
        return
    origin = incoming.headers.get("Origin")
    ours = (f"{far.scheme}://{far.host}".lower(), public_url.rstrip("/").lower())
    if origin is not None and origin.lower() not in ours:
        raise Forbidden("this request was made by another site")
