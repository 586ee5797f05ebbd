"""Covers: which picture file stands for a folder, and the thumbnails made of it, kept on disk.

Pictures are never served as they were found: workers read them and draw them anew. A row of `art`
is one picture as it once was, so what was made for its id holds for ever.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from homestream.db.connect import Database
from homestream.errors import MediaError, NotFound
from homestream.ids import ArtId, LibraryId
from homestream.library import grouping
from homestream.media import late
from homestream.media.source import Source
from homestream.visibility import Visibility
from homestream.workers.pool import Pool, Priority

if TYPE_CHECKING:
    from homestream.media import artwork
else:
    artwork = late.module("homestream.media.artwork")

INSIDE: Final = b"inside\n"  # begins the key of a picture in a sound file; its hash follows

_NAMED: Final = (re.compile(rb"cover"), re.compile(rb"folder"), re.compile(rb"front"))
# pictures that lie beside music and are no covers of it
_OTHERS: Final = re.compile(
    rb"artist|band|fanart|backdrop|background|banner|logo|thumb|back|inlay|inside|tray|booklet|"
    rb"cd|dis[ck]|label|matrix|spectr|poster",
    re.IGNORECASE,
)
_SECONDS: Final = 15.0

# the thumbnails that are being made, by cache folder and picture: all who ask wait for one making
_making: dict[tuple[Path, ArtId], asyncio.Task[None]] = {}


def covers(pictures: Iterable[bytes]) -> dict[bytes, bytes]:
    """The picture that stands for each release folder, of the paths of all picture files.

    cover.*, folder.*, front.*, names that begin so, or else the only one in its folder.
    """
    by_folder: dict[bytes, list[bytes]] = {}
    for path in pictures:
        by_folder.setdefault(os.path.dirname(path), []).append(path)
    best: dict[bytes, tuple[tuple[int, bool, bytes], bytes]] = {}
    for paths in by_folder.values():
        for path in paths:
            rank = _rank(path, alone=len(paths) == 1)
            if rank is None:
                continue
            folder, disc = grouping.release_folder(path)
            candidate = ((rank, disc is not None, path), path)
            best[folder] = min(best.get(folder, candidate), candidate)
    return {folder: path for folder, (_, path) in best.items()}


def _rank(path: bytes, *, alone: bool) -> int | None:
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0].lower()
    for rank, pattern in enumerate(_NAMED):
        if pattern.fullmatch(stem):
            return rank
    for rank, pattern in enumerate(_NAMED, len(_NAMED)):
        if pattern.match(stem):
            return rank
    if alone and folder and not _OTHERS.match(stem):
        return 2 * len(_NAMED)
    return None


async def thumbnail(
    db: Database,
    pool: Pool,
    folder: Path,
    visibility: Visibility,
    art: ArtId,
    size: int,
    kind: str,
) -> Path:
    """The file of one thumbnail in the cache at `folder`, made unless it is there.

    `size` and `kind` are of those that `media.artwork` makes. NotFound where there is no such
    picture, none may be seen, or none can be made of it.
    """
    if size not in artwork.SIZES or kind not in artwork.KINDS:
        raise NotFound(f"picture of size {size} as {kind} is not made")
    row = await db.row(
        "SELECT made FROM art WHERE id = :art AND ("
        "  EXISTS (SELECT 1 FROM track WHERE track.art_id = art.id "
        "    AND (:explicit OR NOT track.explicit) AND (:libraries IS NULL "
        "      OR track.library_id IN (SELECT value FROM json_each(:libraries)))) "
        "  OR EXISTS (SELECT 1 FROM album JOIN track ON track.album_id = album.id "
        "    WHERE album.cover_id = art.id AND (:explicit OR NOT track.explicit) "
        "    AND (:libraries IS NULL "
        "      OR track.library_id IN (SELECT value FROM json_each(:libraries)))) "
        # pictures that are offered to be chosen are shown by nothing yet
        "  OR (:explicit AND :libraries IS NULL))",
        {
            "art": art,
            "explicit": visibility.explicit,
            "libraries": _json(visibility.libraries),
        },
    )
    if row is None or row["made"] == 2:
        raise NotFound(f"picture {art} is not here")
    path = _path(folder, art, size, kind)
    if not await asyncio.to_thread(path.exists):
        await _made(db, pool, folder, art, Priority.INTERACTIVE)
    return path


async def make_all(db: Database, pool: Pool, folder: Path) -> None:
    """Makes the thumbnails that were not made yet, in the background."""
    last = 0
    while True:
        rows = await db.rows(
            "SELECT id FROM art WHERE made = 0 AND id > :last ORDER BY id LIMIT 16", {"last": last}
        )
        if not rows:
            return
        last = rows[-1]["id"]
        made = await asyncio.gather(
            *(_made(db, pool, folder, ArtId(row["id"]), Priority.BACKGROUND) for row in rows),
            return_exceptions=True,
        )
        for problem in made:
            # of one picture, and noted in its row; or its file is gone, which the next scan sees
            if isinstance(problem, BaseException) and not isinstance(problem, NotFound):
                raise problem


def forget(folder: Path, pictures: Sequence[ArtId]) -> None:
    """Removes the thumbnails of pictures that are shown no more. Blocks."""
    for art in pictures:
        for size in artwork.SIZES:
            for kind in artwork.KINDS:
                _path(folder, art, size, kind).unlink(missing_ok=True)


async def _made(db: Database, pool: Pool, folder: Path, art: ArtId, priority: Priority) -> None:
    """Waits for the one making of a picture's thumbnails."""
    key = (folder, art)
    if key not in _making:
        _making[key] = asyncio.create_task(_make(db, pool, folder, art, priority))
        _making[key].add_done_callback(partial(_done, key))
    await asyncio.shield(_making[key])


def _done(key: tuple[Path, ArtId], task: asyncio.Task[None]) -> None:
    del _making[key]
    if not task.cancelled():
        task.exception()  # whoever waits is told


async def _make(db: Database, pool: Pool, folder: Path, art: ArtId, priority: Priority) -> None:
    source, embedded = await _source(db, art)
    try:
        made = await pool.run(
            artwork.thumbnails, source, embedded, priority=priority, timeout=_SECONDS
        )
    except MediaError as error:
        await db.batch(partial(_set_drawn, art=art, made=2, colour=None, failed=str(error)))
        raise NotFound(f"picture {art} cannot be shown: {error}") from error
    await asyncio.to_thread(_keep, folder, art, made.pictures)
    await db.batch(partial(_set_drawn, art=art, made=1, colour=made.colour, failed=None))


async def _source(db: Database, art: ArtId) -> tuple[Source, bool]:
    """Where a picture lies: in a file of its own, or in any sound file that holds it."""
    row = await db.row(
        "SELECT art.key, art.path, art.embedded, library.path AS root "
        "FROM art JOIN library ON library.id = art.library_id WHERE art.id = :art",
        {"art": art},
    )
    if row is None:
        raise NotFound(f"picture {art} is not here")
    if not row["embedded"]:
        return Source(path=os.path.join(row["root"], row["path"])), False
    file = await db.row(
        "SELECT file.path, file.target, library.path AS root FROM file "
        "JOIN library ON library.id = file.library_id "
        "WHERE file.picture = :picture AND file.picture != x'' AND file.state = 'present' "
        "ORDER BY file.id LIMIT 1",
        {"picture": bytes(row["key"]).removeprefix(INSIDE)},
    )
    if file is None:
        raise NotFound(f"picture {art} is away")
    return Source(path=file["target"] or os.path.join(file["root"], file["path"])), True


def row(
    connection: sqlite3.Connection, library: LibraryId, key: bytes, path: bytes, *, embedded: bool
) -> int:
    """The id of a picture's row, made when there is none yet, inside a scan's batch."""
    found = connection.execute("SELECT id FROM art WHERE key = :key", {"key": key}).fetchone()
    if found is not None:
        return int(found[0])
    return (
        connection.execute(
            "INSERT INTO art (library_id, key, path, embedded) "
            "VALUES (:library, :key, :path, :embedded)",
            {"library": library, "key": key, "path": path, "embedded": embedded},
        ).lastrowid
        or 0
    )


def drop(connection: sqlite3.Connection, pictures: Iterable[int]) -> None:
    """Removes rows of pictures that nothing shows any more, inside a scan's batch."""
    connection.executemany("DELETE FROM art WHERE id = :id", [{"id": each} for each in pictures])


def draw_again(connection: sqlite3.Connection, art: ArtId | None) -> None:
    """Has thumbnails tried once more of a picture they could not be made of, or of all (None)."""
    connection.execute(
        "UPDATE art SET made = 0, failed = NULL WHERE made = 2 AND (:art IS NULL OR id = :art)",
        {"art": art},
    )


def _set_drawn(
    connection: sqlite3.Connection, art: ArtId, made: int, colour: str | None, failed: str | None
) -> None:
    """Notes what came of a picture: 1 drawn, with its colour, or 2 failed, with the reason."""
    connection.execute(
        "UPDATE art SET made = :made, colour = :colour, failed = :failed WHERE id = :art",
        {"art": art, "made": made, "colour": colour, "failed": failed},
    )


def _keep(folder: Path, art: ArtId, pictures: Mapping[str, bytes]) -> None:
    """Writes thumbnails beside their places and renames them there."""
    for name, data in pictures.items():
        size, kind = name.split(".")
        path = _path(folder, art, int(size), kind)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f"{path.name}.{os.getpid()}.part")
        beside.write_bytes(data)
        beside.replace(path)


def _path(folder: Path, art: ArtId, size: int, kind: str) -> Path:
    return folder / str(art // 1000) / f"{art}-{size}.{kind}"


def _json(libraries: frozenset[int] | None) -> str | None:
    return None if libraries is None else str(sorted(libraries))
