"""Corrections of albums lie over the tags, survive what happens to files, and can be undone."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import AlbumId, ArtId, CorrectionId, TrackId
from homestream.library import corrections, overlay, reunion, store
from homestream.library.corrections import Names
from homestream.library.files import Found
from homestream.library.scan import Scanner
from tests.library import music as songs
from tests.library.stock import finish, found, put
from tests.library.test_grouping import fresh

Shown = dict[str, tuple[str, list[str]]]


async def shown(db: Database) -> Shown:
    """Each album by title, with its artist credit and the titles of its tracks."""
    albums: Shown = {}
    for row in await db.rows(
        "SELECT album.title, album.artist_credit, album.track_count, track.title AS track "
        "FROM album JOIN track ON track.album_id = album.id WHERE track.state = 'present' "
        "ORDER BY album.id, track.title, track.id"
    ):
        _, tracks = albums.setdefault(row["title"], (row["artist_credit"], []))
        tracks.append(row["track"])
    return albums


async def whole(db: Database) -> list[tuple[Any, ...]]:
    """All that the tables show of albums, to be compared before and after."""
    return [
        tuple(row)
        for row in await db.rows(
            "SELECT album.id, album.grouping_key, album.title, album.sort_title, "
            "  album.artist_credit, album.sort_artist, album.year, album.original_year, "
            "  album.compilation, album.art_id, album.cover_id, album.track_count, "
            "  album.disc_count, album.duration_ms, album.mbid, album.version, album.why, "
            "  group_concat(track.id), (SELECT group_concat(artist_id) FROM album_artist "
            "    WHERE album_id = album.id) "
            "FROM album JOIN track ON track.album_id = album.id GROUP BY album.id"
        )
    ]


async def album(db: Database, title: str) -> AlbumId:
    row = await db.row(
        "SELECT id FROM album WHERE title = :title AND track_count > 0", {"title": title}
    )
    assert row is not None, title
    return AlbumId(row["id"])


async def track(db: Database, title: str) -> TrackId:
    row = await db.row("SELECT id FROM track WHERE title = :title", {"title": title})
    assert row is not None, title
    return TrackId(row["id"])


async def tracks(db: Database, *titles: str) -> list[TrackId]:
    return [await track(db, title) for title in titles]


async def split(db: Database, title: str, *titles: str) -> overlay.Made:
    chosen = await tracks(db, *titles)
    return await db.batch(
        partial(overlay.split, album=await album(db, title), chosen=chosen, now=1)
    )


async def rename(db: Database, of: AlbumId, **names: Any) -> overlay.Made:
    return await db.batch(partial(overlay.rename, album=of, names=Names(**names), now=1))


async def undo(db: Database, correction: CorrectionId) -> overlay.Undone:
    return await db.batch(partial(overlay.undo, correction=correction, now=1))


async def two_albums(db: Database) -> None:
    files = [
        found(f"{name}/{n}.flac", title=f"{name} {n}", album=name, album_artist="X", position=n)
        for name in ("One", "Two")
        for n in (1, 2, 3)
    ]
    await finish(db, await put(db, files))


async def test_split_makes_an_album_that_can_be_called_otherwise(db: Database) -> None:
    await two_albums(db)
    made = await split(db, "One", "One 3")
    await rename(db, made.album, title="Bonus", artist_credit="X & Y", year=2001)
    assert await shown(db) == {
        "One": ("X", ["One 1", "One 2"]),
        "Two": ("X", ["Two 1", "Two 2", "Two 3"]),
        "Bonus": ("X & Y", ["One 3"]),
    }


async def test_undone_split_is_as_if_it_never_was(db: Database) -> None:
    await two_albums(db)
    before = await whole(db)
    made = await split(db, "One", "One 1", "One 2")
    assert await whole(db) != before
    named = await rename(db, made.album, title="Bonus")
    undone = await undo(db, made.id)
    assert undone.ids == [made.id, named.id]
    assert await whole(db) == before
    assert await corrections.every(db) == []


async def test_larger_part_that_is_split_off_leaves_the_album_its_row(db: Database) -> None:
    await two_albums(db)
    one = await album(db, "One")
    made = await split(db, "One", "One 1", "One 2")
    rest = await db.row("SELECT album_id FROM track WHERE title = 'One 3'")
    assert rest is not None
    assert rest["album_id"] == one != made.album


async def test_merged_albums_are_one_until_it_is_undone(db: Database) -> None:
    await two_albums(db)
    before = await whole(db)
    one, two = await album(db, "One"), await album(db, "Two")
    made = await db.batch(partial(overlay.merge, album=two, others=[one], now=1))
    assert made.album == two
    assert [len(held) for _, held in (await shown(db)).values()] == [6]
    await undo(db, made.id)
    assert await whole(db) == before


async def test_merged_album_is_called_as_the_one_it_was_merged_into(db: Database) -> None:
    files = [
        found(f"{name}/{n}.flac", title=f"{n}", album=name, album_artist=by, position=n)
        for name, by, many in (("One", "X", 3), ("Two", "Y", 2))
        for n in range(many)
    ]
    await finish(db, await put(db, files))
    one, two = await album(db, "One"), await album(db, "Two")
    await db.batch(partial(overlay.merge, album=two, others=[one], now=1))
    (title,) = await shown(db)
    assert (title, (await shown(db))[title][0]) == ("Two", "Y")


async def test_merged_albums_take_in_what_is_added_to_either(db: Database) -> None:
    await two_albums(db)
    one, two = await album(db, "One"), await album(db, "Two")
    await db.batch(partial(overlay.merge, album=one, others=[two], now=1))
    late = found("Two/4.flac", title="Two 4", album="Two", album_artist="X", position=4)
    await finish(db, await put(db, [late]))
    assert [len(held) for _, held in (await shown(db)).values()] == [7]


async def test_moved_track_is_on_the_other_album_until_it_is_undone(db: Database) -> None:
    await two_albums(db)
    before = await whole(db)
    two = await album(db, "Two")
    chosen = await tracks(db, "One 3")
    made = await db.batch(partial(overlay.move, chosen=chosen, album=two, now=1))
    assert (await shown(db))["Two"] == ("X", ["One 3", "Two 1", "Two 2", "Two 3"])
    await undo(db, made.id)
    assert await whole(db) == before


async def test_corrections_are_obeyed_in_the_order_in_which_they_were_made(db: Database) -> None:
    await two_albums(db)
    one, two = await album(db, "One"), await album(db, "Two")
    merged = await db.batch(partial(overlay.merge, album=one, others=[two], now=1))
    made = await split(db, "One", "Two 1")
    counts = await db.rows("SELECT track_count FROM album WHERE track_count > 0 ORDER BY 1")
    assert [row["track_count"] for row in counts] == [1, 5]
    await undo(db, merged.id)
    counts = await db.rows("SELECT track_count FROM album WHERE track_count > 0 ORDER BY 1")
    assert [row["track_count"] for row in counts] == [1, 2, 3]
    await undo(db, made.id)
    assert [len(held) for _, held in (await shown(db)).values()] == [3, 3]


async def test_names_given_later_go_before_earlier_ones_field_by_field(db: Database) -> None:
    await two_albums(db)
    one = await album(db, "One")
    before = await whole(db)
    first = await rename(db, one, title="Uno", year=1980)
    second = await rename(db, one, title="Eins", sort_title="zzz")
    row = await db.row("SELECT title, year, sort_title FROM album WHERE id = :id", {"id": one})
    assert row is not None
    assert tuple(row) == ("Eins", 1980, "zzz")
    await undo(db, second.id)
    assert "Uno" in await shown(db)
    await undo(db, first.id)
    assert await whole(db) == before


async def test_renamed_album_takes_in_what_is_added_under_its_old_name(db: Database) -> None:
    await two_albums(db)
    await rename(db, await album(db, "One"), title="Uno")
    late = found("elsewhere/4.flac", title="One 4", album="One", album_artist="X", position=4)
    await finish(db, await put(db, [late]))
    assert (await shown(db))["Uno"][1] == ["One 1", "One 2", "One 3", "One 4"]


async def test_name_stays_with_its_album_when_tracks_leave_it(db: Database) -> None:
    await two_albums(db)
    one, two = await album(db, "One"), await album(db, "Two")
    await rename(db, one, title="Uno")
    chosen = await tracks(db, "One 1", "One 2")
    await db.batch(partial(overlay.move, chosen=chosen, album=two, now=1))
    assert {title: len(held) for title, (_, held) in (await shown(db)).items()} == {
        "Uno": 1,
        "Two": 5,
    }
    await db.batch(partial(overlay.merge, album=two, others=[one], now=1))
    assert list(await shown(db)) == ["Two"]


async def test_chosen_cover_is_shown_until_it_is_undone(db: Database) -> None:
    await finish(
        db,
        await put(
            db,
            [
                found("One/1.flac", title="A", album="One", album_artist="X", picture=b"a"),
                found("One/2.flac", title="B", album="One", album_artist="X", picture=b"b"),
            ],
        ),
    )
    before = await whole(db)
    row = await db.row("SELECT art_id FROM track WHERE title = 'B'")
    assert row is not None
    one = await album(db, "One")
    made = await db.batch(partial(overlay.set_cover, album=one, art=ArtId(row["art_id"]), now=1))
    now = await db.row("SELECT art_id, cover_id FROM album WHERE id = :id", {"id": one})
    assert now is not None
    assert tuple(now) == (row["art_id"], row["art_id"])
    await undo(db, made.id)
    assert await whole(db) == before


async def test_chosen_cover_that_cannot_be_drawn_gives_way(db: Database) -> None:
    pictures = {"One/1.flac": b"a", "One/2.flac": b"b"}
    files = [
        found(path, title=path, album="One", album_artist="X", picture=picture)
        for path, picture in pictures.items()
    ]
    await finish(db, await put(db, files))
    row = await db.row("SELECT art_id FROM track WHERE title = 'One/2.flac'")
    assert row is not None
    chosen, one = row["art_id"], await album(db, "One")
    await db.batch(partial(overlay.set_cover, album=one, art=ArtId(chosen), now=1))
    async with db.write() as tx:
        await tx.execute("UPDATE art SET made = 2 WHERE id = :art", {"art": chosen})
    await rename(db, one, year=2001)
    now = await db.row("SELECT art_id, cover_id FROM album WHERE id = :id", {"id": one})
    assert now is not None
    assert now["art_id"] not in (None, chosen)
    assert now["cover_id"] is None


async def test_what_cannot_be_is_refused(db: Database) -> None:
    await two_albums(db)
    one, two = await album(db, "One"), await album(db, "Two")
    every_one, of_two = await tracks(db, "One 1", "One 2", "One 3"), await tracks(db, "Two 1")

    async def refused(kind: type[Exception], deed: Any, *arguments: Any) -> None:
        with pytest.raises(kind):
            await db.batch(lambda connection: deed(connection, *arguments, 1))

    await refused(BadInput, overlay.split, one, every_one)
    await refused(BadInput, overlay.split, one, [])
    await refused(BadInput, overlay.split, one, of_two)
    await refused(NotFound, overlay.split, AlbumId(99), every_one)
    await refused(BadInput, overlay.merge, one, [one])
    await refused(BadInput, overlay.merge, one, [])
    await refused(NotFound, overlay.merge, one, [AlbumId(99)])
    await refused(BadInput, overlay.move, every_one, one)
    await refused(NotFound, overlay.move, [TrackId(99)], two)
    await refused(BadInput, overlay.move, [], two)
    await refused(BadInput, overlay.rename, one, Names())
    await refused(BadInput, overlay.rename, one, Names(year=99))
    await refused(NotFound, overlay.set_cover, one, ArtId(99))
    await refused(NotFound, overlay.undo, CorrectionId(99))
    assert await corrections.every(db) == []


async def test_both_qualities_of_a_track_are_split_off_together(db: Database) -> None:
    files = [
        found(
            f"{kind}/{n}.{kind}",
            codec=kind,
            title=str(n),
            album="One",
            album_artist="X",
            position=n,
        )
        for kind in ("flac", "mp3")
        for n in (1, 2)
    ]
    await finish(db, await put(db, files))
    made = await split(db, "One", "2")
    rows = await db.rows("SELECT album_id FROM track WHERE title = '2'")
    assert {row["album_id"] for row in rows} == {made.album}
    row = await db.row("SELECT track_count FROM album WHERE id = :id", {"id": made.album})
    assert row is not None
    assert row["track_count"] == 1


# with files that are scanned ----------------------------------------------------------------------


@pytest.fixture
async def house(music: Path, db: Database, scanner: Scanner) -> Path:
    """An album of three, whose last track was split off and called otherwise."""
    songs.album(music / "X" / "One", "One", "X", seed=1)
    await scanner.run()
    made = await split(db, "One", "One 3")
    await rename(db, made.album, title="Bonus")
    return music / "X" / "One"


CORRECTED = {"One": ("X", ["One 1", "One 2"]), "Bonus": ("X", ["One 3"])}


async def test_corrections_survive_a_scan_of_everything(
    house: Path, db: Database, scanner: Scanner
) -> None:
    for file in house.iterdir():
        songs.tag(file, genre="Rock")
    await scanner.run()
    assert await shown(db) == CORRECTED


async def test_corrections_survive_other_tags(house: Path, db: Database, scanner: Scanner) -> None:
    for file in house.iterdir():
        songs.tag(file, albumartist="The X", date="1999")
    await scanner.run()
    assert await shown(db) == {
        "One": ("The X", ["One 1", "One 2"]),
        "Bonus": ("The X", ["One 3"]),
    }


async def test_corrections_survive_a_move(house: Path, db: Database, scanner: Scanner) -> None:
    house.rename(house.parent / "Renamed")
    await scanner.run()
    assert await shown(db) == CORRECTED


async def test_corrections_come_back_with_their_tracks(
    house: Path, db: Database, scanner: Scanner, tmp_path: Path
) -> None:
    bonus = next(house.glob("03*"))
    shutil.move(bonus, tmp_path / bonus.name)
    await scanner.run()
    assert await shown(db) == {"One": ("X", ["One 1", "One 2"])}
    (entry, *_) = await corrections.every(db)
    assert entry.away == 1
    shutil.move(tmp_path / bonus.name, bonus)
    await scanner.run()
    assert await shown(db) == CORRECTED


async def test_correction_goes_to_another_file_of_the_same_recording(
    house: Path, db: Database, scanner: Scanner
) -> None:
    bonus = next(house.glob("03*"))
    shutil.copy(bonus, house / "3 again.flac")
    await scanner.run()
    bonus.unlink()
    await scanner.run()
    rows = await db.rows(
        "SELECT album.id, COUNT(*) AS tracks FROM album JOIN track ON track.album_id = album.id "
        "WHERE track.state = 'present' GROUP BY album.id ORDER BY tracks"
    )
    assert [row["tracks"] for row in rows] == [1, 2]


async def test_correction_goes_to_the_better_quality_that_replaces_its_file(
    music: Path, db: Database, scanner: Scanner
) -> None:
    folder = music / "X" / "One"
    for seed in (1, 2):
        songs.tune(folder / f"{seed}.mp3", seed)
    for seed in (3, 4):
        songs.tune(music / "Y" / f"{seed}.mp3", seed, album="Two")
    await scanner.run(all_stages=True)
    moved = await tracks(db, "Song 1")
    await db.batch(partial(overlay.move, album=await album(db, "Two"), chosen=moved, now=1))
    (folder / "1.mp3").unlink()
    songs.tune(folder / "better.flac", 1)
    await scanner.run(all_stages=True)
    assert {title: tracks for title, (_, tracks) in (await shown(db)).items()} == {
        "One": ["Song 2"],
        "Two": ["Song 1", "Song 3", "Song 4"],
    }
    (merge,) = await reunion.every(db, limit=9)
    await reunion.undo(db, merge.id, [])
    assert (await shown(db))["One"][1] == ["Song 1", "Song 2"]


async def test_files_are_never_written(house: Path, db: Database) -> None:
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in house.iterdir()}
    for entry in await corrections.every(db):
        await db.batch(partial(overlay.undo, correction=entry.id, now=time.time_ns() // 1_000_000))
    assert {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in house.iterdir()} == before


# any corrections, in any order --------------------------------------------------------------------

DEEDS = st.lists(
    st.tuples(st.sampled_from(["split", "merge", "move"]), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(DEEDS, st.randoms(), st.booleans())
def test_what_was_undone_was_never_there(
    deeds: list[tuple[str, int, int]], random: Random, backwards: bool
) -> None:
    connection = fresh()
    files = [
        found(f"{name}/{n}.flac", title=f"{name} {n}", album=name, album_artist="X", position=n)
        for name in ("One", "Two", "Three")
        for n in (1, 2, 3)
    ]
    scan(connection, files)
    before = [held(connection)]
    made: list[CorrectionId] = []
    for deed in deeds:
        if (each := attempt(connection, *deed)) is not None:
            made.append(each)
            before.append(held(connection))
    scan(connection, random.sample(files, len(files)))
    assert held(connection) == before[-1]
    if backwards:
        for correction in reversed(made):
            before.pop()
            overlay.undo(connection, correction, 1)
            assert held(connection) == before[-1]
    else:
        for correction in random.sample(made, len(made)):
            overlay.undo(connection, correction, 1)
        # each is whole again, if not by the same number
        assert sorted(held(connection).values()) == sorted(before[0].values())
    connection.close()


def attempt(connection: sqlite3.Connection, kind: str, a: int, b: int) -> CorrectionId | None:
    """Makes a correction of what the numbers point at; None where it cannot be made."""
    albums = [
        AlbumId(row[0])
        for row in connection.execute("SELECT id FROM album WHERE track_count > 0 ORDER BY id")
    ]
    one, other = albums[a % len(albums)], albums[b % len(albums)]
    of_one = [
        TrackId(row[0])
        for row in connection.execute(
            "SELECT id FROM track WHERE album_id = :one ORDER BY id", {"one": one}
        )
    ]
    chosen = of_one[: 1 + b % len(of_one)]
    try:
        if kind == "split":
            return overlay.split(connection, one, chosen, 1).id
        if kind == "merge":
            return overlay.merge(connection, one, [other], 1).id
        return overlay.move(connection, chosen, other, 1).id
    except BadInput:
        return None


def scan(connection: sqlite3.Connection, files: Sequence[Found]) -> None:
    """Reads files, all of them anew."""
    written = store.write(connection, files, loose=set(), stems={}, covers={}, last=True, now=1)
    store.finish(connection, covers={}, scope={}, fresh=written.fresh, left=written.left, now=1)


def held(connection: sqlite3.Connection) -> dict[int, tuple[str, int, list[str]]]:
    """Title, number of tracks and the tracks of each album, by id."""
    albums: dict[int, set[str]] = {}
    for album, title in connection.execute("SELECT album_id, title FROM track"):
        albums.setdefault(album, set()).add(title)
    return {
        row[0]: (row[1], row[2], sorted(albums[row[0]]))
        for row in connection.execute("SELECT id, title, track_count FROM album")
        if row[0] in albums
    }
