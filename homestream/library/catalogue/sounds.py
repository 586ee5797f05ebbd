"""The file of a track, the facts of its sound, and what it takes to stream it."""

# ruff: noqa: S608 - statements are made of fragments that all stand in this package

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from typing import Final

from homestream import ids
from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import (
    TrackId,
)
from homestream.library.catalogue import ask_tracks, terms
from homestream.library.catalogue.values import File, Place, Playable
from homestream.media.facts import Facts
from homestream.visibility import Visibility


async def playable(
    db: Database, visibility: Visibility, wanted: Sequence[TrackId]
) -> list[Playable]:
    """What it takes to stream tracks, in the order given; NotFound names the first that cannot be
    seen or is away.
    """
    rows = await db.rows(
        terms.joined(
            _FILE, "WHERE track.id IN (SELECT value FROM json_each(:ids)) AND", terms.SEEN
        ),
        {**terms.visible(visibility), "ids": terms.numbers(wanted)},
    )
    known = {row["track_id"]: row for row in rows}
    for track_id in wanted:
        name = ids.public("track", track_id)
        if track_id not in known:
            raise NotFound(f"track {name} is not here")
        if known[track_id]["track_state"] == "away":
            raise NotFound(f"track {name} is away: its file or its disk is not there")
    return [
        Playable(
            track=track_id,
            path=_absolute(known[track_id]),
            facts=facts_of(known[track_id]),
            content_key=_content_key(known[track_id]),
            begin=known[track_id]["begin_samples"],
            end=known[track_id]["end_samples"],
        )
        for track_id in wanted
    ]


async def places(
    db: Database, visibility: Visibility, wanted: Sequence[TrackId]
) -> dict[TrackId, Place]:
    """Where those of the tracks lie that can be seen and are here."""
    rows = await db.rows(
        terms.joined(
            _PLACE, "WHERE track.id IN (SELECT value FROM json_each(:ids)) AND", terms.SEEN
        ),
        {**terms.visible(visibility), "ids": terms.numbers(wanted)},
    )
    return {
        TrackId(row["track_id"]): Place(_absolute(row), _content_key(row))
        for row in rows
        if row["track_state"] != "away"
    }


async def file(db: Database, visibility: Visibility, track_id: TrackId) -> File:
    """The file of a track and the facts of its sound; NotFound."""
    row = await db.row(
        terms.joined(_FILE, "WHERE track.id = :track AND", terms.SEEN),
        {**terms.params(visibility, None, 0), "track": track_id},
    )
    if row is None:
        raise NotFound(f"track {ids.public('track', track_id)} is not here")
    path = os.path.join(row["root"], row["path"]).decode("utf-8", "replace")
    return File(path, row["size"], facts_of(row))


async def facts(db: Database, visibility: Visibility, track_id: TrackId) -> Facts:
    """The facts of a track's sound; NotFound."""
    return (await file(db, visibility, track_id)).facts


def facts_of(row: sqlite3.Row) -> Facts:
    """The facts in a row of the table `file`."""
    same = {
        name: row[name]
        for name in Facts.__struct_fields__
        if name not in ("index", "samples_exact")
    }
    return Facts(**same, samples_exact=bool(row["samples_exact"]), index=row["packet_index"])


_FILE: Final = f"""SELECT track.id AS track_id, {ask_tracks.STATE} AS track_state,
  track.begin_samples, track.end_samples, library.path AS root, file.*
  FROM track JOIN file ON file.id = track.file_id JOIN library ON library.id = file.library_id"""
_PLACE: Final = f"""SELECT track.id AS track_id, {ask_tracks.STATE} AS track_state,
  track.begin_samples, track.end_samples, library.path AS root, file.path, file.target,
  file.audio_key, file.size, file.samples
  FROM track JOIN file ON file.id = track.file_id JOIN library ON library.id = file.library_id"""


def _absolute(row: sqlite3.Row) -> bytes:
    return bytes(row["target"] or os.path.join(row["root"], row["path"]))


def _content_key(row: sqlite3.Row) -> str:
    """By the sound, and by what tells apart two files that only begin alike."""
    whole = f"{bytes(row['audio_key']).hex()}-{row['size']:x}-{row['samples']:x}"
    begin, end = row["begin_samples"], row["end_samples"]
    return whole if not begin and end is None else f"{whole}-{begin:x}-{end or 0:x}"
