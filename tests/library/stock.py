"""Fills a library with tracks that no file holds: what tags would say, and a sound."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from homestream.db.connect import Database
from homestream.ids import LibraryId
from homestream.library import describe, ingest, store
from homestream.library.files import Found
from homestream.library.scope import WHOLE
from homestream.media.facts import Facts
from homestream.media.tags import Tags

FACTS = Facts(
    container="flac",
    codec="flac",
    sample_rate=44_100,
    channels=2,
    layout="stereo",
    samples=44_100 * 100,
    samples_exact=True,
    bit_depth=16,
    bit_rate=800_000,
)


def found(
    path: str,
    sound: str = "",
    library: int = 1,
    picture: bytes = b"",
    codec: str = "flac",
    **tags: Any,
) -> Found:
    """A file that was read: `tags` are fields of Tags, `sound` tells sounds apart."""
    for name in ("artist", "album_artist"):
        if (person := tags.pop(name, None)) is not None:
            tags.setdefault(f"{name}s", (person,))
            tags.setdefault(f"{name}_credit", person)
    description = describe.describe(Tags(**tags), path.encode())
    key = hashlib.sha256((sound or path).encode()).digest()
    seen = ingest.FileSeen(LibraryId(library), path.encode(), 1000, 1, 1)
    heard = ingest.Heard(seen, key, description.names)
    facts = msgspec.structs.replace(FACTS, codec=codec)
    return Found(heard, facts, description, picture)


async def put(db: Database, files: Sequence[Found], *, now: int = 1_000) -> store.Written:
    """Writes files as one batch of a scan that begins at `now`, Unix ms."""

    def work(connection: sqlite3.Connection) -> store.Written:
        return store.write(connection, files, loose=set(), stems={}, covers={}, last=True, now=now)

    return await db.batch(work)


async def finish(db: Database, written: store.Written) -> None:
    """Ends the scan that `written` was the only batch of."""

    def work(connection: sqlite3.Connection) -> object:
        return store.finish(
            connection,
            covers={},
            scope={LibraryId(1): WHOLE},
            fresh=written.fresh,
            left=written.left,
            now=1_000,
        )

    await db.batch(work)


def called(values: Sequence[Any]) -> list[str]:
    """Titles or names of what a list holds."""
    return [getattr(value, "title", None) or value.name for value in values]
