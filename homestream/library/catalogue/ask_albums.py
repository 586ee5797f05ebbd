"""Albums: lists of them, one with its tracks, and its other qualities and editions."""

# ruff: noqa: S608 - statements are made of fragments that all stand in this package

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from homestream import ids
from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import (
    AlbumId,
    ArtId,
    ArtistId,
    GenreId,
    ProfileId,
    TrackId,
)
from homestream.library.catalogue import ask_tracks, paging, terms
from homestream.library.catalogue.values import Album, AlbumSort, Page, Track
from homestream.visibility import EVERYTHING, Visibility

_STARRED_ALBUM: Final = (
    "EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener "
    "AND star.kind = 'album' AND star.item_id = album.id)"
)
_SPOKEN_ALBUM: Final = (
    "EXISTS (SELECT 1 FROM track WHERE track.album_id = album.id AND track.spoken != '' "
    "AND track.state = 'present')"
)
_MOST_EDITIONS: Final = 24
_ALBUM_ORDERS: Final[Mapping[str, paging.Order]] = {
    "title": paging.Order(("album.sort_title", "album.id")),
    "artist": paging.Order(("album.sort_artist", "IFNULL(album.year, 0)", "album.id")),
    "added": paging.Order(("album.added_at", "album.id"), down=True),
    "year": paging.Order(("IFNULL(album.year, 0)", "album.id"), down=True),
    "played": paging.Order(("played.at", "album.id"), down=True),
    "random": paging.Order((f"(album.id * :seed) % {paging.PRIME}", "album.id")),
}
# within a genre
_GENRE_ALBUM_ORDERS: Final[Mapping[str, paging.Order]] = {
    "title": paging.Order(("album_genre.sort_title", "album_genre.album_id")),
    "artist": paging.Order(("album_genre.sort_artist", "album_genre.year", "album_genre.album_id")),
    "added": paging.Order(("album_genre.added_at", "album_genre.album_id"), down=True),
    "year": paging.Order(("album_genre.year", "album_genre.album_id"), down=True),
    "random": paging.Order(
        (f"(album_genre.album_id * :seed) % {paging.PRIME}", "album_genre.album_id")
    ),
}
# what a filter leaves, each once
_ALBUMS_OF_ARTIST: Final = (
    "(SELECT DISTINCT album_id AS id FROM album_artist WHERE artist_id = :artist) AS chosen"
)
_SPOKEN_ALBUMS: Final = "(SELECT DISTINCT album_id AS id FROM track WHERE spoken != '') AS chosen"
_STARRED_ALBUMS: Final = (
    "(SELECT item_id AS id FROM star WHERE profile_id = :listener AND kind = 'album') AS chosen"
)
_OF_KIND: Final = "instr('; ' || album.release_types || ';', '; ' || :kind || ';')"
# its index holds no track without a label, which SQLite has to be told
_OF_LABEL: Final = f"""album.id IN (SELECT track.album_id FROM track_rights
  CROSS JOIN track ON track.id = track_rights.track_id
  WHERE track_rights.label = :label AND track_rights.label != ''
    AND track.state = 'present' AND {terms.SEEN})"""
_OF_MOOD: Final = f"""album.id IN (SELECT track.album_id FROM track_mood
  CROSS JOIN track ON track.id = track_mood.track_id
  WHERE track_mood.mood = :mood AND track.state = 'present' AND {terms.SEEN})"""
_ARTISTS_OF_ALBUM: Final = """, (SELECT json_group_array(json_array(id, name)) FROM (
    SELECT artist.id, artist.name FROM album_artist
    CROSS JOIN artist ON artist.id = album_artist.artist_id
    WHERE album_artist.album_id = album.id ORDER BY album_artist.position)) AS artists"""
_ALBUM: Final = f"""
SELECT album.id, album.title, album.artist_credit, album.year, album.original_year,
  album.compilation, album.release_types,
  EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener AND star.kind = 'album'
    AND star.item_id = album.id) AS starred, album.added_at, album.sort_title, album.sort_artist,
  IFNULL((SELECT track.spoken FROM track WHERE track.album_id = album.id
    AND track.spoken != '' AND track.state = 'present' LIMIT 1), '') AS spoken{_ARTISTS_OF_ALBUM}"""
_ALBUM_COUNTS: Final = f""", album.track_count, album.disc_count, album.duration_ms,
  {terms.SHOWN.format("album.art_id")} AS art,
  (SELECT colour FROM art WHERE art.id = album.art_id) AS colour"""
# of an album's tracks, some may lie where not everybody may look
_ALBUM_ART_SEEN: Final = f"""(SELECT art.{{}} FROM track JOIN art ON art.id = track.art_id
      WHERE track.album_id = album.id AND track.state = 'present' AND art.made != 2 AND {terms.SEEN}
      ORDER BY track.disc, track.position, track.id LIMIT 1)"""
_ALBUM_COUNTS_SEEN: Final = f"""
  , (SELECT COUNT(*) FROM track WHERE track.album_id = album.id
      AND track.state = 'present' AND {terms.SEEN} AND {terms.ONCE}) AS track_count
  , (SELECT COUNT(DISTINCT disc) FROM track WHERE track.album_id = album.id
      AND track.state = 'present' AND {terms.SEEN}) AS disc_count
  , (SELECT IFNULL(SUM(duration_ms), 0) FROM track WHERE track.album_id = album.id
      AND track.state = 'present' AND {terms.SEEN} AND {terms.ONCE}) AS duration_ms
  , CASE WHEN :libraries IS NULL THEN {terms.SHOWN.format("album.art_id")}
    ELSE {_ALBUM_ART_SEEN.format("id")} END AS art
  , CASE WHEN :libraries IS NULL THEN (SELECT colour FROM art WHERE art.id = album.art_id)
    ELSE {_ALBUM_ART_SEEN.format("colour")} END AS colour"""
_COLUMNS: Final = 18  # of an album, in the order of `_album`
_PLAYED: Final = """(SELECT track.album_id AS album_id, MAX(play.started_at) AS at
  FROM play JOIN track ON track.id = play.track_id
  WHERE play.profile_id = :listener AND NOT play.private GROUP BY track.album_id) AS played
  JOIN album ON album.id = played.album_id"""
_LISTED: Final = f"""{ask_tracks.TRACK} {ask_tracks.FROM_TRACK}
WHERE track.album_id = :album AND track.state = 'present' AND {terms.SEEN} AND {terms.ONCE}
ORDER BY track.disc, IFNULL(track.position, 100000), track.sort_title, track.id"""
_IN_OTHER_QUALITIES: Final = f"""{ask_tracks.TRACK}, other_quality.better_id {ask_tracks.FROM_TRACK}
JOIN other_quality ON other_quality.track_id = track.id
JOIN track AS better ON better.id = other_quality.better_id
WHERE track.album_id = :album AND better.album_id = :album
  AND track.state = 'present' AND {terms.SEEN} AND (:explicit OR NOT better.explicit)
  AND (:libraries IS NULL
    OR better.library_id IN (SELECT value FROM json_each(:libraries)))
ORDER BY track.disc, track.position, file.bit_rate DESC, track.id"""


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
    after, seed = paging.place(cursor, sort, order)
    sql = terms.joined(
        columns(visibility),
        order.keys,
        "FROM",
        source,
        "WHERE album.track_count > 0",
        terms.also(source.startswith("album_genre"), "album_genre.genre_id = :genre"),
        terms.also(visibility != EVERYTHING, terms.ALBUM_SEEN),
        terms.also(
            artist is not None,
            "EXISTS (SELECT 1 FROM album_artist WHERE album_artist.album_id = album.id "
            "AND album_artist.artist_id = :artist)",
        ),
        terms.also(
            genre is not None,
            "EXISTS (SELECT 1 FROM track JOIN track_genre ON track_genre.track_id = track.id "
            "WHERE track.album_id = album.id AND track.state = 'present' "
            "AND track_genre.genre_id = :genre AND",
            terms.SEEN,
            ")",
        ),
        terms.also(starred, _STARRED_ALBUM),
        terms.also(spoken, _SPOKEN_ALBUM),
        terms.also(kind is not None, _OF_KIND),
        terms.also(label is not None, _OF_LABEL),
        terms.also(mood is not None, _OF_MOOD),
        "AND",
        order.after(after),
        order.clause,
        "LIMIT :limit",
    )
    params = {
        **terms.params(visibility, listener, limit),
        **paging.key_params(after),
        "seed": seed,
        "artist": artist,
        "genre": genre,
        "kind": kind,
        "label": label,
        "mood": mood,
    }
    rows = await db.rows(sql, params)
    return paging.page_of(albums_of(rows[:limit]), rows, limit, sort, order, seed)


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
    after, seed = paging.place(cursor, "random", order)
    params = terms.params(visibility, listener, limit)
    there = terms.joined(
        "SELECT album.id FROM album WHERE album.id IN (SELECT value FROM json_each(:ids))",
        "AND album.track_count > 0",
        terms.also(visibility != EVERYTHING, terms.ALBUM_SEEN),
    )
    whole = terms.joined(
        columns(visibility), "FROM album WHERE album.id IN (SELECT value FROM json_each(:ids))"
    )

    def read(connection: sqlite3.Connection) -> Page[Album]:
        now: int = connection.execute("SELECT IFNULL(MAX(id), 0) FROM album").fetchone()[0]
        highest, step = after or (now, 0)
        if not isinstance(highest, int) or not isinstance(step, int) or not 0 <= highest <= now:
            raise BadInput("cursor is not of this list")
        prime = _prime_above(highest)
        stride = seed % prime or 1
        kept: list[tuple[int, int]] = []  # steps and ids
        step = max(step, 0)
        while step < prime and len(kept) <= limit:
            last = min(step + max(2 * (limit + 1 - len(kept)), 16), prime)
            passed = [(at, stride * at % prime) for at in range(step, last)]
            rows = connection.execute(
                there, {**params, "ids": terms.numbers(each for _, each in passed)}
            )
            known = {row[0] for row in rows}
            kept += [(at, each) for at, each in passed if each in known]
            step = last
        begins = kept[limit][0] if len(kept) > limit else None  # the next page
        wanted = [AlbumId(each) for _, each in kept[:limit]]
        rows = connection.execute(whole, {**params, "ids": terms.numbers(wanted)})
        found = terms.in_order(wanted, albums_of(rows), lambda each: each.id)
        if begins is None:
            return Page(found, None)
        return Page(found, paging.cursor_of("random", seed, [highest, begins]))

    return await db.read(read)


def _prime_above(number: int) -> int:
    candidate = max(number + 1, 2)
    while any(candidate % each == 0 for each in range(2, math.isqrt(candidate) + 1)):
        candidate += 1
    return candidate


async def album(
    db: Database, visibility: Visibility, listener: ProfileId | None, album_id: AlbumId
) -> tuple[Album, list[Track]]:
    """One album with its tracks in order; NotFound where none of them can be seen."""
    params = {**terms.params(visibility, listener, 0), "album": album_id}
    found, listed = await db.many((_one(visibility), params), (_LISTED, params))
    return _found(found, album_id), ask_tracks.tracks_of(listed)


async def album_in_qualities(
    db: Database, visibility: Visibility, listener: ProfileId | None, album_id: AlbumId
) -> tuple[Album, list[Track], list[tuple[TrackId, Track]]]:
    """One album as `album` gives it, and its `other_qualities`, as they are at one moment."""
    params = {**terms.params(visibility, listener, 0), "album": album_id}
    found, listed, others = await db.many(
        (_one(visibility), params), (_LISTED, params), (_IN_OTHER_QUALITIES, params)
    )
    return _found(found, album_id), ask_tracks.tracks_of(listed), _others(others)


async def other_qualities(
    db: Database, visibility: Visibility, listener: ProfileId | None, album_id: AlbumId
) -> list[tuple[TrackId, Track]]:
    """What of an album is there in other qualities too, each with the track that is listed."""
    params = {**terms.params(visibility, listener, 0), "album": album_id}
    return _others(await db.rows(_IN_OTHER_QUALITIES, params))


def _one(visibility: Visibility) -> str:
    return terms.joined(
        columns(visibility),
        "FROM album WHERE album.id = :album AND album.track_count > 0",
        terms.also(visibility != EVERYTHING, terms.ALBUM_SEEN),
    )


def _found(rows: Sequence[sqlite3.Row], album_id: AlbumId) -> Album:
    if not rows:
        raise NotFound(f"album {ids.public('album', album_id)} is not here")
    return albums_of(rows)[0]


def _others(rows: Sequence[sqlite3.Row]) -> list[tuple[TrackId, Track]]:
    return [
        (row["better_id"], each) for row, each in zip(rows, ask_tracks.tracks_of(rows), strict=True)
    ]


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


async def albums_by_id(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    wanted: Sequence[AlbumId],
) -> list[Album]:
    """Albums in the order given; those without a track to be seen are left out."""
    if not wanted:
        return []
    rows = await db.rows(
        terms.joined(
            columns(visibility),
            "FROM album WHERE album.id IN (SELECT value FROM json_each(:ids))",
            "AND album.track_count > 0",
            terms.also(visibility != EVERYTHING, terms.ALBUM_SEEN),
        ),
        {**terms.params(visibility, listener, 0), "ids": terms.numbers(wanted)},
    )
    return terms.in_order(wanted, albums_of(rows), lambda each: each.id)


def columns(visibility: Visibility) -> str:
    return _ALBUM + (_ALBUM_COUNTS if visibility == EVERYTHING else _ALBUM_COUNTS_SEEN)


def albums_of(rows: Iterable[sqlite3.Row]) -> list[Album]:
    """Rows that begin with `columns` as values."""
    return [_album(*row[:_COLUMNS]) for row in rows]


def _album(
    number: AlbumId,
    title: str,
    artist_credit: str,
    year: int | None,
    original_year: int | None,
    compilation: int,
    release_types: str,
    starred: int,
    added_at: int,
    sort_title: str,
    sort_artist: str,
    spoken: str,
    artists: str,
    track_count: int,
    disc_count: int,
    duration_ms: int,
    art: ArtId | None,
    colour: str | None,
) -> Album:
    return Album(
        id=number,
        title=title,
        artists=terms.refs(artists),
        artist_credit=artist_credit,
        year=year,
        original_year=original_year,
        compilation=compilation != 0,
        release_types=tuple(release_types.split("; ")) if release_types else (),
        track_count=track_count,
        disc_count=disc_count,
        duration=duration_ms / 1000,
        art=art,
        colour=colour,
        starred=starred != 0,
        added_at=added_at,
        spoken=spoken,
        sort_title=sort_title,
        sort_artist=sort_artist,
    )
