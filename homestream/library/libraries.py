"""The folders of music: which there are, where they came from, and whether they are there."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from homestream.db.connect import Database, Transaction
from homestream.errors import BadInput, Conflict
from homestream.ids import LibraryId
from homestream.media import late
from homestream.visibility import EVERYTHING, Visibility

if TYPE_CHECKING:
    from homestream.library import catalogue
else:
    catalogue = late.module("homestream.library.catalogue")

NOT_CONFIGURED: Final = "it is no longer in the configuration"


async def every(db: Database, visibility: Visibility = EVERYTHING) -> list[catalogue.Library]:
    """The libraries that may be seen, by name, with the number of tracks that may be."""
    rows = await db.rows(
        "SELECT id, name, path, state, reason, (SELECT COUNT(*) FROM track "
        "    WHERE track.library_id = library.id AND track.state = 'present' "
        "    AND (:explicit OR NOT track.explicit)) AS tracks "
        "FROM library ORDER BY name, id",
        {"explicit": visibility.explicit},
    )
    return [
        catalogue.Library(
            id=row["id"],
            name=row["name"],
            path=os.fsdecode(row["path"]).encode("utf-8", "replace").decode(),
            away=row["state"] == "away",
            reason=row["reason"],
            track_count=row["tracks"],
        )
        for row in rows
        if visibility.libraries is None or row["id"] in visibility.libraries
    ]


async def add(db: Database, name: str, path: str, *, origin: str = "page") -> LibraryId:
    """Adds a folder; its music is there after the next scan.

    BadInput for a name or path that cannot be meant, Conflict with a folder that is there.
    """
    name = name.strip()
    if not 1 <= len(name) <= 64:
        raise BadInput("library needs a name of 1 to 64 characters")
    folder = _checked(path)
    if not await asyncio.to_thread(os.path.isdir, folder):
        raise BadInput(f"folder {path[:200]!r} is not there")
    async with db.write() as transaction:
        await _check_apart(transaction, folder)
        return LibraryId(
            await transaction.insert(
                "INSERT INTO library (name, path, origin, created_at) "
                "VALUES (:name, :path, :origin, :now)",
                {"name": name, "path": folder, "origin": origin, "now": int(time.time() * 1000)},
            )
        )


async def configure(
    db: Database, configured: Sequence[tuple[str, str]], *, complete: bool = True
) -> None:
    """Takes over the (name, path) pairs of the configuration.

    One that is no longer configured is away with its tracks, and comes back when it is again (one
    that never held a file is forgotten), unless `configured` is not complete: then it only adds. A
    folder that was added in the page stays as it is unless the configuration names it too.
    """
    wanted = {_normal(path): name for name, path in configured}
    async with db.write() as transaction:
        rows = await transaction.rows("SELECT id, name, path, origin, state, reason FROM library")
        known = {bytes(row["path"]) for row in rows}
        for row in rows:
            name = wanted.get(bytes(row["path"]))
            if name is not None:
                await transaction.execute(
                    "UPDATE library SET name = :name, origin = 'config', "
                    "  reason = CASE WHEN reason = :gone THEN NULL ELSE reason END "
                    "WHERE id = :id AND (name != :name OR origin != 'config' OR reason = :gone)",
                    {"id": row["id"], "name": name, "gone": NOT_CONFIGURED},
                )
            elif complete and row["origin"] == "config":
                await _leave(transaction, LibraryId(row["id"]))
        for path, name in wanted.items():
            if path not in known:
                await transaction.insert(
                    "INSERT INTO library (name, path, origin, created_at) "
                    "VALUES (:name, :path, 'config', :now)",
                    {"name": name, "path": path, "now": int(time.time() * 1000)},
                )


async def _leave(transaction: Transaction, library: LibraryId) -> None:
    """Marks a library that is no longer configured as away; one that never held a file goes."""
    await transaction.execute(
        "UPDATE library SET state = 'away', reason = :gone WHERE id = :id AND reason IS NOT :gone",
        {"id": library, "gone": NOT_CONFIGURED},
    )
    await transaction.execute(
        "DELETE FROM library WHERE id = :id "
        "AND NOT EXISTS (SELECT 1 FROM file WHERE library_id = :id) "
        "AND NOT EXISTS (SELECT 1 FROM art WHERE library_id = :id)",
        {"id": library},
    )


def set_state(
    connection: sqlite3.Connection, library: LibraryId, state: str, reason: str | None
) -> None:
    """Writes that a library is present, or away and why, inside a caller's batch."""
    connection.execute(
        "UPDATE library SET state = :state, reason = :reason WHERE id = :id "
        "AND (state != :state OR reason IS NOT :reason)",
        {"id": library, "state": state, "reason": reason},
    )


def _checked(path: str) -> bytes:
    if not os.path.isabs(path) or "\0" in path:
        raise BadInput(f"folder {path[:200]!r}: write an absolute path")
    return _normal(path)


def _normal(path: str) -> bytes:
    return os.fsencode(os.path.normpath(path))


async def _check_apart(transaction: Transaction, folder: bytes) -> None:
    """Conflict where a folder is, holds or lies in another one: its files would be there twice."""
    for row in await transaction.rows("SELECT name, path FROM library"):
        other = bytes(row["path"])
        if folder == other or _inside(folder, other) or _inside(other, folder):
            raise Conflict(f"folder lies in, holds or is that of library {row['name']!r}")


def _inside(path: bytes, folder: bytes) -> bool:
    return path.startswith(folder.rstrip(b"/") + b"/")
