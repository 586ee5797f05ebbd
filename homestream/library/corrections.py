"""What the owner corrected about albums: rows that lie over what the tags say, each to be undone.

A correction hangs on tracks, whose rows outlive moves, retags and absence; where a track is gone
and its recording is there in another file, it hangs on that. Files are never written. `overlay`
makes and undoes corrections, `regroup` and `albums.refresh` obey them.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal

import msgspec

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import AlbumId, ArtId, CorrectionId, RecordingId, TrackId
from homestream.library.grouping import Correction

Kind = Literal["split", "merge", "move", "name", "cover"]


class Names(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an album is called instead; empty or None: as its tags say."""

    title: str = ""
    artist_credit: str = ""
    sort_title: str = ""
    year: int | None = None


class Look(msgspec.Struct, frozen=True):
    """How an album is shown instead."""

    names: Names
    cover: ArtId | None


PLAIN: Final = Look(Names(), None)


class Item(msgspec.Struct, frozen=True):
    """A track that a correction hangs on."""

    track: TrackId
    recording: RecordingId
    album: AlbumId  # where it was
    beside: bool = False  # not moved itself, but a track of the album to go to


class Entry(msgspec.Struct, frozen=True):
    """A correction as it is listed."""

    id: CorrectionId
    kind: Kind
    title: str  # of the album that it was made on
    names: Names
    art: ArtId | None
    created_at: int  # Unix ms
    album: AlbumId | None  # where most of its tracks are now
    album_title: str
    tracks: tuple[str, ...]  # titles of those that were split off or moved
    track_count: int
    away: int  # of its tracks


def looks(connection: sqlite3.Connection, albums: Collection[AlbumId]) -> dict[AlbumId, Look]:
    """The names and covers that were given to some albums; later ones go before earlier ones.

    They hang on the album that they were given to, as long as it holds a track that it had then;
    after that on one that is made of those tracks above all. The names that a merge gave hang on
    what was merged.
    """
    if not _any(connection):
        return {}
    rows = connection.execute(
        "SELECT correction.id, correction.kind, correction.names, "
        "  (SELECT art.id FROM art WHERE art.id = correction.art_id AND art.made != 2), album.id, "
        "  COUNT(*), MIN(correction_item.album_id), (SELECT COUNT(*) FROM track AS other "
        "    WHERE other.album_id = album.id AND other.state = 'present'), album.why "
        "FROM correction JOIN correction_item ON correction_item.correction_id = correction.id "
        "JOIN track ON track.id = correction_item.track_id "
        "JOIN album ON album.id = track.album_id "
        "WHERE correction.kind IN ('name', 'cover', 'merge') AND correction.id IN ( "
        "  SELECT correction_item.correction_id FROM track "
        "  JOIN correction_item ON correction_item.track_id = track.id "
        "  WHERE track.album_id IN (SELECT value FROM json_each(:albums))) "
        "GROUP BY correction.id, album.id ORDER BY correction.id, COUNT(*) DESC, album.id",
        {"albums": json.dumps(sorted(albums))},
    ).fetchall()
    given: dict[int, list[sqlite3.Row]] = defaultdict(list)
    for row in rows:
        given[row[0]].append(row)
    found: dict[AlbumId, Look] = {}
    for each in given.values():
        album = _hangs_on(each)
        if album is None:
            continue
        look = found.get(album, PLAIN)
        names = msgspec.json.decode(each[0][2], type=Names)
        told = {name: value for name, value in msgspec.structs.asdict(names).items() if value}
        cover = each[0][3] or look.cover
        found[album] = Look(msgspec.structs.replace(look.names, **told), cover)
    return {album: look for album, look in found.items() if album in albums}


def _hangs_on(rows: Sequence[sqlite3.Row]) -> AlbumId | None:
    """Which of the albums that hold tracks of a correction it is about, the fullest first."""
    if rows[0][1] == "merge":
        token = f"j:{rows[0][0]}"
        return next((AlbumId(row[4]) for row in rows if token in row[8].split()), None)
    if any(row[4] == row[6] for row in rows):
        return AlbumId(rows[0][6])
    most = rows[0]
    return AlbumId(most[4]) if 2 * most[5] >= most[7] else None


def of_grouping(connection: sqlite3.Connection) -> list[Correction]:
    """All that say which tracks are one album, in the order in which they were made."""
    if not _any(connection):
        return []
    made: dict[int, tuple[Kind, dict[TrackId, AlbumId], set[TrackId]]] = {}
    for row in connection.execute(
        "SELECT correction.id, correction.kind, correction_item.role, track.id, "
        "  correction_item.album_id "
        "FROM correction JOIN correction_item ON correction_item.correction_id = correction.id "
        "JOIN track ON track.id = correction_item.track_id "
        "WHERE correction.kind IN ('split', 'merge', 'move') AND track.state = 'present' "
        "UNION "
        "SELECT correction.id, correction.kind, correction_item.role, other.id, "
        "  correction_item.album_id "
        "FROM correction JOIN correction_item ON correction_item.correction_id = correction.id "
        "JOIN track ON track.id = correction_item.track_id "
        "JOIN track AS other ON other.recording_id = track.recording_id "
        "WHERE correction.kind IN ('split', 'merge', 'move') AND track.state = 'away' "
        "AND other.state = 'present' ORDER BY 1, 4",
    ):
        _, items, beside = made.setdefault(row[0], (row[1], {}, set()))
        if row[2] == "it":
            items[row[3]] = row[4]
        else:
            beside.add(row[3])
    return [
        Correction(CorrectionId(correction), kind, items, frozenset(beside))
        for correction, (kind, items, beside) in made.items()
        if kind in ("split", "merge", "move")
    ]


def beside(connection: sqlite3.Connection, albums: Iterable[AlbumId]) -> set[AlbumId]:
    """The albums that corrections tie to some albums."""
    if not _any(connection):
        return set()
    return {
        row[0]
        for row in connection.execute(
            "SELECT track.album_id FROM correction_item "
            "JOIN track AS item ON item.id = correction_item.track_id "
            "JOIN track ON track.recording_id = item.recording_id "
            "WHERE correction_item.correction_id IN ( "
            "  SELECT mine.correction_id FROM correction_item AS mine "
            "  JOIN track ON track.id = mine.track_id "
            "  JOIN correction ON correction.id = mine.correction_id "
            "  WHERE correction.kind IN ('split', 'merge', 'move') "
            "  AND track.album_id IN (SELECT value FROM json_each(:albums)))",
            {"albums": json.dumps(sorted(albums))},
        )
    }


def of_recordings(
    connection: sqlite3.Connection, recordings: Iterable[RecordingId]
) -> set[AlbumId]:
    """The albums that hold some recordings, if corrections hang on any of these."""
    if not _any(connection):
        return set()
    rows = connection.execute(
        "SELECT track.album_id, EXISTS (SELECT 1 FROM correction_item "
        "  WHERE correction_item.track_id = track.id) FROM track "
        "WHERE track.recording_id IN (SELECT value FROM json_each(:recordings))",
        {"recordings": json.dumps(sorted(recordings))},
    ).fetchall()
    return {AlbumId(row[0]) for row in rows} if any(row[1] for row in rows) else set()


def insert(
    connection: sqlite3.Connection,
    kind: Kind,
    title: str,
    items: Iterable[Item],
    now: int,
    *,
    names: Names | None = None,
    art: ArtId | None = None,
) -> CorrectionId:
    correction = connection.execute(
        "INSERT INTO correction (kind, title, names, art_id, created_at) "
        "VALUES (:kind, :title, :names, :art, :now)",
        {
            "kind": kind,
            "title": title,
            "names": msgspec.json.encode(names or Names()).decode(),
            "art": art,
            "now": now,
        },
    ).lastrowid
    connection.executemany(
        "INSERT INTO correction_item (correction_id, track_id, recording_id, role, album_id) "
        "VALUES (:correction, :track, :recording, :role, :album)",
        [
            {
                "correction": correction,
                "track": item.track,
                "recording": item.recording,
                "role": "beside" if item.beside else "it",
                "album": item.album,
            }
            for item in items
        ],
    )
    return CorrectionId(correction or 0)


def items(connection: sqlite3.Connection, correction: CorrectionId) -> list[Item]:
    """What a correction hangs on; NotFound."""
    rows = connection.execute(
        "SELECT track_id, recording_id, album_id, role = 'beside' FROM correction_item "
        "WHERE correction_id = :id ORDER BY track_id",
        {"id": correction},
    ).fetchall()
    if not rows:
        raise NotFound(f"correction {correction} is not here")
    return [Item(row[0], row[1], row[2], bool(row[3])) for row in rows]


def built_on(connection: sqlite3.Connection, correction: CorrectionId) -> list[CorrectionId]:
    """Names and covers that were given later to just the tracks that a correction split off."""
    return [
        row[0]
        for row in connection.execute(
            "SELECT later.id FROM correction AS first JOIN correction AS later "
            "  ON later.id > first.id AND later.kind IN ('name', 'cover') "
            "WHERE first.id = :id AND first.kind = 'split' AND NOT EXISTS ( "
            "  SELECT 1 FROM correction_item WHERE correction_id = later.id "
            "  AND track_id NOT IN (SELECT track_id FROM correction_item "
            "    WHERE correction_id = first.id)) ORDER BY later.id",
            {"id": correction},
        )
    ]


def delete(connection: sqlite3.Connection, corrections: Iterable[CorrectionId]) -> None:
    connection.executemany(
        "DELETE FROM correction WHERE id = :id", [{"id": each} for each in corrections]
    )


async def every(db: Database) -> list[Entry]:
    """All corrections, the newest first."""
    rows = await db.rows(
        "SELECT correction.id, correction.kind, correction.title, correction.names, "
        "  correction.art_id, correction.created_at "
        "FROM correction ORDER BY correction.id DESC"
    )
    tracks: dict[int, list[tuple[str, AlbumId, str, bool, bool]]] = defaultdict(list)
    for row in await db.rows(
        "SELECT correction_item.correction_id, track.title, track.album_id, album.title AS album, "
        "  track.state = 'away' AS away, correction_item.role = 'it' AS it "
        "FROM correction_item JOIN track ON track.id = correction_item.track_id "
        "JOIN album ON album.id = track.album_id "
        "WHERE NOT EXISTS (SELECT 1 FROM other_quality WHERE track_id = track.id) "
        "ORDER BY correction_item.correction_id, track.disc, track.position, track.id"
    ):
        tracks[row["correction_id"]].append(
            (row["title"], row["album_id"], row["album"], bool(row["away"]), bool(row["it"]))
        )
    return [_entry(row, tracks[row["id"]]) for row in rows]


def _entry(row: sqlite3.Row, tracks: list[tuple[str, AlbumId, str, bool, bool]]) -> Entry:
    theirs = [track for track in tracks if track[4]]
    albums: dict[tuple[AlbumId, str], int] = defaultdict(int)
    for _, album, title, away, _ in theirs:
        albums[album, title] += 1 if away else 1000
    most = max(albums, key=lambda each: albums[each], default=None)
    named = row["kind"] in ("split", "move")
    return Entry(
        id=CorrectionId(row["id"]),
        kind=row["kind"],
        title=row["title"],
        names=msgspec.json.decode(row["names"], type=Names),
        art=row["art_id"],
        created_at=row["created_at"],
        album=most[0] if most else None,
        album_title=most[1] if most else "",
        tracks=tuple(track[0] for track in theirs) if named else (),
        track_count=len(theirs),
        away=sum(track[3] for track in theirs),
    )


def _any(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM correction)").fetchone()[0])
