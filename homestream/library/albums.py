"""Albums: where a track belongs, and what an album shows, made anew from its tracks.

Everything here runs with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence

from homestream.ids import AlbumId, ArtistId, LibraryId
from homestream.library import artists, grouping, identity
from homestream.library.describe import Description, Named


class Touched:
    """What a transaction changed, and so has to be counted again."""

    def __init__(self) -> None:
        self.albums: set[AlbumId] = set()
        self.artists: set[ArtistId] = set()
        self.fresh: list[AlbumId] = []
        self.left: list[tuple[AlbumId, AlbumId]] = []


def place(
    connection: sqlite3.Connection,
    library: LibraryId,
    description: Description,
    current: AlbumId | None,
    touched: Touched,
    now: int,
) -> AlbumId:
    """The album of a track, made where there is none that fits."""
    evidence = description.evidence
    candidates = _candidates(connection, evidence, library, description.folder, current)
    placed = grouping.place(evidence, candidates)
    if placed is not None:
        if evidence.mbid:
            connection.execute(
                "UPDATE album SET mbid = :mbid WHERE id = :id AND mbid = ''",
                {"id": placed, "mbid": evidence.mbid},
            )
        return placed
    credit = description.album_artist_credit or description.artist_credit
    album = AlbumId(
        connection.execute(
            "INSERT INTO album (grouping_key, title, sort_title, artist_credit, sort_artist, "
            "  mbid, version, added_at) "
            "VALUES (:key, :title, :sort_title, :credit, :sort_artist, :mbid, :version, :now)",
            {
                "key": grouping.grouping_key(identity.fold(credit), evidence.title),
                "title": description.album_title,
                "sort_title": description.album_sort,
                "credit": credit,
                "sort_artist": identity.sort_key(credit),
                "mbid": evidence.mbid,
                "version": evidence.version,
                "now": now,
            },
        ).lastrowid
        or 0
    )
    touched.fresh.append(album)
    return album


def _candidates(
    connection: sqlite3.Connection,
    evidence: grouping.Evidence,
    library: LibraryId,
    folder: bytes,
    current: AlbumId | None,
) -> list[grouping.Candidate]:
    """Albums that have something in common with a track: release, folder or names."""
    beside = {
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT album_id FROM track WHERE library_id = :library AND folder = :folder",
            {"library": library, "folder": folder},
        )
    }
    return [
        grouping.Candidate(
            id=row[0],
            title=identity.fold(row[1]),
            artist=identity.fold(row[2]),
            artist_tagged=bool(row[4]),
            mbid=row[3],
            version=row[7],
            first_year=row[5],
            last_year=row[6],
            same_folder=row[0] in beside,
            current=row[0] == current,
        )
        for row in connection.execute(
            "SELECT album.id, album.title, album.artist_credit, album.mbid, "
            "  EXISTS (SELECT 1 FROM track WHERE album_id = album.id "
            "    AND album_artist_credit != ''), "
            "  (SELECT MIN(year) FROM track WHERE album_id = album.id), "
            "  (SELECT MAX(year) FROM track WHERE album_id = album.id), album.version "
            "FROM album WHERE id IN ( "
            "  SELECT value FROM json_each(:beside) "
            "  UNION SELECT id FROM album WHERE grouping_key = :key "
            "  UNION SELECT id FROM album WHERE mbid = :mbid AND mbid != '')",
            {
                "beside": json.dumps(sorted(beside)),
                "key": grouping.grouping_key(evidence.album_artist, evidence.title),
                "mbid": evidence.mbid,
            },
        )
    ]


def emptied(
    connection: sqlite3.Connection, fresh: set[AlbumId], left: set[tuple[AlbumId, AlbumId]]
) -> list[tuple[AlbumId, AlbumId]]:
    """New albums with the one that all their tracks came from, where that is empty now."""
    found: list[tuple[AlbumId, AlbumId]] = []
    for album in sorted(fresh):
        sources = {source for source, target in left if target == album}
        if len(sources) != 1:
            continue
        (source,) = sources
        if connection.execute(
            "SELECT NOT EXISTS (SELECT 1 FROM track WHERE album_id = :source)", {"source": source}
        ).fetchone()[0]:
            found.append((source, album))
    return found


def replace(
    connection: sqlite3.Connection, source: AlbumId, album: AlbumId, touched: Touched
) -> None:
    """Gives `source` what is known of `album`, whose tracks it has now, and removes that."""
    connection.execute(
        "UPDATE album SET mbid = (SELECT mbid FROM album WHERE id = :album), "
        "  version = (SELECT version FROM album WHERE id = :album), "
        "  sort_title = (SELECT sort_title FROM album WHERE id = :album) WHERE id = :source",
        {"source": source, "album": album},
    )
    touched.artists.update(_artists_of(connection, album))
    connection.execute("DELETE FROM album WHERE id = :album", {"album": album})
    touched.albums.add(source)


def refresh(connection: sqlite3.Connection, touched: Touched) -> None:
    """Makes the faces and counts of touched albums and artists anew."""
    for album in sorted(touched.albums):
        _refresh(connection, album, touched)
    artists.count(connection, touched.artists)


def _refresh(connection: sqlite3.Connection, album: AlbumId, touched: Touched) -> None:
    tracks = connection.execute(
        "SELECT id, album_title, artist_credit, album_artist_credit, compilation, year, "
        "  original_year, release_types, art_id, duration_ms, disc, added_at FROM track "
        "WHERE album_id = :album AND state = 'present' ORDER BY disc, position, id",
        {"album": album},
    ).fetchall()
    if not tracks:
        connection.execute(
            "UPDATE album SET track_count = 0, disc_count = 0, duration_ms = 0 WHERE id = :album",
            {"album": album},
        )
        touched.artists.update(_artists_of(connection, album))
        return
    credited = _credits(connection, album)
    face = grouping.face(
        [
            grouping.Part(
                title=row[1],
                artist_credit=row[2],
                artists=credited.get((row[0], "artist"), ()),
                album_artist_credit=row[3],
                album_artists=credited.get((row[0], "album"), ()),
                compilation=bool(row[4]),
            )
            for row in tracks
        ]
    )
    owners = [ArtistId(artist) for artist in face.artists]
    if not owners:
        owners = [artists.put(connection, Named(face.artist_credit))]
    _name(connection, album, face, owners)
    before = _artists_of(connection, album)
    if before != owners:
        connection.execute("DELETE FROM album_artist WHERE album_id = :album", {"album": album})
        connection.executemany(
            "INSERT INTO album_artist (album_id, artist_id, position) "
            "VALUES (:album, :artist, :position)",
            [
                {"album": album, "artist": artist, "position": position}
                for position, artist in enumerate(owners)
            ],
        )
    touched.artists.update(before, owners)
    connection.execute(
        "UPDATE album SET year = :year, original_year = :original_year, "
        "  compilation = :compilation, release_types = :release_types, art_id = :art, "
        "  added_at = :added_at, track_count = :tracks, disc_count = :discs, "
        "  duration_ms = :duration WHERE id = :album",
        {
            "album": album,
            "year": _year(row[5] for row in tracks),
            "original_year": min((row[6] for row in tracks if row[6]), default=None),
            "compilation": face.compilation,
            "release_types": next((row[7] for row in tracks if row[7]), ""),
            "art": next((row[8] for row in tracks if row[8] is not None), None),
            "added_at": min(row[11] for row in tracks),
            "tracks": len(tracks),
            "discs": len({row[10] for row in tracks}),
            "duration": sum(row[9] for row in tracks),
        },
    )


def _year(years: Iterable[int | None]) -> int | None:
    """The year that most tracks tell; of several, the last."""
    counted = Counter(year for year in years if year)
    return max(counted, key=lambda year: (counted[year], year), default=None)


def _name(
    connection: sqlite3.Connection,
    album: AlbumId,
    face: grouping.Face,
    owners: Sequence[ArtistId],
) -> None:
    """Writes an album's names where they changed, as each writing costs its search index one."""
    names = {
        row[0]: (row[1], row[2])
        for row in connection.execute(
            "SELECT id, name, sort_name FROM artist WHERE id IN "
            "  (SELECT value FROM json_each(:ids))",
            {"ids": json.dumps(owners)},
        )
    }
    credit = face.artist_credit or ", ".join(names[artist][0] for artist in owners)
    sort_artist = names[owners[0]][1]
    before = connection.execute(
        "SELECT title, artist_credit, sort_artist, sort_title FROM album WHERE id = :album",
        {"album": album},
    ).fetchone()
    sort_title = before[3] if before[0] == face.title else identity.sort_key(face.title)
    after = (face.title, credit, sort_artist, sort_title)
    if tuple(before) == after:
        return
    connection.execute(
        "UPDATE album SET grouping_key = :key, title = :title, artist_credit = :credit, "
        "  sort_artist = :sort_artist, sort_title = :sort_title WHERE id = :album",
        {
            "album": album,
            "key": grouping.grouping_key(identity.fold(credit), identity.fold(face.title)),
            "title": face.title,
            "credit": credit,
            "sort_artist": sort_artist,
            "sort_title": sort_title,
        },
    )


def _artists_of(connection: sqlite3.Connection, album: AlbumId) -> list[ArtistId]:
    return [
        row[0]
        for row in connection.execute(
            "SELECT artist_id FROM album_artist WHERE album_id = :album ORDER BY position",
            {"album": album},
        )
    ]


def _credits(
    connection: sqlite3.Connection, album: AlbumId
) -> dict[tuple[int, str], tuple[int, ...]]:
    """Artists of an album's tracks, by track and role."""
    credited: dict[tuple[int, str], tuple[int, ...]] = {}
    for track, role, artist in connection.execute(
        "SELECT track_id, role, artist_id FROM track_artist WHERE track_id IN "
        "  (SELECT id FROM track WHERE album_id = :album) "
        "AND role IN ('artist', 'album') ORDER BY track_id, role, track_artist.position",
        {"album": album},
    ):
        credited[track, role] = (*credited.get((track, role), ()), artist)
    return credited
