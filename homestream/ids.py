"""Typed row ids, and how they are written outside: a kind, a hyphen, the row's number ("tr-12").

Public ids hold only `[a-z0-9-]`, so they need no escaping in a URL and survive every client.
"""

from __future__ import annotations

import re
from typing import Final, NewType

from homestream.errors import NotFound

LibraryId = NewType("LibraryId", int)
FileId = NewType("FileId", int)
RecordingId = NewType("RecordingId", int)
TrackId = NewType("TrackId", int)
AlbumId = NewType("AlbumId", int)
ArtistId = NewType("ArtistId", int)
GenreId = NewType("GenreId", int)
WorkId = NewType("WorkId", int)
ArtId = NewType("ArtId", int)
AccountId = NewType("AccountId", int)
ProfileId = NewType("ProfileId", int)
SessionId = NewType("SessionId", int)
TokenId = NewType("TokenId", int)
PlaylistId = NewType("PlaylistId", int)
ScanId = NewType("ScanId", int)
CorrectionId = NewType("CorrectionId", int)
InboxId = NewType("InboxId", int)
MergeId = NewType("MergeId", int)

KINDS: Final = {
    "library": "li",
    "track": "tr",
    "album": "al",
    "artist": "ar",
    "genre": "ge",
    "work": "wo",
    "art": "pi",
    "account": "ac",
    "profile": "pr",
    "session": "se",
    "token": "to",
    "playlist": "pl",
    "scan": "sc",
    "correction": "co",
    "inbox": "in",
    "merge": "me",
}
_GRAMMAR: Final = re.compile(r"([a-z]{2})-([1-9][0-9]{0,17})")


def public(kind: str, number: int) -> str:
    """The public form of a row id: public("track", 12) == "tr-12"."""
    return f"{KINDS[kind]}-{number}"


def parse(kind: str, text: str) -> int:
    """The row number in a public id of that kind; NotFound for anything else, as no row has it."""
    match = _GRAMMAR.fullmatch(text)
    if match is None or match[1] != KINDS[kind]:
        raise NotFound(f"{kind} {text[:40]!r} is not here")
    return int(match[2])
