"""Cue sheets as they lie beside sound files and in their tags, and how each file is cut by them.

Everything here that takes a connection runs in the writing thread (`Database.batch`).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from homestream.db.connect import Database
from homestream.formats import cue
from homestream.ids import FileId, LibraryId
from homestream.library import walk
from homestream.library.scope import Folders, Place
from homestream.media import sheets as media


class Problem(msgspec.Struct, frozen=True):
    """A sheet that is not used, or not for all that it names, and why."""

    library: LibraryId
    path: str  # relative to the library, as far as it can be shown; the sound file's own if inside
    reason: str


class Beside(msgspec.Struct, frozen=True):
    """A sheet in a file of its own."""

    place: Place
    sheet: cue.Sheet


class Cut(msgspec.Struct, frozen=True):
    """How a file is cut now; see the table `cut`."""

    stamp: bytes
    sample_rate: int
    problem: str | None


async def problems(db: Database, *, limit: int, begin: int = 0) -> list[Problem]:
    """All sheets that are not used as they should be, by library and path."""
    rows = await db.rows(
        "SELECT library_id, path, problem FROM sheet WHERE problem IS NOT NULL UNION ALL "
        "SELECT file.library_id, file.path, IFNULL(sheet_inside.problem, cut.problem) FROM file "
        "  LEFT JOIN sheet_inside ON sheet_inside.file_id = file.id "
        "  LEFT JOIN cut ON cut.file_id = file.id "
        "  WHERE file.state = 'present' AND file.id IN "
        "    (SELECT file_id FROM cut WHERE problem IS NOT NULL UNION "
        "     SELECT file_id FROM sheet_inside WHERE problem IS NOT NULL) "
        "ORDER BY 1, 2 LIMIT :limit OFFSET :begin",
        {"limit": limit, "begin": begin},
    )
    return [
        Problem(LibraryId(row[0]), os.fsdecode(row[1]).encode("utf-8", "replace").decode(), row[2])
        for row in rows
    ]


def note(connection: sqlite3.Connection, file: FileId, text: str) -> None:
    """Notes the sheet in a file's tags, as they were read; empty: there is none."""
    if not text:
        connection.execute("DELETE FROM sheet_inside WHERE file_id = :file", {"file": file})
        return
    connection.execute(
        "INSERT INTO sheet_inside (file_id, source) VALUES (:file, :text) "
        "ON CONFLICT (file_id) DO UPDATE SET source = :text, content = NULL, problem = NULL "
        "WHERE source != :text",
        {"file": file, "text": text},
    )


def changed(
    connection: sqlite3.Connection, library: LibraryId, folders: Folders, seen: Sequence[walk.Seen]
) -> list[walk.Seen]:
    """Sheets in some folders of a library that are to be read, as the walk saw them; those that
    went are forgotten."""
    known = {
        row[0]: (row[1], row[2])
        for row in connection.execute(
            "SELECT path, size, mtime_ns FROM sheet WHERE library_id = :library",
            {"library": library},
        )
        if folders.holds(row[0])
    }
    gone = known.keys() - {each.path for each in seen}
    connection.executemany(
        "DELETE FROM sheet WHERE library_id = :library AND path = :path",
        [{"library": library, "path": path} for path in gone],
    )
    return [each for each in seen if known.get(each.path) != (each.size, each.mtime_ns)]


def put(
    connection: sqlite3.Connection,
    library: LibraryId,
    read: Iterable[tuple[walk.Seen, media.Read | media.Refused]],
) -> None:
    """Writes sheets as they were read."""
    connection.executemany(
        "INSERT OR REPLACE INTO sheet (library_id, path, size, mtime_ns, content, problem) "
        "VALUES (:library, :path, :size, :mtime_ns, :content, :problem)",
        [
            {
                "library": library,
                "path": seen.path,
                "size": seen.size,
                "mtime_ns": seen.mtime_ns,
                **_columns(answer),
            }
            for seen, answer in read
        ],
    )


def unparsed(connection: sqlite3.Connection) -> list[tuple[FileId, str]]:
    """Sheets in tags that were not parsed yet."""
    return [
        (row[0], row[1])
        for row in connection.execute(
            "SELECT file_id, source FROM sheet_inside WHERE content IS NULL AND problem IS NULL"
        )
    ]


def put_inside(
    connection: sqlite3.Connection, read: Iterable[tuple[FileId, media.Read | media.Refused]]
) -> None:
    """Writes what was parsed of sheets in tags."""
    connection.executemany(
        "UPDATE sheet_inside SET content = :content, problem = :problem WHERE file_id = :file",
        [{"file": file, **_columns(answer)} for file, answer in read],
    )


def beside(connection: sqlite3.Connection, library: LibraryId, folders: Folders) -> list[Beside]:
    """The readable sheets of a library that can tell of files in some of its folders."""
    above = folders.above()
    return [
        Beside((library, row[0]), msgspec.json.decode(row[1], type=cue.Sheet))
        for row in connection.execute(
            "SELECT path, content FROM sheet WHERE library_id = :library AND content IS NOT NULL "
            "ORDER BY path",
            {"library": library},
        )
        if folders.holds(row[0]) or os.path.dirname(row[0]) in above
    ]


def inside(
    connection: sqlite3.Connection, library: LibraryId, folders: Folders
) -> dict[FileId, cue.Sheet]:
    """The readable sheets in tags of a library's present files."""
    return {
        row[0]: msgspec.json.decode(row[1], type=cue.Sheet)
        for row in connection.execute(
            "SELECT sheet_inside.file_id, sheet_inside.content, file.path FROM sheet_inside "
            "JOIN file ON file.id = sheet_inside.file_id "
            "WHERE file.library_id = :library AND file.state = 'present' "
            "AND sheet_inside.content IS NOT NULL",
            {"library": library},
        )
        if folders.holds(row[2])
    }


def cuts(connection: sqlite3.Connection, library: LibraryId, folders: Folders) -> list[FileId]:
    """The present files of a library that are cut, or should be."""
    return [
        FileId(row[0])
        for row in connection.execute(
            "SELECT cut.file_id, file.path FROM cut JOIN file ON file.id = cut.file_id "
            "WHERE file.library_id = :library AND file.state = 'present'",
            {"library": library},
        )
        if folders.holds(row[1])
    ]


def set_problems(connection: sqlite3.Connection, found: Mapping[Place, str | None]) -> None:
    """Writes why sheets are not used, or that nothing is wrong with them."""
    connection.executemany(
        "UPDATE sheet SET problem = :problem WHERE library_id = :library AND path = :path "
        "AND problem IS NOT :problem",
        [
            {"library": library, "path": path, "problem": problem}
            for (library, path), problem in found.items()
        ],
    )


def set_cut(connection: sqlite3.Connection, file: FileId, cut: Cut | None) -> None:
    """Writes how a file is cut; None: no sheet tells of it any more."""
    if cut is None:
        connection.execute("DELETE FROM cut WHERE file_id = :file", {"file": file})
        return
    connection.execute(
        "INSERT OR REPLACE INTO cut (file_id, stamp, sample_rate, problem) "
        "VALUES (:file, :stamp, :sample_rate, :problem)",
        {
            "file": file,
            "stamp": cut.stamp,
            "sample_rate": cut.sample_rate,
            "problem": cut.problem,
        },
    )


def _columns(answer: media.Read | media.Refused) -> dict[str, str | None]:
    if isinstance(answer, media.Refused):
        return {"content": None, "problem": f"it cannot be read: {answer.reason}"}
    return {"content": msgspec.json.encode(answer.sheet).decode(), "problem": None}
