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


def folder_signer(home: Home, actor: Actor, base: str) -> Callable[[str], str]:
    """Like `signer`; what lies in one folder is signed alike, so that a name may be a pattern.

    A long queue has ten thousand segments: this also keeps its playlists quick to make.
    """
    end = links.end_of(time.time())
    queries: dict[str, str] = {}

    def signed(name: str) -> str:
        path = base + name
        folder = path.rpartition("/")[0]
        if folder not in queries:
            address = links.sign_in_folder(home.secret, path, actor.bearer, end)
            queries[folder] = address.partition("?")[2]
        return f"{path}?{queries[folder]}"

    return signed


def programme(home: Home, actor: Actor, programme_id: str, manifest: str = "main.m3u8") -> str:
    """The address of one of a programme's manifests, from the root of the server."""
    return signer(home, actor, f"/stream/{programme_id}/")(manifest)


def whole(home: Home, actor: Actor, programme_id: str, form: str, ending: str) -> str:
    """The address of a programme as one file; `form` is "original" or one of `virtual.forms`."""
    return signer(home, actor, f"/stream/{programme_id}/{form}/")(f"whole.{ending}")
