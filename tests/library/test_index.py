"""What is made of tracks after they were written, and kept in line with them."""

from __future__ import annotations

from typing import Any

import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import AlbumId, ArtistId, TrackId
from homestream.library import about, catalogue, credits, index, works
from homestream.library.files import Found
from homestream.media.tags import Credit
from homestream.visibility import EVERYTHING, Visibility
from tests.library.stock import called, found, put

CHILD = Visibility(explicit=False)


def movement(number: int, conductor: str, position: int, **more: Any) -> Found:
    """One movement of a symphony in a box with two performances of it."""
    tags: dict[str, Any] = {
        "title": f"Symphony No. 5: {number}",
        "artist": conductor,
        "album": "The Box",
        "album_artist": "Beethoven",
        "position": position,
        "composers": ("Beethoven",),
        "composer_sort": "Beethoven, Ludwig van",
        "conductors": (conductor,),
        "work": "Symphony No. 5",
        "movement": ("Allegro", "Andante", "Scherzo")[number - 1],
        "movement_number": number,
        "movement_total": 3,
        "show_movement": True,
    }
    return found(f"box/{position}.flac", **(tags | more))


async def caught_up(db: Database, *files: Found) -> Database:
    await put(db, list(files))
    await index.catch_up(db)
    return db


async def rows(db: Database, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await db.rows(sql)]


async def test_credits_are_written_as_printed_with_role_and_instrument(db: Database) -> None:
    await caught_up(
        db,
        found(
            "a.flac",
            title="Song",
            artist="Singer",
            album="Album",
            composers=("Ann", "Ben"),
            conductors=("Carl",),
            performers=(
                Credit("Dora", "violin"),
                Credit("Dora", "viola"),
                Credit("City Phil", "orchestra"),
            ),
            credits=(Credit("Eve", "producer"), Credit("Fay", "remixer"), Credit("Gus", "cook")),
        ),
    )
    track = await about.track(db, EVERYTHING, None, TrackId(1))
    told = {
        role: [(each.artist.name, each.instrument) for each in named]
        for role, named in track.credits.items()
    }
    assert told == {
        "composer": [("Ann", ""), ("Ben", "")],
        "conductor": [("Carl", "")],
        "orchestra": [("City Phil", "")],
        "performer": [("Dora", "violin, viola")],
        "producer": [("Eve", "")],
        "remixer": [("Fay", "")],
    }
    assert list(told) == [role for role in credits.ROLES if role in told]


async def test_credits_follow_the_tags_when_they_change(db: Database) -> None:
    await caught_up(db, found("a.flac", title="Song", artist="S", album="A", composers=("Ann",)))
    await caught_up(db, found("a.flac", title="Song", artist="S", album="A", composers=("Ben",)))
    track = await about.track(db, EVERYTHING, None, TrackId(1))
    assert [each.artist.name for each in track.credits["composer"]] == ["Ben"]
    assert await rows(db, "SELECT COUNT(*) FROM track_artist WHERE role = 'artist'") == [(1,)]
    assert await rows(db, "SELECT COUNT(*) FROM search_pending") == [(0,)]


async def test_reading_again_what_did_not_change_notes_nothing(db: Database) -> None:
    files = [movement(n, "Kleiber", n) for n in (1, 2, 3)]
    await caught_up(db, *files)
    before = await rows(db, "SELECT * FROM search_key")
    await put(db, files)
    assert await rows(db, "SELECT COUNT(*) FROM search_pending") == [(0,)]
    await index.catch_up(db)
    assert await rows(db, "SELECT * FROM search_key") == before


async def test_person_with_a_credit_alone_has_a_page_but_no_place_in_the_list(
    db: Database,
) -> None:
    await caught_up(
        db,
        found("a.flac", title="Song", artist="Singer", album="A", composers=("Ann",)),
        found("b.flac", title="Own", artist="Ann", album="B", composers=("Ann",)),
        found("c.flac", title="Loud", artist="X", album="C", composers=("Zed",), explicit=True),
    )
    row = await db.row("SELECT id FROM artist WHERE name = 'Ann'")
    assert row is not None
    also = await about.also(db, EVERYTHING, None, row["id"])
    assert [(title, called(tracks)) for title, tracks in also] == [("Also composed", ["Song"])]
    zed = await db.row("SELECT id FROM artist WHERE name = 'Zed'")
    assert zed is not None
    assert (await catalogue.artist(db, EVERYTHING, None, zed["id"]))[0].name == "Zed"
    assert "Zed" not in called((await catalogue.artists(db, EVERYTHING, None)).items)
    with pytest.raises(NotFound):
        await catalogue.artist(db, CHILD, None, zed["id"])
    assert await about.also(db, CHILD, None, zed["id"]) == []


async def test_two_performances_of_one_work_stay_apart(db: Database) -> None:
    await caught_up(
        db,
        *[movement(n, "Kleiber", n) for n in (1, 2, 3)],
        *[movement(n, "Karajan", n + 3) for n in (1, 2, 3)],
        # once more by the same people
        *[movement(n, "Karajan", n + 6) for n in (1, 2)],
    )
    (work,) = (await works.every(db, EVERYTHING)).items
    assert (work.title, work.track_count, work.section) == ("Symphony No. 5", 8, "B")
    assert work.composer is not None
    assert work.composer.name == "Beethoven"
    _, performances = await works.one(db, EVERYTHING, None, work.id)
    assert [
        (each.performers, [told.number for _, told in each.tracks]) for each in performances
    ] == [(("Kleiber",), [1, 2, 3]), (("Karajan",), [1, 2, 3]), (("Karajan",), [1, 2])]


async def test_work_without_movements_and_track_without_work(db: Database) -> None:
    await caught_up(
        db,
        movement(1, "Kleiber", 1, movement="", movement_number=None, movement_total=None),
        movement(2, "Kleiber", 2, work="", movement=""),
    )
    told = await works.of_album(db, EVERYTHING, AlbumId(1))
    assert [(each.title, each.movement, each.number) for each in told.values()] == [
        ("Symphony No. 5", "", None)
    ]
    await caught_up(db, movement(1, "Kleiber", 1, work=""))
    assert await works.of_album(db, EVERYTHING, AlbumId(1)) == {}
    assert (await works.every(db, EVERYTHING)).items == []


async def test_works_hide_what_a_child_cannot_see(db: Database) -> None:
    await caught_up(
        db,
        movement(1, "Kleiber", 1),
        movement(2, "Kleiber", 2, explicit=True),
        movement(1, "Kleiber", 3, explicit=True, work="Rude Cantata"),
    )
    (work,) = (await works.every(db, CHILD)).items
    assert (work.title, work.track_count) == ("Symphony No. 5", 1)
    rude = await db.row("SELECT id FROM work WHERE title = 'Rude Cantata'")
    assert rude is not None
    with pytest.raises(NotFound):
        await works.one(db, CHILD, None, rude["id"])
    assert len(await works.of_album(db, CHILD, AlbumId(1))) == 1


async def test_works_are_paged_by_composer_and_title(db: Database) -> None:
    await caught_up(
        db,
        *[
            movement(
                1,
                "K",
                n,
                work=f"Work {n}",
                composers=(f"Composer {n % 3}",),
                composer_sort="",
            )
            for n in range(1, 12)
        ],
    )
    whole = (await works.every(db, EVERYTHING, limit=50)).items
    paged: list[works.Work] = []
    cursor: str | None = None
    while True:
        page = await works.every(db, EVERYTHING, limit=4, cursor=cursor)
        paged += page.items
        cursor = page.next
        if cursor is None:
            break
    assert paged == whole
    assert [work.title for work in whole][:4] == ["Work 3", "Work 6", "Work 9", "Work 1"]
    assert whole[0].composer is not None
    of_one = await works.every(db, EVERYTHING, composer=whole[0].composer.id)
    assert called(of_one.items) == ["Work 3", "Work 6", "Work 9"]


async def test_rights_moods_and_ids_are_kept_and_told(db: Database) -> None:
    await caught_up(
        db,
        found(
            "a.flac",
            title="Song",
            artist="S",
            album="A",
            isrc="DEF057400123",
            label="Small Records",
            copyright="1975 Somebody",
            license="https://example.org/a; https://example.org/b",
            moods=("Dark", "Calm"),
            original_date="1975",
            release_date="1995-03",
            recording_mbid="5b11f4ce-a62d-471e-81fc-a69a8278c7da",
        ),
        found("b.flac", title="Bare", artist="S", album="B"),
    )
    told = await about.track(db, EVERYTHING, None, TrackId(1))
    assert (told.isrc, told.label, told.copyright) == (
        "DEF057400123",
        "Small Records",
        "1975 Somebody",
    )
    assert (told.original_date, told.date) == ("1975", "1995-03")
    assert told.mbids == {"recording": "5b11f4ce-a62d-471e-81fc-a69a8278c7da"}
    assert await rows(db, "SELECT track_id, isrc, license FROM track_rights") == [
        (1, "DEF057400123", "https://example.org/a; https://example.org/b")
    ]
    of_label = await catalogue.albums(db, EVERYTHING, None, label="Small Records")
    of_mood = await catalogue.albums(db, EVERYTHING, None, mood="dark")
    assert called(of_label.items) == called(of_mood.items) == ["A"]


async def test_albums_of_one_kind_alone(db: Database) -> None:
    await caught_up(
        db,
        found("a.flac", title="T", artist="S", album="A", release_types=("album", "live")),
        found("b.flac", title="T", artist="S", album="B", release_types=("ep",)),
        found("c.flac", title="T", artist="S", album="C"),
    )

    async def of_kind(kind: str) -> list[str]:
        return called((await catalogue.albums(db, EVERYTHING, None, kind=kind)).items)

    assert (await of_kind("live"), await of_kind("album"), await of_kind("ep")) == (
        ["A"],
        ["A"],
        ["B"],
    )
    assert await of_kind("alb") == []


async def test_artists_of_one_name_are_told_apart_by_their_first_album(db: Database) -> None:
    def nirvana(album: str, mbid: str, **more: Any) -> Found:
        return found(
            f"{album}.flac", title="T", artist="Nirvana", album=album, artist_mbids=(mbid,), **more
        )

    await caught_up(
        db,
        nirvana("Bleach", "5b11f4ce-a62d-471e-81fc-a69a8278c7da", year=1989),
        nirvana("Nevermind", "5b11f4ce-a62d-471e-81fc-a69a8278c7da", year=1991),
        nirvana("All of Us", "9282c8b4-ca0b-4c6b-b7e3-4f7762dfc4d6", year=1968, explicit=True),
        found("b.flac", title="T", artist="Blur", album="Blur"),
    )
    everybody = [each.id for each in (await catalogue.artists(db, EVERYTHING, None)).items]
    told = await about.namesakes(db, EVERYTHING, everybody)
    assert sorted(told.values()) == ["All of Us", "Bleach"]
    # a child is not told that there is another one
    assert await about.namesakes(db, CHILD, everybody) == {}


async def test_sort_name_of_a_later_tag_is_taken_over(db: Database) -> None:
    await caught_up(db, found("a.flac", title="T", artist="Beethoven", album="A"))
    await caught_up(
        db,
        found("b.flac", title="U", artist="Beethoven", album="A", artist_sort="Van Beethoven"),
        found("c.flac", title="V", artist="Beethoven", album="A"),
    )
    assert await rows(db, "SELECT sort_name FROM artist") == [("van beethoven",)]


async def test_lists_open_at_each_letter_that_has_something(db: Database) -> None:
    names = ["Abba", "Bach", "Björk", "10cc", "Кино", "ヒカル", "The Who"]
    await caught_up(
        db,
        *[
            found(f"{n}.flac", title="T", artist=n, album_artist=n, album=n, explicit=n == "Bach")
            for n in names
        ],
        found("z.flac", title="T", artist="Zaz", album_artist="Zaz", album="Z", explicit=True),
    )
    for listing in ("artists", "albums by artist", "albums"):
        letters = await catalogue.sections(db, EVERYTHING, listing)  # type: ignore[arg-type]
        assert [letter for letter, _ in letters] == ["#", "A", "B", "W", "Z", "К", "は"], listing
        of_child = await catalogue.sections(db, CHILD, listing)  # type: ignore[arg-type]
        assert "Z" not in dict(of_child)
    cursor = dict(await catalogue.sections(db, EVERYTHING, "artists"))["B"]
    page = await catalogue.artists(db, EVERYTHING, None, cursor=cursor)
    assert called(page.items)[:3] == ["Bach", "Björk", "The Who"]
    assert catalogue.behind(cursor) is None
    cursor = dict(await catalogue.sections(db, EVERYTHING, "albums by artist"))["B"]
    by_artist = await catalogue.albums(db, EVERYTHING, None, sort="artist", cursor=cursor)
    assert called(by_artist.items)[:2] == ["Bach", "Björk"]
    page = await catalogue.artists(db, EVERYTHING, None, limit=2)
    assert catalogue.behind(page.next) == "abba"
    assert catalogue.behind("rubbish") is None


async def test_genres_of_two_spellings_are_one(db: Database) -> None:
    await caught_up(
        db,
        found("a.flac", title="T", artist="S", album="A", genres=("Hip-Hop",)),
        found("b.flac", title="U", artist="S", album="A", genres=("hip hop", "R&B")),
        found("c.flac", title="V", artist="S", album="A", genres=("RnB",)),
    )
    found_genres = (await catalogue.genres(db, EVERYTHING)).items
    assert sorted((each.name, each.track_count) for each in found_genres) == [
        ("Hip-Hop", 2),
        ("R&B", 2),
    ]


async def test_tags_of_another_shape_break_nothing(db: Database) -> None:
    await put(db, [found("a.flac", title="T", artist="S", album="A")])
    async with db.write() as tx:
        await tx.execute("UPDATE track SET tags = '{\"composers\": 7}'")
        await tx.execute(
            "INSERT INTO lyrics (track_id, position, source, synced, lines) "
            "VALUES (1, 0, 'file', 0, '[\"x\"]')"
        )
    await index.catch_up(db)
    assert (await about.track(db, EVERYTHING, None, TrackId(1))).credits == {}


async def test_what_was_indexed_before_is_found_after_a_change_by_its_new_words_alone(
    db: Database,
) -> None:
    await caught_up(db, found("a.flac", title="Old Name", artist="S", album="A"))
    await caught_up(db, found("a.flac", title="New Name", artist="S", album="A"))
    keys = {row[0] for row in await rows(db, "SELECT key FROM search_key WHERE kind = 3")}
    assert keys == {"newname"}
    assert await rows(db, "SELECT name FROM track_words") == [("new name",)]


async def test_row_that_is_gone_is_not_found_any_more(db: Database) -> None:
    await caught_up(db, found("a.flac", title="T", artist="S", album="A"))
    async with db.write() as tx:
        await tx.execute("DELETE FROM track_artist")
        await tx.execute("DELETE FROM album_artist")
        await tx.execute("DELETE FROM artist WHERE id = :id", {"id": ArtistId(1)})
    await index.catch_up(db)
    assert await rows(db, "SELECT * FROM artist_words") == []
    assert await rows(db, "SELECT * FROM search_key WHERE kind = 1") == []
