"""A database with two people who listen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homestream.db import connect
from homestream.db.connect import Database
from homestream.household import accounts, profiles
from homestream.household.access import Role
from homestream.ids import ProfileId


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with connect.opened(tmp_path / "house.db") as database:
        yield database


@pytest.fixture
async def ann(db: Database) -> ProfileId:
    account = await accounts.add(db, "Ann", Role.ADULT, "password of Ann")
    return (await profiles.of(db, account))[0].id


@pytest.fixture
async def bob(db: Database) -> ProfileId:
    account = await accounts.add(db, "Bob", Role.CHILD, "password of Bob")
    return (await profiles.of(db, account))[0].id
