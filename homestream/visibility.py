"""What a listener can see at all, as a value: `household` makes it, `library` turns it into SQL."""

from __future__ import annotations

import msgspec

from homestream.ids import LibraryId


class Visibility(msgspec.Struct, frozen=True):
    """The one filter that every list, count, search, cover and segment goes through.

    `libraries` is None where all libraries may be seen; `explicit` says whether tracks that
    are marked explicit may be.
    """

    libraries: frozenset[LibraryId] | None = None
    explicit: bool = True


EVERYTHING = Visibility()
