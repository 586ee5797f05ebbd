"""Walking real folders: what is seen, what is passed over, and what links may do."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from homestream.errors import NotFound
from homestream.library import walk
from homestream.library.walk import Kind


def paths(root: Path, roots: Sequence[Path] = ()) -> list[str]:
    return [
        os.fsdecode(seen.path)
        for seen in walk.walk(os.fsencode(root), [os.fsencode(each) for each in roots])
        if not seen.refused
    ]


def refused(root: Path) -> dict[str, str]:
    return {
        os.fsdecode(seen.path): seen.refused
        for seen in walk.walk(os.fsencode(root), [])
        if seen.refused
    }


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_sounds_pictures_and_lyrics_are_seen(tmp_path: Path) -> None:
    put(tmp_path, "A/1.MP3", "A/1.lrc", "A/cover.jpg", "A/notes.doc", "A/list.m3u8", "b.flac")
    seen = {each.path: each.kind for each in walk.walk(os.fsencode(tmp_path), [])}
    assert seen == {
        b"A/1.MP3": Kind.SOUND,
        b"A/1.lrc": Kind.LYRICS,
        b"A/cover.jpg": Kind.PICTURE,
        b"A/list.m3u8": Kind.LIST,
        b"b.flac": Kind.SOUND,
    }


def test_size_time_and_inode_are_told(tmp_path: Path) -> None:
    put(tmp_path, "a.mp3")
    (seen,) = walk.walk(os.fsencode(tmp_path), [])
    status = (tmp_path / "a.mp3").stat()
    assert (seen.size, seen.mtime_ns, seen.inode) == (1, status.st_mtime_ns, status.st_ino)


def test_hidden_and_marked_folders_are_passed_over(tmp_path: Path) -> None:
    put(
        tmp_path,
        "ok/1.mp3",
        "ok/._1.mp3",
        ".trash/1.mp3",
        "@eaDir/1.mp3",
        "lost+found/1.mp3",
        "no/.nomedia",
        "no/deep/1.mp3",
        "neither/.homestreamignore",
        "neither/1.mp3",
    )
    (tmp_path / "neither" / ".homestreamignore").write_bytes(b"")
    assert paths(tmp_path) == ["ok/1.mp3"]


def test_what_is_no_file_is_named_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    (tmp_path / "folder.mp3").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.mp3"))
        (tmp_path / "zero.mp3").symlink_to("/dev/zero")
        assert paths(tmp_path) == []
        assert refused(tmp_path) == {
            "pipe.mp3": "a pipe, not a file",
            "socket.mp3": "a socket, not a file",
            "zero.mp3": "a link that leads out of the music folders",
        }


def test_pictures_and_words_that_are_no_files_are_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cover.jpg")
    os.mkfifo(tmp_path / "1.lrc")
    (tmp_path / "front.jpg").symlink_to("/dev/zero")
    assert paths(tmp_path) == []
    assert refused(tmp_path) == {}


def test_links_inside_the_root_are_not_seen_twice(tmp_path: Path) -> None:
    put(tmp_path, "real/1.mp3")
    (tmp_path / "again").symlink_to("real")
    (tmp_path / "a.mp3").symlink_to("real/1.mp3")
    (tmp_path / "real/circle").symlink_to("..")
    (tmp_path / "broken.mp3").symlink_to("nowhere.mp3")
    (tmp_path / "round.mp3").symlink_to("round.mp3")
    assert paths(tmp_path) == ["real/1.mp3"]
    assert refused(tmp_path) == {
        "broken.mp3": "a link that leads nowhere",
        "round.mp3": "a link that leads in a circle",
    }


def test_links_out_of_all_roots_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "music/1.mp3", "secret/2.mp3", "musical/3.mp3")
    root = tmp_path / "music"
    (root / "folder").symlink_to(tmp_path / "secret")
    (root / "file.mp3").symlink_to(tmp_path / "secret/2.mp3")
    (root / "near").symlink_to(tmp_path / "musical")
    (root / "notes.txt").symlink_to(tmp_path / "secret/2.mp3")
    assert paths(root) == ["1.mp3"]
    assert set(refused(root)) == {"folder", "file.mp3", "near"}


def test_links_into_another_root_are_followed(tmp_path: Path) -> None:
    put(tmp_path, "music/1.mp3", "other/deep/2.mp3")
    root, other = tmp_path / "music", tmp_path / "other"
    (root / "folder").symlink_to(other)
    (root / "file.mp3").symlink_to(other / "deep/2.mp3")
    seen = {each.path: each for each in walk.walk(os.fsencode(root), [os.fsencode(other)])}
    assert sorted(seen) == [b"1.mp3", b"file.mp3", b"folder/deep/2.mp3"]
    assert seen[b"file.mp3"].target == os.fsencode(other / "deep/2.mp3")


def test_root_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path, "real/1.mp3")
    (tmp_path / "root").symlink_to("real")
    assert paths(tmp_path / "root") == ["1.mp3"]


def test_names_that_are_no_text_are_seen(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\n\x01.mp3"
    os.close(os.open(name, os.O_CREAT))
    (seen,) = walk.walk(os.fsencode(tmp_path), [])
    assert seen.path == b"\xff\n\x01.mp3"


def test_deep_trees_are_walked(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(300):
        folder = folder / "d"
    folder.mkdir(parents=True)
    put(folder, "1.mp3")
    assert len(paths(tmp_path)) == 1


def test_root_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    put(tmp_path, "file")
    for root in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(NotFound, match="cannot be read"):
            paths(root)


def test_ignore_files_leave_out_what_they_name(tmp_path: Path) -> None:
    put(
        tmp_path,
        "a/1.flac",
        "a/1.wav",
        "a/Demos/2.flac",
        "b/Demos/3.flac",
        "b/keep/4.wav",
        "c/5.flac",
        "c/d/6.flac",
        "e/7.flac",
    )
    (tmp_path / ".homestreamignore").write_text("*.wav\nDemos/\n")
    (tmp_path / "b" / ".ndignore").write_text("!*.wav\n")
    (tmp_path / "c" / ".ndignore").write_text("")
    (tmp_path / "e" / ".homestreamignore").mkdir()
    seen = [each.path for each in walk.walk(os.fsencode(tmp_path), [])]
    assert seen == [b"a/1.flac", b"b/keep/4.wav"]


def test_ignore_file_that_is_a_pipe_or_a_link_is_not_opened(tmp_path: Path) -> None:
    put(tmp_path, "a/1.flac", "b/2.flac", "rules")
    os.mkfifo(tmp_path / "a" / ".homestreamignore")
    (tmp_path / "b" / ".homestreamignore").symlink_to(tmp_path / "rules")
    assert list(walk.walk(os.fsencode(tmp_path), [])) == []
