"""Files as they lie in the libraries: where, how they sound, whether they are there; and those that
cannot be read, with the reason.

Everything here runs with the writing connection in its own thread (`Database.batch`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from homestream.ids import FileId, LibraryId
from homestream.library import ingest
from homestream.library.batch import Batch, Place
from homestream.library.describe import Description
from homestream.library.ingest import FileKnown, FileSeen
from homestream.library.scope import WHOLE, Folders
from homestream.media import analyse, pcm
from homestream.media.facts import Facts

_INSERT: Final = (
    "INSERT INTO file (id, library_id, path, target, size, mtime_ns, inode, audio_key, "
    "  container, codec, profile, sample_rate, channels, layout, bit_depth, bit_rate, "
    "  samples, samples_exact, delay_samples, measured, picture, added_at) "
    "VALUES (:id, :library, :path, :target, :size, :mtime_ns, :inode, :audio_key, "
    "  :container, :codec, :profile, :sample_rate, :channels, :layout, :bit_depth, "
    "  :bit_rate, :samples, :samples_exact, :delay_samples, :measured, :picture, :now)"
)


class Found(msgspec.Struct, frozen=True):
    """A file that was read."""

    heard: ingest.Heard
    facts: Facts
    description: Description
    picture: bytes  # hash of the picture inside; empty: there is none


def known(
    connection: sqlite3.Connection, library: LibraryId, folders: Folders = WHOLE
) -> list[FileKnown]:
    """All files of a library, present or away; or those in some folders of it."""
    return [
        FileKnown(row[0], row[1], row[2], row[3], row[4], row[5] == "present")
        for begin, end in _ranges(folders)
        for row in connection.execute(
            "SELECT id, path, size, mtime_ns, inode, state FROM file "
            "WHERE library_id = :library AND path >= :begin AND path < :end",
            {"library": library, "begin": begin, "end": end},
        )
        if folders is WHOLE or folders.holds(row[1])
    ]


def rejected(
    connection: sqlite3.Connection, library: LibraryId, folders: Folders = WHOLE
) -> dict[bytes, tuple[int, int]]:
    """Size and mtime_ns by path of what could not be read."""
    return {
        row[0]: (row[1], row[2])
        for begin, end in _ranges(folders)
        for row in connection.execute(
            "SELECT path, size, mtime_ns FROM rejected "
            "WHERE library_id = :library AND path >= :begin AND path < :end",
            {"library": library, "begin": begin, "end": end},
        )
        if folders is WHOLE or folders.holds(row[0])
    }


def _ranges(folders: Folders) -> list[tuple[bytes, bytes]]:
    """Between which paths the files of folders stand; no two of them overlap."""
    found: list[tuple[bytes, bytes]] = []
    for begin in sorted(folder + b"/" if folder else b"" for folder in folders.deep | folders.flat):
        if not found or begin >= found[-1][1]:
            # "0" is what follows "/"; no file has a name as long as 256 bytes
            found.append((begin, begin[:-1] + b"0" if begin else b"\xff" * 256))
    return found


def renumber(connection: sqlite3.Connection, inodes: Iterable[tuple[FileKnown, int]]) -> None:
    """Notes other inode numbers of files in which nothing else changed."""
    connection.executemany(
        "UPDATE file SET inode = :inode WHERE id = :id",
        [{"id": row.id, "inode": inode} for row, inode in inodes],
    )


def forget_rejected(connection: sqlite3.Connection, places: Iterable[Place]) -> None:
    """Takes paths from the list of what cannot be read."""
    if connection.execute("SELECT NOT EXISTS (SELECT 1 FROM rejected)").fetchone()[0]:
        return
    connection.executemany(
        "DELETE FROM rejected WHERE library_id = :library AND path = :path",
        [{"library": library, "path": path} for library, path in places],
    )


def reject(
    connection: sqlite3.Connection, refused: Sequence[tuple[FileSeen, str]], now: int
) -> list[FileId]:
    """Notes files that cannot be read, and why; the present files they were."""
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
    return gone


def set_state(connection: sqlite3.Connection, file: FileId, state: str) -> bool:
    """Marks a file as "present" or "away"; whether it was not."""
    return bool(
        connection.execute(
            "UPDATE file SET state = :state WHERE id = :id AND state != :state",
            {"id": file, "state": state},
        ).rowcount
    )


def insert(batch: Batch, found: Found) -> FileId:
    """Has a file's row inserted with the batch's next flush."""
    file = FileId(batch.id("file"))
    columns = _columns(found)
    columns["id"], columns["now"] = file, batch.now
    batch.rows("file", _INSERT).append(columns)
    return file


def update(connection: sqlite3.Connection, found: Found, file: FileId) -> int:
    """Writes a file's row anew; its samples.

    What a read through gave holds while the bytes are the same; what was heard, also under other
    tags, where sound and length are what they were.
    """
    seen, facts = found.heard.seen, found.facts
    kept = connection.execute(
        "SELECT size, mtime_ns, samples, samples_exact, packet_index, measured, analysed, problem "
        "FROM file WHERE id = :id AND audio_key = :audio_key",
        {"id": file, "audio_key": found.heard.audio_key},
    ).fetchone()
    columns = {**_columns(found), "packet_index": b"", "analysed": 0, "problem": None}
    if kept is not None:
        same_bytes = (kept[0], kept[1]) == (seen.size, seen.mtime_ns)
        whole = kept[7] is None and facts.samples_exact and facts.samples == kept[2]
        if same_bytes and kept[5] == 1:
            columns |= dict(
                zip(
                    ("samples", "samples_exact", "packet_index", "measured"), kept[2:6], strict=True
                )
            )
        if same_bytes or whole:
            columns |= {"analysed": kept[6], "problem": kept[7]}
    connection.execute(
        "UPDATE file SET library_id = :library, path = :path, target = :target, size = :size, "
        "  mtime_ns = :mtime_ns, inode = :inode, state = 'present', audio_key = :audio_key, "
        "  container = :container, codec = :codec, profile = :profile, "
        "  sample_rate = :sample_rate, channels = :channels, layout = :layout, "
        "  bit_depth = :bit_depth, bit_rate = :bit_rate, samples = :samples, "
        "  samples_exact = :samples_exact, delay_samples = :delay_samples, "
        "  packet_index = :packet_index, measured = :measured, picture = :picture, "
        "  analysed = :analysed, problem = :problem "
        "WHERE id = :id",
        {**columns, "id": file},
    )
    return int(columns["samples"])


def set_measured(
    connection: sqlite3.Connection, file: FileId, samples: int, index: bytes, stat: tuple[int, int]
) -> bool:
    """Notes what a read through the file gave, if it is still that file; whether it is.

    The length that was measured first stays, because what plays is cut by it.
    """
    return bool(
        connection.execute(
            "UPDATE file SET samples = CASE measured WHEN 1 THEN samples ELSE :samples END, "
            "  samples_exact = 1, packet_index = :index, measured = 1 "
            "WHERE id = :id AND size = :size AND mtime_ns = :mtime_ns",
            {
                "id": file,
                "samples": samples,
                "index": index,
                "size": stat[0],
                "mtime_ns": stat[1],
            },
        ).rowcount
    )


def set_unmeasurable(
    connection: sqlite3.Connection, file: FileId, stat: tuple[int, int], problem: str
) -> None:
    """Notes that a file cannot be read through, and why."""
    connection.execute(
        "UPDATE file SET measured = 2, analysed = :version, problem = :problem "
        "WHERE id = :id AND size = :size AND mtime_ns = :mtime_ns",
        {
            "id": file,
            "size": stat[0],
            "mtime_ns": stat[1],
            "problem": problem,
            "version": analyse.VERSION,
        },
    )


def set_analysed(
    connection: sqlite3.Connection, file: FileId, stat: tuple[int, int], problem: str | None
) -> bool:
    """Notes that a file was analysed, if it is still that file; whether it is."""
    return bool(
        connection.execute(
            "UPDATE file SET analysed = :version, problem = :problem "
            "WHERE id = :id AND size = :size AND mtime_ns = :mtime_ns",
            {
                "id": file,
                "size": stat[0],
                "mtime_ns": stat[1],
                "problem": problem,
                "version": analyse.VERSION,
            },
        ).rowcount
    )


def analyse_again(connection: sqlite3.Connection, file: FileId) -> None:
    """Has a file analysed once more that was already."""
    connection.execute(
        "UPDATE file SET analysed = 0 WHERE id = :file AND analysed > 0", {"file": file}
    )


def measure_again(connection: sqlite3.Connection, file: FileId | None) -> None:
    """Has a file read through once more that has a problem, or all of them (None)."""
    connection.execute(
        "UPDATE file SET measured = CASE measured WHEN 2 THEN 0 ELSE measured END, analysed = 0, "
        "  problem = NULL WHERE problem IS NOT NULL AND (:file IS NULL OR id = :file)",
        {"file": file},
    )


def set_sidecar(connection: sqlite3.Connection, file: FileId, stamp: str) -> None:
    """Notes the lyrics file beside a sound file; `stamp` tells when it has changed."""
    connection.execute(
        "UPDATE file SET sidecar = :stamp WHERE id = :id", {"id": file, "stamp": stamp}
    )


def _columns(found: Found) -> dict[str, Any]:
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
