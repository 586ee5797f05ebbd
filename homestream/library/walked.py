"""A library's folder as one walk found it, and what that means beside the rows of its files."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence

import msgspec

from homestream.ids import LibraryId
from homestream.library import artwork, files, ingest, places, sidecars, store, walk
from homestream.library.batch import Cover, Place
from homestream.library.ingest import FileSeen
from homestream.library.scope import Folders

Ripe = Callable[[FileSeen], bool]
"""Whether a file has stopped growing."""


class Root(msgspec.Struct, frozen=True):
    """A library that a scan has walked, and what was found in it."""

    id: LibraryId
    path: bytes
    folders: Folders  # that were walked
    sounds: list[FileSeen]
    covers: dict[Place, Cover]
    pictures: places.Pictures
    lyrics: dict[bytes, tuple[sidecars.Beside, ...]]  # by path without suffix
    sheets: list[walk.Seen]
    lists: list[walk.Seen]


def gathered(library: LibraryId, path: bytes, folders: Folders, seen: Iterable[walk.Seen]) -> Root:
    sounds: list[FileSeen] = []
    texts: list[walk.Seen] = []
    pictures: list[walk.Seen] = []
    sheets: list[walk.Seen] = []
    lists: list[walk.Seen] = []
    for each in seen:
        if each.kind is walk.Kind.SOUND:
            sounds.append(
                FileSeen(
                    library,
                    each.path,
                    each.size,
                    each.mtime_ns,
                    each.inode,
                    each.target,
                    each.refused,
                )
            )
        elif each.kind is walk.Kind.LYRICS:
            texts.append(each)
        elif each.kind is walk.Kind.SHEET:
            sheets.append(each)
        elif each.kind is walk.Kind.LIST:
            lists.append(each)
        else:
            pictures.append(each)
    chosen = artwork.covers(picture.path for picture in pictures)
    by_path = {picture.path: picture for picture in pictures}
    covers = {
        (library, folder): Cover(
            cover,
            by_path[cover].size,
            by_path[cover].mtime_ns,
            artwork.is_named(cover),
        )
        for folder, cover in chosen.items()
    }
    beside = sidecars.beside([sound.path for sound in sounds], texts)
    shown = places.pictures(library, pictures)
    return Root(library, path, folders, sounds, covers, shown, beside, sheets, lists)


def compare(root: Root, connection: sqlite3.Connection) -> ingest.Comparison:
    return ingest.compare(
        files.known(connection, root.id, root.folders),
        files.rejected(connection, root.id, root.folders),
        root.sounds,
    )


def waits(comparisons: Sequence[ingest.Comparison], *, patient: bool) -> bool:
    """Whether a look waits for files that may still grow: they may be what others became, or there
    is nothing else to do.
    """
    missing = any(each.missing for each in comparisons)
    other = any(
        each.changed or each.new or each.back or each.forgotten or each.renumbered
        for each in comparisons
    )
    return patient if missing else not other


def settle(
    library: LibraryId, comparison: ingest.Comparison, connection: sqlite3.Connection
) -> None:
    store.set_library(connection, library, None)
    store.settle(connection, library, comparison)


def without_unripe(
    comparison: ingest.Comparison, ripe: Ripe
) -> tuple[ingest.Comparison, list[Place]]:
    """A comparison without the files that are to be read and may still grow; their places."""
    changed = [file for file in comparison.changed if ripe(file)]
    new = [file for file in comparison.new if ripe(file)]
    kept = {(file.library, file.path) for file in (*changed, *new)}
    left = [
        (file.library, file.path)
        for file in (*comparison.changed, *comparison.new)
        if (file.library, file.path) not in kept
    ]
    return msgspec.structs.replace(comparison, changed=changed, new=new), left


def is_empty(folder: bytes) -> bool:
    with os.scandir(folder) as listing:
        return next(listing, None) is None
