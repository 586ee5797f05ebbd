"""Programmes: what is to be played as one stream, kept under an id that its content decides.

The id is a digest of the sound itself (content keys, in order), so the same tracks give the same
URLs for everyone and every day, and a file that was replaced gives others.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import TrackId
from homestream.library import catalogue, reunion
from homestream.library.scan import Scanner
from homestream.media import pcm
from homestream.media.facts import Facts
from homestream.media.programme import Item, Programme
from homestream.visibility import Visibility

MOST_TRACKS: Final = 500
_GONE: Final = "programme is not here: ask for it again"


class Prepared(msgspec.Struct, frozen=True):
    """A programme with all that is needed to stream it."""

    id: str
    programme: Programme
    paths: tuple[bytes, ...]  # absolute, one for each item


async def create(
    db: Database, scanner: Scanner, visibility: Visibility, tracks: Sequence[TrackId]
) -> Prepared:
    """The programme of these tracks, exact lengths known; NotFound, MediaError, BadInput.

    For one that is away, another file of the same recording is played, where there is one.
    """
    if not 1 <= len(tracks) <= MOST_TRACKS:
        raise BadInput(f"a programme has 1 to {MOST_TRACKS} tracks")
    instead = await reunion.standing_in(db, visibility, tracks)
    tracks = [instead.get(track, track) for track in tracks]
    prepared = await _prepare(db, visibility, tracks)
    if not all(_measured(item.facts) for item in prepared.programme.items):
        await scanner.ensure_measured(tracks)
        prepared = await _prepare(db, visibility, tracks)
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO programme (id, tracks, used_at) VALUES (:id, :tracks, :now) "
            "ON CONFLICT (id) DO UPDATE SET tracks = :tracks, used_at = :now",
            {
                "id": prepared.id,
                "tracks": msgspec.json.encode(list(tracks)).decode(),
                "now": int(time.time() * 1000),
            },
        )
    return prepared


async def find(db: Database, visibility: Visibility, programme: str) -> Prepared:
    """A programme made earlier; NotFound when it is unknown, not visible or has changed.

    All three are told alike, so that nobody learns what others play.
    """
    row = await db.row("SELECT tracks FROM programme WHERE id = :id", {"id": programme})
    if row is None:
        raise NotFound(_GONE)
    tracks = msgspec.json.decode(row["tracks"], type=list[TrackId])
    try:
        prepared = await _prepare(db, visibility, tracks)
    except NotFound:
        raise NotFound(_GONE) from None
    if prepared.id != programme:
        raise NotFound(_GONE)
    return prepared


def _measured(facts: Facts) -> bool:
    """Whether its length is exact and any sample of it can be reached at once."""
    return facts.samples_exact and (bool(facts.index) or not pcm.needs_index(facts))


async def _prepare(db: Database, visibility: Visibility, tracks: Sequence[TrackId]) -> Prepared:
    found = await catalogue.playable(db, visibility, tracks)
    items = tuple(
        Item(key=each.content_key, facts=each.facts, begin=each.begin, end=each.end)
        for each in found
    )
    digest = hashlib.blake2b("\n".join(item.key for item in items).encode(), digest_size=15)
    return Prepared(
        id=base64.b32encode(digest.digest()).decode().lower(),
        programme=Programme(items),
        paths=tuple(each.path for each in found),
    )
