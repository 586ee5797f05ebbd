"""Cutting long files into the tracks that cue sheets tell of.

A part is a track like any other: with names of its own, an album, and a recording that is known by
the file's sound and the range in it. Where the sheet changes, a part that is (nearly) the same
range stays the same track; one that no sheet tells of any more keeps its row and its plays. The
whole file is offered wherever its sheet cannot be used, with the reason in the sheet's row.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from homestream.db.connect import Database
from homestream.errors import BadInput, MediaError
from homestream.formats import cue
from homestream.ids import FileId, LibraryId, RecordingId, TrackId
from homestream.library import (
    albums,
    catalogue,
    describe,
    files,
    ingest,
    recordings,
    sheets,
    tracks,
    walk,
)
from homestream.library.albums import Touched
from homestream.library.batch import Batch, Cover
from homestream.library.files import Found
from homestream.library.scope import Folders, Place
from homestream.library.tracks import Part
from homestream.media import late
from homestream.media import sheets as media
from homestream.media.facts import Facts
from homestream.media.source import Source
from homestream.workers.pool import Pool, Priority

if TYPE_CHECKING:
    from homestream.media import tags
else:
    tags = late.module("homestream.media.tags")

_BATCH: Final = 32  # sheets read by one job
_FILES: Final = 20  # cut in one transaction
_SECONDS: Final = 20.0
_ALIKE: Final = 0.9  # of two ranges together is in both: they are one part
_LAST: Final = b"\xff" * 4097  # behind every path
# an estimated length may be this much too short
_DOUBT: Final = 1.05
_REAL: Final = re.compile(r"[-+]?\d{1,4}(?:[.,]\d{1,9})?")
_YEAR: Final = re.compile(r"(?<!\d)\d{4}(?!\d)")
_PAST: Final = "its cue sheet is not used: a track begins after the end of the file"


class Plan(msgspec.Struct, frozen=True):
    """How a file is to be cut: nothing in `pieces` where it is not, for a reason or for none."""

    file: FileId
    sheet: cue.Sheet | None
    pieces: tuple[cue.Piece, ...]
    problem: str | None = None


class _File(msgspec.Struct, frozen=True):
    """A present file, as far as it is needed to cut it."""

    seen: ingest.FileSeen
    audio_key: bytes
    picture: bytes
    facts: Facts
    tags: str  # JSON of the whole


class Seen(msgspec.Struct, frozen=True):
    """What a walk saw of a library: in which folders, and the sheets there."""

    root: bytes
    folders: Folders
    sheets: list[walk.Seen]


async def cut_all(
    db: Database,
    pool: Pool,
    walked: Mapping[LibraryId, Seen],
    covers: Mapping[Place, Cover],
    now: int,
) -> Touched:
    """Brings the parts of files in line with the sheets that a walk saw; what that touched,
    already counted."""
    for library, seen in walked.items():
        await _read(db, pool, library, seen)
    await _parse(db, pool)
    every = Touched()
    for library, seen in walked.items():
        plans = await db.batch(partial(_plans, library, seen.folders))
        for at in range(0, len(plans), _FILES):
            touched = await db.batch(
                partial(_cut, plans=plans[at : at + _FILES], covers=covers, now=now)
            )
            every.fresh += touched.fresh
            every.left += touched.left
    return every


def recheck(connection: sqlite3.Connection, file: FileId) -> None:
    """Offers the whole of a file whose parts lie past the end that it turned out to have."""
    row = connection.execute(
        "SELECT file.samples, cut.stamp, cut.sample_rate, MAX(track.begin_samples) FROM file "
        "JOIN cut ON cut.file_id = file.id JOIN track ON track.file_id = file.id "
        "WHERE file.id = :file AND track.part != 0 AND NOT track.retired "
        "HAVING MAX(track.begin_samples) >= file.samples",
        {"file": file},
    ).fetchone()
    if row is None:
        return
    touched = Touched()
    _offer(connection, file, (), touched)
    sheets.set_cut(connection, file, sheets.Cut(row[1], row[2], _PAST))
    albums.refresh(connection, touched)


async def _read(db: Database, pool: Pool, library: LibraryId, seen: Seen) -> None:
    """Reads the sheets that came or changed."""
    new = await db.batch(
        partial(sheets.changed, library=library, folders=seen.folders, seen=seen.sheets)
    )
    for at in range(0, len(new), _BATCH):
        batch = new[at : at + _BATCH]
        sources = [Source(path=each.target or os.path.join(seen.root, each.path)) for each in batch]
        try:
            answers = await pool.run(media.read, sources, priority=Priority.SCAN, timeout=_SECONDS)
        except MediaError as error:
            answers = [media.Refused(str(error)) for _ in batch]
        read = list(zip(batch, answers, strict=True))
        await db.batch(partial(sheets.put, library=library, read=read))


async def _parse(db: Database, pool: Pool) -> None:
    """Parses the sheets that were met in tags."""
    waiting = await db.batch(sheets.unparsed)
    for at in range(0, len(waiting), _BATCH):
        batch = waiting[at : at + _BATCH]
        try:
            answers = await pool.run(
                media.parse,
                [text for _, text in batch],
                priority=Priority.SCAN,
                timeout=_SECONDS,
            )
        except MediaError as error:
            answers = [media.Refused(str(error)) for _ in batch]
        read = [(file, answer) for (file, _), answer in zip(batch, answers, strict=True)]
        await db.batch(partial(sheets.put_inside, read=read))


# which file each sheet tells of ------------------------------------------------------------------


def _plans(library: LibraryId, folders: Folders, connection: sqlite3.Connection) -> list[Plan]:
    """How files of a library are to be cut, of those that are or have to do with a sheet.

    A sheet beside a file goes before the one in its tags, because a person can see and mend it.
    """
    plans: dict[FileId, Plan] = {}
    problems: dict[Place, str | None] = {}
    for each in sheets.beside(connection, library, folders):
        folder = os.path.dirname(each.place[1])
        found, missing = _files_of(each, _sounds(connection, library, folder))
        reason = None
        if missing:
            named = ", ".join(repr(name) for name in missing[:3])
            reason = f"it names files that are not here: {named}"
        for number, file in found.items():
            plan = _plan(file, each.sheet, number)
            if file not in plans or plans[file].problem is not None:
                plans[file] = plan
        problems[each.place] = reason
    for file, sheet in sheets.inside(connection, library, folders).items():
        if file not in plans or not plans[file].pieces:
            plans[file] = _plan(file, sheet, 0)
    for file in sheets.cuts(connection, library, folders):
        plans.setdefault(file, Plan(file, None, ()))
    sheets.set_problems(connection, problems)
    return list(plans.values())


def _plan(file: FileId, sheet: cue.Sheet, number: int) -> Plan:
    try:
        return Plan(file, sheet, cue.pieces(sheet, number))
    except BadInput as error:
        return Plan(file, sheet, (), f"its cue sheet is not used: {error}")


def _sounds(
    connection: sqlite3.Connection, library: LibraryId, folder: bytes
) -> dict[bytes, FileId]:
    """The present files in a folder and below, by path."""
    prefix = folder + b"/" if folder else b""
    return {
        row[0]: row[1]
        for row in connection.execute(
            "SELECT path, id FROM file WHERE library_id = :library AND state = 'present' "
            "AND path >= :prefix AND path < :end",
            {"library": library, "prefix": prefix, "end": folder + b"0" if folder else _LAST},
        )
    }


def _files_of(
    beside: sheets.Beside, sounds: Mapping[bytes, FileId]
) -> tuple[dict[int, FileId], list[str]]:
    """The files that a sheet's tracks lie in, by their number in it, and names of those that are
    not there.

    Names may be written in another case or composition, with a folder of another machine, and
    with the suffix that the file had before it was encoded. A sheet of one file may be called as
    that file is.
    """
    sheet, path = beside.sheet, beside.place[1]
    folder = os.path.dirname(path)
    near = {_fold(name): file for name, file in sounds.items() if os.path.dirname(name) == folder}
    stems = {_stem(name): file for name, file in near.items()}
    below = {
        _fold(name[len(folder) + 1 if folder else 0 :], whole=True): file
        for name, file in sounds.items()
    }
    found: dict[int, FileId] = {}
    missing: list[str] = []
    for number in sorted({track.file for track in sheet.tracks if track.sound}):
        written = sheet.files[number].replace("\\", "/")
        name = _fold(os.fsencode(written))
        file = below.get(_fold(os.fsencode(written), whole=True)) or near.get(name)
        file = file or stems.get(_stem(name)) or stems.get(name)
        if file is None and len(sheet.files) == 1:
            own = _fold(path)
            file = stems.get(_stem(own)) or near.get(_stem(own))
        if file is None:
            missing.append(sheet.files[number])
        elif file not in found.values():
            found[number] = file
    return found, missing


def _fold(path: bytes, *, whole: bool = False) -> str:
    name = path if whole else path.rpartition(b"/")[2]
    return unicodedata.normalize("NFC", name.decode("utf-8", "replace")).casefold()


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]


# cutting -----------------------------------------------------------------------------------------


def _cut(
    connection: sqlite3.Connection,
    plans: Sequence[Plan],
    covers: Mapping[Place, Cover],
    now: int,
) -> Touched:
    batch = Batch(connection, covers, now)
    for plan in plans:
        _cut_one(batch, plan)
    batch.flush()
    albums.refresh(connection, batch.touched)
    return batch.touched


def _cut_one(batch: Batch, plan: Plan) -> None:
    connection = batch.connection
    row = connection.execute(
        "SELECT file.*, track.tags AS tags, cut.stamp AS stamp, cut.sample_rate AS cut_rate "
        "FROM file JOIN track ON track.file_id = file.id AND track.part = 0 "
        "LEFT JOIN cut ON cut.file_id = file.id WHERE file.id = :file AND file.state = 'present'",
        {"file": plan.file},
    ).fetchone()
    if row is None:
        return
    file = _File(
        seen=ingest.FileSeen(
            row["library_id"], row["path"], row["size"], row["mtime_ns"], row["inode"], None
        ),
        audio_key=row["audio_key"],
        picture=row["picture"],
        facts=catalogue.facts_of(row),
        tags=row["tags"],
    )
    stamp = _stamp(plan, file)
    if row["stamp"] == stamp:
        return
    problem = plan.problem
    parts: list[TrackId] = []
    if plan.pieces and plan.sheet is not None:
        begins = [cue.samples(piece.begin, file.facts.sample_rate) for piece in plan.pieces]
        longest = file.facts.samples * (1 if file.facts.samples_exact else _DOUBT)
        if begins[-1] >= longest:
            problem = _PAST
        else:
            known = _known(connection, plan.file, row["cut_rate"], file.facts.sample_rate)
            parts = list(_write(batch, plan, file, known))
            batch.flush()
            if len(parts) > len(known):
                files.analyse_again(connection, plan.file)  # by then its parts may be known
    _offer(connection, plan.file, parts, batch.touched)
    used = plan.sheet is not None and (plan.pieces or problem)
    cut = sheets.Cut(stamp, file.facts.sample_rate, problem) if used else None
    sheets.set_cut(connection, plan.file, cut)


def _stamp(plan: Plan, file: _File) -> bytes:
    told = msgspec.msgpack.encode(
        [
            plan.sheet,
            plan.pieces,
            plan.problem,
            file.seen.library,
            file.seen.path,
            file.audio_key,
            file.facts.sample_rate,
            file.facts.samples,
            file.picture,
            file.tags,
        ]
    )
    return hashlib.blake2b(told, digest_size=16).digest()


class _Known(msgspec.Struct, frozen=True):
    track: TrackId
    number: int
    begin: int
    end: int | None
    recording: RecordingId


def _known(
    connection: sqlite3.Connection, file: FileId, before: int | None, rate: int
) -> list[_Known]:
    """The parts that a file has or had, their samples counted at `rate`."""

    def scaled(samples: int) -> int:
        return samples if before in (None, rate) else round(samples * rate / (before or rate))

    return [
        _Known(row[0], row[1], scaled(row[2]), None if row[3] is None else scaled(row[3]), row[4])
        for row in connection.execute(
            "SELECT id, part, begin_samples, end_samples, recording_id FROM track "
            "WHERE file_id = :file AND part != 0 ORDER BY part",
            {"file": file},
        )
    ]


def _write(batch: Batch, plan: Plan, file: _File, known: list[_Known]) -> Iterator[TrackId]:
    """Writes the tracks of a file's pieces; each takes the row that is most alike, or a new one."""
    rate, length = file.facts.sample_rate, file.facts.samples
    whole = msgspec.json.decode(file.tags, type=tags.Tags)
    total = sum(piece.track is not None for piece in plan.pieces)
    free = list(known)
    number = max((each.number for each in known), default=0)
    for piece in plan.pieces:
        begin = cue.samples(piece.begin, rate)
        end = None if piece.end is None else cue.samples(piece.end, rate)
        key = _key(file.audio_key, begin, end)
        same = max(free, key=lambda each: _alike(each, begin, end, length), default=None)
        if same is not None and _alike(same, begin, end, length) < _ALIKE:
            same = None
        if same is not None:
            free.remove(same)
            part, track, recording = Part(same.number, begin, end), same.track, same.recording
            recordings.know(batch.connection, key, recording)
        else:
            number += 1
            part, track = Part(number, begin, end), None
            heard = recordings.known(batch.connection, key)
            recording = heard or recordings.of_sound(batch, {}, key)
        description = describe.describe(
            _tags(whole, plan.sheet or cue.Sheet((), ()), piece, total), file.seen.path
        )
        found = Found(
            heard=ingest.Heard(file.seen, file.audio_key, None),
            facts=file.facts,
            description=description,
            picture=file.picture,
        )
        yield tracks.write(batch, found, plan.file, track, recording, length, part)


def _alike(known: _Known, begin: int, end: int | None, length: int) -> float:
    """How much two ranges have in common, of what they cover together: 0 to 1."""
    first, last = known.end or max(length, known.begin), end or max(length, begin)
    common = min(first, last) - max(known.begin, begin)
    together = max(first, last) - min(known.begin, begin)
    return common / together if common > 0 else 0.0


def _offer(
    connection: sqlite3.Connection, file: FileId, parts: Sequence[TrackId], touched: Touched
) -> None:
    """Offers these parts of a file, or, where there are none, the whole."""
    for row in connection.execute(
        "SELECT id, part FROM track WHERE file_id = :file", {"file": file}
    ).fetchall():
        offered = row[0] in parts if parts else row[1] == 0
        tracks.retire(connection, row[0], touched, retired=not offered)


def _key(audio_key: bytes, begin: int, end: int | None) -> bytes:
    """What a part's recording is known by."""
    told = f"{audio_key.hex()} {begin} {'' if end is None else end}"
    return b"part" + hashlib.sha256(told.encode()).digest()


# what a part is called ---------------------------------------------------------------------------


def _tags(whole: tags.Tags, sheet: cue.Sheet, piece: cue.Piece, total: int) -> tags.Tags:
    """The tags that a part would have in a file of its own: the sheet's, else those of the whole
    that go for all of it."""
    track = piece.track or cue.Track(0, 0, 0, title="Hidden track")
    performer = _text(track.performer) or _text(sheet.performer)
    album_artist = _text(sheet.performer)
    date = _text(_remark(track, sheet, "DATE")) or whole.date
    year = _year(date) if date != whole.date else whole.year
    genre = _text(_remark(track, sheet, "GENRE"))
    disc = _number(sheet.remarks.get("DISCNUMBER", ""))
    songwriter = _text(track.songwriter) or _text(sheet.songwriter)
    composer = _text(track.remarks.get("COMPOSER", "")) or songwriter
    return msgspec.structs.replace(
        whole,
        title=_text(track.title) or f"Track {track.number}",
        title_sort="",
        artists=(performer,) if performer else whole.artists,
        artist_credit=performer or whole.artist_credit,
        artist_sort="" if performer else whole.artist_sort,
        artist_sorts=() if performer else whole.artist_sorts,
        artist_mbids=() if performer else whole.artist_mbids,
        album=_text(sheet.title) or whole.album,
        album_sort="" if sheet.title else whole.album_sort,
        album_artists=(album_artist,) if album_artist else whole.album_artists,
        album_artist_credit=album_artist or whole.album_artist_credit,
        album_artist_sort="" if album_artist else whole.album_artist_sort,
        album_artist_sorts=() if album_artist else whole.album_artist_sorts,
        album_artist_mbids=() if album_artist else whole.album_artist_mbids,
        disc=disc or whole.disc,
        disc_total=_number(_remark(track, sheet, "TOTALDISCS")) or whole.disc_total,
        position=track.number,
        position_total=total,
        date=date,
        year=year,
        genres=(genre,) if genre else whole.genres,
        barcode=_text(sheet.catalog) or whole.barcode,
        isrc=_text(track.isrc),
        composers=(composer,) if composer else whole.composers,
        replaygain=_gain(whole, sheet, track),
        recording_mbid="",
        track_mbid="",
        lyrics=(),
    )


def _gain(whole: tags.Tags, sheet: cue.Sheet, track: cue.Track) -> tags.ReplayGain | None:
    """The gains of a part. Those of the whole file are its album's."""
    before = whole.replaygain or tags.ReplayGain()

    def first(*values: float | None) -> float | None:
        return next((value for value in values if value is not None), None)

    gain = tags.ReplayGain(
        track_gain=_decibels(track.remarks, "REPLAYGAIN_TRACK_GAIN"),
        track_peak=_peak(track.remarks, "REPLAYGAIN_TRACK_PEAK"),
        album_gain=first(
            _decibels(sheet.remarks, "REPLAYGAIN_ALBUM_GAIN"), before.album_gain, before.track_gain
        ),
        album_peak=first(
            _peak(sheet.remarks, "REPLAYGAIN_ALBUM_PEAK"), before.album_peak, before.track_peak
        ),
    )
    return gain if gain != tags.ReplayGain() else None


def _decibels(of: Mapping[str, str], name: str) -> float | None:
    lowest, highest = tags.GAIN_LIMITS
    match = _REAL.match(of.get(name, ""))
    return min(max(float(match[0].replace(",", ".")), lowest), highest) if match else None


def _peak(of: Mapping[str, str], name: str) -> float | None:
    match = _REAL.match(of.get(name, ""))
    value = float(match[0].replace(",", ".")) if match else 0.0
    return value if 0 < value <= 64 else None


def _year(date: str) -> int | None:
    match = _YEAR.search(date)
    return int(match[0]) if match else None


def _remark(track: cue.Track, sheet: cue.Sheet, name: str) -> str:
    return track.remarks.get(name) or sheet.remarks.get(name, "")


def _text(value: str) -> str:
    return tags.text(value)


def _number(value: str) -> int | None:
    digits = value.strip().partition("/")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else None
