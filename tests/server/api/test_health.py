"""The health of the library over HTTP: for its owner alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homestream.household.access import Role
from homestream.library import health
from tests.server.house import House
from tests.server.pages import seed
from tests.server.pages.conftest import opened

BASE = "/api/v1/health/library"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        await seed.fill(house.db)
        async with house.db.write() as tx:
            for number in range(5):
                await tx.execute(
                    "INSERT INTO rejected (library_id, path, size, mtime_ns, reason, rejected_at) "
                    "VALUES (1, :path, 1, 1, 'file is empty', 1)",
                    {"path": f"bad {number}.mp3".encode()},
                )
        await health.recount(house.db)
        yield house


async def owner(house: House):  # type: ignore[no-untyped-def]
    client = house.client()
    answer = await client.post("/api/v1/session", {"name": "Olga", "password": "password of Olga"})
    assert answer.status == 200
    return client


async def test_checks_are_listed_with_their_counts(house: House) -> None:
    client = await owner(house)
    checks = (await client.get(BASE)).json["items"]
    assert {each["kind"] for each in checks} == {each.kind for each in health.CHECKS}
    unreadable = next(each for each in checks if each["kind"] == "unreadable")
    assert (unreadable["count"], unreadable["serious"]) == (5, True)
    assert unreadable["counted_at"]
    assert checks[0]["serious"]


async def test_what_a_check_finds_is_paged(house: House) -> None:
    client = await owner(house)
    found: list[str] = []
    following: str | None = f"{BASE}/unreadable?limit=2"
    while following is not None:
        page = (await client.get(following)).json
        found += [item["title"] for item in page["items"]]
        following = page["next"]
    assert found == [f"bad {number}.mp3" for number in range(5)]


async def test_thing_is_left_and_listed_again(house: House) -> None:
    client = await owner(house)
    first = (await client.get(f"{BASE}/unreadable")).json["items"][0]
    answer = await client.post(f"{BASE}/unreadable/left", {"item": first["item"]})
    assert answer.status == 204
    assert len((await client.get(f"{BASE}/unreadable")).json["items"]) == 4
    assert (await client.delete(f"{BASE}/unreadable/left")).status == 204
    assert len((await client.get(f"{BASE}/unreadable")).json["items"]) == 5


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", f"{BASE}/nothing", None, 404),
        ("GET", f"{BASE}/unreadable?cursor=zzz", None, 400),
        ("POST", f"{BASE}/unreadable/left", {}, 400),
        ("POST", f"{BASE}/libraries-away/left", {"item": "1"}, 404),
        ("POST", f"{BASE}/artless/tries", {}, 404),
        ("POST", f"{BASE}/unreadable/tries", {"item": "../x"}, 404),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    house: House, method: str, path: str, body: object, status: int
) -> None:
    client = await owner(house)
    assert (await client.ask(method, path, body)).status == status


@pytest.mark.parametrize("role", [Role.ADULT, Role.CHILD, Role.GUEST])
async def test_nobody_but_the_owner_sees_it(house: House, role: Role) -> None:
    client = await house.member("Ben", role)
    assert (await client.get(BASE)).status == 403
    assert (await client.get(f"{BASE}/unreadable")).status == 403
    assert (await client.post(f"{BASE}/unreadable/tries", {})).status == 403
    assert (await client.get("/settings/health")).status in (303, 403)
    assert "Something is wrong" not in (await client.get("/settings")).body.decode()


async def test_owner_sees_the_mark_and_the_page(house: House) -> None:
    client = await owner(house)
    assert "Something is wrong" in (await client.get("/settings")).body.decode()
    page = (await client.get("/settings/health")).body.decode()
    assert "Not readable" in page
    one = (await client.get("/settings/health/unreadable")).body.decode()
    assert "bad 3.mp3" in one
    assert "File is empty." in one
