"""Why tracks are one album, and correcting albums, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from homestream import config
from homestream.db import connect
from homestream.household import setup
from homestream.household.access import Role
from homestream.library import libraries
from homestream.library.scan import Scanner
from homestream.server import application
from homestream.server.api import albums, household, library
from homestream.server.home import Home
from homestream.workers.pool import Pool
from tests.library import music as songs
from tests.server.api.test_library import PNG
from tests.server.house import SECRET, Client, House


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(size=2) as made:
        yield made


@pytest.fixture
async def house(tmp_path: Path, pool: Pool) -> AsyncIterator[House]:
    """ "Blue" as FLAC and MP3, another "Blue" of another year, and an explicit one; scanned."""
    root = tmp_path / "music"
    songs.album(root / "Blue", "Blue", "Ants", seed=1, date="1999")
    songs.album(root / "Blue mp3", "Blue", "Ants", seed=1, date="1999", suffix=".mp3")
    songs.album(root / "Blue again", "Blue", "Ants", seed=11, tracks=2, date="2009")
    rude = root / "Rude" / "1.flac"
    songs.song(rude, 9, title="Rude", artist="Ants", album="Rude", itunesadvisory="1")
    (root / "Blue" / "cover.png").write_bytes(PNG)
    (root / "Blue" / "back.png").write_bytes(PNG + b" ")
    (root / "Blue" / "link.png").symlink_to("/etc/hostname")
    songs.picture(next((root / "Blue").glob("01*.flac")), PNG)
    async with connect.opened(tmp_path / "house.db") as db:
        nothing: Any = None
        home = Home(
            config=config.Config(),
            db=db,
            pool=pool,
            segments=nothing,
            files=nothing,
            scanner=Scanner(db, pool, tmp_path, tmp_path / "art"),
            secret=SECRET,
            art_folder=tmp_path / "art",
            server_id="house",
            started_at=0.0,
        )
        await setup.finish(db, household="Nest", name="Olga", password="password of Olga")
        await libraries.add(db, "Music", str(root))
        await home.scanner.run(all_stages=True)
        doors = [household.ROUTES, library.ROUTES, albums.ROUTES]
        server = TestServer(application.build(home, doors), host="127.0.0.1")
        await server.start_server()
        made = House(home, server)
        yield made
        await made.close()
        await home.scanner.close()


@pytest.fixture
async def owner(house: House) -> Client:
    client = house.client()
    answer = await client.post("/api/v1/session", {"name": "Olga", "password": "password of Olga"})
    assert answer.status == 200
    return client


async def known(client: Client) -> dict[tuple[str, int | None], Any]:
    """All albums with their tracks, by title and year."""
    listed = (await client.get("/api/v1/albums")).json["items"]
    return {
        (album["title"], album["year"]): (await client.get(f"/api/v1/albums/{album['id']}")).json
        for album in listed
    }


async def correct(client: Client, **what: Any) -> Any:
    answer = await client.post("/api/v1/corrections", what)
    assert answer.status == 201, answer.json
    return answer.json


async def test_album_of_two_qualities_lists_each_piece_once(owner: Client) -> None:
    blue = (await known(owner))["Blue", 1999]
    assert [(track["position"], track["codec"]) for track in blue["tracks"]] == [
        (1, "flac"),
        (2, "flac"),
        (3, "flac"),
    ]
    assert (blue["track_count"], blue["duration"]) == (3, pytest.approx(1.2, abs=0.01))
    others = blue["other_qualities"]
    assert [other["track"]["codec"] for other in others] == ["mp3"] * 3
    assert [other["better"] for other in others] == [track["id"] for track in blue["tracks"]]
    tracks = (await owner.get("/api/v1/tracks")).json["items"]
    assert {track["codec"] for track in tracks} == {"flac"}


async def test_evidence_says_what_joined_and_what_came_near(owner: Client) -> None:
    every = await known(owner)
    blue, again = every["Blue", 1999], every["Blue", 2009]
    found = (await owner.get(f"/api/v1/albums/{blue['id']}/evidence")).json
    assert sorted(part["why"] for part in found["parts"]) == ["alone", "artist"]
    assert {track for part in found["parts"] for track in part["tracks"]} == {
        *(track["id"] for track in blue["tracks"]),
        *(other["track"]["id"] for other in blue["other_qualities"]),
    }
    tags = {tag["field"]: [value["text"] for value in tag["values"]] for tag in found["tags"]}
    assert tags["folder"] == ["Blue", "Blue mp3"]
    assert tags["year"] == ["1999"]
    (near,) = found["near"]
    assert (near["album"]["id"], near["against"]) == (again["id"], "year")
    assert (near["mine"], near["theirs"]) == ("1999", "2009")


async def test_evidence_is_told_to_adults_and_folders_to_the_owner(
    owner: Client, house: House
) -> None:
    blue = (await known(owner))["Blue", 1999]
    path = f"/api/v1/albums/{blue['id']}/evidence"
    adult = await house.member("Ada")
    fields = {tag["field"] for tag in (await adult.get(path)).json["tags"]}
    assert "year" in fields
    assert "folder" not in fields
    child = await house.member("Kim", Role.CHILD)
    assert (await child.get(path)).status == 403
    assert (await house.client().get(path)).status == 401


async def test_corrections_are_made_listed_and_undone(owner: Client) -> None:
    before = await known(owner)
    blue, again = before["Blue", 1999], before["Blue", 2009]
    last = blue["tracks"][2]["id"]
    split = await correct(owner, kind="split", album=blue["id"], tracks=[last])
    new = (await owner.get(f"/api/v1/albums/{split['album']}")).json
    assert [track["id"] for track in new["tracks"]] == [last]
    assert len(new["other_qualities"]) == 1
    named = await correct(
        owner, kind="name", album=split["album"], title=" Bonus ", artist_credit="Ants & Bees"
    )
    new = (await owner.get(f"/api/v1/albums/{named['album']}")).json
    assert (new["title"], new["artist_credit"]) == ("Bonus", "Ants & Bees")
    assert new["tracks"][0]["album"]["title"] == "Bonus"
    moved = await correct(owner, kind="move", album=again["id"], tracks=[blue["tracks"][0]["id"]])
    merged = await correct(owner, kind="merge", album=again["id"], others=[blue["id"]])
    assert (await owner.get(f"/api/v1/albums/{blue['id']}")).status == 404
    listed = (await owner.get("/api/v1/corrections")).json["items"]
    assert [entry["kind"] for entry in listed] == ["merge", "move", "name", "split"]
    assert listed[3]["tracks"] == ["Blue 3"]
    assert listed[2]["album"]["title"] == "Bonus"
    for made in (merged, moved):
        assert (await owner.delete(f"/api/v1/corrections/{made['id']}")).status == 200
    undone = (await owner.delete(f"/api/v1/corrections/{split['id']}")).json
    assert undone == {"undone": [split["id"], named["id"]], "album": blue["id"]}
    assert await known(owner) == before
    assert (await owner.get("/api/v1/corrections")).json["items"] == []


async def test_cover_is_chosen_of_all_pictures_and_shown_everywhere(
    owner: Client, house: House
) -> None:
    before = await known(owner)
    blue = before["Blue", 1999]
    found = (await owner.post(f"/api/v1/albums/{blue['id']}/pictures")).json["items"]
    assert [(Path(each["file"]).name, each["inside"]) for each in found] == [
        ("back.png", 0),
        ("cover.png", 0),
        ("", 1),
    ]
    assert [each["shown"] for each in found] == [False, True, False]
    back = found[0]
    assert (await owner.get(back["art"]["320"])).status == 200
    made = await correct(owner, kind="cover", album=blue["id"], picture=back["id"])
    now = (await owner.get(f"/api/v1/albums/{blue['id']}")).json
    assert now["art"] == back["art"]
    assert {track["art"]["96"] for track in now["tracks"]} == {back["art"]["96"]}
    await house.home.scanner.run()
    assert (await owner.get(f"/api/v1/albums/{blue['id']}")).json == now
    await owner.delete(f"/api/v1/corrections/{made['id']}")
    assert await known(owner) == before


async def test_child_sees_the_chosen_cover_of_what_it_may_see(owner: Client, house: House) -> None:
    blue = (await known(owner))["Blue", 1999]
    back = (await owner.post(f"/api/v1/albums/{blue['id']}/pictures")).json["items"][0]
    child = await house.member("Kim", Role.CHILD)
    assert (await child.get(back["art"]["96"])).status == 404
    await correct(owner, kind="cover", album=blue["id"], picture=back["id"])
    assert (await child.get(back["art"]["96"])).status == 200


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"kind": "split", "album": "al-99", "tracks": ["tr-1"]}, 404),
        ({"kind": "split", "album": "BLUE", "tracks": ["tr-999"]}, 400),
        ({"kind": "split", "album": "BLUE", "tracks": []}, 400),
        ({"kind": "split", "album": "BLUE", "tracks": ["ar-1"]}, 404),
        ({"kind": "merge", "album": "BLUE", "others": ["BLUE"]}, 400),
        ({"kind": "merge", "album": "BLUE", "others": ["al-99"]}, 404),
        ({"kind": "merge", "album": "BLUE", "others": []}, 400),
        ({"kind": "move", "album": "BLUE", "tracks": ["tr-999"]}, 404),
        ({"kind": "name", "album": "BLUE"}, 400),
        ({"kind": "name", "album": "BLUE", "title": "  "}, 400),
        ({"kind": "name", "album": "BLUE", "year": 12}, 400),
        ({"kind": "name", "album": "BLUE", "titel": "x"}, 400),
        ({"kind": "cover", "album": "BLUE", "picture": "pi-99"}, 404),
        ({"kind": "burn", "album": "BLUE"}, 400),
        ({}, 400),
    ],
)
async def test_what_cannot_be_corrected_is_a_problem(
    owner: Client, what: dict[str, Any], status: int
) -> None:
    blue = (await known(owner))["Blue", 1999]["id"]
    sent = {
        name: blue
        if value == "BLUE"
        else [blue if v == "BLUE" else v for v in value]
        if isinstance(value, list)
        else value
        for name, value in what.items()
    }
    answer = await owner.post("/api/v1/corrections", sent)
    assert (answer.status, answer.type) == (status, "application/problem+json"), answer.json
    assert (await owner.get("/api/v1/corrections")).json["items"] == []


async def test_album_keeps_one_track_at_least(owner: Client) -> None:
    blue = (await known(owner))["Blue", 1999]
    tracks = [track["id"] for track in blue["tracks"]]
    answer = await owner.post(
        "/api/v1/corrections", {"kind": "split", "album": blue["id"], "tracks": tracks}
    )
    assert answer.status == 400
    assert "keeps one track" in answer.json["detail"]


async def test_only_the_owner_corrects(owner: Client, house: House) -> None:
    blue = (await known(owner))["Blue", 1999]["id"]
    adult = await house.member("Ada")
    body = {"kind": "name", "album": blue, "title": "Mine"}
    assert (await adult.post("/api/v1/corrections", body)).status == 403
    assert (await adult.get("/api/v1/corrections")).status == 403
    assert (await adult.post(f"/api/v1/albums/{blue}/pictures")).status == 403
    assert (await adult.delete("/api/v1/corrections/co-1")).status == 403
    assert (await owner.delete("/api/v1/corrections/co-1")).status == 404
