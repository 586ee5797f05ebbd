"""Writing what a scan found, each batch in one transaction: files, tracks, albums, artists, art.

Everything here runs with the writing connection in its own thread (`Database.batch`). Counts of
the albums and artists that were touched are made anew before the transaction ends, so that no
reader ever sees an album without its tracks.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from homestream.formats.lrc import Lyrics
from homestream.ids import AlbumId, ArtistId, FileId, GenreId, LibraryId, RecordingId, TrackId
from homestream.library import artwork, grouping, identity, ingest, libraries
from homestream.library.describe import Description, Named, known_as
from homestream.library.ingest import Add, Away, FileKnown, FileSeen, Move, Row
from homestream.media import pcm
from homestream.media.facts import Facts

Place = tuple[LibraryId, bytes]  # a library, and a path in it


class Found(msgspec.Struct, frozen=True):
    """A file that was read."""

    heard: ingest.Heard
    facts: Facts
    description: Description
    picture: bytes  # hash of the picture inside; empty: there is none


class Cover(msgspec.Struct, frozen=True):
    """A picture file that stands for a folder."""

    path: bytes  # relative to the library's root
    size: int
    mtime_ns: int


class Written(msgspec.Struct, frozen=True):
    """What became of a batch."""

    added: int
    updated: int
    moved: int
    settled: list[FileId]  # rows that are where a file was read
    put_off: list[FileSeen]
    displaced: list[FileId]  # rows of files that were put off
    fresh: list[AlbumId]  # albums that this batch made
    left: list[tuple[AlbumId, AlbumId]]  # tracks went from one album to another


class _Touched:
    """What a transaction changed, and so has to be counted again."""

    def __init__(self) -> None:
        self.albums: set[AlbumId] = set()
        self.artists: set[ArtistId] = set()
        self.fresh: list[AlbumId] = []
        self.left: list[tuple[AlbumId, AlbumId]] = []


def files(connection: sqlite3.Connection, library: LibraryId) -> list[FileKnown]:
    """All files of a library, present or away."""
    return [
        FileKnown(row[0], row[1], row[2], row[3], row[4], row[5] == "present")
        for row in connection.execute(
            "SELECT id, path, size, mtime_ns, inode, state FROM file WHERE library_id = :library",
            {"library": library},
        )
    ]


def rejected(connection: sqlite3.Connection, library: LibraryId) -> dict[bytes, tuple[int, int]]:
    """Size and mtime_ns by path of what could not be read."""
    return {
        row[0]: (row[1], row[2])
        for row in connection.execute(
            "SELECT path, size, mtime_ns FROM rejected WHERE library_id = :library",
            {"library": library},
        )
    }


def settle(
    connection: sqlite3.Connection, library: LibraryId, comparison: ingest.Comparison
) -> None:
    """Writes what a comparison settles without reading a file."""
    touched = _Touched()
    _set_state(connection, "present", [row.id for row in comparison.back], touched)
    connection.executemany(
        "UPDATE file SET inode = :inode WHERE id = :id",
        [{"id": row.id, "inode": inode} for row, inode in comparison.renumbered],
    )
    connection.executemany(
        "DELETE FROM rejected WHERE library_id = :library AND path = :path",
        [{"library": library, "path": path} for path in comparison.forgotten],
    )
    _refresh(connection, touched)


def set_away(connection: sqlite3.Connection, rows: Sequence[FileId]) -> int:
    """Marks files and their tracks as away; how many were present."""
    touched = _Touched()
    count = _set_state(connection, "away", rows, touched)
    _refresh(connection, touched)
    return count


def reject(
    connection: sqlite3.Connection, refused: Sequence[tuple[FileSeen, str]], now: int
) -> int:
    """Notes files that cannot be read, and why; how many tracks went away with them."""
    connection.executemany(
        "INSERT OR REPLACE INTO rejected (library_id, path, size, mtime_ns, reason, rejected_at) "
        "VALUES (:library, :path, :size, :mtime_ns, :reason, :now)",
        [
            {
                "library": file.library,
                "path": file.path,
                "size": file.size,
                "mtime_ns": file.mtime_ns,
                "reason": reason,
                "now": now,
            }
            for file, reason in refused
        ],
    )
    gone: list[FileId] = []
    for file, _ in refused:
        gone += [
            row[0]
            for row in connection.execute(
                "SELECT id FROM file WHERE library_id = :library AND path = :path "
                "AND state = 'present'",
                {"library": file.library, "path": file.path},
            )
        ]
    return set_away(connection, gone) if gone else 0


def write(
    connection: sqlite3.Connection,
    found: Sequence[Found],
    *,
    loose: set[FileId],
    stems: Mapping[Place, FileId],
    covers: Mapping[Place, Cover],
    last: bool,
    now: int,
) -> Written:
    """Takes files that were read into the library; see `ingest.reconcile`.

    `loose` are rows that are still called present and whose sound is not at their path any more,
    `stems` those that were not seen, by library and path without suffix; `covers` are the pictures
    of release folders.
    """
    touched = _Touched()
    rows = _rows(connection, found, loose, stems)
    changes = ingest.reconcile(
        [each.heard for each in found], rows, _recordings(connection, found), last=last
    )
    by_place = {(each.heard.seen.library, each.heard.seen.path): each for each in found}
    added = updated = moved = 0
    settled: list[FileId] = []
    for change in changes.changes:
        if isinstance(change, Away):
            _set_state(connection, "away", [change.row.id], touched)
            continue
        seen = change.heard.seen
        each = by_place[seen.library, seen.path]
        if isinstance(change, Add):
            added += 1
            recording = change.recording or _recording(connection, each.heard.audio_key, now)
            file = _insert_file(connection, each, now)
            _write_track(connection, each, file, None, recording, covers, touched, now)
            continue
        settled.append(change.row.id)
        if isinstance(change, Move) and change.row.path != seen.path:
            moved += 1
        else:
            updated += 1
        _update_file(connection, each, change.row)
        connection.execute(
            "INSERT OR IGNORE INTO recording_key (kind, key, recording_id) "
            "VALUES ('audio', :key, :recording)",
            {"key": each.heard.audio_key, "recording": change.row.recording},
        )
        _write_track(
            connection,
            each,
            change.row.id,
            change.row.track,
            change.row.recording,
            covers,
            touched,
            now,
        )
    connection.executemany(
        "DELETE FROM rejected WHERE library_id = :library AND path = :path",
        [{"library": place[0], "path": place[1]} for place in by_place],
    )
    _refresh(connection, touched)
    places = {(file.library, file.path) for file in changes.put_off}
    return Written(
        added=added,
        updated=updated,
        moved=moved,
        settled=settled,
        put_off=changes.put_off,
        displaced=[row.id for row in rows if row.present and (row.library, row.path) in places],
        fresh=touched.fresh,
        left=touched.left,
    )


def finish(
    connection: sqlite3.Connection,
    *,
    covers: Mapping[Place, Cover],
    libraries: Iterable[LibraryId],
    fresh: Iterable[AlbumId],
    left: Iterable[tuple[AlbumId, AlbumId]],
) -> list[int]:
    """Sets right what only the whole scan shows; the ids of pictures that nothing shows any more.

    Albums whose tracks all went to one new album keep their row (a title was corrected), and
    pictures that came, changed or went are taken over. `libraries` are those that were walked.
    """
    touched = _Touched()
    _keep_albums(connection, set(fresh), set(left), touched)
    _keep_covers(connection, covers, set(libraries), touched)
    _refresh(connection, touched)
    orphans = [
        row[0]
        for row in connection.execute(
            "SELECT id FROM art WHERE (made != 2 OR embedded) "
            "AND NOT EXISTS (SELECT 1 FROM track WHERE art_id = art.id) "
            "AND NOT EXISTS (SELECT 1 FROM album WHERE art_id = art.id)"
        )
    ]
    artwork.drop(connection, orphans)
    return orphans


def set_measured(
    connection: sqlite3.Connection, file: FileId, samples: int, index: bytes, stat: tuple[int, int]
) -> None:
    """Notes what a read through the whole file gave, if it is still the file that was read."""
    changed = connection.execute(
        "UPDATE file SET samples = :samples, samples_exact = 1, packet_index = :index, "
        "measured = 1 WHERE id = :id AND size = :size AND mtime_ns = :mtime_ns",
        {
            "id": file,
            "samples": samples,
            "index": index,
            "size": stat[0],
            "mtime_ns": stat[1],
        },
    ).rowcount
    if not changed:
        return
    touched = _Touched()
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
    _refresh(connection, touched)


def set_unmeasurable(connection: sqlite3.Connection, file: FileId, stat: tuple[int, int]) -> None:
    connection.execute(
        "UPDATE file SET measured = 2 WHERE id = :id AND size = :size AND mtime_ns = :mtime_ns",
        {"id": file, "size": stat[0], "mtime_ns": stat[1]},
    )


def set_library(connection: sqlite3.Connection, library: LibraryId, reason: str | None) -> int:
    """Writes whether a library is there, or why not; how many tracks went away with it."""
    state = "present" if reason is None else "away"
    libraries.set_state(connection, library, state, reason)
    if reason is None:
        return 0
    rows = connection.execute(
        "SELECT id FROM file WHERE library_id = :id AND state = 'present'", {"id": library}
    ).fetchall()
    return set_away(connection, [FileId(row[0]) for row in rows])


def _rows(
    connection: sqlite3.Connection,
    found: Sequence[Found],
    loose: set[FileId],
    stems: Mapping[Place, FileId],
) -> list[Row]:
    """The rows that files which were read may be."""
    wanted: set[FileId] = set()
    for key in {each.heard.audio_key for each in found}:
        # only those that may have moved: of one sound there may be thousands in their places
        wanted.update(
            row[0]
            for row in connection.execute(
                "SELECT id, state FROM file WHERE audio_key = :key", {"key": key}
            )
            if row[1] == "away" or row[0] in loose
        )
    for each in found:
        seen = each.heard.seen
        wanted.update(
            row[0]
            for row in connection.execute(
                "SELECT id FROM file WHERE library_id = :library AND path = :path",
                {"library": seen.library, "path": seen.path},
            )
        )
        beside = stems.get((seen.library, ingest.stem(seen.path)))
        if beside is not None:
            wanted.add(beside)
    return [
        Row(
            id=row[0],
            track=row[1],
            recording=row[2],
            library=row[3],
            path=row[4],
            present=row[5] == "present",
            loose=row[5] == "away" or row[0] in loose,
            audio_key=row[6],
            names=known_as(*row[8:13]) if row[7] else None,
        )
        for row in connection.execute(
            "SELECT file.id, track.id, track.recording_id, file.library_id, file.path, file.state, "
            "  file.audio_key, track.tagged, track.title, track.artist_credit, track.album_title, "
            "  track.disc, track.position "
            "FROM file JOIN track ON track.file_id = file.id "
            "WHERE file.id IN (SELECT value FROM json_each(:ids))",
            {"ids": json.dumps(sorted(wanted))},
        )
    ]


def _recordings(connection: sqlite3.Connection, found: Sequence[Found]) -> dict[bytes, RecordingId]:
    known: dict[bytes, RecordingId] = {}
    for key in {each.heard.audio_key for each in found}:
        row = connection.execute(
            "SELECT recording_id FROM recording_key WHERE kind = 'audio' AND key = :key",
            {"key": key},
        ).fetchone()
        if row is not None:
            known[key] = row[0]
    return known


def _recording(connection: sqlite3.Connection, audio_key: bytes, now: int) -> RecordingId:
    """The recording of a sound; made when no file has had it yet."""
    row = connection.execute(
        "SELECT recording_id FROM recording_key WHERE kind = 'audio' AND key = :key",
        {"key": audio_key},
    ).fetchone()
    if row is not None:
        return RecordingId(row[0])
    recording = connection.execute(
        "INSERT INTO recording (created_at) VALUES (:now)", {"now": now}
    ).lastrowid
    connection.execute(
        "INSERT INTO recording_key (kind, key, recording_id) VALUES ('audio', :key, :recording)",
        {"key": audio_key, "recording": recording},
    )
    return RecordingId(recording or 0)


def _set_state(
    connection: sqlite3.Connection, state: str, rows: Sequence[FileId], touched: _Touched
) -> int:
    """Sets the state of files and their tracks; how many changed."""
    changed = 0
    for file in rows:
        changed += connection.execute(
            "UPDATE file SET state = :state WHERE id = :id AND state != :state",
            {"id": file, "state": state},
        ).rowcount
        track = connection.execute(
            "SELECT id, album_id FROM track WHERE file_id = :id", {"id": file}
        ).fetchone()
        connection.execute(
            "UPDATE track SET state = :state WHERE id = :id", {"id": track[0], "state": state}
        )
        touched.albums.add(track[1])
        touched.artists.update(_artists_of(connection, track[0]))
    return changed


def _artists_of(connection: sqlite3.Connection, track: TrackId) -> list[ArtistId]:
    return [
        row[0]
        for row in connection.execute(
            "SELECT artist_id FROM track_artist WHERE track_id = :track", {"track": track}
        )
    ]


def _file_columns(found: Found) -> dict[str, Any]:
    seen, facts = found.heard.seen, found.facts
    exact = facts.samples_exact and not pcm.needs_index(facts)
    return {
        "library": seen.library,
        "path": seen.path,
        "target": seen.target,
        "size": seen.size,
        "mtime_ns": seen.mtime_ns,
        "inode": seen.inode,
        "audio_key": found.heard.audio_key,
        "container": facts.container,
        "codec": facts.codec,
        "profile": facts.profile,
        "sample_rate": facts.sample_rate,
        "channels": facts.channels,
        "layout": facts.layout,
        "bit_depth": facts.bit_depth,
        "bit_rate": facts.bit_rate,
        "samples": facts.samples,
        "samples_exact": facts.samples_exact,
        "delay_samples": facts.delay_samples,
        "measured": int(exact),
        "picture": found.picture,
    }


def _insert_file(connection: sqlite3.Connection, found: Found, now: int) -> FileId:
    return FileId(
        connection.execute(
            "INSERT INTO file (library_id, path, target, size, mtime_ns, inode, audio_key, "
            "  container, codec, profile, sample_rate, channels, layout, bit_depth, bit_rate, "
            "  samples, samples_exact, delay_samples, measured, picture, added_at) "
            "VALUES (:library, :path, :target, :size, :mtime_ns, :inode, :audio_key, "
            "  :container, :codec, :profile, :sample_rate, :channels, :layout, :bit_depth, "
            "  :bit_rate, :samples, :samples_exact, :delay_samples, :measured, :picture, :now)",
            {**_file_columns(found), "now": now},
        ).lastrowid
        or 0
    )


def _update_file(connection: sqlite3.Connection, found: Found, row: Row) -> None:
    """Writes a file's row anew. What a read through gave holds while the bytes are the same."""
    seen = found.heard.seen
    kept = connection.execute(
        "SELECT samples, samples_exact, packet_index, measured FROM file "
        "WHERE id = :id AND size = :size AND mtime_ns = :mtime_ns AND audio_key = :audio_key",
        {
            "id": row.id,
            "size": seen.size,
            "mtime_ns": seen.mtime_ns,
            "audio_key": found.heard.audio_key,
        },
    ).fetchone()
    columns = {**_file_columns(found), "packet_index": b""}
    if kept is not None and kept[3] == 1:
        columns |= dict(
            zip(("samples", "samples_exact", "packet_index", "measured"), kept, strict=True)
        )
    connection.execute(
        "UPDATE file SET library_id = :library, path = :path, target = :target, size = :size, "
        "  mtime_ns = :mtime_ns, inode = :inode, state = 'present', audio_key = :audio_key, "
        "  container = :container, codec = :codec, profile = :profile, "
        "  sample_rate = :sample_rate, channels = :channels, layout = :layout, "
        "  bit_depth = :bit_depth, bit_rate = :bit_rate, samples = :samples, "
        "  samples_exact = :samples_exact, delay_samples = :delay_samples, "
        "  packet_index = :packet_index, measured = :measured, picture = :picture "
        "WHERE id = :id",
        {**columns, "id": row.id},
    )


def _write_track(
    connection: sqlite3.Connection,
    found: Found,
    file: FileId,
    track: TrackId | None,
    recording: RecordingId,
    covers: Mapping[Place, Cover],
    touched: _Touched,
    now: int,
) -> None:
    description, library = found.description, found.heard.seen.library
    artists = [_artist(connection, each) for each in description.artists]
    album_artists = [_artist(connection, each) for each in description.album_artists]
    current = None
    if track is not None:
        current = connection.execute(
            "SELECT album_id FROM track WHERE id = :id", {"id": track}
        ).fetchone()[0]
        touched.artists.update(_artists_of(connection, track))
    album = _album(connection, found, current, touched, now)
    touched.albums.add(album)
    touched.artists.update(artists)
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
    _write_credits(connection, track, artists, album_artists)
    _write_genres(connection, track, description.genres)
    _write_lyrics(connection, track, description)


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


def set_sidecar(
    connection: sqlite3.Connection,
    file: FileId,
    stamp: str,
    texts: Sequence[Lyrics],
) -> None:
    """Writes the lyrics of the file beside a sound file; `stamp` tells when it has changed."""
    connection.execute(
        "UPDATE file SET sidecar = :stamp WHERE id = :id", {"id": file, "stamp": stamp}
    )
    row = connection.execute("SELECT id FROM track WHERE file_id = :id", {"id": file}).fetchone()
    connection.execute(
        "DELETE FROM lyrics WHERE track_id = :track AND source = 'file'", {"track": row[0]}
    )
    _insert_lyrics(connection, row[0], "file", texts)


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


def _artist(connection: sqlite3.Connection, named: Named) -> ArtistId:
    """The artist of that name. A MusicBrainz id keeps apart those who share one.

    A name without an id is the first who has it; an id that is new goes to whom had none.
    """
    folded = identity.fold(named.name)
    rows = connection.execute(
        "SELECT id, mbid FROM artist WHERE folded = :folded ORDER BY id", {"folded": folded}
    ).fetchall()
    for row in rows:
        if row[1] == named.mbid or not named.mbid:
            return ArtistId(row[0])
    for row in rows:
        if not row[1]:
            connection.execute(
                "UPDATE artist SET mbid = :mbid, sort_name = :sort WHERE id = :id",
                {
                    "id": row[0],
                    "mbid": named.mbid,
                    "sort": identity.sort_key(named.name, named.sort),
                },
            )
            return ArtistId(row[0])
    return ArtistId(
        connection.execute(
            "INSERT INTO artist (name, sort_name, mbid, folded) "
            "VALUES (:name, :sort, :mbid, :folded)",
            {
                "name": named.name,
                "sort": identity.sort_key(named.name, named.sort),
                "mbid": named.mbid,
                "folded": folded,
            },
        ).lastrowid
        or 0
    )


def _album(
    connection: sqlite3.Connection,
    found: Found,
    current: AlbumId | None,
    touched: _Touched,
    now: int,
) -> AlbumId:
    """The album of a track, made where there is none that fits."""
    description = found.description
    evidence = description.evidence
    candidates = _candidates(
        connection, evidence, found.heard.seen.library, description.folder, current
    )
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


def _keep_albums(
    connection: sqlite3.Connection,
    fresh: set[AlbumId],
    left: set[tuple[AlbumId, AlbumId]],
    touched: _Touched,
) -> None:
    """Gives a new album the row of the one that all its tracks came from, if that is empty now."""
    for album in sorted(fresh):
        sources = {source for source, target in left if target == album}
        if len(sources) != 1:
            continue
        (source,) = sources
        emptied = connection.execute(
            "SELECT NOT EXISTS (SELECT 1 FROM track WHERE album_id = :source)", {"source": source}
        ).fetchone()[0]
        if not emptied:
            continue
        connection.execute(
            "UPDATE track SET album_id = :source WHERE album_id = :album",
            {"source": source, "album": album},
        )
        connection.execute(
            "UPDATE album SET mbid = (SELECT mbid FROM album WHERE id = :album), "
            "  version = (SELECT version FROM album WHERE id = :album), "
            "  sort_title = (SELECT sort_title FROM album WHERE id = :album) WHERE id = :source",
            {"source": source, "album": album},
        )
        touched.artists.update(
            row[0]
            for row in connection.execute(
                "SELECT artist_id FROM album_artist WHERE album_id = :album", {"album": album}
            )
        )
        connection.execute("DELETE FROM album WHERE id = :album", {"album": album})
        touched.albums.add(source)


def _keep_covers(
    connection: sqlite3.Connection,
    covers: Mapping[Place, Cover],
    libraries: set[LibraryId],
    touched: _Touched,
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


def _refresh(connection: sqlite3.Connection, touched: _Touched) -> None:
    """Makes the faces and counts of touched albums and artists anew."""
    for album in sorted(touched.albums):
        _refresh_album(connection, album, touched)
    connection.executemany(
        "UPDATE artist SET "
        "  album_count = (SELECT COUNT(*) FROM album_artist "
        "    JOIN album ON album.id = album_artist.album_id "
        "    WHERE album_artist.artist_id = artist.id AND album.track_count > 0), "
        "  track_count = (SELECT IFNULL(SUM(album.track_count), 0) FROM album_artist "
        "    JOIN album ON album.id = album_artist.album_id "
        "    WHERE album_artist.artist_id = artist.id) "
        "  + (SELECT COUNT(*) FROM track_artist JOIN track ON track.id = track_artist.track_id "
        "    WHERE track_artist.artist_id = artist.id AND track_artist.role = 'artist' "
        "    AND track.state = 'present' AND NOT EXISTS (SELECT 1 FROM album_artist "
        "      WHERE album_artist.album_id = track.album_id "
        "      AND album_artist.artist_id = artist.id)) "
        "WHERE id = :id",
        [{"id": artist} for artist in sorted(touched.artists)],
    )


def _refresh_album(connection: sqlite3.Connection, album: AlbumId, touched: _Touched) -> None:
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
        touched.artists.update(_album_artists(connection, album))
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
    artists = [ArtistId(artist) for artist in face.artists]
    if not artists:
        artists = [_artist(connection, Named(face.artist_credit))]
    _name_album(connection, album, face, artists)
    before = _album_artists(connection, album)
    if before != artists:
        connection.execute("DELETE FROM album_artist WHERE album_id = :album", {"album": album})
        connection.executemany(
            "INSERT INTO album_artist (album_id, artist_id, position) "
            "VALUES (:album, :artist, :position)",
            [
                {"album": album, "artist": artist, "position": position}
                for position, artist in enumerate(artists)
            ],
        )
    touched.artists.update(before, artists)
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


def _name_album(
    connection: sqlite3.Connection,
    album: AlbumId,
    face: grouping.Face,
    artists: Sequence[ArtistId],
) -> None:
    """Writes an album's names where they changed, as each writing costs its search index one."""
    names = {
        row[0]: (row[1], row[2])
        for row in connection.execute(
            "SELECT id, name, sort_name FROM artist WHERE id IN "
            "  (SELECT value FROM json_each(:ids))",
            {"ids": json.dumps(artists)},
        )
    }
    credit = face.artist_credit or ", ".join(names[artist][0] for artist in artists)
    sort_artist = names[artists[0]][1]
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


def _album_artists(connection: sqlite3.Connection, album: AlbumId) -> list[ArtistId]:
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
