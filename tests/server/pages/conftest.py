"""Houses whose pages can be asked for: an empty one, a full one, and one without an owner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from homestream import config
from homestream.db import connect
from homestream.household import setup
from homestream.library.inbox import Inbox, Settings
from homestream.library.scan import Scanner
from homestream.server import application, pages
from homestream.server.api import (
    albums,
    credits,
    health,
    household,
    library,
    listening,
    rights,
    search,
    sound,
    streaming,
    uploads,
)
from homestream.server.home import Home
from homestream.streaming.cache import SegmentCache
from homestream.streaming.files import Files
from homestream.streaming.segments import Segments
from homestream.workers.pool import Pool
from tests.server.house import SECRET, House
from tests.server.pages import seed


@asynccontextmanager
async def opened(folder: Path, *, owner: bool = True) -> AsyncIterator[House]:
    """A house with pages and API on a free port of 127.0.0.1; its pool never starts a worker."""
    async with connect.opened(folder / "house.db") as db:
        pool = Pool(size=1)
        cache = SegmentCache(folder / "segments", 1_000_000)
        home = Home(
            config=config.Config(),
            db=db,
            pool=pool,
            segments=Segments(cache, pool.run),
            files=Files(cache, pool.run),
            scanner=Scanner(db, pool, folder, folder / "art"),
            secret=SECRET,
            art_folder=folder / "art",
            server_id="house",
            started_at=0.0,
            inbox=Inbox(db, pool, folder / "inbox", Settings(largest_bytes=1_000_000)),
        )
        if owner:
            await setup.finish(db, household="Nest", name="Olga", password="password of Olga")
        doors = [
            pages.ROUTES,
            household.ROUTES,
            library.ROUTES,
            rights.ROUTES,
            albums.ROUTES,
            credits.ROUTES,
            search.ROUTES,
            listening.ROUTES,
            health.ROUTES,
            uploads.ROUTES,
            sound.ROUTES,
            streaming.ROUTES,
        ]
        app = application.build(home, doors, page_error=pages.failure)
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        house = House(home, server)
        try:
            yield house
        finally:
            await house.close()


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        yield house


@pytest.fixture
async def full(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        await seed.fill(house.db)
        yield house


@pytest.fixture
async def unowned(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, owner=False) as house:
        yield house
