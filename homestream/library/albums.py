"""Albums: where a track belongs, and what an album shows, made anew from its tracks.

Everything here runs with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import msgspec

from homestream.ids import AlbumId, ArtistId, LibraryId, TrackId
from homestream.library import artists, copies, corrections, genres, grouping, identity
from homestream.library.describe import Description, Named
from homestream.media import late

if TYPE_CHECKING:
    from homestream.media import tags
else:
    tags = late.module("homestream.media.tags")


class Touched:
    """What a transaction changed, and so has to be counted again."""

    def __init__(self) -> None:
        self.albums: set[AlbumId] = set()
        self.artists: set[ArtistId] = set()
        self.fresh: list[AlbumId] = []
        self.left: list[tuple[AlbumId, AlbumId]] = []
        self.unsettled: set[AlbumId] = set()  # tracks came or went


def place(
    connection: sqlite3.Connection,
    library: LibraryId,
    description: Description,
    current: AlbumId | None,
    touched: Touched,
    now: int,
    flush: Callable[[Set[AlbumId]], None],
) -> AlbumId:
    """The album of a track, made where there is none that fits. `flush` has what waits inserted
    where it may be of one of some albums, or in this folder."""
    evidence = description.evidence
    alike = _alike(connection, evidence)
    flush(alike)
    candidates = _candidates(connection, alike, library, description.folder, current)
    placed = grouping.place(evidence, candidates)
    if placed is not None:
        touched.unsettled.add(placed)
        if evidence.mbid:
            connection.execute(
                "UPDATE album SET mbid = :mbid WHERE id = :id AND mbid = ''",
                {"id": placed, "mbid": evidence.mbid},
            )
        return placed
    credit = description.album_artist_credit or description.artist_credit
    album = make(
        connection,
        key=grouping.grouping_key(identity.fold(credit), evidence.title),
        title=description.album_title,
        sort_title=description.album_sort,
        credit=credit,
        mbid=evidence.mbid,
        version=evidence.version,
        now=now,
    )
    touched.fresh.append(album)
    return album


def make(
    connection: sqlite3.Connection,
    *,
    key: str,
    title: str,
    sort_title: str,
    credit: str,
    mbid: str,
    version: str,
    now: int,
) -> AlbumId:
    """A new album without tracks; `refresh` gives it the rest."""
    return AlbumId(
        connection.execute(
            "INSERT INTO album (grouping_key, title, sort_title, artist_credit, sort_artist, "
            "  mbid, version, added_at) "
            "VALUES (:key, :title, :sort_title, :credit, :sort_artist, :mbid, :version, :now)",
            {
                "key": key,
                "title": title,
                "sort_title": sort_title,
                "credit": credit,
                "sort_artist": identity.sort_key(credit),
                "mbid": mbid,
                "version": version,
                "now": now,
            },
        ).lastrowid
        or 0
    )


def _alike(connection: sqlite3.Connection, evidence: grouping.Evidence) -> set[AlbumId]:
    """Albums that have the release or the names of a track."""
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
    return alike


def _candidates(
    connection: sqlite3.Connection,
    alike: Set[AlbumId],
    library: LibraryId,
    folder: bytes,
    current: AlbumId | None,
) -> list[grouping.Candidate]:
    """Albums that have something in common with a track: those, or what lies in its folder."""
    beside = {
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT album_id FROM track WHERE library_id = :library AND folder = :folder",
            {"library": library, "folder": folder},
        )
    }
    if not (beside or alike):
        return []
    return [
        grouping.Candidate(
            id=row[0],
            title=row[1].partition("\n")[2],
            artist=row[1].partition("\n")[0],
            artist_tagged=bool(row[3]),
            mbid=row[2],
            version=row[6],
            first_year=row[4],
            last_year=row[5],
            same_folder=row[0] in beside,
            current=row[0] == current,
        )
        for row in connection.execute(
            "SELECT album.id, album.grouping_key, album.mbid, "
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
        "  version = (SELECT version FROM album WHERE id = :album), settled = 0, "
        "  sort_title = (SELECT sort_title FROM album WHERE id = :album) WHERE id = :source",
        {"source": source, "album": album},
    )
    touched.artists.update(_owners(connection, _json([album])).get(album, ()))
    connection.execute("DELETE FROM album WHERE id = :album", {"album": album})
    touched.albums.add(source)


def refresh(connection: sqlite3.Connection, touched: Touched) -> None:
    """Makes the faces and counts of touched albums and artists anew."""
    if touched.albums:
        touched.albums.update(copies.beside(connection, touched.albums))
        _refresh(connection, sorted(touched.albums), touched)
    artists.count(connection, touched.artists)
    if touched.unsettled:
        connection.execute(
            "UPDATE album SET settled = 0 WHERE settled = 1 "
            "AND id IN (SELECT value FROM json_each(:ids))",
            {"ids": _json(sorted(touched.unsettled))},
        )


def unsettled(connection: sqlite3.Connection) -> set[AlbumId]:
    """Albums whose tracks came or went since their neighbours were last compared."""
    return {row[0] for row in connection.execute("SELECT id FROM album WHERE settled = 0")}


def settle(connection: sqlite3.Connection) -> None:
    """Notes that all albums were compared with their neighbours."""
    connection.execute("UPDATE album SET settled = 1 WHERE settled = 0")


def set_plain(connection: sqlite3.Connection, plain: Sequence[AlbumId]) -> None:
    """Notes albums whose tracks all say the same."""
    connection.execute(
        "UPDATE album SET why = '' WHERE why != '' AND id IN (SELECT value FROM json_each(:ids))",
        {"ids": _json(plain)},
    )


def set_evidence(
    connection: sqlite3.Connection, album: AlbumId, mbid: str, version: str, why: str
) -> None:
    """Notes what evidence an album stands on; see `grouping.Group.why`."""
    connection.execute(
        "UPDATE album SET mbid = :mbid, version = :version, why = :why "
        "WHERE id = :album AND (mbid, version, why) != (:mbid, :version, :why)",
        {"album": album, "mbid": mbid, "version": version, "why": why},
    )


def _refresh(connection: sqlite3.Connection, wanted: Sequence[AlbumId], touched: Touched) -> None:
    ids = _json(wanted)
    tracks: dict[AlbumId, list[tuple[Any, ...]]] = {album: [] for album in wanted}
    for row in connection.execute(
        "SELECT album_id, id, album_title, artist_credit, album_artist_credit, compilation, year, "
        "  original_year, release_types, "
        "  (SELECT art.id FROM art WHERE art.id = track.art_id AND art.made != 2), "
        "  duration_ms, disc, added_at, position, title "
        "FROM track "
        "WHERE album_id IN (SELECT value FROM json_each(:ids)) AND state = 'present' "
        "ORDER BY album_id, disc, position, id",
        {"ids": ids},
    ):
        tracks[row[0]].append(tuple(row))
    looks = corrections.looks(connection, wanted)
    others = _note_qualities(connection, ids, tracks)
    groups = _release_groups(connection, ids)
    owned = _owners(connection, ids)
    credited = _credits(connection, ids)
    faces: dict[AlbumId, grouping.Face] = {}
    owners: dict[AlbumId, list[ArtistId]] = {}
    for album, parts in tracks.items():
        touched.artists.update(owned.get(album, ()))
        if parts:
            look = looks.get(album, corrections.PLAIN)
            faces[album], owners[album] = _face(connection, parts, credited, look)
            touched.artists.update(owners[album])
    _name(connection, ids, faces, owners, looks)
    _own(connection, [album for album in faces if owned.get(album, []) != owners[album]], owners)
    connection.executemany(
        "UPDATE album SET track_count = 0, disc_count = 0, duration_ms = 0 WHERE id = :album",
        [{"album": album} for album in wanted if album not in faces],
    )
    connection.executemany(
        "UPDATE album SET year = :year, original_year = :original_year, "
        "  compilation = :compilation, release_types = :release_types, art_id = :art, "
        "  cover_id = :cover, release_group = :release_group, added_at = :added_at, "
        "  track_count = :tracks, disc_count = :discs, "
        "  duration_ms = :duration WHERE id = :album",
        [
            {
                **_sums(album, tracks[album], face, looks.get(album, corrections.PLAIN), others),
                "release_group": groups.get(album, ""),
            }
            for album, face in faces.items()
        ],
    )
    genres.refresh(connection, ids)


def _face(
    connection: sqlite3.Connection,
    tracks: Sequence[tuple[Any, ...]],
    credited: Mapping[tuple[int, str], tuple[int, ...]],
    look: corrections.Look,
) -> tuple[grouping.Face, list[ArtistId]]:
    """Whose an album is, and their rows."""
    face = grouping.face(
        [
            grouping.Piece(
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
    if look.names.artist_credit:
        names = tags.split_names(look.names.artist_credit)
        return face, [artists.put(connection, Named(name)) for name in names]
    owners = [ArtistId(artist) for artist in face.artists]
    mbid = identity.VARIOUS_MBID if face.artist_credit == identity.VARIOUS else ""
    return face, owners or [artists.put(connection, Named(face.artist_credit, mbid))]


def _sums(
    album: AlbumId,
    tracks: Sequence[tuple[Any, ...]],
    face: grouping.Face,
    look: corrections.Look,
    others: Set[TrackId],
) -> dict[str, int | str | None]:
    return {
        "album": album,
        "year": look.names.year or _year(row[6] for row in tracks),
        "original_year": None
        if look.names.year
        else min((row[7] for row in tracks if row[7]), default=None),
        "compilation": face.compilation,
        "release_types": next((row[8] for row in tracks if row[8]), ""),
        "cover": look.cover,
        "art": look.cover or _most(row[9] for row in tracks),
        "added_at": min(row[12] for row in tracks),
        "tracks": sum(row[1] not in others for row in tracks),
        "discs": len({row[11] for row in tracks}),
        "duration": sum(row[10] for row in tracks if row[1] not in others),
    }


def _note_qualities(
    connection: sqlite3.Connection, ids: str, tracks: Mapping[AlbumId, Sequence[tuple[Any, ...]]]
) -> set[TrackId]:
    """Notes which present tracks of albums are there in a better quality too; which they are."""
    before: dict[TrackId, TrackId] = {}
    if connection.execute("SELECT EXISTS (SELECT 1 FROM other_quality)").fetchone()[0]:
        before = {
            row[0]: row[1]
            for row in connection.execute(
                "SELECT other_quality.track_id, other_quality.better_id "
                "FROM other_quality JOIN track ON track.id = other_quality.track_id "
                "WHERE track.album_id IN (SELECT value FROM json_each(:ids)) "
                "UNION SELECT other_quality.track_id, other_quality.better_id "
                "FROM other_quality JOIN track ON track.id = other_quality.better_id "
                "WHERE track.album_id IN (SELECT value FROM json_each(:ids))",
                {"ids": ids},
            )
        }
    crowded = [
        album
        for album, rows in tracks.items()
        if len({(row[11], row[13]) for row in rows}) < len(rows)
        and len({(row[11], row[13], identity.fold(row[14])) for row in rows}) < len(rows)
    ]
    better: dict[TrackId, TrackId] = {}
    for album in crowded:
        better |= grouping.other_qualities(_qualities(connection, album))
    better = copies.hidden_on(connection, ids) | better
    if better != before:
        connection.executemany(
            "DELETE FROM other_quality WHERE track_id = :track",
            [{"track": track} for track in before.keys() | better.keys()],
        )
        connection.executemany(
            "INSERT INTO other_quality (track_id, better_id) VALUES (:track, :better)",
            [{"track": track, "better": best} for track, best in better.items()],
        )
    return set(better)


def _qualities(connection: sqlite3.Connection, album: AlbumId) -> list[grouping.Quality]:
    return [
        grouping.Quality.of_row(row)
        for row in connection.execute(
            "SELECT track.id, track.recording_id, track.disc, track.position, track.title, "
            "  track.duration_ms, file.codec, file.sample_rate, file.bit_depth, file.bit_rate "
            "FROM track JOIN file ON file.id = track.file_id "
            "WHERE track.album_id = :album AND track.state = 'present'",
            {"album": album},
        )
    ]


def _release_groups(connection: sqlite3.Connection, ids: str) -> dict[AlbumId, str]:
    """The MusicBrainz release groups of albums, as the first of their tracks tells."""
    return {
        row[0]: row[1] or ""
        for row in connection.execute(
            "SELECT album.value, json_extract(track.tags, '$.release_group_mbid') "
            "FROM json_each(:ids) AS album JOIN track ON track.id = "
            "  (SELECT MIN(id) FROM track WHERE album_id = album.value AND state = 'present')",
            {"ids": ids},
        )
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


def _most(pictures: Iterable[int | None]) -> int | None:
    """The picture that most tracks show; of several, the first track's."""
    counted = Counter(picture for picture in pictures if picture is not None)
    return max(counted, key=lambda picture: counted[picture], default=None)


def _year(years: Iterable[int | None]) -> int | None:
    """The year that most tracks tell; of several, the last."""
    counted = Counter(year for year in years if year)
    return max(counted, key=lambda year: (counted[year], year), default=None)


def _name(
    connection: sqlite3.Connection,
    ids: str,
    faces: Mapping[AlbumId, grouping.Face],
    owners: Mapping[AlbumId, Sequence[ArtistId]],
    looks: Mapping[AlbumId, corrections.Look],
) -> None:
    """Writes albums' names where they changed, as each writing costs its search index one.

    The key comes from the tags, so that tracks which are added later find an album that was named
    by hand.
    """
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
        "SELECT id, title, artist_credit, sort_artist, sort_title, grouping_key FROM album "
        "WHERE id IN (SELECT value FROM json_each(:ids))",
        {"ids": ids},
    ):
        face = faces.get(album)
        if face is None:
            continue
        given = looks.get(album, corrections.PLAIN).names
        printed = face.artist_credit or ", ".join(names[artist][0] for artist in owners[album])
        credit = given.artist_credit or printed
        sort_artist = names[owners[album][0]][1]
        title = given.title or face.title
        sort_title = before[3] if before[0] == title else identity.sort_key(title)
        if given.sort_title:
            sort_title = identity.sort_key(given.sort_title)
        base, _ = grouping.edition_in_title(face.title)
        key = grouping.grouping_key(identity.fold(printed), identity.fold(base))
        if before == [title, credit, sort_artist, sort_title, key]:
            continue
        changed.append(
            {
                "album": album,
                "key": key,
                "title": title,
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
