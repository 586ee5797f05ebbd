"""What findings mean for rows: the rules, and what holds for any scan."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from homestream.ids import FileId, LibraryId, RecordingId, TrackId
from homestream.library import ingest
from homestream.library.ingest import (
    Add,
    Away,
    FileKnown,
    FileSeen,
    Heard,
    Move,
    Names,
    Row,
    Update,
)

LIBRARY = LibraryId(1)


def seen(path: bytes, size: int = 1, mtime_ns: int = 1, inode: int = 1) -> FileSeen:
    return FileSeen(LIBRARY, path, size, mtime_ns, inode)


def known(path: bytes, number: int = 1, *, present: bool = True, size: int = 1) -> FileKnown:
    return FileKnown(FileId(number), path, size, 1, 1, present)


def names(title: str) -> Names:
    return Names(title, "artist", "album", 1, 1)


def row(path: bytes, sound: bytes, number: int = 1, *, loose: bool = False) -> Row:
    return Row(
        FileId(number),
        TrackId(number),
        RecordingId(number),
        LIBRARY,
        path,
        present=True,
        loose=loose,
        audio_key=sound,
        names=names(sound.decode()),
    )


def heard(path: bytes, sound: bytes, title: str = "") -> Heard:
    return Heard(seen(path), sound, names(title or sound.decode()))


def test_file_that_is_as_it_was_is_not_read() -> None:
    result = ingest.compare([known(b"a")], {}, [seen(b"a")])
    assert (result.same, result.changed, result.new, result.missing) == (1, [], [], [])


def test_file_of_another_size_time_or_inode_is_read() -> None:
    for changed in (seen(b"a", size=2), seen(b"a", mtime_ns=2), seen(b"a", inode=2)):
        assert ingest.compare([known(b"a")], {}, [changed]).changed == [changed]


def test_file_that_is_back_as_it_was_is_not_read() -> None:
    result = ingest.compare([known(b"a", present=False)], {}, [seen(b"a")])
    assert [each.path for each in result.back] == [b"a"]
    assert result.changed == []


def test_file_system_that_numbers_anew_has_nothing_read() -> None:
    rows = [known(b"%d" % number, number) for number in range(1, 41)]
    result = ingest.compare(rows, {}, [seen(each.path, inode=1000 + each.id) for each in rows])
    assert (result.same, len(result.renumbered), result.changed) == (40, 40, [])


def test_refused_file_is_looked_at_again_once_it_changed() -> None:
    rejected = {b"a": (1, 1), b"b": (1, 1), b"gone": (1, 1)}
    result = ingest.compare([], rejected, [seen(b"a"), seen(b"b", size=2)])
    assert result.refused == [b"a"]
    assert [each.path for each in result.new] == [b"b"]
    assert result.forgotten == [b"b", b"gone"]


def test_sound_that_changed_is_put_off_until_the_rest_is_known() -> None:
    here = row(b"a", b"old")
    first = ingest.reconcile([heard(b"a", b"new")], [here], {}, last=False)
    assert first.changes == []
    assert [each.path for each in first.put_off] == [b"a"]
    last = ingest.reconcile([heard(b"a", b"new")], [here], {}, last=True)
    assert [type(change) for change in last.changes] == [Away, Add]


def test_other_sound_with_the_same_names_is_the_same_track() -> None:
    here = row(b"a", b"old")
    (change,) = ingest.reconcile([heard(b"a", b"new", "old")], [here], {}, last=True).changes
    assert isinstance(change, Update)
    assert change.resounded


def test_two_that_changed_places_keep_their_rows() -> None:
    rows = [row(b"a", b"one", 1, loose=True), row(b"b", b"two", 2, loose=True)]
    result = ingest.reconcile([heard(b"a", b"two"), heard(b"b", b"one")], rows, {}, last=True)
    moves = {
        change.row.id: change.heard.seen.path
        for change in result.changes
        if isinstance(change, Move)
    }
    assert moves == {1: b"b", 2: b"a"}
    assert not any(isinstance(change, Add) for change in result.changes)


sound = st.sampled_from([b"s1", b"s2", b"s3", b"s4"])
path = st.sampled_from([b"p1", b"p2", b"p3", b"p4", b"p5"])


@given(before=st.dictionaries(path, sound), after=st.dictionaries(path, sound))
def test_any_shuffle_of_files_ends_with_each_path_having_its_sound(
    before: dict[bytes, bytes], after: dict[bytes, bytes]
) -> None:
    rows = {
        FileId(number): row(each, before[each], number)
        for number, each in enumerate(sorted(before), 1)
    }
    kept = {each: tone for each, tone in after.items() if before.get(each) == tone}
    for number, each in rows.items():
        rows[number] = msgspec.structs.replace(each, loose=each.path not in kept)
    reading = [heard(each, tone) for each, tone in after.items() if each not in kept]
    result = ingest.reconcile(reading, list(rows.values()), {}, last=True)
    assert result.put_off == []
    state: dict[bytes, tuple[bytes, int]] = {
        each: (tone, next(r.id for r in rows.values() if r.path == each))
        for each, tone in kept.items()
    }
    used = {number for _, number in state.values()}
    for change in result.changes:
        match change:
            case Add(file, _):
                state[file.seen.path] = (file.audio_key, 0)
            case Move(file, moved) | Update(file, moved, _):
                assert moved.id not in used
                used.add(moved.id)
                state[file.seen.path] = (file.audio_key, moved.id)
    assert {each: tone for each, (tone, _) in state.items()} == after
    for each, (tone, number) in state.items():
        if number:
            assert rows[FileId(number)].audio_key == tone, each
    for tone in set(before.values()):
        there = sum(value == tone for value in before.values())
        wanted = sum(value == tone for value in after.values())
        kept_rows = sum(number > 0 for t, number in state.values() if t == tone)
        assert kept_rows == min(there, wanted)
