"""What is told about one track beside its name: who did what, the work, the dates, the rights and
the ids that its file gives; and what else a person did.
"""

# ruff: noqa: S608 - statements are made of fragments that all stand in this module

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from homestream import ids
from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ArtistId, ProfileId, TrackId
from homestream.library import catalogue, credits, works
from homestream.library.catalogue import ArtistRef, File, Track
from homestream.library.works import Movement
from homestream.visibility import Visibility

_MOST: Final = 24  # tracks under one heading


class Contributor(msgspec.Struct, frozen=True):
    artist: ArtistRef
    instrument: str  # empty: not told


class About(msgspec.Struct, frozen=True):
    """What is known of a track; empty texts where its file says nothing."""

    track: Track
    file: File
    credits: dict[str, list[Contributor]]  # by role, in the order of `credits.ROLES`
    work: Movement | None
    genres: list[str]
    moods: list[str]
    date: str  # of this release, as written
    original_date: str
    version: str
    media: str
    label: str
    catalog_number: str
    barcode: str
    isrc: str
    copyright: str
    license: str
    mbids: dict[str, str]  # by what they name: "recording", "release" ...


async def track(
    db: Database, visibility: Visibility, listener: ProfileId | None, track_id: TrackId
) -> About:
    """All there is to tell about a track; NotFound."""
    found = await catalogue.track(db, visibility, listener, track_id)
    row = await db.row(_TAGS, {"track": track_id})
    if row is None:
        raise NotFound(f"track {ids.public('track', track_id)} is not here")
    tags = credits.printed(row["tags"])
    people: dict[str, list[Contributor]] = {role: [] for role in credits.ROLES}
    for each in await db.rows(_CREDITS, {"track": track_id}):
        if each["role"] in people:
            ref = ArtistRef(each["id"], each["name"])
            people[each["role"]].append(Contributor(ref, each["instrument"]))
    genres = await db.rows(_GENRES, {"track": track_id})
    original = tags.original_date
    return About(
        track=found,
        file=await catalogue.file(db, visibility, track_id),
        credits={role: named for role, named in people.items() if named},
        work=await works.of_track(db, visibility, track_id),
        genres=[each["name"] for each in genres],
        moods=list(tags.moods),
        date=tags.release_date or tags.date,
        original_date=original if original != (tags.release_date or tags.date) else "",
        version=tags.version,
        media=tags.media,
        label=tags.label,
        catalog_number=tags.catalog_number,
        barcode=tags.barcode,
        isrc=tags.isrc,
        copyright=tags.copyright,
        license=tags.license,
        mbids={
            name: value
            for name, value in {
                "recording": tags.recording_mbid,
                "track": tags.track_mbid,
                "release": tags.release_mbid,
                "release group": tags.release_group_mbid,
                "work": tags.work_mbid,
            }.items()
            if value
        },
    )


async def also(
    db: Database, visibility: Visibility, listener: ProfileId | None, artist: ArtistId
) -> list[tuple[str, list[Track]]]:
    """What a person did on tracks that are not theirs, under headings.

    Tracks of works that they composed are left out: those have a list of their own.
    """
    found: dict[str, dict[TrackId, None]] = {}
    for row in await db.rows(
        _ALSO, {**catalogue.visible(visibility), "artist": artist, "most": _MOST * 20}
    ):
        heading = credits.ALSO.get(row["role"])
        if heading is not None:
            found.setdefault(heading, {})[row["track_id"]] = None
    order = list(dict.fromkeys(credits.ALSO.values()))
    told = []
    for heading in sorted(found, key=order.index):
        wanted = list(found[heading])[:_MOST]
        tracks = await catalogue.tracks_by_id(db, visibility, listener, wanted)
        if tracks:
            told.append((heading, tracks))
    return told


async def namesakes(
    db: Database, visibility: Visibility, artists: Sequence[ArtistId]
) -> dict[ArtistId, str]:
    """Of artists who share their name with another one that can be seen: by what to tell them
    apart, which is their first album, or else a track.
    """
    rows = await db.rows(
        _NAMESAKES,
        {
            **catalogue.visible(visibility),
            "ids": msgspec.json.encode(list(artists)).decode(),
        },
    )
    return {row["id"]: row["known_by"] for row in rows if row["known_by"]}


_SEEN: Final = catalogue.SEEN
_ONCE: Final = catalogue.ONCE
_ARTIST_SEEN: Final = catalogue.ARTIST_SEEN
_TAGS: Final = "SELECT tags FROM track WHERE id = :track"
_CREDITS: Final = """
SELECT artist.id, artist.name, track_artist.role, track_artist.instrument FROM track_artist
JOIN artist ON artist.id = track_artist.artist_id
WHERE track_artist.track_id = :track ORDER BY track_artist.role, track_artist.position"""
_GENRES: Final = """
SELECT genre.name FROM track_genre JOIN genre ON genre.id = track_genre.genre_id
WHERE track_genre.track_id = :track ORDER BY track_genre.position"""
_ALSO: Final = f"""
SELECT track_artist.track_id, track_artist.role FROM track_artist
JOIN track ON track.id = track_artist.track_id
WHERE track_artist.artist_id = :artist AND track_artist.role NOT IN ('artist', 'album')
  AND track.state = 'present' AND {_SEEN} AND {_ONCE}
  AND NOT (track_artist.role = 'composer' AND EXISTS (SELECT 1 FROM track_work
    JOIN work ON work.id = track_work.work_id
    WHERE track_work.track_id = track.id AND work.composer_id = :artist))
  AND NOT EXISTS (SELECT 1 FROM track_artist AS own WHERE own.track_id = track.id
    AND own.role = 'artist' AND own.artist_id = :artist)
ORDER BY track.album_id, track.disc, track.position LIMIT :most"""
_NAMESAKES: Final = f"""
SELECT same.id, COALESCE(
  (SELECT album.title FROM album_artist JOIN album ON album.id = album_artist.album_id
    WHERE album_artist.artist_id = same.id AND EXISTS (SELECT 1 FROM track
      WHERE track.album_id = album.id AND track.state = 'present' AND {_SEEN})
    ORDER BY IFNULL(album.year, 9999), album.id LIMIT 1),
  (SELECT track.title FROM track_artist JOIN track ON track.id = track_artist.track_id
    WHERE track_artist.artist_id = same.id AND track.state = 'present' AND {_SEEN}
    ORDER BY track.id LIMIT 1)) AS known_by
FROM artist AS same WHERE same.id IN (SELECT value FROM json_each(:ids))
  AND EXISTS (SELECT 1 FROM artist WHERE artist.folded = same.folded AND artist.id != same.id
    AND artist.track_count > 0 AND {_ARTIST_SEEN})"""
