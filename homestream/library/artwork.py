"""Pictures: which file stands for what, and the thumbnails made of them, kept on disk.

This is the one place that says which picture goes first; docs/pictures.md says it to people.

- A track shows its disc's picture, if that has one, and else its own.
- Its own: cover.*, folder.*, front.* and what begins so in its release's folder; the one inside its
  file, the front cover before others; any other picture in the folder, the first by name.
- A disc of several: disc1.*, cd1.* and the like; a file that is called as the disc's subtitle; any
  picture in the disc's own folder, in the order above; the one inside its files, where those of
  the discs differ. A disc.* without a number counts in the disc's own folder alone.
- An album: the picture that most of its tracks have as their own.
- An artist: artist.*, band.*, fanart.* and what begins so in the folder above their albums;
  folder.* there; artist.* and the like in the folder of an album; the cover of their newest album.

Pictures are never served as they were found: workers read them and draw them anew. A row of `art`
is one picture as it once was, so what was made for its id holds for ever.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from homestream.db.connect import Database
from homestream.errors import MediaError, NotFound
from homestream.ids import ArtId, LibraryId
from homestream.library import grouping, identity
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
_OF_ARTISTS: Final = tuple(re.compile(name) for name in (rb"artist", rb"band", rb"fanart"))
_OF_DISC: Final = re.compile(rb"(?:cd|dis[ck])(?![a-z])[ _.#-]*0*(\d{1,2})?(?!\d)")
_MOST_NAMED: Final = 200  # pictures of a folder that may be called as a disc
_SECONDS: Final = 15.0
_SMALL_BYTES: Final = 48 << 10
_MOST_HELD: Final = 256  # thumbnails: 4 MB, as they are

# the thumbnails that are being made, by cache folder and picture: all who ask wait for one making
_making: dict[tuple[Path, ArtId], asyncio.Task[None]] = {}
# small thumbnails that were asked for last, the oldest first
_held: dict[tuple[Path, ArtId, int, str], bytes] = {}


class Discs(msgspec.Struct, frozen=True):
    """The pictures of a release's discs: by number as they are called, by folded name as a
    subtitle may be, and by number as they lie in the discs' folders."""

    called: dict[int, bytes]
    named: dict[str, bytes]
    inside: dict[int, bytes]


class Failed(msgspec.Struct, frozen=True):
    """A picture that cannot be shown, and why."""

    id: ArtId
    library: LibraryId
    path: str  # absolute, as far as it can be shown: of the picture, or of a file that holds it
    inside: bool  # a sound file
    reason: str


def covers(pictures: Iterable[bytes]) -> dict[bytes, bytes]:
    """The picture that stands for each release folder, of the paths of all picture files."""
    best: dict[bytes, tuple[tuple[int, bool, bytes], bytes]] = {}
    for path in pictures:
        rank = _rank(path)
        if rank is None:
            continue
        folder, disc = grouping.release_folder(path)
        candidate = ((rank, disc is not None, path), path)
        best[folder] = min(best.get(folder, candidate), candidate)
    return {folder: path for folder, (_, path) in best.items()}


def is_named(path: bytes) -> bool:
    """Whether a picture is called as covers are, so that it goes before those inside files."""
    rank = _rank(path)
    return rank is not None and rank < 2 * len(_NAMED)


def discs(pictures: Iterable[bytes]) -> dict[bytes, Discs]:
    """Pictures that may be those of a release's discs, by its folder."""
    found: dict[bytes, Discs] = {}
    inside: dict[tuple[bytes, int], tuple[int, bytes]] = {}
    for path in sorted(pictures):
        folder, disc = grouping.release_folder(path)
        stem = _stem(path)
        known = found.get(folder) or found.setdefault(folder, Discs({}, {}, {}))
        called = _OF_DISC.match(stem)
        if called is not None and (called[1] or disc is not None):
            known.called.setdefault(int(called[1]) if called[1] else disc or 0, path)
            continue
        rank = _rank(path)
        if disc is not None and rank is not None:
            candidate = (rank, path)
            inside[folder, disc] = min(inside.get((folder, disc), candidate), candidate)
        if len(known.named) < _MOST_NAMED:
            known.named.setdefault(identity.fold(stem.decode("utf-8", "replace")), path)
    for (folder, disc), (_, path) in inside.items():
        found[folder].inside[disc] = path
    return found


def of_artists(pictures: Iterable[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """Pictures that may be of an artist, by folder; each with its rank, the least the best."""
    found: dict[bytes, tuple[int, bytes]] = {}
    for path in pictures:
        folder, stem = os.path.dirname(path), _stem(path)
        patterns = enumerate((*_OF_ARTISTS, re.compile(rb"folder")))
        rank = next((rank for rank, pattern in patterns if pattern.match(stem)), None)
        if rank is None or not folder:
            continue
        found[folder] = min(found.get(folder, (rank, path)), (rank, path))
    return found


FOLDER_RANK: Final = len(_OF_ARTISTS)  # of folder.*, which may be a cover as well


def file_key(library: LibraryId, path: bytes, size: int, mtime_ns: int) -> bytes:
    """What a picture file is known by: another one at its place has another key."""
    return hashlib.sha256(b"%d\n%s\n%d\n%d" % (library, path, size, mtime_ns)).digest()


def _stem(path: bytes) -> bytes:
    return os.path.splitext(os.path.basename(path))[0].lower()


def _rank(path: bytes) -> int | None:
    """How well a picture is called to be a cover, 0 the best; None where it is of something else.

    Below twice the number of _NAMED it is called as covers are.
    """
    stem = _stem(path)
    for rank, pattern in enumerate(_NAMED):
        if pattern.fullmatch(stem):
            return rank
    for rank, pattern in enumerate(_NAMED, len(_NAMED)):
        if pattern.match(stem):
            return rank
    return 2 * len(_NAMED) if os.path.dirname(path) and not _OTHERS.match(stem) else None


async def kept(
    db: Database,
    pool: Pool,
    folder: Path,
    visibility: Visibility,
    art: ArtId,
    size: int,
    kind: str,
) -> bytes | Path:
    """One thumbnail: its bytes where it is small, else its file; see `thumbnail`.

    Those that were asked for last are held in memory; who may see them is remembered until
    anything is written to the database.
    """
    place = (folder, art, size, kind)
    await _check_seen(db, visibility, art)
    held = _held.pop(place, None)
    if held is not None:
        _held[place] = held  # the last one now
        return held
    path = await thumbnail(db, pool, folder, visibility, art, size, kind)
    data = await asyncio.to_thread(_read_if_small, path)
    if data is None:
        return path
    _held[place] = data
    while len(_held) > _MOST_HELD:
        del _held[next(iter(_held))]
    return data


def _read_if_small(path: Path) -> bytes | None:
    with path.open("rb") as file:
        data = file.read(_SMALL_BYTES + 1)
    return data if len(data) <= _SMALL_BYTES else None


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
    await _check_seen(db, visibility, art)
    path = _path(folder, art, size, kind)
    if not await asyncio.to_thread(path.exists):
        await _made(db, pool, folder, art, Priority.INTERACTIVE)
    return path


async def _check_seen(db: Database, visibility: Visibility, art: ArtId) -> None:
    """NotFound where there is no such picture, none may be seen, or none can be made of it."""
    asked = {
        "art": art,
        "explicit": visibility.explicit,
        "libraries": _json(visibility.libraries),
    }
    row = await db.remembered(("picture", visibility, art), lambda: db.row(_SEEN_ART, asked))
    if row is None or row["made"] == 2:
        raise NotFound(f"picture {art} is not here")


async def blurs(db: Database, pictures: Iterable[ArtId]) -> dict[ArtId, str]:
    """A few pixels of pictures that were drawn, WebP in base64, to show until they have come."""
    wanted = sorted(set(pictures))
    if not wanted:
        return {}
    rows = await db.rows(
        "SELECT id, blur FROM art WHERE id IN (SELECT value FROM json_each(:ids)) "
        "AND blur IS NOT NULL",
        {"ids": str(wanted)},
    )
    return {ArtId(row["id"]): row["blur"] for row in rows}


async def colour(db: Database, picture: ArtId | None) -> str | None:
    """The colour that stands for a picture, "#rrggbb"; None until it was drawn."""
    row = await db.row("SELECT colour FROM art WHERE id = :art", {"art": picture})
    return row["colour"] if row is not None else None


async def failed(db: Database, *, limit: int, begin: int = 0) -> list[Failed]:
    """Pictures that cannot be shown, by library and path, from the `begin`-th on."""
    rows = await db.rows(
        "SELECT art.id, art.library_id, art.path, art.embedded, art.failed, library.path AS root "
        "FROM art JOIN library ON library.id = art.library_id WHERE art.made = 2 "
        "ORDER BY art.library_id, art.path, art.id LIMIT :limit OFFSET :begin",
        {"limit": limit, "begin": begin},
    )
    return [
        Failed(
            id=ArtId(row["id"]),
            library=LibraryId(row["library_id"]),
            path=os.path.join(row["root"], row["path"]).decode("utf-8", "replace"),
            inside=bool(row["embedded"]),
            reason=row["failed"] or "picture is damaged",
        )
        for row in rows
    ]


_SEEN_TRACK: Final = (
    "(:explicit OR NOT track.explicit) AND (:libraries IS NULL "
    "OR track.library_id IN (SELECT value FROM json_each(:libraries)))"
)
# what was chosen or found for several libraries may lie where not everybody may look
_IN_SEEN: Final = (
    "(:libraries IS NULL OR art.library_id IN (SELECT value FROM json_each(:libraries)))"
)
_SEEN_ART: Final = f"""
SELECT made FROM art WHERE id = :art AND (
  EXISTS (SELECT 1 FROM track WHERE track.art_id = art.id AND {_SEEN_TRACK})
  OR EXISTS (SELECT 1 FROM track WHERE track.disc_art_id = art.id AND {_SEEN_TRACK})
  OR EXISTS (SELECT 1 FROM album JOIN track ON track.album_id = album.id
    WHERE album.cover_id = art.id AND {_IN_SEEN} AND {_SEEN_TRACK})
  OR EXISTS (SELECT 1 FROM artist JOIN track_artist ON track_artist.artist_id = artist.id
    JOIN track ON track.id = track_artist.track_id
    WHERE artist.art_id = art.id AND {_IN_SEEN} AND {_SEEN_TRACK})
  OR EXISTS (SELECT 1 FROM artist JOIN album_artist ON album_artist.artist_id = artist.id
    JOIN track ON track.album_id = album_artist.album_id
    WHERE artist.art_id = art.id AND {_IN_SEEN} AND {_SEEN_TRACK})
  -- pictures that are offered to be chosen are shown by nothing yet
  OR (:explicit AND :libraries IS NULL))"""  # noqa: S608 - of this module's constants


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
        await db.batch(partial(_set_drawn, art=art, made=2, failed=str(error)))
        raise NotFound(f"picture {art} cannot be shown: {error}") from error
    await asyncio.to_thread(_keep, folder, art, made.pictures)
    await db.batch(partial(_set_drawn, art=art, made=1, colour=made.colour, blur=made.blur))


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
    connection: sqlite3.Connection,
    art: ArtId,
    made: int,
    *,
    colour: str | None = None,
    blur: str | None = None,
    failed: str | None = None,
) -> None:
    """Notes what came of a picture: 1 drawn, with its colours, or 2 failed, with the reason."""
    connection.execute(
        "UPDATE art SET made = :made, colour = :colour, blur = :blur, failed = :failed "
        "WHERE id = :art",
        {"art": art, "made": made, "colour": colour, "blur": blur, "failed": failed},
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
