"""A house to ask over HTTP: real database, real application, on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
from aiohttp.test_utils import TestServer
from yarl import URL

from homestream import config
from homestream.db import connect
from homestream.household import accounts, setup
from homestream.household.access import Role
from homestream.server import application
from homestream.server.home import Home
from homestream.server.routing import Route

SECRET = b"0123456789abcdef0123456789abcdef"


class House:
    """One running server and its database; `client()` makes browsers."""

    def __init__(self, home: Home, server: TestServer) -> None:
        self.home = home
        self.db = home.db
        self.server = server
        self._clients: list[aiohttp.ClientSession] = []

    def client(self, **headers: str) -> Client:
        """A client with a cookie jar of its own."""
        session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), headers=headers or None
        )
        self._clients.append(session)
        return Client(self.server, session)

    async def member(self, name: str, role: Role = Role.ADULT) -> Client:
        """A new account's browser, signed in."""
        await accounts.add(self.db, name, role, f"password of {name}")
        client = self.client()
        answer = await client.post(
            "/api/v1/session", {"name": name, "password": f"password of {name}"}
        )
        assert answer.status == 200, answer.json
        return client

    async def owner(self) -> Client:
        """The browser of Olga, the owner of a house that was set up."""
        client = self.client()
        answer = await client.post(
            "/api/v1/session", {"name": "Olga", "password": "password of Olga"}
        )
        assert answer.status == 200, answer.json
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.close()
        await self.server.close()


class Answer:
    """One answer, read to its end."""

    def __init__(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        self.status = response.status
        self.headers = response.headers
        self.cookies = response.cookies
        self.body = body
        self.type = response.content_type

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    def __init__(self, server: TestServer, session: aiohttp.ClientSession) -> None:
        self._server = server
        self.session = session

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
    ) -> Answer:
        url = self._server.make_url("/").join(URL(path, encoded=True))
        arguments: dict[str, Any] = {"json": body} if body is not None else {"data": data}
        async with self.session.request(
            method, url, allow_redirects=False, headers=headers, **arguments
        ) as response:
            return Answer(response, await response.read())

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.ask("POST", path, body, **more)

    async def put(self, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.ask("PUT", path, body, **more)

    async def patch(self, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.ask("PATCH", path, body, **more)

    async def delete(self, path: str, **more: Any) -> Answer:
        return await self.ask("DELETE", path, **more)


@asynccontextmanager
async def running(
    folder: Path,
    doors: Sequence[Sequence[Route]],
    *,
    settings: config.Config | None = None,
    owner: bool = True,
    **options: Any,
) -> AsyncIterator[House]:
    """A house that listens on a free port of 127.0.0.1, with an owner called "Olga"."""
    async with connect.opened(folder / "house.db") as db:
        nothing = cast(Any, None)  # what these doors do not use
        home = Home(
            config=settings or config.Config(),
            db=db,
            pool=nothing,
            segments=nothing,
            files=nothing,
            scanner=nothing,
            secret=SECRET,
            art_folder=folder / "art",
            server_id="house",
            started_at=0.0,
        )
        if owner:
            await setup.finish(db, household="Nest", name="Olga", password="password of Olga")
        server = TestServer(application.build(home, doors, **options), host="127.0.0.1")
        await server.start_server()
        house = House(home, server)
        try:
            yield house
        finally:
            await house.close()
