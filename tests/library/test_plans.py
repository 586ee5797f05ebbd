"""How SQLite goes about each list: along an index, never through a whole table.

A list that sorts, or looks at, all that there is costs more with every track; one that is read
along an index costs the same in a library of any size.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from itertools import combinations, product
from typing import Any, Final, get_args, get_type_hints

import msgspec
import pytest

from homestream.db.connect import Database
from homestream.ids import AlbumId, ArtistId, GenreId, LibraryId, ProfileId
from homestream.library import catalogue
from homestream.server import doors
from homestream.visibility import EVERYTHING, Visibility
from tests.library.explaining import Explaining, Plan
from tests.library.stock import found, put

LISTENER = ProfileId(1)
SEEING = {
    "everything": EVERYTHING,
    "child": Visibility(explicit=False, libraries=None),
    "one library": Visibility(explicit=True, libraries=frozenset({LibraryId(1)})),
}
# what each filter of a list in the API is asked for with; a new one has to be added here
ASKED: Final[dict[str, tuple[str, Any]]] = {
    "artist": ("artist", ArtistId(1)),
    "genre": ("genre", GenreId(1)),
    "starred": ("starred", True),
    "spoken": ("spoken", True),
    "release_type": ("kind", "live"),
    "label": ("label", "A label"),
    "mood": ("mood", "calm"),
}
LISTS: Final[dict[str, Callable[..., Awaitable[catalogue.Page[Any]]]]] = {
    "/api/v1/albums": catalogue.albums,
    "/api/v1/artists": catalogue.artists,
    "/api/v1/tracks": catalogue.tracks,
    "/api/v1/genres": lambda db, visibility, _, **more: catalogue.genres(db, visibility, **more),
}
# these leave what is one artist's, one person's, or spoken: that may be sorted
NARROW: Final = {"artist", "starred", "spoken"}
# these are asked of each row along the order of the list, or leave what they name
ASKED_OF_ROWS: Final = {"release_type", "label", "mood"}
LIBRARY = "album|track|artist|file|art|genre|album_artist|album_genre|track_artist|track_genre"
SCAN = re.compile(rf"SCAN ({LIBRARY}|other|better)\b(?: USING (?:COVERING )?INDEX (\w+))?")
# of all that there is, a page may be read along these
ALONG = {
    "album_sort",
    "album_artist_sort",
    "album_added",
    "album_year",
    "artist_sort",
    "track_sort",
    "track_added",
    "sqlite_autoindex_genre_1",
}

# holds nothing but what is spoken
SPOKEN = "track_spoken"


@pytest.fixture
async def explaining(db: Database) -> Explaining:
    await put(
        db,
        [
            found(
                f"{number}.flac",
                title=f"Song {number}",
                artist="Anna",
                album=f"Album {number // 2}",
                album_artist="Anna",
                genres=("Pop",),
            )
            for number in range(8)
        ],
    )
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO account (id, name, role, password_hash, created_at) "
            "VALUES (1, 'Ada', 'owner', '', 1)"
        )
        await tx.execute(
            "INSERT INTO profile (id, account_id, name, colour, picture, created_at) "
            "VALUES (1, 1, 'Ada', 'sea', 'note', 1)"
        )
        for kind in ("track", "album", "artist"):
            for item in (1, 2, 3):
                await tx.execute(
                    "INSERT INTO star (profile_id, kind, item_id, starred_at) "
                    "VALUES (1, :kind, :item, 1)",
                    {"kind": kind, "item": item},
                )
    return Explaining(db)


def whole_tables(plans: list[Plan], *, filtered: bool = False) -> list[str]:
    """What goes through a table of the library from its beginning to its end."""
    wrong = []
    for top, step in (each for plan in plans for each in plan):
        scan = SCAN.match(step)
        if scan and scan[2] != SPOKEN and not (top and scan[2] in ALONG and not filtered):
            wrong.append(step)
    return wrong


def scanned(plans: list[Plan]) -> list[str]:
    return [step for plan in plans for top, step in plan if top and SCAN.match(step)]


def sorted_wholes(plans: list[Plan]) -> list[str]:
    return [step for plan in plans for top, step in plan if top and "TEMP B-TREE" in step]


def ways_of(path: str) -> list[tuple[str | None, tuple[str, ...]]]:
    """Every sort of a list in the route table with every filter, and with every two of them."""
    (route,) = [
        route
        for door in doors.ROUTES
        for route in door
        if (route.method, route.path) == ("GET", path)
    ]
    assert route.query is not None
    hints = get_type_hints(route.query)
    sorts = get_args(hints["sort"]) if "sort" in hints else (None,)
    filters = [
        field.name
        for field in msgspec.structs.fields(route.query)
        if field.name not in ("limit", "cursor", "sort")
    ]
    chosen = [(), *((each,) for each in filters), *combinations(filters, 2)]
    return list(product(sorts, chosen))


@pytest.mark.parametrize("seeing", SEEING)
@pytest.mark.parametrize("path", LISTS)
async def test_every_sort_with_every_filter_is_read_along_an_index(
    explaining: Explaining, path: str, seeing: str
) -> None:
    wrong = []
    for sort, chosen in ways_of(path):
        explaining.plans.clear()
        more = {} if sort is None else {"sort": sort}
        more |= dict(ASKED[each] for each in chosen)
        page = await LISTS[path](explaining, SEEING[seeing], LISTENER, limit=1, **more)
        if page.next is not None:
            await LISTS[path](
                explaining, SEEING[seeing], LISTENER, limit=1, cursor=page.next, **more
            )
        assert explaining.plans
        narrow = NARROW.intersection(chosen)
        along = whole_tables(explaining.plans, filtered=bool(narrow) or "genre" in chosen)
        # what is sorted after it was read: one person's plays, what a narrow filter leaves, ...
        may_be_sorted = (
            narrow
            or sort == "played"
            or (sort == "random" and chosen)  # sorts what its filter leaves
            or (ASKED_OF_ROWS.intersection(chosen) and not scanned(explaining.plans))
        )
        if along or (sorted_wholes(explaining.plans) and not may_be_sorted):
            wrong.append((sort, chosen, explaining.plans))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("seeing", SEEING)
async def test_artists_genres_and_single_things_are_found_by_index(
    explaining: Explaining, seeing: str
) -> None:
    db: Any = explaining
    visibility = SEEING[seeing]
    await catalogue.artists(db, visibility, LISTENER)
    await catalogue.genres(db, visibility)
    assert sorted_wholes(explaining.plans) == []
    await catalogue.artists(db, visibility, LISTENER, starred=True)
    await catalogue.album(db, visibility, LISTENER, AlbumId(1))
    await catalogue.artist(db, visibility, LISTENER, ArtistId(1))
    await catalogue.genre(db, visibility, GenreId(1))
    await catalogue.tracks_by_id(db, visibility, LISTENER, [])
    assert whole_tables(explaining.plans) == []
