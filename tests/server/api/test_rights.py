"""Who may see which library, asked at every door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from homestream import config, ids
from homestream.db import connect
from homestream.household import setup
from homestream.household.access import Role
from homestream.library import libraries
from homestream.library.scan import Scanner
from homestream.listening import listfiles
from homestream.server import application, doors
from homestream.server.home import Home
from homestream.streaming.cache import SegmentCache
from homestream.streaming.segments import Segments
from homestream.workers.pool import Pool
from tests.library import music as songs
from tests.server.house import SECRET, Client, House

SECRETS = ("Grimm", "Wolf", "Horror", "Night")


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(size=2) as made:
        yield made


@pytest.fixture
async def house(tmp_path: Path, pool: Pool) -> AsyncIterator[House]:
    """Two libraries with an album each, and a list in the one that is not for everybody."""
    songs.album(tmp_path / "music" / "Ants", "Blue", "The Ants", seed=1, genre="Rock")
    songs.album(tmp_path / "other" / "Night", "Wolf", "Grimm", seed=11, genre="Horror")
    (tmp_path / "other" / "Night.m3u8").write_text("Night/01 Wolf 1.flac\n")
    async with connect.opened(tmp_path / "house.db") as db:
        nothing: Any = None
        home = Home(
            config=config.Config(),
            db=db,
            pool=pool,
            segments=Segments(SegmentCache(tmp_path / "segments", 1_000_000), pool.run),
            files=nothing,
            scanner=Scanner(db, pool, tmp_path, tmp_path / "art"),
            secret=SECRET,
            art_folder=tmp_path / "art",
            server_id="house",
            started_at=0.0,
        )
        await setup.finish(db, household="Nest", name="Olga", password="password of Olga")
        home.scanner.take_lists(
            lambda seen, changed: listfiles.take_in(db, pool, seen, changed=changed, now=0)
        )
        await libraries.add(db, "Music", str(tmp_path / "music"))
        await libraries.add(db, "Other", str(tmp_path / "other"))
        await home.scanner.run(all_stages=True)
        server = TestServer(
            application.build(home, doors.ROUTES, page_error=doors.page_error), host="127.0.0.1"
        )
        await server.start_server()
        made = House(home, server)
        yield made
        await made.close()
        await home.scanner.close()


async def owner(house: House) -> Client:
    client = house.client()
    answer = await client.post("/api/v1/session", {"name": "Olga", "password": "password of Olga"})
    assert answer.status == 200
    return client


async def account(house: House, name: str) -> str:
    row = await house.db.row("SELECT id FROM account WHERE name = :name", {"name": name})
    assert row is not None
    return ids.public("account", row["id"])


LISTS = [
    "/api/v1/albums",
    "/api/v1/albums?sort=artist",
    "/api/v1/albums?sort=played",
    "/api/v1/artists",
    "/api/v1/tracks",
    "/api/v1/genres",
    "/api/v1/search?q=wolf",
    "/api/v1/search?q=grimm",
    "/api/v1/libraries",
    "/api/v1/libraries/li-1/folders",
    "/api/v1/playlists",
    "/api/v1/stars?kind=track",
    "/api/v1/plays",
    "/api/v1/scans",
    "/",
    "/albums",
    "/artists",
    "/genres",
    "/search?q=wolf",
    "/search",
    "/starred",
    "/playlists",
    "/folders",
    "/library",
    "/settings/about",
]
THINGS = [
    "/api/v1/albums/al-2",
    "/api/v1/tracks/tr-4",
    "/api/v1/tracks/tr-4/lyrics",
    "/api/v1/playlists/pl-1",
    "/api/v1/playlists/pl-1/export.m3u8",
    "/playlists/pl-1",
    "/api/v1/libraries/li-2/folders",
    "/api/v1/libraries/li-2/folders/tracks",
    "/folders/li-2",
    "/albums/al-2",
]


async def test_library_that_is_hidden_is_nowhere(house: House) -> None:
    parent, child = await owner(house), await house.member("Kim", Role.CHILD)
    for path in THINGS:
        assert (await child.get(path)).status == 200, path
    kim = await account(house, "Kim")
    answer = await parent.put(f"/api/v1/libraries/li-2/rights/{kim}", {"allowed": False})
    assert answer.status == 200
    for path in LISTS:
        answer = await child.get(path)
        assert answer.status == 200, path
        told = answer.body.decode()
        for secret in SECRETS:
            assert secret not in told.replace("Good night", ""), (path, secret)
    for path in THINGS:
        assert (await child.get(path)).status == 404, path
    refused = await child.post("/api/v1/programmes", {"tracks": ["tr-4"]})
    assert refused.status == 404
    scans = (await child.get("/api/v1/scans")).json["items"]
    assert [scan["found"] for scan in scans] == [0]
    counted = (await child.get("/api/v1/libraries")).json["items"]
    assert [(each["name"], each["track_count"]) for each in counted] == [("Music", 3)]
    # and back, at once and in the same session
    await parent.put(f"/api/v1/libraries/li-2/rights/{kim}", {"allowed": True})
    for path in THINGS:
        assert (await child.get(path)).status == 200, path


async def test_library_for_adults_lets_in_whom_the_owner_names(house: House) -> None:
    parent = await owner(house)
    child, guest = await house.member("Kim", Role.CHILD), await house.member("Gus", Role.GUEST)
    adult = await house.member("Ann", Role.ADULT)
    answer = await parent.patch("/api/v1/libraries/li-2/rights", {"adults_only": True})
    assert answer.json["adults_only"] is True
    gus = await account(house, "Gus")
    await parent.put(f"/api/v1/libraries/li-2/rights/{gus}", {"allowed": True})
    told = (await parent.get("/api/v1/libraries/li-2/rights")).json
    assert {row["name"]: row["allowed"] for row in told["accounts"]} == {
        "Kim": False,
        "Gus": True,
        "Ann": True,
    }
    seen = [
        len((await client.get("/api/v1/libraries")).json["items"])
        for client in (parent, adult, guest, child)
    ]
    assert seen == [2, 2, 2, 1]


async def test_key_of_an_account_sees_what_the_account_sees(house: House) -> None:
    parent, child = await owner(house), await house.member("Kim", Role.CHILD)
    key = (await child.post("/api/v1/tokens", {"name": "player"})).json["key"]
    await parent.put(
        f"/api/v1/libraries/li-2/rights/{await account(house, 'Kim')}", {"allowed": False}
    )
    program = house.client(Authorization=f"Bearer {key}")
    assert (await program.get("/api/v1/albums/al-2")).status == 404


async def test_stream_of_a_library_ends_when_it_is_hidden(house: House) -> None:
    parent, child = await owner(house), await house.member("Kim", Role.CHILD)
    made = await child.post("/api/v1/programmes", {"tracks": ["tr-4"]})
    assert made.status == 201
    assert (await child.get(made.json["hls"])).status == 200
    await parent.put(
        f"/api/v1/libraries/li-2/rights/{await account(house, 'Kim')}", {"allowed": False}
    )
    assert (await child.get(made.json["hls"])).status == 404


async def test_only_the_owner_says_who_may(house: House) -> None:
    adult = await house.member("Ann", Role.ADULT)
    ann, olga = await account(house, "Ann"), await account(house, "Olga")
    for answer in (
        await adult.get("/api/v1/libraries/li-2/rights"),
        await adult.patch("/api/v1/libraries/li-2/rights", {"adults_only": False}),
        await adult.put(f"/api/v1/libraries/li-2/rights/{ann}", {"allowed": True}),
    ):
        assert answer.status == 403
    parent = await owner(house)
    at = "/api/v1/libraries/li-2/rights"
    assert (await parent.put(f"{at}/{olga}", {"allowed": False})).status == 409
    assert (await parent.put(f"{at}/ac-99", {"allowed": False})).status == 404
    assert (await parent.get("/api/v1/libraries/li-99/rights")).status == 404
    for path in ("/settings/libraries", "/settings/people"):
        told = (await parent.get(path)).body.decode()
        assert "Other" in told
        assert "Ann" in told
