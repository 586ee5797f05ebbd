"""Which tracks the lines of a playlist mean.

A path counts from the playlist's own folder. Names may be written in another case or composition
(a list from a Mac), with the other slash, or with the suffix that the file had before; a path of
another machine is known by its end, where the file's name and its folder's agree with one file and
no other.
"""

from __future__ import annotations

import os
import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from homestream.formats.tracklist import Entry
from homestream.ids import FileId, LibraryId, RecordingId, TrackId

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE: Final = re.compile(rb"[A-Za-z]:[\\/]")
_AGREE: Final = 2  # names at the end of a path that have to be the same
_SAME_PLACE: Final = 0.05  # seconds


class Meant(msgspec.Struct, frozen=True):
    track: TrackId
    recording: RecordingId


class Resolver:
    """Finds tracks for lines, in one transaction. All present files are only listed when a line
    needs it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._roots: list[tuple[LibraryId, bytes]] = [
            (row[0], row[1])
            for row in connection.execute("SELECT id, path FROM library ORDER BY id")
        ]
        self._ends: dict[str, list[tuple[FileId, LibraryId, bytes]]] | None = None

    def find(
        self, entries: Sequence[Entry], library: LibraryId | None, folder: bytes, *, uris: bool
    ) -> list[Meant | None]:
        """What each entry of a list in a folder means; None where no present file is like it.

        `library` is None for a list that lies nowhere, `uris` tells that paths are written as URIs.
        """
        return [self._find(entry, library, folder, uris=uris) for entry in entries]

    def _find(
        self, entry: Entry, library: LibraryId | None, folder: bytes, *, uris: bool
    ) -> Meant | None:
        path = _path(entry.said, uris=uris)
        if path is None:
            return None
        file = self._exact(path, library, folder)
        if file is None and b"\\" in path:
            path = path.replace(b"\\", b"/")
            file = self._exact(path, library, folder)
        file = file or self._like(path, library, folder)
        return self._track(file, entry.start) if file is not None else None

    def _exact(self, path: bytes, library: LibraryId | None, folder: bytes) -> FileId | None:
        root = dict(self._roots).get(library) if library is not None else None
        whole = os.path.normpath(os.path.join(root or b"/", folder, path))
        for each, place in self._roots:
            inside = place.rstrip(b"/") + b"/"
            if whole.startswith(inside) and (root is not None or path.startswith(b"/")):
                row = self._connection.execute(
                    "SELECT id FROM file WHERE library_id = :library AND path = :path "
                    "AND state = 'present'",
                    {"library": each, "path": whole[len(inside) :]},
                ).fetchone()
                if row is not None:
                    return FileId(row[0])
        return None

    def _like(self, path: bytes, library: LibraryId | None, folder: bytes) -> FileId | None:
        """The one file whose path is like this one, or ends like it."""
        strange = path.startswith(b"/") or _DRIVE.match(path) is not None
        target = path if strange else os.path.normpath(os.path.join(folder, path))
        names = [name for name in _fold(target).split("/") if name not in ("", ".", "..")]
        if not names:
            return None
        best: list[tuple[tuple[bool, int, bool], FileId]] = []
        for file, of, other in self._by_end().get(_stem(names[-1]), ()):
            others = _fold(other).split("/")
            same = names[-1] == others[-1]
            agree = 1
            for ours, theirs in zip(names[-2::-1], others[-2::-1], strict=False):
                if ours != theirs:
                    break
                agree += 1
            here = not strange and of == library and agree == len(names) == len(others)
            if here or agree >= _AGREE:
                best.append(((here, agree, same), file))
        best.sort(reverse=True)
        if not best or (len(best) > 1 and best[0][0] == best[1][0]):
            return None
        return best[0][1]

    def _by_end(self) -> dict[str, list[tuple[FileId, LibraryId, bytes]]]:
        if self._ends is None:
            self._ends = {}
            for row in self._connection.execute(
                "SELECT id, library_id, path FROM file WHERE state = 'present'"
            ):
                name = _stem(_fold(row[2].rpartition(b"/")[2]))
                self._ends.setdefault(name, []).append((row[0], row[1], row[2]))
        return self._ends

    def _track(self, file: FileId, start: float | None) -> Meant | None:
        rows = self._connection.execute(
            "SELECT track.id, track.recording_id, track.part, track.retired, "
            "  track.begin_samples * 1.0 / file.sample_rate FROM track "
            "JOIN file ON file.id = track.file_id WHERE file.id = :file ORDER BY track.part",
            {"file": file},
        ).fetchall()
        for row in rows:
            if start is not None and row[2] and not row[3] and abs(row[4] - start) < _SAME_PLACE:
                return Meant(row[0], row[1])
        return next((Meant(row[0], row[1]) for row in rows if row[2] == 0), None)


def _path(said: str, *, uris: bool) -> bytes | None:
    """The path in a line; None for an address on the network."""
    if said[:5].lower() == "file:":
        rest = re.sub(r"^(?://(?:localhost)?(?=/))", "", said[5:], flags=re.IGNORECASE)
        path = unquote_to_bytes(rest)
        return path[1:] if _DRIVE.match(path[1:]) else path
    if _ADDRESS.match(said) and not _DRIVE.match(os.fsencode(said)):
        return None
    path = unquote_to_bytes(said) if uris else said.encode("utf-8", "surrogateescape")
    return path if b"\0" not in path else None


def _fold(path: bytes) -> str:
    text = unicodedata.normalize("NFC", path.decode("utf-8", "replace")).casefold()
    return text.replace("\\", "/")


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]
