"""Tracks with their credits, genres and lyrics.

Everything here runs with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from homestream.formats import lrc
from homestream.formats.lrc import Lyrics
from homestream.ids import AlbumId, ArtistId, FileId, GenreId, LibraryId, RecordingId, TrackId
from homestream.library import albums, artwork, genres
from homestream.library.albums import Touched
from homestream.library.batch import Batch, Cover
from homestream.library.describe import Description
from homestream.library.files import Found
from homestream.library.scope import Scope

T = TypeVar("T")

_INSERT: Final = (
    "INSERT INTO track (id, file_id, part, begin_samples, end_samples, spoken, "
    "  recording_id, album_id, library_id, title, "
    "  sort_title, artist_credit, album_title, folder, disc, position, "
    "  disc_subtitle, year, duration_ms, explicit, tagged, album_artist_credit, "
    "  compilation, original_year, release_mbid, release_types, art_id, tags, added_at) "
    "VALUES (:id, :file, :part, :begin, :end, :spoken, "
    "  :recording, :album, :library, :title, "
    "  :sort_title, :artist_credit, :album_title, :folder, :disc, :position, "
    "  :disc_subtitle, :year, :duration_ms, :explicit, :tagged, :album_artist_credit, "
    "  :compilation, :original_year, :release_mbid, :release_types, :art, :tags, :now)"
)
_UPDATE: Final = (
    "UPDATE track SET file_id = :file, recording_id = :recording, album_id = :album, "
    "  begin_samples = :begin, end_samples = :end, spoken = :spoken, "
    "  state = CASE WHEN retired THEN 'away' ELSE 'present' END, "
    "  library_id = :library, title = :title, "
    "  sort_title = :sort_title, artist_credit = :artist_credit, "
    "  album_title = :album_title, folder = :folder, disc = :disc, "
    "  position = :position, disc_subtitle = :disc_subtitle, year = :year, "
    "  duration_ms = :duration_ms, explicit = :explicit, tagged = :tagged, "
    "  album_artist_credit = :album_artist_credit, compilation = :compilation, "
    "  original_year = :original_year, release_mbid = :release_mbid, "
    "  release_types = :release_types, art_id = :art, tags = :tags WHERE id = :id"
)
_INSERT_ARTIST: Final = (
    "INSERT INTO track_artist (track_id, role, position, artist_id) "
    "VALUES (:track, :role, :position, :artist)"
)
_INSERT_GENRE: Final = (
    "INSERT INTO track_genre (track_id, genre_id, position, sort_title) "
    "VALUES (:track, :genre, :position, :sort_title)"
)
_INSERT_CHAPTER: Final = (
    "INSERT INTO chapter (track_id, number, start_ms, title) "
    "VALUES (:track, :number, :start, :title)"
)
_INSERT_LYRICS: Final = (
    "INSERT INTO lyrics "
    "  (track_id, position, source, form, language, synced, translation, lines) "
    "VALUES (:track, :position, :source, :form, :language, :synced, :translation, :lines)"
)


class Part(msgspec.Struct, frozen=True):
    """Which part of its file a track is: samples [begin, end), `end` None to the file's end."""

    number: int  # within the file, given once and for all; 0 is the whole
    begin: int
    end: int | None


WHOLE: Final = Part(0, 0, None)


def write(
    batch: Batch,
    found: Found,
    file: FileId,
    track: TrackId | None,
    recording: RecordingId,
    samples: int,
    part: Part = WHOLE,
) -> TrackId:
    """Writes the track of a file with so many samples, or of a part of it; made where `track` is
    None.

    A new one is inserted with the batch's next flush.
    """
    description, seen = found.description, found.heard.seen
    by = [batch.artist(each) for each in description.artists]
    album_by = [batch.artist(each) for each in description.album_artists]
    touched, connection = batch.touched, batch.connection
    current, stays = None, False
    if track is not None:
        current, stays = _current(connection, track, seen.library, description)
        touched.artists.update(_artists_of(connection, track))
    if current is not None and stays:
        album = current
        touched.unsettled.add(current)
    else:
        album = _album(batch, seen.library, description, current)
    touched.albums.add(album)
    touched.artists.update(by)
    if current is not None and current != album:
        touched.albums.add(current)
        touched.unsettled.add(current)
        touched.left.append((current, album))
    written = track if track is not None else TrackId(batch.id("track"))
    columns = {
        "id": written,
        "file": file,
        "recording": recording,
        "album": album,
        "library": seen.library,
        "title": description.title,
        "sort_title": description.sort_title,
        "artist_credit": description.artist_credit,
        "album_title": description.album_title,
        "folder": description.folder,
        "disc": description.disc,
        "position": description.position,
        "disc_subtitle": description.disc_subtitle,
        "year": description.year,
        "duration_ms": _duration_ms(_length(part, samples), found.facts.sample_rate),
        "part": part.number,
        "begin": part.begin,
        "end": part.end,
        "spoken": description.spoken,
        "explicit": description.explicit,
        "tagged": description.tagged,
        "album_artist_credit": description.album_artist_credit,
        "compilation": description.compilation,
        "original_year": description.original_year,
        "release_mbid": description.release_mbid,
        "release_types": description.release_types,
        "art": _art(batch, seen.library, description.folder, found.picture, seen.path),
        "tags": description.tags,
        "now": batch.now,
    }
    if track is None:
        batch.rows("track", _INSERT).append(columns)
        batch.note((seen.library, description.folder), album)
    else:
        connection.execute(_UPDATE, columns)
        _forget_credits(connection, track)
    credits = batch.rows("track_artist", _INSERT_ARTIST)
    for role, artists in (("artist", by), ("album", album_by)):
        for position, artist in enumerate(_once(artists)):
            credits.append({"track": written, "role": role, "position": position, "artist": artist})
    of_genres = batch.rows("track_genre", _INSERT_GENRE)
    for position, genre in enumerate(_once([_genre(batch, each) for each in description.genres])):
        of_genres.append(
            {
                "track": written,
                "genre": genre,
                "position": position,
                "sort_title": description.sort_title,
            }
        )
    if track is not None:
        _write_lyrics(connection, written, "embedded", description.lyrics)
    elif description.lyrics:
        batch.rows("lyrics", _INSERT_LYRICS).extend(
            _texts(written, "embedded", description.lyrics, 0)
        )
    if track is not None:
        connection.execute("DELETE FROM chapter WHERE track_id = :track", {"track": written})
    if description.chapters:
        batch.rows("chapter", _INSERT_CHAPTER).extend(
            {"track": written, "number": number, "start": chapter.start_ms, "title": chapter.title}
            for number, chapter in enumerate(description.chapters, 1)
        )
    return written


def _current(
    connection: sqlite3.Connection,
    track: TrackId,
    library: LibraryId,
    description: Description,
) -> tuple[AlbumId, bool]:
    """The album of a track, and whether it stays there until all are read: it says what it said
    of its album, or the owner corrected it.
    """
    row = connection.execute(
        "SELECT album_id, EXISTS (SELECT 1 FROM correction_item WHERE track_id = track.id) "
        "  OR (library_id, folder, album_title, album_artist_credit, release_mbid, IFNULL(year, 0))"
        "  = (:library, :folder, :title, :artist, :mbid, :year) FROM track WHERE id = :track",
        {
            "track": track,
            "library": library,
            "folder": description.folder,
            "title": description.album_title,
            "artist": description.album_artist_credit,
            "mbid": description.release_mbid,
            "year": description.year or 0,
        },
    ).fetchone()
    return AlbumId(row[0]), bool(row[1])


def _album(
    batch: Batch, library: LibraryId, description: Description, current: AlbumId | None
) -> AlbumId:
    """The album of a track. Tracks that say the same in one folder are placed as the first was."""
    evidence = description.evidence
    key = (library, description.folder, evidence, current)
    album = batch.albums.get(key)
    if album is None:
        album = batch.albums[key] = albums.place(
            batch.connection,
            library,
            description,
            current,
            batch.touched,
            batch.now,
            partial(batch.flush_for, (library, description.folder)),
        )
    return album


def set_state(connection: sqlite3.Connection, file: FileId, state: str, touched: Touched) -> None:
    """Marks the track of a file, or those of its parts, as "present" or "away"."""
    for track, album in connection.execute(
        "SELECT id, album_id FROM track WHERE file_id = :id", {"id": file}
    ).fetchall():
        connection.execute(
            "UPDATE track SET state = CASE WHEN retired THEN 'away' ELSE :state END WHERE id = :id",
            {"id": track, "state": state},
        )
        touched.albums.add(album)
        touched.unsettled.add(album)
        touched.artists.update(_artists_of(connection, track))


def retire(
    connection: sqlite3.Connection, track: TrackId, touched: Touched, *, retired: bool
) -> None:
    """Takes a track from the lists, or offers it again if its file is there."""
    row = connection.execute(
        "SELECT album_id FROM track WHERE id = :id AND retired != :retired",
        {"id": track, "retired": retired},
    ).fetchone()
    if row is None:
        return
    connection.execute(
        "UPDATE track SET retired = :retired, state = CASE WHEN :retired THEN 'away' "
        "  ELSE (SELECT state FROM file WHERE file.id = track.file_id) END WHERE id = :id",
        {"id": track, "retired": retired},
    )
    touched.albums.add(row[0])
    touched.unsettled.add(row[0])
    touched.artists.update(_artists_of(connection, track))


def set_album(connection: sqlite3.Connection, source: AlbumId, target: AlbumId) -> None:
    """Puts all tracks of one album into another."""
    connection.execute(
        "UPDATE track SET album_id = :target WHERE album_id = :source",
        {"source": source, "target": target},
    )


def set_albums(connection: sqlite3.Connection, moved: Iterable[tuple[TrackId, AlbumId]]) -> None:
    """Puts tracks into albums."""
    connection.executemany(
        "UPDATE track SET album_id = :album WHERE id = :track",
        [{"track": track, "album": album} for track, album in moved],
    )


def set_recording(
    connection: sqlite3.Connection,
    source: RecordingId,
    target: RecordingId,
    *,
    only: Sequence[int] | None = None,
) -> list[int]:
    """Makes tracks of one recording those of another, all or some; which they were."""
    moved = [
        row[0]
        for row in connection.execute(
            "SELECT id FROM track WHERE recording_id = :source AND (:only IS NULL "
            "OR id IN (SELECT value FROM json_each(:only)))",
            {"source": source, "only": None if only is None else json.dumps(list(only))},
        )
    ]
    connection.executemany(
        "UPDATE track SET recording_id = :target WHERE id = :track",
        [{"target": target, "track": track} for track in moved],
    )
    return moved


def set_duration(connection: sqlite3.Connection, file: FileId, touched: Touched) -> None:
    """Takes the length of a file over into its track, or those of its parts."""
    for row in connection.execute(
        "SELECT track.id, track.album_id, track.duration_ms, CAST(ROUND(MAX(0, "
        "  IFNULL(track.end_samples, file.samples) - track.begin_samples) * 1000.0 "
        "  / file.sample_rate) AS INTEGER) "
        "FROM track JOIN file ON file.id = track.file_id WHERE file.id = :id",
        {"id": file},
    ).fetchall():
        if row[2] != row[3]:
            connection.execute(
                "UPDATE track SET duration_ms = :duration WHERE id = :id",
                {"id": row[0], "duration": row[3]},
            )
            touched.albums.add(row[1])


def keep_covers(batch: Batch, scope: Scope) -> None:
    """Brings the pictures of tracks in line with the picture files that are there now."""
    connection = batch.connection
    shown = connection.execute(
        "SELECT track.library_id, track.folder, MIN(IFNULL(track.art_id, 0)), "
        "  MAX(IFNULL(track.art_id, 0)), MIN(IFNULL(art.embedded, 1)), "
        "  MIN(CASE WHEN art.embedded THEN NULL ELSE IFNULL(art.id, 0) END), "
        "  MAX(CASE WHEN art.embedded THEN NULL ELSE IFNULL(art.id, 0) END) "
        "FROM track LEFT JOIN art ON art.id = track.art_id WHERE track.state = 'present' "
        "GROUP BY track.library_id, track.folder"
    ).fetchall()
    for library, folder, lowest, highest, embedded, least, most in shown:
        if library not in scope or not scope[library].lists(folder):
            continue
        wanted = _cover(batch, library, folder)
        if wanted is not None and not batch.covers[library, folder].named:
            # it is for tracks without a picture inside
            if least is None or least == most == wanted:
                continue
            wanted = None
        elif embedded if wanted is None else lowest == highest == wanted:
            continue
        for track, album, picture, path in connection.execute(
            "SELECT track.id, track.album_id, file.picture, file.path FROM track "
            "JOIN file ON file.id = track.file_id "
            "WHERE track.library_id = :library AND track.folder = :folder "
            "AND track.state = 'present'",
            {"library": library, "folder": folder},
        ).fetchall():
            art = wanted or _art(batch, library, folder, picture, path)
            connection.execute(
                "UPDATE track SET art_id = :art WHERE id = :id", {"id": track, "art": art}
            )
            batch.touched.albums.add(album)


def set_lyrics(connection: sqlite3.Connection, file: FileId, texts: Sequence[Lyrics]) -> None:
    """Writes the lyrics of the file beside a sound file."""
    row = connection.execute(
        "SELECT id FROM track WHERE file_id = :id AND part = 0", {"id": file}
    ).fetchone()
    _write_lyrics(connection, row[0], "file", texts)


def set_disc_pictures(
    connection: sqlite3.Connection, pictures: Mapping[TrackId, int | None]
) -> None:
    """Gives tracks the picture of their disc, or takes it."""
    connection.executemany(
        "UPDATE track SET disc_art_id = :art WHERE id = :id",
        [{"id": track, "art": art} for track, art in pictures.items()],
    )


def fall_back(connection: sqlite3.Connection, touched: Touched) -> None:
    """Gives tracks whose folder's picture cannot be shown the one inside their file."""
    for track, album, library, picture, path in connection.execute(
        "SELECT track.id, track.album_id, track.library_id, file.picture, file.path "
        "FROM art JOIN track ON track.art_id = art.id JOIN file ON file.id = track.file_id "
        "WHERE art.made = 2 AND NOT art.embedded AND file.picture != x''"
    ).fetchall():
        art = artwork.row(connection, library, artwork.INSIDE + picture, path, embedded=True)
        connection.execute(
            "UPDATE track SET art_id = :art WHERE id = :id", {"id": track, "art": art}
        )
        touched.albums.add(album)
    touched.albums.update(
        row[0]
        for row in connection.execute(
            "SELECT album.id FROM album JOIN art ON art.id = album.art_id WHERE art.made = 2"
        )
    )


def set_credits(
    connection: sqlite3.Connection,
    changed: Sequence[TrackId],
    rows: Sequence[tuple[TrackId, str, ArtistId, str]],
) -> None:
    """Writes who did what beside the artists: track, role, person, instrument; in that order.

    `changed` are tracks that may have had others before.
    """
    connection.executemany(
        "DELETE FROM track_artist WHERE track_id = :track AND role NOT IN ('artist', 'album')",
        [{"track": track} for track in changed],
    )
    connection.executemany(
        "INSERT INTO track_artist (track_id, role, position, artist_id, instrument) "
        "VALUES (:track, :role, :position, :artist, :instrument)",
        [
            {
                "track": track,
                "role": role,
                "position": position,
                "artist": artist,
                "instrument": instrument,
            }
            for position, (track, role, artist, instrument) in enumerate(rows)
        ],
    )


def _artists_of(connection: sqlite3.Connection, track: TrackId) -> list[ArtistId]:
    return [
        row[0]
        for row in connection.execute(
            "SELECT artist_id FROM track_artist WHERE track_id = :track", {"track": track}
        )
    ]


def _length(part: Part, samples: int) -> int:
    return max(0, (samples if part.end is None else part.end) - part.begin)


def _duration_ms(samples: int, rate: int) -> int:
    return int(samples * 1000 / rate + 0.5)


def _forget_credits(connection: sqlite3.Connection, track: TrackId) -> None:
    connection.execute(
        "DELETE FROM track_artist WHERE track_id = :track AND role IN ('artist', 'album')",
        {"track": track},
    )
    connection.execute("DELETE FROM track_genre WHERE track_id = :track", {"track": track})


def _once(ids: list[T]) -> Iterable[T]:
    """Each of some ids once, in their order."""
    return ids if len(ids) < 2 else dict.fromkeys(ids)


def _genre(batch: Batch, name: str) -> GenreId:
    known = batch.genres.get(name)
    if known is None:
        known = batch.genres[name] = genres.put(batch.connection, name)
    return known


def _write_lyrics(
    connection: sqlite3.Connection, track: TrackId, source: str, texts: Sequence[Lyrics]
) -> None:
    """Writes a track's lyrics from one source over those it had from there."""
    connection.execute(
        "DELETE FROM lyrics WHERE track_id = :track AND source = :source",
        {"track": track, "source": source},
    )
    first = connection.execute(
        "SELECT IFNULL(MAX(position) + 1, 0) FROM lyrics WHERE track_id = :track",
        {"track": track},
    ).fetchone()[0]
    connection.executemany(_INSERT_LYRICS, list(_texts(track, source, texts, first)))


def _texts(
    track: TrackId, source: str, texts: Sequence[Lyrics], first: int
) -> Iterator[dict[str, Any]]:
    for position, text in enumerate(texts, first):
        yield {
            "track": track,
            "position": position,
            "source": source,
            "form": text.form,
            "language": text.language,
            "synced": text.synced,
            "translation": text.translation,
            "lines": lrc.packed(text.lines),
        }


def _art(
    batch: Batch, library: LibraryId, folder: bytes, picture: bytes, path: bytes
) -> int | None:
    """The picture of a track: its folder's, or else the one inside its file; see `artwork`."""
    cover = _cover(batch, library, folder)
    if not picture or (cover is not None and batch.covers[library, folder].named):
        return cover
    key = artwork.INSIDE + picture
    art = batch.pictures.get(key)
    if art is None:
        art = batch.pictures[key] = artwork.row(batch.connection, library, key, path, embedded=True)
    return art


def _cover(batch: Batch, library: LibraryId, folder: bytes) -> int | None:
    """The picture file of a release folder; None where none could be made of it."""
    place = (library, folder)
    if place not in batch.folders:
        cover = batch.covers.get(place)
        batch.folders[place] = put_cover(batch.connection, library, cover) if cover else None
    return batch.folders[place]


def put_cover(connection: sqlite3.Connection, library: LibraryId, cover: Cover) -> int | None:
    """The picture that a file is; None where none could be made of it."""
    key = artwork.file_key(library, cover.path, cover.size, cover.mtime_ns)
    art = artwork.row(connection, library, key, cover.path, embedded=False)
    failed = connection.execute(
        "SELECT made = 2 FROM art WHERE id = :art", {"art": art}
    ).fetchone()[0]
    return None if failed else art
