"""What is wrong with the library: one check for each kind, with what it means and what to do.

How many things a check finds is counted after each scan, in the background; a page reads those
counts. What a check finds is asked page by page, by an index. One more line in `CHECKS` is one more
check.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal

import msgspec

from homestream import ids
from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import ArtId, FileId, LibraryId
from homestream.library import artwork, files, libraries

Remedy = Literal["", "look", "measure", "draw", "forget"]
"""What a button can do about it: read the file again, measure it again, make its thumbnails
again, or take it from the list."""


class Check(msgspec.Struct, frozen=True):
    """One kind of thing that may be wrong.

    `count_sql` gives a number. `list_sql` gives rows of item, title, detail, album (an id or null),
    root and path (or null), from `:begin` on, `:limit` at most. `more_sql` gives rows of item,
    text, album, root and path, for the items in `:items` (JSON).
    """

    kind: str
    icon: str
    title: str
    means: str
    do: str
    count_sql: str
    list_sql: str
    more_sql: str = ""
    serious: bool = False
    remedy: Remedy = ""
    leave: str = "Leave it so"  # what the button says that takes one from the list
    ask: str = ""  # before that


class Card(msgspec.Struct, frozen=True):
    """A check with what it came to."""

    check: Check
    count: int
    counted_at: int | None  # Unix ms; None: never yet
    passed: int  # how many were taken from the list by hand


class Line(msgspec.Struct, frozen=True):
    text: str
    album: str | None = None  # public id


class Item(msgspec.Struct, frozen=True):
    """One thing that a check found."""

    item: str  # what names it in this check
    title: str
    detail: str
    path: str | None  # absolute, as far as it can be shown
    album: str | None  # public id
    lines: tuple[Line, ...] = ()


_MOST_LINES: Final = 12  # of one thing
_NEXT_YEARS: Final = 1  # albums are announced ahead


CHECKS: Final[tuple[Check, ...]] = (
    Check(
        kind="unreadable",
        icon="file-x",
        title="Not readable",
        means="These files were left out: they are damaged, no sound, or more than a file may be.",
        do="Replace a damaged file by a whole one; it is tried again by itself when it changes.",
        serious=True,
        remedy="look",
        count_sql="SELECT COUNT(*) FROM rejected WHERE NOT EXISTS (SELECT 1 FROM health_pass "
        "  WHERE kind = 'unreadable' AND item = rejected.library_id || '-' || hex(rejected.path))",
        list_sql="SELECT rejected.library_id || '-' || hex(rejected.path) AS item, NULL AS title, "
        "  rejected.reason AS detail, NULL AS album, library.path AS root, rejected.path "
        "FROM rejected JOIN library ON library.id = rejected.library_id "
        "WHERE NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'unreadable' "
        "  AND item = rejected.library_id || '-' || hex(rejected.path)) "
        "ORDER BY rejected.library_id, rejected.path LIMIT :limit OFFSET :begin",
    ),
    Check(
        kind="truncated",
        icon="scissors",
        title="Broken on the way",
        means="These files begin well and cannot be read to their end: they were cut off, or are "
        "damaged further in. They play as far as they can.",
        do="Copy them again from where they came from.",
        serious=True,
        remedy="measure",
        count_sql="SELECT COUNT(*) FROM file WHERE problem IS NOT NULL AND state = 'present' "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'truncated' "
        "  AND item = CAST(file.id AS TEXT))",
        list_sql="SELECT file.id AS item, track.title, file.problem AS detail, "
        "  track.album_id AS album, library.path AS root, file.path "
        "FROM file JOIN library ON library.id = file.library_id "
        "LEFT JOIN track ON track.file_id = file.id AND track.part = 0 "
        "WHERE file.problem IS NOT NULL AND file.state = 'present' "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'truncated' "
        "  AND item = CAST(file.id AS TEXT)) "
        "ORDER BY file.id LIMIT :limit OFFSET :begin",
    ),
    Check(
        kind="away",
        icon="cloud-off",
        title="Away",
        means="These files were here and are not now. Their plays, stars and places in playlists "
        "are kept, and all is as before when they come back, wherever that is.",
        do="Connect the disk they are on, or bring them back. What you deleted on purpose you can "
        "take from this list; its history stays.",
        remedy="forget",
        leave="Forget it here",
        ask="Take this file from the list? Its plays, stars and playlists stay, and it is here "
        "again when it comes back.",
        count_sql="SELECT COUNT(*) FROM file JOIN library ON library.id = file.library_id "
        "WHERE file.state = 'away' AND library.state = 'present' "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'away' "
        "  AND item = CAST(file.id AS TEXT))",
        list_sql="SELECT file.id AS item, track.title, track.artist_credit AS detail, "
        "  NULL AS album, library.path AS root, file.path "
        "FROM file JOIN library ON library.id = file.library_id "
        "LEFT JOIN track ON track.file_id = file.id AND track.part = 0 "
        "WHERE file.state = 'away' AND library.state = 'present' "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'away' "
        "  AND item = CAST(file.id AS TEXT)) "
        "ORDER BY file.id LIMIT :limit OFFSET :begin",
    ),
    Check(
        kind="untagged",
        icon="tag",
        title="Without tags",
        means="These tracks do not say what they are called: their names were made of their paths.",
        do="Tag them with a program such as Picard, or leave the names as they are.",
        leave="Keep the name",
        count_sql="SELECT COUNT(*) FROM track WHERE tagged = 0 AND state = 'present' "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'untagged' "
        "  AND item = CAST(track.id AS TEXT))",
        list_sql="SELECT track.id AS item, track.title, track.artist_credit AS detail, "
        "  track.album_id AS album, library.path AS root, file.path "
        "FROM track JOIN file ON file.id = track.file_id "
        "JOIN library ON library.id = track.library_id "
        "WHERE track.tagged = 0 AND track.state = 'present' "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'untagged' "
        "  AND item = CAST(track.id AS TEXT)) "
        "ORDER BY track.id LIMIT :limit OFFSET :begin",
    ),
    Check(
        kind="duplicates",
        icon="copy",
        title="There several times",
        means="The same sound lies in several files. They share their plays and stars.",
        do="Keep the best and hide the others from the lists, which can be taken back here, or "
        "leave them all: an album and a collection may well share a song. Files stay as they are.",
        leave="All are wanted",
        count_sql="SELECT COUNT(*) FROM (SELECT recording_id FROM track WHERE state = 'present' "
        "AND NOT EXISTS (SELECT 1 FROM other_quality WHERE track_id = track.id) "
        "GROUP BY recording_id HAVING COUNT(*) > 1 "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'duplicates' "
        "  AND item = CAST(track.recording_id AS TEXT)))",
        list_sql="SELECT recording_id AS item, title, artist_credit AS detail, NULL AS album, "
        "  NULL AS root, NULL AS path FROM track WHERE id IN ("
        "SELECT MIN(id) FROM track WHERE state = 'present' "
        "AND NOT EXISTS (SELECT 1 FROM other_quality WHERE track_id = track.id) "
        "GROUP BY recording_id HAVING COUNT(*) > 1 "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'duplicates' "
        "  AND item = CAST(track.recording_id AS TEXT)) "
        "ORDER BY recording_id LIMIT :limit OFFSET :begin) ORDER BY recording_id",
        more_sql="SELECT track.recording_id AS item, track.album_title || ' · ' "
        "  || upper(file.codec) || ' ' || (file.sample_rate / 1000.0) || ' kHz' "
        "  || IFNULL(', ' || (file.bit_rate / 1000) || ' kbit/s', '') AS text, "
        "  track.album_id AS album, library.path AS root, file.path "
        "FROM track JOIN file ON file.id = track.file_id "
        "JOIN library ON library.id = track.library_id "
        "WHERE track.state = 'present' "
        "AND NOT EXISTS (SELECT 1 FROM other_quality WHERE track_id = track.id) "
        "AND track.recording_id IN (SELECT value FROM json_each(:items)) "
        "ORDER BY track.recording_id, IFNULL(file.bit_rate, 0) DESC, track.id",
    ),
    Check(
        kind="split",
        icon="split",
        title="Albums in pieces",
        means="These albums have the same artist and title, and nothing says that they are "
        "different editions. They may be one album that was tagged in two ways.",
        do="Merge them here, which can be taken back under Corrections, or give their tracks the "
        "same album artist, date and MusicBrainz release.",
        leave="They are different",
        count_sql="SELECT COUNT(*) FROM (SELECT MIN(id) AS first FROM album WHERE track_count > 0 "
        "  GROUP BY grouping_key, version, mbid HAVING COUNT(*) > 1) AS pieces "
        "WHERE NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'split' "
        "  AND item = CAST(pieces.first AS TEXT))",
        list_sql="SELECT album.id AS item, album.title, album.artist_credit AS detail, "
        "  NULL AS album, NULL AS root, NULL AS path "
        "FROM (SELECT MIN(id) AS first FROM album WHERE track_count > 0 "
        "  GROUP BY grouping_key, version, mbid HAVING COUNT(*) > 1) AS pieces "
        "JOIN album ON album.id = pieces.first "
        "WHERE NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'split' "
        "  AND item = CAST(pieces.first AS TEXT)) "
        "ORDER BY pieces.first LIMIT :limit OFFSET :begin",
        more_sql="SELECT first.id AS item, album.title || ' · ' || album.track_count || ' tracks' "
        "  || IFNULL(' · ' || album.year, '') AS text, album.id AS album, "
        "  library.path AS root, track.folder AS path "
        "FROM album AS first JOIN album ON album.grouping_key = first.grouping_key "
        "  AND album.version = first.version AND album.mbid = first.mbid "
        "JOIN track ON track.id = (SELECT id FROM track WHERE album_id = album.id "
        "  AND state = 'present' LIMIT 1) "
        "JOIN library ON library.id = track.library_id "
        "WHERE album.track_count > 0 AND first.id IN (SELECT value FROM json_each(:items)) "
        "ORDER BY first.id, album.id",
    ),
    Check(
        kind="dates",
        icon="calendar-x",
        title="Odd dates",
        means="A year before 1900 or in the future, or tracks of one album that name different "
        "years.",
        do="Correct the date in the tags; the original date has a tag of its own.",
        leave="They are right",
        count_sql="SELECT COUNT(*) FROM (SELECT track.album_id FROM track "
        "JOIN album ON album.id = track.album_id "
        "WHERE track.state = 'present' AND track.year IS NOT NULL GROUP BY track.album_id "
        "HAVING (MIN(track.year) < 1900 OR MAX(track.year) > :latest "
        "  OR (MIN(track.year) != MAX(track.year) AND NOT album.compilation)) "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'dates' "
        "  AND item = CAST(track.album_id AS TEXT)))",
        list_sql="SELECT track.album_id AS item, album.title, album.artist_credit || ' · ' || "
        "  CASE WHEN MIN(track.year) = MAX(track.year) THEN MIN(track.year) "
        "  ELSE MIN(track.year) || ' to ' || MAX(track.year) END AS detail, "
        "  track.album_id AS album, NULL AS root, NULL AS path "
        "FROM track JOIN album ON album.id = track.album_id "
        "WHERE track.state = 'present' AND track.year IS NOT NULL GROUP BY track.album_id "
        "HAVING (MIN(track.year) < 1900 OR MAX(track.year) > :latest "
        "  OR (MIN(track.year) != MAX(track.year) AND NOT album.compilation)) "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'dates' "
        "  AND item = CAST(track.album_id AS TEXT)) "
        "ORDER BY track.album_id LIMIT :limit OFFSET :begin",
    ),
    Check(
        kind="artless",
        icon="image-off",
        title="Without a cover",
        means="No picture lies in these albums' folders or in their files. A cover is drawn for "
        "them instead.",
        do="Put a picture called cover.jpg into the album's folder: it is found within seconds.",
        leave="Keep the drawn one",
        count_sql="SELECT COUNT(*) FROM album WHERE art_id IS NULL AND track_count > 0 "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'artless' "
        "  AND item = CAST(album.id AS TEXT))",
        list_sql="SELECT album.id AS item, album.title, album.artist_credit AS detail, "
        "  album.id AS album, library.path AS root, track.folder AS path FROM album "
        "JOIN track ON track.id = (SELECT id FROM track WHERE album_id = album.id "
        "  AND state = 'present' LIMIT 1) "
        "JOIN library ON library.id = track.library_id "
        "WHERE album.art_id IS NULL AND album.track_count > 0 "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'artless' "
        "  AND item = CAST(album.id AS TEXT)) "
        "ORDER BY album.id LIMIT :limit OFFSET :begin",
    ),
    Check(
        kind="refused-art",
        icon="image-minus",
        title="Pictures that cannot be shown",
        means="These pictures are damaged, of a kind we do not take, or larger than a picture may "
        "be.",
        do="Save them anew as JPEG or PNG, 12,000 pixels to a side at most.",
        remedy="draw",
        count_sql="SELECT COUNT(*) FROM art WHERE made = 2 "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'refused-art' "
        "  AND item = CAST(art.id AS TEXT))",
        list_sql="SELECT art.id AS item, NULL AS title, art.failed AS detail, "
        "  (SELECT album_id FROM track WHERE art_id = art.id LIMIT 1) AS album, "
        "  library.path AS root, art.path "
        "FROM art JOIN library ON library.id = art.library_id WHERE art.made = 2 "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'refused-art' "
        "  AND item = CAST(art.id AS TEXT)) "
        "ORDER BY art.id LIMIT :limit OFFSET :begin",
    ),
    Check(
        kind="sheets",
        icon="list-x",
        title="Cue sheets that do not fit",
        means="These cue sheets cannot be read, or do not fit the file that they cut. The file is "
        "one track until they do.",
        do="Correct the sheet or its name: it is read again when it changes.",
        count_sql="SELECT COUNT(*) FROM (SELECT library_id || '-' || hex(path) AS item FROM sheet "
        "  WHERE problem IS NOT NULL UNION ALL "
        "  SELECT CAST(file_id AS TEXT) FROM cut WHERE problem IS NOT NULL) AS broken "
        "WHERE NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'sheets' "
        "  AND health_pass.item = broken.item)",
        list_sql="SELECT broken.item, NULL AS title, broken.detail, NULL AS album, "
        "  library.path AS root, broken.path "
        "FROM (SELECT library_id || '-' || hex(path) AS item, problem AS detail, library_id, path "
        "  FROM sheet WHERE problem IS NOT NULL UNION ALL "
        "  SELECT CAST(cut.file_id AS TEXT), cut.problem, file.library_id, file.path "
        "  FROM cut JOIN file ON file.id = cut.file_id WHERE cut.problem IS NOT NULL) AS broken "
        "JOIN library ON library.id = broken.library_id "
        "WHERE NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'sheets' "
        "  AND health_pass.item = broken.item) "
        "ORDER BY broken.library_id, broken.path LIMIT :limit OFFSET :begin",
    ),
    Check(
        kind="lists",
        icon="list-x",
        title="Playlists that cannot be read",
        means="These playlist files in your folders were left out.",
        do="Correct or remove the file: it is read again when it changes.",
        count_sql="SELECT COUNT(*) FROM playlist_file WHERE problem IS NOT NULL AND NOT dismissed "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'lists' "
        "  AND item = playlist_file.library_id || '-' || hex(playlist_file.path))",
        list_sql="SELECT playlist_file.library_id || '-' || hex(playlist_file.path) AS item, "
        "  NULL AS title, playlist_file.problem AS detail, NULL AS album, library.path AS root, "
        "  playlist_file.path "
        "FROM playlist_file JOIN library ON library.id = playlist_file.library_id "
        "WHERE playlist_file.problem IS NOT NULL AND NOT playlist_file.dismissed "
        "AND NOT EXISTS (SELECT 1 FROM health_pass WHERE kind = 'lists' "
        "  AND item = playlist_file.library_id || '-' || hex(playlist_file.path)) "
        "ORDER BY playlist_file.library_id, playlist_file.path LIMIT :limit OFFSET :begin",
    ),
    Check(
        kind="libraries-away",
        icon="hard-drive",
        title="Music folders that are away",
        means="These folders are empty, or cannot be reached. Nothing of them is lost.",
        do="Connect and mount the disk: it is noticed within seconds.",
        serious=True,
        leave="",
        count_sql="SELECT COUNT(*) FROM library WHERE state = 'away' AND reason IS NOT :gone",
        list_sql="SELECT id AS item, name AS title, IFNULL(reason, 'it cannot be read') AS detail, "
        "  NULL AS album, path AS root, x'' AS path FROM library WHERE state = 'away' "
        "AND reason IS NOT :gone "
        "ORDER BY id LIMIT :limit OFFSET :begin",
    ),
)
_BY_KIND: Final = {check.kind: check for check in CHECKS}


def check(kind: str) -> Check:
    """The check of that kind; NotFound."""
    if kind not in _BY_KIND:
        raise NotFound(f"check {kind[:40]!r} is not here")
    return _BY_KIND[kind]


async def cards(db: Database) -> list[Card]:
    """All checks with what they came to when they were last counted, the serious ones first."""
    rows = await db.rows(
        "SELECT health.kind, health.count, health.counted_at, "
        "  (SELECT COUNT(*) FROM health_pass WHERE kind = health.kind) AS passed FROM health"
    )
    counted = {row["kind"]: row for row in rows}
    found = [
        Card(each, row["count"], row["counted_at"], row["passed"])
        if (row := counted.get(each.kind)) is not None
        else Card(each, 0, None, 0)
        for each in CHECKS
    ]
    return sorted(found, key=lambda card: not card.check.serious)


async def trouble(db: Database) -> int:
    """How many serious things are wrong, as last counted."""
    row = await db.row("SELECT SUM(count) AS total FROM health WHERE serious")
    return int(row["total"] or 0) if row is not None else 0


async def items(db: Database, kind: str, *, limit: int, begin: int = 0) -> list[Item]:
    """What a check finds now, from the `begin`-th on; NotFound for no check."""
    wanted = check(kind)
    rows = await db.rows(wanted.list_sql, _values(wanted.list_sql, limit=limit, begin=begin))
    lines: dict[str, list[Line]] = {}
    if wanted.more_sql and rows:
        named = msgspec.json.encode([row["item"] for row in rows]).decode()
        for row in await db.rows(wanted.more_sql, {"items": named}):
            path = _path(row["root"], row["path"])
            text = f"{row['text']} · {path}" if path else row["text"]
            lines.setdefault(str(row["item"]), []).append(Line(text, _album(row["album"])))
    return [
        Item(
            item=str(row["item"]),
            title=row["title"] or os.path.basename(row["path"] or b"").decode("utf-8", "replace"),
            detail=row["detail"] or "",
            path=_path(row["root"], row["path"]),
            album=_album(row["album"]),
            lines=_shortened(lines.get(str(row["item"]), [])),
        )
        for row in rows
    ]


async def recount(db: Database, kinds: Sequence[str] = tuple(_BY_KIND)) -> None:
    """Counts anew what is wrong, by all checks or some."""
    now = int(time.time() * 1000)
    counts: list[dict[str, Any]] = []
    for kind in kinds:
        wanted = check(kind)
        row = await db.row(wanted.count_sql, _values(wanted.count_sql))
        counts.append(
            {
                "kind": kind,
                "count": row[0] if row is not None else 0,
                "serious": wanted.serious,
                "now": now,
            }
        )
    async with db.write() as transaction:
        await transaction.execute_many(
            "INSERT OR REPLACE INTO health (kind, count, serious, counted_at) "
            "VALUES (:kind, :count, :serious, :now)",
            counts,
        )


async def set_count(db: Database, kind: str, count: int) -> None:
    """Corrects a count by what was just listed."""
    wanted = check(kind)
    row = await db.row("SELECT count FROM health WHERE kind = :kind", {"kind": kind})
    if row is None or row["count"] == count:
        return
    async with db.write() as transaction:
        await transaction.execute(
            "UPDATE health SET count = :count WHERE kind = :kind",
            {"kind": wanted.kind, "count": count},
        )


async def leave(db: Database, kind: str, item: str) -> None:
    """Takes one thing from a check's list; NotFound where that cannot be."""
    if not check(kind).leave:
        raise NotFound(f"{kind} cannot be left as it is")
    async with db.write() as transaction:
        await transaction.execute(
            "INSERT OR IGNORE INTO health_pass (kind, item, passed_at) VALUES (:kind, :item, :now)",
            {"kind": kind, "item": item, "now": int(time.time() * 1000)},
        )
    await recount(db, [kind])


async def show_again(db: Database, kind: str) -> None:
    """Puts back what was taken from a check's list."""
    check(kind)
    async with db.write() as transaction:
        await transaction.execute("DELETE FROM health_pass WHERE kind = :kind", {"kind": kind})
    await recount(db, [kind])


async def try_again(db: Database, kind: str, item: str | None) -> None:
    """Has one thing, or all that a check finds, read again by the next scan.

    NotFound where trying again is no remedy, or for no such thing.
    """
    remedy = check(kind).remedy
    if remedy == "look":
        await db.batch(partial(_look_again, item))
    elif remedy == "measure":
        file = None if item is None else FileId(_number(item))
        await db.batch(partial(files.measure_again, file=file))
    elif remedy == "draw":
        art = None if item is None else ArtId(_number(item))
        await db.batch(partial(artwork.draw_again, art=art))
    else:
        raise NotFound(f"{kind} cannot be tried again")
    await recount(db, [kind])


def _look_again(item: str | None, connection: sqlite3.Connection) -> None:
    if item is None:
        files.forget_rejected(
            connection,
            [
                (LibraryId(row[0]), row[1])
                for row in connection.execute("SELECT library_id, path FROM rejected").fetchall()
            ],
        )
        return
    library, _, path = item.partition("-")
    try:
        place = (LibraryId(_number(library)), bytes.fromhex(path))
    except ValueError as error:
        raise NotFound("this file is not here") from error
    files.forget_rejected(connection, [place])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotFound("this is not here")
    return int(text)


def _values(sql: str, **named: Any) -> Mapping[str, Any]:
    if ":latest" in sql:
        named["latest"] = time.gmtime().tm_year + _NEXT_YEARS
    if ":gone" in sql:
        named["gone"] = libraries.NOT_CONFIGURED
    return named


def _shortened(lines: Sequence[Line]) -> tuple[Line, ...]:
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    return (*lines[:_MOST_LINES], Line(f"and {len(lines) - _MOST_LINES} more"))


def _path(root: bytes | None, path: bytes | None) -> str | None:
    if root is None or path is None:
        return None
    return (
        os.path.join(root, path).decode("utf-8", "replace")
        if path
        else root.decode("utf-8", "replace")
    )


def _album(number: int | None) -> str | None:
    return None if number is None else ids.public("album", number)
