"""Copies of a recording that the owner hides from the lists, each for one that is kept.

Files are never touched. A copy is shown again when the one that is kept goes away, turns out to be
another recording, or lies where not everybody who would see the copy may look. What is hidden now
is written by `albums`. Everything but the async functions runs with the writing connection in its
own thread (`Database.batch`).
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from homestream.db.connect import Database
from homestream.ids import AlbumId, LibraryId, RecordingId, TrackId
from homestream.library.grouping import Quality

# a library that nobody is kept from
_OPEN: Final = (
    "NOT EXISTS (SELECT 1 FROM library_audience WHERE library_audience.adults_only "
    "  AND library_audience.library_id = library.id) "
    "AND NOT EXISTS (SELECT 1 FROM library_right WHERE NOT library_right.allowed "
    "  AND library_right.library_id = library.id)"
)


class Copy(msgspec.Struct, frozen=True):
    """A track of a recording that is there several times."""

    quality: Quality
    library: LibraryId
    compilation: bool
    album_tracks: int


class Hidden(msgspec.Struct, frozen=True):
    """A recording of which copies are hidden, and how many."""

    recording: RecordingId
    title: str
    artist_credit: str
    copies: int


def choose(copies: Iterable[Copy], openly: Collection[LibraryId]) -> dict[TrackId, TrackId]:
    """Which copies of one recording to hide, each with the one that is kept for it: the best, and
    of equals one on an album before one on a compilation, then the one on the longer album.

    `openly` are the libraries that everybody may see. A copy is hidden for one in its own library
    or in one of those, so that nobody loses the piece.
    """
    kept: list[Copy] = []
    hidden: dict[TrackId, TrackId] = {}
    for each in sorted(copies, key=_rank, reverse=True):
        better = next(
            (one for one in kept if one.library == each.library or one.library in openly), None
        )
        if better is None:
            kept.append(each)
        else:
            hidden[each.quality.track] = better.quality.track
    return hidden


def _rank(copy: Copy) -> tuple[object, ...]:
    *quality, first = copy.quality.rank
    return (*quality, not copy.compilation, copy.album_tracks, first)


def of_recordings(
    connection: sqlite3.Connection, only: RecordingId | None
) -> list[tuple[RecordingId, list[Copy]]]:
    """The recordings that lists show several times and nobody wants so, or one of them."""
    found: dict[RecordingId, list[Copy]] = defaultdict(list)
    for row in connection.execute(
        "SELECT track.id, track.recording_id, track.disc, track.position, track.title, "
        "  track.duration_ms, file.codec, file.sample_rate, file.bit_depth, file.bit_rate, "
        "  track.library_id, album.compilation, album.track_count "
        "FROM track JOIN file ON file.id = track.file_id JOIN album ON album.id = track.album_id "
        "WHERE track.state = 'present' AND (:only IS NULL OR track.recording_id = :only) "
        "AND NOT EXISTS (SELECT 1 FROM other_quality WHERE other_quality.track_id = track.id) "
        "AND (:only IS NOT NULL OR NOT EXISTS (SELECT 1 FROM health_pass "
        "  WHERE kind = 'duplicates' AND item = CAST(track.recording_id AS TEXT))) "
        "AND track.recording_id IN (SELECT recording_id FROM track WHERE state = 'present' "
        "  GROUP BY recording_id HAVING COUNT(*) > 1) ORDER BY track.id",
        {"only": only},
    ):
        quality = Quality.of_row(row[:10])
        found[RecordingId(row[1])].append(Copy(quality, LibraryId(row[10]), bool(row[11]), row[12]))
    return [(recording, copies) for recording, copies in found.items() if len(copies) > 1]


def open_libraries(connection: sqlite3.Connection) -> set[LibraryId]:
    """Those that everybody may see."""
    rows = connection.execute(f"SELECT id FROM library WHERE {_OPEN}")  # noqa: S608
    return {LibraryId(row[0]) for row in rows}


def hide(connection: sqlite3.Connection, hidden: dict[TrackId, TrackId], now: int) -> None:
    """Notes copies, each with the track that is kept for it."""
    connection.executemany(
        "INSERT INTO hidden_copy (track_id, kept_id, hidden_at) VALUES (:track, :kept, :now) "
        "ON CONFLICT (track_id) DO UPDATE SET kept_id = :kept, hidden_at = :now",
        [{"track": track, "kept": kept, "now": now} for track, kept in hidden.items()],
    )


def show(connection: sqlite3.Connection, only: RecordingId | None) -> set[AlbumId]:
    """Forgets the hidden copies of one recording or of all; the albums that they are on."""
    albums = _albums(connection, None if only is None else [only])
    connection.execute(
        "DELETE FROM hidden_copy WHERE :only IS NULL OR track_id IN "
        "  (SELECT id FROM track WHERE recording_id = :only)",
        {"only": only},
    )
    return albums


def albums_of(
    connection: sqlite3.Connection, recordings: Sequence[RecordingId] | None = None
) -> set[AlbumId]:
    """The albums that hidden copies of some recordings are on, or of all."""
    return _albums(connection, recordings) if _any(connection) else set()


def _albums(
    connection: sqlite3.Connection, recordings: Sequence[RecordingId] | None
) -> set[AlbumId]:
    return {
        AlbumId(row[0])
        for row in connection.execute(
            "SELECT DISTINCT track.album_id FROM hidden_copy "
            "JOIN track ON track.id = hidden_copy.track_id WHERE :recordings IS NULL "
            "OR track.recording_id IN (SELECT value FROM json_each(:recordings))",
            {"recordings": None if recordings is None else json.dumps(list(recordings))},
        )
    }


def beside(connection: sqlite3.Connection, albums: Collection[AlbumId]) -> set[AlbumId]:
    """The albums on which copies are hidden for tracks of some albums."""
    if not _any(connection):
        return set()
    return {
        AlbumId(row[0])
        for row in connection.execute(
            "SELECT track.album_id FROM track AS kept "
            "JOIN hidden_copy ON hidden_copy.kept_id = kept.id "
            "JOIN track ON track.id = hidden_copy.track_id "
            "WHERE kept.album_id IN (SELECT value FROM json_each(:albums))",
            {"albums": json.dumps(sorted(albums))},
        )
    }


def hidden_on(connection: sqlite3.Connection, albums: str) -> dict[TrackId, TrackId]:
    """The copies on some albums (ids as JSON) that are hidden now, with what is kept for each."""
    if not _any(connection):
        return {}
    rows = connection.execute(
        "SELECT track.id, kept.id FROM track "  # noqa: S608
        "JOIN hidden_copy ON hidden_copy.track_id = track.id "
        "JOIN track AS kept ON kept.id = hidden_copy.kept_id "
        "JOIN library ON library.id = kept.library_id "
        "WHERE track.album_id IN (SELECT value FROM json_each(:albums)) "
        "AND track.state = 'present' AND kept.state = 'present' "
        "AND track.recording_id = kept.recording_id "
        f"AND (track.library_id = kept.library_id OR {_OPEN})",
        {"albums": albums},
    )
    return {TrackId(row[0]): TrackId(row[1]) for row in rows}


async def every(db: Database, *, limit: int, begin: int = 0) -> list[Hidden]:
    """The recordings of which copies are hidden, by title."""
    rows = await db.rows(
        "SELECT kept.recording_id, kept.title, kept.artist_credit, COUNT(*) AS copies "
        "FROM hidden_copy JOIN track AS kept ON kept.id = hidden_copy.kept_id "
        "JOIN track ON track.id = hidden_copy.track_id "
        "GROUP BY kept.recording_id ORDER BY kept.sort_title, kept.recording_id "
        "LIMIT :limit OFFSET :begin",
        {"limit": limit, "begin": begin},
    )
    return [
        Hidden(RecordingId(row["recording_id"]), row["title"], row["artist_credit"], row["copies"])
        for row in rows
    ]


async def count(db: Database) -> int:
    """How many copies are hidden."""
    row = await db.row("SELECT COUNT(*) FROM hidden_copy")
    return int(row[0]) if row is not None else 0


def _any(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM hidden_copy)").fetchone()[0])
