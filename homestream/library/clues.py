"""What tracks say of their album: rows of the tables made into what `grouping` compares."""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import Final

import msgspec

from homestream.ids import AlbumId
from homestream.library import grouping, identity
from homestream.library.grouping import Clue

# the present tracks of some albums (:albums, JSON)
KNOWN: Final = (
    "SELECT track.id, track.recording_id, track.library_id, track.folder, "
    "  track.album_title, track.title, track.album_artist_credit, track.artist_credit, "
    "  track.release_mbid, track.year, track.compilation, track.disc, track.position, "
    "  track.duration_ms, track.tags, track.album_id, "
    "  (SELECT artist.folded FROM track_artist "
    "    JOIN artist ON artist.id = track_artist.artist_id "
    "    WHERE track_artist.track_id = track.id AND track_artist.role = 'artist' "
    "    ORDER BY track_artist.position LIMIT 1) AS by "
    "FROM track WHERE track.album_id IN (SELECT value FROM json_each(:albums)) "
    "AND track.state = 'present'"
)


class Said(msgspec.Struct, frozen=True, gc=False):
    """What is needed of a track's tags and has no column."""

    album: str = ""
    album_sort: str = ""
    version: str = ""
    label: str = ""
    catalog_number: str = ""
    barcode: str = ""
    media: str = ""
    disc_total: int | None = None
    position_total: int | None = None
    album_artist_mbids: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True, gc=False):
    """A present track with what it says of its album, as tagged and folded."""

    clue: Clue
    album: AlbumId
    album_title: str
    album_sort: str
    album_artist: str  # as tagged
    artist_credit: str  # of the album; of the track where that is not tagged
    said: Said


@cache
def _decoder() -> msgspec.json.Decoder[Said]:
    return msgspec.json.Decoder(Said)


def known(row: sqlite3.Row) -> Known:
    """What a row of `KNOWN` says."""
    said = _decoder().decode(row["tags"])
    base, edition = grouping.edition_in_title(row["album_title"])
    clue = Clue(
        track=row["id"],
        recording=row["recording_id"],
        library=row["library_id"],
        folder=row["folder"],
        title=identity.fold(base),
        name=identity.fold(row["title"]),
        titled=bool(said.album),
        version=grouping.edition(said.version or edition),
        artist=identity.fold(row["album_artist_credit"]),
        artist_mbid=said.album_artist_mbids[0] if said.album_artist_mbids else "",
        by=row["by"] or "",
        mbid=row["release_mbid"],
        barcode=said.barcode.strip().lstrip("0"),
        catalog=identity.fold(said.catalog_number),
        label=identity.fold(said.label),
        media=identity.fold(said.media),
        year=row["year"],
        compilation=bool(row["compilation"]),
        disc=row["disc"],
        position=row["position"],
        disc_total=said.disc_total,
        position_total=said.position_total,
        duration=row["duration_ms"] / 1000,
    )
    return Known(
        clue=clue,
        album=row["album_id"],
        album_title=row["album_title"],
        album_sort=said.album_sort if said.album == row["album_title"] else "",
        album_artist=row["album_artist_credit"],
        artist_credit=row["album_artist_credit"] or row["artist_credit"],
        said=said,
    )
