"""Asking the library: artists, albums, tracks and genres as one listener may see them.

Every list goes through one `Visibility` and is bounded and paged by cursor: `next` is an opaque
text that stands for the last row's sort keys.
"""

# ruff: noqa: S608 - statements are made of fragments that all stand in this module

from __future__ import annotations

import base64
import binascii
import itertools
import math
import os
import random
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec

from homestream import ids
from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.formats.lrc import Line
from homestream.ids import (
    AlbumId,
    ArtId,
    ArtistId,
    GenreId,
    LibraryId,
    ProfileId,
    RecordingId,
    TrackId,
)
from homestream.library import identity
from homestream.media.facts import LOSSLESS, Facts
from homestream.visibility import EVERYTHING, Visibility

T = TypeVar("T")

_REFS: Final = msgspec.json.Decoder(list[tuple[int, str]])


class ArtistRef(msgspec.Struct, frozen=True):
    id: ArtistId
    name: str


class Track(msgspec.Struct, frozen=True):
    id: TrackId
    recording: RecordingId
    title: str
    artists: tuple[ArtistRef, ...]
    artist_credit: str  # as printed
    album: AlbumId
    album_title: str
    disc: int
    position: int | None
    disc_subtitle: str | None
    year: int | None
    duration: float  # seconds
    explicit: bool
    art: ArtId | None
    starred: bool
    away: bool
    codec: str
    sample_rate: int
    bit_depth: int | None
    bit_rate: int | None
    lossless: bool
    added_at: int  # Unix ms
    spoken: str = ""  # "audiobook", "podcast"


class Album(msgspec.Struct, frozen=True):
    id: AlbumId
    title: str
    artists: tuple[ArtistRef, ...]
    artist_credit: str
    year: int | None
    original_year: int | None
    compilation: bool
    release_types: tuple[str, ...]
    track_count: int
    disc_count: int
    duration: float  # seconds
    art: ArtId | None
    colour: str | None  # of its cover, "#rrggbb"
    starred: bool
    added_at: int  # Unix ms
    spoken: str = ""  # "audiobook", "podcast": what a track of it is
    sort_title: str = ""
    sort_artist: str = ""


class Artist(msgspec.Struct, frozen=True):
    id: ArtistId
    name: str
    album_count: int
    track_count: int
    art: ArtId | None  # of them, or of their newest album
    starred: bool
    sort_name: str = ""


class Genre(msgspec.Struct, frozen=True):
    id: GenreId
    name: str
    album_count: int
    track_count: int
    art: ArtId | None


class Library(msgspec.Struct, frozen=True):
    id: LibraryId
    name: str
    path: str
    away: bool
    reason: str | None
    track_count: int


class Page(msgspec.Struct, Generic[T], frozen=True):
    items: list[T]
    next: str | None  # cursor


class Lyrics(msgspec.Struct, frozen=True):
    """One text of a track; see `lrc.Lyrics`."""

    source: Literal["file", "embedded"]
    form: str  # of the file; empty where the text was inside the sound file
    language: str
    synced: bool
    translation: bool
    lines: tuple[Line, ...]


class File(msgspec.Struct, frozen=True):
    """The file of a track."""

    path: str  # absolute, as far as it can be shown
    size: int  # bytes
    facts: Facts


class Place(msgspec.Struct, frozen=True):
    """Where the sound of a track lies. The key changes when the sound does."""

    path: bytes  # absolute, no link
    key: str


class Playable(msgspec.Struct, frozen=True):
    """What it takes to stream a track. The key changes when the sound does.

    A part of a file is its samples [begin, end); see `media.programme.Item`.
    """

    track: TrackId
    path: bytes  # absolute, no link
    facts: Facts
    content_key: str
    begin: int = 0
    end: int | None = None


AlbumSort = Literal["title", "artist", "added", "year", "played", "random"]
ArtistSort = Literal["name"]
TrackSort = Literal["title", "added"]

MOST: Final = 200  # rows in any page
_STARRED_TRACK: Final = (
    "EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener "
    "AND star.kind = 'track' AND star.item_id = track.recording_id)"
)
_STARRED_ALBUM: Final = (
    "EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener "
    "AND star.kind = 'album' AND star.item_id = album.id)"
)
_SPOKEN_ALBUM: Final = (
    "EXISTS (SELECT 1 FROM track WHERE track.album_id = album.id AND track.spoken != '' "
    "AND track.state = 'present')"
)
_STARRED_ARTIST: Final = (
    "EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener "
    "AND star.kind = 'artist' AND star.item_id = artist.id)"
)
_MOST_ALBUMS: Final = 500  # of one artist on their page
_MOST_EDITIONS: Final = 24
_TOP: Final = 10
_LOOKED_AT: Final = 200  # tracks of a genre, for a picture
_PRIME: Final = 2_147_483_647


class _Order(msgspec.Struct, frozen=True):
    """How a list is sorted: columns, the row's id last; all of them up or all down."""

    columns: tuple[str, ...]
    down: bool = False

    @property
    def clause(self) -> str:
        way = " DESC" if self.down else ""
        return "ORDER BY " + ", ".join(column + way for column in self.columns)

    @property
    def keys(self) -> str:
        """The keys as result columns key0, key1 ..."""
        return "".join(f", {column} AS key{at}" for at, column in enumerate(self.columns))

    def after(self, cursor: Sequence[int | str] | None) -> str:
        """The condition for rows behind a cursor, whose keys are :key0, :key1 ..."""
        if cursor is None:
            return "1"
        names = ", ".join(f":key{at}" for at in range(len(self.columns)))
        return f"({', '.join(self.columns)}) {'<' if self.down else '>'} ({names})"


_ALBUM_ORDERS: Final[Mapping[str, _Order]] = {
    "title": _Order(("album.sort_title", "album.id")),
    "artist": _Order(("album.sort_artist", "IFNULL(album.year, 0)", "album.id")),
    "added": _Order(("album.added_at", "album.id"), down=True),
    "year": _Order(("IFNULL(album.year, 0)", "album.id"), down=True),
    "played": _Order(("played.at", "album.id"), down=True),
    "random": _Order((f"(album.id * :seed) % {_PRIME}", "album.id")),
}
_ARTIST_ORDERS: Final[Mapping[str, _Order]] = {
    "name": _Order(("artist.sort_name", "artist.id")),
}
_TRACK_ORDERS: Final[Mapping[str, _Order]] = {
    "title": _Order(("track.sort_title", "track.id")),
    "added": _Order(("track.added_at", "track.id"), down=True),
}
_GENRE_ORDER: Final = _Order(("genre.folded", "genre.id"))
# within a genre
_GENRE_ALBUM_ORDERS: Final[Mapping[str, _Order]] = {
    "title": _Order(("album_genre.sort_title", "album_genre.album_id")),
    "artist": _Order(("album_genre.sort_artist", "album_genre.year", "album_genre.album_id")),
    "added": _Order(("album_genre.added_at", "album_genre.album_id"), down=True),
    "year": _Order(("album_genre.year", "album_genre.album_id"), down=True),
    "random": _Order((f"(album_genre.album_id * :seed) % {_PRIME}", "album_genre.album_id")),
}
_GENRE_TRACK_ORDERS: Final[Mapping[str, _Order]] = {
    "title": _Order(("track_genre.sort_title", "track_genre.track_id")),
    "added": _Order(("track_genre.track_id",), down=True),
}

# what a filter leaves, each once
_ALBUMS_OF_ARTIST: Final = (
    "(SELECT DISTINCT album_id AS id FROM album_artist WHERE artist_id = :artist) AS chosen"
)
_TRACKS_OF_ARTIST: Final = (
    "(SELECT DISTINCT track_id AS id FROM track_artist WHERE artist_id = :artist) AS chosen"
)
_SPOKEN_ALBUMS: Final = "(SELECT DISTINCT album_id AS id FROM track WHERE spoken != '') AS chosen"
_STARRED_ALBUMS: Final = (
    "(SELECT item_id AS id FROM star WHERE profile_id = :listener AND kind = 'album') AS chosen"
)
_STARRED_TRACKS: Final = (
    "(SELECT DISTINCT track.id FROM star CROSS JOIN track ON track.recording_id = star.item_id "
    "WHERE star.profile_id = :listener AND star.kind = 'track') AS chosen"
)
_STARRED_ARTISTS: Final = (
    "(SELECT item_id AS id FROM star WHERE profile_id = :listener AND kind = 'artist') AS chosen"
)

# keys below all others of a section, behind the text that begins it
_LETTERED: Final[Mapping[str, tuple[str, tuple[int, ...]]]] = {
    "artists": ("name", (0,)),
    "albums by artist": ("artist", (-1, 0)),
    "albums": ("title", (0,)),
}
_IN_SECTION: Final[Mapping[str, str]] = {
    "artists": "SELECT 1 FROM artist WHERE artist.track_count > 0 "
    "AND artist.sort_name >= s.value ->> 1 AND artist.sort_name < s.value ->> 2",
    "albums by artist": "SELECT 1 FROM album WHERE album.track_count > 0 "
    "AND album.sort_artist >= s.value ->> 1 AND album.sort_artist < s.value ->> 2",
    "albums": "SELECT 1 FROM album WHERE album.track_count > 0 "
    "AND album.sort_title >= s.value ->> 1 AND album.sort_title < s.value ->> 2",
}
_SECTIONS: Final = msgspec.json.encode(
    [
        (here.letter, here.begin, after.begin)
        for here, after in itertools.pairwise(
            [*identity.SECTIONS, identity.Section("", "\U0010ffff")]
        )
    ]
).decode()

_OF_KIND: Final = "instr('; ' || album.release_types || ';', '; ' || :kind || ';')"

# What can be seen, of the tables `track`, `album` and `artist`; the parameters are `visible`'s.
# For one who sees everything it costs two comparisons a row.
SEEN: Final = (
    "(:explicit OR NOT track.explicit) AND (:libraries IS NULL "
    "OR track.library_id IN (SELECT value FROM json_each(:libraries)))"
)
# Of a track that is there in several qualities the best is shown: one that can be seen but for
# what is explicit, as a child does not hear in MP3 what is marked explicit in FLAC.
ONCE: Final = """NOT EXISTS (SELECT 1 FROM other_quality
  JOIN track AS better ON better.id = other_quality.better_id
  WHERE other_quality.track_id = track.id AND (:libraries IS NULL
    OR better.library_id IN (SELECT value FROM json_each(:libraries))))"""
# what a sheet no longer cuts, or cuts otherwise, is not listed and can still be played
_STATE: Final = "CASE WHEN track.retired THEN file.state ELSE track.state END"
_OF_LABEL: Final = f"""album.id IN (SELECT track.album_id FROM track_rights
  JOIN track ON track.id = track_rights.track_id
  WHERE track_rights.label = :label AND track.state = 'present' AND {SEEN})"""
_OF_MOOD: Final = f"""album.id IN (SELECT track.album_id FROM track_mood
  JOIN track ON track.id = track_mood.track_id
  WHERE track_mood.mood = :mood AND track.state = 'present' AND {SEEN})"""
_SHOWN: Final = "(SELECT art.id FROM art WHERE art.id = {} AND art.made != 2)"
# what was chosen or found for several libraries may lie where not everybody may look
_IN_SEEN: Final = (
    "(:libraries IS NULL OR art.library_id IN (SELECT value FROM json_each(:libraries)))"
)
_CHOSEN: Final = f"""(SELECT art.id FROM album JOIN art ON art.id = album.cover_id
  WHERE album.id = track.album_id AND art.made != 2 AND {_IN_SEEN})"""

# with their artists, so that a page takes one statement: [[id, name], ...]
_ARTISTS_OF_TRACK: Final = """, (SELECT json_group_array(json_array(id, name)) FROM (
    SELECT artist.id, artist.name FROM track_artist
    CROSS JOIN artist ON artist.id = track_artist.artist_id
    WHERE track_artist.track_id = track.id AND track_artist.role = 'artist'
    ORDER BY track_artist.position)) AS artists"""
_ARTISTS_OF_ALBUM: Final = """, (SELECT json_group_array(json_array(id, name)) FROM (
    SELECT artist.id, artist.name FROM album_artist
    CROSS JOIN artist ON artist.id = album_artist.artist_id
    WHERE album_artist.album_id = album.id ORDER BY album_artist.position)) AS artists"""

_TRACK: Final = f"""
SELECT track.id, track.recording_id, track.title, track.artist_credit, track.album_id,
  (SELECT title FROM album WHERE album.id = track.album_id) AS album_title,
  track.disc, track.position, track.disc_subtitle, track.year,
  track.duration_ms, track.explicit, COALESCE({_SHOWN.format("track.disc_art_id")},
    {_CHOSEN}, {_SHOWN.format("track.art_id")}) AS art,
  EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener AND star.kind = 'track'
    AND star.item_id = track.recording_id) AS starred,
  {_STATE} AS state, file.codec, file.sample_rate, file.bit_depth, file.bit_rate, track.added_at,
  track.spoken{_ARTISTS_OF_TRACK}"""
_FROM_TRACK: Final = "FROM track JOIN file ON file.id = track.file_id"

_ALBUM: Final = f"""
SELECT album.id, album.title, album.artist_credit, album.year, album.original_year,
  album.compilation, album.release_types,
  EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener AND star.kind = 'album'
    AND star.item_id = album.id) AS starred, album.added_at, album.sort_title, album.sort_artist,
  IFNULL((SELECT track.spoken FROM track WHERE track.album_id = album.id
    AND track.spoken != '' AND track.state = 'present' LIMIT 1), '') AS spoken{_ARTISTS_OF_ALBUM}"""
_ALBUM_COUNTS: Final = f""", album.track_count, album.disc_count, album.duration_ms,
  {_SHOWN.format("album.art_id")} AS art,
  (SELECT colour FROM art WHERE art.id = album.art_id) AS colour"""
# of an album's tracks, some may lie where not everybody may look
_ALBUM_ART_SEEN: Final = f"""(SELECT art.{{}} FROM track JOIN art ON art.id = track.art_id
      WHERE track.album_id = album.id AND track.state = 'present' AND art.made != 2 AND {SEEN}
      ORDER BY track.disc, track.position, track.id LIMIT 1)"""
_ALBUM_COUNTS_SEEN: Final = f"""
  , CASE WHEN :libraries IS NULL THEN {_SHOWN.format("album.art_id")}
    ELSE {_ALBUM_ART_SEEN.format("id")} END AS art
  , CASE WHEN :libraries IS NULL THEN (SELECT colour FROM art WHERE art.id = album.art_id)
    ELSE {_ALBUM_ART_SEEN.format("colour")} END AS colour
  , (SELECT COUNT(*) FROM track WHERE track.album_id = album.id
      AND track.state = 'present' AND {SEEN} AND {ONCE}) AS track_count
  , (SELECT COUNT(DISTINCT disc) FROM track WHERE track.album_id = album.id
      AND track.state = 'present' AND {SEEN}) AS disc_count
  , (SELECT SUM(duration_ms) FROM track WHERE track.album_id = album.id
      AND track.state = 'present' AND {SEEN} AND {ONCE}) AS duration_ms"""
ALBUM_SEEN: Final = f"""EXISTS (SELECT 1 FROM track WHERE track.album_id = album.id
  AND track.state = 'present' AND {SEEN})"""

_ARTIST: Final = f"""
SELECT artist.id, artist.name,
  COALESCE((SELECT art.id FROM art
      WHERE art.id = artist.art_id AND art.made != 2 AND {_IN_SEEN}),
    (SELECT art.id FROM album_artist JOIN album ON album.id = album_artist.album_id
      JOIN art ON art.id = album.art_id WHERE album_artist.artist_id = artist.id
      AND album.track_count > 0 AND art.made != 2
      AND (:libraries IS NULL OR EXISTS (SELECT 1 FROM track WHERE track.album_id = album.id
        AND track.art_id = art.id AND track.state = 'present' AND {SEEN}))
      ORDER BY IFNULL(album.year, 0) DESC, album.id DESC LIMIT 1),
    (SELECT art.id FROM track_artist JOIN track ON track.id = track_artist.track_id
      JOIN art ON art.id = track.art_id WHERE track_artist.artist_id = artist.id
      AND track_artist.role = 'artist' AND track.state = 'present' AND art.made != 2
      AND {SEEN} LIMIT 1)) AS art,
  EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener AND star.kind = 'artist'
    AND star.item_id = artist.id) AS starred, artist.sort_name"""
_ARTIST_COUNTS: Final = ", artist.album_count, artist.track_count"
_ARTIST_COUNTS_SEEN: Final = f"""
  , (SELECT COUNT(*) FROM album_artist JOIN album ON album.id = album_artist.album_id
      WHERE album_artist.artist_id = artist.id AND {ALBUM_SEEN}) AS album_count
  , (SELECT COUNT(*) FROM album_artist JOIN track ON track.album_id = album_artist.album_id
      WHERE album_artist.artist_id = artist.id AND track.state = 'present' AND {SEEN} AND {ONCE})
  + (SELECT COUNT(*) FROM track_artist JOIN track ON track.id = track_artist.track_id
      WHERE track_artist.artist_id = artist.id AND track_artist.role = 'artist'
      AND track.state = 'present' AND {SEEN} AND {ONCE}
      AND NOT EXISTS (SELECT 1 FROM album_artist WHERE album_artist.album_id = track.album_id
        AND album_artist.artist_id = artist.id)) AS track_count"""
ARTIST_SEEN: Final = f"""(EXISTS (SELECT 1 FROM track_artist
    JOIN track ON track.id = track_artist.track_id
    WHERE track_artist.artist_id = artist.id AND track_artist.role = 'artist'
    AND track.state = 'present' AND {SEEN})
  OR EXISTS (SELECT 1 FROM album_artist JOIN track ON track.album_id = album_artist.album_id
    WHERE album_artist.artist_id = artist.id AND track.state = 'present' AND {SEEN}))"""

# whoever has a part in a track, be it as its composer
PERSON_SEEN: Final = f"""(EXISTS (SELECT 1 FROM track_artist
    JOIN track ON track.id = track_artist.track_id
    WHERE track_artist.artist_id = artist.id AND track.state = 'present' AND {SEEN})
  OR EXISTS (SELECT 1 FROM album_artist JOIN track ON track.album_id = album_artist.album_id
    WHERE album_artist.artist_id = artist.id AND track.state = 'present' AND {SEEN}))"""

_PLAYED: Final = """(SELECT track.album_id AS album_id, MAX(play.started_at) AS at
  FROM play JOIN track ON track.id = play.track_id
  WHERE play.profile_id = :listener AND NOT play.private GROUP BY track.album_id) AS played
  JOIN album ON album.id = played.album_id"""


async def albums(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    *,
    sort: AlbumSort = "title",
    limit: int = 50,
    cursor: str | None = None,
    artist: ArtistId | None = None,
    genre: GenreId | None = None,
    starred: bool = False,
    spoken: bool = False,
    kind: str | None = None,
    label: str | None = None,
    mood: str | None = None,
) -> Page[Album]:
    """Albums of which the listener can see a track. "played" lists those that they played,
    `spoken` audiobooks and podcasts alone.

    `kind` is a release type ("live"), `label` and `mood` are of a track that can be seen.
    """
    plain = not (starred or spoken or kind or label or mood) and artist is None and genre is None
    if sort == "random" and plain:
        return await _shuffled(db, visibility, listener, limit, cursor)
    order = _ALBUM_ORDERS[sort]
    source = _PLAYED if sort == "played" else "album"
    # along the filter that leaves least; the others are asked of each row
    if starred and sort != "played":
        source = f"{_STARRED_ALBUMS} CROSS JOIN album ON album.id = chosen.id"
    elif spoken and sort != "played":
        source = f"{_SPOKEN_ALBUMS} CROSS JOIN album ON album.id = chosen.id"
    elif artist is not None and sort != "played":
        source = f"{_ALBUMS_OF_ARTIST} CROSS JOIN album ON album.id = chosen.id"
    elif genre is not None and sort in _GENRE_ALBUM_ORDERS:
        order = _GENRE_ALBUM_ORDERS[sort]
        source = "album_genre CROSS JOIN album ON album.id = album_genre.album_id"
    after, seed = _place(cursor, sort, order)
    sql = _joined(
        _album_columns(visibility),
        order.keys,
        "FROM",
        source,
        "WHERE album.track_count > 0",
        _also(source.startswith("album_genre"), "album_genre.genre_id = :genre"),
        _also(visibility != EVERYTHING, ALBUM_SEEN),
        _also(
            artist is not None,
            "EXISTS (SELECT 1 FROM album_artist WHERE album_artist.album_id = album.id "
            "AND album_artist.artist_id = :artist)",
        ),
        _also(
            genre is not None,
            "EXISTS (SELECT 1 FROM track JOIN track_genre ON track_genre.track_id = track.id "
            "WHERE track.album_id = album.id AND track.state = 'present' "
            "AND track_genre.genre_id = :genre AND",
            SEEN,
            ")",
        ),
        _also(starred, _STARRED_ALBUM),
        _also(spoken, _SPOKEN_ALBUM),
        _also(kind is not None, _OF_KIND),
        _also(label is not None, _OF_LABEL),
        _also(mood is not None, _OF_MOOD),
        "AND",
        order.after(after),
        order.clause,
        "LIMIT :limit",
    )
    params = {
        **_params(visibility, listener, limit),
        **_keys(after),
        "seed": seed,
        "artist": artist,
        "genre": genre,
        "kind": kind,
        "label": label,
        "mood": mood,
    }
    rows = await db.rows(sql, params)
    return _page(_albums(rows[:limit]), rows, limit, sort, order, seed)


async def _shuffled(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    limit: int,
    cursor: str | None,
) -> Page[Album]:
    """All albums in an order that the cursor's seed makes.

    It goes through the numbers up to the highest id by steps of one width, modulo a prime, so that
    a page costs the same in a library of any size; the keys are that id and how many steps were
    made.
    """
    order = _ALBUM_ORDERS["random"]
    after, seed = _place(cursor, "random", order)
    params = _params(visibility, listener, limit)
    row = await db.row("SELECT IFNULL(MAX(id), 0) AS id FROM album")
    now = row["id"] if row is not None else 0
    highest, step = after or (now, 0)
    if not isinstance(highest, int) or not isinstance(step, int) or not 0 <= highest <= now:
        raise BadInput("cursor is not of this list")
    prime = _prime_above(highest)
    found: list[Album] = []
    step = max(step, 0)
    while step < prime and len(found) <= limit:
        last = min(step + max(2 * (limit + 1 - len(found)), 16), prime)
        ids_in_order = [AlbumId((seed % prime or 1) * at % prime) for at in range(step, last)]
        rows = await db.rows(
            _joined(
                _album_columns(visibility),
                "FROM album WHERE album.id IN (SELECT value FROM json_each(:ids))",
                "AND album.track_count > 0",
                _also(visibility != EVERYTHING, ALBUM_SEEN),
            ),
            {**params, "ids": _json(ids_in_order)},
        )
        known = {row["id"]: row for row in rows}
        kept = [(at, known[each]) for at, each in enumerate(ids_in_order, step) if each in known]
        kept = kept[: limit + 1 - len(found)]
        if len(found) + len(kept) > limit:
            last = kept[-1][0]  # the one that begins the next page
            kept = kept[:-1]
            found += _albums([each for _, each in kept])
            return Page(found, _cursor("random", seed, [highest, last]))
        found += _albums([each for _, each in kept])
        step = last
    return Page(found, None)


def _prime_above(number: int) -> int:
    candidate = max(number + 1, 2)
    while any(candidate % each == 0 for each in range(2, math.isqrt(candidate) + 1)):
        candidate += 1
    return candidate


async def sections(
    db: Database, visibility: Visibility, listing: Literal["artists", "albums by artist", "albums"]
) -> list[tuple[str, str]]:
    """The letters under which a list has something, each with the cursor that opens it there."""
    sort, rest = _LETTERED[listing]
    rows = await db.rows(
        _joined(
            "SELECT s.value ->> 0 AS letter, s.value ->> 1 AS begin_key",
            "FROM json_each(:sections) AS s WHERE EXISTS (",
            _IN_SECTION[listing],
            _also(visibility != EVERYTHING, ARTIST_SEEN if listing == "artists" else ALBUM_SEEN),
            ")",
        ),
        {**visible(visibility), "sections": _SECTIONS},
    )
    found: dict[str, str] = {}
    for row in rows:
        raw = msgspec.json.encode([sort, 1, row["begin_key"], *rest])
        cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        found.setdefault(row["letter"], cursor)
    return list(found.items())


def behind(cursor: str | None) -> str | None:
    """The text key of the row behind which a cursor goes on; None where it opens a section."""
    if cursor is None:
        return None
    try:
        keys = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[int | str]
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    # cursors that open a section stand before every row of it
    text = keys[2] if len(keys) > 3 and keys[-1] != 0 else None
    return text if isinstance(text, str) else None


async def album(
    db: Database, visibility: Visibility, listener: ProfileId | None, album_id: AlbumId
) -> tuple[Album, list[Track]]:
    """One album with its tracks in order; NotFound where none of them can be seen."""
    found = await albums_by_id(db, visibility, listener, [album_id])
    if not found:
        raise NotFound(f"album {ids.public('album', album_id)} is not here")
    rows = await db.rows(
        _joined(
            _TRACK,
            _FROM_TRACK,
            "WHERE track.album_id = :album AND track.state = 'present' AND",
            SEEN,
            "AND",
            ONCE,
            "ORDER BY track.disc, IFNULL(track.position, 100000), track.sort_title, track.id",
        ),
        {**_params(visibility, listener, 0), "album": album_id},
    )
    return found[0], _tracks(rows)


async def other_qualities(
    db: Database, visibility: Visibility, listener: ProfileId | None, album_id: AlbumId
) -> list[tuple[TrackId, Track]]:
    """What of an album is there in other qualities too, each with the track that is listed."""
    rows = await db.rows(
        _joined(
            _TRACK,
            ", other_quality.better_id",
            _FROM_TRACK,
            "JOIN other_quality ON other_quality.track_id = track.id",
            "JOIN track AS better ON better.id = other_quality.better_id",
            "WHERE track.album_id = :album AND better.album_id = :album",
            "AND track.state = 'present' AND",
            SEEN,
            "AND (:explicit OR NOT better.explicit) AND (:libraries IS NULL",
            "OR better.library_id IN (SELECT value FROM json_each(:libraries)))",
            "ORDER BY track.disc, track.position, file.bit_rate DESC, track.id",
        ),
        {**_params(visibility, listener, 0), "album": album_id},
    )
    tracks = _tracks(rows)
    return [(row["better_id"], track) for row, track in zip(rows, tracks, strict=True)]


async def editions(
    db: Database, visibility: Visibility, listener: ProfileId | None, album_id: AlbumId
) -> list[Album]:
    """Other editions of an album: of the same release group, or the same title and artist."""
    rows = await db.rows(
        "SELECT other.id FROM album JOIN album AS other ON other.grouping_key = album.grouping_key "
        "WHERE album.id = :album AND other.id != :album AND other.track_count > 0 "
        "UNION SELECT other.id FROM album JOIN album AS other "
        "  ON other.release_group = album.release_group AND other.release_group != '' "
        "WHERE album.id = :album AND other.id != :album AND other.track_count > 0 "
        "ORDER BY 1 LIMIT :most",
        {"album": album_id, "most": _MOST_EDITIONS},
    )
    found = await albums_by_id(db, visibility, listener, [AlbumId(row["id"]) for row in rows])
    return sorted(found, key=lambda album: (album.year or 0, album.id))


async def artists(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    *,
    sort: ArtistSort = "name",
    limit: int = 50,
    cursor: str | None = None,
    starred: bool = False,
) -> Page[Artist]:
    """Artists of whom the listener can see a track or an album."""
    order = _ARTIST_ORDERS[sort]
    after, seed = _place(cursor, sort, order)
    sql = _joined(
        _artist_columns(visibility),
        order.keys,
        "FROM",
        f"{_STARRED_ARTISTS} CROSS JOIN" if starred else "",
        "artist WHERE artist.track_count > 0",
        _also(starred, "artist.id = chosen.id"),
        _also(visibility != EVERYTHING, ARTIST_SEEN),
        "AND",
        order.after(after),
        order.clause,
        "LIMIT :limit",
    )
    rows = await db.rows(sql, {**_params(visibility, listener, limit), **_keys(after)})
    return _page([_artist(row) for row in rows[:limit]], rows, limit, sort, order, seed)


async def artist(
    db: Database, visibility: Visibility, listener: ProfileId | None, artist_id: ArtistId
) -> tuple[Artist, list[Album], list[Track]]:
    """One artist, the albums they made and then those they are on, newest first, and the tracks
    of theirs that this house plays most; NotFound.
    """
    found = await artists_by_id(db, visibility, listener, [artist_id])
    if not found:
        raise NotFound(f"artist {ids.public('artist', artist_id)} is not here")
    params = {**_params(visibility, listener, 0), "artist": artist_id}
    own = (
        "EXISTS (SELECT 1 FROM album_artist WHERE album_artist.album_id = album.id "
        "AND album_artist.artist_id = :artist)"
    )
    made = await db.rows(
        _joined(
            _album_columns(visibility),
            "FROM album WHERE album.id IN (",
            "SELECT album_id FROM album_artist WHERE artist_id = :artist UNION",
            "SELECT track.album_id FROM track_artist",
            "JOIN track ON track.id = track_artist.track_id",
            "WHERE track_artist.artist_id = :artist AND track_artist.role = 'artist'",
            "AND track.state = 'present' AND",
            SEEN,
            ") AND album.track_count > 0 AND",
            ALBUM_SEEN,
            "ORDER BY",
            own,
            "DESC, IFNULL(album.year, 0) DESC, album.id DESC LIMIT :most",
        ),
        {**params, "most": _MOST_ALBUMS},
    )
    top = await db.rows(
        _joined(
            _TRACK,
            ", (SELECT COUNT(*) FROM play WHERE play.recording_id = track.recording_id",
            "AND NOT play.private) AS plays",
            _FROM_TRACK,
            "JOIN track_artist ON track_artist.track_id = track.id",
            "WHERE track_artist.artist_id = :artist AND track_artist.role = 'artist'",
            "AND track.state = 'present' AND",
            SEEN,
            "AND",
            ONCE,
            "ORDER BY plays DESC, track.album_id, track.disc, track.position, track.id",
            "LIMIT :most",
        ),
        {**params, "most": _TOP},
    )
    return found[0], _albums(made), _tracks(top)


async def tracks(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    *,
    sort: TrackSort = "title",
    limit: int = 50,
    cursor: str | None = None,
    artist: ArtistId | None = None,
    genre: GenreId | None = None,
    starred: bool = False,
) -> Page[Track]:
    """Tracks that are present and may be seen."""
    order = _TRACK_ORDERS[sort]
    source = ""
    if starred:
        source = f"{_STARRED_TRACKS} CROSS JOIN track ON track.id = chosen.id"
    elif artist is not None:
        source = f"{_TRACKS_OF_ARTIST} CROSS JOIN track ON track.id = chosen.id"
    elif genre is not None:
        order = _GENRE_TRACK_ORDERS[sort]
        source = "track_genre CROSS JOIN track ON track.id = track_genre.track_id"
    after, seed = _place(cursor, sort, order)
    sql = _joined(
        _TRACK,
        order.keys,
        f"FROM {source} CROSS JOIN file ON file.id = track.file_id" if source else _FROM_TRACK,
        "WHERE track.state = 'present'",
        _also(source.startswith("track_genre"), "track_genre.genre_id = :genre"),
        "AND",
        SEEN,
        "AND",
        ONCE,
        _also(
            artist is not None,
            "EXISTS (SELECT 1 FROM track_artist WHERE track_artist.track_id = track.id "
            "AND track_artist.artist_id = :artist AND track_artist.role IN ('artist', 'album'))",
        ),
        _also(
            genre is not None and not source.startswith("track_genre"),
            "EXISTS (SELECT 1 FROM track_genre WHERE track_genre.track_id = track.id "
            "AND track_genre.genre_id = :genre)",
        ),
        _also(starred, _STARRED_TRACK),
        "AND",
        order.after(after),
        order.clause,
        "LIMIT :limit",
    )
    params = {
        **_params(visibility, listener, limit),
        **_keys(after),
        "artist": artist,
        "genre": genre,
    }
    rows = await db.rows(sql, params)
    return _page(_tracks(rows[:limit]), rows, limit, sort, order, seed)


async def track(
    db: Database, visibility: Visibility, listener: ProfileId | None, track_id: TrackId
) -> Track:
    """One track, away or not; NotFound."""
    found = await tracks_by_id(db, visibility, listener, [track_id])
    if not found:
        raise NotFound(f"track {ids.public('track', track_id)} is not here")
    return found[0]


async def genres(
    db: Database, visibility: Visibility, *, limit: int = 50, cursor: str | None = None
) -> Page[Genre]:
    """Genres of which a track can be seen, by name."""
    after, seed = _place(cursor, "name", _GENRE_ORDER)
    sql = _joined(
        _genre_columns(visibility),
        _GENRE_ORDER.keys,
        "FROM genre WHERE genre.track_count > 0",
        _also(visibility != EVERYTHING, _GENRE_SEEN),
        "AND",
        _GENRE_ORDER.after(after),
        _GENRE_ORDER.clause,
        "LIMIT :limit",
    )
    rows = await db.rows(sql, {**_params(visibility, None, limit), **_keys(after)})
    return _page([_genre(row) for row in rows[:limit]], rows, limit, "name", _GENRE_ORDER, seed)


async def genre(db: Database, visibility: Visibility, genre_id: GenreId) -> Genre:
    """One genre; NotFound where no track of it can be seen."""
    row = await db.row(
        _joined(
            _genre_columns(visibility),
            "FROM genre WHERE genre.id = :genre AND genre.track_count > 0",
            _also(visibility != EVERYTHING, _GENRE_SEEN),
        ),
        {**_params(visibility, None, 0), "genre": genre_id},
    )
    if row is None:
        raise NotFound(f"genre {ids.public('genre', genre_id)} is not here")
    return _genre(row)


async def tracks_by_id(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    wanted: Sequence[TrackId],
) -> list[Track]:
    """Tracks in the order given, away ones too; what is not there or not to be seen is left out."""
    rows = await db.rows(
        _joined(
            _TRACK,
            _FROM_TRACK,
            "WHERE track.id IN (SELECT value FROM json_each(:ids)) AND",
            SEEN,
        ),
        {**_params(visibility, listener, 0), "ids": _json(wanted)},
    )
    return _in_order(wanted, _tracks(rows), lambda each: each.id)


async def albums_by_id(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    wanted: Sequence[AlbumId],
) -> list[Album]:
    """Albums in the order given; those without a track to be seen are left out."""
    rows = await db.rows(
        _joined(
            _album_columns(visibility),
            "FROM album WHERE album.id IN (SELECT value FROM json_each(:ids))",
            "AND album.track_count > 0",
            _also(visibility != EVERYTHING, ALBUM_SEEN),
        ),
        {**_params(visibility, listener, 0), "ids": _json(wanted)},
    )
    return _in_order(wanted, _albums(rows), lambda each: each.id)


async def artists_by_id(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    wanted: Sequence[ArtistId],
) -> list[Artist]:
    """Artists in the order given; those without a track to be seen are left out."""
    rows = await db.rows(
        _joined(
            _artist_columns(visibility),
            "FROM artist WHERE artist.id IN (SELECT value FROM json_each(:ids)) AND (",
            "artist.track_count > 0 OR" if visibility == EVERYTHING else "",
            PERSON_SEEN,
            ")",
        ),
        {**_params(visibility, listener, 0), "ids": _json(wanted)},
    )
    return _in_order(wanted, [_artist(row) for row in rows], lambda each: each.id)


async def genres_by_id(
    db: Database, visibility: Visibility, wanted: Sequence[GenreId]
) -> list[Genre]:
    """Genres in the order given; those without a track to be seen are left out."""
    if not wanted:
        return []
    rows = await db.rows(
        _joined(
            _genre_columns(visibility),
            "FROM genre WHERE genre.id IN (SELECT value FROM json_each(:ids))",
            "AND genre.track_count > 0",
            _also(visibility != EVERYTHING, _GENRE_SEEN),
        ),
        {**visible(visibility), "ids": _json(wanted)},
    )
    return _in_order(wanted, [_genre(row) for row in rows], lambda each: each.id)


async def playable(
    db: Database, visibility: Visibility, wanted: Sequence[TrackId]
) -> list[Playable]:
    """What it takes to stream tracks, in the order given; NotFound names the first that cannot be
    seen or is away.
    """
    rows = await db.rows(
        _joined(_FILE, "WHERE track.id IN (SELECT value FROM json_each(:ids)) AND", SEEN),
        {**visible(visibility), "ids": _json(wanted)},
    )
    known = {row["track_id"]: row for row in rows}
    for track_id in wanted:
        name = ids.public("track", track_id)
        if track_id not in known:
            raise NotFound(f"track {name} is not here")
        if known[track_id]["track_state"] == "away":
            raise NotFound(f"track {name} is away: its file or its disk is not there")
    return [
        Playable(
            track=track_id,
            path=_absolute(known[track_id]),
            facts=facts_of(known[track_id]),
            content_key=_content_key(known[track_id]),
            begin=known[track_id]["begin_samples"],
            end=known[track_id]["end_samples"],
        )
        for track_id in wanted
    ]


async def places(
    db: Database, visibility: Visibility, wanted: Sequence[TrackId]
) -> dict[TrackId, Place]:
    """Where those of the tracks lie that can be seen and are here."""
    rows = await db.rows(
        _joined(_PLACE, "WHERE track.id IN (SELECT value FROM json_each(:ids)) AND", SEEN),
        {**visible(visibility), "ids": _json(wanted)},
    )
    return {
        TrackId(row["track_id"]): Place(_absolute(row), _content_key(row))
        for row in rows
        if row["track_state"] != "away"
    }


async def file(db: Database, visibility: Visibility, track_id: TrackId) -> File:
    """The file of a track and the facts of its sound; NotFound."""
    row = await db.row(
        _joined(_FILE, "WHERE track.id = :track AND", SEEN),
        {**_params(visibility, None, 0), "track": track_id},
    )
    if row is None:
        raise NotFound(f"track {ids.public('track', track_id)} is not here")
    path = os.path.join(row["root"], row["path"]).decode("utf-8", "replace")
    return File(path, row["size"], facts_of(row))


async def facts(db: Database, visibility: Visibility, track_id: TrackId) -> Facts:
    """The facts of a track's sound; NotFound."""
    return (await file(db, visibility, track_id)).facts


async def lyrics(db: Database, visibility: Visibility, track_id: TrackId) -> list[Lyrics]:
    """The texts of a track: first what is sung, then what it means; of each, synced ones go before
    others, and those from files, in the order of `media.lyrics.FORMS`, before those inside the
    sound file. NotFound.
    """
    await track(db, visibility, None, track_id)
    rows = await db.rows(
        "SELECT source, form, language, synced, translation, lines FROM lyrics "
        "WHERE track_id = :track "
        "ORDER BY translation, synced DESC, source = 'embedded', position",
        {"track": track_id},
    )
    return [
        Lyrics(
            source=row["source"],
            form=row["form"],
            language=row["language"],
            synced=bool(row["synced"]),
            translation=bool(row["translation"]),
            lines=msgspec.json.decode(row["lines"], type=tuple[Line, ...]),
        )
        for row in rows
    ]


def facts_of(row: sqlite3.Row) -> Facts:
    """The facts in a row of the table `file`."""
    same = {
        name: row[name]
        for name in Facts.__struct_fields__
        if name not in ("index", "samples_exact")
    }
    return Facts(**same, samples_exact=bool(row["samples_exact"]), index=row["packet_index"])


_GENRE: Final = f"""
SELECT genre.id, genre.name,
  (SELECT art.id FROM (SELECT track_id FROM track_genre
      WHERE track_genre.genre_id = genre.id LIMIT {_LOOKED_AT}) AS some
    CROSS JOIN track ON track.id = some.track_id CROSS JOIN art ON art.id = track.art_id
    WHERE track.state = 'present' AND art.made != 2 AND {SEEN} LIMIT 1) AS art"""
_OF_GENRE: Final = f"""FROM track_genre JOIN track ON track.id = track_genre.track_id
  WHERE track_genre.genre_id = genre.id AND track.state = 'present' AND {SEEN} AND {ONCE}"""
_GENRE_COUNTS: Final = ", genre.track_count, genre.album_count"
_GENRE_COUNTS_SEEN: Final = f"""
  , (SELECT COUNT(*) {_OF_GENRE}) AS track_count
  , (SELECT COUNT(DISTINCT track.album_id) {_OF_GENRE}) AS album_count"""
_GENRE_SEEN: Final = f"EXISTS (SELECT 1 {_OF_GENRE})"
_FILE: Final = f"""SELECT track.id AS track_id, {_STATE} AS track_state,
  track.begin_samples, track.end_samples, library.path AS root, file.*
  FROM track JOIN file ON file.id = track.file_id JOIN library ON library.id = file.library_id"""

_PLACE: Final = f"""SELECT track.id AS track_id, {_STATE} AS track_state,
  track.begin_samples, track.end_samples, library.path AS root, file.path, file.target,
  file.audio_key, file.size, file.samples
  FROM track JOIN file ON file.id = track.file_id JOIN library ON library.id = file.library_id"""


def _genre_columns(visibility: Visibility) -> str:
    return _GENRE + (_GENRE_COUNTS if visibility == EVERYTHING else _GENRE_COUNTS_SEEN)


def _album_columns(visibility: Visibility) -> str:
    return _ALBUM + (_ALBUM_COUNTS if visibility == EVERYTHING else _ALBUM_COUNTS_SEEN)


def _artist_columns(visibility: Visibility) -> str:
    return _ARTIST + (_ARTIST_COUNTS if visibility == EVERYTHING else _ARTIST_COUNTS_SEEN)


def _also(wanted: bool, *parts: str) -> str:
    return " ".join(("AND", *parts)) if wanted else ""


def _joined(*parts: str) -> str:
    """SQL of fragments that stand in this module; nothing that a person sent is among them."""
    return " ".join(part for part in parts if part)


def visible(visibility: Visibility) -> dict[str, Any]:
    """The parameters of SEEN, ALBUM_SEEN and ARTIST_SEEN."""
    return {
        "explicit": visibility.explicit,
        "libraries": None if visibility.libraries is None else _json(sorted(visibility.libraries)),
    }


def _params(visibility: Visibility, listener: ProfileId | None, limit: int) -> dict[str, Any]:
    if not 0 <= limit <= MOST:
        raise BadInput(f"limit {limit}: 1 to {MOST}")
    # one more tells whether there is a next page
    return {**visible(visibility), "listener": listener, "limit": limit + 1}


def _json(values: Iterable[int]) -> str:
    return msgspec.json.encode(list(values)).decode()


def _place(cursor: str | None, sort: str, order: _Order) -> tuple[list[int | str] | None, int]:
    """The keys in a cursor and the seed of a random order; BadInput unless it is of that sort."""
    if cursor is None:
        return None, random.randrange(2, _PRIME)
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        name, seed, *keys = msgspec.json.decode(raw, type=list[int | str])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise BadInput("cursor is not one of ours") from error
    fits = all(isinstance(key, str) or abs(key) < 2**63 for key in keys)
    if name != sort or not isinstance(seed, int) or not 0 < seed < _PRIME:
        raise BadInput("cursor is not of this list")
    if len(keys) != len(order.columns) or not fits:
        raise BadInput("cursor is not of this list")
    return keys, seed


def _keys(after: Sequence[int | str] | None) -> dict[str, int | str]:
    return {f"key{at}": key for at, key in enumerate(after or ())}


def _page(
    items: list[T],
    rows: Sequence[sqlite3.Row],
    limit: int,
    sort: str,
    order: _Order,
    seed: int,
) -> Page[T]:
    if len(rows) <= limit:
        return Page(items, None)
    last = rows[limit - 1]
    keys = [last[f"key{at}"] for at in range(len(order.columns))]
    return Page(items, _cursor(sort, seed, keys))


def _cursor(sort: str, seed: int, keys: Sequence[int | str]) -> str:
    raw = msgspec.json.encode([sort, seed, *keys])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _in_order(wanted: Sequence[Any], items: Iterable[T], key: Callable[[T], Any]) -> list[T]:
    known = {key(item): item for item in items}
    return [known[each] for each in wanted if each in known]


def _tracks(rows: Sequence[sqlite3.Row]) -> list[Track]:
    """Rows of `_TRACK` as values."""
    return [
        Track(
            id=row["id"],
            recording=row["recording_id"],
            title=row["title"],
            artists=_refs(row["artists"]),
            artist_credit=row["artist_credit"],
            album=row["album_id"],
            album_title=row["album_title"],
            disc=row["disc"],
            position=row["position"],
            disc_subtitle=row["disc_subtitle"],
            year=row["year"],
            duration=row["duration_ms"] / 1000,
            explicit=bool(row["explicit"]),
            art=row["art"],
            starred=bool(row["starred"]),
            away=row["state"] == "away",
            codec=row["codec"],
            sample_rate=row["sample_rate"],
            bit_depth=row["bit_depth"],
            bit_rate=row["bit_rate"],
            lossless=row["codec"] in LOSSLESS or row["codec"].startswith("pcm_"),
            added_at=row["added_at"],
            spoken=row["spoken"],
        )
        for row in rows
    ]


def _albums(rows: Sequence[sqlite3.Row]) -> list[Album]:
    """Rows of `_ALBUM` as values."""
    return [
        Album(
            id=row["id"],
            title=row["title"],
            artists=_refs(row["artists"]),
            artist_credit=row["artist_credit"],
            year=row["year"],
            original_year=row["original_year"],
            compilation=bool(row["compilation"]),
            release_types=tuple(filter(None, row["release_types"].split("; "))),
            track_count=row["track_count"],
            disc_count=row["disc_count"],
            duration=row["duration_ms"] / 1000,
            art=row["art"],
            colour=row["colour"],
            starred=bool(row["starred"]),
            added_at=row["added_at"],
            spoken=row["spoken"],
            sort_title=row["sort_title"],
            sort_artist=row["sort_artist"],
        )
        for row in rows
    ]


def _refs(artists: str) -> tuple[ArtistRef, ...]:
    return tuple(ArtistRef(ArtistId(each), name) for each, name in _REFS.decode(artists))


def _artist(row: sqlite3.Row) -> Artist:
    return Artist(
        id=row["id"],
        name=row["name"],
        album_count=row["album_count"],
        track_count=row["track_count"],
        art=row["art"],
        starred=bool(row["starred"]),
        sort_name=row["sort_name"],
    )


def _genre(row: sqlite3.Row) -> Genre:
    return Genre(
        id=row["id"],
        name=row["name"],
        album_count=row["album_count"],
        track_count=row["track_count"],
        art=row["art"],
    )


def _absolute(row: sqlite3.Row) -> bytes:
    return bytes(row["target"] or os.path.join(row["root"], row["path"]))


def _content_key(row: sqlite3.Row) -> str:
    """By the sound, and by what tells apart two files that only begin alike."""
    whole = f"{bytes(row['audio_key']).hex()}-{row['size']:x}-{row['samples']:x}"
    begin, end = row["begin_samples"], row["end_samples"]
    return whole if not begin and end is None else f"{whole}-{begin:x}-{end or 0:x}"
