"""The API of the library: albums, artists, tracks, genres, covers, and scanning it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, cast

import msgspec
from aiohttp import web
from msgspec import Meta

from homestream import ids
from homestream.errors import BadInput, NotFound
from homestream.household.access import Role
from homestream.ids import (
    AlbumId,
    ArtId,
    ArtistId,
    GenreId,
    LibraryId,
    ProfileId,
    ScanId,
    TrackId,
)
from homestream.library import artwork, catalogue, drawn, libraries, scan
from homestream.server import answers
from homestream.server.api import schema
from homestream.server.api.schema import Items, Paging, PublicId
from homestream.server.routing import Access, Call, Route

_FOR_EVER: Final = "private, max-age=31536000, immutable"
_FOR_A_WHILE: Final = "private, max-age=300"


class AlbumsQuery(Paging, frozen=True):
    sort: catalogue.AlbumSort = "title"
    artist: PublicId | None = None
    genre: PublicId | None = None
    starred: bool = False
    spoken: bool = False
    release_type: Annotated[str, Meta(max_length=40, examples=["live"])] | None = None
    label: Annotated[str, Meta(max_length=1000)] | None = None
    mood: Annotated[str, Meta(max_length=1000)] | None = None


class ArtistsQuery(Paging, frozen=True):
    sort: catalogue.ArtistSort = "name"
    starred: bool = False


class TracksQuery(Paging, frozen=True):
    sort: catalogue.TrackSort = "title"
    artist: PublicId | None = None
    genre: PublicId | None = None
    starred: bool = False


class RejectedQuery(Paging, frozen=True):
    library: PublicId | None = None


class OtherQuality(msgspec.Struct, frozen=True):
    """A track that is listed in a better quality, and which that is."""

    better: PublicId
    track: schema.Track


class AlbumWithTracks(schema.Album, frozen=True, kw_only=True):
    """Each piece is listed once, in its best quality."""

    tracks: list[schema.Track]
    other_qualities: list[OtherQuality]


class ArtistWithAlbums(schema.Artist, frozen=True, kw_only=True):
    """Their own albums, then those they are on; and the tracks that this house plays most."""

    albums: list[schema.Album]
    top_tracks: list[schema.Track]


class SoundFile(msgspec.Struct, frozen=True):
    """The file of a track. `path` is told to the owner alone."""

    path: str | None
    size: int
    container: str
    codec: str
    profile: str | None
    sample_rate: int
    channels: int
    layout: str
    bit_depth: int | None
    bit_rate: int | None
    samples: int
    samples_exact: bool
    delay_samples: int


class TrackWithFile(schema.Track, frozen=True, kw_only=True):
    file: SoundFile


class LyricsWord(msgspec.Struct, frozen=True):
    """A word or a syllable, with the space behind it."""

    start_ms: int
    end_ms: int | None
    text: str


class LyricsLine(msgspec.Struct, frozen=True):
    """Times count from the start of the track. The texts of `words`, if any, make up `text`."""

    start_ms: int | None
    end_ms: int | None
    text: str
    agent: str
    words: list[LyricsWord]


class Lyrics(msgspec.Struct, frozen=True):
    """One text of a track: what is sung, or a translation of it. Lines of a synced one are in the
    order of their times."""

    source: Literal["file", "embedded"]
    form: Literal["ttml", "elrc", "lrc", "srt", "txt", ""]
    language: str
    synced: bool
    translation: bool
    lines: list[LyricsLine]


class Scan(msgspec.Struct, frozen=True):
    """A scan. It is done when the music can be browsed and played."""

    id: PublicId
    state: Literal["running", "done", "failed"]
    stage: Literal["looking", "reading", "finishing", "done"]
    started_at: str
    finished_at: str | None
    found: int
    done: int
    added: int
    updated: int
    moved: int
    away: int
    rejected: int
    error: str | None


class Rejected(msgspec.Struct, frozen=True):
    library: PublicId
    path: str
    reason: str
    rejected_at: str


class FailedArt(msgspec.Struct, frozen=True):
    """A picture that cannot be shown. With `inside`, `path` is of a sound file that holds it."""

    library: PublicId
    path: str
    inside: bool
    reason: str


class AddLibrary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    path: Annotated[str, Meta(min_length=1, max_length=4096)]


# lists and things --------------------------------------------------------------------------------


async def list_albums(call: Call) -> Items[schema.Album]:
    query: AlbumsQuery = call.query
    page = await catalogue.albums(
        call.home.db,
        call.who.visibility,
        _listener(call),
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
        artist=_artist(query.artist),
        genre=_genre(query.genre),
        starred=query.starred,
        spoken=query.spoken,
        kind=query.release_type and query.release_type.lower(),
        label=query.label,
        mood=query.mood and query.mood.casefold(),
    )
    return Items([schema.album(row) for row in page.items], _next(call, page.next))


async def get_album(call: Call) -> AlbumWithTracks:
    album = AlbumId(ids.parse("album", call.path["album"]))
    db, visibility, listener = call.home.db, call.who.visibility, _listener(call)
    row, tracks, others = await catalogue.album_in_qualities(db, visibility, listener, album)
    return AlbumWithTracks(
        **msgspec.structs.asdict(schema.album(row)),
        tracks=[schema.track(each) for each in tracks],
        other_qualities=[
            OtherQuality(ids.public("track", better), schema.track(each)) for better, each in others
        ],
    )


async def list_artists(call: Call) -> Items[schema.Artist]:
    query: ArtistsQuery = call.query
    page = await catalogue.artists(
        call.home.db,
        call.who.visibility,
        _listener(call),
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
        starred=query.starred,
    )
    return Items([schema.artist(row) for row in page.items], _next(call, page.next))


async def get_artist(call: Call) -> ArtistWithAlbums:
    artist = ArtistId(ids.parse("artist", call.path["artist"]))
    row, albums, top = await catalogue.artist(
        call.home.db, call.who.visibility, _listener(call), artist
    )
    return ArtistWithAlbums(
        **msgspec.structs.asdict(schema.artist(row)),
        albums=[schema.album(each) for each in albums],
        top_tracks=[schema.track(each) for each in top],
    )


async def list_tracks(call: Call) -> Items[schema.Track]:
    query: TracksQuery = call.query
    page = await catalogue.tracks(
        call.home.db,
        call.who.visibility,
        _listener(call),
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
        artist=_artist(query.artist),
        genre=_genre(query.genre),
        starred=query.starred,
    )
    return Items([schema.track(row) for row in page.items], _next(call, page.next))


async def get_track(call: Call) -> TrackWithFile:
    track = TrackId(ids.parse("track", call.path["track"]))
    db, visibility = call.home.db, call.who.visibility
    row = await catalogue.track(db, visibility, _listener(call), track)
    file = await catalogue.file(db, visibility, track)
    facts = {
        name: getattr(file.facts, name) for name in file.facts.__struct_fields__ if name != "index"
    }
    path = file.path if call.who.role is Role.OWNER else None
    return TrackWithFile(
        **msgspec.structs.asdict(schema.track(row)),
        file=SoundFile(path=path, size=file.size, **facts),
    )


async def get_lyrics(call: Call) -> Items[Lyrics]:
    track = TrackId(ids.parse("track", call.path["track"]))
    texts = await catalogue.lyrics(call.home.db, call.who.visibility, track)
    return Items(
        [
            Lyrics(
                source=text.source,
                form=cast(Any, text.form),
                language=text.language,
                synced=text.synced,
                translation=text.translation,
                lines=[
                    LyricsLine(
                        line.start_ms,
                        line.end_ms,
                        line.text,
                        line.agent,
                        [LyricsWord(word.start_ms, word.end_ms, word.text) for word in line.words],
                    )
                    for line in text.lines
                ],
            )
            for text in texts
        ]
    )


async def list_genres(call: Call) -> Items[schema.Genre]:
    query: Paging = call.query
    page = await catalogue.genres(
        call.home.db, call.who.visibility, limit=query.limit, cursor=query.cursor
    )
    return Items([schema.genre(row) for row in page.items], _next(call, page.next))


async def get_genre(call: Call) -> schema.Genre:
    genre = GenreId(ids.parse("genre", call.path["genre"]))
    return schema.genre(await catalogue.genre(call.home.db, call.who.visibility, genre))


async def get_art(call: Call) -> web.StreamResponse:
    """A thumbnail; the picture behind an id never changes, so it may be kept for ever.

    Without a suffix, its kind is what the asker says it accepts.
    """
    kind = call.path.get("kind")
    accepts = call.request.headers.get("Accept", "")
    name, size = call.path["art"], call.path["size"]
    if not name.startswith("pi-"):
        return await _art_of(call, name, int(size), kind)
    made = kind or ("webp" if "image/webp" in accepts else "jpg")
    found = await artwork.kept(
        call.home.db,
        call.home.pool,
        call.home.art_folder,
        call.who.visibility,
        ArtId(ids.parse("art", name)),
        int(size),
        made,
    )
    headers = {
        "Content-Type": "image/webp" if made == "webp" else "image/jpeg",
        "Cache-Control": _FOR_EVER,
    }
    if not kind:
        headers["Vary"] = "Accept"
    if not isinstance(found, bytes):
        return web.FileResponse(found, headers=headers)
    headers["ETag"] = tag = f'"{name}-{size}-{made}"'
    if tag in call.request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    return web.Response(body=found, headers=headers)


async def _art_of(call: Call, item: str, size: int, kind: str | None) -> web.StreamResponse:
    """The picture that a thing has now, or the drawing for one that has none."""
    art, name, initials = await _picture_of(call, item)
    if art is None and kind is not None:
        raise NotFound(f"{item} has no picture")
    if art is None:
        return web.Response(
            text=drawn.draw(name, at=initials, of=item),
            content_type="image/svg+xml",
            headers={"Cache-Control": _FOR_A_WHILE, "Vary": "Accept"},
        )
    accepts = "image/webp" in call.request.headers.get("Accept", "")
    path = await artwork.thumbnail(
        call.home.db,
        call.home.pool,
        call.home.art_folder,
        call.who.visibility,
        art,
        size,
        kind or ("webp" if accepts else "jpg"),
    )
    headers = {
        "Content-Type": "image/webp" if path.suffix == ".webp" else "image/jpeg",
        "Cache-Control": _FOR_A_WHILE,
        "Vary": "Accept",
    }
    return web.FileResponse(path, headers=headers)


async def _picture_of(call: Call, item: str) -> tuple[ArtId | None, str, drawn.Initials]:
    """The picture, the name, and where initials stand in a drawing; NotFound."""
    db, visibility, listener = call.home.db, call.who.visibility, _listener(call)
    match item[:3]:
        case "al-":
            wanted = AlbumId(ids.parse("album", item))
            for album in await catalogue.albums_by_id(db, visibility, listener, [wanted]):
                return album.art, album.title, "corner"
        case "ar-":
            whose = ArtistId(ids.parse("artist", item))
            for artist in await catalogue.artists_by_id(db, visibility, listener, [whose]):
                return artist.art, artist.name, "middle"
        case "tr-":
            track = TrackId(ids.parse("track", item))
            row = await catalogue.track(db, visibility, listener, track)
            return row.art, row.album_title, "corner"
        case "ge-":
            genre = await catalogue.genre(db, visibility, GenreId(ids.parse("genre", item)))
            return genre.art, genre.name, "none"
    raise NotFound(f"{item[:40]!r} is nothing that has a picture")


async def list_failed_art(call: Call) -> Items[FailedArt]:
    query: Paging = call.query
    begin = _offset(query.cursor)
    rows = await artwork.failed(call.home.db, limit=query.limit + 1, begin=begin)
    more = len(rows) > query.limit
    return Items(
        [
            FailedArt(ids.public("library", row.library), row.path, row.inside, row.reason)
            for row in rows[: query.limit]
        ],
        _next(call, str(begin + query.limit) if more else None),
    )


# scans and libraries -----------------------------------------------------------------------------


async def list_scans(call: Call) -> Items[Scan]:
    query: Paging = call.query
    before = None if query.cursor is None else ScanId(ids.parse("scan", query.cursor))
    rows = await call.home.scanner.recent(query.limit + 1, before=before)
    more = len(rows) > query.limit
    cursor = ids.public("scan", rows[query.limit - 1].id) if more else None
    return Items([_told(call, row) for row in rows[: query.limit]], _next(call, cursor))


async def start_scan(call: Call) -> Scan:
    return _scan(await call.home.scanner.request())


async def get_scan(call: Call) -> Scan:
    return _told(call, await call.home.scanner.get(ScanId(ids.parse("scan", call.path["scan"]))))


async def list_rejected(call: Call) -> Items[Rejected]:
    query: RejectedQuery = call.query
    begin = _offset(query.cursor)
    library = None if query.library is None else LibraryId(ids.parse("library", query.library))
    rows = await call.home.scanner.rejected(library=library, limit=query.limit + 1, begin=begin)
    more = len(rows) > query.limit
    return Items(
        [
            Rejected(
                library=ids.public("library", row.library),
                path=row.path,
                reason=row.reason,
                rejected_at=schema.moment(row.rejected_at),
            )
            for row in rows[: query.limit]
        ],
        _next(call, str(begin + query.limit) if more else None),
    )


async def list_libraries(call: Call) -> Items[schema.Library]:
    rows = await libraries.every(call.home.db, call.who.visibility)
    if call.who.role is not Role.OWNER:
        rows = [msgspec.structs.replace(row, path="") for row in rows]
    return Items([schema.library(row) for row in rows])


async def add_library(call: Call) -> schema.Library:
    body: AddLibrary = call.body
    added = await libraries.add(call.home.db, body.name, body.path)
    rows = await libraries.every(call.home.db)
    return schema.library(next(row for row in rows if row.id == added))


def _listener(call: Call) -> ProfileId | None:
    return call.who.listener.id if call.who.listener else None


def _artist(text: str | None) -> ArtistId | None:
    return None if text is None else ArtistId(ids.parse("artist", text))


def _genre(text: str | None) -> GenreId | None:
    return None if text is None else GenreId(ids.parse("genre", text))


def _next(call: Call, cursor: str | None) -> str | None:
    return answers.next_page(call.request, cursor)


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise BadInput("cursor is not one of ours")
    return int(cursor)


def _told(call: Call, row: scan.Scan) -> Scan:
    """A scan, without its numbers for one who may not see every library."""
    if call.who.visibility.libraries is None:
        return _scan(row)
    numbers = dict.fromkeys(("found", "done", "added", "updated", "moved", "away", "rejected"), 0)
    return msgspec.structs.replace(_scan(row), **numbers, error=None)


def _scan(row: scan.Scan) -> Scan:
    return Scan(
        id=ids.public("scan", row.id),
        state=row.state,
        stage=row.stage,
        started_at=schema.moment(row.started_at),
        finished_at=None if row.finished_at is None else schema.moment(row.finished_at),
        found=row.found,
        done=row.done,
        added=row.added,
        updated=row.updated,
        moved=row.moved,
        away=row.away,
        rejected=row.rejected,
        error=row.error,
    )


_V1: Final = "/api/v1"
_MEMBER: Final = Access.ACCOUNT
_OWNER: Final = Access.OWNER

ROUTES: Final = (
    Route(
        "GET",
        f"{_V1}/albums",
        list_albums,
        _MEMBER,
        "Albums",
        query=AlbumsQuery,
        answer=Items[schema.Album],
    ),
    Route(
        "GET",
        f"{_V1}/albums/{{album}}",
        get_album,
        _MEMBER,
        "One album with its tracks",
        answer=AlbumWithTracks,
    ),
    Route(
        "GET",
        f"{_V1}/artists",
        list_artists,
        _MEMBER,
        "Artists",
        query=ArtistsQuery,
        answer=Items[schema.Artist],
    ),
    Route(
        "GET",
        f"{_V1}/artists/{{artist}}",
        get_artist,
        _MEMBER,
        "One artist with albums and top tracks",
        answer=ArtistWithAlbums,
    ),
    Route(
        "GET",
        f"{_V1}/tracks",
        list_tracks,
        _MEMBER,
        "Tracks",
        query=TracksQuery,
        answer=Items[schema.Track],
    ),
    Route(
        "GET",
        f"{_V1}/tracks/{{track}}",
        get_track,
        _MEMBER,
        "One track with its file",
        answer=TrackWithFile,
    ),
    Route(
        "GET",
        f"{_V1}/tracks/{{track}}/lyrics",
        get_lyrics,
        _MEMBER,
        "The lyrics of a track, the best text first",
        answer=Items[Lyrics],
    ),
    Route(
        "GET",
        f"{_V1}/genres",
        list_genres,
        _MEMBER,
        "Genres",
        query=Paging,
        answer=Items[schema.Genre],
    ),
    Route("GET", f"{_V1}/genres/{{genre}}", get_genre, _MEMBER, "One genre", answer=schema.Genre),
    Route(
        "GET",
        f"{_V1}/art/failed",
        list_failed_art,
        _OWNER,
        "Pictures that cannot be shown, and why",
        query=Paging,
        answer=Items[FailedArt],
    ),
    Route(
        "GET",
        f"{_V1}/art/{{art}}/{{size:96|320|640|960}}.{{kind:webp|jpg}}",
        get_art,
        Access.LINK,
        "A cover, by its longer side in pixels; also that of an album, artist, track or genre",
    ),
    Route(
        "GET",
        f"{_V1}/art/{{art}}/{{size:96|320|640|960}}",
        get_art,
        Access.LINK,
        "A cover as WebP or JPEG, whichever is accepted, or a drawing for what has none",
    ),
    Route(
        "GET",
        f"{_V1}/scans",
        list_scans,
        _MEMBER,
        "Scans, the newest first",
        query=Paging,
        answer=Items[Scan],
    ),
    Route(
        "POST",
        f"{_V1}/scans",
        start_scan,
        _OWNER,
        "Start a scan or join the one that runs",
        answer=Scan,
        status=202,
    ),
    Route(
        "GET",
        f"{_V1}/scans/rejected",
        list_rejected,
        _OWNER,
        "Files that cannot be read, and why",
        query=RejectedQuery,
        answer=Items[Rejected],
    ),
    Route("GET", f"{_V1}/scans/{{scan}}", get_scan, _MEMBER, "One scan", answer=Scan),
    Route(
        "GET",
        f"{_V1}/libraries",
        list_libraries,
        _MEMBER,
        "Folders of music",
        answer=Items[schema.Library],
    ),
    Route(
        "POST",
        f"{_V1}/libraries",
        add_library,
        _OWNER,
        "Add a folder of music",
        body=AddLibrary,
        answer=schema.Library,
        status=201,
    ),
)
