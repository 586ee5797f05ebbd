"""Pictures of discs and of artists: which rows they belong to, once a scan knows all files.

Everything here runs with the writing connection in its own thread (`Database.batch`). See
`artwork` for what goes before what.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from homestream.ids import ArtistId, LibraryId, TrackId
from homestream.library import artists, artwork, identity, tracks
from homestream.library.batch import Cover, Place
from homestream.library.scope import WHOLE, Scope
from homestream.library.walk import Seen

_SETTING: Final = "pictures_placed"
_LAST: Final = 9  # rank of what has none
ARTISTS_UNDER: Final = (
    "SELECT artist.id, artist.folded, MAX(track.folder = :folder) "
    "FROM track JOIN album_artist ON album_artist.album_id = track.album_id "
    "JOIN artist ON artist.id = album_artist.artist_id "
    "WHERE track.library_id = :library AND track.state = 'present' "
    "AND track.folder >= :folder AND track.folder < :behind "
    "AND (track.folder = :folder OR track.folder > :below) "
    "GROUP BY artist.id"
)


class Pictures(msgspec.Struct, frozen=True):
    """The picture files of one library that a walk saw."""

    library: LibraryId
    files: dict[bytes, Cover]  # by path
    digest: bytes  # the same as long as no picture came, changed or went


def pictures(library: LibraryId, seen: Sequence[Seen]) -> Pictures:
    """What a walk saw, as it is kept until all files are known."""
    files = {picture.path: Cover(picture.path, picture.size, picture.mtime_ns) for picture in seen}
    digest = hashlib.sha256()
    for cover in files.values():
        digest.update(b"%s\0%d\0%d\0" % (cover.path, cover.size, cover.mtime_ns))
    return Pictures(library, files, digest.digest())


def keep(
    connection: sqlite3.Connection, found: Sequence[Pictures], scope: Scope, *, changed: bool
) -> None:
    """Brings the pictures of discs and artists in line with the files that are in `scope` now.

    Costs nothing where all was looked at and neither a picture nor, as `changed` says, a sound
    file did change.
    """
    whole = all(folders == WHOLE for folders in scope.values())
    mark = hashlib.sha256(b"".join(each.digest for each in found)).hexdigest()
    known = connection.execute(
        "SELECT value FROM setting WHERE key = :key", {"key": _SETTING}
    ).fetchone()
    if whole and known is not None and known[0] == mark and not changed:
        return
    _keep_discs(connection, found, scope)
    _keep_artists(connection, found, scope)
    if not whole:
        mark = ""  # the next look at all goes through all
    connection.execute(
        "INSERT INTO setting (key, value) VALUES (:key, :value) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        {"key": _SETTING, "value": mark},
    )


def outdated(connection: sqlite3.Connection, found: Sequence[Pictures], scope: Scope) -> list[int]:
    """Pictures that cannot be shown and whose file is another one now, or gone."""
    by_library = {each.library: each for each in found}
    rows = connection.execute(
        "SELECT id, library_id, path, key FROM art WHERE made = 2 AND NOT embedded "
        "AND NOT EXISTS (SELECT 1 FROM track WHERE track.art_id = art.id) "
        "AND NOT EXISTS (SELECT 1 FROM track WHERE disc_art_id = art.id) "
        "AND NOT EXISTS (SELECT 1 FROM artist WHERE artist.art_id = art.id) "
        "AND NOT EXISTS (SELECT 1 FROM correction WHERE correction.art_id = art.id) "
        "AND NOT EXISTS (SELECT 1 FROM album "
        "  WHERE album.art_id = art.id OR album.cover_id = art.id)"
    ).fetchall()
    gone = []
    for art, library, path, key in rows:
        if library not in by_library or not scope[library].holds(path):
            continue
        now = by_library[library].files.get(path)
        if now is None or artwork.file_key(library, path, now.size, now.mtime_ns) != key:
            gone.append(art)
    return gone


def _keep_discs(connection: sqlite3.Connection, found: Iterable[Pictures], scope: Scope) -> None:
    by_library = {each.library: (each.files, artwork.discs(each.files)) for each in found}
    folders: list[Place] = connection.execute(
        "SELECT library_id, folder FROM track WHERE disc > 1 "
        "UNION SELECT library_id, folder FROM track WHERE disc_art_id IS NOT NULL"
    ).fetchall()
    for library, folder in folders:
        if library not in by_library or not scope[library].lists(folder):
            continue
        rows = connection.execute(
            "SELECT track.id, track.disc, track.disc_subtitle, track.disc_art_id, file.picture, "
            "  file.path FROM track JOIN file ON file.id = track.file_id "
            "WHERE track.library_id = :library AND track.folder = :folder "
            "AND track.state = 'present' ORDER BY track.disc, track.position, track.id",
            {"library": library, "folder": folder},
        ).fetchall()
        files, discs = by_library[library]
        wanted = _of_discs(connection, library, files, discs.get(folder), rows)
        tracks.set_disc_pictures(
            connection,
            {TrackId(row[0]): wanted.get(row[1]) for row in rows if row[3] != wanted.get(row[1])},
        )


def _of_discs(
    connection: sqlite3.Connection,
    library: LibraryId,
    files: Mapping[bytes, Cover],
    discs: artwork.Discs | None,
    rows: Sequence[sqlite3.Row],
) -> dict[int, int]:
    """The picture of each disc of a release, by its number; none where there is one disc."""
    numbers = sorted({row[1] for row in rows})
    if len(numbers) < 2:
        return {}
    inside = {number: _commonest(row[4] for row in rows if row[1] == number) for number in numbers}
    if len(set(inside.values())) == 1:
        inside = {}
    wanted: dict[int, int] = {}
    for number in numbers:
        subtitle = next((row[2] for row in rows if row[1] == number and row[2]), "")
        for path in _candidates(discs, number, subtitle):
            art = tracks.put_cover(connection, library, files[path])
            if art is not None:
                wanted[number] = art
                break
        else:
            if picture := inside.get(number):
                holder = next(row[5] for row in rows if row[4] == picture)
                wanted[number] = artwork.row(
                    connection, library, artwork.INSIDE + picture, holder, embedded=True
                )
    return wanted


def _candidates(discs: artwork.Discs | None, number: int, subtitle: str) -> list[bytes]:
    if discs is None:
        return []
    named = discs.named.get(identity.fold(subtitle)) if subtitle else None
    found = (discs.called.get(number), named, discs.inside.get(number))
    return [path for path in found if path is not None]


def _commonest(pictures: Iterable[bytes]) -> bytes:
    counted = Counter(picture for picture in pictures if picture)
    return max(counted, key=lambda picture: counted[picture], default=b"")


def _keep_artists(connection: sqlite3.Connection, found: Sequence[Pictures], scope: Scope) -> None:
    known = artists.pictures(connection)
    best: dict[ArtistId, tuple[tuple[int, bytes], int]] = {}
    for each in found:
        for folder, (rank, path) in artwork.of_artists(each.files).items():
            owner, own = _artist_of(connection, each.library, folder)
            if owner is None or (own and rank == artwork.FOLDER_RANK):
                continue
            drawn = tracks.put_cover(connection, each.library, each.files[path])
            if drawn is not None:
                # in an album's folder it goes after all that lie above
                candidate = ((rank + 10 * own, path), drawn)
                best[owner] = min(best.get(owner, candidate), candidate)
    wanted: dict[ArtistId, int | None] = {}
    for artist, (art, library, path) in known.items():
        if library in scope and scope[library].holds(path):
            wanted[artist] = None
        elif artist in best:
            # what was not looked at now still holds
            folder = path.rpartition(b"/")[0]
            rank = artwork.of_artists([path]).get(folder, (_LAST, path))[0]
            _, own = _artist_of(connection, library, folder)
            best[artist] = min(best[artist], ((rank + 10 * own, path), art))
    wanted.update({artist: art for artist, (_, art) in best.items()})
    artists.set_pictures(
        connection,
        {
            artist: art
            for artist, art in wanted.items()
            if art != (known[artist][0] if artist in known else None)
        },
    )


def _artist_of(
    connection: sqlite3.Connection, library: LibraryId, folder: bytes
) -> tuple[ArtistId | None, bool]:
    """Whose albums lie in and under a folder, and whether tracks lie in it themselves.

    Who is called as the folder, or the only one there; nobody where it may be several.
    """
    rows = connection.execute(
        ARTISTS_UNDER,
        {
            "library": library,
            "folder": folder,
            "below": folder + b"/",
            "behind": folder + b"0",  # the character after the slash
        },
    ).fetchall()
    own = any(row[2] for row in rows)
    name = identity.fold(folder.rpartition(b"/")[2].decode("utf-8", "replace"))
    called = [row[0] for row in rows if row[1] == name]
    if len(called) == 1:
        return ArtistId(called[0]), own
    return (ArtistId(rows[0][0]) if len(rows) == 1 else None), own
