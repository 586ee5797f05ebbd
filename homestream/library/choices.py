"""The pictures that an album could show: all that lie beside its tracks or inside them."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from homestream import ids
from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import AlbumId, ArtId, LibraryId
from homestream.library import artwork, walk

_MOST: Final = 60


class Choice(msgspec.Struct, frozen=True):
    """A picture that was found, and where."""

    art: ArtId
    where: str  # its name beside the tracks; empty: inside them
    inside: int  # how many tracks hold it
    shown: bool  # the album shows it now


class _Beside(msgspec.Struct, frozen=True):
    """A picture file."""

    library: LibraryId
    path: bytes  # relative to the library
    size: int
    mtime_ns: int


async def of(db: Database, album: AlbumId) -> list[Choice]:
    """Looks for the pictures of an album and gives each a row to be drawn from; NotFound."""
    rows = await db.rows(
        "SELECT file.library_id, file.path, file.picture, track.folder, library.path AS root "
        "FROM track JOIN file ON file.id = track.file_id "
        "JOIN library ON library.id = file.library_id "
        "WHERE track.album_id = :album AND track.state = 'present' ORDER BY track.id",
        {"album": album},
    )
    if not rows:
        raise NotFound(f"album {ids.public('album', album)} is not here")
    folders = dict.fromkeys(
        (LibraryId(row["library_id"]), bytes(row["root"]), folder)
        for row in rows
        for folder in (bytes(row["folder"]), os.path.dirname(bytes(row["path"])))
    )
    roots = [bytes(row["path"]) for row in await db.rows("SELECT path FROM library")]
    beside = await asyncio.to_thread(_beside, list(folders), roots)
    inside = Counter(
        (LibraryId(row["library_id"]), bytes(row["picture"])) for row in rows if row["picture"]
    )
    holders = {bytes(row["picture"]): bytes(row["path"]) for row in reversed(rows)}

    def note(connection: sqlite3.Connection) -> list[Choice]:
        found = [(_row(connection, each), each.path, 0) for each in beside]
        for (library, picture), count in inside.most_common(_MOST):
            key = artwork.INSIDE + picture
            art = artwork.row(connection, library, key, holders[picture], embedded=True)
            found.append((art, b"", count))
        shown = connection.execute(
            "SELECT art_id FROM album WHERE id = :album", {"album": album}
        ).fetchone()[0]
        failed = {row[0] for row in connection.execute("SELECT id FROM art WHERE made = 2")}
        return [
            Choice(ArtId(art), path.decode("utf-8", "replace"), count, art == shown)
            for art, path, count in found
            if art not in failed
        ]

    return await db.batch(note)


def _beside(
    folders: Sequence[tuple[LibraryId, bytes, bytes]], roots: Sequence[bytes]
) -> list[_Beside]:
    """The picture files of folders inside `roots`; links are not followed. Blocks."""
    found: list[_Beside] = []
    allowed = [os.path.realpath(root) for root in roots]
    for library, root, folder in folders:
        real = os.path.realpath(os.path.join(root, folder))
        if any(real == place or real.startswith(place + b"/") for place in allowed):
            found += _pictures(library, root, folder)
    return found[:_MOST]


def _pictures(library: LibraryId, root: bytes, folder: bytes) -> Iterable[_Beside]:
    try:
        entries = sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name)
    except OSError:
        return  # the folder of discs that lie side by side need not be there
    for entry in entries:
        suffix = os.path.splitext(entry.name)[1].lower()[1:]
        if suffix not in walk.PICTURES or not entry.is_file(follow_symlinks=False):
            continue
        try:
            stat = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        yield _Beside(library, os.path.join(folder, entry.name), stat.st_size, stat.st_mtime_ns)


def _row(connection: sqlite3.Connection, each: _Beside) -> int:
    key = artwork.file_key(each.library, each.path, each.size, each.mtime_ns)
    return artwork.row(connection, each.library, key, each.path, embedded=False)
