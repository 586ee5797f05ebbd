"""What the running house is made of. Only `run` makes one, and only the doors see it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homestream.config import Config
    from homestream.db.connect import Database
    from homestream.library.inbox import Inbox
    from homestream.library.scan import Scanner
    from homestream.library.watch import Watcher
    from homestream.streaming.files import Files
    from homestream.streaming.segments import Segments
    from homestream.workers.pool import Pool


@dataclass(frozen=True, slots=True)
class Home:
    config: Config
    db: Database
    pool: Pool
    segments: Segments
    files: Files
    scanner: Scanner
    secret: bytes  # signs links; lives in the data folder
    art_folder: Path  # cached thumbnails
    server_id: str
    started_at: float  # Unix seconds
    watcher: Watcher | None = None  # None: nothing serves
    inbox: Inbox | None = None  # so too
