"""The API of streaming as the owner sees it: the cache of segments and who encodes them."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from homestream.server.routing import Access, Call, Route


class Cache(msgspec.Struct, frozen=True):
    """The segments that are kept, in bytes."""

    segments: int
    used_bytes: int
    size_bytes: int  # most room on disk
    memory_bytes: int  # of them in memory too
    memory_size_bytes: int


class Asked(msgspec.Struct, frozen=True):
    """Segments since the server started: those players asked for, and where they came from."""

    segments: int
    from_memory: int
    from_disk: int
    shared: int  # were being encoded already, for somebody else or ahead
    encoded: int
    ahead: int  # of them before anybody asked
    refused: int  # because too many waited


class Workers(msgspec.Struct, frozen=True):
    """The processes that encode and read files."""

    most: int
    alive: int
    busy: int
    queued: int
    lost: int
    shut_in: str


class Streaming(msgspec.Struct, frozen=True):
    """`load` is "calm", "busy" (less is offered) or "full" (who asks is told to come again)."""

    load: Literal["calm", "busy", "full"]
    cache: Cache
    asked: Asked
    workers: Workers


async def get(call: Call) -> Streaming:
    return told(call)


async def clear(call: Call) -> None:
    await call.home.segments.cache.clear()


def told(call: Call) -> Streaming:
    """How streaming stands now."""
    home = call.home
    cache, counts, pool = home.segments.cache, home.segments.counts, home.pool.stats()
    return Streaming(
        load=home.segments.load.value,
        cache=Cache(
            segments=len(cache),
            used_bytes=cache.used_bytes,
            size_bytes=cache.size_bytes,
            memory_bytes=cache.memory_bytes,
            memory_size_bytes=home.config.memory_cache_bytes,
        ),
        asked=Asked(
            segments=counts.asked,
            from_memory=counts.from_memory,
            from_disk=counts.from_disk,
            shared=counts.shared,
            encoded=counts.encoded,
            ahead=counts.ahead,
            refused=counts.refused,
        ),
        workers=Workers(
            most=home.config.encoders,
            alive=pool.workers,
            busy=pool.busy,
            queued=pool.queued,
            lost=pool.lost,
            shut_in=pool.sandbox,
        ),
    )


ROUTES: Final = (
    Route(
        "GET",
        "/api/v1/streaming",
        get,
        Access.OWNER,
        "The cache of segments and the encoders",
        answer=Streaming,
        tags=("playing",),
    ),
    Route(
        "DELETE",
        "/api/v1/streaming/cache",
        clear,
        Access.OWNER,
        "Empty the cache of segments",
        status=204,
        tags=("playing",),
    ),
)
