"""The cache of segments over HTTP: for its owner alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homestream.household.access import Role
from tests.server.house import House
from tests.server.pages.conftest import opened

BASE = "/api/v1/streaming"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        await house.home.segments.cache.put("ab" * 32, b"x" * 700)
        yield house


async def test_owner_sees_what_is_kept_and_clears_it(house: House) -> None:
    client = await house.owner()
    told = (await client.get(BASE)).json
    assert (told["cache"]["segments"], told["cache"]["used_bytes"]) == (1, 700)
    assert told["asked"]["segments"] == 0
    assert told["workers"]["alive"] == 0
    page = (await client.get("/settings/streaming")).body.decode()
    assert "700 bytes of 1.0 MB on disk, in 1 piece" in page
    assert (await client.ask("DELETE", BASE + "/cache")).status == 204
    assert (await client.get(BASE)).json["cache"]["segments"] == 0


async def test_page_draws_where_segments_came_from(house: House) -> None:
    client = await house.owner()
    counts = house.home.segments.counts
    counts.asked, counts.from_memory, counts.from_disk, counts.shared = 1_000, 600, 200, 100
    page = (await client.get("/settings/streaming")).body.decode()
    assert "90 % of them without an encode of their own" in page
    assert 'class="share-new" x="900.0" width="100.0"' in page


@pytest.mark.parametrize("role", [Role.ADULT, Role.CHILD, Role.GUEST])
async def test_nobody_but_the_owner_sees_or_clears_it(house: House, role: Role) -> None:
    client = await house.member("Ben", role)
    assert (await client.get(BASE)).status == 403
    assert (await client.ask("DELETE", BASE + "/cache")).status == 403
    assert (await client.get("/settings/streaming")).status == 403
    assert house.home.segments.cache.used_bytes == 700
