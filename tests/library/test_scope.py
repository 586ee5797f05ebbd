"""Which folders a look takes in, and what stands between which paths."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from homestream.ids import LibraryId
from homestream.library import files, scope, walk
from homestream.library.scope import WHOLE, Folders

NAMES = st.sampled_from([b"A", b"A B", b"A0", b"B", b"CD 1", b"-", b"\xff"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(b"/".join)
FOLDERS = st.builds(
    Folders, st.frozensets(PATHS | st.just(b""), max_size=4), st.frozensets(PATHS, max_size=4)
)


@given(FOLDERS, PATHS)
def test_what_is_held_stands_in_exactly_one_range(folders: Folders, path: bytes) -> None:
    held = sum(begin <= path < end for begin, end in files._ranges(folders))
    assert held <= 1
    assert held >= folders.holds(path)


def test_a_file_stands_for_the_folder_of_its_release() -> None:
    assert scope.of_file(b"A/One/1.mp3") == Folders(deep=frozenset({b"A/One"}))
    assert scope.of_file(b"A/One/CD 2/1.mp3") == Folders(deep=frozenset({b"A/One"}))
    assert scope.of_file(b"1.mp3") == Folders(flat=frozenset({b""}))


def test_discs_side_by_side_stand_for_the_folder_above_them() -> None:
    assert scope.of_file(b"A/One (CD 2)/1.mp3") == Folders(deep=frozenset({b"A"}))
    assert scope.of_file(b"One (CD 2)/1.mp3") == Folders(deep=frozenset({b"One (CD 2)"}))


def test_a_folder_stands_for_itself_and_a_disc_for_its_release() -> None:
    assert scope.of_folder(b"A") == Folders(deep=frozenset({b"A"}))
    assert scope.of_folder(b"A/One/CD 2") == Folders(deep=frozenset({b"A/One"}))
    assert scope.of_folder(b"CD 2") == Folders(deep=frozenset({b"CD 2"}))


def test_scopes_are_joined_library_by_library() -> None:
    one, two = LibraryId(1), LibraryId(2)
    a, b = scope.of_file(b"A/1.mp3"), scope.of_file(b"B/1.mp3")
    assert scope.joined([{one: a}, {one: b, two: b}]) == {one: a.joined(b), two: b}


def test_walk_looks_at_nothing_but_what_is_wanted(tmp_path: Path) -> None:
    for name in ("A/1.mp3", "A/B/2.mp3", "C/D/3.mp3", "C/4.mp3", "5.mp3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    root = bytes(tmp_path)

    def paths(folders: Folders | None) -> list[bytes]:
        return sorted(seen.path for seen in walk.walk(root, [root], folders))

    assert (
        paths(None)
        == paths(WHOLE)
        == [b"5.mp3", b"A/1.mp3", b"A/B/2.mp3", b"C/4.mp3", b"C/D/3.mp3"]
    )
    assert paths(Folders(deep=frozenset({b"A"}))) == [b"A/1.mp3", b"A/B/2.mp3"]
    assert paths(Folders(deep=frozenset({b"C/D"}))) == [b"C/D/3.mp3"]
    assert paths(Folders(flat=frozenset({b"", b"A"}))) == [b"5.mp3", b"A/1.mp3"]
    assert paths(Folders(deep=frozenset({b"gone"}))) == []


def test_marked_and_hidden_folders_stay_hidden_when_looked_at_alone(tmp_path: Path) -> None:
    for name in ("A/B/1.mp3", ".trash/C/2.mp3"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "A" / ".nomedia").touch()
    root = bytes(tmp_path)
    wanted = Folders(deep=frozenset({b"A/B", b".trash/C"}))
    assert list(walk.walk(root, [root], wanted)) == []
