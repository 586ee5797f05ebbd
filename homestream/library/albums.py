"""Albums: where a track belongs, and what an album shows, made anew from its tracks.

Everything here runs with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

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
    alike = {
        row[0]
        for row in connection.execute(
            "SELECT id FROM album WHERE grouping_key = :key",
            {"key": grouping.grouping_key(evidence.album_artist, evidence.title)},
        )
    }
    if evidence.mbid:
        alike.update(
            row[0]
            for row in connection.execute(
                "SELECT id FROM album WHERE mbid = :mbid AND mbid != ''", {"mbid": evidence.mbid}
            )
        )
    if not (beside or alike):
        return []
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
            "FROM album WHERE id IN (SELECT value FROM json_each(:ids))",
            {"ids": _json(sorted(beside | alike))},
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
    touched.artists.update(_owners(connection, _json([album])).get(album, ()))
    connection.execute("DELETE FROM album WHERE id = :album", {"album": album})
    touched.albums.add(source)


def refresh(connection: sqlite3.Connection, touched: Touched) -> None:
    """Makes the faces and counts of touched albums and artists anew."""
    if touched.albums:
        _refresh(connection, sorted(touched.albums), touched)
    artists.count(connection, touched.artists)


def _refresh(connection: sqlite3.Connection, wanted: Sequence[AlbumId], touched: Touched) -> None:
    ids = _json(wanted)
    tracks: dict[AlbumId, list[tuple[Any, ...]]] = {album: [] for album in wanted}
    for row in connection.execute(
        "SELECT album_id, id, album_title, artist_credit, album_artist_credit, compilation, year, "
        "  original_year, release_types, art_id, duration_ms, disc, added_at FROM track "
        "WHERE album_id IN (SELECT value FROM json_each(:ids)) AND state = 'present' "
        "ORDER BY album_id, disc, position, id",
        {"ids": ids},
    ):
        tracks[row[0]].append(tuple(row))
    owned = _owners(connection, ids)
    credited = _credits(connection, ids)
    faces: dict[AlbumId, grouping.Face] = {}
    owners: dict[AlbumId, list[ArtistId]] = {}
    for album, parts in tracks.items():
        touched.artists.update(owned.get(album, ()))
        if parts:
            faces[album], owners[album] = _face(connection, parts, credited)
            touched.artists.update(owners[album])
    _name(connection, ids, faces, owners)
    _own(connection, [album for album in faces if owned.get(album, []) != owners[album]], owners)
    connection.executemany(
        "UPDATE album SET track_count = 0, disc_count = 0, duration_ms = 0 WHERE id = :album",
        [{"album": album} for album in wanted if album not in faces],
    )
    connection.executemany(
        "UPDATE album SET year = :year, original_year = :original_year, "
        "  compilation = :compilation, release_types = :release_types, art_id = :art, "
        "  added_at = :added_at, track_count = :tracks, disc_count = :discs, "
        "  duration_ms = :duration WHERE id = :album",
        [_sums(album, tracks[album], face) for album, face in faces.items()],
    )


def _face(
    connection: sqlite3.Connection,
    tracks: Sequence[tuple[Any, ...]],
    credited: Mapping[tuple[int, str], tuple[int, ...]],
) -> tuple[grouping.Face, list[ArtistId]]:
    """Whose an album is, and their rows."""
    face = grouping.face(
        [
            grouping.Part(
                title=row[2],
                artist_credit=row[3],
                artists=credited.get((row[1], "artist"), ()),
                album_artist_credit=row[4],
                album_artists=credited.get((row[1], "album"), ()),
                compilation=bool(row[5]),
            )
            for row in tracks
        ]
    )
    owners = [ArtistId(artist) for artist in face.artists]
    return face, owners or [artists.put(connection, Named(face.artist_credit))]


def _sums(
    album: AlbumId, tracks: Sequence[tuple[Any, ...]], face: grouping.Face
) -> dict[str, int | str | None]:
    return {
        "album": album,
        "year": _year(row[6] for row in tracks),
        "original_year": min((row[7] for row in tracks if row[7]), default=None),
        "compilation": face.compilation,
        "release_types": next((row[8] for row in tracks if row[8]), ""),
        "art": next((row[9] for row in tracks if row[9] is not None), None),
        "added_at": min(row[12] for row in tracks),
        "tracks": len(tracks),
        "discs": len({row[11] for row in tracks}),
        "duration": sum(row[10] for row in tracks),
    }


def _own(
    connection: sqlite3.Connection,
    changed: Sequence[AlbumId],
    owners: Mapping[AlbumId, Sequence[ArtistId]],
) -> None:
    """Writes whose albums are."""
    connection.executemany(
        "DELETE FROM album_artist WHERE album_id = :album", [{"album": album} for album in changed]
    )
    connection.executemany(
        "INSERT INTO album_artist (album_id, artist_id, position) "
        "VALUES (:album, :artist, :position)",
        [
            {"album": album, "artist": artist, "position": position}
            for album in changed
            for position, artist in enumerate(owners[album])
        ],
    )


def _year(years: Iterable[int | None]) -> int | None:
    """The year that most tracks tell; of several, the last."""
    counted = Counter(year for year in years if year)
    return max(counted, key=lambda year: (counted[year], year), default=None)


def _name(
    connection: sqlite3.Connection,
    ids: str,
    faces: Mapping[AlbumId, grouping.Face],
    owners: Mapping[AlbumId, Sequence[ArtistId]],
) -> None:
    """Writes albums' names where they changed, as each writing costs its search index one."""
    names = {
        row[0]: (row[1], row[2])
        for row in connection.execute(
            "SELECT id, name, sort_name FROM artist WHERE id IN "
            "  (SELECT value FROM json_each(:ids))",
            {"ids": _json(sorted({artist for each in owners.values() for artist in each}))},
        )
    }
    changed: list[dict[str, int | str]] = []
    for album, *before in connection.execute(
        "SELECT id, title, artist_credit, sort_artist, sort_title FROM album "
        "WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": ids},
    ):
        face = faces.get(album)
        if face is None:
            continue
        credit = face.artist_credit or ", ".join(names[artist][0] for artist in owners[album])
        sort_artist = names[owners[album][0]][1]
        sort_title = before[3] if before[0] == face.title else identity.sort_key(face.title)
        if before == [face.title, credit, sort_artist, sort_title]:
            continue
        changed.append(
            {
                "album": album,
                "key": grouping.grouping_key(identity.fold(credit), identity.fold(face.title)),
                "title": face.title,
                "credit": credit,
                "sort_artist": sort_artist,
                "sort_title": sort_title,
            }
        )
    connection.executemany(
        "UPDATE album SET grouping_key = :key, title = :title, artist_credit = :credit, "
        "  sort_artist = :sort_artist, sort_title = :sort_title WHERE id = :album",
        changed,
    )


def _owners(connection: sqlite3.Connection, ids: str) -> dict[AlbumId, list[ArtistId]]:
    """Whose albums are, as it is written."""
    owned: dict[AlbumId, list[ArtistId]] = {}
    for album, artist in connection.execute(
        "SELECT album_id, artist_id FROM album_artist "
        "WHERE album_id IN (SELECT value FROM json_each(:ids)) ORDER BY album_id, position",
        {"ids": ids},
    ):
        owned.setdefault(album, []).append(artist)
    return owned


def _credits(connection: sqlite3.Connection, ids: str) -> dict[tuple[int, str], tuple[int, ...]]:
    """Artists of albums' tracks, by track and role."""
    credited: dict[tuple[int, str], tuple[int, ...]] = {}
    for track, role, artist in connection.execute(
        "SELECT track_artist.track_id, track_artist.role, track_artist.artist_id "
        "FROM track CROSS JOIN track_artist ON track_artist.track_id = track.id "
        "WHERE track.album_id IN (SELECT value FROM json_each(:ids)) "
        "AND track_artist.role IN ('artist', 'album') "
        "ORDER BY track_artist.track_id, track_artist.role, track_artist.position",
        {"ids": ids},
    ):
        key = (track, role)
        credited[key] = (*credited[key], artist) if key in credited else (artist,)
    return credited


def _json(ids: Iterable[int]) -> str:
    """As one parameter of a statement, which takes it apart by json_each."""
    return msgspec.json.encode(list(ids)).decode()
