"""Correcting albums: split, merge, move, rename, another cover; and undoing each.

A correction is a row (`corrections`), so undoing is taking the row away and letting the rules place
the tracks anew (`regroup`). Each runs as one transaction with the writing connection in its own
thread (`Database.batch`).
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from homestream import ids
from homestream.errors import BadInput, NotFound
from homestream.ids import AlbumId, ArtId, CorrectionId, RecordingId, TrackId
from homestream.library import albums, artists, copies, corrections, regroup
from homestream.library.albums import Touched
from homestream.library.corrections import Item, Names

MOST_TRACKS: Final = 2_000
_YEARS: Final = range(1000, 3000)


class Made(msgspec.Struct, frozen=True):
    """A correction that was made, and the album to look at."""

    id: CorrectionId
    album: AlbumId


class Undone(msgspec.Struct, frozen=True):
    """What was taken back, what had been built on it, and the album to look at."""

    ids: list[CorrectionId]
    album: AlbumId


def split(
    connection: sqlite3.Connection, album: AlbumId, chosen: Sequence[TrackId], now: int
) -> Made:
    """Makes some tracks of an album one of their own; BadInput unless it keeps others."""
    title, items = _album(connection, album)
    wanted = _theirs(connection, album, items, chosen)
    if len(wanted) == len(items):
        raise BadInput("an album keeps one track at least: these are all")
    made = corrections.insert(connection, "split", title, wanted, now)
    _apply(connection, {album}, now, dict.fromkeys((item.track for item in wanted), None))
    return Made(made, _album_of(connection, wanted[0].track))


def merge(
    connection: sqlite3.Connection, album: AlbumId, others: Sequence[AlbumId], now: int
) -> Made:
    """Makes one album of several; it keeps the row, the names and the stars of `album`."""
    if not others:
        raise BadInput("others: at least one album to merge with")
    if album in others:
        raise BadInput("an album cannot be merged with itself")
    title, items = _album(connection, album)
    for other in dict.fromkeys(others):
        items = [*items, *_album(connection, other)[1]]
    if len(items) > MOST_TRACKS:
        raise BadInput(f"these albums have more than {MOST_TRACKS} tracks")
    credits = [_credit(connection, each) for each in dict.fromkeys((album, *others))]
    names = Names(title=title, artist_credit=credits[0] if len(set(credits)) > 1 else "")
    made = corrections.insert(connection, "merge", title, items, now, names=names)
    homes = dict.fromkeys((item.track for item in items), album)
    _apply(connection, {album, *others}, now, homes)
    return Made(made, _album_of(connection, items[0].track))


def move(
    connection: sqlite3.Connection, chosen: Sequence[TrackId], album: AlbumId, now: int
) -> Made:
    """Puts tracks into another album; BadInput where one is there already."""
    title, beside = _album(connection, album)
    items = [_item(connection, track) for track in dict.fromkeys(chosen)]
    if not items:
        raise BadInput("tracks: at least one")
    items = _with_qualities(connection, items)
    if any(item.album == album for item in items):
        raise BadInput("a track is in that album already")
    anchors = [msgspec.structs.replace(item, beside=True) for item in beside]
    made = corrections.insert(connection, "move", title, [*items, *anchors], now)
    homes = dict.fromkeys((item.track for item in items), album)
    _apply(connection, {album, *(item.album for item in items)}, now, homes)
    return Made(made, album)


def rename(connection: sqlite3.Connection, album: AlbumId, names: Names, now: int) -> Made:
    """Calls an album otherwise; what is empty stays as its tags say."""
    title, items = _album(connection, album)
    if names == Names():
        raise BadInput("nothing was given to call the album")
    if names.year is not None and names.year not in _YEARS:
        raise BadInput(f"year {names.year}: {_YEARS.start} to {_YEARS.stop - 1}")
    made = corrections.insert(connection, "name", title, items, now, names=names)
    _apply(connection, {album}, now, {})
    return Made(made, album)


def set_cover(connection: sqlite3.Connection, album: AlbumId, art: ArtId, now: int) -> Made:
    """Shows a picture for an album; NotFound where there is no such picture."""
    title, items = _album(connection, album)
    if not connection.execute(
        "SELECT EXISTS (SELECT 1 FROM art WHERE id = :art AND made != 2)", {"art": art}
    ).fetchone()[0]:
        raise NotFound(f"picture {ids.public('art', art)} is not here")
    made = corrections.insert(connection, "cover", title, items, now, art=art)
    _apply(connection, {album}, now, {})
    return Made(made, album)


def undo(connection: sqlite3.Connection, correction: CorrectionId, now: int) -> Undone:
    """Takes a correction back, with names and covers given to what it made; NotFound."""
    items = corrections.items(connection, correction)
    gone = [correction, *corrections.built_on(connection, correction)]
    now_in = {item.track: _album_of(connection, item.track) for item in items}
    around = {*(item.album for item in items), *now_in.values()}
    corrections.delete(connection, gone)
    moved = [item for item in items if not item.beside]
    # those that went elsewhere since have a home of their own
    held = Counter(now_in[item.track] for item in moved).most_common(1)[0][0]
    homes = {item.track: item.album for item in moved if now_in[item.track] == held}
    _apply(connection, around, now, homes)
    return Undone(gone, _album_of(connection, moved[0].track))


def follow(connection: sqlite3.Connection, recordings: Collection[RecordingId], now: int) -> None:
    """Places anew what corrections of some recordings reach: other tracks are of these now."""
    around = corrections.of_recordings(connection, recordings)
    if around:
        _apply(connection, around, now, {})
    _recount(connection, copies.albums_of(connection, list(recordings)))


def keep_best(connection: sqlite3.Connection, only: RecordingId | None, now: int) -> int:
    """Hides all copies but the best of one recording, or of all that are there several times and
    were not left so; how many were hidden."""
    openly = copies.open_libraries(connection)
    hidden: dict[TrackId, TrackId] = {}
    for _, found in copies.of_recordings(connection, only):
        hidden |= copies.choose(found, openly)
    if hidden:
        copies.hide(connection, hidden, now)
        _recount(connection, copies.albums_of(connection))
    return len(hidden)


def show_copies(connection: sqlite3.Connection, only: RecordingId | None) -> None:
    """Shows the hidden copies of one recording again, or all."""
    _recount(connection, copies.show(connection, only))


def check_copies(connection: sqlite3.Connection) -> None:
    """Looks whether the copies that are hidden may be: who may see which library was changed."""
    _recount(connection, copies.albums_of(connection))


def _recount(connection: sqlite3.Connection, around: Collection[AlbumId]) -> None:
    touched = Touched()
    touched.albums.update(around)
    touched.artists.update(artists.on_albums(connection, around))
    albums.refresh(connection, touched)


def _apply(
    connection: sqlite3.Connection,
    around: Collection[AlbumId],
    now: int,
    homes: Mapping[TrackId, AlbumId | None],
) -> None:
    touched = Touched()
    touched.albums.update(around)
    regroup.settle(connection, touched, now, homes, around)
    albums.refresh(connection, touched)


def _album(connection: sqlite3.Connection, album: AlbumId) -> tuple[str, list[Item]]:
    """An album's title and present tracks; NotFound where it has none."""
    rows = connection.execute(
        "SELECT album.title, track.id, track.recording_id FROM album "
        "JOIN track ON track.album_id = album.id "
        "WHERE album.id = :album AND track.state = 'present' ORDER BY track.id",
        {"album": album},
    ).fetchall()
    if not rows:
        raise NotFound(f"album {ids.public('album', album)} is not here")
    return rows[0][0], [Item(row[1], RecordingId(row[2]), album) for row in rows]


def _credit(connection: sqlite3.Connection, album: AlbumId) -> str:
    row = connection.execute(
        "SELECT artist_credit FROM album WHERE id = :album", {"album": album}
    ).fetchone()
    return str(row[0])


def _theirs(
    connection: sqlite3.Connection,
    album: AlbumId,
    items: Sequence[Item],
    chosen: Sequence[TrackId],
) -> list[Item]:
    """The chosen tracks of an album, with their other qualities."""
    by_track = {item.track: item for item in items}
    if not chosen:
        raise BadInput("tracks: at least one")
    for track in chosen:
        if track not in by_track:
            raise BadInput(
                f"track {ids.public('track', track)} is not on album {ids.public('album', album)}"
            )
    return _with_qualities(connection, [by_track[track] for track in dict.fromkeys(chosen)])


def _with_qualities(connection: sqlite3.Connection, items: Sequence[Item]) -> list[Item]:
    """Tracks, and with each the others that are the same piece in another quality."""
    rows = connection.execute(
        "WITH chosen (id) AS (SELECT value FROM json_each(:tracks)), quality (id, best) AS ( "
        "  SELECT worse.id, other_quality.better_id FROM other_quality "
        "  JOIN track AS worse ON worse.id = other_quality.track_id "
        "  JOIN track AS better ON better.id = other_quality.better_id "
        "  WHERE worse.album_id = better.album_id), best (id) AS ( "
        "  SELECT IFNULL(quality.best, chosen.id) FROM chosen "
        "  LEFT JOIN quality ON quality.id = chosen.id) "
        "SELECT track.id, track.recording_id, track.album_id FROM track WHERE id IN ( "
        "  SELECT id FROM best UNION SELECT id FROM chosen "
        "  UNION SELECT id FROM quality WHERE best IN (SELECT id FROM best)) "
        "ORDER BY track.id",
        {"tracks": json.dumps([item.track for item in items])},
    ).fetchall()
    return [Item(row[0], row[1], row[2]) for row in rows]


def _item(connection: sqlite3.Connection, track: TrackId) -> Item:
    row = connection.execute(
        "SELECT recording_id, album_id FROM track WHERE id = :track AND state = 'present'",
        {"track": track},
    ).fetchone()
    if row is None:
        raise NotFound(f"track {ids.public('track', track)} is not here")
    return Item(track, row[0], row[1])


def _album_of(connection: sqlite3.Connection, track: TrackId) -> AlbumId:
    return AlbumId(
        connection.execute(
            "SELECT album_id FROM track WHERE id = :track", {"track": track}
        ).fetchone()[0]
    )
