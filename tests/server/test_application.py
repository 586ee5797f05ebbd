"""What holds for every door: access, what is sent, what goes back."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from aiohttp import web
from msgspec import Meta

from homestream import config, links
from homestream.errors import BadInput, Busy, ConfigError, Conflict, NotFound
from homestream.household import accounts, profiles, sessions, tokens
from homestream.household.access import Role
from homestream.links import Bearer
from homestream.server import request
from homestream.server.routing import Access, Call, Route
from tests.server import house
from tests.server.house import SECRET, Client, House


class Words(msgspec.Struct):
    count: Annotated[int, Meta(ge=1, le=9)] = 1
    loud: bool = False


class Note(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    times: int = 1


class Told(msgspec.Struct):
    who: str
    count: int = 0


async def tell(call: Call) -> Told:
    name = call.actor.name if call.actor else "nobody"
    return Told(name, call.query.count if call.query else 0)


async def keep(call: Call) -> Told:
    return Told(call.body.text, call.body.times)


async def enter(call: Call) -> web.Response:
    account = await request.sign_in(call.home, call.request, "Olga", call.body.text)
    secret = await request.open_session(call.home, call.request, account)
    response = web.Response(status=204)
    request.keep_session(call.home, call.request, response, secret)
    return response


async def fall(call: Call) -> Told:
    raise {
        "absent": NotFound("album is not here"),
        "bad": BadInput("tea is not coffee"),
        "clash": Conflict("there already"),
        "busy": Busy("later", retry_after=7),
        "fault": RuntimeError("secret inside"),
    }[call.path["kind"]]


async def page(call: Call) -> web.Response:
    return web.Response(text="<p>hello</p>", content_type="text/html")


async def move(call: Call) -> web.Response:
    raise web.HTTPSeeOther("/elsewhere")


ROUTES = (
    Route("GET", "/api/v1/open", tell, Access.PUBLIC, "Open", query=Words, answer=Told),
    Route("GET", "/api/v1/account", tell, Access.ACCOUNT, "Account", answer=Told),
    Route("GET", "/api/v1/listener", tell, Access.LISTENER, "Listener", answer=Told),
    Route("GET", "/api/v1/owner", tell, Access.OWNER, "Owner", answer=Told),
    Route("GET", "/api/v1/setup", tell, Access.SETUP, "Set-up", answer=Told),
    Route("POST", "/api/v1/notes", keep, Access.ACCOUNT, "Keep", body=Note, answer=Told),
    Route("POST", "/api/v1/enter", enter, Access.PUBLIC, "Enter", body=Note, status=204),
    Route("GET", "/api/v1/fall/{kind}", fall, Access.PUBLIC, "Fall", answer=Told),
    Route("GET", "/stream/{piece}", tell, Access.LINK),
    Route("GET", "/", page, Access.LISTENER),
    Route("GET", "/sign-in", page, Access.PUBLIC),
    Route("GET", "/broken/{kind}", fall, Access.PUBLIC),
    Route("GET", "/move", move, Access.PUBLIC),
)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[House]:
    async with house.running(tmp_path, [ROUTES]) as running:
        yield running


async def entered(at: House) -> Client:
    client = at.client()
    answer = await client.post("/api/v1/enter", {"text": "password of Olga"})
    assert answer.status == 204
    return client


# who may -----------------------------------------------------------------------------------------


async def test_nobody_gets_in_without_credentials(at: House) -> None:
    client = at.client()
    for path in ("account", "listener", "owner"):
        answer = await client.get(f"/api/v1/{path}")
        assert (answer.status, answer.type) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert (await client.get("/stream/one")).status == 401
    assert (await client.get("/api/v1/open")).json["who"] == "nobody"


async def test_the_owner_gets_in_everywhere_and_set_up_is_closed(at: House) -> None:
    client = await entered(at)
    for path in ("account", "listener", "owner", "open"):
        assert (await client.get(f"/api/v1/{path}")).json["who"] == "Olga"
    assert (await client.get("/api/v1/setup")).status == 409


async def test_who_is_no_owner_may_not_do_what_owners_may(at: House) -> None:
    account = await accounts.add(at.db, "Ann", Role.ADULT, "password of Ann")
    _, key = await tokens.create(at.db, account, "script")
    client = at.client(Authorization=f"Bearer {key}")
    assert (await client.get("/api/v1/owner")).status == 403
    assert (await client.get("/api/v1/listener")).json["who"] == "Ann"


async def test_a_wrong_key_does_not_fall_back_to_the_cookie(at: House) -> None:
    client = await entered(at)
    answer = await client.get("/api/v1/account", headers={"Authorization": "Bearer hs_wrong"})
    assert answer.status == 401


async def test_a_page_sends_people_to_sign_in_and_back(at: House) -> None:
    answer = await at.client().get("/?tab=new%20ones")
    assert answer.status == 303
    assert answer.headers["Location"] == "/sign-in?next=/%3Ftab%3Dnew%2520ones"


async def test_a_page_sends_who_has_not_chosen_a_profile_to_choose(at: House) -> None:
    owner = (await accounts.everyone(at.db))[0].id
    await profiles.add(at.db, owner, "Little one")
    client = await entered(at)
    answer = await client.get("/")
    assert (answer.status, answer.headers["Location"]) == (303, "/who?next=/")
    assert (await client.get("/api/v1/listener")).status == 403
    assert (await client.get("/api/v1/account")).status == 200


async def test_a_page_of_a_house_without_owner_sends_people_to_set_up(tmp_path: Path) -> None:
    async with house.running(tmp_path, [ROUTES], owner=False) as at:
        answer = await at.client().get("/")
        assert (answer.status, answer.headers["Location"]) == (303, "/setup")


# signed links ------------------------------------------------------------------------------------


async def test_a_signed_link_answers_without_cookie_until_its_session_ends(at: House) -> None:
    owner = (await accounts.everyone(at.db))[0].id
    await sessions.start(at.db, owner, user_agent="", address="", now=time.time())
    session = (await sessions.of(at.db, owner, now=time.time()))[0]
    assert session.profile is not None
    bearer = Bearer(f"s{session.id}", session.profile)
    link = links.sign(SECRET, "/stream/one", bearer, links.end_of(time.time()))
    client = at.client()
    assert (await client.get(link)).json["who"] == "Olga"
    assert (await client.get(link.replace("/one", "/two"))).status == 403
    await sessions.end(at.db, owner, session.id)
    assert (await client.get(link)).status == 403


async def test_an_altered_link_is_refused_even_with_a_cookie(at: House) -> None:
    client = await entered(at)
    assert (await client.get("/stream/one?a=s1&p=1&e=99999999999&s=AAAA")).status == 403
    assert (await client.get("/stream/one")).status == 200


async def test_a_link_cannot_name_somebody_elses_profile(at: House) -> None:
    owner = (await accounts.everyone(at.db))[0].id
    other = await accounts.add(at.db, "Ann", Role.ADULT, "password of Ann")
    foreign = (await profiles.of(at.db, other))[0].id
    await sessions.start(at.db, owner, user_agent="", address="", now=time.time())
    session = (await sessions.of(at.db, owner, now=time.time()))[0]
    link = links.sign(
        SECRET, "/stream/one", Bearer(f"s{session.id}", foreign), links.end_of(time.time())
    )
    assert (await at.client().get(link)).status == 403


# what is sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("count=x", "count"),
        ("count=10", "count"),
        ("colour=red", "colour"),
        ("count=1&count=2", "count"),
        ("loud=perhaps", "loud"),
        ("count=", "count"),
    ],
)
async def test_a_wrong_parameter_is_named(at: House, query: str, named: str) -> None:
    answer = await at.client().get(f"/api/v1/open?{query}")
    assert answer.status == 400
    assert named in answer.json["detail"]


async def test_parameters_are_read(at: House) -> None:
    assert (await at.client().get("/api/v1/open?count=7&loud=true")).json["count"] == 7


@pytest.mark.parametrize(
    ("data", "kind", "status", "said"),
    [
        (b'{"text": 1}', "application/json", 400, "text"),
        (b'{"text": "a", "owner": 1}', "application/json", 400, "owner"),
        (b'{"times": 1}', "application/json", 400, "text"),
        (b"{", "application/json", 400, "JSON"),
        (b'{"text": "\xff"}', "application/json", 400, "JSON"),
        (b'{"text": ' + b"[" * 50_000, "application/json", 400, "text"),
        (b'{"x": ' + b"[" * 50_000, "application/json", 400, ""),
        (b"text=a", "application/x-www-form-urlencoded", 415, "application/json"),
        (b'{"text": "a"}', "text/plain", 415, "application/json"),
        (b'{"text": "' + b"a" * 1024 * 1024 + b'"}', "application/json", 413, "1 MiB"),
    ],
)
async def test_a_wrong_body_is_refused_with_a_reason(
    at: House, data: bytes, kind: str, status: int, said: str
) -> None:
    client = await entered(at)
    answer = await client.post("/api/v1/notes", data=data, headers={"Content-Type": kind})
    assert answer.status == status
    assert said in answer.json["detail"]


async def test_a_body_of_unknown_length_is_bounded_too(at: House) -> None:
    client = await entered(at)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65536

    url = at.server.make_url("/api/v1/notes")
    async with client.session.post(
        url, data=endless(), headers={"Content-Type": "application/json"}
    ) as response:
        assert response.status == 413


async def test_access_is_checked_before_the_body_is_read(at: House) -> None:
    answer = await at.client().post("/api/v1/notes", data=b"{")
    assert answer.status == 401


# what goes back ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"), [("absent", 404), ("bad", 400), ("clash", 409), ("busy", 503)]
)
async def test_errors_are_answered_as_problems(at: House, kind: str, status: int) -> None:
    answer = await at.client().get(f"/api/v1/fall/{kind}")
    assert (answer.status, answer.type) == (status, "application/problem+json")
    assert set(answer.json) == {"type", "title", "status", "detail"}
    assert answer.json["status"] == status
    assert answer.headers.get("Retry-After") == ("7" if kind == "busy" else None)


async def test_a_fault_tells_nothing_outside_and_all_in_the_log(
    at: House, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await at.client().get("/api/v1/fall/fault")
    assert answer.status == 500
    assert b"secret inside" not in answer.body
    assert "secret inside" in caplog.text


async def test_unknown_addresses_and_methods_are_problems_too(at: House) -> None:
    client = at.client()
    assert (await client.get("/api/v1/nothing")).json["status"] == 404
    answer = await client.post("/api/v1/open", {})
    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")


async def test_pages_answer_errors_with_the_page_they_are_given(tmp_path: Path) -> None:
    def drawn(incoming: web.Request, status: int, detail: str) -> web.Response:
        return web.Response(text=f"drawn: {detail}", status=status, content_type="text/html")

    async with house.running(tmp_path, [ROUTES], page_error=drawn) as at:
        answer = await at.client().get("/broken/absent")
        assert (answer.status, answer.body) == (404, b"drawn: album is not here")
        assert (await at.client().get("/nowhere")).type == "text/html"


async def test_redirects_of_handlers_pass(at: House) -> None:
    answer = await at.client().get("/move")
    assert (answer.status, answer.headers["Location"]) == (303, "/elsewhere")


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/nowhere", "/api/v1/open", "/api/v1/owner", "/broken/fault", "/move"]
)
async def test_every_answer_carries_the_security_headers(at: House, path: str) -> None:
    headers = (await at.client().get(path)).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Permissions-Policy" in headers
    assert "Server" not in headers


async def test_json_answers_are_kept_by_no_cache(at: House) -> None:
    assert (await at.client().get("/api/v1/open")).headers["Cache-Control"] == "no-store"


async def test_head_answers_as_get_without_a_body(at: House) -> None:
    answer = await at.client().ask("HEAD", "/api/v1/open")
    assert (answer.status, answer.body) == (200, b"")


async def test_the_log_has_no_query(at: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "homestream.access"):
        await at.client().get("/api/v1/open?count=3")
    lines = [record for record in caplog.records if record.name == "homestream.access"]
    assert [line.getMessage() for line in lines] == ["GET /api/v1/open"]
    assert "count" not in caplog.text


# the table ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "route",
    [
        Route("GET", "/bare", tell, None),  # type: ignore[arg-type]
        Route("GET", "/api/v1/undescribed", tell, Access.PUBLIC, answer=Told),
        Route("GET", "/api/v1/unspeakable", tell, Access.PUBLIC, "Odd", answer=object),
        Route("GET", "/sign-in", tell, Access.PUBLIC),
    ],
)
async def test_a_table_with_a_bad_route_does_not_start(tmp_path: Path, route: Route) -> None:
    with pytest.raises(ConfigError, match=r"route|OpenAPI"):
        async with house.running(tmp_path, [ROUTES, (route,)]):
            pass


# where it comes from -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:4747", 200),
        ("192.168.1.7:4747", 200),
        ("[fe80::1]:4747", 200),
        ("attic.local", 200),
        ("attic.local.", 200),
        ("music.example.org", 200),
        ("evil.example.com", 421),
        ("localhost.evil.example.com", 421),
        ("music.example.org.evil.example.com", 421),
        ("", 421),
        ("127.0.0.1.evil.example.com", 421),
        ("[::1", 421),
    ],
)
async def test_only_our_own_names_are_answered(tmp_path: Path, host: str, status: int) -> None:
    settings = config.Config(server=config.Server(public_url="https://music.example.org"))
    async with house.running(tmp_path, [ROUTES], settings=settings) as at:
        answer = await at.client().get("/api/v1/open", headers={"Host": host})
        assert answer.status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "SAME"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "SAME"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Authorization": "Basic YTpi"}, 403),
    ],
)
async def test_other_sites_cannot_use_the_cookie(
    at: House, headers: dict[str, str], status: int
) -> None:
    client = await entered(at)
    own = str(at.server.make_url("/")).rstrip("/")
    sent = {name: value.replace("SAME", own) for name, value in headers.items()}
    answer = await client.post("/api/v1/notes", {"text": "hello"}, headers=sent)
    assert answer.status == status


async def test_a_key_needs_no_proof_of_origin(at: House) -> None:
    owner = (await accounts.everyone(at.db))[0].id
    _, key = await tokens.create(at.db, owner, "script")
    client = at.client(Authorization=f"Bearer {key}", Origin="https://tool.example.com")
    assert (await client.post("/api/v1/notes", {"text": "hello"})).status == 200


async def test_the_cookie_is_out_of_reach_of_scripts(at: House) -> None:
    answer = await at.client().post("/api/v1/enter", {"text": "password of Olga"})
    cookie = answer.cookies["homestream"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
    assert not cookie["secure"]


async def test_behind_a_trusted_proxy_the_cookie_is_host_bound_and_secure(tmp_path: Path) -> None:
    settings = config.Config(server=config.Server(trusted_proxies=("127.0.0.0/8",)))
    async with house.running(tmp_path, [ROUTES], settings=settings) as at:
        client = at.client()
        far = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9, 198.51.100.4"}
        answer = await client.post("/api/v1/enter", {"text": "password of Olga"}, headers=far)
        cookie = answer.cookies["__Host-homestream"]
        assert cookie["secure"]
        assert (await listed_address(at)) == "198.51.100.4"
        cookies = {"Cookie": f"__Host-homestream={cookie.value}"}
        assert (await at.client().get("/api/v1/account", headers=far | cookies)).status == 200


async def test_headers_of_an_unknown_proxy_are_not_believed(at: House) -> None:
    far = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "x"}
    answer = await at.client().post("/api/v1/enter", {"text": "password of Olga"}, headers=far)
    assert "homestream" in answer.cookies
    assert (await listed_address(at)) == "127.0.0.1"


async def test_guessing_is_slowed_down_and_not_evaded_by_headers(at: House) -> None:
    client = at.client()
    seen: list[Any] = []
    for n in range(10):
        answer = await client.post(
            "/api/v1/enter",
            {"text": f"wrong guess {n}"},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        )
        seen.append(answer.status)
    assert seen[:4] == [401] * 4
    assert seen[-1] == 429
    right = await client.post("/api/v1/enter", {"text": "password of Olga"})
    assert right.status == 429
    assert int(right.headers["Retry-After"]) > 0


async def listed_address(at: House) -> str:
    owner = (await accounts.everyone(at.db))[0].id
    return (await sessions.of(at.db, owner, now=time.time()))[0].address
