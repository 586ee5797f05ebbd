"""Settings: profiles, look, devices, keys, folders, sound analysis, streaming, people, about."""

from __future__ import annotations

import time
from typing import Any, Final

from aiohttp import web

from homestream import __version__, ids
from homestream.household import accounts, profiles, rights, sessions, tokens
from homestream.household.access import Role
from homestream.library import analysis, libraries, reunion
from homestream.listening import earlier, ratings
from homestream.server.pages import values
from homestream.server.pages.render import page
from homestream.server.routing import Access, Call, Route
from homestream.streaming.segments import Counts

_MOST_REJECTED: Final = 200
_MOST_MERGES: Final = 100


async def of_profiles(call: Call) -> web.Response:
    """GET /settings and /settings/profiles"""
    return await _settings(
        call,
        "profiles",
        profiles=await profiles.of(call.home.db, call.who.account),
        pictures=profiles.PICTURES,
        colours=profiles.COLOURS,
    )


async def look(call: Call) -> web.Response:
    """GET /settings/look"""
    return await _settings(call, "look")


async def devices(call: Call) -> web.Response:
    """GET /settings/devices"""
    found = await sessions.of(call.home.db, call.who.account, now=time.time())
    return await _settings(call, "devices", sessions=found)


async def keys(call: Call) -> web.Response:
    """GET /settings/keys"""
    return await _settings(call, "keys", tokens=await tokens.of(call.home.db, call.who.account))


async def folders(call: Call) -> web.Response:
    """GET /settings/libraries"""
    scanner = call.home.scanner
    last = await scanner.latest()
    running = ids.public("scan", last.id) if last and last.state == "running" else None
    return await _settings(
        call,
        "libraries",
        libraries=await libraries.every(call.home.db),
        watched=call.home.watcher.states() if call.home.watcher is not None else {},
        watching=values.watching,
        last=last,
        running=running,
        rejected=await scanner.rejected(limit=_MOST_REJECTED),
        **await _rights(call),
    )


async def sound(call: Call) -> web.Response:
    """GET /settings/sound"""
    db = call.home.db
    return await _settings(
        call,
        "sound",
        progress=await analysis.progress(db),
        running=call.home.scanner.continuing,
        problems=await analysis.problems(db),
        merges=await reunion.every(db, limit=_MOST_MERGES),
        rated=await ratings.in_tags(db),
        counted=await earlier.in_tags(db),
        profiles=await profiles.everyone(db),
    )


async def streaming(call: Call) -> web.Response:
    """GET /settings/streaming"""
    segments = call.home.segments
    return await _settings(
        call,
        "streaming",
        cache=segments.cache,
        counts=segments.counts,
        shares=_shares(segments.counts),
        pool=call.home.pool.stats(),
        most_memory=call.home.config.memory_cache_bytes,
        most_workers=call.home.config.encoders,
        since=int(call.home.started_at * 1000),
    )


def _shares(counts: Counts) -> list[tuple[str, str, int]]:
    """Where the segments came from that players asked for: a name for the eye and for people."""
    elsewhere = counts.from_memory + counts.from_disk + counts.shared
    return [
        ("memory", "from memory", counts.from_memory),
        ("disk", "from disk", counts.from_disk),
        ("shared", "already being encoded", counts.shared),
        ("new", "encoded anew", max(0, counts.asked - elsewhere)),
    ]


async def people(call: Call) -> web.Response:
    """GET /settings/people"""
    return await _settings(
        call,
        "people",
        libraries=await libraries.every(call.home.db),
        **await _rights(call),
    )


async def _rights(call: Call) -> dict[str, Any]:
    """Everybody, and whether they may see each library."""
    db = call.home.db
    return {
        "accounts": await accounts.everyone(db),
        "allowed": {(row.account, row.library): row.allowed for row in await rights.every(db)},
        "adults_only": {row.library: row.adults_only for row in await rights.audiences(db)},
    }


async def about(call: Call) -> web.Response:
    """GET /settings/about"""
    found = await libraries.every(call.home.db, call.who.visibility)
    return await _settings(
        call,
        "about",
        release=__version__,
        server_id=call.home.server_id,
        since=int(call.home.started_at * 1000),
        counts=[
            ("music folders", len(found)),
            ("tracks", sum(library.track_count for library in found)),
        ],
    )


async def _settings(call: Call, name: str, **found: Any) -> web.Response:
    owner = call.who.role is Role.OWNER
    return await page(call, f"pages/settings-{name}.html", owner=owner, **found)


ROUTES: Final = [
    Route("GET", "/settings", of_profiles, Access.ACCOUNT),
    Route("GET", "/settings/profiles", of_profiles, Access.ACCOUNT),
    Route("GET", "/settings/look", look, Access.ACCOUNT),
    Route("GET", "/settings/devices", devices, Access.ACCOUNT),
    Route("GET", "/settings/keys", keys, Access.ACCOUNT),
    Route("GET", "/settings/libraries", folders, Access.OWNER),
    Route("GET", "/settings/sound", sound, Access.OWNER),
    Route("GET", "/settings/streaming", streaming, Access.OWNER),
    Route("GET", "/settings/people", people, Access.OWNER),
    Route("GET", "/settings/about", about, Access.ACCOUNT),
]
