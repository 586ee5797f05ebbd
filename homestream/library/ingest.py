"""What a scan's findings mean: which files are new, moved, changed, away or back. Values in, values
out.

A track is known by its sound first. A sound that is gone at one path and found at another has
moved; another sound at the same path under the same names is the same track in another recording
of it (a re-encode, a better rip). Nothing is ever deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final

import msgspec

from homestream.ids import FileId, LibraryId, RecordingId, TrackId

# Some file systems give a file another inode number each time they are mounted. When most of a
# library's files differ in nothing else, the numbers mean nothing.
_FEW_FILES: Final = 20


class FileSeen(msgspec.Struct, frozen=True, gc=False):
    """A sound file as the walk saw it."""

    library: LibraryId
    path: bytes  # relative to the library's root
    size: int
    mtime_ns: int
    inode: int
    target: bytes | None = None  # where a link leads: an absolute path
    refused: str = ""  # why it is not to be opened at all


class FileKnown(msgspec.Struct, frozen=True, gc=False):
    """A file's row, as far as it is needed to see whether the file changed."""

    id: FileId
    path: bytes
    size: int
    mtime_ns: int
    inode: int
    present: bool


class Comparison(msgspec.Struct, frozen=True):
    """What is to be done about one library's files."""

    same: int  # how many are as they were
    back: list[FileKnown]  # away, and there again as they were
    changed: list[FileSeen]
    new: list[FileSeen]
    missing: list[FileKnown]  # present, and not seen
    renumbered: list[tuple[FileKnown, int]]  # nothing changed but the inode number, which is noise
    refused: list[bytes]  # rejected before, and not changed since
    forgotten: list[bytes]  # rejected before, and gone or changed


def compare(
    known: Iterable[FileKnown],
    rejected: Mapping[bytes, tuple[int, int]],
    seen: Sequence[FileSeen],
) -> Comparison:
    """Compares the rows of one library with what the walk saw there.

    `rejected` gives size and mtime_ns by path of what could not be read before.
    """
    rows: dict[bytes, FileKnown] = {}
    others: dict[bytes, list[FileKnown]] = {}  # of paths that several files have had
    for each in known:
        if (first := rows.setdefault(each.path, each)) is not each:
            others.setdefault(each.path, [first]).append(each)
    same = 0
    back: list[FileKnown] = []
    changed: list[FileSeen] = []
    new: list[FileSeen] = []
    refused: list[bytes] = []
    renumbered: list[tuple[FileKnown, FileSeen]] = []
    met: set[FileId] = set()
    for file in seen:
        path = file.path
        if rejected and rejected.get(path) == (file.size, file.mtime_ns):
            refused.append(path)
            continue
        row = rows.get(path)
        if row is None:
            new.append(file)
            continue
        if path in others:
            row = _best(others[path], file)
        met.add(row.id)
        if row.mtime_ns != file.mtime_ns or row.size != file.size:
            changed.append(file)
        elif row.inode != file.inode:
            renumbered.append((row, file))
        elif row.present:
            same += 1
        else:
            back.append(row)
    noise = len(renumbered) >= _FEW_FILES and len(renumbered) * 2 > len(seen)
    if not noise:
        changed += [file for _, file in renumbered]
        renumbered = []
    back += [row for row, _ in renumbered if not row.present]
    gone = set(rejected).difference(refused)
    every = chain(rows.values(), *others.values())
    missing = {row.id: row for row in every if row.present and row.id not in met}
    return Comparison(
        same=same + sum(row.present for row, _ in renumbered),
        back=back,
        changed=changed,
        new=new,
        missing=list(missing.values()),
        renumbered=[(row, file.inode) for row, file in renumbered],
        refused=refused,
        forgotten=sorted(gone),
    )


def _best(rows: Sequence[FileKnown], file: FileSeen) -> FileKnown:
    """Of the rows with a file's path: the present one, or the one that was as the file is now."""

    def fit(row: FileKnown) -> tuple[bool, bool, int]:
        return (row.present, (row.size, row.mtime_ns) == (file.size, file.mtime_ns), row.id)

    return max(rows, key=fit)


class Names(msgspec.Struct, frozen=True, gc=False):
    """What a track is called, folded: the second way to know it again."""

    title: str
    artist: str
    album: str
    disc: int
    position: int | None


class Heard(msgspec.Struct, frozen=True, gc=False):
    """A file that was read: how it sounds and what it is called."""

    seen: FileSeen
    audio_key: bytes
    names: Names | None  # None: not tagged, its names come from its path


class Row(msgspec.Struct, frozen=True, gc=False):
    """A file's row with its track, as far as it is needed to know it again."""

    id: FileId
    track: TrackId
    recording: RecordingId
    library: LibraryId
    path: bytes
    present: bool  # its path is its own
    loose: bool  # its sound is not at its path any more
    audio_key: bytes
    names: Names | None
    unread_size: int | None = None  # of a file that an earlier version read, until it is read anew


class Add(msgspec.Struct, frozen=True, gc=False):
    """A new track. `recording` is one that is known by this sound, if there is one."""

    heard: Heard
    recording: RecordingId | None


class Move(msgspec.Struct, frozen=True, gc=False):
    """The track of `row` is at another path now, or back."""

    heard: Heard
    row: Row


class Update(msgspec.Struct, frozen=True, gc=False):
    """The track of `row` at its own path: other tags, or (`resounded`) another sound."""

    heard: Heard
    row: Row
    resounded: bool


class Away(msgspec.Struct, frozen=True, gc=False):
    """The track of `row` is away: another one has taken its place."""

    row: Row


Change = Add | Move | Update | Away


class Changes(msgspec.Struct, frozen=True):
    """What to write, in this order, and which files to look at again when the rest is known."""

    changes: list[Change]
    put_off: list[FileSeen]


def reconcile(
    heard: Sequence[Heard],
    rows: Sequence[Row],
    recordings: Mapping[bytes, RecordingId],
    *,
    last: bool,
) -> Changes:
    """What the files that were read mean for the rows.

    `rows` holds those with a path or a sound of `heard`, and those that are gone beside one of
    them; `recordings` those that are known by a sound. A file whose sound changed at its path may
    have changed places with another one, so it is put off until all others were read (`last`);
    its row is loose until then.
    """
    by_path = {(row.library, row.path): row for row in rows if row.present}
    loose = [row for row in rows if row.loose]
    changes: list[Change] = []
    put_off: list[FileSeen] = []
    for file in heard:
        here = by_path.get((file.seen.library, file.seen.path))
        if here is not None and here.audio_key == file.audio_key:
            changes.append(Update(file, here, resounded=False))
            continue
        if here is not None and _read_anew(file, here) and _moved(file, loose) is None:
            changes.append(Update(file, here, resounded=False))
            continue
        if here is not None and not last:
            put_off.append(file.seen)
            continue
        moved = _moved(file, loose)
        if here is not None and moved is None and _same_names(file, here):
            changes.append(Update(file, here, resounded=True))
            if here in loose:
                loose.remove(here)
            continue
        if here is not None:
            changes.append(Away(here))
            if here not in loose:
                loose.append(here)
            del by_path[file.seen.library, file.seen.path]
        moved = moved or _successor(file, loose)
        if moved is not None:
            loose.remove(moved)
            by_path.pop((moved.library, moved.path), None)
            changes.append(Move(file, moved))
            continue
        changes.append(Add(file, recordings.get(file.audio_key)))
    return Changes(changes, put_off)


def _moved(file: Heard, loose: Sequence[Row]) -> Row | None:
    """The row that sounds like a file and is nowhere else; of several, the most alike."""

    def fit(row: Row) -> tuple[bool, bool, bool, int]:
        return (
            (row.library, row.path) == (file.seen.library, file.seen.path),
            row.names is not None and row.names == file.names,
            _name(row.path) == _name(file.seen.path),
            row.id,
        )

    alike = [row for row in loose if row.audio_key == file.audio_key]
    return max(alike, key=fit, default=None)


def _successor(file: Heard, loose: Sequence[Row]) -> Row | None:
    """The row whose place a file takes, be it by another suffix: "1 A.flac", now "1 A.opus"."""
    for row in loose:
        same_place = row.library == file.seen.library and stem(row.path) == stem(file.seen.path)
        if same_place and _same_names(file, row):
            return row
    return None


def _same_names(file: Heard, row: Row) -> bool:
    return file.names is not None and file.names == row.names


def _read_anew(file: Heard, row: Row) -> bool:
    """Whether a row is of this file, by whatever key its sound was told before."""
    return row.unread_size is not None and row.unread_size == file.seen.size


def stem(path: bytes) -> bytes:
    """A path without its suffix."""
    folder, slash, name = path.rpartition(b"/")
    return folder + slash + (name.rpartition(b".")[0] or name)


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]
