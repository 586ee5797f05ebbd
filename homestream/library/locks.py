"""Locks between processes, which the system takes back when their holder dies."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class Lock:
    """A lock file that is open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def acquire(self) -> bool:
        """Whether it is ours now; does not wait."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[Lock]:
    """A lock file, which is let go at the end."""
    descriptor = await asyncio.to_thread(
        os.open, path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        yield Lock(descriptor)
    finally:
        os.close(descriptor)
