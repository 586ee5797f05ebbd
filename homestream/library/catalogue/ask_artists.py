"""Artists: lists of them, and one with what they made."""

# ruff: noqa: S608 - statements are made of fragments that all stand in this package

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from homestream import ids
from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import (
    ArtistId,
    ProfileId,
)
from homestream.library.catalogue import ask_albums, ask_tracks, paging, terms
from homestream.library.catalogue.values import Album, Artist, ArtistSort, Page, Track
from homestream.visibility import EVERYTHING, Visibility

_STARRED_ARTIST: Final = (
    "EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener "
    "AND star.kind = 'artist' AND star.item_id = artist.id)"
)
_MOST_ALBUMS: Final = 500  # of one artist on their page
_TOP: Final = 10
_ARTIST_ORDERS: Final[Mapping[str, paging.Order]] = {
    "name": paging.Order(("artist.sort_name", "artist.id")),
}
_STARRED_ARTISTS: Final = (
    "(SELECT item_id AS id FROM star WHERE profile_id = :listener AND kind = 'artist') AS chosen"
)
_ARTIST: Final = f"""
SELECT artist.id, artist.name,
  COALESCE((SELECT art.id FROM art
      WHERE art.id = artist.art_id AND art.made != 2 AND {terms.IN_SEEN}),
    (SELECT art.id FROM album_artist JOIN album ON album.id = album_artist.album_id
      JOIN art ON art.id = album.art_id WHERE album_artist.artist_id = artist.id
      AND album.track_count > 0 AND art.made != 2
      AND (:libraries IS NULL OR EXISTS (SELECT 1 FROM track WHERE track.album_id = album.id
        AND track.art_id = art.id AND track.state = 'present' AND {terms.SEEN}))
      ORDER BY IFNULL(album.year, 0) DESC, album.id DESC LIMIT 1),
    (SELECT art.id FROM track_artist JOIN track ON track.id = track_artist.track_id
      JOIN art ON art.id = track.art_id WHERE track_artist.artist_id = artist.id
      AND track_artist.role = 'artist' AND track.state = 'present' AND art.made != 2
      AND {terms.SEEN} LIMIT 1)) AS art,
  EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener AND star.kind = 'artist'
    AND star.item_id = artist.id) AS starred, artist.sort_name"""
_ARTIST_COUNTS: Final = ", artist.album_count, artist.track_count"
_ARTIST_COUNTS_SEEN: Final = f"""
  , (SELECT COUNT(*) FROM album_artist JOIN album ON album.id = album_artist.album_id
      WHERE album_artist.artist_id = artist.id AND {terms.ALBUM_SEEN}) AS album_count
  , (SELECT COUNT(*) FROM album_artist JOIN track ON track.album_id = album_artist.album_id
      WHERE album_artist.artist_id = artist.id AND track.state = 'present'
      AND {terms.SEEN} AND {terms.ONCE})
  + (SELECT COUNT(*) FROM track_artist JOIN track ON track.id = track_artist.track_id
      WHERE track_artist.artist_id = artist.id AND track_artist.role = 'artist'
      AND track.state = 'present' AND {terms.SEEN} AND {terms.ONCE}
      AND NOT EXISTS (SELECT 1 FROM album_artist WHERE album_artist.album_id = track.album_id
        AND album_artist.artist_id = artist.id)) AS track_count"""


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
    after, seed = paging.place(cursor, sort, order)
    sql = terms.joined(
        _artist_columns(visibility),
        order.keys,
        "FROM",
        f"{_STARRED_ARTISTS} CROSS JOIN" if starred else "",
        "artist WHERE artist.track_count > 0",
        terms.also(starred, "artist.id = chosen.id"),
        terms.also(visibility != EVERYTHING, terms.ARTIST_SEEN),
        "AND",
        order.after(after),
        order.clause,
        "LIMIT :limit",
    )
    rows = await db.rows(
        sql, {**terms.params(visibility, listener, limit), **paging.key_params(after)}
    )
    return paging.page_of([_artist(row) for row in rows[:limit]], rows, limit, sort, order, seed)


async def artist(
    db: Database, visibility: Visibility, listener: ProfileId | None, artist_id: ArtistId
) -> tuple[Artist, list[Album], list[Track]]:
    """One artist, the albums they made and then those they are on, newest first, and the tracks
    of theirs that this house plays most; NotFound.
    """
    params = {**terms.params(visibility, listener, 0), "artist": artist_id}
    own = (
        "EXISTS (SELECT 1 FROM album_artist WHERE album_artist.album_id = album.id "
        "AND album_artist.artist_id = :artist)"
    )
    made = terms.joined(
        ask_albums.columns(visibility),
        "FROM album WHERE album.id IN (",
        "SELECT album_id FROM album_artist WHERE artist_id = :artist UNION",
        "SELECT track.album_id FROM track_artist",
        "JOIN track ON track.id = track_artist.track_id",
        "WHERE track_artist.artist_id = :artist AND track_artist.role = 'artist'",
        "AND track.state = 'present' AND",
        terms.SEEN,
        ") AND album.track_count > 0 AND",
        terms.ALBUM_SEEN,
        "ORDER BY",
        own,
        "DESC, IFNULL(album.year, 0) DESC, album.id DESC LIMIT :most",
    )
    top = terms.joined(
        ask_tracks.TRACK,
        ", (SELECT COUNT(*) FROM play WHERE play.recording_id = track.recording_id",
        "AND NOT play.private) AS plays",
        ask_tracks.FROM_TRACK,
        "JOIN track_artist ON track_artist.track_id = track.id",
        "WHERE track_artist.artist_id = :artist AND track_artist.role = 'artist'",
        "AND track.state = 'present' AND",
        terms.SEEN,
        "AND",
        terms.ONCE,
        "ORDER BY plays DESC, track.album_id, track.disc, track.position, track.id",
        "LIMIT :most",
    )
    found, their_albums, their_tracks = await db.many(
        (_by_id(visibility), {**params, "ids": terms.numbers([artist_id])}),
        (made, {**params, "most": _MOST_ALBUMS}),
        (top, {**params, "most": _TOP}),
    )
    if not found:
        raise NotFound(f"artist {ids.public('artist', artist_id)} is not here")
    return _artist(found[0]), ask_albums.albums_of(their_albums), ask_tracks.tracks_of(their_tracks)


async def artists_by_id(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    wanted: Sequence[ArtistId],
) -> list[Artist]:
    """Artists in the order given; those without a track to be seen are left out."""
    if not wanted:
        return []
    rows = await db.rows(
        _by_id(visibility),
        {**terms.params(visibility, listener, 0), "ids": terms.numbers(wanted)},
    )
    return terms.in_order(wanted, [_artist(row) for row in rows], lambda each: each.id)


def _by_id(visibility: Visibility) -> str:
    return terms.joined(
        _artist_columns(visibility),
        "FROM artist WHERE artist.id IN (SELECT value FROM json_each(:ids)) AND (",
        "artist.track_count > 0 OR" if visibility == EVERYTHING else "",
        terms.PERSON_SEEN,
        ")",
    )


def _artist_columns(visibility: Visibility) -> str:
    return _ARTIST + (_ARTIST_COUNTS if visibility == EVERYTHING else _ARTIST_COUNTS_SEEN)


def _artist(row: sqlite3.Row) -> Artist:
    number, name, art, starred, sort_name, album_count, track_count = row[:7]
    return Artist(number, name, album_count, track_count, art, starred != 0, sort_name)
