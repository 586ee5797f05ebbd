"""Pictures of discs and of artists."""

from __future__ import annotations

import io
import os
import shutil
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ArtId, LibraryId
from homestream.library import artwork, catalogue, libraries, overlay, places, scope
from homestream.library.scan import Scanner
from homestream.visibility import EVERYTHING, Visibility
from tests.library import music as songs
from tests.library.conftest import CountingPool


def png(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(data, "png")
    return data.getvalue()


def box(music: Path, folder: str = "Box", **tags: str) -> list[Path]:
    """An album of two discs, of two tracks each, in folders of their own."""
    return [
        songs.song(
            music / folder / f"CD{disc}" / f"{number}.flac",
            10 * disc + number,
            title=f"{disc}.{number}",
            album="Box",
            artist="Anna",
            albumartist="Anna",
            tracknumber=str(number),
            discnumber=str(disc),
            discsubtitle=["The Early Years", "Live"][disc - 1],
            **tags,
        )
        for disc in (1, 2)
        for number in (1, 2)
    ]


async def shown(db: Database) -> tuple[str | None, list[str | None]]:
    """Paths of the pictures of the one album and of its tracks in order, as pages show them."""
    paths = {
        row["id"]: f"inside {row['path'].decode()}" if row["embedded"] else row["path"].decode()
        for row in await db.rows("SELECT id, path, embedded FROM art")
    }
    (album,) = (await catalogue.albums(db, EVERYTHING, None)).items
    _, tracks = await catalogue.album(db, EVERYTHING, None, album.id)
    of_tracks = [paths[track.art] if track.art else None for track in tracks]
    return (paths[album.art] if album.art else None), of_tracks


async def test_discs_have_pictures_called_by_their_number(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path, data: Path
) -> None:
    box(music)
    for name, colour in (
        ("cover", "red"),
        ("disc 1", "blue"),
        ("CD-02", "green"),
        ("disc", "pink"),
    ):
        (music / "Box" / f"{name}.png").write_bytes(png(colour))
    await scanner.run(all_stages=True)
    assert await shown(db) == (
        "Box/cover.png",
        ["Box/disc 1.png", "Box/disc 1.png", "Box/CD-02.png", "Box/CD-02.png"],
    )
    row = await db.row("SELECT id FROM art WHERE path = :path", {"path": b"Box/CD-02.png"})
    assert row is not None
    found = await artwork.thumbnail(db, pool, data / "art", EVERYTHING, row["id"], 96, "jpg")
    assert found.exists()
    (music / "Box" / "CD-02.png").unlink()
    await scanner.run(all_stages=True)
    assert (await shown(db))[1][2:] == ["Box/cover.png", "Box/cover.png"]
    assert not found.exists()


async def test_discs_have_pictures_called_by_their_subtitle_and_in_their_folders(
    scanner: Scanner, db: Database, music: Path
) -> None:
    box(music)
    (music / "Box" / "folder.png").write_bytes(png("red"))
    (music / "Box" / "the early years.png").write_bytes(png("blue"))
    (music / "Box" / "CD1" / "front.png").write_bytes(png("white"))
    (music / "Box" / "CD2" / "scan.png").write_bytes(png("green"))
    await scanner.run(all_stages=True)
    early, live = "Box/the early years.png", "Box/CD2/scan.png"
    assert await shown(db) == ("Box/folder.png", [early, early, live, live])


async def test_discs_have_the_pictures_inside_their_files_where_those_differ(
    scanner: Scanner, db: Database, music: Path
) -> None:
    files = box(music)
    (music / "Box" / "cover.png").write_bytes(png("red"))
    for file, colour in zip(files, ("blue", "blue", "green", "green"), strict=True):
        songs.picture(file, png(colour))
    await scanner.run(all_stages=True)
    one, two = "inside Box/CD1/1.flac", "inside Box/CD2/1.flac"
    assert await shown(db) == ("Box/cover.png", [one, one, two, two])


async def test_one_disc_alone_shows_the_album(scanner: Scanner, db: Database, music: Path) -> None:
    box(music)
    shutil.rmtree(music / "Box" / "CD2")
    (music / "Box" / "cover.png").write_bytes(png("red"))
    (music / "Box" / "cd1.png").write_bytes(png("blue"))
    await scanner.run(all_stages=True)
    assert await shown(db) == ("Box/cover.png", ["Box/cover.png"] * 2)


async def test_an_album_shows_what_most_of_its_tracks_have(
    scanner: Scanner, db: Database, music: Path
) -> None:
    files = songs.album(music / "A", "One", "A", seed=1, tracks=4)
    for file, colour in zip(files, ("blue", "green", "green", "red"), strict=True):
        songs.picture(file, png(colour))
    await scanner.run(all_stages=True)
    assert (await shown(db))[0] == f"inside A/{files[1].name}"


async def test_a_picture_of_no_name_stands_in_where_files_have_none(
    scanner: Scanner, db: Database, music: Path
) -> None:
    files = songs.album(music / "A", "One", "A", seed=1, tracks=2)
    songs.picture(files[0], png("blue"))
    (music / "A" / "photo.png").write_bytes(png("red"))
    await scanner.run(all_stages=True)
    inside = f"inside A/{files[0].name}"
    assert (await shown(db))[1] == [inside, "A/photo.png"]
    (music / "A" / "photo.png").unlink()
    await scanner.run(all_stages=True)
    assert (await shown(db))[1] == [inside, None]
    (music / "A" / "other.png").write_bytes(png("red"))
    await scanner.run(all_stages=True)
    assert (await shown(db))[1] == [inside, "A/other.png"]


async def artist_picture(db: Database, name: str) -> str | None:
    row = await db.row(
        "SELECT art.path FROM artist JOIN art ON art.id = artist.art_id WHERE name = :name",
        {"name": name},
    )
    return os.fsdecode(row["path"]) if row else None


async def test_artists_have_the_picture_in_the_folder_above_their_albums(
    scanner: Scanner, db: Database, pool: CountingPool, music: Path, data: Path
) -> None:
    songs.album(music / "Anna" / "One", "One", "Anna", seed=1)
    songs.album(music / "Various" / "X", "X", "Bob", seed=10)
    songs.album(music / "Various" / "Y", "Y", "Carl", seed=20)
    (music / "Anna" / "folder.png").write_bytes(png("red"))
    (music / "Various" / "artist.png").write_bytes(png("green"))
    (music / "Various" / "X" / "artist.png").write_bytes(png("blue"))
    (music / "Various" / "Y" / "folder.png").write_bytes(png("pink"))
    await scanner.run(all_stages=True)
    assert await artist_picture(db, "Anna") == "Anna/folder.png"
    assert await artist_picture(db, "Bob") == "Various/X/artist.png"
    assert await artist_picture(db, "Carl") is None
    anna = next(
        a for a in (await catalogue.artists(db, EVERYTHING, None)).items if a.name == "Anna"
    )
    assert anna.art is not None
    path = await artwork.thumbnail(db, pool, data / "art", EVERYTHING, anna.art, 96, "webp")
    assert path.exists()
    hidden = Visibility(libraries=frozenset())
    with pytest.raises(NotFound):
        await artwork.thumbnail(db, pool, data / "art", hidden, anna.art, 96, "webp")
    (music / "Anna" / "artist.jpg").write_bytes(png("white"))
    await scanner.run(all_stages=True)
    assert await artist_picture(db, "Anna") == "Anna/artist.jpg"
    (music / "Anna" / "artist.jpg").unlink()
    (music / "Anna" / "folder.png").unlink()
    await scanner.run(all_stages=True)
    assert await artist_picture(db, "Anna") is None


async def test_pictures_of_a_hidden_library_are_not_shown_for_what_is_in_another(
    scanner: Scanner, db: Database, pool: CountingPool, data: Path, music: Path, tmp_path: Path
) -> None:
    songs.album(music / "Anna" / "One", "One", "Anna", seed=1, tracks=2)
    songs.album(tmp_path / "other" / "Anna" / "One", "One", "Anna", seed=10, tracks=3)
    (tmp_path / "other" / "Anna" / "artist.png").write_bytes(png("red"))
    (tmp_path / "other" / "Anna" / "One" / "cover.png").write_bytes(png("blue"))
    await libraries.add(db, "Other", str(tmp_path / "other"))
    await scanner.run(all_stages=True)
    rows = await db.rows("SELECT id, path, library_id FROM art ORDER BY path")
    cover, portrait = (ArtId(row["id"]) for row in rows)
    (album,) = (await catalogue.albums(db, EVERYTHING, None)).items
    await db.batch(partial(overlay.set_cover, album=album.id, art=cover, now=1))
    one = Visibility(libraries=frozenset({LibraryId(1)}))
    two = Visibility(libraries=frozenset({LibraryId(rows[0]["library_id"])}))
    for visibility, artist, track in ((one, None, None), (two, portrait, cover)):
        (anna,) = (await catalogue.artists(db, visibility, None)).items
        _, tracks = await catalogue.album(db, visibility, None, album.id)
        assert (anna.art, {each.art for each in tracks}) == (artist, {track})
    for art in (cover, portrait):
        assert await artwork.thumbnail(db, pool, data / "art", two, art, 96, "webp")
        with pytest.raises(NotFound):
            await artwork.thumbnail(db, pool, data / "art", one, art, 96, "webp")


async def look(scanner: Scanner, library: LibraryId, path: bytes) -> None:
    """What happens when that file came, changed or went."""
    where = {library: scope.of_file(path)}
    await scanner.look(where, ripe=lambda _: True, patient=False)


async def test_a_look_at_one_folder_leaves_the_pictures_of_others(
    scanner: Scanner, db: Database, music: Path
) -> None:
    box(music)
    songs.album(music / "Bob" / "X", "X", "Bob", seed=50)
    (music / "Box" / "disc2.png").write_bytes(png("blue"))
    (music / "Bob" / "artist.png").write_bytes(png("red"))
    await scanner.run(all_stages=True)
    (library,) = [LibraryId(row["id"]) for row in await db.rows("SELECT id FROM library")]
    (music / "Bob" / "X" / "cover.png").write_bytes(png("pink"))
    await scanner.look(
        {library: scope.of_file(b"Bob/X/cover.png")}, ripe=lambda *_: True, patient=False
    )
    assert await artist_picture(db, "Bob") == "Bob/artist.png"
    row = await db.row("SELECT COUNT(*) AS discs FROM track WHERE disc_art_id IS NOT NULL")
    assert row is not None
    assert row["discs"] == 2
    (music / "Box" / "disc2.png").unlink()
    (music / "Box" / "cd1.png").write_bytes(png("blue"))
    await scanner.look(
        {library: scope.of_file(b"Box/cd1.png")}, ripe=lambda *_: True, patient=False
    )
    rows = await db.rows("SELECT DISTINCT disc FROM track WHERE disc_art_id IS NOT NULL")
    assert [each["disc"] for each in rows] == [1]
    (music / "Bob" / "artist.png").unlink()
    await scanner.look(
        {library: scope.of_file(b"Bob/artist.png")}, ripe=lambda *_: True, patient=False
    )
    assert await artist_picture(db, "Bob") is None


async def test_a_picture_that_was_replaced_is_no_longer_told_of(
    scanner: Scanner, db: Database, music: Path
) -> None:
    songs.album(music / "A", "One", "A", seed=1)
    cover = music / "A" / "cover.png"
    cover.write_bytes(b"no picture at all")
    await scanner.run(all_stages=True)
    assert len(await artwork.failed(db, limit=9)) == 1
    cover.write_bytes(png("red"))
    await scanner.run(all_stages=True)
    assert await artwork.failed(db, limit=9) == []
    assert (await shown(db))[0] == "A/cover.png"


async def test_the_artist_of_a_folder_is_found_by_an_index(db: Database) -> None:
    plan = await db.rows(
        f"EXPLAIN QUERY PLAN {places.ARTISTS_UNDER}",
        {"library": 1, "folder": b"A", "below": b"A/", "behind": b"A0"},
    )
    first = plan[0]["detail"]
    assert "track_folder (library_id=? AND folder>? AND folder<?)" in first
