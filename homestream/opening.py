"""What commands open: the workers, the database, the scanner. `run` adds the doors to it."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

from homestream.config import Config
from homestream.db import connect
from homestream.db.connect import Database
from homestream.ids import LibraryId
from homestream.library import libraries
from homestream.library.scan import Lists, Scanner
from homestream.media import late
from homestream.workers.pool import Pool

if TYPE_CHECKING:
    from homestream.listening import followers, listfiles
else:
    # a scan that finds nothing new is done before they would be imported
    followers = late.module("homestream.listening.followers")
    listfiles = late.module("homestream.listening.listfiles")

_TURN_SECONDS: Final = 0.0005
_PACE: Final = 20_000  # objects after which Python looks for circles of garbage
_PACE_OF_A_COMMAND: Final = 100_000  # what it leaves is gone with its end


@contextmanager
def workers(config: Config, *, warm: bool = True) -> Iterator[Pool]:
    """The pool of worker processes, ended with all it runs at the end.

    Unless `warm`, what forks them starts with the first job: there may be none.
    """
    _set_pace(_PACE if warm else _PACE_OF_A_COMMAND)
    pool = Pool(size=config.encoders)
    pool.start(warm=warm)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _set_pace(objects: int) -> None:
    """Has Python look for circles of garbage less often: at its own pace it goes through all that
    was imported again and again, for a sixth of what a scan costs. And has its threads take turns
    more often, so that whoever asks for a page does not wait for the thread that writes a scan.
    """
    gc.freeze()
    gc.set_threshold(objects, 20, 20)
    sys.setswitchinterval(_TURN_SECONDS)


@asynccontextmanager
async def database(config: Config) -> AsyncIterator[Database]:
    """The database alone, for commands that need no more."""
    async with connect.opened(config.data_folder / "homestream.db") as db:
        yield db


@asynccontextmanager
async def scanner(
    config: Config, db: Database, pool: Pool, *, serving: bool
) -> AsyncIterator[Scanner]:
    """The scanner of the configured libraries.

    What serves decides which libraries there are. Any other command may know less than the server
    that runs beside it, from another shell with another environment: it takes none away.
    """
    configured = [(each.name, each.path) for each in config.library]
    await libraries.configure(db, configured, complete=serving)
    opened = Scanner(
        db, pool, config.data_folder, config.data_folder / "art", lambda: followers.EVERY
    )

    async def take(seen: dict[LibraryId, Lists], changed: bool) -> None:
        if any(each.lists for each in seen.values()) or await _has_lists(db):
            await listfiles.take_in(db, pool, seen, changed=changed, now=time.time())

    opened.take_lists(take)
    try:
        yield opened
    finally:
        await opened.close()


async def _has_lists(db: Database) -> bool:
    """Whether a playlist file was ever seen, or has lines that mean no track yet."""
    row = await db.row("SELECT EXISTS (SELECT 1 FROM playlist_file) AS seen")
    return row is not None and bool(row["seen"])
