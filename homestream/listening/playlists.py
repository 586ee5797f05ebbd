"""Playlists: named lists of recordings, each one profile's own; another's looks absent.

One that is a file in a library is everybody's who may see that library, and changes with its file
(see `listfiles`). A line for which there is no track keeps its place in the list.
"""

# ruff: noqa: S608 - statements are made of fragments that stand in catalogue and here

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from homestream.db import cursor as cursors
from homestream.db.connect import Database, Transaction
from homestream.errors import Conflict, NotFound
from homestream.household import names
from homestream.ids import ArtId, PlaylistId, ProfileId, RecordingId, TrackId
from homestream.library import catalogue
from homestream.library.recordings import Follower
from homestream.visibility import Visibility

_SEEN: Final = catalogue.SEEN
MOST_TRACKS: Final = 5_000  # in one list
MOST_LISTS: Final = 1_000  # of one profile


class Playlist(msgspec.Struct, frozen=True):
    id: PlaylistId
    name: str
    track_count: int
    duration: float  # seconds
    art: ArtId | None  # of its first track that has some
    created_at: int  # Unix ms
    changed_at: int  # Unix ms
    mine: bool = True
    file: str | None = None  # the one it is, as far as its path can be shown
    library: str | None = None  # in which that lies
    both_ways: bool = False  # what is changed here is written to the file
    writable: bool = False  # the file is not behind a link
    note: str | None = None  # what happened to the file

    @property
    def editable(self) -> bool:
        return self.mine and (self.file is None or self.both_ways)


class Missing(msgspec.Struct, frozen=True):
    """A line of a list for which there is no track."""

    said: str
    title: str


async def of(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    *,
    limit: int,
    cursor: str | None = None,
) -> catalogue.Page[Playlist]:
    """The listener's playlists and those in files, last changed first."""
    at, row_id = cursors.decode(cursor, 2) if cursor else (2**62, 0)
    rows = await db.rows(
        _SELECT + "AND (l.changed_at, l.id) < (:at, :id)"
        " ORDER BY l.changed_at DESC, l.id DESC LIMIT :limit",
        {
            **catalogue.visible(visibility),
            "profile": listener,
            "at": at,
            "id": row_id,
            "limit": limit + 1,
        },
    )
    lists = [_playlist(row, listener) for row in rows[:limit]]
    more = len(rows) > limit
    return catalogue.Page(
        lists, cursors.encode(lists[-1].changed_at, lists[-1].id) if more else None
    )


async def one(
    db: Database, visibility: Visibility, listener: ProfileId, playlist: PlaylistId
) -> Playlist:
    """A playlist of the listener's or in a file; NotFound also for somebody else's."""
    row = await db.row(
        _SELECT + "AND l.id = :playlist",
        {**catalogue.visible(visibility), "playlist": playlist, "profile": listener},
    )
    if row is None:
        raise NotFound("playlist is not here")
    return _playlist(row, listener)


async def entries(
    db: Database, visibility: Visibility, listener: ProfileId, playlist: PlaylistId
) -> list[catalogue.Track | Missing]:
    """Its tracks in order, as the listener may see them, and the lines that have none; NotFound
    also for somebody else's.

    Where a track's file went away and the same recording is there in another, that one stands in.
    """
    await one(db, visibility, listener, playlist)
    rows = await db.rows(
        "SELECT position, coalesce("
        " (SELECT track.id FROM track WHERE track.id = i.track_id AND (track.state = 'present'"
        f"   OR track.retired) AND {_SEEN}),"
        " (SELECT min(track.id) FROM track WHERE track.recording_id = i.recording_id"
        f"   AND track.state = 'present' AND {_SEEN}),"
        " i.track_id) AS track_id, NULL AS said, NULL AS title"
        " FROM playlist_item i WHERE i.playlist_id = :playlist UNION ALL"
        " SELECT position, NULL, said, title FROM playlist_gap WHERE playlist_id = :playlist"
        " ORDER BY position",
        {**catalogue.visible(visibility), "playlist": playlist},
    )
    order = [TrackId(row["track_id"]) for row in rows if row["track_id"] is not None]
    found = await catalogue.tracks_by_id(db, visibility, listener, list(dict.fromkeys(order)))
    seen = {track.id: track for track in found}
    listed: list[catalogue.Track | Missing] = []
    for row in rows:
        if row["track_id"] is None:
            listed.append(Missing(row["said"], row["title"]))
        elif row["track_id"] in seen:
            listed.append(seen[row["track_id"]])
    return listed


async def tracks(
    db: Database, visibility: Visibility, listener: ProfileId, playlist: PlaylistId
) -> list[catalogue.Track]:
    """The tracks of `entries`."""
    found = await entries(db, visibility, listener, playlist)
    return [each for each in found if isinstance(each, catalogue.Track)]


async def create(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    name: str,
    order: Sequence[TrackId] = (),
    *,
    now: float,
) -> PlaylistId:
    """A new playlist; NotFound when the listener can see one of the tracks not."""
    name = names.clean(name, "playlist name")
    found = await _tracks(db, visibility, order)
    async with db.write() as tx:
        await make_room(tx, listener)
        playlist = PlaylistId(
            await tx.insert(
                "INSERT INTO playlist (profile_id, name, created_at, changed_at)"
                " VALUES (:profile, :name, :now, :now)",
                {"profile": listener, "name": name, "now": int(now * 1000)},
            )
        )
        await _insert(tx, playlist, 0, found)
    return playlist


async def change(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    playlist: PlaylistId,
    *,
    name: str | None = None,
    order: Sequence[TrackId] | None = None,
    now: float,
) -> None:
    """Gives it another name, other tracks in order, or both; NotFound as in `create` and `one`."""
    found = await _tracks(db, visibility, order) if order is not None else None
    async with db.write() as tx:
        await _claim(tx, listener, playlist, now)
        if name is not None:
            await tx.execute(
                "UPDATE playlist SET name = :name WHERE id = :playlist",
                {"name": names.clean(name, "playlist name"), "playlist": playlist},
            )
        if found is not None:
            await _reorder(tx, playlist, found)


async def covers(
    db: Database, visibility: Visibility, wanted: Sequence[PlaylistId]
) -> dict[PlaylistId, list[ArtId]]:
    """The first four covers of each playlist, of those that can be seen and shown."""
    rows = await db.rows(
        _COVERS,
        {**catalogue.visible(visibility), "ids": str(list(wanted)), "most": _LOOKED_THROUGH},
    )
    found: dict[PlaylistId, list[ArtId]] = {}
    for row in rows:
        of_it = found.setdefault(PlaylistId(row["playlist_id"]), [])
        if len(of_it) < 4:
            of_it.append(ArtId(row["art_id"]))
    return found


async def append(
    db: Database,
    visibility: Visibility,
    listener: ProfileId,
    playlist: PlaylistId,
    order: Sequence[TrackId],
    *,
    now: float,
) -> None:
    """Adds tracks at its end; NotFound as in `create` and `one`, Conflict when it is full."""
    found = await _tracks(db, visibility, order)
    async with db.write() as tx:
        await _claim(tx, listener, playlist, now)
        row = await tx.row(
            "SELECT count(*) AS held, coalesce(max(position) + 1, 0) AS next FROM"
            " (SELECT position FROM playlist_item WHERE playlist_id = :playlist UNION ALL"
            "  SELECT position FROM playlist_gap WHERE playlist_id = :playlist)",
            {"playlist": playlist},
        )
        held, start = (row["held"], row["next"]) if row is not None else (0, 0)
        if held + len(found) > MOST_TRACKS:
            raise Conflict(f"a playlist holds {MOST_TRACKS} tracks at most")
        await _insert(tx, playlist, start, found)


# of the lists that a listener sees, with what they may see in them
_ITEMS: Final = (
    "FROM playlist_item i JOIN track ON track.id = i.track_id"
    f" WHERE i.playlist_id = l.id AND {_SEEN}"
)
_LOOKED_THROUGH: Final = 100  # tracks of a playlist, for its covers
_COVERS: Final = f"""
SELECT item.playlist_id, track.art_id, MIN(item.position) AS position
  FROM playlist_item AS item JOIN track ON track.id = item.track_id
  JOIN art ON art.id = track.art_id
  WHERE item.playlist_id IN (SELECT value FROM json_each(:ids)) AND item.position < :most
  AND art.made != 2 AND {_SEEN}
  GROUP BY item.playlist_id, track.art_id ORDER BY item.playlist_id, position"""
_SELECT: Final = (
    "SELECT l.id, l.profile_id, l.name, l.created_at, l.changed_at,"
    f" (SELECT count(*) {_ITEMS}) AS track_count,"
    f" (SELECT coalesce(sum(track.duration_ms), 0) {_ITEMS}) AS duration_ms,"
    f" (SELECT track.art_id {_ITEMS} AND track.art_id IS NOT NULL ORDER BY i.position LIMIT 1)"
    " AS art_id, f.path, f.both_ways, f.linked, f.note, library.name AS library"
    " FROM playlist l LEFT JOIN playlist_file f ON f.playlist_id = l.id"
    " LEFT JOIN library ON library.id = f.library_id"
    " WHERE (l.profile_id = :profile OR f.path IS NOT NULL)"
    " AND (f.path IS NULL OR :libraries IS NULL"
    " OR f.library_id IN (SELECT value FROM json_each(:libraries))) "
)


async def _claim(tx: Transaction, listener: ProfileId, playlist: PlaylistId, now: float) -> None:
    """Marks the list as changed by the listener whose it is."""
    row = await tx.row(
        "SELECT l.profile_id, f.path IS NOT NULL AND NOT f.both_ways AS follows FROM playlist l"
        " LEFT JOIN playlist_file f ON f.playlist_id = l.id WHERE l.id = :playlist",
        {"playlist": playlist},
    )
    if row is None or row["profile_id"] != listener:
        raise NotFound("playlist is not here")
    if row["follows"]:
        raise Conflict("playlist follows its file: switch on that changes are written to it first")
    await tx.execute(
        "UPDATE playlist SET changed_at = :now WHERE id = :playlist",
        {"now": int(now * 1000), "playlist": playlist},
    )


class Line(msgspec.Struct, frozen=True):
    """A line as it is kept: a track, or what it said of one that is not there."""

    track: TrackId | None
    recording: RecordingId | None
    said: str = ""
    title: str = ""
    start_ms: int | None = None


async def lines(tx: Transaction, playlist: PlaylistId) -> list[Line]:
    """All lines of a list in order, whoever may see them."""
    rows = await tx.rows(
        "SELECT position, track_id, recording_id, '' AS said, '' AS title, NULL AS start_ms"
        " FROM playlist_item WHERE playlist_id = :playlist UNION ALL"
        " SELECT position, NULL, NULL, said, title, start_ms FROM playlist_gap"
        " WHERE playlist_id = :playlist ORDER BY position",
        {"playlist": playlist},
    )
    return [
        Line(row["track_id"], row["recording_id"], row["said"], row["title"], row["start_ms"])
        for row in rows
    ]


async def put(
    tx: Transaction,
    owner: ProfileId,
    playlist: PlaylistId | None,
    name: str,
    wanted: Sequence[Line],
    now: float,
) -> PlaylistId:
    """Writes a whole list, made where `playlist` is None, with lines that have no track."""
    at = {"profile": owner, "name": name[: names.LONGEST], "now": int(now * 1000)}
    if playlist is None:
        playlist = PlaylistId(
            await tx.insert(
                "INSERT INTO playlist (profile_id, name, created_at, changed_at)"
                " VALUES (:profile, :name, :now, :now)",
                at,
            )
        )
    else:
        await tx.execute(
            "UPDATE playlist SET name = :name, changed_at = :now WHERE id = :playlist",
            {**at, "playlist": playlist},
        )
    await _write(tx, playlist, wanted)
    return playlist


async def make_room(tx: Transaction, listener: ProfileId) -> None:
    """Conflict where the listener has as many playlists as there may be."""
    row = await tx.row(
        "SELECT count(*) AS lists FROM playlist WHERE profile_id = :profile AND NOT EXISTS"
        " (SELECT 1 FROM playlist_file WHERE playlist_id = playlist.id)",
        {"profile": listener},
    )
    if row is not None and row["lists"] >= MOST_LISTS:
        raise Conflict(f"there are {MOST_LISTS} playlists already")


async def drop(tx: Transaction, playlist: PlaylistId) -> None:
    """Deletes a list, whoever's it is."""
    await tx.execute("DELETE FROM playlist WHERE id = :playlist", {"playlist": playlist})


async def _reorder(tx: Transaction, playlist: PlaylistId, found: Sequence[catalogue.Track]) -> None:
    """Gives a list other tracks. A line without one stays behind the track that it was behind."""
    before = await lines(tx, playlist)
    held: dict[TrackId | None, list[Line]] = {}
    last: TrackId | None = None
    for line in before:
        if line.track is None:
            held.setdefault(last, []).append(line)
        else:
            last = line.track
    wanted = held.pop(None, [])
    for track in found:
        wanted.append(Line(track.id, track.recording))
        wanted += held.pop(track.id, [])
    for rest in held.values():
        wanted += rest
    await _write(tx, playlist, wanted)


async def _write(tx: Transaction, playlist: PlaylistId, wanted: Sequence[Line]) -> None:
    for table in (
        "DELETE FROM playlist_item WHERE playlist_id = :playlist",
        "DELETE FROM playlist_gap WHERE playlist_id = :playlist",
    ):
        await tx.execute(table, {"playlist": playlist})
    placed = [
        {"playlist": playlist, "position": at, **msgspec.structs.asdict(line)}
        for at, line in enumerate(wanted)
    ]
    await tx.execute_many(
        "INSERT INTO playlist_item (playlist_id, position, recording_id, track_id)"
        " VALUES (:playlist, :position, :recording, :track)",
        [line for line in placed if line["track"] is not None],
    )
    await tx.execute_many(
        "INSERT INTO playlist_gap (playlist_id, position, said, title, start_ms)"
        " VALUES (:playlist, :position, :said, :title, :start_ms)",
        [line for line in placed if line["track"] is None],
    )


async def _tracks(
    db: Database, visibility: Visibility, order: Sequence[TrackId]
) -> list[catalogue.Track]:
    if len(order) > MOST_TRACKS:
        raise Conflict(f"a playlist holds {MOST_TRACKS} tracks at most")
    found = await catalogue.tracks_by_id(db, visibility, None, list(dict.fromkeys(order)))
    seen = {track.id: track for track in found}
    for track in order:
        if track not in seen:
            raise NotFound("track is not here")
    return [seen[track] for track in order]


async def _insert(
    tx: Transaction, playlist: PlaylistId, start: int, found: Sequence[catalogue.Track]
) -> None:
    await tx.execute_many(
        "INSERT INTO playlist_item (playlist_id, position, recording_id, track_id)"
        " VALUES (:playlist, :position, :recording, :track)",
        [
            {
                "playlist": playlist,
                "position": position,
                "recording": track.recording,
                "track": track.id,
            }
            for position, track in enumerate(found, start)
        ],
    )


def _playlist(row: sqlite3.Row, listener: ProfileId) -> Playlist:
    path = bytes(row["path"]) if row["path"] is not None else None
    return Playlist(
        PlaylistId(row["id"]),
        row["name"],
        row["track_count"],
        row["duration_ms"] / 1000,
        ArtId(row["art_id"]) if row["art_id"] is not None else None,
        row["created_at"],
        row["changed_at"],
        mine=row["profile_id"] == listener,
        file=path.decode("utf-8", "replace") if path is not None else None,
        library=row["library"],
        both_ways=bool(row["both_ways"]),
        writable=path is not None and not row["linked"],
        note=row["note"],
    )


def _merge(connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId) -> list[Any]:
    """Items keep the track that was meant, so by that they are found to undo it."""
    moved = [
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT track_id FROM playlist_item WHERE recording_id = :merged",
            {"merged": merged},
        )
    ]
    connection.execute(
        "UPDATE playlist_item SET recording_id = :kept WHERE recording_id = :merged",
        {"kept": kept, "merged": merged},
    )
    return moved


def _undo(
    connection: sqlite3.Connection, merged: RecordingId, kept: RecordingId, moved: list[Any]
) -> None:
    connection.executemany(
        "UPDATE playlist_item SET recording_id = :merged "
        "WHERE track_id = :track AND recording_id = :kept",
        [{"merged": merged, "kept": kept, "track": track} for track in moved],
    )


FOLLOWER: Final = Follower("playlist_item", _merge, _undo)
