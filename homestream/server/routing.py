"""The route table's row: method, path, handler, and who may. The default is nobody.

A handler gets a `Call` and returns a value of its route's `answer` type (sent as JSON), or a
response of its own (a page, a file, a playlist). Doors are lists of `Route`; nothing else answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from aiohttp import web

from homestream.errors import NotSignedIn
from homestream.household.access import Actor, Listener
from homestream.server.home import Home


class Access(StrEnum):
    """Who may use a route."""

    PUBLIC = "public"  # anyone: sign-in, health, static files
    SETUP = "setup"  # the holder of the one-time code, while the house has no owner
    LINK = "link"  # the holder of a signed link whose session still lives
    ACCOUNT = "account"  # anyone who is signed in, profile chosen or not
    LISTENER = "listener"  # signed in, and somebody is listening
    ADULT = "adult"  # an adult of the house, its owner among them
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a handler sees it."""

    home: Home
    request: web.Request
    actor: Actor | None  # who asks; None on public routes without a session
    query: Any = None  # an instance of the route's `query` type
    body: Any = None  # an instance of the route's `body` type

    @property
    def path(self) -> dict[str, str]:
        """The named parts of the path."""
        return dict(self.request.match_info)

    @property
    def who(self) -> Actor:
        """The signed-in asker; the route's access class makes sure there is one."""
        if self.actor is None:
            raise NotSignedIn("nobody is signed in")
        return self.actor

    @property
    def listener(self) -> Listener:
        """The profile that listens; on routes of class LISTENER and LINK there is one."""
        if self.who.listener is None:
            raise NotSignedIn("nobody is listening: choose a profile")
        return self.who.listener


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str  # "/api/v1/albums/{album}"
    handler: Handler
    access: Access
    summary: str = ""  # one line for the OpenAPI document; required under /api
    query: type[Any] | None = None  # a Struct of what the query string may hold
    body: type[Any] | None = None  # a Struct of the JSON body
    answer: type[Any] | None = None  # what the handler returns; None: a response of its own
    status: int = 200
    tags: tuple[str, ...] = field(default=())


TABLE: Final = web.AppKey("table", Sequence[Route])  # every route that answers
DOCUMENT: Final = web.AppKey("document", bytes)  # the OpenAPI document of the table


def number(call: Call, name: str) -> int:
    """A path part that the route's pattern holds to digits."""
    return int(call.request.match_info[name])
