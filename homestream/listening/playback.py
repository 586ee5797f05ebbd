"""How one listener wants tracks to follow each other, on every device of theirs."""

from __future__ import annotations

import msgspec

from homestream.db.connect import Database
from homestream.ids import ProfileId
from homestream.listening.arrange import Manner


async def of(db: Database, listener: ProfileId) -> Manner:
    """What the listener chose; the defaults where nothing was."""
    row = await db.row("SELECT manner FROM playback WHERE profile_id = :id", {"id": listener})
    return Manner() if row is None else msgspec.json.decode(row["manner"], type=Manner)


async def choose(db: Database, listener: ProfileId, manner: Manner, *, now: float) -> None:
    """Keeps a choice instead of the one before."""
    async with db.write() as tx:
        await tx.execute(
            "INSERT INTO playback (profile_id, manner, changed_at) VALUES (:id, :manner, :now) "
            "ON CONFLICT (profile_id) DO UPDATE SET manner = :manner, changed_at = :now",
            {
                "id": listener,
                "manner": msgspec.json.encode(manner).decode(),
                "now": int(now * 1000),
            },
        )
