"""Lists of the library: complete and in order page by page, and nothing that is not to be seen."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homestream.db import connect
from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import (
    AlbumId,
    ArtistId,
    FileId,
    LibraryId,
    ProfileId,
    RecordingId,
    TrackId,
)
from homestream.library import catalogue, libraries, store
from homestream.library.catalogue import AlbumSort, Page, TrackSort
from homestream.visibility import EVERYTHING, Visibility
from tests.library.stock import called, found, put

CHILD = Visibility(explicit=False)
LISTENER = ProfileId(1)


async def every(
    ask: Callable[[str | None], Awaitable[Page[Any]]], *, at_most: int = 1000
) -> list[Any]:
    """All pages of a list, one after the other."""
    items: list[Any] = []
    cursor: str | None = None
    for _ in range(at_most):
        page = await ask(cursor)
        items += page.items
        cursor = page.next
        if cursor is None:
            return items
    raise AssertionError("list has no end")


@pytest.fixture
async def stocked(db: Database, tmp_path: Path) -> Database:
    """Two libraries, three artists, one explicit track, one album that is explicit as a whole."""
    (tmp_path / "other").mkdir()
    await libraries.add(db, "Other", str(tmp_path / "other"))
    one = {"album": "Blue", "album_artist": "The Ants", "artist": "The Ants", "year": 1999}
    two = {"album": "Äpfel", "album_artist": "Zoë", "artist": "Zoë", "year": 2005}
    three = {"album": "Naughty", "album_artist": "Mono", "artist": "Mono"}
    await put(
        db,
        [
            found("blue/1.flac", title="First", position=1, genres=("Rock",), **one),
            found(
                "blue/2.flac",
                title="Rude",
                position=2,
                explicit=True,
                genres=("Rock", "Rap"),
                **one,
            ),
            found("apfel/1.flac", title="A Song", position=1, genres=("Pop",), **two),
            found("apfel/2.flac", title="Zebra", position=2, disc=2, genres=("Pop",), **two),
            found("bad/1.flac", title="Worse", explicit=True, genres=("Rap",), **three),
        ],
        now=1_000,
    )
    await put(
        db,
        [found("x.flac", library=2, title="Elsewhere", album="Far", artist="The Ants")],
        now=2_000,
    )
    async with db.write() as transaction:
        await transaction.execute(
            "INSERT INTO account (id, name, role, password_hash, created_at) "
            "VALUES (1, 'Ann', 'owner', '', 0)"
        )
        await transaction.execute(
            "INSERT INTO profile (id, account_id, name, colour, picture, created_at) "
            "VALUES (1, 1, 'Ann', '', '', 0)"
        )
    return db


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("title", ["Äpfel", "Blue", "Far", "Naughty"]),
        ("artist", ["Far", "Blue", "Naughty", "Äpfel"]),
        ("added", ["Far", "Naughty", "Äpfel", "Blue"]),
        ("year", ["Äpfel", "Blue", "Far", "Naughty"]),
        ("played", []),
    ],
)
async def test_albums_are_sorted(stocked: Database, sort: AlbumSort, expected: list[str]) -> None:
    page = await catalogue.albums(stocked, EVERYTHING, LISTENER, sort=sort)
    assert called(page.items) == expected
    assert page.next is None


async def test_artists_are_sorted_without_their_article(stocked: Database) -> None:
    page = await catalogue.artists(stocked, EVERYTHING, LISTENER)
    assert called(page.items) == ["The Ants", "Mono", "Zoë"]
    ants = page.items[0]
    assert (ants.album_count, ants.track_count) == (2, 3)


async def test_tracks_are_sorted_without_their_article(stocked: Database) -> None:
    page = await catalogue.tracks(stocked, EVERYTHING, LISTENER)
    assert called(page.items) == ["Elsewhere", "First", "Rude", "A Song", "Worse", "Zebra"]
    newest = await catalogue.tracks(stocked, EVERYTHING, LISTENER, sort="added", limit=1)
    assert called(newest.items) == ["Elsewhere"]


async def test_album_has_its_tracks_in_order(stocked: Database) -> None:
    page = await catalogue.albums(stocked, EVERYTHING, None)
    album, tracks = await catalogue.album(stocked, EVERYTHING, None, page.items[0].id)
    assert called(tracks) == ["A Song", "Zebra"]
    assert (album.track_count, album.disc_count, album.duration) == (2, 2, 200.0)
    assert album.artists[0].name == "Zoë"
    assert tracks[0].artists[0].name == "Zoë"


async def test_filters_hold(stocked: Database) -> None:
    artists = (await catalogue.artists(stocked, EVERYTHING, None)).items
    albums = await catalogue.albums(stocked, EVERYTHING, None, artist=artists[0].id)
    assert called(albums.items) == ["Blue", "Far"]
    tracks = await catalogue.tracks(stocked, EVERYTHING, None, artist=artists[2].id)
    assert called(tracks.items) == ["A Song", "Zebra"]
    genres = (await catalogue.genres(stocked, EVERYTHING)).items
    assert [(genre.name, genre.track_count, genre.album_count) for genre in genres] == [
        ("Pop", 2, 1),
        ("Rap", 2, 2),
        ("Rock", 2, 1),
    ]
    rap = await catalogue.albums(stocked, EVERYTHING, None, genre=genres[1].id)
    assert called(rap.items) == ["Blue", "Naughty"]


async def test_artist_has_albums_and_the_most_played_tracks(stocked: Database) -> None:
    tracks = (await catalogue.tracks(stocked, EVERYTHING, None)).items
    rude = next(track for track in tracks if track.title == "Rude")
    await _play(stocked, rude.id, rude.recording)
    ants = (await catalogue.artists(stocked, EVERYTHING, None)).items[0]
    artist, albums, top = await catalogue.artist(stocked, EVERYTHING, None, ants.id)
    assert artist == ants
    assert called(albums) == ["Blue", "Far"]
    assert called(top) == ["Rude", "First", "Elsewhere"]
    played = await catalogue.albums(stocked, EVERYTHING, LISTENER, sort="played")
    assert called(played.items) == ["Blue"]


async def test_what_is_starred_is_the_listeners_own(stocked: Database) -> None:
    album = (await catalogue.albums(stocked, EVERYTHING, None)).items[1]
    track = (await catalogue.tracks(stocked, EVERYTHING, None)).items[1]
    async with stocked.write() as transaction:
        for kind, item in (("album", album.id), ("track", track.recording)):
            await transaction.execute(
                "INSERT INTO star (profile_id, kind, item_id, starred_at) "
                "VALUES (1, :kind, :item, 0)",
                {"kind": kind, "item": item},
            )
    mine = await catalogue.albums(stocked, EVERYTHING, LISTENER, starred=True)
    assert [(each.title, each.starred) for each in mine.items] == [("Blue", True)]
    assert (await catalogue.albums(stocked, EVERYTHING, ProfileId(2), starred=True)).items == []
    loved = await catalogue.tracks(stocked, EVERYTHING, LISTENER, starred=True)
    assert called(loved.items) == ["First"]
    assert (await catalogue.track(stocked, EVERYTHING, LISTENER, track.id)).starred
    assert not (await catalogue.track(stocked, EVERYTHING, None, track.id)).starred


async def test_child_sees_nothing_explicit_and_no_trace_of_it(stocked: Database) -> None:
    albums = (await catalogue.albums(stocked, CHILD, None)).items
    assert [(each.title, each.track_count, each.duration) for each in albums] == [
        ("Äpfel", 2, 200.0),
        ("Blue", 1, 100.0),
        ("Far", 1, 100.0),
    ]
    artists = (await catalogue.artists(stocked, CHILD, None)).items
    assert [(each.name, each.album_count, each.track_count) for each in artists] == [
        ("The Ants", 2, 2),
        ("Zoë", 1, 2),
    ]
    assert "Rude" not in called((await catalogue.tracks(stocked, CHILD, None)).items)
    genres = (await catalogue.genres(stocked, CHILD)).items
    assert [(each.name, each.track_count) for each in genres] == [("Pop", 2), ("Rock", 1)]
    _, tracks = await catalogue.album(stocked, CHILD, None, albums[1].id)
    assert called(tracks) == ["First"]
    _, _, top = await catalogue.artist(stocked, CHILD, None, artists[0].id)
    assert "Rude" not in called(top)


async def test_what_may_not_be_seen_is_not_there(stocked: Database) -> None:
    everything = (await catalogue.tracks(stocked, EVERYTHING, None)).items
    rude = next(track for track in everything if track.title == "Rude")
    worse = next(track for track in everything if track.title == "Worse")
    rap = (await catalogue.genres(stocked, EVERYTHING)).items[1]
    for asking in (
        catalogue.track(stocked, CHILD, None, rude.id),
        catalogue.lyrics(stocked, CHILD, rude.id),
        catalogue.file(stocked, CHILD, rude.id),
        catalogue.playable(stocked, CHILD, [rude.id]),
        catalogue.album(stocked, CHILD, None, worse.album),
        catalogue.artist(stocked, CHILD, None, worse.artists[0].id),
        catalogue.genre(stocked, CHILD, rap.id),
    ):
        with pytest.raises(NotFound):
            await asking


async def test_other_libraries_are_not_there(stocked: Database) -> None:
    first = Visibility(libraries=frozenset({LibraryId(1)}))
    assert "Far" not in called((await catalogue.albums(stocked, first, None)).items)
    ants = (await catalogue.artists(stocked, first, None)).items[0]
    assert (ants.album_count, ants.track_count) == (1, 2)
    none = Visibility(libraries=frozenset())
    assert (await catalogue.artists(stocked, none, None)).items == []
    assert [each.name for each in await libraries.every(stocked, first)] == ["Music"]


async def test_away_tracks_are_in_no_list_but_known(stocked: Database) -> None:
    tracks = (await catalogue.tracks(stocked, EVERYTHING, None)).items
    gone = next(track for track in tracks if track.title == "Worse")
    row = await stocked.row("SELECT file_id FROM track WHERE id = :id", {"id": gone.id})
    assert row is not None
    await stocked.batch(lambda connection: store.set_away(connection, [FileId(row["file_id"])]))
    assert "Naughty" not in called((await catalogue.albums(stocked, EVERYTHING, None)).items)
    assert "Mono" not in called((await catalogue.artists(stocked, EVERYTHING, None)).items)
    (known,) = await catalogue.tracks_by_id(stocked, EVERYTHING, None, [gone.id])
    assert known.away
    with pytest.raises(NotFound, match="is away"):
        await catalogue.playable(stocked, EVERYTHING, [gone.id])


async def test_things_by_id_come_in_the_order_asked(stocked: Database) -> None:
    tracks = (await catalogue.tracks(stocked, EVERYTHING, None)).items
    ids = [tracks[3].id, TrackId(999), tracks[0].id]
    known = await catalogue.tracks_by_id(stocked, EVERYTHING, None, ids)
    assert called(known) == [tracks[3].title, tracks[0].title]
    albums = await catalogue.albums_by_id(stocked, EVERYTHING, None, [AlbumId(3), AlbumId(1)])
    assert [album.id for album in albums] == [3, 1]
    artists = await catalogue.artists_by_id(stocked, EVERYTHING, None, [ArtistId(2), ArtistId(1)])
    assert [artist.id for artist in artists] == [2, 1]


async def test_playable_names_the_file_and_its_sound(stocked: Database, music: Path) -> None:
    tracks = (await catalogue.tracks(stocked, EVERYTHING, None)).items
    first, *_ = await catalogue.playable(stocked, EVERYTHING, [tracks[1].id, tracks[1].id])
    assert first.path == bytes(music / "blue/1.flac")
    assert (first.facts.codec, first.facts.samples, first.facts.index) == ("flac", 4_410_000, b"")
    with pytest.raises(NotFound, match="tr-999"):
        await catalogue.playable(stocked, EVERYTHING, [tracks[1].id, TrackId(999)])


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "WzFd", "bnVsbA", "é", "A" * 5000])
async def test_cursor_that_is_none_of_ours_is_refused(stocked: Database, cursor: str) -> None:
    for asking in (
        catalogue.albums(stocked, EVERYTHING, None, cursor=cursor),
        catalogue.tracks(stocked, EVERYTHING, None, cursor=cursor),
        catalogue.genres(stocked, EVERYTHING, cursor=cursor),
    ):
        with pytest.raises(BadInput):
            await asking


async def test_cursor_of_another_sort_is_refused(stocked: Database) -> None:
    page = await catalogue.albums(stocked, EVERYTHING, None, sort="title", limit=1)
    with pytest.raises(BadInput):
        await catalogue.albums(stocked, EVERYTHING, None, sort="year", cursor=page.next)


@pytest.mark.parametrize("limit", [201, 10_000, -1])
async def test_no_list_is_without_bound(stocked: Database, limit: int) -> None:
    with pytest.raises(BadInput):
        await catalogue.tracks(stocked, EVERYTHING, None, limit=limit)


title = st.text(alphabet="abÄ ", min_size=1, max_size=3)
year = st.one_of(st.none(), st.integers(1999, 2001))


@given(
    records=st.lists(st.tuples(title, title, year, st.booleans()), min_size=1, max_size=12),
    limit=st.integers(1, 5),
    restricted=st.booleans(),
)
@settings(max_examples=25, deadline=None)
async def test_pages_give_each_item_once_and_in_order(
    records: list[tuple[str, str, int | None, bool]], limit: int, restricted: bool
) -> None:
    visibility = CHILD if restricted else EVERYTHING
    with tempfile.TemporaryDirectory() as folder:
        async with connect.opened(Path(folder) / "test.db", readers=1) as db:
            await libraries.add(db, "Music", folder)
            await put(
                db,
                [
                    found(
                        f"{number}/a.flac",
                        title=name,
                        album=name,
                        album_artist=artist,
                        year=released,
                        explicit=explicit,
                        genres=(name,),
                    )
                    for number, (name, artist, released, explicit) in enumerate(records)
                ],
            )
            for sort in get_args(AlbumSort):
                whole = await catalogue.albums(db, visibility, None, sort=sort, limit=200)
                paged = await every(
                    lambda cursor, sort=sort: catalogue.albums(  # type: ignore[misc]
                        db, visibility, None, sort=sort, limit=limit, cursor=cursor
                    )
                )
                if sort == "random":
                    assert {each.id for each in paged} == {each.id for each in whole.items}
                    assert len(paged) == len(whole.items)
                else:
                    assert paged == whole.items
            for order in get_args(TrackSort):
                tracks = await catalogue.tracks(db, visibility, None, sort=order, limit=200)
                assert tracks.items == await every(
                    lambda cursor, order=order: catalogue.tracks(  # type: ignore[misc]
                        db, visibility, None, sort=order, limit=limit, cursor=cursor
                    )
                )
            artists = await catalogue.artists(db, visibility, None, limit=200)
            assert artists.items == await every(
                lambda cursor: catalogue.artists(db, visibility, None, limit=limit, cursor=cursor)
            )
            genres = await catalogue.genres(db, visibility, limit=200)
            assert genres.items == await every(
                lambda cursor: catalogue.genres(db, visibility, limit=limit, cursor=cursor)
            )
            _check_counts(whole.items, tracks.items)


def _check_counts(albums: list[Any], tracks: list[Any]) -> None:
    for album in albums:
        assert album.track_count == sum(track.album == album.id for track in tracks)


async def test_page_is_stable_while_the_library_grows(db: Database) -> None:
    await put(db, [found(f"{n}.flac", title=f"b{n}") for n in range(6)])
    first = await catalogue.tracks(db, EVERYTHING, None, limit=3)
    await put(db, [found("new.flac", title="a0"), found("newer.flac", title="z0")])
    rest = await catalogue.tracks(db, EVERYTHING, None, limit=10, cursor=first.next)
    assert called(first.items) + called(rest.items) == ["b0", "b1", "b2", "b3", "b4", "b5", "z0"]


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        *(
            (
                lambda db, sort=sort, **more: catalogue.albums(
                    db, EVERYTHING, LISTENER, sort=sort, **more
                ),
                index,
            )
            for sort, index in (
                ("title", "album_sort"),
                ("artist", "album_artist_sort"),
                ("added", "album_added"),
                ("year", "album_year"),
            )
        ),
        (lambda db, **more: catalogue.artists(db, EVERYTHING, LISTENER, **more), "artist_sort"),
        (lambda db, **more: catalogue.tracks(db, EVERYTHING, LISTENER, **more), "track_sort"),
        (
            lambda db, **more: catalogue.tracks(db, EVERYTHING, LISTENER, sort="added", **more),
            "track_added",
        ),
    ],
)
async def test_main_lists_are_read_along_an_index(
    stocked: Database, ask: Callable[..., Awaitable[Page[Any]]], index: str
) -> None:
    watched = _Explaining(stocked)
    page = await ask(watched, limit=1)
    await ask(watched, limit=1, cursor=page.next)
    assert len(watched.plans) >= 2
    for plan in watched.plans:
        assert "TEMP B-TREE FOR ORDER BY" not in plan
        assert f"USING INDEX {index}" in plan or f"USING COVERING INDEX {index}" in plan


class _Explaining:
    """A database that notes the query plan of each list that it is asked for."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.plans: list[str] = []

    async def rows(self, sql: str, params: Any) -> Any:
        if "LIMIT :limit" in sql:
            plan = await self._db.rows("EXPLAIN QUERY PLAN " + sql, params)
            # what lies deeper sorts the few rows of one item
            self.plans.append("\n".join(row["detail"] for row in plan if row["parent"] == 0))
        return await self._db.rows(sql, params)


async def _play(db: Database, track: TrackId, recording: RecordingId) -> None:
    async with db.write() as transaction:
        await transaction.insert(
            "INSERT INTO play (client_event_id, profile_id, recording_id, track_id, "
            "  listening_session, started_at, tz_offset_minutes, received_at, device, source, "
            "  played_ms, track_ms, ending) "
            "VALUES ('1', 1, :recording, :track, '', 5000, 0, 5000, '', 'hand', 1, 1, 'done')",
            {"track": track, "recording": recording},
        )


async def test_piece_of_two_qualities_is_listed_once_where_the_better_one_may_be_seen(
    db: Database, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    await libraries.add(db, "Other", str(tmp_path / "other"))
    one = {"album": "One", "album_artist": "X", "artist": "X", "genres": ("Pop",)}
    rude = {"title": "Rude", "position": 2}
    await put(
        db,
        [
            found("1.flac", title="Song", position=1, **one),
            found("1.mp3", library=2, codec="mp3", title="Song", position=1, **one),
            found("2.flac", explicit=True, **rude, **one),
            found("2.mp3", library=2, codec="mp3", **rude, **one),
        ],
    )
    album = (await catalogue.albums(db, EVERYTHING, None)).items[0]
    second = Visibility(libraries=frozenset({LibraryId(2)}))

    async def seen(visibility: Visibility) -> tuple[list[str], int, list[str], int]:
        found_album, tracks = await catalogue.album(db, visibility, None, album.id)
        others = await catalogue.other_qualities(db, visibility, None, album.id)
        listed = await catalogue.tracks(db, visibility, None)
        assert len(listed.items) == len(tracks) == found_album.track_count
        artist = (await catalogue.artists(db, visibility, None)).items[0]
        genre = (await catalogue.genres(db, visibility)).items[0]
        assert artist.track_count == genre.track_count == len(tracks)
        return (
            [f"{each.title} {each.codec}" for each in tracks],
            found_album.track_count,
            [f"{each.title} {each.codec}" for _, each in others],
            round(found_album.duration),
        )

    whole = (["Song flac", "Rude flac"], 2, ["Song mp3", "Rude mp3"], 200)
    assert await seen(EVERYTHING) == whole
    assert await seen(second) == (["Song mp3", "Rude mp3"], 2, [], 200)
    # what is explicit in one quality is not heard in the other
    assert await seen(CHILD) == (["Song flac"], 1, ["Song mp3"], 100)


async def test_editions_are_those_of_one_release_group_or_of_one_title(db: Database) -> None:
    tags = {"album_artist": "X", "artist": "X"}
    plain = found("a/1.flac", title="A", album="One", year=1990, **tags)
    deluxe = found("b/1.flac", title="A", album="One (Deluxe Edition)", year=2000, **tags)
    other = found("c/1.flac", title="A", album="Two", release_group_mbid="g", **tags)
    renamed = found("d/1.flac", title="A", album="Zwei", release_group_mbid="g", **tags)
    await put(db, [plain, deluxe, other, renamed])
    albums = {each.title: each.id for each in (await catalogue.albums(db, EVERYTHING, None)).items}

    async def editions(title: str) -> list[str]:
        return called(await catalogue.editions(db, EVERYTHING, None, albums[title]))

    assert await editions("One") == ["One (Deluxe Edition)"]
    assert await editions("One (Deluxe Edition)") == ["One"]
    assert await editions("Zwei") == ["Two"]
