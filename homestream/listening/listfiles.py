"""Playlists that are files in a library: taken in by each scan, and kept alike.

A list is everybody's who may see its library, and belongs to the first owner's profile. It follows
its file; where the owner says so, what is changed here is written to the file as well. Of two
changes the file's wins. Nothing else ever writes to a library.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import msgspec

from homestream.db.connect import Database, Transaction
from homestream.errors import BadInput, Conflict, MediaError, NotFound
from homestream.formats import m3u, pls, tracklist, xspf
from homestream.formats.tracklist import Entry, Tracklist
from homestream.household import names
from homestream.ids import LibraryId, PlaylistId, ProfileId, TrackId
from homestream.library import catalogue, scan, walk
from homestream.library.lines import Meant, Resolver
from homestream.listening import playlists
from homestream.listening.playlists import Line
from homestream.media import lists
from homestream.media.source import Source
from homestream.visibility import Visibility
from homestream.workers.pool import Pool, Priority

_SECONDS: Final = 15.0
_CHANGED: Final = "The file was changed meanwhile: the list shows what it says now."
Walked = Mapping[LibraryId, scan.Lists]


class Problem(msgspec.Struct, frozen=True):
    """A playlist file that is not taken in, and why."""

    library: LibraryId
    path: str
    reason: str


class _Known(msgspec.Struct, frozen=True):
    """The row of a playlist file."""

    library: LibraryId
    path: bytes
    playlist: PlaylistId | None
    size: int
    mtime_ns: int
    digest: bytes
    both_ways: bool
    dismissed: bool
    problem: str | None


async def take_in(db: Database, pool: Pool, seen: Walked, *, changed: bool, now: float) -> None:
    """Brings playlists in line with the files that a scan saw, by library.

    `changed` tells that sound files came, moved or went: lines without a track are looked at again.
    Nothing is taken in before the house has an owner.
    """
    owner = await _owner(db)
    if owner is None:
        return
    for library, walked in seen.items():
        root, found = walked.root, walked.lists
        known = {
            each.path: each for each in await _of(db, library) if walked.folders.holds(each.path)
        }
        there = {each.path for each in found}
        gone = [each for path, each in known.items() if path not in there]
        for file in found:
            before = known.get(file.path)
            same = before is not None and (before.size, before.mtime_ns) == (
                file.size,
                file.mtime_ns,
            )
            settled = before is not None and (
                before.playlist is not None or before.dismissed or before.problem is not None
            )
            if not (same and settled):
                await _take(db, pool, owner, library, root, file, before, gone, now)
        for each in gone:
            await _forget(db, each)
    if changed:
        await _look_again(db, owner, now)


async def problems(db: Database, *, limit: int) -> list[Problem]:
    """Playlist files that are not taken in, by library and path."""
    rows = await db.rows(
        "SELECT library_id, path, problem FROM playlist_file WHERE problem IS NOT NULL"
        " ORDER BY library_id, path LIMIT :limit",
        {"limit": limit},
    )
    return [
        Problem(
            LibraryId(row["library_id"]),
            bytes(row["path"]).decode("utf-8", "replace"),
            row["problem"],
        )
        for row in rows
    ]


async def upload(
    db: Database,
    pool: Pool,
    visibility: Visibility,
    listener: ProfileId,
    name: str,
    raw: bytes,
    *,
    now: float,
) -> PlaylistId:
    """A playlist of the listener's own from the bytes of a file of that name.

    BadInput for what is no playlist. Lines that mean nothing the listener may see are kept.
    """
    stem, _, suffix = name.rpartition(".")
    if suffix.lower() not in lists.SUFFIXES:
        raise BadInput("playlist file has to end in .m3u, .m3u8, .pls or .xspf")
    if len(raw) > tracklist.MOST_BYTES:
        raise BadInput("playlist file is larger than 2 MB")
    try:
        read = await pool.run(
            lists.parse, raw, suffix.lower(), priority=Priority.INTERACTIVE, timeout=_SECONDS
        )
    except MediaError as error:
        raise BadInput(str(error)) from error
    entries = read.tracklist.entries[: playlists.MOST_TRACKS]

    def find(connection: sqlite3.Connection) -> list[Meant | None]:
        return Resolver(connection).find(entries, None, b"", uris=suffix.lower() == "xspf")

    meant = await db.batch(find)
    wanted = {each.track for each in meant if each is not None}
    visible = await catalogue.tracks_by_id(db, visibility, None, sorted(wanted))
    may = {track.id for track in visible}
    meant = [each if each is not None and each.track in may else None for each in meant]
    async with db.write() as tx:
        await playlists.make_room(tx, listener)
        return await playlists.put(
            tx, listener, None, _name(read.tracklist.name or stem), _lines(entries, meant), now
        )


async def export(
    db: Database, visibility: Visibility, listener: ProfileId, playlist: PlaylistId, kind: str
) -> str:
    """The text of a playlist's file, "m3u8" or "xspf", paths from the libraries' folders on;
    NotFound as in `playlists.one`."""
    head = await playlists.one(db, visibility, listener, playlist)
    found = await playlists.entries(db, visibility, listener, playlist)
    tracks = [each for each in found if isinstance(each, catalogue.Track)]
    places = await _places(db, [track.id for track in tracks])
    entries = []
    for each in found:
        if isinstance(each, playlists.Missing):
            entries.append(Entry(tracklist.one_line(each.said), each.title))
        elif each.id in places:
            entries.append(_entry(each, places[each.id], places[each.id].path))
    made = Tracklist(tuple(entries), head.name)
    return xspf.write(made) if kind == "xspf" else m3u.write(made)


async def set_both_ways(db: Database, playlist: PlaylistId, *, both_ways: bool) -> None:
    """Says whether changes made here are written to the list's file; NotFound, Conflict."""
    async with db.write() as tx:
        row = await tx.row(
            "SELECT path, linked FROM playlist_file WHERE playlist_id = :playlist",
            {"playlist": playlist},
        )
        if row is None:
            raise NotFound("playlist is not in a file")
        if both_ways and row["linked"]:
            raise Conflict("changes can only be written to files, not to links")
        await tx.execute(
            "UPDATE playlist_file SET both_ways = :both_ways, note = NULL"
            " WHERE playlist_id = :playlist",
            {"both_ways": both_ways, "playlist": playlist},
        )


async def ready(db: Database, pool: Pool, playlist: PlaylistId, *, now: float) -> None:
    """Before a change: Conflict where the file says something else by now, which is taken in."""
    known = await _one(db, playlist)
    if known is None or not known.both_ways:
        return
    root = await _root(db, known.library)
    raw = await asyncio.to_thread(_bytes, root, known.path)
    if raw is not None and lists.digest(raw) != known.digest:
        await _taken_again(db, pool, known, root, now)
        raise Conflict(_CHANGED.rstrip("."))


async def write_back(db: Database, pool: Pool, playlist: PlaylistId, *, now: float) -> None:
    """After a change: writes the list to its file, if it is kept alike both ways.

    Lines that mean nothing and remarks are kept. Where the file says something else by now, that
    is taken in instead; where it cannot be written, the page says so.
    """
    known = await _one(db, playlist)
    if known is None or not known.both_ways:
        return
    root = await _root(db, known.library)
    suffix = _suffix(known.path)
    source = Source(path=os.path.join(root, known.path))
    try:
        read = await pool.run(
            lists.read, source, suffix, priority=Priority.INTERACTIVE, timeout=_SECONDS
        )
    except (MediaError, NotFound) as error:
        await _note(db, known, f"The file cannot be written: {error}.")
        return
    if read.digest != known.digest:
        await _taken_again(db, pool, known, root, now)
        return
    text = await _text(db, known, root, read.tracklist, playlist)
    raw, name = _encoded(text, read.charset)
    try:
        status = await asyncio.to_thread(_replace, root, known.path, raw, read.digest)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        await _note(db, known, f"The file cannot be written: {reason}.")
        return
    if status is None:
        await _taken_again(db, pool, known, root, now)
        return
    async with db.write() as tx:
        await tx.execute(
            "UPDATE playlist_file SET size = :size, mtime_ns = :mtime_ns, digest = :digest,"
            " note = :note WHERE playlist_id = :playlist",
            {
                "size": status.st_size,
                "mtime_ns": status.st_mtime_ns,
                "digest": lists.digest(raw),
                "note": None
                if name == read.charset
                else "The file is written as UTF-8 now: its old charset lacks some signs.",
                "playlist": playlist,
            },
        )


async def remove(
    db: Database, visibility: Visibility, listener: ProfileId, playlist: PlaylistId
) -> None:
    """Deletes a playlist of the listener's; one in a file comes back when the file changes."""
    head = await playlists.one(db, visibility, listener, playlist)
    if not head.mine:
        raise NotFound("playlist is not here")
    async with db.write() as tx:
        await tx.execute(
            "UPDATE playlist_file SET dismissed = 1, playlist_id = NULL, note = NULL"
            " WHERE playlist_id = :playlist",
            {"playlist": playlist},
        )
        await playlists.drop(tx, playlist)


# taking in ---------------------------------------------------------------------------------------


async def _take(
    db: Database,
    pool: Pool,
    owner: ProfileId,
    library: LibraryId,
    root: bytes,
    file: walk.Seen,
    before: _Known | None,
    gone: list[_Known],
    now: float,
) -> None:
    """Reads one file and writes its list. A file that was renamed keeps its list."""
    values = {
        "library": library,
        "path": file.path,
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "linked": file.target is not None,
    }
    suffix = _suffix(file.path)
    source = Source(path=file.target or os.path.join(root, file.path))
    try:
        read = await pool.run(lists.read, source, suffix, priority=Priority.SCAN, timeout=_SECONDS)
    except (MediaError, NotFound) as error:
        async with db.write() as tx:
            await _put(tx, values, before, None, b"", str(error), None)
            if before is not None and before.playlist is not None:
                await playlists.drop(tx, before.playlist)
        return
    if before is None:
        moved = next((each for each in gone if each.digest == read.digest), None)
        if moved is not None:
            gone.remove(moved)
            async with db.write() as tx:
                await tx.execute(
                    "UPDATE playlist_file SET path = :path, size = :size, mtime_ns = :mtime_ns,"
                    " linked = :linked WHERE library_id = :library AND path = :before",
                    {**values, "before": moved.path},
                )
            before = msgspec.structs.replace(moved, path=file.path)
    if before is not None and before.dismissed and before.digest == read.digest:
        async with db.write() as tx:
            await _put(tx, values, before, None, read.digest, None, None)
        return
    entries = read.tracklist.entries[: playlists.MOST_TRACKS]
    folder = os.path.dirname(file.path)

    def find(connection: sqlite3.Connection) -> list[Meant | None]:
        return Resolver(connection).find(entries, library, folder, uris=suffix == "xspf")

    meant = await db.batch(find)
    stem = os.path.splitext(os.path.basename(file.path))[0].decode("utf-8", "replace")
    more = len(read.tracklist.entries) > len(entries)
    note = f"Only the first {playlists.MOST_TRACKS:,} lines are taken in." if more else None
    async with db.write() as tx:
        playlist = await playlists.put(
            tx,
            owner,
            before.playlist if before is not None else None,
            _name(read.tracklist.name or stem),
            _lines(entries, meant),
            now,
        )
        await _put(tx, values, before, playlist, read.digest, None, note)


async def _put(
    tx: Transaction,
    values: Mapping[str, object],
    before: _Known | None,
    playlist: PlaylistId | None,
    digest: bytes,
    problem: str | None,
    note: str | None,
) -> None:
    await tx.execute(
        "INSERT OR REPLACE INTO playlist_file (library_id, path, playlist_id, size, mtime_ns,"
        " digest, linked, both_ways, dismissed, problem, note) VALUES (:library, :path, :playlist,"
        " :size, :mtime_ns, :digest, :linked, :both_ways, :dismissed, :problem, :note)",
        {
            **values,
            "playlist": playlist,
            "digest": digest,
            "both_ways": before is not None and before.both_ways,
            "dismissed": playlist is None and before is not None and before.dismissed,
            "problem": problem,
            "note": note,
        },
    )


async def _forget(db: Database, known: _Known) -> None:
    """A file that went takes its list along; one that was changed here too stays as the owner's."""
    async with db.write() as tx:
        await tx.execute(
            "DELETE FROM playlist_file WHERE library_id = :library AND path = :path",
            {"library": known.library, "path": known.path},
        )
        if known.playlist is not None and not known.both_ways:
            await playlists.drop(tx, known.playlist)


async def _look_again(db: Database, owner: ProfileId, now: float) -> None:
    """Finds tracks for lines that had none."""
    rows = await db.rows(
        "SELECT DISTINCT g.playlist_id, f.library_id, f.path FROM playlist_gap g"
        " LEFT JOIN playlist_file f ON f.playlist_id = g.playlist_id"
    )
    for row in rows:
        playlist = PlaylistId(row["playlist_id"])
        if row["library_id"] is None:
            continue  # one that was uploaded: its owner may not see what is found by now
        library, path = LibraryId(row["library_id"]), bytes(row["path"])
        async with db.write() as tx:
            before = await playlists.lines(tx, playlist)
            head = await tx.row("SELECT name FROM playlist WHERE id = :id", {"id": playlist})
        gaps = [line for line in before if line.track is None]
        entries = [
            Entry(
                line.said,
                start=line.start_ms / 1000 if line.start_ms is not None else None,
            )
            for line in gaps
        ]

        def find(
            connection: sqlite3.Connection,
            entries: Sequence[Entry] = entries,
            library: LibraryId = library,
            path: bytes = path,
        ) -> list[Meant | None]:
            return Resolver(connection).find(
                entries, library, os.path.dirname(path), uris=_suffix(path) == "xspf"
            )

        meant = await db.batch(find)
        if head is None or not any(meant):
            continue
        found = iter(meant)
        after = [line if line.track is not None else _line(line, next(found)) for line in before]
        async with db.write() as tx:
            await playlists.put(tx, owner, playlist, head["name"], after, now)


async def _taken_again(db: Database, pool: Pool, known: _Known, root: bytes, now: float) -> None:
    """Takes in a file that was changed while its list was."""
    owner = await _owner(db)
    path = os.path.join(root, known.path)
    try:
        status = await asyncio.to_thread(os.lstat, path)
    except OSError:
        await _note(db, known, "The file is not there any more.")
        return
    seen = walk.Seen(walk.Kind.LIST, known.path, status.st_size, status.st_mtime_ns, status.st_ino)
    if owner is not None:
        await _take(db, pool, owner, known.library, root, seen, known, [], now)
        await _note(db, known, _CHANGED)


def _lines(entries: Sequence[Entry], meant: Sequence[Meant | None]) -> list[Line]:
    return [
        _line(
            Line(
                None,
                None,
                tracklist.one_line(entry.said),
                entry.title,
                round(entry.start * 1000) if entry.start is not None else None,
            ),
            each,
        )
        for entry, each in zip(entries, meant, strict=True)
    ]


def _line(line: Line, meant: Meant | None) -> Line:
    return line if meant is None else Line(meant.track, meant.recording)


def _name(text: str) -> str:
    """A name for a list, whatever its file is called."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    for candidate in (plain.strip()[: names.LONGEST], "Playlist"):
        with suppress(BadInput):
            return names.clean(candidate, "playlist name")
    return "Playlist"


# writing -----------------------------------------------------------------------------------------


class _Place(msgspec.Struct, frozen=True):
    """Where a track's file lies, and which part of it the track is, in seconds."""

    library: LibraryId
    root: bytes
    path: bytes
    start: float | None


async def _places(db: Database, tracks: Sequence[TrackId]) -> dict[TrackId, _Place]:
    rows = await db.rows(
        "SELECT track.id, library.id AS library, library.path AS root, file.path, track.part,"
        " track.begin_samples * 1.0 / file.sample_rate AS start FROM track"
        " JOIN file ON file.id = track.file_id JOIN library ON library.id = file.library_id"
        " WHERE track.id IN (SELECT value FROM json_each(:tracks))",
        {"tracks": msgspec.json.encode(sorted(set(tracks))).decode()},
    )
    return {
        TrackId(row["id"]): _Place(
            row["library"], row["root"], row["path"], row["start"] if row["part"] else None
        )
        for row in rows
    }


def _entry(track: catalogue.Track, place: _Place, path: bytes) -> Entry:
    return Entry(
        path.decode("utf-8", "surrogateescape"),
        tracklist.one_line(f"{track.artist_credit} - {track.title}"),
        track.duration,
        place.start,
    )


async def _text(
    db: Database, known: _Known, root: bytes, before: Tracklist, playlist: PlaylistId
) -> str:
    """What the file is to say: lines that are still in the list as they were written."""
    folder = os.path.dirname(known.path)
    xml = _suffix(known.path) == "xspf"

    def find(connection: sqlite3.Connection) -> list[Meant | None]:
        return Resolver(connection).find(before.entries, known.library, folder, uris=xml)

    meant = await db.batch(find)
    written: dict[object, list[Entry]] = {}
    for entry, each in zip(before.entries, meant, strict=True):
        key = each.recording if each is not None else tracklist.one_line(entry.said)
        written.setdefault(key, []).append(entry)
    async with db.write() as tx:
        wanted = await playlists.lines(tx, playlist)
    new = [line.track for line in wanted if line.track is not None]
    tracks = {
        track.id: track
        for track in await catalogue.tracks_by_id(db, Visibility(), None, sorted(set(new)))
    }
    places = await _places(db, new)
    backwards = any("\\" in entry.said for entry in before.entries) and not any(
        "/" in entry.said for entry in before.entries
    )
    entries: list[Entry] = []
    for line in wanted:
        own = written.get(line.recording if line.track is not None else line.said)
        if own:
            entries.append(own.pop(0))
        elif line.track is None:
            entries.append(Entry(unquote(line.said) if xml else line.said, line.title))
        elif line.track in tracks and line.track in places:
            place = places[line.track]
            path = os.path.join(place.root, place.path)
            if place.library == known.library:
                path = _below(place.path, folder)
            entry = _entry(tracks[line.track], place, path)
            if backwards and not xml:
                entry = msgspec.structs.replace(entry, said=entry.said.replace("/", "\\"))
            entries.append(entry)
    made = msgspec.structs.replace(before, entries=tuple(entries))
    if xml:
        return xspf.write(made)
    return pls.write(made) if _suffix(known.path) == "pls" else m3u.write(made)


def _below(path: bytes, folder: bytes) -> bytes:
    """A path in a library as it is written in a file in one of its folders."""
    return os.path.relpath(b"/" + path, b"/" + folder)


def _encoded(text: str, charset: str) -> tuple[bytes, str]:
    """The bytes of a text in its charset, or in UTF-8 with its mark where that lacks a sign."""
    if charset in ("utf-8", "utf-8-sig"):
        marked = charset == "utf-8-sig"
        raw = text.encode("utf-8", "surrogateescape")
        return (b"\xef\xbb\xbf" + raw if marked else raw), charset
    try:
        return text.encode(charset), charset
    except UnicodeEncodeError:
        return b"\xef\xbb\xbf" + text.encode("utf-8", "surrogateescape"), "utf-8-sig"


def _bytes(root: bytes, path: bytes) -> bytes | None:
    """What a playlist file holds; None where it cannot be read."""
    try:
        fd = os.open(os.path.join(root, path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        return file.read(tracklist.MOST_BYTES + 1)


def _replace(root: bytes, path: bytes, raw: bytes, digest: bytes) -> os.stat_result | None:
    """Puts other bytes in the place of a file that still has that digest; None if it has not.

    Written beside and renamed, with the rights of the old one. OSError.
    """
    before = _bytes(root, path)
    if before is None or lists.digest(before) != digest:
        return None
    whole = os.path.join(root, path)
    folder = os.path.dirname(whole)
    real = os.path.realpath(root)
    if os.path.commonpath([real, os.path.realpath(folder)]) != real:
        raise PermissionError(1, "folder lies elsewhere")
    mode = stat.S_IMODE(os.lstat(whole).st_mode)
    with tempfile.NamedTemporaryFile(
        dir=folder, prefix=b".homestream-", suffix=b".part", delete=False
    ) as beside:
        try:
            beside.write(raw)
            beside.flush()
            os.fchmod(beside.fileno(), mode)
            os.fsync(beside.fileno())
            os.rename(beside.name, whole)
        except OSError:
            Path(os.fsdecode(beside.name)).unlink(missing_ok=True)
            raise
    return os.lstat(whole)


# rows --------------------------------------------------------------------------------------------

_ROW: Final = (
    "SELECT library_id, path, playlist_id, size, mtime_ns, digest, both_ways, dismissed, problem"
    " FROM playlist_file "
)


async def _of(db: Database, library: LibraryId) -> list[_Known]:
    rows = await db.rows(_ROW + "WHERE library_id = :library", {"library": library})
    return [_known(row) for row in rows]


async def _one(db: Database, playlist: PlaylistId) -> _Known | None:
    row = await db.row(_ROW + "WHERE playlist_id = :playlist", {"playlist": playlist})
    return _known(row) if row is not None else None


def _known(row: sqlite3.Row) -> _Known:
    return _Known(
        row["library_id"],
        row["path"],
        row["playlist_id"],
        row["size"],
        row["mtime_ns"],
        row["digest"],
        bool(row["both_ways"]),
        bool(row["dismissed"]),
        row["problem"],
    )


async def _owner(db: Database) -> ProfileId | None:
    row = await db.row(
        "SELECT p.id FROM profile p JOIN account a ON a.id = p.account_id"
        " WHERE a.role = 'owner' AND NOT a.disabled ORDER BY a.id, p.id LIMIT 1"
    )
    return ProfileId(row["id"]) if row is not None else None


async def _root(db: Database, library: LibraryId) -> bytes:
    row = await db.row("SELECT path FROM library WHERE id = :id", {"id": library})
    if row is None:
        raise NotFound("library is not here")
    return bytes(row["path"])


async def _note(db: Database, known: _Known, note: str) -> None:
    async with db.write() as tx:
        await tx.execute(
            "UPDATE playlist_file SET note = :note WHERE library_id = :library AND path = :path",
            {"note": note, "library": known.library, "path": known.path},
        )


def _suffix(path: bytes) -> str:
    return os.path.splitext(path)[1][1:].lower().decode("ascii", "replace")
