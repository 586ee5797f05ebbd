"""One transaction of a scan: rows that wait to be inserted together, and what was looked up for it.

A row gets its id when it is handed in, so that others can point to it, and reaches its table with
the next `flush`: hundreds of rows by one statement cost a third of as many statements. Whoever
asks a table of what a batch writes has it flushed first.

Statements have named parameters, as everywhere, and are handed to SQLite with numbered ones: to
look for each name of each row costs as much as to insert it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Set
from functools import cache
from operator import itemgetter
from typing import Any, Final

import msgspec

from homestream.ids import AlbumId, ArtistId, GenreId, LibraryId
from homestream.library import artists
from homestream.library.albums import Touched
from homestream.library.describe import Named
from homestream.library.grouping import Evidence

Place = tuple[LibraryId, bytes]  # a library, and a path in it

# in the order in which rows need each other
_TABLES: Final = (
    "recording",
    "recording_key",
    "file",
    "track",
    "track_artist",
    "track_genre",
    "lyrics",
    "chapter",
)


class Cover(msgspec.Struct, frozen=True):
    """A picture file that stands for a folder."""

    path: bytes  # relative to the library's root
    size: int
    mtime_ns: int
    named: bool = True  # as covers are: it goes before pictures inside files


class Batch:
    """What one transaction writes. What it looked up holds for that transaction alone."""

    def __init__(
        self, connection: sqlite3.Connection, covers: Mapping[Place, Cover], now: int
    ) -> None:
        self.connection = connection
        self.covers = covers  # the pictures of release folders
        self.now = now
        self.touched = Touched()
        self.albums: dict[tuple[LibraryId, bytes, Evidence, AlbumId | None], AlbumId] = {}
        self.genres: dict[str, GenreId] = {}
        self.pictures: dict[bytes, int] = {}  # of art, by key
        self.folders: dict[Place, int | None] = {}  # the art of release folders
        self._artists: dict[tuple[str, str], ArtistId] = {}
        self._next: dict[str, int] = {}
        self._statements: dict[str, str] = {}
        self._waiting_folders: set[Place] = set()
        self._waiting_albums: set[AlbumId] = set()
        self._waiting: dict[str, list[dict[str, Any]]] = {table: [] for table in _TABLES}

    def id(self, table: str) -> int:
        """An id for a row that will be inserted. No row has had it."""
        given = self._next.get(table)
        if given is None:
            row = self.connection.execute(
                "SELECT seq FROM sqlite_sequence WHERE name = :table", {"table": table}
            ).fetchone()
            given = row[0] + 1 if row is not None else 1
        self._next[table] = given + 1
        return given

    def rows(self, table: str, statement: str) -> list[dict[str, Any]]:
        """What waits for a table's one statement; whatever is added comes with the next flush."""
        self._statements[table] = statement
        return self._waiting[table]

    def flush(self) -> None:
        """Inserts what waits."""
        for table, rows in self._waiting.items():
            if rows:
                statement, values = _numbered(self._statements[table])
                self.connection.executemany(statement, map(values, rows))
                rows.clear()
        self._waiting_folders.clear()
        self._waiting_albums.clear()

    def note(self, place: Place, album: AlbumId) -> None:
        """Notes where a track belongs that waits."""
        self._waiting_folders.add(place)
        self._waiting_albums.add(album)

    def flush_for(self, place: Place, albums: Set[AlbumId]) -> None:
        """Inserts what waits, if tracks in a folder or of one of some albums do."""
        if place in self._waiting_folders or not self._waiting_albums.isdisjoint(albums):
            self.flush()

    def artist(self, named: Named) -> ArtistId:
        """The artist of a name; see `artists.put`."""
        key = (named.name, named.mbid)
        known = self._artists.get(key)
        if known is None:
            known = self._artists[key] = artists.put(self.connection, named)
        return known


@cache
def _numbered(statement: str) -> tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    """A statement with `?` for its named parameters, and what gives their values of a row."""
    names = _PARAMETER.findall(statement)
    return _PARAMETER.sub("?", statement), itemgetter(*names)


_PARAMETER: Final = re.compile(r":(\w+)")
