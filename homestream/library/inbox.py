"""The inbox: new files that are looked at before they go into a library.

A file comes from a browser, or lies in a folder that the configuration names. It is read and
decoded in a worker, compared with what we have, and shown with where it would go. On approval it is
moved there, never over another file; a refusal deletes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast

import msgspec

from homestream.db.connect import Database
from homestream.errors import BadInput, Conflict, MediaError, NoRoom, NotFound
from homestream.ids import AccountId, InboxId, LibraryId, TrackId
from homestream.library import describe, filing, identity, reunion, scope, walk
from homestream.library.sameness import Sound
from homestream.library.scope import Folders
from homestream.media import analyse, probe, soundness
from homestream.media.facts import LOSSLESS, Facts
from homestream.media.source import Source
from homestream.visibility import EVERYTHING, Visibility
from homestream.workers.pool import Pool, Priority

log = logging.getLogger(__name__)

LEFT_FREE: Final = 200_000_000  # bytes of the disk that uploads leave alone
LOOK_SECONDS: Final = 3.0
_PIECE: Final = 1 << 20
_PIECE_SECONDS: Final = 60.0  # a browser that sends nothing for so long has gone
_READ_SECONDS: Final = 20.0
_DECODE_SECONDS: Final = 180.0
_MOST_NAME: Final = 250  # characters
_MOST_NUMBERS: Final = 1_000
_SAME_SECONDS: Final = 2.0
_PRINT_SECONDS: Final = 10.0  # shorter sounds have no print

State = Literal["new", "good", "refused"]
Twin = Literal["same", "better", "worse", "alike"]


class Have(msgspec.Struct, frozen=True):
    """A track that is here already. What is new is the `same` sound, or a better, worse or alike
    quality of what seems to be the same song.
    """

    track: TrackId
    title: str
    album: str
    quality: str
    twin: Twin


class Found(msgspec.Struct, frozen=True):
    """What a file was found to be."""

    title: str = ""
    artist: str = ""
    album: str = ""
    album_artist: str = ""
    year: int | None = None
    disc: int = 1
    discs: int = 1
    track: int | None = None
    genre: str = ""
    tagged: bool = False
    duration: float = 0.0  # seconds
    quality: str = ""  # "FLAC 44.1 kHz 16 bit"
    warnings: tuple[str, ...] = ()
    have: Have | None = None


class Entry(msgspec.Struct, frozen=True):
    """One file that waits."""

    id: InboxId
    name: str
    place: Literal["upload", "folder"]
    account: AccountId | None
    size: int
    state: State
    reason: str | None
    found: Found
    goes_to: str  # below the library's folder; empty until it was read
    arrived_at: int  # Unix ms


class Settings(msgspec.Struct, frozen=True):
    folder: bytes = b""  # that is looked at; empty: none
    library: str = ""
    pattern: str = filing.PATTERN
    largest_bytes: int = 2 * 10**9
    quota_bytes: int = 20 * 10**9


Touch = Callable[[LibraryId, Folders], None]


class Inbox:
    """The inbox of one house. `folder` keeps what was uploaded; `touch` tells of a filed file."""

    def __init__(
        self, db: Database, pool: Pool, folder: Path, settings: Settings, touch: Touch | None = None
    ) -> None:
        """BadInput for a pattern that cannot be meant."""
        filing.check(settings.pattern)
        self._db = db
        self._pool = pool
        self._folder = folder
        self._settings = settings
        self._touch = touch
        self._bell = asyncio.Event()
        self._reserved = 0  # bytes of uploads that are coming in
        self._filing = asyncio.Lock()
        self._seen: dict[bytes, tuple[int, int]] = {}  # size and mtime_ns at the last look

    async def run(self) -> None:
        """Looks at what comes in, until cancelled."""
        await self._tidy()
        self._bell.set()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), LOOK_SECONDS)
            self._bell.clear()
            if self._settings.folder:
                await self._look()
            await self._read_new()

    # coming in -----------------------------------------------------------------------------------

    async def receive(
        self,
        name: str,
        account: AccountId,
        pieces: AsyncIterator[bytes],
        length: int | None,
    ) -> Entry:
        """Takes one uploaded file. Its name is kept for people and never used as a path.

        BadInput for what is no music by its suffix or too large, NoRoom where there is none.
        """
        shown = _shown(name)
        suffix = os.path.splitext(shown)[1].lower()
        if walk.kind_of(os.fsencode(shown)) is not walk.Kind.SOUND:
            raise BadInput(f"{shown[-40:]!r} has not the suffix of a music file")
        most = self._settings.largest_bytes
        if length is not None and length > most:
            raise BadInput(f"file is larger than {_size(most)}, the most that is taken")
        await self._make_room(length or 0)
        stored = secrets.token_hex(16) + suffix
        beside = self._folder / f"{stored}.part"
        self._reserved += length or 0
        try:
            size = await self._write(beside, pieces, most)
            await asyncio.to_thread(os.replace, beside, self._folder / stored)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoRoom("the disk is full: nothing was kept") from error
            raise
        finally:
            self._reserved -= length or 0
            await asyncio.to_thread(beside.unlink, missing_ok=True)
        status = await asyncio.to_thread(os.stat, self._folder / stored)
        try:
            entry = await self._insert(
                "upload", os.fsencode(stored), shown, account, size, status.st_mtime_ns
            )
        except sqlite3.Error:  # the disk of the database is full
            await asyncio.to_thread(os.unlink, self._folder / stored)
            raise
        self._bell.set()
        return await self.get(entry)

    async def _make_room(self, length: int) -> None:
        await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        row = await self._db.row("SELECT SUM(size) AS size FROM inbox WHERE place = 'upload'")
        waiting = (row["size"] or 0) if row is not None else 0
        if waiting + self._reserved + length > self._settings.quota_bytes:
            raise NoRoom(
                f"the inbox is full ({_size(self._settings.quota_bytes)}): file or remove what "
                "waits there"
            )
        free = (await asyncio.to_thread(shutil.disk_usage, self._folder)).free
        if length + self._reserved + LEFT_FREE > free:
            raise NoRoom("the disk is full: nothing was kept")

    async def _write(self, beside: Path, pieces: AsyncIterator[bytes], most: int) -> int:
        """Writes what comes to a file and syncs it; its size."""
        size = 0
        file = await asyncio.to_thread(_created, beside)
        try:
            held = bytearray()
            while True:
                try:
                    async with asyncio.timeout(_PIECE_SECONDS):
                        piece = await anext(pieces, b"")
                except TimeoutError:
                    raise BadInput("the file stopped coming") from None
                held += piece
                size += len(piece)
                if size > most:
                    raise BadInput(f"file is larger than {_size(most)}, the most that is taken")
                if len(held) >= _PIECE or not piece:
                    await asyncio.to_thread(_put, file, bytes(held))
                    held.clear()
                if not piece:
                    await asyncio.to_thread(os.fsync, file)
                    return size
        finally:
            os.close(file)

    async def _look(self) -> None:
        """Takes note of what lies in the inbox folder and has stopped growing."""
        root = self._settings.folder
        try:
            seen = await asyncio.to_thread(_listed, root)
        except NotFound:
            return
        rows = await self._db.rows(
            "SELECT id, path, size, mtime_ns FROM inbox WHERE place = 'folder'"
        )
        known = {bytes(row["path"]): row for row in rows}
        for path in set(known) - set(seen):
            await self._forget(InboxId(known[path]["id"]))
        for path, stamp in seen.items():
            row = known.get(path)
            if row is not None and (row["size"], row["mtime_ns"]) == stamp:
                continue
            if self._seen.get(path) != stamp:
                continue  # it may still grow
            if row is not None:
                await self._forget(InboxId(row["id"]))
            name = os.path.basename(path).decode("utf-8", "replace")
            await self._insert("folder", path, _shown(name), None, *stamp)
        self._seen = seen

    async def _insert(
        self,
        place: str,
        path: bytes,
        name: str,
        account: AccountId | None,
        size: int,
        mtime_ns: int,
    ) -> InboxId:
        async with self._db.write() as transaction:
            return InboxId(
                await transaction.insert(
                    "INSERT INTO inbox (place, path, name, account_id, size, mtime_ns, state, "
                    "  arrived_at) "
                    "VALUES (:place, :path, :name, :account, :size, :mtime_ns, 'new', :now)",
                    {
                        "place": place,
                        "path": path,
                        "name": name,
                        "account": account,
                        "size": size,
                        "mtime_ns": mtime_ns,
                        "now": time.time_ns() // 1_000_000,
                    },
                )
            )

    async def _tidy(self) -> None:
        """Removes what an end in the middle left: half files, and files without a row."""
        rows = await self._db.rows("SELECT path FROM inbox WHERE place = 'upload'")
        kept = {bytes(row["path"]) for row in rows}
        await asyncio.to_thread(_remove_others, self._folder, kept)

    # looking at it -------------------------------------------------------------------------------

    async def _read_new(self) -> None:
        for row in await self._db.rows("SELECT * FROM inbox WHERE state = 'new' ORDER BY id"):
            entry, path = InboxId(row["id"]), self._path(row)
            try:
                found = await self._examine(path, row["name"])
            except NotFound:
                await self._forget(entry)
            except MediaError as error:
                await self._set(entry, "refused", str(error), Found())
            else:
                await self._set(entry, "good", None, found)

    async def _examine(self, path: bytes, name: str) -> Found:
        """What a file is, by two workers' words; MediaError says why it is no music."""
        source = Source(path=path)
        (read,) = await self._pool.run(
            probe.read, [source], [name], priority=Priority.BACKGROUND, timeout=_READ_SECONDS
        )
        if isinstance(read, probe.Refused):
            raise MediaError(read.reason)
        flaws = await self._pool.run(
            soundness.flaws,
            source,
            read.facts,
            priority=Priority.BACKGROUND,
            timeout=_DECODE_SECONDS,
        )
        told = describe.describe(read.tags, os.fsencode(name))
        warnings = list(flaws)
        if not told.tagged:
            warnings.append("it has no title in its tags: the name was made of the file's name")
        if not told.album_titled:
            warnings.append("it names no album")
        have = await self._have(read, told, await self._heard(source, read, told))
        return Found(
            title=told.title,
            artist=told.artist_credit,
            album=told.album_title,
            album_artist=told.album_artist_credit or told.artist_credit,
            year=told.original_year or told.year,
            disc=told.disc,
            discs=max(read.tags.disc_total or 1, told.disc),
            track=told.position,
            genre=told.genres[0] if told.genres else "",
            tagged=told.tagged,
            duration=read.facts.duration,
            quality=_quality(
                read.facts.codec, read.facts.sample_rate, read.facts.bit_depth, read.facts.bit_rate
            ),
            warnings=tuple(warnings),
            have=have,
        )

    async def _heard(
        self, source: Source, read: probe.Read, told: describe.Description
    ) -> Sound | None:
        """What a file sounds like; None where that is too little to know it by."""
        if read.facts.duration < _PRINT_SECONDS:
            return None
        found = await self._pool.run(
            analyse.analyse,
            source,
            read.facts,
            priority=Priority.BACKGROUND,
            timeout=_DECODE_SECONDS,
        )
        if not found.print:
            return None
        rate, silence = read.facts.sample_rate, found.lead_samples + found.trail_samples
        return Sound(
            duration_ms=round(found.samples * 1000 / rate),
            sound_ms=round(max(0, found.samples - silence) * 1000 / rate),
            lead_ms=round(found.lead_samples * 1000 / rate),
            bits=found.print,
            course=found.course,
            packets=found.packets,
            title=told.title if told.tagged else "",
            explicit=told.explicit,
            mbid=read.tags.recording_mbid,
        )

    async def _have(
        self, read: probe.Read, told: describe.Description, sound: Sound | None
    ) -> Have | None:
        """The track that is here already: by its sound or, where one of the two has too little of
        it, by its names and length."""
        row = await self._db.row(
            "SELECT track.id, track.title, track.album_title, file.codec, file.sample_rate, "
            "  file.bit_depth, file.bit_rate FROM recording_key "
            "JOIN track ON track.recording_id = recording_key.recording_id "
            "JOIN file ON file.id = track.file_id "
            "WHERE recording_key.kind = 'audio' AND recording_key.key = :key "
            "AND track.state = 'present' ORDER BY track.id LIMIT 1",
            {"key": read.audio_key},
        )
        if row is not None:
            return _twin(row, "same")
        if sound is not None and (like := await reunion.known(self._db, sound)) is not None:
            row = await self._db.row(
                "SELECT track.id, track.title, track.album_title, file.codec, file.sample_rate, "
                "  file.bit_depth, file.bit_rate FROM track JOIN file ON file.id = track.file_id "
                "WHERE track.recording_id = (SELECT recording_id FROM track "
                "  WHERE file_id = :file AND part = 0) AND track.state = 'present' "
                "ORDER BY file.bit_depth IS NULL, file.bit_rate DESC, track.id LIMIT 1",
                {"file": like},
            )
            if row is not None:
                return _compared(row, read.facts)
        artist = identity.fold(told.artist_credit)
        for row in await self._db.rows(
            "SELECT track.id, track.title, track.album_title, track.artist_credit, "
            "  track.duration_ms, file.codec, file.sample_rate, file.bit_depth, file.bit_rate "
            "FROM track JOIN file ON file.id = track.file_id "
            "WHERE track.sort_title = :title AND track.state = 'present' "
            "AND NOT (:heard AND EXISTS (SELECT 1 FROM print "
            "  WHERE print.file_id = file.id AND print.bits != x'')) LIMIT 100",
            {"title": told.sort_title, "heard": sound is not None},
        ):
            apart = abs(row["duration_ms"] / 1000 - read.facts.duration)
            if identity.fold(row["artist_credit"]) == artist and apart <= _SAME_SECONDS:
                return _compared(row, read.facts)
        return None

    async def _set(self, entry: InboxId, state: str, reason: str | None, found: Found) -> None:
        async with self._db.write() as transaction:
            await transaction.execute(
                "UPDATE inbox SET state = :state, reason = :reason, found = :found WHERE id = :id",
                {
                    "id": entry,
                    "state": state,
                    "reason": reason,
                    "found": msgspec.json.encode(found).decode(),
                },
            )

    async def _forget(self, entry: InboxId) -> None:
        async with self._db.write() as transaction:
            await transaction.execute("DELETE FROM inbox WHERE id = :id", {"id": entry})

    # asking --------------------------------------------------------------------------------------

    async def entries(
        self,
        account: AccountId | None = None,
        *,
        visibility: Visibility = EVERYTHING,
        limit: int = 500,
    ) -> list[Entry]:
        """What waits, the newest first: all of it, or what one account sent.

        Of what is here already, nothing is told that may not be seen.
        """
        rows = await self._db.rows(
            "SELECT * FROM inbox WHERE :account IS NULL OR account_id = :account "
            "ORDER BY id DESC LIMIT :limit",
            {"account": account, "limit": limit},
        )
        return await self._seen_by(visibility, [self._entry(row) for row in rows])

    async def get(
        self,
        entry: InboxId,
        account: AccountId | None = None,
        *,
        visibility: Visibility = EVERYTHING,
    ) -> Entry:
        """One file that waits; NotFound, also for what another account sent."""
        (found,) = await self._seen_by(visibility, [self._entry(await self._row(entry, account))])
        return found

    async def _seen_by(self, visibility: Visibility, entries: list[Entry]) -> list[Entry]:
        """Entries without the tracks that may not be seen."""
        if visibility == EVERYTHING:
            return entries
        rows = await self._db.rows(
            "SELECT id FROM track WHERE id IN (SELECT value FROM json_each(:tracks)) "
            "AND (:explicit OR NOT explicit) AND (:libraries IS NULL "
            "  OR library_id IN (SELECT value FROM json_each(:libraries)))",
            {
                "tracks": _json(each.found.have.track for each in entries if each.found.have),
                "explicit": visibility.explicit,
                "libraries": None if visibility.libraries is None else _json(visibility.libraries),
            },
        )
        seen = {row["id"] for row in rows}
        return [
            each
            if each.found.have is None or each.found.have.track in seen
            else msgspec.structs.replace(each, found=msgspec.structs.replace(each.found, have=None))
            for each in entries
        ]

    # deciding ------------------------------------------------------------------------------------

    async def file(self, entry: InboxId, library: LibraryId | None = None) -> str:
        """Moves a file into a library, by default the configured one; its path there.

        Conflict while it is not known to be good, or where the library cannot be written to.
        """
        async with self._filing:
            row = await self._row(entry, None)
            waiting = self._entry(row)
            if waiting.state != "good":
                raise Conflict(waiting.reason or "the file is being looked at")
            target, root = await self._library(library)
            try:
                path = await asyncio.to_thread(_move, self._path(row), root, waiting.goes_to)
            except FileNotFoundError as error:
                raise NotFound("the file is no longer there") from error
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise NoRoom("the disk is full: the file stays in the inbox") from error
                raise Conflict(
                    "the library's folder cannot be written to: "
                    f"{os.strerror(error.errno or 0).lower()}"
                ) from error
            await self._forget(entry)
        log.info("filed from the inbox", extra={"library": target})
        if self._touch is not None:
            self._touch(target, scope.of_file(os.fsencode(path)))
        return path

    async def reject(self, entry: InboxId, account: AccountId | None = None) -> None:
        """Deletes a file that waits; NotFound, also for what another account sent."""
        row = await self._row(entry, account)
        try:
            await asyncio.to_thread(os.unlink, self._path(row))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise Conflict(
                f"the file cannot be removed: {os.strerror(error.errno or 0)}"
            ) from error
        await self._forget(entry)

    async def _row(self, entry: InboxId, account: AccountId | None) -> sqlite3.Row:
        row = await self._db.row(
            "SELECT * FROM inbox WHERE id = :id AND (:account IS NULL OR account_id = :account)",
            {"id": entry, "account": account},
        )
        if row is None:
            raise NotFound("this file is not in the inbox")
        return row

    async def _library(self, wanted: LibraryId | None) -> tuple[LibraryId, bytes]:
        """The library to file to, and its folder; Conflict where there is none."""
        row = await self._db.row(
            "SELECT id, path FROM library WHERE state = 'present' "
            "AND (:id IS NULL OR id = :id) AND (:id IS NOT NULL OR :name = '' OR name = :name) "
            "ORDER BY id LIMIT 1",
            {"id": wanted, "name": self._settings.library},
        )
        if row is None:
            raise Conflict("the library to file to is not there")
        return LibraryId(row["id"]), bytes(row["path"])

    def _path(self, row: sqlite3.Row) -> bytes:
        base = os.fsencode(self._folder) if row["place"] == "upload" else self._settings.folder
        return os.path.join(base, row["path"])

    def _entry(self, row: sqlite3.Row) -> Entry:
        found = msgspec.json.decode(row["found"], type=Found)
        goes_to = ""
        if row["state"] == "good":
            suffix = os.path.splitext(os.fsdecode(row["path"]))[1].lower()
            goes_to = filing.path(self._settings.pattern, _values(found), suffix)
        return Entry(
            id=InboxId(row["id"]),
            name=row["name"],
            place=row["place"],
            account=row["account_id"],
            size=row["size"],
            state=cast(State, row["state"]),
            reason=row["reason"],
            found=found,
            goes_to=goes_to,
            arrived_at=row["arrived_at"],
        )


def _values(found: Found) -> dict[str, str | int | None]:
    return {
        "albumartist": found.album_artist,
        "artist": found.artist,
        "album": found.album,
        "title": found.title,
        "year": found.year,
        "disc": f"{found.disc}-" if found.discs > 1 else "",
        "track": found.track,
        "genre": found.genre,
    }


def _shown(name: str) -> str:
    """A sender's name for a file, as far as it can be shown: the last part of it alone."""
    last = name.replace("\\", "/").rpartition("/")[2]
    text = "".join(each if each.isprintable() else " " for each in last).strip()
    stem, suffix = os.path.splitext(text)
    return (stem[: _MOST_NAME - len(suffix)] or "file") + suffix


def _created(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def _put(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def _listed(root: bytes) -> dict[bytes, tuple[int, int]]:
    """Size and mtime_ns by path of the music in a folder."""
    return {
        seen.path: (seen.size, seen.mtime_ns)
        for seen in walk.walk(root, [root])
        if seen.kind is walk.Kind.SOUND and not seen.refused and seen.target is None
    }


def _remove_others(folder: Path, kept: set[bytes]) -> None:
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(os.fsencode(folder)):
            if entry.is_file(follow_symlinks=False) and entry.name not in kept:
                os.unlink(entry.path)


def _move(source: bytes, root: bytes, wanted: str) -> str:
    """Moves a file to a path below `root`, or to one with a number where there is a file already.

    Across file systems it is copied beside its place, synced, and then named.
    """
    stem, suffix = os.path.splitext(wanted)
    folder = _made_folder(root, os.path.dirname(wanted))
    name = os.path.basename(stem)
    beside = os.path.join(folder, b".homestream-" + secrets.token_hex(8).encode())
    status = os.stat(source, follow_symlinks=False)
    if status.st_dev == os.stat(folder).st_dev:
        with contextlib.suppress(PermissionError):  # in the inbox folder it may be another's
            os.chmod(source, 0o644)
        ready = source
    else:
        _copy(source, beside)
        ready = beside
    try:
        for number in range(1, _MOST_NUMBERS):
            last = filing.numbered(name, suffix, number)
            try:
                _name(ready, os.path.join(folder, os.fsencode(last)))
            except FileExistsError:
                continue
            _sync(folder)
            if ready != source:
                os.unlink(source)
            return os.path.join(os.path.dirname(wanted), last)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
    raise FileExistsError(errno.EEXIST, "there are too many files of that name")


def _made_folder(root: bytes, below: str) -> bytes:
    """The folder of that path, made where it is missing; none of it is a link that leads out."""
    here = os.path.realpath(root)
    folder = root
    for part in filter(None, below.split("/")):
        folder = os.path.join(folder, os.fsencode(part))
        real = os.path.realpath(folder)
        if not real.startswith(here.rstrip(b"/") + b"/"):
            raise Conflict("the folder it would go to leads out of the library")
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)
    return folder


def _copy(source: bytes, target: bytes) -> None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(source, flags), "rb") as read, open(target, "xb") as written:
        shutil.copyfileobj(read, written, _PIECE)
        written.flush()
        os.fchmod(written.fileno(), 0o644)
        os.fsync(written.fileno())


def _name(ready: bytes, target: bytes) -> None:
    """Gives a file its place; FileExistsError where there is one. Never writes over another."""
    try:
        os.link(ready, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "there is a file of that name") from None
        os.rename(ready, target)
        return
    os.unlink(ready)


def _sync(folder: bytes) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # a network folder may not know how
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _compared(row: sqlite3.Row, facts: Facts) -> Have:
    ours = _rank(row["codec"], row["sample_rate"], row["bit_depth"], row["bit_rate"])
    new = _rank(facts.codec, facts.sample_rate, facts.bit_depth, facts.bit_rate)
    return _twin(row, "better" if new > ours else "worse" if new < ours else "alike")


def _twin(row: sqlite3.Row, twin: Twin) -> Have:
    return Have(
        track=TrackId(row["id"]),
        title=row["title"],
        album=row["album_title"],
        quality=_quality(row["codec"], row["sample_rate"], row["bit_depth"], row["bit_rate"]),
        twin=twin,
    )


def _rank(codec: str, rate: int, depth: int | None, bit_rate: int | None) -> tuple[Any, ...]:
    """What is better is larger: lossless before lossy, then by resolution or by bit rate."""
    lossless = codec in LOSSLESS or codec.startswith("pcm_")
    if lossless:
        return (1, (depth or 16), rate)
    return (0, (bit_rate or 0) // 16_000, 0)


def _quality(codec: str, rate: int, depth: int | None, bit_rate: int | None) -> str:
    name = "WAV" if codec.startswith("pcm_") else codec.upper()
    if codec in LOSSLESS or codec.startswith("pcm_"):
        return f"{name} {rate / 1000:g} kHz" + (f" {depth} bit" if depth else "")
    return f"{name} {round(bit_rate / 1000)} kbit/s" if bit_rate else name


def _json(numbers: Iterable[int]) -> str:
    return msgspec.json.encode(sorted(numbers)).decode()


def _size(count: int) -> str:
    return f"{count / 1e9:g} GB" if count >= 10**9 else f"{count / 1e6:g} MB"


def good(entries: Sequence[Entry]) -> list[Entry]:
    """Those that nothing speaks against: no warning, and not here already."""
    return [
        entry
        for entry in entries
        if entry.state == "good" and not entry.found.warnings and entry.found.have is None
    ]
