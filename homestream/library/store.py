"""Writing what a scan found, each batch in one transaction: files, tracks, albums, artists, art.

Everything here runs with the writing connection in its own thread (`Database.batch`). Counts of
the albums and artists that were touched are made anew before the transaction ends, so that no
reader ever sees an album without its tracks.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from homestream.formats.lrc import Lyrics
from homestream.ids import AlbumId, FileId, LibraryId, RecordingId
from homestream.library import albums, artwork, files, ingest, libraries, tracks
from homestream.library.albums import Touched
from homestream.library.describe import known_as
from homestream.library.files import Found, Place
from homestream.library.ingest import Add, Away, FileSeen, Move, Row
from homestream.library.tracks import Cover


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


def settle(
    connection: sqlite3.Connection, library: LibraryId, comparison: ingest.Comparison
) -> None:
    """Writes what a comparison settles without reading a file."""
    touched = Touched()
    _set_state(connection, "present", [row.id for row in comparison.back], touched)
    files.renumber(connection, comparison.renumbered)
    files.forget_rejected(connection, [(library, path) for path in comparison.forgotten])
    albums.refresh(connection, touched)


def set_away(connection: sqlite3.Connection, rows: Sequence[FileId]) -> int:
    """Marks files and their tracks as away; how many were present."""
    touched = Touched()
    count = _set_state(connection, "away", rows, touched)
    albums.refresh(connection, touched)
    return count


def reject(
    connection: sqlite3.Connection, refused: Sequence[tuple[FileSeen, str]], now: int
) -> int:
    """Notes files that cannot be read, and why; how many tracks went away with them."""
    gone = files.reject(connection, refused, now)
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
    touched = Touched()
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
            file = files.insert(connection, each, now)
            tracks.write(connection, each, file, None, recording, covers, touched, now)
            continue
        settled.append(change.row.id)
        if isinstance(change, Move) and change.row.path != seen.path:
            moved += 1
        else:
            updated += 1
        files.update(connection, each, change.row.id)
        connection.execute(
            "INSERT OR IGNORE INTO recording_key (kind, key, recording_id) "
            "VALUES ('audio', :key, :recording)",
            {"key": each.heard.audio_key, "recording": change.row.recording},
        )
        tracks.write(
            connection,
            each,
            change.row.id,
            change.row.track,
            change.row.recording,
            covers,
            touched,
            now,
        )
    files.forget_rejected(connection, by_place)
    albums.refresh(connection, touched)
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
    touched = Touched()
    for source, album in albums.emptied(connection, set(fresh), set(left)):
        tracks.set_album(connection, album, source)
        albums.replace(connection, source, album, touched)
    tracks.keep_covers(connection, covers, set(libraries), touched)
    albums.refresh(connection, touched)
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
    if files.set_measured(connection, file, samples, index, stat):
        touched = Touched()
        tracks.set_duration(connection, file, touched)
        albums.refresh(connection, touched)


def set_sidecar(
    connection: sqlite3.Connection,
    file: FileId,
    stamp: str,
    texts: Sequence[Lyrics],
) -> None:
    """Writes the lyrics of the file beside a sound file; `stamp` tells when it has changed."""
    files.set_sidecar(connection, file, stamp)
    tracks.set_lyrics(connection, file, texts)


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
    connection: sqlite3.Connection, state: str, rows: Sequence[FileId], touched: Touched
) -> int:
    """Sets the state of files and their tracks; how many changed."""
    changed = 0
    for file in rows:
        changed += files.set_state(connection, file, state)
        tracks.set_state(connection, file, state, touched)
    return changed
