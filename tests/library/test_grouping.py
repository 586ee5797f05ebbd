"""Which tracks make an album, as the tables have it."""

from __future__ import annotations

import itertools
import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homestream.db import migrate
from homestream.db.connect import Database
from homestream.ids import TrackId
from homestream.library import grouping, identity, store
from homestream.library.files import Found
from tests.library.stock import finish, found, put


async def albums(db: Database) -> list[tuple[str, str, int, int]]:
    """Title, artist credit, tracks and discs of each album, by title and artist."""
    return [
        (row["title"], row["artist_credit"], row["track_count"], row["disc_count"])
        for row in await db.rows(
            "SELECT * FROM album WHERE track_count > 0 ORDER BY title, artist_credit, id"
        )
    ]


async def test_album_artist_and_title_make_an_album_across_folders(db: Database) -> None:
    await put(
        db,
        [
            found("flac/a.flac", title="A", album="One", album_artist="X", year=1990),
            found("mp3/a.mp3", title="A", album="one", album_artist="x", year=1990),
        ],
    )
    assert await albums(db) == [("One", "X", 2, 1)]


async def test_same_title_of_another_year_in_another_folder_is_another_album(
    db: Database,
) -> None:
    await put(
        db,
        [
            found("blue/a.flac", title="A", album="Weezer", album_artist="Weezer", year=1994),
            found("green/b.flac", title="B", album="Weezer", album_artist="Weezer", year=2001),
        ],
    )
    assert await albums(db) == [("Weezer", "Weezer", 1, 1), ("Weezer", "Weezer", 1, 1)]


async def test_track_dates_may_differ_inside_a_folder(db: Database) -> None:
    await put(
        db,
        [
            found(f"best/{year}.flac", title=str(year), album="Best", album_artist="X", year=year)
            for year in (1970, 1985, 1999)
        ],
    )
    assert await albums(db) == [("Best", "X", 3, 1)]


async def test_releases_with_ids_of_their_own_stay_apart(db: Database) -> None:
    tags = {"album": "One", "album_artist": "X", "year": 1990}
    await put(
        db,
        [
            found("a/1.flac", title="A", release_mbid="m1", **tags),
            found("a/2.flac", title="B", release_mbid="m2", **tags),
            found("b/1.flac", title="C", release_mbid="m1", **tags | {"album": "One (remaster)"}),
        ],
    )
    assert [count for _, _, count, _ in await albums(db)] == [2, 1]


async def test_editions_stay_apart(db: Database) -> None:
    tags = {"album": "One", "album_artist": "X", "year": 1990}
    await put(
        db,
        [
            found("a/1.flac", title="A", version="Deluxe", **tags),
            found("b/1.flac", title="A", version="2011 remaster", **tags),
        ],
    )
    assert len(await albums(db)) == 2


async def test_folder_of_mixed_artists_without_album_artist_is_by_various(db: Database) -> None:
    await put(
        db,
        [
            found(f"hits/{name}.flac", title=name, artist=name, album="Hits")
            for name in ("Anna", "Berta", "Carla")
        ],
    )
    assert await albums(db) == [("Hits", identity.VARIOUS, 3, 1)]
    row = await db.row("SELECT compilation FROM album")
    assert row is not None
    assert row["compilation"]


async def test_guests_do_not_make_an_album_various(db: Database) -> None:
    await put(
        db,
        [
            found("one/1.flac", title="A", artist="X", album="One"),
            found(
                "one/2.flac",
                title="B",
                artists=("X", "Y"),
                artist_credit="X feat. Y",
                album="One",
                compilation=True,
            ),
        ],
    )
    assert await albums(db) == [("One", "X", 2, 1)]


async def test_same_title_in_other_folders_without_album_artist_stays_apart(
    db: Database,
) -> None:
    await put(
        db,
        [
            found("x/1.flac", title="A", artist="X", album="Greatest Hits"),
            found("y/1.flac", title="A", artist="Y", album="Greatest Hits"),
        ],
    )
    assert await albums(db) == [("Greatest Hits", "X", 1, 1), ("Greatest Hits", "Y", 1, 1)]


@pytest.mark.parametrize(("first", "second"), [("CD1", "CD2"), ("Disc 1", "disc 2 - Live")])
async def test_disc_folders_are_one_album(db: Database, first: str, second: str) -> None:
    await put(
        db,
        [
            found(f"X/One/{first}/1.flac", title="A", album="One", artist="X"),
            found(f"X/One/{second}/1.flac", title="B", album="One", artist="X"),
        ],
    )
    assert await albums(db) == [("One", "X", 2, 2)]


async def test_disc_in_the_title_is_no_part_of_it(db: Database) -> None:
    await put(
        db,
        [
            found("a/1.flac", title="A", album="One (Disc 1)", album_artist="X"),
            found("b/1.flac", title="B", album="One [CD 2]", album_artist="X"),
        ],
    )
    assert await albums(db) == [("One", "X", 2, 2)]


async def test_untagged_files_are_albums_by_folder(db: Database) -> None:
    await put(db, [found("Summer/a.mp3"), found("Summer/b.mp3"), found("Winter/a.mp3")])
    assert [(title, count) for title, _, count, _ in await albums(db)] == [
        ("Summer", 2),
        ("Winter", 1),
    ]


async def test_album_keeps_its_row_when_its_title_is_corrected(db: Database) -> None:
    files = ("one/1.flac", "one/2.flac")
    await put(db, [found(path, title=path, album="Won", album_artist="X") for path in files])
    before = await db.row("SELECT id FROM album")
    written = await put(
        db, [found(path, title=path, album="One", album_artist="X") for path in files]
    )
    await finish(db, written)
    after = await db.row("SELECT id, title FROM album WHERE track_count > 0")
    assert before is not None
    assert after is not None
    assert (after["id"], after["title"]) == (before["id"], "One")
    assert len(await db.rows("SELECT id FROM album")) == 1


async def test_artists_of_one_name_are_told_apart_by_id(db: Database) -> None:
    await put(
        db,
        [
            found("a.flac", title="A", artist="Nirvana", artist_mbids=("us",)),
            found("b.flac", title="B", artist="Nirvana", artist_mbids=("uk",)),
            found("c.flac", title="C", artist="nirvana"),
        ],
    )
    rows = await db.rows("SELECT mbid, track_count FROM artist WHERE folded = 'nirvana'")
    assert {(row["mbid"], row["track_count"]) for row in rows} >= {("us", 2), ("uk", 1)}


async def test_counts_are_those_of_present_tracks(db: Database) -> None:
    await put(
        db,
        [
            found("one/1.flac", title="A", artist="X", album="One", album_artist="X"),
            found("mix/1.flac", title="B", artist="X", album="Mix", album_artist="Various Artists"),
        ],
    )
    row = await db.row("SELECT * FROM artist WHERE name = 'X'")
    assert row is not None
    assert (row["album_count"], row["track_count"]) == (1, 2)


async def test_various_artists_are_known_by_their_id(db: Database) -> None:
    await put(
        db,
        [
            found("a/1.flac", title="A", artist="Anna", album="Hits"),
            found("a/2.flac", title="B", artist="Berta", album="Hits"),
            found("b/1.flac", title="A", artist="X", album="More", album_artist="various artists"),
        ],
    )
    rows = await db.rows("SELECT mbid, album_count FROM artist WHERE folded = 'various artists'")
    assert [tuple(row) for row in rows] == [(identity.VARIOUS_MBID, 2)]


async def test_discs_are_numbered_and_called_by_their_folders(db: Database) -> None:
    files = [
        found("Box/Disc 1 - Studio/1.flac", title="A", album="Box", album_artist="X", position=1),
        found("Box/Disc 2 - Live/1.flac", title="B", album="Box", album_artist="X", position=1),
        found("Box/Disc 2 - Live/2.flac", title="C", album="Box", album_artist="X", position=2),
    ]
    await put(db, files)
    rows = await db.rows("SELECT disc, disc_subtitle FROM track ORDER BY id")
    assert [tuple(row) for row in rows] == [(1, "Studio"), (2, "Live"), (2, "Live")]
    assert await albums(db) == [("Box", "X", 3, 2)]


async def test_album_that_came_in_two_parts_is_whole_at_the_end(db: Database) -> None:
    plain = {"album": "One", "artist": "X"}
    await finish(db, await put(db, [found("a/1.flac", title="A", position=1, **plain)]))
    same = found("b/1.flac", title="A", sound="a/1.flac", position=1, codec="mp3", **plain)
    await put(db, [same])
    assert len(await albums(db)) == 2  # without an album artist, a guess keeps them apart
    await finish(db, await put(db, []))
    assert await albums(db) == [("One", "X", 1, 1)]


# two qualities of one album -----------------------------------------------------------------------


async def qualities(db: Database) -> list[tuple[str, str]]:
    """Paths of tracks that are there in a better quality, with that one's."""
    return [
        (row[0].decode(), row[1].decode())
        for row in await db.rows(
            "SELECT mine.path, better.path FROM other_quality "
            "JOIN track ON track.id = other_quality.track_id JOIN file AS mine "
            "  ON mine.id = track.file_id "
            "JOIN track AS best ON best.id = other_quality.better_id JOIN file AS better "
            "  ON better.id = best.file_id ORDER BY mine.path"
        )
    ]


def copies(*kinds: str, **more: Any) -> list[Found]:
    """One album of two tracks in several codecs, each in a folder of its own."""
    return [
        found(
            f"{kind}/{n}.{kind}",
            codec=kind,
            title=f"Song {n}",
            album="One",
            album_artist="X",
            position=n,
            **more,
        )
        for kind in kinds
        for n in (1, 2)
    ]


async def test_flac_and_mp3_of_an_album_count_once(db: Database) -> None:
    await put(db, copies("mp3", "flac"))
    assert await albums(db) == [("One", "X", 2, 1)]
    assert await qualities(db) == [("mp3/1.mp3", "flac/1.flac"), ("mp3/2.mp3", "flac/2.flac")]
    row = await db.row("SELECT duration_ms FROM album")
    artist = await db.row("SELECT track_count FROM artist WHERE name = 'X'")
    assert row is not None
    assert artist is not None
    assert (row["duration_ms"], artist["track_count"]) == (200_000, 2)


async def test_other_quality_takes_the_place_of_a_better_one_that_went_away(db: Database) -> None:
    await put(db, copies("flac", "mp3"))
    gone = [row["id"] for row in await db.rows("SELECT id FROM file WHERE codec = 'flac'")]
    await db.batch(lambda connection: store.set_away(connection, gone))
    assert await qualities(db) == []
    assert await albums(db) == [("One", "X", 2, 1)]


async def test_live_version_on_the_same_number_is_no_other_quality(db: Database) -> None:
    files = copies("flac", "mp3")
    other = found(
        "mp3/2.mp3", codec="mp3", title="Song 2 (live)", album="One", album_artist="X", position=2
    )
    await put(db, [*files[:3], other])
    assert await qualities(db) == [("mp3/1.mp3", "flac/1.flac")]
    assert await albums(db) == [("One", "X", 3, 1)]


def quality(track: int, **facts: Any) -> grouping.Quality:
    values: dict[str, Any] = {
        "recording": track,
        "disc": 1,
        "position": 1,
        "title": "a",
        "duration_ms": 180_000,
        "lossless": True,
        "codec": "flac",
        "sample_rate": 44_100,
        "bit_depth": 16,
        "bit_rate": 900_000,
    }
    return grouping.Quality(track=TrackId(track), **values | facts)


LOSSY = {"lossless": False, "bit_depth": 0}


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({**LOSSY, "codec": "mp3", "bit_rate": 320_000}, {}),
        ({}, {"bit_depth": 24}),
        ({"bit_depth": 24}, {"bit_depth": 24, "sample_rate": 96_000}),
        (
            {**LOSSY, "codec": "mp3", "bit_rate": 128_000},
            {**LOSSY, "codec": "mp3", "bit_rate": 320_000},
        ),
        ({"recording": 7}, {"recording": 7, "bit_rate": 950_000}),
    ],
)
def test_best_quality_is_the_one_that_is_shown(
    worse: dict[str, Any], better: dict[str, Any]
) -> None:
    one, other = quality(1, **worse), quality(2, **better)
    assert grouping.other_qualities([one, other]) == {1: 2}
    assert grouping.other_qualities([other, one]) == {1: 2}


@pytest.mark.parametrize(
    "other",
    [
        {"title": "b"},
        {"position": 2},
        {"disc": 2},
        {"codec": "mp3", "duration_ms": 190_000},
        {},  # two recordings of one format: which is better, nobody can say
    ],
)
def test_what_is_not_the_same_piece_is_no_other_quality(other: dict[str, Any]) -> None:
    assert grouping.other_qualities([quality(1), quality(2, **other)]) == {}


# rules over what tracks say of their album ------------------------------------------------------


def clue(path: str, **said: Any) -> grouping.Clue:
    """What the track at a path says: its folder is its album's, its disc the folder's."""
    folder, disc = grouping.release_folder(path.encode())
    title, edition = grouping.edition_in_title(said.pop("title", "One"))
    values = {
        "track": next(_numbers),
        "recording": zlib.crc32(said.pop("sound", path).encode()),
        "library": 1,
        "folder": folder,
        "title": identity.fold(title),
        "version": grouping.edition(said.pop("version", "") or edition),
        "name": path,
        "disc": disc or 1,
        "duration": 180.0,
    }
    return grouping.Clue(**values | said)


_numbers = itertools.count(1)


def groups(*clues: grouping.Clue) -> list[int]:
    """How many tracks each album has, the largest first."""
    return sorted((len(group.tracks) for group in grouping.partition(clues)), reverse=True)


def why(*clues: grouping.Clue) -> set[str]:
    """What joined the parts of the only album."""
    (group,) = grouping.partition(clues)
    return set(group.joined) - {"alone"}


def test_release_id_goes_before_titles_and_folders() -> None:
    assert why(clue("a/1", mbid="m"), clue("b/1", mbid="m", title="Uno", year=1999)) == {"release"}


def test_release_ids_keep_one_folder_apart() -> None:
    assert groups(clue("a/1", mbid="m"), clue("a/2", mbid="n"), clue("a/3", mbid="n")) == [2, 1]


def test_tracks_without_release_id_belong_to_the_one_beside_them() -> None:
    assert why(clue("a/1", mbid="m", position=1), clue("a/2", position=2)) == {"folder"}


def test_track_dates_do_not_split_a_folder() -> None:
    assert groups(*(clue(f"a/{year}", year=year) for year in (1970, 1985, 1999))) == [3]


def test_dates_of_two_folders_that_overlap_are_one_album() -> None:
    best = {"artist": "x", "title": "Best"}
    assert groups(
        clue("flac/1", year=1970, name="a", position=1, **best),
        clue("flac/2", year=1990, name="b", position=2, **best),
        clue("mp3/1", year=1970, name="a", position=1, **best),
    ) == [3]


def test_same_title_and_artist_of_other_years_are_two_albums() -> None:
    blue = clue("blue/1", artist="weezer", title="Weezer", year=1994)
    green = clue("green/1", artist="weezer", title="Weezer", year=2001)
    assert groups(blue, green) == [1, 1]
    assert against(blue, green) == "year"


def test_same_title_by_other_artists_are_two_albums() -> None:
    assert groups(clue("a/1", artist="queen"), clue("b/1", artist="abba")) == [1, 1]


def test_many_albums_of_one_title_stay_as_many() -> None:
    hits = [
        clue(f"{artist}/{n}", title="Greatest Hits", artist=artist, position=n, name=f"{artist}{n}")
        for artist in ("queen", "abba", "cher", "blur", "wham", "toto")
        for n in (1, 2)
    ]
    assert groups(*hits) == [2] * 6


def test_two_albums_of_one_title_in_one_folder_are_told_apart_by_artist() -> None:
    tracks = [
        clue(f"mess/{artist} {n}", title="Greatest Hits", by=artist, position=n)
        for artist in ("queen", "abba")
        for n in (1, 2, 3)
    ]
    assert groups(*tracks) == [3, 3]


def test_compilation_with_a_number_twice_is_not_taken_apart() -> None:
    tracks = [clue(f"mix/{by}", by=by, position=1) for by in ("anna", "berta", "carla", "dora")]
    assert groups(*tracks) == [4]


def test_other_sounds_on_the_same_numbers_of_a_folder_speak_against() -> None:
    whole = [clue(f"a/{n}", artist="x", position=n, name=f"song {n}") for n in (1, 2, 3)]
    other = [clue(f"a/x{n}", position=n, name=f"piece {n}", duration=99.0) for n in (1, 2, 3)]
    assert groups(*whole, *other) == [3, 3]
    assert against(whole[0], other[0]) == "numbers"


def test_disc_folders_side_by_side_are_one_album() -> None:
    assert why(
        clue("X/One (CD1)/1", artist="x", position=1),
        clue("X/One (CD2)/1", position=1),
    ) == {"folder"}


def test_discs_of_a_box_are_one_album_where_they_share_its_title() -> None:
    assert groups(
        clue("Box/Disc 1 - Early/1", title="The Box", position=1),
        clue("Box/Disc 2 - Late/1", title="The Box", position=1),
    ) == [2]


def test_discs_of_a_box_with_titles_of_their_own_are_albums() -> None:
    assert groups(
        clue("Box/Disc 1 - Early/1", title="Early", position=1),
        clue("Box/Disc 2 - Late/1", title="Late", position=1),
    ) == [1, 1]


def test_discs_in_folders_far_apart_are_joined_by_their_artist() -> None:
    assert why(
        clue("new/a/1", artist="x", disc=1, disc_total=2, position=1),
        clue("old/b/1", artist="x", disc=2, disc_total=2, position=1),
    ) == {"artist"}


def test_second_disc_may_be_numbered_on() -> None:
    first = [clue(f"a/{n}", artist="x", disc=1, position=n) for n in range(1, 13)]
    second = [clue(f"b/{n}", artist="x", disc=2, position=n) for n in range(13, 25)]
    assert groups(*first, *second) == [24]


def test_two_qualities_of_one_album_are_one_whatever_the_codec() -> None:
    flac = [clue(f"flac/{n}", artist="x", position=n, name=f"song {n}") for n in (1, 2)]
    mp3 = [clue(f"mp3/{n}", artist="x", position=n, name=f"song {n}") for n in (1, 2)]
    assert groups(*flac, *mp3) == [4]


def test_other_songs_under_the_same_title_in_another_folder_are_another_album() -> None:
    one = [clue(f"a/{n}", artist="x", position=n, name=f"song {n}") for n in (1, 2)]
    two = [clue(f"b/{n}", artist="x", position=n, name=f"piece {n}") for n in (1, 2)]
    assert groups(*one, *two) == [2, 2]


def test_track_totals_that_differ_keep_folders_apart() -> None:
    plain = clue("a/1", artist="x", name="song", position=1, position_total=12)
    longer = clue("b/1", artist="x", name="song", position=1, position_total=15)
    assert groups(plain, longer) == [1, 1]
    assert against(plain, longer) == "count"


def test_barcode_joins_folders_without_an_album_artist() -> None:
    assert why(clue("a/1", barcode="724384960650"), clue("b/1", barcode="724384960650")) == {
        "barcode"
    }


def test_barcodes_that_differ_keep_folders_apart() -> None:
    one, other = clue("a/1", artist="x", barcode="1"), clue("b/1", artist="x", barcode="2")
    assert groups(one, other) == [1, 1]
    assert against(one, other) == "barcode"


def test_catalogue_number_makes_up_for_a_missing_album_artist() -> None:
    same = {"by": "x", "catalog": "abc 1"}
    assert groups(clue("a/1", **same), clue("b/1", **same)) == [2]
    assert groups(clue("a/1", by="x"), clue("b/1", by="x")) == [1, 1]


def test_same_pieces_in_two_folders_make_up_for_a_missing_album_artist() -> None:
    flac = [clue(f"flac/{n}", by="x", position=n, name=f"song {n}") for n in (1, 2)]
    mp3 = [clue(f"mp3/{n}", by="x", position=n, name=f"song {n}") for n in (1, 2)]
    assert groups(*flac, *mp3) == [4]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"version": "Deluxe"}, {"version": "2011 remaster"}),
        ({"title": "One"}, {"title": "One (Deluxe Edition)"}),
        ({"title": "One [Mono]"}, {"title": "One [Stereo]"}),
    ],
)
def test_editions_in_folders_of_their_own_stay_apart(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert groups(clue("a/1", artist="x", **one), clue("b/1", artist="x", **other)) == [1, 1]


def test_bonus_tracks_that_alone_name_the_edition_belong_to_their_folder() -> None:
    assert groups(
        clue("a/1", artist="x", position=1),
        clue("a/2", artist="x", position=2),
        clue("a/3", artist="x", position=3, title="One (Deluxe Edition)"),
    ) == [3]


def test_edition_is_the_same_in_other_words() -> None:
    assert groups(
        clue("a/1", artist="x", version="2011 Remastered Version"),
        clue("b/1", artist="x", title="One (Remaster 2011)"),
    ) == [2]


def test_flagged_compilation_of_one_folder_may_have_an_album_artist_for_each_track() -> None:
    tracks = [clue(f"a/{by}", artist=by, compilation=True) for by in ("anna", "berta", "carla")]
    assert groups(*tracks) == [3]
    assert groups(*(msgspec.structs.replace(t, compilation=False) for t in tracks)) == [1, 1, 1]


def test_loose_tracks_in_a_folder_of_singles_are_albums_of_their_own() -> None:
    assert groups(*(clue(f"Singles/{n}", title=f"Single {n}") for n in range(5))) == [1] * 5


def test_track_without_album_belongs_to_the_only_album_of_its_folder() -> None:
    untitled = clue("One/3", title="Folder", titled=False, position=3)
    one = [clue(f"One/{n}", position=n) for n in (1, 2)]
    assert why(*one, untitled) == {"untitled"}
    assert groups(*one, untitled, clue("One/9", title="Two", position=9)) == [2, 1, 1]


def test_artists_of_one_name_with_other_ids_have_albums_of_their_own() -> None:
    us = clue("us/1", artist="nirvana", artist_mbid="us")
    uk = clue("uk/1", artist="nirvana", artist_mbid="uk")
    assert groups(us, uk) == [1, 1]


def test_libraries_are_not_one_folder() -> None:
    assert groups(clue("a/1"), clue("a/2", library=2)) == [1, 1]


def against(one: grouping.Clue, other: grouping.Clue) -> str | None:
    first, second = grouping.parts_of([one])[0], grouping.parts_of([other])[0]
    return grouping.against(first, second)


CLUES = st.lists(
    st.builds(
        lambda folder, n, **said: clue(f"{folder}/{n}", position=n, **said),
        st.sampled_from(["a", "b", "a/CD1", "a/CD2", "c (CD2)"]),
        st.integers(1, 3),
        title=st.sampled_from(["One", "One (Deluxe Edition)", "Two"]),
        titled=st.booleans(),
        artist=st.sampled_from(["", "x", "y"]),
        by=st.sampled_from(["x", "y"]),
        mbid=st.sampled_from(["", "", "m", "n"]),
        barcode=st.sampled_from(["", "", "1"]),
        year=st.sampled_from([None, 1990, 1995, 2000]),
        name=st.sampled_from(["song", "piece"]),
        compilation=st.booleans(),
    ),
    max_size=12,
)


@given(CLUES, st.randoms())
def test_albums_do_not_depend_on_the_order_of_their_tracks(
    clues: list[grouping.Clue], random: Random
) -> None:
    before = {frozenset(group.tracks) for group in grouping.partition(clues)}
    shuffled = random.sample(clues, len(clues))
    assert {frozenset(group.tracks) for group in grouping.partition(shuffled)} == before
    assert sum(map(len, before)) == len(clues)


@given(CLUES)
def test_an_album_is_a_partition_of_its_own(clues: list[grouping.Clue]) -> None:
    for group in grouping.partition(clues):
        releases = {clue.mbid for part in group.parts for clue in part.clues} - {""}
        assert len(releases) <= 1
        assert group.joined.count("alone") == 1


# the same through the tables ---------------------------------------------------------------------

SAID = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "a/CD1", "a/CD2"]),
        st.integers(1, 4),
        st.fixed_dictionaries(
            {
                "album": st.sampled_from(["", "One", "One", "One (Deluxe Edition)", "Two"]),
                "album_artist": st.sampled_from([None, "X", "Y"]),
                "artist": st.sampled_from(["X", "Y"]),
                "title": st.sampled_from(["Song", "Piece"]),
                "release_mbid": st.sampled_from(["", "", "m", "n"]),
                "year": st.sampled_from([None, 1990, 2000]),
            }
        ),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda each: each[:2],
)


@settings(max_examples=40, deadline=None)
@given(SAID, st.randoms(), st.integers(1, 4), st.booleans())
def test_final_albums_do_not_depend_on_the_order_of_reading(
    said: list[tuple[str, int, dict[str, Any]]], random: Random, batch: int, by_scans: bool
) -> None:
    files = [found(f"{folder}/{n}.flac", position=n, **tags) for folder, n, tags in said]
    shuffled = random.sample(files, len(files))
    assert scanned(files, batch) == scanned(shuffled, batch, finish_each=by_scans)


@settings(max_examples=40, deadline=None)
@given(SAID, st.randoms(), st.integers(1, 4))
def test_final_albums_do_not_depend_on_what_was_tagged_before(
    said: list[tuple[str, int, dict[str, Any]]], random: Random, batch: int
) -> None:
    def tagged(tags: Sequence[dict[str, Any]]) -> list[Found]:
        places = [(folder, n) for folder, n, _ in said]
        return [
            found(f"{folder}/{n}.flac", position=n, **each)
            for (folder, n), each in zip(places, tags, strict=True)
        ]

    before = tagged([tags for _, _, tags in random.sample(said, len(said))])
    now = tagged([tags for _, _, tags in said])
    again = random.sample(now, len(now))
    assert scanned(again, batch, before=before) == scanned(now, batch)


def scanned(
    files: Sequence[Found],
    batch: int,
    *,
    finish_each: bool = False,
    before: Sequence[Found] = (),
) -> set[frozenset[bytes]]:
    """The albums, as sets of paths, after a scan that read files in this order, or after a scan
    for each batch; `before` are the same files as an earlier scan read them.
    """
    connection = fresh()
    for each in (before, files):
        for at in range(0, len(each), batch):
            written = store.write(
                connection,
                each[at : at + batch],
                loose=set(),
                stems={},
                covers={},
                last=True,
                now=1,
            )
            if finish_each or at + batch >= len(each):
                store.finish(
                    connection,
                    covers={},
                    scope={},
                    fresh=written.fresh,
                    left=written.left,
                    now=1,
                )
    held: dict[int, set[bytes]] = {}
    for album, path in connection.execute(
        "SELECT track.album_id, file.path FROM track JOIN file ON file.id = track.file_id"
    ):
        held.setdefault(album, set()).add(path)
    counted = connection.execute("SELECT COUNT(*) FROM album WHERE track_count > 0").fetchone()
    assert counted[0] == len(held)
    connection.close()
    return {frozenset(paths) for paths in held.values()}


def fresh() -> sqlite3.Connection:
    """An empty library in memory."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(_empty())
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@cache
def _empty() -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        for _, script in migrate.migrations():
            connection.executescript(script)
        connection.execute(
            "INSERT INTO library (name, path, origin, created_at) VALUES ('M', x'2f', 'page', 0)"
        )
        connection.commit()
        return connection.serialize()


# names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"a.mp3", (b"", None)),
        (b"A/B/01.mp3", (b"A/B", None)),
        (b"A/B/CD2/01.mp3", (b"A/B", 2)),
        (b"A/B/Disc 03 (Live)/01.mp3", (b"A/B", 3)),
        (b"A/Discovery/01.mp3", (b"A/Discovery", None)),
        (b"A/CD 2001/01.mp3", (b"A/CD 2001", None)),
        (b"A/One (CD2)/01.mp3", (b"A/One", 2)),
        (b"A/One - Disc 2/01.mp3", (b"A/One", 2)),
        (b"One CD1/01.mp3", (b"One", 1)),
        (b"A/One (2001)/01.mp3", (b"A/One (2001)", None)),
        (b"A/Box/Disc 2 - Late/01.mp3", (b"A/Box", 2)),
    ],
)
def test_release_folder_is_above_its_discs(path: bytes, expected: tuple[bytes, int | None]) -> None:
    assert grouping.release_folder(path) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("One (Disc 2)", ("One", 2, "")),
        ("One (Disc 2: Live)", ("One", 2, "Live")),
        ("One [CD1]", ("One", 1, "")),
        ("One, Disc 10", ("One", 10, "")),
        ("One - CD 2", ("One", 2, "")),
        ("Disc 2", ("Disc 2", None, "")),
        ("Compact Disc 9", ("Compact Disc 9", None, "")),
    ],
)
def test_disc_is_taken_out_of_a_title(title: str, expected: tuple[str, int | None, str]) -> None:
    assert grouping.disc_in_title(title) == expected


@given(st.text(min_size=1))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert identity.fold(identity.fold(text)) == identity.fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sigur Rós", "sigur ros"),
        ("Guns N’ Roses", "Guns N' Roses"),
        ("AC⁄DC", "ac⁄dc"),
        ("Straße", "STRASSE"),
        ("Mø", "MO"),
        ("Beyonce\u0301", "Beyoncé"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert identity.fold(one) == identity.fold(other)


def test_marks_that_make_other_letters_stay() -> None:
    assert identity.fold("が") != identity.fold("か")


@pytest.mark.parametrize(
    ("name", "tagged", "expected"),
    [
        ("The Beatles", None, "beatles"),
        ("Die Ärzte", None, "arzte"),
        ("L'Impératrice", None, "imperatrice"),
        ("The The", None, "the"),
        ("A", None, "a"),
        ("Anathema", None, "anathema"),
        ("...And Justice", None, "and justice"),
        ("!!!", None, "!!!!"),
        ("Björk", "Guðmundsdóttir, Björk", "gudmundsdottir bjork"),
    ],
)
def test_sort_keys_leave_articles_out(name: str, tagged: str | None, expected: str) -> None:
    assert identity.sort_key(name, tagged) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("One (Deluxe Edition)", ("One", "Deluxe Edition")),
        ("One [2011 Remaster]", ("One", "2011 Remaster")),
        ("One - Anniversary Edition", ("One", "Anniversary Edition")),
        ("One (Live)", ("One (Live)", "")),
        ("(Deluxe Edition)", ("(Deluxe Edition)", "")),
        ("Version 2.0", ("Version 2.0", "")),
    ],
)
def test_edition_is_taken_out_of_a_title(title: str, expected: tuple[str, str]) -> None:
    assert grouping.edition_in_title(title) == expected


def test_folder_of_a_disc_gives_it_its_name() -> None:
    assert grouping.disc_subtitle(b"Box/Disc 2 - Live in Rome/01.mp3") == "Live in Rome"
    assert grouping.disc_subtitle(b"Box/CD2/01.mp3") == ""
    assert grouping.disc_subtitle(b"Box/01.mp3") == ""
