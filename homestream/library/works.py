"""Works of music and the tracks that are movements of them, or the whole."""

# ruff: noqa: S608 - statements are made of fragments that all stand in this module

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from homestream import ids
from homestream.db import cursor as cursors
from homestream.db.connect import Database
from homestream.errors import BadInput, NotFound
from homestream.ids import AlbumId, ArtistId, ProfileId, TrackId, WorkId
from homestream.library import catalogue, credits, identity
from homestream.library.catalogue import ArtistRef, Page, Track
from homestream.library.credits import Printed
from homestream.visibility import Visibility


class Work(msgspec.Struct, frozen=True):
    id: WorkId
    title: str
    composer: ArtistRef | None
    track_count: int
    performance_count: int
    section: str  # the letter it stands under


class Movement(msgspec.Struct, frozen=True):
    """What a track is of a work. Tracks of one work with another `performance` are another one."""

    work: WorkId
    title: str  # of the work
    composer: ArtistRef | None
    movement: str  # empty: the whole work, or not told
    number: int | None
    total: int | None
    shown: bool  # stands for the title
    performance: str
    performers: tuple[str, ...]  # conductors, ensembles, soloists


class Performance(msgspec.Struct, frozen=True):
    """One performance of a work, on one album."""

    performers: tuple[str, ...]
    tracks: list[tuple[Track, Movement]]


async def every(
    db: Database,
    visibility: Visibility,
    *,
    composer: ArtistId | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Work]:
    """Works of which a track can be seen, by composer and title; or those of one composer."""
    if not 1 <= limit <= catalogue.MOST:
        raise BadInput(f"limit {limit}: 1 to {catalogue.MOST}")
    (last,) = cursors.decode(cursor, 1) if cursor is not None else (0,)
    rows = await db.rows(
        _EVERY,
        {
            **catalogue.visible(visibility),
            "composer": composer,
            "last": last,
            "limit": limit + 1,
        },
    )
    items = [_work(row) for row in rows[:limit]]
    return Page(items, cursors.encode(items[-1].id) if len(rows) > limit else None)


async def one(
    db: Database, visibility: Visibility, listener: ProfileId | None, work: WorkId
) -> tuple[Work, list[Performance]]:
    """A work with its performances, each in the order of its album; NotFound."""
    seen = catalogue.visible(visibility)
    row = await db.row(_ONE, {**seen, "work": work})
    if row is None:
        raise NotFound(f"work {ids.public('work', work)} is not here")
    rows = await db.rows(_OF_WORK, {**seen, "work": work, "most": catalogue.MOST * 5})
    told = await _movements(db, rows)
    tracks = await catalogue.tracks_by_id(db, visibility, listener, list(told))
    found: list[Performance] = []
    for track in tracks:
        movement = told[track.id]
        last = found[-1].tracks[-1] if found else None
        if last is None or last[0].album != track.album or begins_anew(last[1], movement):
            found.append(Performance(movement.performers, []))
        found[-1].tracks.append((track, movement))
    return _work(row), found


async def of_album(db: Database, visibility: Visibility, album: AlbumId) -> dict[TrackId, Movement]:
    """What the tracks of an album are of works."""
    rows = await db.rows(_OF_ALBUM, {**catalogue.visible(visibility), "album": album})
    return await _movements(db, rows)


async def of_track(db: Database, visibility: Visibility, track: TrackId) -> Movement | None:
    rows = await db.rows(_OF_TRACK, {**catalogue.visible(visibility), "track": track})
    return (await _movements(db, rows)).get(track)


def begins_anew(before: Movement, movement: Movement) -> bool:
    """Whether a track begins another performance than the one before it on its album."""
    if (before.work, before.performance) != (movement.work, movement.performance):
        return True
    numbers = (before.number, movement.number)
    return None not in numbers and numbers[1] <= numbers[0]  # type: ignore[operator]


async def _movements(db: Database, rows: Sequence[sqlite3.Row]) -> dict[TrackId, Movement]:
    if not rows:
        return {}
    people: dict[int, dict[str, None]] = {}
    for row in await db.rows(
        _PERFORMERS,
        {"ids": msgspec.json.encode([row["track_id"] for row in rows]).decode()},
    ):
        people.setdefault(row["track_id"], {})[row["name"]] = None
    return {
        row["track_id"]: Movement(
            work=row["id"],
            title=row["title"],
            composer=_composer(row),
            movement=row["movement"],
            number=row["number"],
            total=row["total"],
            shown=bool(row["shown"]),
            performance=row["performance"],
            performers=tuple(people.get(row["track_id"], ())),
        )
        for row in rows
    }


def _work(row: sqlite3.Row) -> Work:
    return Work(
        id=row["id"],
        title=row["title"],
        composer=_composer(row),
        track_count=row["track_count"],
        performance_count=row["performance_count"],
        section=identity.section(row["composer_sort"] or row["sort_title"]),
    )


def _composer(row: sqlite3.Row) -> ArtistRef | None:
    return ArtistRef(row["composer_id"], row["composer"]) if row["composer_id"] else None


_SEEN: Final = catalogue.SEEN
_ONCE: Final = catalogue.ONCE
_WORK: Final = f"""
SELECT work.id, work.title, work.sort_title, work.composer_id, artist.name AS composer,
  IFNULL(artist.sort_name, '') AS composer_sort,
  (SELECT COUNT(*) FROM track_work CROSS JOIN track ON track.id = track_work.track_id
    WHERE track_work.work_id = work.id AND track.state = 'present' AND {_SEEN} AND {_ONCE})
  AS track_count,
  (SELECT COUNT(DISTINCT track.album_id || char(10) || track_work.performance)
    FROM track_work CROSS JOIN track ON track.id = track_work.track_id
    WHERE track_work.work_id = work.id AND track.state = 'present' AND {_SEEN} AND {_ONCE})
  AS performance_count
FROM work LEFT JOIN artist ON artist.id = work.composer_id
WHERE EXISTS (SELECT 1 FROM track_work CROSS JOIN track ON track.id = track_work.track_id
  WHERE track_work.work_id = work.id AND track.state = 'present' AND {_SEEN} AND {_ONCE})"""
_ONE: Final = _WORK + " AND work.id = :work"
_EVERY: Final = (
    _WORK
    + """
  AND (:composer IS NULL OR work.composer_id = :composer)
  AND (:last = 0 OR (IFNULL(artist.sort_name, ''), work.sort_title, work.id) > (
    SELECT IFNULL(a.sort_name, ''), w.sort_title, w.id FROM work AS w
    LEFT JOIN artist AS a ON a.id = w.composer_id WHERE w.id = :last))
ORDER BY composer_sort, work.sort_title, work.id LIMIT :limit"""
)
_MOVEMENT: Final = f"""
SELECT track_work.track_id, track_work.movement, track_work.number, track_work.total,
  track_work.shown, track_work.performance, work.id, work.title, work.composer_id,
  artist.name AS composer
FROM track_work JOIN work ON work.id = track_work.work_id
JOIN track ON track.id = track_work.track_id
LEFT JOIN artist ON artist.id = work.composer_id
WHERE track.state = 'present' AND {_SEEN} AND {_ONCE}"""
_ORDER: Final = " ORDER BY track.album_id, track.disc, IFNULL(track.position, 100000), track.id"
_OF_ALBUM: Final = _MOVEMENT + " AND track.album_id = :album" + _ORDER
_OF_WORK: Final = _MOVEMENT + " AND track_work.work_id = :work" + _ORDER + " LIMIT :most"
_OF_TRACK: Final = _MOVEMENT + " AND track.id = :track"
_PERFORMERS: Final = """
SELECT track_artist.track_id, artist.name FROM track_artist
JOIN artist ON artist.id = track_artist.artist_id
WHERE track_artist.track_id IN (SELECT value FROM json_each(:ids))
  AND track_artist.role IN ('conductor', 'orchestra', 'performer')
ORDER BY track_artist.track_id, track_artist.role = 'performer', track_artist.position"""


def put(connection: sqlite3.Connection, title: str, composer: ArtistId | None) -> int:
    """The work of that name by that composer."""
    key = {"folded": identity.sort_key(title), "composer": composer or 0}
    row = connection.execute(
        "SELECT id FROM work WHERE composer_id = :composer AND folded = :folded", key
    ).fetchone()
    if row is not None:
        return int(row[0])
    return (
        connection.execute(
            "INSERT INTO work (title, sort_title, folded, composer_id) "
            "VALUES (:title, :folded, :folded, :composer)",
            {**key, "title": title},
        ).lastrowid
        or 0
    )


def write(
    connection: sqlite3.Connection,
    told: Sequence[tuple[TrackId, Printed, str, ArtistId | None]],
    changed: Sequence[TrackId],
) -> None:
    """Writes the works of tracks: what their tags say, their credit as printed, the composer.

    `changed` are those among them that may have had one before.
    """
    connection.executemany(
        "DELETE FROM track_work WHERE track_id = :track", [{"track": track} for track in changed]
    )
    known: dict[tuple[str, int], int] = {}
    rows = []
    for track, tags, artist_credit, composer in told:
        key = (tags.work, composer or 0)
        if key not in known:
            known[key] = put(connection, tags.work, composer)
        rows.append(
            {
                "track": track,
                "work": known[key],
                "movement": tags.movement,
                "number": tags.movement_number,
                "total": tags.movement_total,
                "shown": tags.show_movement,
                "performance": credits.performance(tags, artist_credit),
            }
        )
    connection.executemany(
        "INSERT INTO track_work (track_id, work_id, movement, number, total, shown, performance) "
        "VALUES (:track, :work, :movement, :number, :total, :shown, :performance)",
        rows,
    )
