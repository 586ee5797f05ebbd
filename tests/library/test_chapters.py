"""Audiobooks: their chapters, and how their albums are told from music."""

from __future__ import annotations

import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import TrackId
from homestream.library import catalogue, chapters
from homestream.media.tags import Chapter
from homestream.visibility import EVERYTHING, Visibility
from tests.library import stock


async def test_book_of_twenty_hours_has_its_300_chapters(db: Database) -> None:
    marks = tuple(Chapter(number * 240_000, f"Chapter {number}") for number in range(300))
    book = stock.found("book.m4b", title="Book", album="Book", audiobook=True, chapters=marks)
    await stock.put(db, [book, stock.found("song.flac", title="Song", album="Songs")])
    found = await chapters.of(db, EVERYTHING, TrackId(1))
    assert len(found) == 300
    assert (found[299].start, found[299].title) == (299 * 240, "Chapter 299")
    assert await chapters.of(db, EVERYTHING, TrackId(2)) == []
    # read again with fewer
    await stock.put(db, [stock.found("book.m4b", title="Book", album="Book", chapters=marks[:2])])
    assert len(await chapters.of(db, EVERYTHING, TrackId(1))) == 2


async def test_chapters_are_hidden_with_their_track(db: Database) -> None:
    await stock.put(
        db, [stock.found("a.m4b", title="A", explicit=True, chapters=(Chapter(0, "Secret"),))]
    )
    with pytest.raises(NotFound):
        await chapters.of(db, Visibility(explicit=False), TrackId(1))


async def test_spoken_albums_are_marked_and_listed_apart(db: Database) -> None:
    await stock.put(
        db,
        [
            stock.found("b/book.m4b", title="Book", album="Book", audiobook=True),
            stock.found("p/cast.mp3", title="Cast", album="Cast", podcast=True),
            stock.found("s/song.flac", title="Song", album="Songs"),
        ],
    )
    every = (await catalogue.albums(db, EVERYTHING, None)).items
    assert {album.title: album.spoken for album in every} == {
        "Book": "audiobook",
        "Cast": "podcast",
        "Songs": "",
    }
    spoken = await catalogue.albums(db, EVERYTHING, None, spoken=True)
    assert stock.called(spoken.items) == ["Book", "Cast"]
    track = await catalogue.track(db, EVERYTHING, None, TrackId(1))
    assert track.spoken == "audiobook"
