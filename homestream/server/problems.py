"""How errors leave the house: one table from the error tree to a status, and RFC 9457's JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from homestream.errors import (
    BadInput,
    Busy,
    ConfigError,
    Conflict,
    DeviceError,
    Forbidden,
    HomestreamError,
    MediaError,
    NoRoom,
    NotFound,
    NotSignedIn,
)
from homestream.household.throttle import TooOften

STATUS: Final[Mapping[type[HomestreamError], int]] = {
    NotFound: 404,
    NotSignedIn: 401,
    Forbidden: 403,
    BadInput: 400,
    Conflict: 409,
    TooOften: 429,
    Busy: 503,
    NoRoom: 507,
    MediaError: 422,
    DeviceError: 502,
    ConfigError: 500,
    HomestreamError: 500,
}
CONTENT_TYPE: Final = "application/problem+json"
_PASSED_ON: Final = ("Allow", "Retry-After")


class Problem(msgspec.Struct, frozen=True):
    """An error as JSON (RFC 9457 section 3.1)."""

    type: str
    title: str
    status: int
    detail: str


class Answer(msgspec.Struct, frozen=True):
    """What to say about an error: the status, a sentence for people, and headers."""

    status: int
    detail: str
    headers: dict[str, str]


def answer(error: Exception) -> Answer | None:
    """What to say about an error that is known; None for a fault of our own."""
    if isinstance(error, HomestreamError):
        return _ours(error)
    if isinstance(error, web.HTTPException):
        headers = {name: error.headers[name] for name in _PASSED_ON if name in error.headers}
        return Answer(error.status, _http_detail(error), headers)
    if isinstance(error, sqlite3.OperationalError):
        return _database(error)
    return None


def response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """`detail` as problem+json."""
    title = HTTPStatus(status).phrase
    return web.Response(
        body=msgspec.json.encode(Problem("about:blank", title, status, detail)),
        status=status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _ours(error: HomestreamError) -> Answer:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers = {}
    if isinstance(error, Busy):
        headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="homestream"'
    return Answer(status, str(error), headers)


def _http_detail(error: web.HTTPException) -> str:
    if error.status == 404:
        return "nothing is at this address"
    if error.status == 405:
        return "this address does not answer to this method"
    if error.status == 413:
        return "the body is larger than 1 MiB"
    return error.reason


def _database(error: sqlite3.OperationalError) -> Answer | None:
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
        return Answer(507, "the disk is full: nothing was kept", {})
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
        return Answer(503, "the database is in use: try again", {"Retry-After": "5"})
    return None
