"""The server's folders, for choosing where the music is: names of folders only, never of files."""

from __future__ import annotations

import asyncio
import mimetypes
import os
from pathlib import Path
from typing import Final

import msgspec

from homestream.errors import BadInput, Forbidden, NotFound

MOST: Final = 2_000
_STARTS: Final = ("/music", "/srv", "/mnt", "/media", "/home", "/Volumes", "/Users")


class Folder(msgspec.Struct, frozen=True):
    name: str
    path: str


class Listing(msgspec.Struct, frozen=True):
    path: str | None  # None: the places to start from
    parent: str | None
    folders: list[Folder]
    music_files: int  # that lie here directly, by their names


async def listing(path: str | None) -> Listing:
    """The folders in `path` (absolute), or places to start from; hidden ones are left out.

    NotFound, Forbidden, BadInput for a path that is not there, not readable, or not absolute.
    """
    return await asyncio.to_thread(_starts if not path else _inside, path or "")


def _starts(_: str) -> Listing:
    places = [Path("/"), Path.home(), *map(Path, _STARTS)]
    there = [place for place in dict.fromkeys(places) if place.is_dir() and _is_text(str(place))]
    return Listing(None, None, [Folder(str(place), str(place)) for place in there], 0)


def _inside(path: str) -> Listing:
    if not os.path.isabs(path):
        raise BadInput("path must be absolute")
    here = os.path.normpath(path)
    folders: list[Folder] = []
    music = 0
    try:
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not _is_text(entry.name):
                    continue
                if _is_folder(entry):
                    folders.append(Folder(entry.name, entry.path))
                elif (mimetypes.guess_type(entry.name)[0] or "").startswith("audio/"):
                    music += 1
    except PermissionError:
        raise Forbidden("folder may not be read by homestream") from None
    except (OSError, ValueError):
        raise NotFound("folder is not here") from None
    folders.sort(key=lambda folder: folder.name.casefold())
    parent = os.path.dirname(here)
    return Listing(here, parent if parent != here else None, folders[:MOST], music)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_text(name: str) -> bool:
    """Names that are not UTF-8 cannot be said in JSON."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)
