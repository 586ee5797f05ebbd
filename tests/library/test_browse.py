"""Folders as they lie on disk, and who sees what in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import LibraryId
from homestream.library import browse
from homestream.library.scan import Scanner
from homestream.visibility import EVERYTHING, Visibility
from tests.library import music as made
from tests.library import stock

MUSIC = LibraryId(1)


async def names(db: Database, token: str = "", visibility: Visibility = EVERYTHING) -> list[str]:
    """All children, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        page = await browse.listing(db, visibility, None, MUSIC, token, limit=2, cursor=cursor)
        found += [f"{folder.name}/" for folder in page.folders]
        found += [track.title for track in page.tracks]
        cursor = page.next
        if cursor is None:
            return found


async def token(db: Database, *trail: str) -> str:
    at = ""
    for name in trail:
        page = await browse.listing(db, EVERYTHING, None, MUSIC, at, limit=200)
        at = next(folder.token for folder in page.folders if folder.name == name)
    return at


async def test_folders_and_tracks_come_in_the_order_of_the_disk(db: Database) -> None:
    paths = ["b.flac", "a/1.flac", "a/2.flac", "a-b/1.flac", "a.flac", "a/c/d/3.flac", "z/z.flac"]
    await stock.put(db, [stock.found(path, title=path) for path in paths])
    assert sorted(await names(db)) == ["a-b/", "a.flac", "a/", "b.flac", "z/"]
    assert await names(db, await token(db, "a")) == ["a/1.flac", "a/2.flac", "c/"]
    page = await browse.listing(db, EVERYTHING, None, MUSIC, await token(db, "a", "c", "d"))
    assert [folder.name for folder in page.trail] == ["a", "c", "d"]
    assert [track.title for track in page.tracks] == ["a/c/d/3.flac"]


async def test_folder_and_all_below_it_can_be_played(db: Database) -> None:
    paths = ["a/2.flac", "a/1.flac", "a/b/3.flac", "a0/4.flac", "5.flac"]
    await stock.put(db, [stock.found(path, title=path) for path in paths])
    found = await browse.below(db, EVERYTHING, None, MUSIC, await token(db, "a"))
    assert [track.title for track in found] == ["a/1.flac", "a/2.flac", "a/b/3.flac"]
    assert len(await browse.below(db, EVERYTHING, None, MUSIC)) == 5


async def test_what_may_not_be_seen_leaves_no_folder(db: Database) -> None:
    await stock.put(
        db,
        [
            stock.found("a/rude.flac", title="rude", explicit=True),
            stock.found("b/rude.flac", title="rude", explicit=True),
            stock.found("b/nice.flac", title="nice"),
        ],
    )
    child = Visibility(explicit=False)
    assert await names(db, visibility=child) == ["b/"]
    assert await names(db, await token(db, "b"), child) == ["nice"]
    with pytest.raises(NotFound):
        await names(db, await token(db, "a"), child)
    with pytest.raises(NotFound):
        await browse.below(db, child, None, MUSIC, await token(db, "a"))
    with pytest.raises(NotFound):
        await names(db, visibility=Visibility(libraries=frozenset([LibraryId(2)])))


async def test_name_that_is_no_text_is_shown_and_opened(
    db: Database, scanner: Scanner, music: Path
) -> None:
    odd = os.fsencode(music) + b"/caf\xe9 \n"
    os.mkdir(odd)
    made.song(music / "a.flac", 1, title="Inside")
    os.rename(music / "a.flac", odd + b"/\xff.flac")
    await scanner.run()
    (name,) = await names(db)
    assert name == "caf\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}/"
    assert await names(db, await token(db, name[:-1])) == ["Inside"]


@pytest.mark.parametrize("odd", ["@@@", "L2V0Yw", "YQ", "Li4vLi4", "A" * 6000])
async def test_token_that_names_no_folder_is_refused(db: Database, odd: str) -> None:
    await stock.put(db, [stock.found("b/1.flac", title="x")])
    with pytest.raises(NotFound):
        await browse.listing(db, EVERYTHING, None, MUSIC, odd)


async def test_cursor_of_another_folder_is_refused(db: Database) -> None:
    await stock.put(db, [stock.found(f"{name}/1.flac", title="x") for name in "abc"])
    first = await browse.listing(db, EVERYTHING, None, MUSIC, limit=1)
    with pytest.raises(BadInput):
        await browse.listing(
            db, EVERYTHING, None, MUSIC, await token(db, "c"), limit=1, cursor=first.next
        )


async def test_page_of_folders_reads_no_more_than_it_shows(db: Database) -> None:
    """The plan walks the index of paths and sorts nothing."""
    parameters = {
        "explicit": True,
        "libraries": None,
        "library": 1,
        "after": b"",
        "end": b"z",
        "length": 0,
        "limit": 10,
    }
    plan = [
        row["detail"] for row in await db.rows("EXPLAIN QUERY PLAN " + browse._CHILDREN, parameters)
    ]
    assert not [step for step in plan if "SCAN file" in step or "SCAN track" in step]
    assert len([step for step in plan if "file_path (library_id=? AND path" in step]) >= 2
