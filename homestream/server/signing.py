"""Signed addresses of media for whoever asks, by the grammar of `links`."""

from __future__ import annotations

import time
from collections.abc import Callable

from homestream import links
from homestream.household.access import Actor
from homestream.server.home import Home


def signer(home: Home, actor: Actor, base: str) -> Callable[[str], str]:
    """A function that signs `base` + name for this actor; see `links.end_of` for how long."""
    end = links.end_of(time.time())
    return lambda name: links.sign(home.secret, base + name, actor.bearer, end)


def programme(home: Home, actor: Actor, programme_id: str) -> str:
    """The address of a programme's multivariant playlist, from the root of the server."""
    return signer(home, actor, f"/stream/{programme_id}/")("main.m3u8")
