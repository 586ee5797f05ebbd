"""Which folders a scan looks at, where it does not look at all of them: pure.

A folder is named by its path below the root of its library, as bytes; the root itself is b"".
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from homestream.ids import LibraryId
from homestream.library import grouping

Place = tuple[LibraryId, bytes]


class Folders(msgspec.Struct, frozen=True):
    """Of one library: folders with all that lies below them, and folders alone."""

    deep: frozenset[bytes] = frozenset()
    flat: frozenset[bytes] = frozenset()

    def lists(self, folder: bytes) -> bool:
        """Whether the files that lie in a folder are looked at."""
        return (
            b"" in self.deep
            or folder in self.flat
            or any(each in self.deep for each in _upwards(folder))
        )

    def holds(self, path: bytes) -> bool:
        """Whether a file is looked at."""
        return self.lists(os.path.dirname(path))

    def above(self) -> frozenset[bytes]:
        """The folders that lead to those which are looked at."""
        return frozenset(upper for folder in (*self.deep, *self.flat) for upper in _upwards(folder))

    def joined(self, other: Folders) -> Folders:
        return Folders(self.deep | other.deep, self.flat | other.flat)


WHOLE: Final = Folders(deep=frozenset({b""}))
Scope = Mapping[LibraryId, Folders]


def of_file(path: bytes) -> Folders:
    """Where to look when a file came, changed or went: the folder of its release.

    Covers and discs of a release are chosen together, so its folders are looked at together.
    """
    release = grouping.release_root(path)
    return Folders(deep=frozenset({release})) if release else Folders(flat=frozenset({b""}))


def of_folder(path: bytes) -> Folders:
    """Where to look when a folder came, changed or went: in it, and in its release."""
    return Folders(deep=frozenset({grouping.release_root(os.path.join(path, b"-")) or path}))


def joined(scopes: Iterable[Scope]) -> dict[LibraryId, Folders]:
    """One scope for several."""
    together: dict[LibraryId, Folders] = {}
    for scope in scopes:
        for library, folders in scope.items():
            together[library] = together.get(library, Folders()).joined(folders)
    return together


def _upwards(folder: bytes) -> Iterator[bytes]:
    """A folder and all above it, up to the root."""
    yield folder
    while folder:
        folder = os.path.dirname(folder)
        yield folder
