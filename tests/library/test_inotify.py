"""What the kernel tells of a folder, as it tells it."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homestream.library.inotify import Told, Unwatchable, Watch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "A" / "One").mkdir(parents=True)
    return folder


@pytest.fixture
def watch(root: Path) -> Iterator[Watch]:
    made = Watch(bytes(root))
    yield made
    made.close()


def told(watch: Watch) -> list[Told]:
    """What was told, when there is something."""
    select.select([watch.fd], [], [], 10)
    return watch.read()


def test_all_folders_are_watched_but_hidden_ones(root: Path, watch: Watch) -> None:
    assert len(watch) == 3
    (root / ".git" / "objects").mkdir(parents=True)
    (root / "@eaDir").mkdir()
    other = Watch(bytes(root))
    assert len(other) == 3
    other.close()
    assert watch.read() == []


def test_file_that_is_written_is_told_with_its_path(root: Path, watch: Watch) -> None:
    (root / "A" / "One" / "1.flac").write_bytes(b"x")
    assert {each.path for each in told(watch)} == {b"A/One/1.flac"}


@pytest.mark.parametrize("name", ["1.pdf", ".1.flac.part", ".hidden.mp3", "1.flac.part"])
def test_what_cannot_be_music_is_not_told(root: Path, watch: Watch, name: str) -> None:
    (root / name).write_bytes(b"x")
    assert watch.read() == []


@pytest.mark.parametrize("name", [".nomedia", ".homestreamignore"])
def test_marks_are_told(root: Path, watch: Watch, name: str) -> None:
    (root / "A" / name).write_bytes(b"")
    assert {each.path for each in told(watch)} == {b"A/" + name.encode()}


def test_name_that_is_no_text_is_told(root: Path, watch: Watch) -> None:
    path = bytes(root) + b"/\xff\n.mp3"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    assert {each.path for each in told(watch)} == {b"\xff\n.mp3"}


def test_folder_that_moves_is_told_twice_and_watched_where_it_is(root: Path, watch: Watch) -> None:
    (root / "A").rename(root / "B")
    assert [(each.path, each.folder, each.came) for each in told(watch)] == [
        (b"A", True, False),
        (b"B", True, True),
    ]
    watch.drop(b"A")
    watch.add(b"B")
    watch.read()
    (root / "B" / "One" / "2.flac").write_bytes(b"x")
    assert {each.path for each in told(watch)} == {b"B/One/2.flac"}


def test_root_that_goes_is_told(root: Path, watch: Watch) -> None:
    root.rename(root.with_name("elsewhere"))
    assert Told(b"", folder=True, root=True) in told(watch)


def test_more_than_the_kernel_keeps_is_said_not_lost(root: Path, watch: Watch) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    first, second = bytes(root) + b"/1.mp3", bytes(root) + b"/2.mp3"
    os.close(os.open(first, os.O_CREAT | os.O_WRONLY))
    for _ in range(most // 2 + 10):
        os.rename(first, second)
        first, second = second, first
    assert told(watch)[-1] == Told(None)


def test_folder_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(Unwatchable, match="cannot be watched"):
        Watch(bytes(tmp_path / "nowhere"))
