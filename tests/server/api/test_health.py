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
        ("POST", f"{BASE}/duplicates/hidden", {"item": "../x"}, 400),
        ("DELETE", f"{BASE}/duplicates/hidden/nine", None, 404),
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
    assert (await client.post(f"{BASE}/duplicates/hidden", {})).status == 403
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


async def test_copies_are_hidden_and_shown_again(house: House) -> None:
    async with house.db.write() as tx:
        await tx.execute(
            "UPDATE track SET recording_id = (SELECT recording_id FROM track WHERE id = 1) "
            "WHERE id IN (4, 7)"
        )
    await health.recount(house.db)
    client = await owner(house)
    (item,) = (await client.get(f"{BASE}/duplicates")).json["items"]
    answer = await client.post(f"{BASE}/duplicates/hidden", {"item": item["item"]})
    assert answer.json == {"hidden": 2}
    assert (await client.get(f"{BASE}/duplicates")).json["items"] == []
    (hidden,) = (await client.get(f"{BASE}/duplicates/hidden")).json["items"]
    assert (hidden["item"], hidden["copies"]) == (item["item"], 2)
    page = (await client.get("/settings/health/duplicates")).body.decode()
    assert "2 copies are left out of lists" in page
    path = f"{BASE}/duplicates/hidden/{item['item']}"
    assert (await client.delete(path)).status == 204
    assert len((await client.get(f"{BASE}/duplicates")).json["items"]) == 1


async def test_copy_is_shown_again_to_those_who_may_not_see_the_one_that_is_kept(
    house: House,
) -> None:
    async with house.db.write() as tx:
        await tx.execute(
            "INSERT INTO library (id, name, path, origin, created_at) "
            "VALUES (2, 'Other', x'2f6f74686572', 'config', 0)"
        )
        await tx.execute("UPDATE track SET library_id = 2 WHERE id = 1")
        await tx.execute(
            "UPDATE track SET recording_id = (SELECT recording_id FROM track WHERE id = 1) "
            "WHERE id = 4"
        )
    client = await owner(house)
    assert (await client.post(f"{BASE}/duplicates/hidden", {})).json == {"hidden": 1}
    child = await house.member("Cid", Role.CHILD)
    assert "al-2" in (await client.get("/albums/al-2")).body.decode()
    assert len((await child.get("/api/v1/albums/al-2")).json["tracks"]) == 2
    locked = await client.ask("PATCH", "/api/v1/libraries/li-2/rights", {"adults_only": True})
    assert locked.status == 200, locked.json
    assert len((await child.get("/api/v1/albums/al-2")).json["tracks"]) == 3
