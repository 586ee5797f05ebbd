"""The library's pages: home, artists, albums, genres, what is starred."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web

from homestream import ids
from homestream.household.access import Role
from homestream.ids import AlbumId, ArtistId, GenreId, TrackId
from homestream.library import about, artwork, catalogue, chapters, identity, licences, works
from homestream.library.catalogue import Album, Track
from homestream.listening import bookmarks, plays, stars
from homestream.server import answers
from homestream.server.pages import values
from homestream.server.pages import works as works_pages
from homestream.server.pages.render import page
from homestream.server.routing import Access, Call, Route

Cursor = Annotated[str, msgspec.Meta(max_length=2000)]
SORTS: Final = (
    ("artist", "Artist"),
    ("title", "Title"),
    ("added", "Recently added"),
    ("year", "Year"),
    ("played", "Most played"),
    ("random", "Random"),
)
PAGE: Final = 60
SHELF: Final = 18
_MOST_CHIPS: Final = 200
_PICKS: Final = 12
_WORKS: Final = 12
KINDS: Final = (
    ("album", "Albums"),
    ("ep", "EPs"),
    ("single", "Singles"),
    ("live", "Live"),
    ("compilation", "Compilations"),
    ("soundtrack", "Soundtracks"),
)
_LETTERED: Final[Mapping[str, Literal["artists", "albums by artist", "albums"]]] = {
    "artist": "albums by artist",
    "title": "albums",
}


class AlbumsQuery(msgspec.Struct, frozen=True):
    sort: catalogue.AlbumSort = "artist"
    starred: bool = False
    spoken: bool = False
    kind: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    label: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    mood: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    cursor: Cursor | None = None


class ArtistsQuery(msgspec.Struct, frozen=True):
    starred: bool = False
    cursor: Cursor | None = None


class PageQuery(msgspec.Struct, frozen=True):
    cursor: Cursor | None = None


async def home(call: Call) -> web.Response:
    """GET /"""
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    added, random, starred, artists, recent = await asyncio.gather(
        catalogue.albums(db, visibility, listener, sort="added", limit=SHELF),
        catalogue.albums(db, visibility, listener, sort="random", limit=SHELF),
        stars.albums(db, visibility, listener, limit=SHELF),
        catalogue.artists(db, visibility, listener, limit=SHELF),
        plays.recent(db, visibility, listener, limit=_PICKS),
    )
    scan = await call.home.scanner.current()
    tracks = [played.track for played in recent.items]
    return await page(
        call,
        "pages/home.html",
        greeting=values.greeting(time.localtime().tm_hour),
        added=added.items,
        random=random.items if len(random.items) > 1 else [],
        starred=starred.items,
        artists_found=artists.items,
        recent=tracks,
        again=_one_of_each_album(tracks),
        scan=ids.public("scan", scan.id) if scan and visibility.libraries is None else None,
        owner=call.who.role is Role.OWNER,
        offer=secrets.token_urlsafe(9),
    )


async def albums(call: Call) -> web.Response:
    """GET /albums"""
    query: AlbumsQuery = call.query
    found = await catalogue.albums(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        sort=query.sort,
        starred=query.starred,
        spoken=query.spoken,
        kind=query.kind or None,
        label=query.label or None,
        mood=query.mood.casefold() if query.mood else None,
        limit=PAGE,
        cursor=query.cursor,
    )
    spoken = query.spoken or bool(
        (
            await catalogue.albums(
                call.home.db, call.who.visibility, None, sort="title", spoken=True, limit=1
            )
        ).items
    )
    listing = _LETTERED.get(query.sort)
    filtered = bool(query.starred or query.spoken or query.kind or query.label or query.mood)
    long = _is_long(found.next, query.cursor)
    return await page(
        call,
        "pages/albums.html",
        any_spoken=spoken,
        spoken=query.spoken,
        albums=found,
        next=answers.next_page(call.request, found.next),
        sort=query.sort,
        sorts=SORTS,
        starred=query.starred,
        kind=query.kind or "",
        kinds=KINDS,
        label=query.label or "",
        mood=query.mood or "",
        letters=[]
        if listing is None or filtered or not long
        else await catalogue.sections(call.home.db, call.who.visibility, listing),
        grouped=[]
        if listing is None or not long
        else _lettered(
            [a.sort_artist if query.sort == "artist" else a.sort_title for a in found.items],
            query.cursor,
        ),
    )


async def album(call: Call) -> web.Response:
    """GET /albums/{album}"""
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    found, tracks = await catalogue.album(
        db, visibility, listener, AlbumId(ids.parse("album", call.path["album"]))
    )
    also: dict[TrackId, list[Track]] = {}
    for better, track in await catalogue.other_qualities(db, visibility, listener, found.id):
        also.setdefault(better, []).append(track)
    editions = await catalogue.editions(db, visibility, listener, found.id)
    movements = await works.of_album(db, visibility, found.id)
    others: list[Album] = []
    if found.artists and not found.compilation:
        more = await catalogue.albums(
            db, visibility, listener, sort="year", artist=found.artists[0].id, limit=SHELF + 1
        )
        apart = {found.id, *(edition.id for edition in editions)}
        others = [other for other in more.items if other.id not in apart][:SHELF]
    return await page(
        call,
        "pages/album.html",
        album=found,
        discs=_discs(found, tracks, movements),
        movements=movements,
        movement_title=works_pages.movement_title,
        others=others,
        also=also,
        editions=editions,
        owner=call.who.role is Role.OWNER,
        adult=call.who.role in (Role.OWNER, Role.ADULT),
        kind=_kind(found),
        facts=[*_album_facts(found), *_also(found, also)],
        chapters=await chapters.of_tracks(db, [track.id for track in tracks]),
        bookmark=await bookmarks.last_in(db, visibility, listener, found.id),
    )


async def artists(call: Call) -> web.Response:
    """GET /artists"""
    query: ArtistsQuery = call.query
    found = await catalogue.artists(
        call.home.db,
        call.who.visibility,
        call.listener.id,
        starred=query.starred,
        limit=PAGE,
        cursor=query.cursor,
    )
    long = _is_long(found.next, query.cursor)
    return await page(
        call,
        "pages/artists.html",
        artists=found,
        next=answers.next_page(call.request, found.next),
        starred=query.starred,
        letters=await catalogue.sections(call.home.db, call.who.visibility, "artists")
        if long and not query.starred
        else [],
        grouped=_lettered([each.sort_name for each in found.items], query.cursor) if long else [],
        known_by=await about.namesakes(
            call.home.db, call.who.visibility, [each.id for each in found.items]
        ),
    )


async def artist(call: Call) -> web.Response:
    """GET /artists/{artist}"""
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    found, of_them, top = await catalogue.artist(
        db, visibility, listener, ArtistId(ids.parse("artist", call.path["artist"]))
    )
    facts = [values.count(found.track_count, "track")] if found.track_count else []
    also = await about.also(db, visibility, listener, found.id)
    composed = await works.every(db, visibility, composer=found.id, limit=_WORKS + 1)
    known_by = (await about.namesakes(db, visibility, [found.id])).get(found.id)
    if found.album_count:
        facts.insert(0, values.count(found.album_count, "album"))
    return await page(
        call,
        "pages/artist.html",
        artist=found,
        top=top,
        groups=_by_kind(found.id, of_them),
        colour=await artwork.colour(db, found.art),
        facts=facts,
        also=also,
        works=composed.items[:_WORKS],
        more_works=len(composed.items) > _WORKS,
        known_by=known_by,
    )


async def genres(call: Call) -> web.Response:
    """GET /genres"""
    query: PageQuery = call.query
    found = await catalogue.genres(
        call.home.db, call.who.visibility, limit=PAGE, cursor=query.cursor
    )
    db, visibility, begins = call.home.db, call.who.visibility, query.cursor is None
    return await page(
        call,
        "pages/genres.html",
        genres=found,
        next=answers.next_page(call.request, found.next),
        moods=await licences.moods(db, visibility, limit=_MOST_CHIPS) if begins else [],
        labels=await licences.labels(db, visibility, limit=_MOST_CHIPS) if begins else [],
    )


async def genre(call: Call) -> web.Response:
    """GET /genres/{genre}"""
    query: PageQuery = call.query
    db, visibility = call.home.db, call.who.visibility
    found = await catalogue.genre(db, visibility, GenreId(ids.parse("genre", call.path["genre"])))
    of_it = await catalogue.albums(
        db,
        visibility,
        call.listener.id,
        sort="artist",
        genre=found.id,
        limit=PAGE,
        cursor=query.cursor,
    )
    return await page(
        call,
        "pages/genre.html",
        genre=found,
        albums=of_it,
        next=answers.next_page(call.request, of_it.next),
    )


async def starred(call: Call) -> web.Response:
    """GET /starred"""
    db, visibility, listener = call.home.db, call.who.visibility, call.listener.id
    tracks, of_albums, of_artists = await asyncio.gather(
        stars.tracks(db, visibility, listener, limit=200),
        stars.albums(db, visibility, listener, limit=SHELF),
        stars.artists(db, visibility, listener, limit=SHELF),
    )
    return await page(
        call,
        "pages/starred.html",
        tracks=tracks.items,
        albums=of_albums.items,
        artists_found=of_artists.items,
    )


async def library(call: Call) -> web.Response:
    """GET /library: the way to all lists on a small screen."""
    return await page(call, "pages/library.html")


def _is_long(following: str | None, cursor: str | None) -> bool:
    """Whether a list takes more than a page. In a short one letters would part what is seen at a
    glance."""
    return following is not None or cursor is not None


def _lettered(keys: Sequence[str], cursor: str | None) -> list[str]:
    """The letter that stands before each thing of a list, empty where it is that of the one before.

    A page that goes on under the letter of the page before does not repeat it.
    """
    before = catalogue.behind(cursor)
    letters = []
    last = identity.section(before) if before is not None else ""
    for key in keys:
        letter = identity.section(key)
        letters.append(letter if letter != last else "")
        last = letter
    return letters


def _one_of_each_album(tracks: list[Track]) -> list[Track]:
    return list({track.album: track for track in reversed(tracks)}.values())[::-1]


def _discs(
    found: Album, tracks: list[Track], movements: Mapping[TrackId, works.Movement]
) -> list[dict[str, Any]]:
    """The tracks by disc, with the disc's picture where it is not that of the album."""
    discs = []
    for number, group in itertools.groupby(tracks, key=lambda track: track.disc):
        of_it = list(group)
        pictures = {track.art for track in of_it}
        art = pictures.pop() if len(pictures) == 1 else None
        discs.append(
            {
                "number": number,
                "subtitle": of_it[0].disc_subtitle,
                "tracks": of_it,
                "parts": works_pages.parts(of_it, movements),
                "art": art if art != found.art else None,
            }
        )
    return discs


def _kind(found: Album) -> str:
    if found.spoken:
        return found.spoken.capitalize()
    kinds = [kind for kind in found.release_types if kind]
    if kinds:
        return " · ".join(k.upper() if k.lower() == "ep" else k.capitalize() for k in kinds)
    return "Compilation" if found.compilation else "Album"


def _album_facts(found: Album) -> list[str]:
    facts = []
    year = found.original_year or found.year
    if year:
        facts.append(str(year))
    if found.original_year and found.year and found.year != found.original_year:
        facts.append(f"this release {found.year}")
    return [*facts, values.count(found.track_count, "track"), values.length(found.duration)]


def _also(found: Album, also: Mapping[TrackId, list[Track]]) -> list[str]:
    """In which other qualities an album is there: "also as MP3"."""
    codecs = {values.codec(track.codec): None for others in also.values() for track in others}
    if not codecs:
        return []
    names = " and ".join(codecs)
    return [f"also as {names}" if len(also) == found.track_count else f"some also as {names}"]


def _by_kind(owner: ArtistId, found: list[Album]) -> list[tuple[str, list[Album]]]:
    """An artist's albums under headings, in the order in which people look for them."""
    headings: dict[str, list[Album]] = {
        "Albums": [],
        "EPs and singles": [],
        "Live": [],
        "Compilations": [],
        "Appears on": [],
    }
    for item in found:
        kinds = {kind.lower() for kind in item.release_types}
        if owner not in {ref.id for ref in item.artists}:
            headings["Appears on"].append(item)
        elif kinds & {"ep", "single"}:
            headings["EPs and singles"].append(item)
        elif "live" in kinds:
            headings["Live"].append(item)
        elif item.compilation or "compilation" in kinds:
            headings["Compilations"].append(item)
        else:
            headings["Albums"].append(item)
    return [(title, items) for title, items in headings.items() if items]


ROUTES: Final = [
    Route("GET", "/", home, Access.LISTENER),
    Route("GET", "/albums", albums, Access.LISTENER, query=AlbumsQuery),
    Route("GET", "/albums/{album}", album, Access.LISTENER),
    Route("GET", "/artists", artists, Access.LISTENER, query=ArtistsQuery),
    Route("GET", "/artists/{artist}", artist, Access.LISTENER),
    Route("GET", "/genres", genres, Access.LISTENER, query=PageQuery),
    Route("GET", "/genres/{genre}", genre, Access.LISTENER, query=PageQuery),
    Route("GET", "/starred", starred, Access.LISTENER),
    Route("GET", "/library", library, Access.LISTENER),
]
