"""Covers: which picture stands for an album, and the thumbnails that are kept of it."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ArtId
from homestream.library import artwork, catalogue
from homestream.library.scan import Scanner
from homestream.visibility import EVERYTHING, Visibility
from tests.library import music as songs
from tests.library.conftest import CountingPool


def png(colour: str) -> bytes:
    """A picture of 400 x 200 pixels in one colour."""
    data = io.BytesIO()
    Image.new("RGB", (400, 200), colour).save(data, "png")
    return data.getvalue()


async def covers(db: Database) -> dict[str, ArtId | None]:
    """Picture by album title."""
    return {
        album.title: album.art for album in (await catalogue.albums(db, EVERYTHING, None)).items
    }


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        (["A/cover.jpg", "A/folder.jpg", "A/x.jpg"], {"A": "A/cover.jpg"}),
        (["A/Front.PNG", "A/back.png"], {"A": "A/Front.PNG"}),
        (["A/cover (1).jpg", "A/folder.jpg"], {"A": "A/folder.jpg"}),
        (["A/anything.webp"], {"A": "A/anything.webp"}),
        (["A/two.jpg", "A/one.jpg"], {"A": "A/one.jpg"}),
        (["A/back.jpg", "A/booklet.jpg", "A/x.gif"], {"A": "A/x.gif"}),
        (["A/artist.jpg"], {}),
        (["alone.jpg"], {}),
        (["cover.jpg"], {"": "cover.jpg"}),
        (["A/CD1/cover.jpg", "A/CD2/cover.jpg"], {"A": "A/CD1/cover.jpg"}),
        (["A/CD1/cover.jpg", "A/cover.jpg"], {"A": "A/cover.jpg"}),
    ],
)
def test_picture_of_a_folder_goes_by_its_name(
    pictures: list[str], expected: dict[str, str]
) -> None:
    chosen = artwork.covers(os.fsencode(each) for each in pictures)
    assert {os.fsdecode(k): os.fsdecode(v) for k, v in chosen.items()} == expected


async def test_thumbnails_are_made_once_and_kept(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path, data: Path
) -> None:
    songs.album(music / "A", "One", "A", seed=1)
    (music / "A" / "cover.png").write_bytes(png("red"))
    await scanner.run(all_stages=True)
    assert pool.runs["thumbnails"] == 1
    art = (await covers(db))["One"]
    assert art is not None
    path = await artwork.thumbnail(db, pool, data / "art", EVERYTHING, art, 320, "webp")
    with Image.open(path) as picture:
        assert picture.size == (320, 160)
    assert pool.runs["thumbnails"] == 1
    (album,) = (await catalogue.albums(db, EVERYTHING, None)).items
    assert album.colour is not None
    assert album.colour.startswith("#")
    shutil.rmtree(data / "art")
    asked = [
        artwork.thumbnail(db, pool, data / "art", EVERYTHING, art, size, "jpg")
        for size in (96, 320, 960) * 5
    ]
    assert all(made.exists() for made in await asyncio.gather(*asked))
    assert pool.runs["thumbnails"] == 2
    assert not list((data / "art").rglob("*.part"))


async def test_tracks_with_the_same_picture_inside_share_one(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path, data: Path
) -> None:
    files = songs.album(music / "A", "One", "A", seed=1)
    other = songs.song(music / "B" / "b.flac", 9, title="B", album="Two")
    for file in files:
        songs.picture(file, png("blue"))
    songs.picture(other, png("green"))
    await scanner.run(all_stages=True)
    rows = await db.rows("SELECT embedded, made FROM art")
    assert [(row["embedded"], row["made"]) for row in rows] == [(1, 1), (1, 1)]
    found = await covers(db)
    assert found["One"] != found["Two"]
    files[0].unlink()
    shutil.rmtree(data / "art", ignore_errors=True)
    await scanner.run()
    art = found["One"]
    assert art is not None
    assert (await artwork.thumbnail(db, pool, data / "art", EVERYTHING, art, 96, "jpg")).exists()


async def test_picture_that_changes_has_another_id(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path, data: Path
) -> None:
    songs.album(music / "A", "One", "A", seed=1)
    cover = music / "A" / "cover.png"
    cover.write_bytes(png("red"))
    await scanner.run(all_stages=True)
    before = (await covers(db))["One"]
    assert before is not None
    old = await artwork.thumbnail(db, pool, data / "art", EVERYTHING, before, 96, "webp")
    cover.write_bytes(png("green") + b" ")
    pool.files = 0
    await scanner.run(all_stages=True)
    after = (await covers(db))["One"]
    assert after not in (None, before)
    assert pool.files == 0
    assert not old.exists()
    with pytest.raises(NotFound):
        await artwork.thumbnail(db, pool, data / "art", EVERYTHING, before, 96, "webp")
    cover.unlink()
    await scanner.run()
    assert (await covers(db))["One"] is None


async def test_picture_that_is_none_is_remembered_and_the_one_inside_shown(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path, data: Path
) -> None:
    for file in songs.album(music / "A", "One", "A", seed=1):
        songs.picture(file, png("blue"))
    (music / "A" / "cover.jpg").write_bytes(b"no picture at all")
    await scanner.run(all_stages=True)
    row = await db.row("SELECT * FROM art WHERE NOT embedded")
    assert row is not None
    assert row["failed"]
    assert (await covers(db))["One"] not in (None, row["id"])
    with pytest.raises(NotFound):
        await artwork.thumbnail(db, pool, data / "art", EVERYTHING, ArtId(row["id"]), 96, "jpg")
    (told,) = await artwork.failed(db, limit=9)
    assert (told.path, told.inside) == (str(music / "A" / "cover.jpg"), False)
    assert told.reason == row["failed"]
    await scanner.run(all_stages=True)
    assert (await covers(db))["One"] not in (None, row["id"])
    pool.runs.clear()
    await scanner.run(all_stages=True)
    assert pool.runs == {}


async def test_cover_of_what_may_not_be_seen_is_not_there(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path, data: Path
) -> None:
    songs.song(music / "A" / "a.flac", 1, title="A", album="One", itunesadvisory="1")
    (music / "A" / "cover.png").write_bytes(png("red"))
    await scanner.run(all_stages=True)
    art = (await covers(db))["One"]
    assert art is not None
    with pytest.raises(NotFound):
        await artwork.thumbnail(db, pool, data / "art", Visibility(explicit=False), art, 96, "webp")
