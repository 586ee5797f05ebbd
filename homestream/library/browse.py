"""The libraries as they lie on disk: folders, and the tracks of the files in them.

A folder is there for whom a track in it or below is. Its children are found by jumping from one to
the next in the index of paths, so that a page costs the same wherever it lies and however much is
below. Paths go out as tokens, because a name on disk may be no text at all.
"""

# ruff: noqa: S608 - statements are made of fragments that all stand in catalogue and here

from __future__ import annotations

import base64
import binascii
import os
from typing import Final

import msgspec

from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import ArtId, LibraryId, ProfileId, TrackId
from homestream.library import catalogue
from homestream.library.catalogue import SEEN, Track
from homestream.visibility import Visibility

MOST_PLAYED: Final = 500  # tracks of a folder and all below
_LONGEST_PATH: Final = 4096


class Folder(msgspec.Struct, frozen=True):
    """A folder in a library. `token` names it; the root's is empty."""

    name: str
    token: str
    art: ArtId | None  # of a track in it


class Shelf(msgspec.Struct, frozen=True):
    """The library that a folder lies in."""

    id: LibraryId
    name: str


class Listing(msgspec.Struct, frozen=True):
    """One page of what lies in a folder, in the order of the names on disk."""

    library: Shelf
    trail: tuple[Folder, ...]  # the folders above and itself, from below the root
    folders: tuple[Folder, ...]
    tracks: tuple[Track, ...]
    next: str | None  # cursor


async def shelves(db: Database, visibility: Visibility) -> list[Shelf]:
    """The libraries that may be seen, by name."""
    rows = await db.rows("SELECT id, name FROM library ORDER BY name, id")
    return [
        Shelf(LibraryId(row["id"]), row["name"])
        for row in rows
        if visibility.libraries is None or row["id"] in visibility.libraries
    ]


async def listing(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    library: LibraryId,
    token: str = "",
    *,
    limit: int = 100,
    cursor: str | None = None,
) -> Listing:
    """What lies in a folder, as the listener may see it; NotFound where that is nothing."""
    if not 1 <= limit <= catalogue.MOST:
        raise BadInput(f"limit {limit}: 1 to {catalogue.MOST}")
    shelf = await _library(db, visibility, library)
    path = _path(token)
    prefix = path + b"/" if path else b""
    after = _path(cursor) if cursor else prefix
    if not after.startswith(prefix):
        raise BadInput("cursor is not of this folder")
    rows = await db.rows(
        _CHILDREN,
        {
            **catalogue.visible(visibility),
            "library": library,
            "after": after,
            "end": _end(path),
            "length": len(prefix),
            "limit": limit + 1,
        },
    )
    if not rows and path and cursor is None:
        raise NotFound("folder is not here")
    more, rows = len(rows) > limit, rows[:limit]
    folders: list[Folder] = []
    files: list[int] = []
    child = b""
    for row in rows:
        name, slash, _ = bytes(row["path"])[len(prefix) :].partition(b"/")
        child = prefix + name
        if slash:
            folders.append(Folder(shown(name), _token(child), row["art"]))
            child += b"0"
        else:
            files.append(row["file_id"])
            child += b"\0"
    return Listing(
        library=shelf,
        trail=_trail(path),
        folders=tuple(folders),
        tracks=tuple(await _tracks(db, visibility, listener, files)),
        next=_token(child) if more else None,
    )


async def below(
    db: Database,
    visibility: Visibility,
    listener: ProfileId | None,
    library: LibraryId,
    token: str = "",
) -> list[Track]:
    """The first tracks in a folder and in those below, in the order of their paths; NotFound."""
    await _library(db, visibility, library)
    path = _path(token)
    rows = await db.rows(
        _BELOW,
        {
            **catalogue.visible(visibility),
            "library": library,
            "after": path + b"/" if path else b"",
            "end": _end(path),
            "limit": MOST_PLAYED,
        },
    )
    if not rows:
        raise NotFound("folder is not here")
    return await catalogue.tracks_by_id(
        db, visibility, listener, [TrackId(row["id"]) for row in rows]
    )


def shown(name: bytes) -> str:
    """A name as it can be shown: what is no UTF-8 in it comes as signs that say so."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for letter in name.decode("utf-8", "replace")
    )


# The first path behind a place, then the first one behind all that lies in the same child, and so
# on. A path behind b"a" + b"0" is behind all in folder a, as "0" comes after "/".
_FIRST: Final = f"""SELECT file.path FROM file JOIN track ON track.file_id = file.id
    WHERE file.library_id = :library AND file.state = 'present' AND track.state = 'present'
    AND {SEEN} AND file.path < :end"""
_CHILDREN: Final = f"""
WITH RECURSIVE child (path) AS (
  SELECT ({_FIRST} AND file.path >= :after ORDER BY file.path LIMIT 1)
  UNION ALL
  SELECT ({_FIRST} AND file.path >= CASE instr(substr(child.path, :length + 1), x'2f')
      WHEN 0 THEN CAST(child.path || x'00' AS BLOB)
      ELSE CAST(substr(child.path, 1, :length + instr(substr(child.path, :length + 1), x'2f') - 1)
        || x'30' AS BLOB) END
    ORDER BY file.path LIMIT 1)
  FROM child WHERE child.path IS NOT NULL LIMIT :limit
)
SELECT child.path, file.id AS file_id,
  (SELECT art.id FROM track JOIN art ON art.id = track.art_id WHERE track.file_id = file.id
    AND track.state = 'present' AND art.made != 2 AND {SEEN} LIMIT 1) AS art
FROM child JOIN file ON file.library_id = :library AND file.path = child.path
  AND file.state = 'present'
WHERE child.path IS NOT NULL ORDER BY child.path"""
_BELOW: Final = f"""SELECT track.id FROM file JOIN track ON track.file_id = file.id
WHERE file.library_id = :library AND file.state = 'present' AND track.state = 'present' AND {SEEN}
AND file.path >= :after AND file.path < :end
ORDER BY file.path, track.begin_samples, track.id LIMIT :limit"""
_OF_FILES: Final = f"""SELECT track.id FROM track JOIN file ON file.id = track.file_id
WHERE file.id IN (SELECT value FROM json_each(:files)) AND track.state = 'present' AND {SEEN}
ORDER BY file.path, track.begin_samples, track.id"""


def _end(path: bytes) -> bytes:
    """Behind every path in a folder and below."""
    return path + b"0" if path else b"\xff" * (_LONGEST_PATH + 1)


async def _library(db: Database, visibility: Visibility, library: LibraryId) -> Shelf:
    row = await db.row("SELECT name FROM library WHERE id = :id", {"id": library})
    seen = visibility.libraries is None or library in visibility.libraries
    if row is None or not seen:
        raise NotFound("library is not here")
    return Shelf(library, row["name"])


async def _tracks(
    db: Database, visibility: Visibility, listener: ProfileId | None, files: list[int]
) -> list[Track]:
    if not files:
        return []
    rows = await db.rows(
        _OF_FILES,
        {**catalogue.visible(visibility), "files": msgspec.json.encode(files).decode()},
    )
    return await catalogue.tracks_by_id(
        db, visibility, listener, [TrackId(row["id"]) for row in rows]
    )


def _trail(path: bytes) -> tuple[Folder, ...]:
    trail: list[Folder] = []
    while path:
        above, name = os.path.split(path)
        trail.insert(0, Folder(shown(name), _token(path), None))
        path = above
    return tuple(trail)


def _token(path: bytes) -> str:
    return base64.urlsafe_b64encode(path).decode().rstrip("=")


def _path(token: str) -> bytes:
    """The path that a token names: one that could lie in a library."""
    try:
        padded = token + "=" * (-len(token) % 4)
        path = base64.b64decode(padded, altchars="-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotFound("folder is not here") from error
    if len(path) > _LONGEST_PATH or path.startswith(b"/"):
        raise NotFound("folder is not here")
    return path
