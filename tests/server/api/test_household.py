"""The API of the house over HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from homestream.household import accounts, setup
from homestream.household.access import Role
from homestream.server.api import household, listening, meta
from tests.server import house
from tests.server.house import Client, House

DOORS = (meta.ROUTES, household.ROUTES, listening.ROUTES)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[House]:
    async with house.running(tmp_path, DOORS) as running:
        yield running


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[House]:
    async with house.running(tmp_path, DOORS, owner=False) as running:
        yield running


async def olga(at: House) -> Client:
    client = at.client()
    answer = await client.post("/api/v1/session", {"name": "Olga", "password": "password of Olga"})
    assert answer.status == 200
    return client


# every route -------------------------------------------------------------------------------------

PUBLIC = {
    ("GET", "/health"),
    ("GET", "/api/v1/server"),
    ("GET", "/api/v1/openapi.json"),
    ("POST", "/api/v1/session"),
}


async def test_nothing_but_the_public_routes_answers_without_credentials(at: House) -> None:
    client = at.client()
    for door in DOORS:
        for route in door:
            path = re.sub(r"\{\w+\}", "xx-1", route.path)
            body = {} if route.body is not None else None
            answer = await client.ask(route.method, path, body)
            if (route.method, route.path) in PUBLIC:
                assert answer.status in (200, 400), path
            elif "/setup" in path:
                assert answer.status == 409, path
            else:
                assert answer.status == 401, path


async def test_nobody_but_an_owner_reaches_what_is_the_owners(at: House) -> None:
    ann = await at.member("Ann")
    assert (await ann.get("/api/v1/accounts")).status == 403
    assert (await ann.get("/api/v1/folders?path=/")).status == 403
    assert (await ann.delete("/api/v1/accounts/ac-1")).status == 403
    new = {"name": "Eve", "role": "owner", "password": "password of Eve"}
    assert (await ann.post("/api/v1/accounts", new)).status == 403
    assert len(await accounts.everyone(at.db)) == 2


# set-up ------------------------------------------------------------------------------------------


def wish(**more: Any) -> dict[str, Any]:
    return {"household": "Nest", "name": "Olga", "password": "password of Olga", **more}


async def test_who_holds_the_code_sets_the_house_up(empty: House) -> None:
    client = empty.client()
    assert (await client.get("/api/v1/server")).json["setup"] is True
    code = await setup.code(empty.db)
    answer = await client.post("/api/v1/setup", wish(code=code.lower()))
    assert answer.status == 201
    assert answer.json["account"] == {"id": "ac-1", "name": "Olga", "role": "owner"}
    assert (await client.get("/api/v1/session")).json == answer.json
    told = (await client.get("/api/v1/server")).json
    assert (told["setup"], told["household"], told["name"]) == (False, "Nest", "Nest")
    again = await empty.client().post("/api/v1/setup", wish(code=code, name="Eve"))
    assert again.status == 409
    assert len(await accounts.everyone(empty.db)) == 1


@pytest.mark.parametrize("code", ["", "AAAA-AAAA", "K7QM", "é"])
async def test_without_the_code_nothing_is_set_up(empty: House, code: str) -> None:
    client = empty.client()
    await setup.code(empty.db)
    assert (await client.post("/api/v1/setup", wish(code=code))).status == 403
    assert (await client.get("/api/v1/setup/folders?path=/")).status == 403
    assert await accounts.everyone(empty.db) == []


async def test_guessing_the_code_is_slowed_down(empty: House) -> None:
    client = empty.client()
    statuses = [
        (await client.get(f"/api/v1/setup/folders?code=AAAA-{n:04}")).status for n in range(10)
    ]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    code = await setup.code(empty.db)
    assert (await client.post("/api/v1/setup", wish(code=code))).status == 429


async def test_two_set_ups_at_once_make_one_owner(empty: House) -> None:
    code = await setup.code(empty.db)
    answers = await asyncio.gather(
        *(empty.client().post("/api/v1/setup", wish(code=code, name=f"O{n}")) for n in range(4))
    )
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert len(await accounts.everyone(empty.db)) == 1


async def test_a_folder_that_is_not_there_stops_the_set_up_before_the_owner(empty: House) -> None:
    code = await setup.code(empty.db)
    for path, status in (("/nowhere/at/all", 404), ("music", 400), ("/\x00", 404)):
        library = {"name": "Music", "path": path}
        answer = await empty.client().post("/api/v1/setup", wish(code=code, library=library))
        assert answer.status == status
    assert await accounts.everyone(empty.db) == []


async def test_folders_can_be_browsed_with_the_code_only(empty: House, tmp_path: Path) -> None:
    (tmp_path / "music" / "Bach").mkdir(parents=True)
    (tmp_path / "music" / ".hidden").mkdir()
    (tmp_path / "music" / "one.flac").touch()
    (tmp_path / "music" / "notes.txt").touch()
    (tmp_path / "music" / "caf\udce9").mkdir()
    header = {"X-Setup-Code": await setup.code(empty.db)}
    client = empty.client()
    answer = await client.get(f"/api/v1/setup/folders?path={tmp_path}/music/", headers=header)
    assert answer.json == {
        "path": f"{tmp_path}/music",
        "parent": str(tmp_path),
        "folders": [{"name": "Bach", "path": f"{tmp_path}/music/Bach"}],
        "music_files": 1,
    }
    start = await client.get("/api/v1/setup/folders", headers=header)
    assert "/" in {folder["path"] for folder in start.json["folders"]}
    top = await client.get("/api/v1/setup/folders?path=/", headers=header)
    assert top.json["parent"] is None
    assert (await client.get("/api/v1/setup/folders?path=..", headers=header)).status == 400


async def test_a_bad_name_or_password_does_not_use_up_the_set_up(empty: House) -> None:
    code = await setup.code(empty.db)
    client = empty.client()
    assert (await client.post("/api/v1/setup", wish(code=code, password="short"))).status == 400
    assert (await client.post("/api/v1/setup", wish(code=code, name="\n"))).status == 400
    assert (await client.post("/api/v1/setup", wish(code=code))).status == 201


# sessions ----------------------------------------------------------------------------------------


async def test_wrong_passwords_and_unknown_names_look_alike(at: House) -> None:
    client = at.client()
    wrong = await client.post("/api/v1/session", {"name": "Olga", "password": "wrong guess"})
    unknown = await client.post("/api/v1/session", {"name": "Nobody", "password": "wrong guess"})
    assert (wrong.status, wrong.body) == (401, unknown.body)
    assert "Set-Cookie" not in wrong.headers


async def test_signing_out_ends_the_session_on_the_server(at: House) -> None:
    client = await olga(at)
    cookie = client.session.cookie_jar.filter_cookies(at.server.make_url("/"))["homestream"].value
    assert (await client.delete("/api/v1/session")).status == 204
    assert (await client.get("/api/v1/session")).status == 401
    stolen = {"Cookie": f"homestream={cookie}"}
    assert (await at.client().get("/api/v1/session", headers=stolen)).status == 401


async def test_a_session_can_be_ended_from_another_browser(at: House) -> None:
    phone, desk = await olga(at), await olga(at)
    listed = (await desk.get("/api/v1/sessions")).json["items"]
    assert len(listed) == 2
    other = next(item for item in listed if not item["current"])
    assert other["address"] == "127.0.0.1"
    assert (await desk.delete(f"/api/v1/sessions/{other['id']}")).status == 204
    assert (await phone.get("/api/v1/session")).status == 401
    assert (await desk.get("/api/v1/session")).status == 200


async def test_each_sign_in_is_a_new_session(at: House) -> None:
    client = await olga(at)
    url = at.server.make_url("/")
    before = client.session.cookie_jar.filter_cookies(url)["homestream"].value
    await client.post("/api/v1/session", {"name": "Olga", "password": "password of Olga"})
    assert client.session.cookie_jar.filter_cookies(url)["homestream"].value != before
    assert len((await client.get("/api/v1/sessions")).json["items"]) == 1


async def test_a_new_password_signs_out_everywhere_else(at: House) -> None:
    phone, desk = await olga(at), await olga(at)
    change = {"password": "password of Olga", "new_password": "another password"}
    wrong = change | {"password": "wrong guess"}
    assert (await desk.put("/api/v1/session/password", wrong)).status == 401
    assert (await phone.get("/api/v1/session")).status == 200
    assert (await desk.put("/api/v1/session/password", change)).status == 200
    assert (await phone.get("/api/v1/session")).status == 401
    assert (await desk.get("/api/v1/session")).status == 200


async def test_who_listens_is_chosen_among_the_own_profiles(at: House) -> None:
    ann, bob = await at.member("Ann"), await at.member("Bob")
    second = (await ann.post("/api/v1/profiles", {"name": "Little one"})).json
    chosen = await ann.put("/api/v1/session/profile", {"profile": second["id"]})
    assert chosen.json["profile"] == second
    assert (await ann.get("/api/v1/session")).json["profile"] == second
    assert (await bob.put("/api/v1/session/profile", {"profile": second["id"]})).status == 404
    assert (await bob.get("/api/v1/session")).json["profile"]["name"] == "Bob"


# accounts and profiles ---------------------------------------------------------------------------


async def test_an_owner_makes_and_removes_accounts(at: House) -> None:
    client = await olga(at)
    new = {"name": "Kim", "role": "child", "password": "password of Kim"}
    made = await client.post("/api/v1/accounts", new)
    assert (made.status, made.json) == (201, {"id": "ac-2", "name": "Kim", "role": "child"})
    assert (await client.post("/api/v1/accounts", new)).status == 409
    kim = at.client()
    sign_in = {"name": "Kim", "password": "password of Kim"}
    assert (await kim.post("/api/v1/session", sign_in)).status == 200
    assert (await client.delete("/api/v1/accounts/ac-2")).status == 204
    assert (await kim.get("/api/v1/session")).status == 401
    assert (await client.delete("/api/v1/accounts/ac-1")).status == 409


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "Eve", "role": "king", "password": "password of Eve"},
        {"name": "Eve", "role": "adult", "password": "short"},
        {"name": "Eve", "role": "adult"},
        {"name": "Eve", "role": "adult", "password": "password of Eve", "id": 1},
    ],
)
async def test_what_is_no_account_is_refused(at: House, sent: dict[str, str]) -> None:
    assert (await (await olga(at)).post("/api/v1/accounts", sent)).status == 400
    assert len(await accounts.everyone(at.db)) == 1


async def test_profiles_are_the_accounts_own(at: House) -> None:
    ann, bob = await at.member("Ann"), await at.member("Bob")
    made = await ann.post("/api/v1/profiles", {"name": "Kid", "colour": "plum", "picture": "fox"})
    assert (made.status, made.json["colour"], made.json["picture"]) == (201, "plum", "fox")
    path = f"/api/v1/profiles/{made.json['id']}"
    assert (await bob.patch(path, {"name": "Mine"})).status == 404
    assert (await bob.delete(path)).status == 404
    assert (await bob.get("/api/v1/profiles")).json["items"][0]["name"] == "Bob"
    assert (await ann.patch(path, {"account": "ac-3"})).status == 400
    assert (await ann.patch(path, {"name": "Kim"})).json["name"] == "Kim"
    assert (await ann.patch(path, {"colour": "url(x)"})).status == 400
    assert (await ann.delete(path)).status == 204
    last = (await ann.get("/api/v1/profiles")).json["items"][0]["id"]
    assert (await ann.delete(f"/api/v1/profiles/{last}")).status == 409


# keys --------------------------------------------------------------------------------------------


async def test_a_key_is_shown_once_and_signs_a_program_in(at: House) -> None:
    ann = await at.member("Ann")
    made = (await ann.post("/api/v1/tokens", {"name": "Script"})).json
    key, token = made["key"], made["token"]["id"]
    program = at.client(Authorization=f"Bearer {key}")
    assert (await program.get("/api/v1/session")).json["profile"]["name"] == "Ann"
    listed = await ann.get("/api/v1/tokens")
    assert key not in listed.body.decode()
    assert listed.json["items"][0]["seen_at"] is not None
    assert (await program.delete("/api/v1/session")).status == 409
    assert (await program.put("/api/v1/session/profile", {"profile": "pr-2"})).status == 409
    bob = await at.member("Bob")
    assert (await bob.delete(f"/api/v1/tokens/{token}")).status == 404
    assert (await ann.delete(f"/api/v1/tokens/{token}")).status == 204
    assert (await program.get("/api/v1/session")).status == 401


async def test_a_key_cannot_listen_as_anothers_profile(at: House) -> None:
    ann = await at.member("Ann")
    await at.member("Bob", Role.CHILD)
    answer = await ann.post("/api/v1/tokens", {"name": "Script", "profile": "pr-3"})
    assert answer.status == 404
    assert (await ann.get("/api/v1/tokens")).json["items"] == []


# the server --------------------------------------------------------------------------------------


async def test_health_and_the_server_are_told_to_anyone(at: House) -> None:
    client = at.client()
    assert (await client.get("/health")).json["status"] == "ok"
    told = (await client.get("/api/v1/server")).json
    assert set(told) == {"name", "version", "setup", "household"}


async def test_the_document_describes_every_route(at: House) -> None:
    document = json.loads((await at.client().get("/api/v1/openapi.json")).body)
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    api = {
        (route.method, route.path)
        for door in DOORS
        for route in door
        if route.path.startswith("/api/")
    }
    assert described == api
