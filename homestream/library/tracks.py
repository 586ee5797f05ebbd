"""Tracks with their credits, genres and lyrics.

Everything here runs with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence

import msgspec

from homestream.formats.lrc import Lyrics
from homestream.ids import AlbumId, ArtistId, FileId, GenreId, LibraryId, RecordingId, TrackId
from homestream.library import albums, artists, artwork, identity
from homestream.library.albums import Touched
from homestream.library.describe import Description
from homestream.library.files import Found, Place


class Cover(msgspec.Struct, frozen=True):
    """A picture file that stands for a folder."""

    path: bytes  # relative to the library's root
    size: int
    mtime_ns: int


def write(
    connection: sqlite3.Connection,
    found: Found,
    file: FileId,
    track: TrackId | None,
    recording: RecordingId,
    covers: Mapping[Place, Cover],
    touched: Touched,
    now: int,
) -> None:
    description, library = found.description, found.heard.seen.library
    by = [artists.put(connection, each) for each in description.artists]
    album_by = [artists.put(connection, each) for each in description.album_artists]
    current = None
    if track is not None:
        current = connection.execute(
            "SELECT album_id FROM track WHERE id = :id", {"id": track}
        ).fetchone()[0]
        touched.artists.update(_artists_of(connection, track))
    album = albums.place(connection, library, description, current, touched, now)
    touched.albums.add(album)
    touched.artists.update(by)
    if current is not None and current != album:
        touched.albums.add(current)
        touched.left.append((current, album))
    columns = {
        "file": file,
        "recording": recording,
        "album": album,
        "library": library,
        "title": description.title,
        "sort_title": description.sort_title,
        "artist_credit": description.artist_credit,
        "album_title": description.album_title,
        "folder": description.folder,
        "disc": description.disc,
        "position": description.position,
        "disc_subtitle": description.disc_subtitle,
        "year": description.year,
        "duration_ms": _duration_ms(connection, file),
        "explicit": description.explicit,
        "tagged": description.tagged,
        "album_artist_credit": description.album_artist_credit,
        "compilation": description.compilation,
        "original_year": description.original_year,
        "release_mbid": description.release_mbid,
        "release_types": description.release_types,
        "art": _art(connection, library, description.folder, found.picture, file, covers),
        "tags": description.tags,
    }
    if track is None:
        track = TrackId(
            connection.execute(
                "INSERT INTO track (file_id, recording_id, album_id, library_id, title, "
                "  sort_title, artist_credit, album_title, folder, disc, position, "
                "  disc_subtitle, year, duration_ms, explicit, tagged, album_artist_credit, "
                "  compilation, original_year, release_mbid, release_types, art_id, tags, "
                "  added_at) "
                "VALUES (:file, :recording, :album, :library, :title, "
                "  :sort_title, :artist_credit, :album_title, :folder, :disc, :position, "
                "  :disc_subtitle, :year, :duration_ms, :explicit, :tagged, "
                "  :album_artist_credit, :compilation, :original_year, :release_mbid, "
                "  :release_types, :art, :tags, :now)",
                {**columns, "now": now},
            ).lastrowid
            or 0
        )
    else:
        connection.execute(
            "UPDATE track SET file_id = :file, recording_id = :recording, album_id = :album, "
            "  library_id = :library, state = 'present', title = :title, "
            "  sort_title = :sort_title, artist_credit = :artist_credit, "
            "  album_title = :album_title, folder = :folder, disc = :disc, "
            "  position = :position, disc_subtitle = :disc_subtitle, year = :year, "
            "  duration_ms = :duration_ms, explicit = :explicit, tagged = :tagged, "
            "  album_artist_credit = :album_artist_credit, compilation = :compilation, "
            "  original_year = :original_year, release_mbid = :release_mbid, "
            "  release_types = :release_types, art_id = :art, tags = :tags WHERE id = :id",
            {**columns, "id": track},
        )
    _write_credits(connection, track, by, album_by)
    _write_genres(connection, track, description.genres)
    _write_lyrics(connection, track, description)


def set_state(connection: sqlite3.Connection, file: FileId, state: str, touched: Touched) -> None:
    """Marks the track of a file as "present" or "away"."""
    track = connection.execute(
        "SELECT id, album_id FROM track WHERE file_id = :id", {"id": file}
    ).fetchone()
    connection.execute(
        "UPDATE track SET state = :state WHERE id = :id", {"id": track[0], "state": state}
    )
    touched.albums.add(track[1])
    touched.artists.update(_artists_of(connection, track[0]))


def set_album(connection: sqlite3.Connection, source: AlbumId, target: AlbumId) -> None:
    """Puts all tracks of one album into another."""
    connection.execute(
        "UPDATE track SET album_id = :target WHERE album_id = :source",
        {"source": source, "target": target},
    )


def set_duration(connection: sqlite3.Connection, file: FileId, touched: Touched) -> None:
    """Takes the length of a file over into its track."""
    for row in connection.execute(
        "SELECT track.id, track.album_id, track.duration_ms, "
        "  CAST(ROUND(file.samples * 1000.0 / file.sample_rate) AS INTEGER) "
        "FROM track JOIN file ON file.id = track.file_id WHERE file.id = :id",
        {"id": file},
    ).fetchall():
        if row[2] != row[3]:
            connection.execute(
                "UPDATE track SET duration_ms = :duration WHERE id = :id",
                {"id": row[0], "duration": row[3]},
            )
            touched.albums.add(row[1])


def keep_covers(
    connection: sqlite3.Connection,
    covers: Mapping[Place, Cover],
    libraries: set[LibraryId],
    touched: Touched,
) -> None:
    """Brings the pictures of tracks in line with the picture files that are there now."""
    shown = connection.execute(
        "SELECT track.library_id, track.folder, MIN(IFNULL(track.art_id, 0)), "
        "  MAX(IFNULL(track.art_id, 0)), MIN(IFNULL(art.embedded, 1)) "
        "FROM track LEFT JOIN art ON art.id = track.art_id WHERE track.state = 'present' "
        "GROUP BY track.library_id, track.folder"
    ).fetchall()
    for library, folder, lowest, highest, embedded in shown:
        if library not in libraries:
            continue
        cover = covers.get((library, folder))
        wanted = _cover(connection, library, cover) if cover is not None else None
        if embedded if wanted is None else lowest == highest == wanted:
            continue
        for track, album, file, picture in connection.execute(
            "SELECT track.id, track.album_id, file.id, file.picture FROM track "
            "JOIN file ON file.id = track.file_id "
            "WHERE track.library_id = :library AND track.folder = :folder "
            "AND track.state = 'present'",
            {"library": library, "folder": folder},
        ).fetchall():
            art = wanted or _art(connection, library, folder, picture, file, covers)
            connection.execute(
                "UPDATE track SET art_id = :art WHERE id = :id", {"id": track, "art": art}
            )
            touched.albums.add(album)


def set_lyrics(connection: sqlite3.Connection, file: FileId, texts: Sequence[Lyrics]) -> None:
    """Writes the lyrics of the file beside a sound file."""
    row = connection.execute("SELECT id FROM track WHERE file_id = :id", {"id": file}).fetchone()
    connection.execute(
        "DELETE FROM lyrics WHERE track_id = :track AND source = 'file'", {"track": row[0]}
    )
    _insert_lyrics(connection, row[0], "file", texts)


def _artists_of(connection: sqlite3.Connection, track: TrackId) -> list[ArtistId]:
    return [
        row[0]
        for row in connection.execute(
            "SELECT artist_id FROM track_artist WHERE track_id = :track", {"track": track}
        )
    ]


def _duration_ms(connection: sqlite3.Connection, file: FileId) -> int:
    row = connection.execute(
        "SELECT CAST(ROUND(samples * 1000.0 / sample_rate) AS INTEGER) FROM file WHERE id = :id",
        {"id": file},
    ).fetchone()
    return int(row[0])


def _write_credits(
    connection: sqlite3.Connection,
    track: TrackId,
    artists: Sequence[ArtistId],
    album_artists: Sequence[ArtistId],
) -> None:
    connection.execute(
        "DELETE FROM track_artist WHERE track_id = :track AND role IN ('artist', 'album')",
        {"track": track},
    )
    connection.executemany(
        "INSERT INTO track_artist (track_id, role, position, artist_id) "
        "VALUES (:track, :role, :position, :artist)",
        [
            {"track": track, "role": role, "position": position, "artist": artist}
            for role, each in (("artist", artists), ("album", album_artists))
            for position, artist in enumerate(dict.fromkeys(each))
        ],
    )


def _write_genres(connection: sqlite3.Connection, track: TrackId, genres: Sequence[str]) -> None:
    connection.execute("DELETE FROM track_genre WHERE track_id = :track", {"track": track})
    for position, genre in enumerate(dict.fromkeys(_genre(connection, name) for name in genres)):
        connection.execute(
            "INSERT INTO track_genre (track_id, genre_id, position) "
            "VALUES (:track, :genre, :position)",
            {"track": track, "genre": genre, "position": position},
        )


def _genre(connection: sqlite3.Connection, name: str) -> GenreId:
    folded = identity.fold(name)
    row = connection.execute(
        "SELECT id FROM genre WHERE folded = :folded", {"folded": folded}
    ).fetchone()
    if row is not None:
        return GenreId(row[0])
    return GenreId(
        connection.execute(
            "INSERT INTO genre (name, folded) VALUES (:name, :folded)",
            {"name": name, "folded": folded},
        ).lastrowid
        or 0
    )


def _write_lyrics(connection: sqlite3.Connection, track: TrackId, description: Description) -> None:
    connection.execute(
        "DELETE FROM lyrics WHERE track_id = :track AND source = 'embedded'", {"track": track}
    )
    _insert_lyrics(connection, track, "embedded", description.lyrics)


def _insert_lyrics(
    connection: sqlite3.Connection, track: TrackId, source: str, texts: Sequence[Lyrics]
) -> None:
    first = connection.execute(
        "SELECT IFNULL(MAX(position) + 1, 0) FROM lyrics WHERE track_id = :track",
        {"track": track},
    ).fetchone()[0]
    connection.executemany(
        "INSERT INTO lyrics (track_id, position, source, language, synced, lines) "
        "VALUES (:track, :position, :source, :language, :synced, :lines)",
        [
            {
                "track": track,
                "position": position,
                "source": source,
                "language": text.language,
                "synced": text.synced,
                "lines": msgspec.json.encode(text.lines).decode(),
            }
            for position, text in enumerate(texts, first)
        ],
    )


def _art(
    connection: sqlite3.Connection,
    library: LibraryId,
    folder: bytes,
    picture: bytes,
    file: FileId,
    covers: Mapping[Place, Cover],
) -> int | None:
    """The picture of a track: its folder's, or else the one inside its file."""
    cover = covers.get((library, folder))
    if cover is not None and (art := _cover(connection, library, cover)) is not None:
        return art
    if not picture:
        return None
    path = connection.execute("SELECT path FROM file WHERE id = :id", {"id": file}).fetchone()[0]
    return artwork.row(connection, library, artwork.INSIDE + picture, path, embedded=True)


def _cover(connection: sqlite3.Connection, library: LibraryId, cover: Cover) -> int | None:
    """The picture that a file is; None where none could be made of it."""
    key = b"%d\n%s\n%d\n%d" % (library, cover.path, cover.size, cover.mtime_ns)
    art = artwork.row(connection, library, hashlib.sha256(key).digest(), cover.path, embedded=False)
    failed = connection.execute(
        "SELECT made = 2 FROM art WHERE id = :art", {"art": art}
    ).fetchone()[0]
    return None if failed else art
