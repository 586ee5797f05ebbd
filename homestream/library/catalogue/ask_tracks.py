"""Tracks: lists of them, single ones, and the texts that are sung in them."""

# ruff: noqa: S608 - statements are made of fragments that all stand in this package

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from homestream import ids
from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.formats.lrc import Line
from homestream.ids import AlbumId, ArtId, ArtistId, GenreId, ProfileId, RecordingId, TrackId
from homestream.library.catalogue import paging, terms
from homestream.library.catalogue.values import Lyrics, Page, Track, TrackSort
from homestream.media.facts import LOSSLESS
from homestream.visibility import Visibility

_STARRED_TRACK: Final = (
    "EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener "
    "AND star.kind = 'track' AND star.item_id = track.recording_id)"
)
_TRACK_ORDERS: Final[Mapping[str, paging.Order]] = {
    "title": paging.Order(("track.sort_title", "track.id")),
    "added": paging.Order(("track.added_at", "track.id"), down=True),
}
_GENRE_TRACK_ORDERS: Final[Mapping[str, paging.Order]] = {
    "title": paging.Order(("track_genre.sort_title", "track_genre.track_id")),
    "added": paging.Order(("track_genre.track_id",), down=True),
}
_TRACKS_OF_ARTIST: Final = (
    "(SELECT DISTINCT track_id AS id FROM track_artist WHERE artist_id = :artist) AS chosen"
)
_STARRED_TRACKS: Final = (
    "(SELECT DISTINCT track.id FROM star CROSS JOIN track ON track.recording_id = star.item_id "
    "WHERE star.profile_id = :listener AND star.kind = 'track') AS chosen"
)
# what a sheet no longer cuts, or cuts otherwise, is not listed and can still be played
STATE: Final = "(CASE WHEN track.retired THEN file.state ELSE track.state END)"
_CHOSEN: Final = f"""(SELECT art.id FROM album JOIN art ON art.id = album.cover_id
  WHERE album.id = track.album_id AND art.made != 2 AND {terms.IN_SEEN})"""
# with their artists, so that a page takes one statement: [[id, name], ...]
_ARTISTS_OF_TRACK: Final = """, (SELECT json_group_array(json_array(id, name)) FROM (
    SELECT artist.id, artist.name FROM track_artist
    CROSS JOIN artist ON artist.id = track_artist.artist_id
    WHERE track_artist.track_id = track.id AND track_artist.role = 'artist'
    ORDER BY track_artist.position)) AS artists"""
TRACK: Final = f"""
SELECT track.id, track.recording_id, track.title, track.artist_credit, track.album_id,
  (SELECT title FROM album WHERE album.id = track.album_id) AS album_title,
  track.disc, track.position, track.disc_subtitle, track.year,
  track.duration_ms, track.explicit, COALESCE({terms.SHOWN.format("track.disc_art_id")},
    {_CHOSEN}, {terms.SHOWN.format("track.art_id")}) AS art,
  EXISTS (SELECT 1 FROM star WHERE star.profile_id = :listener AND star.kind = 'track'
    AND star.item_id = track.recording_id) AS starred,
  {STATE} = 'away' AS away, file.codec, file.sample_rate, file.bit_depth, file.bit_rate,
  track.added_at, track.spoken{_ARTISTS_OF_TRACK}"""
_COLUMNS: Final = 22  # of TRACK, in the order of `_track`
FROM_TRACK: Final = "FROM track JOIN file ON file.id = track.file_id"


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
    after, seed = paging.place(cursor, sort, order)
    sql = terms.joined(
        TRACK,
        order.keys,
        f"FROM {source} CROSS JOIN file ON file.id = track.file_id" if source else FROM_TRACK,
        "WHERE track.state = 'present'",
        terms.also(source.startswith("track_genre"), "track_genre.genre_id = :genre"),
        "AND",
        terms.SEEN,
        "AND",
        terms.ONCE,
        terms.also(
            artist is not None,
            "EXISTS (SELECT 1 FROM track_artist WHERE track_artist.track_id = track.id "
            "AND track_artist.artist_id = :artist AND track_artist.role IN ('artist', 'album'))",
        ),
        terms.also(
            genre is not None and not source.startswith("track_genre"),
            "EXISTS (SELECT 1 FROM track_genre WHERE track_genre.track_id = track.id "
            "AND track_genre.genre_id = :genre)",
        ),
        terms.also(starred, _STARRED_TRACK),
        "AND",
        order.after(after),
        order.clause,
        "LIMIT :limit",
    )
    params = {
        **terms.params(visibility, listener, limit),
        **paging.key_params(after),
        "artist": artist,
        "genre": genre,
    }
    rows = await db.rows(sql, params)
    return paging.page_of(tracks_of(rows[:limit]), rows, limit, sort, order, seed)


async def track(
    db: Database, visibility: Visibility, listener: ProfileId | None, track_id: TrackId
) -> Track:
    """One track, away or not; NotFound."""
    found = await tracks_by_id(db, visibility, listener, [track_id])
    if not found:
        raise NotFound(f"track {ids.public('track', track_id)} is not here")
    return found[0]


async def tracks_by_id(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    wanted: Sequence[TrackId],
) -> list[Track]:
    """Tracks in the order given, away ones too; what is not there or not to be seen is left out."""
    if not wanted:
        return []
    rows = await db.rows(
        terms.joined(
            TRACK,
            FROM_TRACK,
            "WHERE track.id IN (SELECT value FROM json_each(:ids)) AND",
            terms.SEEN,
        ),
        {**terms.params(visibility, listener, 0), "ids": terms.numbers(wanted)},
    )
    return terms.in_order(wanted, tracks_of(rows), lambda each: each.id)


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


def tracks_of(rows: Iterable[sqlite3.Row]) -> list[Track]:
    """Rows that begin with the columns of `TRACK` as values."""
    return [_track(*row[:_COLUMNS]) for row in rows]


def _track(
    number: TrackId,
    recording: RecordingId,
    title: str,
    artist_credit: str,
    album: AlbumId,
    album_title: str,
    disc: int,
    position: int | None,
    disc_subtitle: str | None,
    year: int | None,
    duration_ms: int,
    explicit: int,
    art: ArtId | None,
    starred: int,
    away: int,
    codec: str,
    sample_rate: int,
    bit_depth: int | None,
    bit_rate: int | None,
    added_at: int,
    spoken: str,
    artists: str,
) -> Track:
    return Track(
        id=number,
        recording=recording,
        title=title,
        artists=terms.refs(artists),
        artist_credit=artist_credit,
        album=album,
        album_title=album_title,
        disc=disc,
        position=position,
        disc_subtitle=disc_subtitle,
        year=year,
        duration=duration_ms / 1000,
        explicit=explicit != 0,
        art=art,
        starred=starred != 0,
        away=away != 0,
        codec=codec,
        sample_rate=sample_rate,
        bit_depth=bit_depth,
        bit_rate=bit_rate,
        lossless=codec in LOSSLESS or codec.startswith("pcm_"),
        added_at=added_at,
        spoken=spoken,
    )
