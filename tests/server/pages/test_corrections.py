"""The page that says why tracks are one album, and the list of corrections."""

from __future__ import annotations

from functools import partial

import pytest

from homestream.household.access import Role
from homestream.ids import AlbumId, TrackId
from homestream.library import catalogue, overlay
from homestream.library.corrections import Names
from homestream.server.pages import corrections
from homestream.visibility import EVERYTHING
from tests.server.house import Client, House
from tests.server.pages import seed


async def owner(house: House) -> Client:
    client = house.client()
    answer = await client.post("/api/v1/session", {"name": "Olga", "password": "password of Olga"})
    assert answer.status == 200
    return client


async def test_page_says_in_words_what_held_the_tracks_together(full: House) -> None:
    text = (await (await owner(full)).get("/albums/al-2/why")).body.decode()
    assert "All 3 tracks lie in one folder and name no album" in text
    assert "What their tags say" in text


async def test_album_page_leads_adults_to_the_reason_and_nobody_else(full: House) -> None:
    adult, child = await full.member("Ada"), await full.member("Kim", Role.CHILD)
    shown = (await adult.get("/albums/al-2")).body.decode()
    assert 'data-why="/albums/al-2/why"' in shown
    assert "album-menu" not in shown
    assert (await adult.get("/albums/al-2/why")).status == 200
    shown = (await child.get("/albums/al-2")).body.decode()
    assert "data-why" not in shown
    assert (await child.get("/albums/al-2/why")).status == 403


async def test_corrections_are_listed_to_be_undone(full: House) -> None:
    db = full.db
    made = await db.batch(partial(overlay.split, album=AlbumId(2), chosen=[TrackId(6)], now=1_000))
    await db.batch(partial(overlay.rename, album=made.album, names=Names(title="Other"), now=2_000))
    await db.batch(partial(overlay.merge, album=AlbumId(3), others=[AlbumId(4)], now=3_000))
    client = await owner(full)
    text = (await client.get("/settings/corrections")).body.decode()
    assert "1 track split off from “Album 2”" in text
    assert "“Album 2” called otherwise" in text
    assert "Merged into “Album 3”" in text
    assert text.count("DELETE /api/v1/corrections/") == 3
    assert "/settings/corrections" in (await client.get("/settings")).body.decode()
    assert (await (await full.member("Ada")).get("/settings/corrections")).status == 403


async def test_name_that_is_html_is_shown_as_words(full: House) -> None:
    names = Names(title=seed.HOSTILE, artist_credit=seed.HOSTILE)
    await full.db.batch(partial(overlay.rename, album=AlbumId(2), names=names, now=1))
    client = await owner(full)
    for path in ("/albums/al-2", "/albums/al-2/why", "/settings/corrections"):
        assert "<script>alert" not in (await client.get(path)).body.decode()


@pytest.mark.parametrize(
    ("tracks", "words"),
    [
        ([1, 2], "disc 1: 1–2"),
        ([1, 2, 3], "disc 1: 1–2, disc 2: 3"),
        ([3], "disc 2: 3"),
    ],
)
async def test_tracks_are_named_by_disc_and_number(
    full: House, tracks: list[int], words: str
) -> None:
    _, listed = await catalogue.album(full.db, EVERYTHING, None, AlbumId(1))
    assert corrections.ranges([TrackId(track) for track in tracks], listed) == words


async def test_tracks_of_one_disc_are_named_by_number(full: House) -> None:
    _, listed = await catalogue.album(full.db, EVERYTHING, None, AlbumId(2))
    ids = [track.id for track in listed]
    assert corrections.ranges(ids, listed) == "tracks 1–3"
    assert corrections.ranges([ids[0], ids[2]], listed) == "tracks 1, 3"
    assert corrections.ranges([ids[1]], listed) == "track 2"
