"""Sending music over HTTP: who may, how much, and what is told of what waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homestream.household.access import Role
from tests.server.house import Answer, Client, House
from tests.server.pages.conftest import opened

DATA = b"ID3" + b"x" * 500


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        yield house


async def owner(house: House) -> Client:
    client = house.client()
    await client.post("/api/v1/session", {"name": "Olga", "password": "password of Olga"})
    return client


async def send(client: Client, name: str = "song.mp3", data: bytes = DATA) -> Answer:
    return await client.ask("POST", f"/api/v1/uploads?name={name}", data=data)


@pytest.mark.parametrize("role", [Role.CHILD, Role.GUEST])
async def test_children_and_guests_may_not_send(house: House, role: Role) -> None:
    client = await house.member("Kim", role)
    assert (await send(client)).status == 403
    assert (await client.get("/api/v1/inbox")).status == 403
    assert (await client.get("/inbox")).status in (303, 403)
    page = (await client.get("/settings")).body.decode()
    assert "data-drop" not in page
    assert 'href="/inbox"' not in page


async def test_strangers_may_not_send(house: House) -> None:
    assert (await send(house.client())).status == 401


async def test_another_site_may_not_send(house: House) -> None:
    client = await owner(house)
    answer = await client.ask(
        "POST", "/api/v1/uploads?name=a.mp3", data=DATA, headers={"Origin": "http://evil.example"}
    )
    assert answer.status == 403


async def test_adults_send_and_see_their_own_alone(house: House) -> None:
    olga, ben = await owner(house), await house.member("Ben", Role.ADULT)
    mine = await send(olga, "hers.mp3")
    assert mine.status == 201
    assert (mine.json["name"], mine.json["state"]) == ("hers.mp3", "new")
    theirs = await send(ben, "his.mp3")
    assert [each["name"] for each in (await ben.get("/api/v1/inbox")).json["items"]] == ["his.mp3"]
    names = {each["name"] for each in (await olga.get("/api/v1/inbox")).json["items"]}
    assert names == {"hers.mp3", "his.mp3"}
    assert (await ben.get(f"/api/v1/inbox/{mine.json['id']}")).status == 404
    assert (await ben.delete(f"/api/v1/inbox/{mine.json['id']}")).status == 404
    assert (await ben.post(f"/api/v1/inbox/{theirs.json['id']}/filed", {})).status == 403
    assert (await ben.post("/api/v1/inbox/filed", {})).status == 403
    assert (await ben.delete(f"/api/v1/inbox/{theirs.json['id']}")).status == 204
    assert "hers.mp3" in (await olga.get("/inbox")).body.decode()
    assert "hers.mp3" not in (await ben.get("/inbox")).body.decode()


async def test_what_was_not_looked_at_yet_is_not_filed(house: House) -> None:
    client = await owner(house)
    sent = await send(client)
    answer = await client.post(f"/api/v1/inbox/{sent.json['id']}/filed", {})
    assert answer.status == 409
    assert (await client.post("/api/v1/inbox/filed", {})).json == {"paths": []}


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("page.html", DATA, 400),
        ("song.mp3", b"x" * 1_000_001, 400),
        ("", DATA, 400),
        ("x" * 1_001 + ".mp3", DATA, 400),
        ("%2e%2e%2f%2e%2e%2fx.mp3", DATA, 201),
        ("a%00b.mp3", DATA, 201),
        ("%00.mp3", DATA, 400),
    ],
)
async def test_what_is_sent_is_checked_at_the_door(
    house: House, name: str, data: bytes, status: int
) -> None:
    client = await owner(house)
    answer = await send(client, name, data)
    assert answer.status == status
    for entry in (await client.get("/api/v1/inbox")).json["items"]:
        assert "/" not in entry["name"]


async def test_full_inbox_answers_507_in_words(house: House, tmp_path: Path) -> None:
    client = await owner(house)
    async with house.db.write() as tx:
        await tx.execute(
            "INSERT INTO inbox (place, path, name, size, mtime_ns, state, arrived_at) "
            "VALUES ('upload', x'00', 'large.mp3', 20000000000, 1, 'good', 1)"
        )
    answer = await send(client)
    assert answer.status == 507
    assert "inbox is full" in answer.json["detail"]
