"""A database with the schema and nothing in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homestream.db import connect
from homestream.db.connect import Database


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with connect.opened(tmp_path / "house.db") as database:
        yield database
