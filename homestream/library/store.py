"""Writing what a scan found, each batch in one transaction: files, tracks, albums, artists, art.

Everything here runs with the writing connection in its own thread (`Database.batch`). Counts of
the albums and artists that were touched are made anew before the transaction ends, so that no
reader ever sees an album without its tracks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from homestream.formats.lrc import Lyrics
from homestream.ids import AlbumId, FileId, LibraryId, RecordingId
from homestream.library import (
    albums,
    analysis,
    artwork,
    files,
    ingest,
    libraries,
    places,
    recordings,
    regroup,
    sheets,
    tracks,
)
from homestream.library.albums import Touched
from homestream.library.batch import Batch, Cover, Place
from homestream.library.describe import known_as
from homestream.library.files import Found
from homestream.library.ingest import Add, Away, FileSeen, Move, Row
from homestream.library.places import Pictures
from homestream.library.scope import Scope
from homestream.media import pcm
from homestream.media.analyse import Analysis
from homestream.media.facts import Facts


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
    batch = Batch(connection, covers, now)
    rows, known = _known(connection, found, loose, stems)
    changes = ingest.reconcile([each.heard for each in found], rows, known, last=last)
    by_place = {(each.heard.seen.library, each.heard.seen.path): each for each in found}
    added = updated = moved = 0
    settled: list[FileId] = []
    for change in changes.changes:
        if isinstance(change, Add):
            seen = change.heard.seen
            each = by_place[seen.library, seen.path]
            added += 1
            recording = recordings.of_sound(batch, known, each.heard.audio_key)
            file = files.insert(batch, each)
            if each.description.sheet:
                batch.flush()
                sheets.note(connection, file, each.description.sheet)
            tracks.write(batch, each, file, None, recording, each.facts.samples)
            continue
        batch.flush()
        if isinstance(change, Away):
            _set_state(connection, "away", [change.row.id], batch.touched)
            continue
        seen = change.heard.seen
        each = by_place[seen.library, seen.path]
        settled.append(change.row.id)
        if isinstance(change, Move) and change.row.path != seen.path:
            moved += 1
        else:
            updated += 1
        samples = files.update(connection, each, change.row.id)
        sheets.note(connection, change.row.id, each.description.sheet)
        recordings.know(connection, each.heard.audio_key, change.row.recording)
        known.setdefault(each.heard.audio_key, change.row.recording)
        tracks.write(batch, each, change.row.id, change.row.track, change.row.recording, samples)
    batch.flush()
    files.forget_rejected(connection, by_place)
    albums.refresh(connection, batch.touched)
    places = {(file.library, file.path) for file in changes.put_off}
    return Written(
        added=added,
        updated=updated,
        moved=moved,
        settled=settled,
        put_off=changes.put_off,
        displaced=[row.id for row in rows if row.present and (row.library, row.path) in places],
        fresh=batch.touched.fresh,
        left=batch.touched.left,
    )


def finish(
    connection: sqlite3.Connection,
    *,
    covers: Mapping[Place, Cover],
    scope: Scope,
    pictures: Sequence[Pictures] = (),
    changed: bool = True,
    fresh: Iterable[AlbumId],
    left: Iterable[tuple[AlbumId, AlbumId]],
    now: int,
) -> list[int]:
    """Sets right what only the whole scan shows; the ids of pictures that nothing shows any more.

    Albums whose tracks all went to one new album keep their row (a title was corrected), albums
    whose tracks came or went are compared with their neighbours, and pictures that came, changed
    or went are taken over. `scope` is what was walked, `pictures` what lies there, `changed` tells
    that sound files did.
    """
    batch = Batch(connection, covers, now=0)
    for source, album in albums.emptied(connection, set(fresh), set(left)):
        tracks.set_album(connection, album, source)
        albums.replace(connection, source, album, batch.touched)
    regroup.settle(connection, batch.touched, now)
    tracks.keep_covers(batch, scope)
    places.keep(connection, pictures, scope, changed=changed)
    albums.refresh(connection, batch.touched)
    orphans = [
        row[0]
        for row in connection.execute(
            "SELECT id FROM art WHERE (made != 2 OR embedded) "
            "AND NOT EXISTS (SELECT 1 FROM track WHERE art_id = art.id) "
            "AND NOT EXISTS (SELECT 1 FROM track WHERE disc_art_id = art.id) "
            "AND NOT EXISTS (SELECT 1 FROM artist WHERE artist.art_id = art.id) "
            "AND NOT EXISTS (SELECT 1 FROM album WHERE art_id = art.id OR cover_id = art.id) "
            "AND NOT EXISTS (SELECT 1 FROM correction WHERE art_id = art.id)"
        )
    ]
    orphans += places.outdated(connection, pictures, scope)
    artwork.drop(connection, orphans)
    return orphans


def fall_back(connection: sqlite3.Connection) -> None:
    """Lets other pictures stand in for those that cannot be shown."""
    touched = Touched()
    tracks.fall_back(connection, touched)
    albums.refresh(connection, touched)


def set_measured(
    connection: sqlite3.Connection, file: FileId, samples: int, index: bytes, stat: tuple[int, int]
) -> None:
    """Notes what a read through the whole file gave, if it is still the file that was read."""
    if files.set_measured(connection, file, samples, index, stat):
        touched = Touched()
        tracks.set_duration(connection, file, touched)
        albums.refresh(connection, touched)


def set_analysed(
    connection: sqlite3.Connection,
    file: FileId,
    facts: Facts,
    found: Analysis,
    stat: tuple[int, int],
) -> bool:
    """Notes what one decode of a file gave, if it is still the file that was read."""
    if not files.set_analysed(connection, file, stat, found.problem):
        return False
    # a header that tells the exact count is believed, also of a file that breaks off
    if (not facts.samples_exact or pcm.needs_index(facts)) and files.set_measured(
        connection, file, found.samples, found.index, stat
    ):
        touched = Touched()
        tracks.set_duration(connection, file, touched)
        albums.refresh(connection, touched)
    analysis.write(connection, file, facts.sample_rate, found)
    return True


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


def _known(
    connection: sqlite3.Connection,
    found: Sequence[Found],
    loose: set[FileId],
    stems: Mapping[Place, FileId],
) -> tuple[list[Row], dict[bytes, RecordingId]]:
    """The rows that files which were read may be, and the recordings that are known by sounds."""
    _note_heard(connection, found)
    wanted: set[FileId] = {
        row[0]
        for row in connection.execute(
            "SELECT file.id, file.state FROM (SELECT DISTINCT audio_key FROM heard) AS heard "
            "CROSS JOIN file ON file.audio_key = heard.audio_key"
        )
        # only those that may have moved: of one sound there may be thousands in their places
        if row[1] == "away" or row[0] in loose
    }
    wanted.update(
        row[0]
        for row in connection.execute(
            "SELECT file.id FROM heard CROSS JOIN file "
            "ON file.library_id = heard.library_id AND file.path = heard.path"
        )
    )
    if stems:
        for each in found:
            seen = each.heard.seen
            beside = stems.get((seen.library, ingest.stem(seen.path)))
            if beside is not None:
                wanted.add(beside)
    known = {
        row[0]: RecordingId(row[1])
        for row in connection.execute(
            "SELECT heard.audio_key, recording_key.recording_id FROM heard "
            "CROSS JOIN recording_key ON recording_key.kind = 'audio' "
            "AND recording_key.key = heard.audio_key"
        )
    }
    if not wanted:
        return [], known
    rows = [
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
            unread_size=row[13],
        )
        for row in connection.execute(
            "SELECT file.id, track.id, track.recording_id, file.library_id, file.path, file.state, "
            "  file.audio_key, track.tagged, track.title, track.artist_credit, track.album_title, "
            "  track.disc, track.position, IIF(file.mtime_ns = -1, file.size, NULL) "
            "FROM file JOIN track ON track.file_id = file.id AND track.part = 0 "
            "WHERE file.id IN (SELECT value FROM json_each(:ids))",
            {"ids": msgspec.json.encode(sorted(wanted)).decode()},
        )
    ]
    return rows, known


def _note_heard(connection: sqlite3.Connection, found: Sequence[Found]) -> None:
    """Puts what was read where one statement can look for all of it."""
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS heard "
        "(library_id INTEGER NOT NULL, path BLOB NOT NULL, audio_key BLOB NOT NULL)"
    )
    connection.execute("DELETE FROM heard")
    connection.executemany(
        "INSERT INTO heard (library_id, path, audio_key) VALUES (:library, :path, :key)",
        [
            {
                "library": each.heard.seen.library,
                "path": each.heard.seen.path,
                "key": each.heard.audio_key,
            }
            for each in found
        ],
    )


def _set_state(
    connection: sqlite3.Connection, state: str, rows: Sequence[FileId], touched: Touched
) -> int:
    """Sets the state of files and their tracks; how many changed."""
    changed = 0
    for file in rows:
        changed += files.set_state(connection, file, state)
        tracks.set_state(connection, file, state, touched)
    return changed
