"""Passwords as argon2id hashes (RFC 9106), made one at a time in a thread of their own.

19 MiB, two passes, one lane: the floor that OWASP names. One hash at a time bounds the memory
that a hundred sign-ins at once can take; who comes when forty wait is told to come again.
"""

from __future__ import annotations

import asyncio
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from homestream.errors import BadInput, Busy

T = TypeVar("T")

SHORTEST: Final = 8
LONGEST: Final = 1024
QUEUE: Final = 40

_HASHER: Final = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_THREAD: Final = ThreadPoolExecutor(1, "passwords")
_PLACES: Final = threading.BoundedSemaphore(QUEUE)
# of a password that nobody knows: an unknown name takes as long as a known one
_NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZWJvZHkgZWxzZQ$DMVOEeyUuKTQuEAJQwuEAPrsVgkqbTz0lUJ3bR3uHYY"
)


async def hashed(password: str) -> str:
    """The hash to keep; BadInput when the password is too short or too long."""
    if not SHORTEST <= len(_composed(password)) <= LONGEST:
        raise BadInput(f"password must have {SHORTEST} to {LONGEST} characters")
    return await _in_turn(lambda: _HASHER.hash(_composed(password)))


async def matches(kept: str | None, password: str) -> bool:
    """Whether the password is the one. With no hash it takes as long, and is not."""
    if len(password) > 4 * LONGEST:
        return False
    return await _in_turn(lambda: _verify(kept or _NOBODY, password)) and kept is not None


def is_dated(kept: str) -> bool:
    """Whether the hash was made with other settings than today's, and should be made anew."""
    return _HASHER.check_needs_rehash(kept)


def _verify(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, _composed(password))
    except (VerificationError, InvalidHashError):
        return False


def _composed(password: str) -> str:
    return unicodedata.normalize("NFC", password)


async def _in_turn(work: Callable[[], T]) -> T:
    if not _PLACES.acquire(blocking=False):
        raise Busy("too many people sign in at once: try again", retry_after=5)
    future = _THREAD.submit(work)
    # a caller that leaves does not give its place away before the thread is done with it
    future.add_done_callback(lambda _: _PLACES.release())
    return await asyncio.wrap_future(future)
