"""Finding things by words, as people type them."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homestream.db.connect import Database
from homestream.errors import BadInput
from homestream.formats.lrc import Line, Lyrics
from homestream.ids import LibraryId, ProfileId
from homestream.library import catalogue, search
from homestream.library.files import Found
from homestream.listening import playlists
from homestream.visibility import EVERYTHING, Visibility
from tests.library.explaining import Explaining
from tests.library.stock import called, found, put


@pytest.fixture
async def stocked(db: Database) -> Database:
    """Names with accents, signs and articles; one explicit track."""

    def track(title: str, artist: str, album: str, **tags: bool) -> Found:
        return found(
            f"{artist}/{album}/{title}.flac".replace("AC/DC", "ACDC"),
            title=title,
            artist=artist,
            album=album,
            album_artist=artist,
            **tags,
        )

    await put(
        db,
        [
            track("Jóga", "Björk", "Homogenic"),
            track("Hunter", "Björk", "Homogenic"),
            track("Thunderstruck", "AC/DC", "The Razors Edge"),
            track("Come Together", "The Beatles", "Abbey Road"),
            track("Beat It", "Michael Jackson", "Thriller"),
            track("Beat", "Beat", "Beat"),
            track("Don’t Stop", "Fleetwood Mac", "Rumours"),
            track("Rude Words", "Mono", "Loud", explicit=True),
        ],
    )
    return db


async def find(db: Database, q: str, **more: object) -> list[tuple[str, str]]:
    """Kind and name of what is found."""
    page = await search.search(db, EVERYTHING, None, q, **more)  # type: ignore[arg-type]
    return [
        (search.kind_of(hit), hit.text if isinstance(hit, search.Line) else called([hit])[0])
        for hit in page.items
    ]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("bjork", ("artist", "Björk")),
        ("BJÖRK", ("artist", "Björk")),
        ("bjo", ("artist", "Björk")),
        ("joga", ("track", "Jóga")),
        ("beatles", ("artist", "The Beatles")),
        ("the beatles", ("artist", "The Beatles")),
        ("abbey r", ("album", "Abbey Road")),
        ("ac/dc", ("artist", "AC/DC")),
        ("ac dc", ("artist", "AC/DC")),
        ("don't stop", ("track", "Don’t Stop")),
        ("thunder", ("track", "Thunderstruck")),
    ],
)
async def test_names_are_found_as_people_type_them(
    stocked: Database, q: str, first: tuple[str, str]
) -> None:
    assert (await find(stocked, q))[0] == first


async def test_words_may_stand_in_different_names(stocked: Database) -> None:
    assert await find(stocked, "together abbey beatles") == [("track", "Come Together")]
    assert await find(stocked, "homogenic bjork") == [
        ("album", "Homogenic"),
        ("track", "Jóga"),
        ("track", "Hunter"),
    ]


async def test_what_is_called_just_so_comes_first(stocked: Database) -> None:
    names = await find(stocked, "beat")
    assert names[:3] == [("artist", "Beat"), ("album", "Beat"), ("track", "Beat")]
    assert ("track", "Beat It") in names[3:]
    assert ("artist", "The Beatles") in names[3:]


async def test_all_words_must_be_there(stocked: Database) -> None:
    assert await find(stocked, "beatles thriller") == []


async def test_kind_can_be_chosen(stocked: Database) -> None:
    assert {kind for kind, _ in await find(stocked, "b", kind="album")} == {"album"}
    assert {kind for kind, _ in await find(stocked, "b")} == {"artist", "album", "track"}


async def test_child_does_not_find_what_is_explicit(stocked: Database) -> None:
    for q in ("rude", "mono", "loud"):
        assert await find(stocked, q) != []
        page = await search.search(stocked, Visibility(explicit=False), None, q)
        assert page.items == []


async def test_pages_follow_each_other(stocked: Database) -> None:
    whole = await search.search(stocked, EVERYTHING, None, "b")
    items: list[object] = []
    cursor: str | None = None
    while True:
        page = await search.search(stocked, EVERYTHING, None, "b", limit=2, cursor=cursor)
        items += page.items
        cursor = page.next
        if cursor is None:
            break
    assert items == whole.items
    with pytest.raises(BadInput):
        await search.search(stocked, EVERYTHING, None, "b", cursor="-1")


@pytest.mark.parametrize("q", ["", "   ", "!!!", '"', "*", "\0"])
async def test_no_words_find_nothing(stocked: Database, q: str) -> None:
    assert await find(stocked, q) == []


async def test_too_long_a_text_is_refused(stocked: Database) -> None:
    with pytest.raises(BadInput):
        await search.search(stocked, EVERYTHING, None, "a" * 201)


async def test_renamed_things_are_found_by_their_new_name_only(stocked: Database) -> None:
    await put(
        stocked,
        [
            found(
                "Björk/Homogenic/Jóga.flac",
                title="Stretching",
                artist="Björk",
                album="Homogenic",
                album_artist="Björk",
            )
        ],
    )
    assert await find(stocked, "joga") == []
    assert await find(stocked, "stretching") == [("track", "Stretching")]


@given(q=st.one_of(st.text(max_size=30), st.text(alphabet='ab"*():^-+ORANDNEAR {}', max_size=30)))
@settings(max_examples=150, deadline=None)
def test_nothing_typed_is_a_mistake(q: str) -> None:
    match = search.match_of(q)
    if match is None:
        return
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5 (x)")
    connection.execute("SELECT * FROM t WHERE t MATCH ?", (match,)).fetchall()
    connection.close()


async def test_limits_of_the_catalogue_hold(stocked: Database) -> None:
    with pytest.raises(BadInput):
        await search.search(stocked, EVERYTHING, None, "b", limit=catalogue.MOST + 1)


@pytest.fixture
async def wide(db: Database) -> Database:
    """Names in many scripts, with lyrics, composers, and one library that a child cannot see."""

    def track(title: str, artist: str, album: str, **tags: Any) -> Found:
        where = f"{artist}/{album}/{title}.flac".replace("AC/DC", "ACDC")
        tags.setdefault("album_artist", artist)
        return found(where, title=title, artist=artist, album=album, **tags)

    await put(
        db,
        [
            track("Help!", "The Beatles", "Help!"),
            track("Yesterday", "The Beatles", "Help!"),
            track("Beetlebum", "Blur", "Blur"),
            track("光", "宇多田ヒカル", "初恋", artist_sort="Utada, Hikaru"),
            track("Группа крови", "Кино", "Группа крови"),
            track("봄날", "방탄소년단", "Wings"),
            track("Ace of Spades", "Motörhead", "Ace of Spades"),
            track("So What", "P!nk", "Funhouse"),
            track("So What", "Miles Davis", "Kind of Blue"),
            track(
                "Yesterday Once More",
                "Carpenters",
                "Now & Then",
                lyrics=(
                    Lyrics(
                        language="eng",
                        synced=True,
                        lines=(
                            Line(1000, "When I was young I’d listen to the radio"),
                            Line(4000, "Waiting for my favorite songs"),
                        ),
                    ),
                ),
            ),
            track("Clair de lune", "Pascal Rogé", "Debussy", composers=("Claude Debussy",)),
            track("Sweary", "Grimeface", "Unspeakable", explicit=True, genres=("Grindcore",)),
        ],
    )
    return db


async def first(db: Database, q: str) -> tuple[str, str]:
    return (await find(db, q))[0]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("beatels", ("artist", "The Beatles")),
        ("beatle", ("artist", "The Beatles")),
        ("the baetles", ("artist", "The Beatles")),
        ("motorhaed", ("artist", "Motörhead")),
        ("motrohaed", ("artist", "Motörhead")),
        ("pink", ("artist", "P!nk")),
        ("utada", ("artist", "宇多田ヒカル")),
        ("hikaru utada", ("artist", "宇多田ヒカル")),
        ("ひかる", ("artist", "宇多田ヒカル")),
        ("kino", ("artist", "Кино")),
        ("gruppa krovi", ("album", "Группа крови")),
        ("방탄", ("artist", "방탄소년단")),
        ("bangtan", ("artist", "방탄소년단")),
        ("miles so what", ("track", "So What")),
        ("so what davis", ("track", "So What")),
        ("debussy clair", ("track", "Clair de lune")),
        ("favorite songs", ("lyrics", "Waiting for my favorite songs")),
    ],
)
async def test_search_forgives(wide: Database, q: str, expected: tuple[str, str]) -> None:
    assert await first(wide, q) == expected


async def test_what_was_meant_is_told_as_it_is_printed(wide: Database) -> None:
    async def meant(q: str) -> str | None:
        return (await search.find(wide, EVERYTHING, None, q)).meant

    assert await meant("beatels") == "Beatles"
    assert await meant("motorhaed spades") == "Motörhead Spades"
    assert await meant("motorhaed OF spad") == "Motörhead of Spades"
    assert await meant("beatles") is None
    assert await meant("qqqqqqqq") is None


@pytest.mark.parametrize(
    ("q", "hit"),
    [
        ("oyu wings", None),
        ("aec of spades", ("track", "Ace of Spades")),  # neighbours changed places
        ("axe of spades", ("track", "Ace of Spades")),  # one letter is wrong
        ("bce of spades", None),  # not the first one
        ("hwo what", None),
        ("nwo then", ("album", "Now & Then")),
        ("nox then", ("album", "Now & Then")),
        ("aec", ("track", "Ace of Spades")),
        ("eac", None),
    ],
)
async def test_slip_in_a_short_word_is_forgiven(
    wide: Database, q: str, hit: tuple[str, str] | None
) -> None:
    found = await find(wide, q)
    assert hit in found if hit else found == []


async def test_short_word_that_is_written_somewhere_is_no_slip(wide: Database) -> None:
    assert ("track", "Ace of Spades") not in await find(wide, "now of spades")
    assert {hit[1] for hit in await find(wide, "now")} <= {"Now & Then", "Yesterday Once More"}


async def test_composer_is_found_though_no_track_is_theirs(wide: Database) -> None:
    assert await find(wide, "claude debussy", kind="artist") == [("artist", "Claude Debussy")]
    assert ("track", "Clair de lune") in await find(wide, "claude debussy")


async def test_two_tracks_of_one_name_are_told_apart_by_their_artist(wide: Database) -> None:
    page = await search.search(wide, EVERYTHING, None, "so what miles", kind="track")
    assert [hit.artist_credit for hit in page.items] == ["Miles Davis"]  # type: ignore[union-attr]


async def test_line_of_the_lyrics_comes_with_its_time(wide: Database) -> None:
    (hit,) = (await search.search(wide, EVERYTHING, None, "listen to the rad", kind="lyrics")).items
    assert isinstance(hit, search.Line)
    assert hit.text == "When I was young I’d listen to the radio"
    assert (hit.start_ms, hit.track.title) == (1000, "Yesterday Once More")


async def test_child_is_not_told_of_what_is_hidden_not_even_as_a_correction(wide: Database) -> None:
    child = Visibility(explicit=False)
    for q in ("sweary", "swaery", "grimeface", "grimefaec", "unspeakble", "grindcore", "g", "gr"):
        for kind in (None, *search.KINDS):
            got = await search.find(wide, child, None, q, kind=kind)
            assert "Grimeface" not in str(got.page.items), q
            assert "Grindcore" not in str(got.page.items), q
            assert (got.meant or "").lower() not in ("sweary", "grimeface", "unspeakable"), q
    assert (await search.find(wide, EVERYTHING, None, "grimefaec")).meant == "Grimeface"
    nothing = Visibility(libraries=frozenset())
    for q in ("beatles", "beatels", "yesterday", "favorite songs", "utada", "kino"):
        got = await search.find(wide, nothing, None, q)
        assert (got.page.items, got.meant) == ([], None)


async def test_what_is_played_often_comes_before_what_is_not(wide: Database) -> None:
    before = await find(wide, "so what", kind="track")
    page = await search.search(wide, EVERYTHING, None, "so what", kind="track")
    last = page.items[-1]
    assert isinstance(last, catalogue.Track)
    listener = await listen(wide, last, times=3)
    page = await search.search(wide, EVERYTHING, listener, "so what", kind="track")
    assert page.items[0] == last
    assert sorted(await find(wide, "so what", kind="track")) == sorted(before)


async def test_playlists_are_found_by_their_own_listener_alone(wide: Database) -> None:
    page = await search.search(wide, EVERYTHING, None, "help", kind="track")
    track = page.items[0]
    assert isinstance(track, catalogue.Track)
    mine = await listen(wide, track, times=1)
    other = await person(wide, "other")
    await playlists.create(wide, EVERYTHING, mine, "Müde Sonntage", now=1.0)

    async def found_by(who: ProfileId, q: str) -> list[str]:
        got = await search.search(wide, EVERYTHING, who, q, kind="playlist")
        return called(got.items)

    assert await found_by(mine, "mude sonn") == ["Müde Sonntage"]
    assert await found_by(mine, "sontage") == ["Müde Sonntage"]
    assert await found_by(other, "sonntage") == []
    async with wide.write() as tx:
        await tx.execute(
            "INSERT INTO playlist_file (library_id, path, playlist_id, size, mtime_ns) "
            "SELECT 1, x'61', id, 1, 1 FROM playlist"
        )
    assert await found_by(other, "sonntage") == ["Müde Sonntage"]
    hidden = await search.search(
        wide, Visibility(libraries=frozenset()), other, "sonntage", kind="playlist"
    )
    assert hidden.items == []
    async with wide.write() as tx:
        await tx.execute("DELETE FROM playlist_file")
    assert (await search.find(wide, EVERYTHING, other, "sontage")).meant is None


async def test_groups_hold_each_kind_and_the_best_of_all(wide: Database) -> None:
    top, by_kind, meant = await search.groups(wide, EVERYTHING, None, "help", limit=5)
    assert isinstance(top, catalogue.Album)
    assert (top.title, meant) == ("Help!", None)
    assert called(by_kind["track"]) == ["Help!", "Yesterday"]
    assert by_kind["genre"] == []


@given(q=st.text(max_size=24) | st.text(alphabet='ab"*():^-+{}ORANDNEAR %_\0', max_size=24))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_text_is_answered(wide: Database, q: str) -> None:
    got = await search.find(wide, EVERYTHING, None, q)
    assert len(got.page.items) <= 50


async def person(db: Database, name: str) -> ProfileId:
    async with db.write() as tx:
        account = await tx.insert(
            "INSERT INTO account (name, role, password_hash, created_at) "
            "VALUES (:name, 'adult', '', 0)",
            {"name": name},
        )
        return ProfileId(
            await tx.insert(
                "INSERT INTO profile (account_id, name, colour, picture, created_at) "
                "VALUES (:account, :name, 'sky', 'fox', 0)",
                {"account": account, "name": name},
            )
        )


async def listen(db: Database, track: catalogue.Track, *, times: int) -> ProfileId:
    """Somebody who played a track."""
    listener = await person(db, f"listener of {track.id}")
    async with db.write() as tx:
        for number in range(times):
            await tx.insert(
                "INSERT INTO play (client_event_id, profile_id, recording_id, track_id, "
                "listening_session, started_at, tz_offset_minutes, received_at, device, source, "
                "played_ms, track_ms, ending) VALUES (:event, :listener, :recording, :track, '', "
                "1, 0, 1, '', 'album', 1, 1, 'done')",
                {
                    "event": str(number),
                    "listener": listener,
                    "recording": track.recording,
                    "track": track.id,
                },
            )
    return listener


async def test_no_search_reads_through_a_table(wide: Database) -> None:
    watched = Explaining(wide)
    for visibility in (EVERYTHING, Visibility(explicit=False, libraries=frozenset({LibraryId(1)}))):
        for q in (
            "b",
            "be",
            "yesterday once",
            "the beatels",
            "beatels motorhaed",
            "favorite songs",
        ):
            await search.groups(watched, visibility, ProfileId(1), q, limit=6)  # type: ignore[arg-type]
    steps = [step for plan in watched.plans for _, step in plan if "VIRTUAL TABLE" not in step]
    assert len(steps) > 500
    through = re.compile(r"^SCAN (track|album|artist|file|play|art|star|k|lyrics|search_[kw]\w+)\b")
    assert [step for step in steps if through.match(step)] == []
