"""Credits, works and search over HTTP, and who is told what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from homestream.household.access import Role
from homestream.library import index, libraries
from homestream.media.tags import Credit
from tests.library.stock import found, put
from tests.server.house import Client, House
from tests.server.pages.conftest import opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A symphony in two movements, a song with a producer, and an explicit one."""
    async with opened(tmp_path) as house:
        await libraries.add(house.db, "Music", str(tmp_path))
        symphony: dict[str, Any] = {
            "artist": "City Phil",
            "album": "Fifth",
            "composers": ("Beethoven",),
            "conductors": ("Kleiber",),
            "performers": (Credit("City Phil", "orchestra"),),
            "work": "Symphony No. 5",
            "movement_total": 2,
            "label": "Small Records",
            "license": "https://example.org/by/4.0",
        }
        await put(
            house.db,
            [
                found("1.flac", title="5: I", movement="Allegro", movement_number=1, **symphony),
                found("2.flac", title="5: II", movement="Andante", movement_number=2, **symphony),
                found(
                    "3.flac",
                    title="Song",
                    artist="Singer",
                    album="Songs",
                    credits=(Credit("Kleiber", "producer"),),
                    license="javascript:alert(1)",
                ),
                found(
                    "4.flac",
                    title="Rude",
                    artist="Mono",
                    album="Loud",
                    composers=("Kleiber",),
                    explicit=True,
                ),
            ],
        )
        await index.catch_up(house.db)
        yield house


@pytest.fixture
async def owner(house: House) -> Client:
    client = house.client()
    answer = await client.post("/api/v1/session", {"name": "Olga", "password": "password of Olga"})
    assert answer.status == 200
    return client


async def artist(client: Client, name: str) -> str:
    hits = (await client.get(f"/api/v1/search?q={name}&kind=artist")).json["items"]
    return str(hits[0]["id"])


async def test_about_a_track_tells_all_that_its_file_says(owner: Client) -> None:
    told = (await owner.get("/api/v1/tracks/tr-1/about")).json
    assert [(each["role"], each["artist"]["name"]) for each in told["credits"]] == [
        ("composer", "Beethoven"),
        ("conductor", "Kleiber"),
        ("orchestra", "City Phil"),
    ]
    assert told["work"]["title"] == "Symphony No. 5"
    assert (told["work"]["movement"], told["work"]["number"]) == ("Allegro", 1)
    assert (told["label"], told["isrc"]) == ("Small Records", None)
    assert told["path"].endswith("1.flac")


async def test_path_of_a_file_is_told_to_the_owner_alone(house: House) -> None:
    adult = await house.member("Ada")
    assert (await adult.get("/api/v1/tracks/tr-1/about")).json["path"] is None


async def test_works_lead_to_their_performances(owner: Client) -> None:
    (work,) = (await owner.get("/api/v1/works")).json["items"]
    assert (work["title"], work["composer"]["name"]) == ("Symphony No. 5", "Beethoven")
    whole = (await owner.get(f"/api/v1/works/{work['id']}")).json
    (performance,) = whole["performances"]
    assert performance["performers"] == ["Kleiber", "City Phil"]
    assert [track["title"] for track in performance["tracks"]] == ["5: I", "5: II"]
    composer = work["composer"]["id"]
    assert len((await owner.get(f"/api/v1/works?composer={composer}")).json["items"]) == 1
    assert (await owner.get("/api/v1/works/wo-99")).status == 404


async def test_what_else_a_person_did(house: House, owner: Client) -> None:
    kleiber = await artist(owner, "kleiber")
    also = (await owner.get(f"/api/v1/artists/{kleiber}/also")).json["items"]
    assert [(each["heading"], [t["title"] for t in each["tracks"]]) for each in also] == [
        ("Also composed", ["Rude"]),
        ("Also conducted", ["5: I", "5: II"]),
        ("Also produced", ["Song"]),
    ]
    child = await house.member("Cleo", Role.CHILD)
    of_child = (await child.get(f"/api/v1/artists/{kleiber}/also")).json["items"]
    assert [each["heading"] for each in of_child] == ["Also conducted", "Also produced"]
    assert (await child.get("/api/v1/tracks/tr-4/about")).status == 404
    assert (await child.get("/api/v1/search?q=rude")).json["items"] == []


async def test_search_answers_all_kinds_and_what_was_meant(owner: Client) -> None:
    told = (await owner.get("/api/v1/search?q=kleibre")).json
    assert told["did_you_mean"] == "Kleiber"
    assert (told["items"][0]["kind"], told["items"][0]["name"]) == ("artist", "Kleiber")
    playlist = await owner.post("/api/v1/playlists", {"name": "Sunday Five"})
    assert playlist.status == 201
    told = (await owner.get("/api/v1/search?q=sunday+fiv")).json
    assert [(each["kind"], each["name"]) for each in told["items"]] == [("playlist", "Sunday Five")]


async def test_albums_are_listed_by_label(owner: Client) -> None:
    told = (await owner.get("/api/v1/albums?label=Small+Records")).json["items"]
    assert [album["title"] for album in told] == ["Fifth"]
    assert (await owner.get("/api/v1/albums?release_type=live")).json["items"] == []


async def test_pages_show_works_under_their_name_and_licences_safely(owner: Client) -> None:
    album = (await owner.get("/albums/al-1")).body.decode()
    assert "Symphony No. 5" in album
    assert "I. Allegro" in album
    assert "II. Andante" in album
    first = (await owner.get("/tracks/tr-1")).body.decode()
    assert 'href="https://example.org/by/4.0" rel="noopener noreferrer nofollow"' in first
    song = (await owner.get("/tracks/tr-3")).body.decode()
    assert "javascript:alert(1)" in song
    assert 'href="javascript' not in song
    kleiber = await artist(owner, "kleiber")
    person = (await owner.get(f"/artists/{kleiber}")).body.decode()
    assert "Also produced" in person
    works = (await owner.get("/works")).body.decode()
    assert "Beethoven" in works
    assert (await owner.get("/works/wo-1")).status == 200
    found_page = (await owner.get("/search/found?q=kleibre")).body.decode()
    assert "Did you mean" in found_page
    assert "<html" not in found_page
    assert "Kleiber" in (await owner.get("/search?q=kleiber&kind=artist")).body.decode()
