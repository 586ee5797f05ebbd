"""The library over HTTP: lists, pages, search, covers, scans, and who may."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from homestream import config, links
from homestream.db import connect
from homestream.household import setup
from homestream.household.access import Role
from homestream.library import libraries
from homestream.library.scan import Scanner
from homestream.server import application
from homestream.server.api import household, library, search
from homestream.server.home import Home
from homestream.workers.pool import Pool
from tests.library import music as songs
from tests.server.house import SECRET, Client, House

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(size=2) as made:
        yield made


@pytest.fixture
async def house(tmp_path: Path, pool: Pool) -> AsyncIterator[House]:
    """Two albums, one of them explicit, a cover and lyrics; scanned."""
    root = tmp_path / "music"
    songs.album(root / "Ants" / "Blue", "Blue", "The Ants", seed=1, genre="Rock", date="1999")
    songs.song(
        root / "Mono" / "rude.flac",
        9,
        title="Rude",
        artist="Mono",
        album="Loud",
        itunesadvisory="1",
    )
    (root / "Ants" / "Blue" / "cover.png").write_bytes(PNG)
    first = next((root / "Ants" / "Blue").glob("01*.flac"))
    first.with_suffix(".lrc").write_text("[00:01.50]One\n[00:03.00]Two\n")
    (root / "broken.mp3").write_bytes(b"no sound" * 10)
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
        server = TestServer(
            application.build(home, [household.ROUTES, library.ROUTES, search.ROUTES]),
            host="127.0.0.1",
        )
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


async def test_lists_answer_items_and_a_next_page_that_works(owner: Client) -> None:
    first = (await owner.get("/api/v1/tracks?limit=3")).json
    assert [track["title"] for track in first["items"]] == ["Blue 1", "Blue 2", "Blue 3"]
    second = (await owner.get(first["next"])).json
    assert [track["title"] for track in second["items"]] == ["Rude"]
    assert second["next"] is None


async def test_track_has_what_a_player_needs(owner: Client) -> None:
    track = (await owner.get("/api/v1/tracks")).json["items"][0]
    assert track["album"]["title"] == "Blue"
    assert track["artists"] == [{"id": track["artists"][0]["id"], "name": "The Ants"}]
    assert track["duration"] == pytest.approx(0.4, abs=0.001)
    assert (track["codec"], track["lossless"], track["position"]) == ("flac", True, 1)
    whole = (await owner.get(f"/api/v1/tracks/{track['id']}")).json
    assert whole["title"] == "Blue 1"
    assert whole["file"]["path"].endswith("01 Blue 1.flac")
    assert whole["file"]["samples_exact"] is True


async def test_album_and_artist_come_with_what_is_theirs(owner: Client) -> None:
    albums = (await owner.get("/api/v1/albums?sort=year")).json["items"]
    assert [album["title"] for album in albums] == ["Blue", "Loud"]
    album = (await owner.get(f"/api/v1/albums/{albums[0]['id']}")).json
    assert [track["position"] for track in album["tracks"]] == [1, 2, 3]
    assert (album["year"], album["track_count"]) == (1999, 3)
    artist = (await owner.get(f"/api/v1/artists/{album['artists'][0]['id']}")).json
    assert [each["title"] for each in artist["albums"]] == ["Blue"]
    assert len(artist["top_tracks"]) == 3
    theirs = (await owner.get(f"/api/v1/tracks?artist={artist['id']}")).json["items"]
    assert len(theirs) == 3
    genres = (await owner.get("/api/v1/genres")).json["items"]
    assert [(genre["name"], genre["track_count"]) for genre in genres] == [("Rock", 3)]
    genre = (await owner.get(f"/api/v1/genres/{genres[0]['id']}")).json
    assert genre == genres[0]


async def test_search_tells_of_each_hit_what_it_is(owner: Client) -> None:
    hits = (await owner.get("/api/v1/search?q=ants")).json["items"]
    assert (hits[0]["kind"], hits[0]["name"]) == ("artist", "The Ants")
    assert {hit["kind"] for hit in hits} == {"artist", "album", "track"}
    one = (await owner.get("/api/v1/search?q=blue&limit=1")).json
    assert (one["items"][0]["kind"], one["items"][0]["title"]) == ("album", "Blue")
    rest = (await owner.get(one["next"])).json
    assert {hit["kind"] for hit in rest["items"]} == {"track"}
    assert (await owner.get("/api/v1/search?q=%22%2A")).json == {
        "items": [],
        "next": None,
        "did_you_mean": None,
    }


async def test_lyrics_have_lines_with_times(owner: Client) -> None:
    track = (await owner.get("/api/v1/tracks")).json["items"][0]
    (text,) = (await owner.get(f"/api/v1/tracks/{track['id']}/lyrics")).json["items"]
    assert (text["synced"], text["source"]) == (True, "file")
    assert (text["form"], text["language"], text["translation"]) == ("lrc", "und", False)
    one, two = text["lines"]
    assert one == {"start_ms": 1500, "end_ms": None, "text": "One", "agent": "", "words": []}
    assert (two["start_ms"], two["text"]) == (3000, "Two")


async def test_cover_comes_in_sizes_and_kinds_and_may_be_kept(owner: Client, house: House) -> None:
    album = (await owner.get("/api/v1/albums")).json["items"][0]
    address = album["art"]["320"]
    webp = await owner.get(address)
    assert (webp.status, webp.type) == (200, "image/webp")
    assert "immutable" in webp.headers["Cache-Control"]
    jpg = await owner.get(address.replace(".webp", ".jpg"))
    assert (jpg.status, jpg.type) == (200, "image/jpeg")
    again = await owner.get(address, headers={"If-None-Match": webp.headers["ETag"]})
    assert again.status == 304
    assert (await owner.get(address.replace("320", "321"))).status == 404
    assert (await owner.get("/api/v1/art/pi-99/320.webp")).status == 404
    assert (await house.client().get(address)).status == 401


async def test_cover_without_a_suffix_is_of_the_kind_that_is_accepted(owner: Client) -> None:
    address = (await owner.get("/api/v1/albums")).json["items"][0]["art"]["640"]
    plain = address.removesuffix(".webp")
    webp = await owner.get(plain, headers={"Accept": "image/avif,image/webp,*/*"})
    jpeg = await owner.get(plain, headers={"Accept": "image/*"})
    assert (webp.type, jpeg.type) == ("image/webp", "image/jpeg")
    assert webp.headers["Vary"] == jpeg.headers["Vary"] == "Accept"
    assert webp.headers["ETag"] != jpeg.headers["ETag"]


async def test_things_have_an_address_for_whatever_their_picture_is(
    owner: Client, house: House
) -> None:
    album, bare = (await owner.get("/api/v1/albums?sort=title")).json["items"]
    assert (album["title"], bare["art"]) == ("Blue", None)
    picture = await owner.get(f"/api/v1/art/{album['id']}/96.jpg")
    same = await owner.get(album["art"]["96"].replace(".webp", ".jpg"))
    assert (picture.status, picture.type, picture.body) == (200, "image/jpeg", same.body)
    assert "immutable" not in picture.headers["Cache-Control"]
    drawing = await owner.get(f"/api/v1/art/{bare['id']}/320")
    assert (drawing.status, drawing.type) == (200, "image/svg+xml")
    assert (await owner.get(f"/api/v1/art/{bare['id']}/320.webp")).status == 404
    artist, genre = album["artists"][0]["id"], "ge-1"
    track = (await owner.get("/api/v1/tracks")).json["items"][0]["id"]
    for item in (artist, genre, track):
        assert (await owner.get(f"/api/v1/art/{item}/96")).type == "image/jpeg", item
    for item in ("al-99", "ar-99", "tr-99", "ge-99", "se-1", "x"):
        assert (await owner.get(f"/api/v1/art/{item}/96")).status == 404, item
    child = await house.member("Kim", Role.CHILD)
    assert (await child.get(f"/api/v1/art/{bare['id']}/320")).status == 404


async def test_cover_that_becomes_hidden_is_gone_at_once(owner: Client, house: House) -> None:
    child = await house.member("Kim", Role.CHILD)
    address = (await child.get("/api/v1/albums")).json["items"][0]["art"]["320"]
    assert (await child.get(address)).status == (await child.get(address)).status == 200
    async with house.db.write() as tx:
        await tx.execute("UPDATE track SET explicit = 1")
    assert (await child.get(address)).status == 404
    assert (await owner.get(address)).status == 200


async def test_pictures_that_cannot_be_shown_are_told_to_the_owner(
    owner: Client, house: House, tmp_path: Path
) -> None:
    (tmp_path / "music" / "Mono" / "cover.jpg").write_bytes(b"no picture at all")
    await house.home.scanner.run(all_stages=True)
    (failed,) = (await owner.get("/api/v1/art/failed")).json["items"]
    assert failed == {
        "library": "li-1",
        "path": str(tmp_path / "music" / "Mono" / "cover.jpg"),
        "inside": False,
        "reason": "picture is of a kind that is not shown",
    }
    kim = await house.member("Kim")
    assert (await kim.get("/api/v1/art/failed")).status == 403


async def test_cover_is_made_anew_when_the_cache_is_gone(owner: Client, house: House) -> None:
    address = (await owner.get("/api/v1/albums")).json["items"][0]["art"]["96"]
    for file in house.home.art_folder.rglob("*.*"):
        file.unlink()
    assert (await owner.get(address)).status == 200


async def test_child_finds_no_trace_of_what_is_explicit(owner: Client, house: House) -> None:
    album = (await owner.get("/api/v1/albums?sort=title")).json["items"][1]
    child = await house.member("Kim", Role.CHILD)
    assert (await child.get("/api/v1/search?q=rude")).json["items"] == []
    assert [each["title"] for each in (await child.get("/api/v1/albums")).json["items"]] == ["Blue"]
    assert (await child.get(f"/api/v1/albums/{album['id']}")).status == 404
    assert len((await child.get("/api/v1/tracks")).json["items"]) == 3


async def test_only_the_owner_scans_and_sees_what_was_refused(owner: Client, house: House) -> None:
    adult = await house.member("Ada")
    assert (await adult.post("/api/v1/scans")).status == 403
    assert (await adult.get("/api/v1/scans/rejected")).status == 403
    begun = await owner.post("/api/v1/scans")
    assert begun.status == 202
    await house.home.scanner.run(all_stages=True)
    scan = (await adult.get(f"/api/v1/scans/{begun.json['id']}")).json
    assert (scan["state"], scan["found"], scan["error"]) == ("done", 5, None)
    ids, page = [], "/api/v1/scans?limit=1"
    while page:
        answer = (await owner.get(page)).json
        ids += [each["id"] for each in answer["items"]]
        page = answer["next"]
    assert ids == sorted(ids, reverse=True)
    assert scan["id"] in ids
    assert answer["items"][0]["added"] == 4
    (refused,) = (await owner.get("/api/v1/scans/rejected")).json["items"]
    assert refused["path"].endswith("broken.mp3")
    assert refused["reason"]


async def test_libraries_can_be_added_by_the_owner(
    owner: Client, house: House, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    body = {"name": "More", "path": str(tmp_path / "more")}
    adult = await house.member("Ada")
    assert (await adult.post("/api/v1/libraries", body)).status == 403
    added = await owner.post("/api/v1/libraries", body)
    assert (added.status, added.json["name"]) == (201, "More")
    assert (await owner.post("/api/v1/libraries", body)).status == 409
    inside = {"name": "In", "path": str(tmp_path / "music" / "Ants")}
    assert (await owner.post("/api/v1/libraries", inside)).status == 409
    nowhere = {"name": "No", "path": str(tmp_path / "nowhere")}
    assert (await owner.post("/api/v1/libraries", nowhere)).status == 400
    seen = (await adult.get("/api/v1/libraries")).json["items"]
    assert [(each["name"], each["path"], each["track_count"]) for each in seen] == [
        ("More", "", 0),
        ("Music", "", 4),
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/tracks?limit=0", 400),
        ("/api/v1/tracks?limit=201", 400),
        ("/api/v1/albums?sort=size", 400),
        ("/api/v1/albums?cursor=nonsense", 400),
        ("/api/v1/albums/al-999", 404),
        ("/api/v1/albums/tr-1", 404),
        ("/api/v1/artists/ar-0", 404),
        ("/api/v1/tracks/tr-999/lyrics", 404),
        ("/api/v1/genres/ge-99", 404),
        ("/api/v1/scans/sc-99", 404),
        ("/api/v1/albums?artist=x", 400),
        ("/api/v1/albums?artist=tr-12", 404),
    ],
)
async def test_what_cannot_be_meant_is_a_problem(owner: Client, path: str, status: int) -> None:
    answer = await owner.get(path)
    assert (answer.status, answer.type) == (status, "application/problem+json")


async def test_cover_opens_by_a_signed_link_alone(owner: Client, house: House) -> None:
    address = (await owner.get("/api/v1/albums")).json["items"][0]["art"]["320"]
    row = await house.db.row("SELECT id, profile_id FROM session ORDER BY id DESC LIMIT 1")
    assert row is not None
    bearer = links.Bearer(f"s{row['id']}", row["profile_id"] or 0)
    signed = links.sign(SECRET, address, bearer, links.end_of(2e9))
    assert (await house.client().get(signed)).status == 200
    assert (await house.client().get(signed + "x")).status == 403


async def test_nothing_answers_to_nobody(house: House) -> None:
    nobody = house.client()
    for route in (*library.ROUTES, *search.ROUTES):
        path = route.path.replace("{size:96|320|640|960}", "96").replace("{kind:webp|jpg}", "webp")
        for part in ("album", "artist", "track", "genre", "art", "scan"):
            path = path.replace(f"{{{part}}}", "x")
        assert (await nobody.ask(route.method, path)).status == 401, path
