"""Patterns of what is left out, held against what git itself says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homestream.formats import ignore
from tests.conftest import needed

CASES = [
    (b"*.wav", b"a/b.wav", False, True),
    (b"*.wav", b"a/b.WAV", False, None),
    (b"/*.wav", b"a/b.wav", False, None),
    (b"/*.wav", b"b.wav", False, True),
    (b"Audiobooks/", b"x/Audiobooks", True, True),
    (b"Audiobooks/", b"x/Audiobooks", False, None),
    (b"a/*.flac", b"a/1.flac", False, True),
    (b"a/*.flac", b"x/a/1.flac", False, None),
    (b"**/demo/*.mp3", b"x/y/demo/1.mp3", False, True),
    (b"**/demo/*.mp3", b"demo/1.mp3", False, True),
    (b"a/**", b"a/b/c.mp3", False, True),
    (b"a/**", b"a", True, None),
    (b"[0-9]?.mp3", b"12.mp3", False, True),
    (b"[!0-9]?.mp3", b"12.mp3", False, None),
    (b"*.mp3\n!keep.mp3", b"keep.mp3", False, False),
    (b"# a remark\n\n*.tmp", b"# a remark", False, None),
    (b"\\#1.mp3", b"#1.mp3", False, True),
    (b"Caf\xc3\xa9", "Café".encode(), True, True),
    (b"caf\xe9*", b"caf\xe9.mp3", False, True),
    (b"a[b.mp3", b"a[b.mp3", False, True),
]


@pytest.mark.parametrize(("rules", "path", "folder", "said"), CASES)
def test_pattern_is_about_a_path(rules: bytes, path: bytes, folder: bool, said: bool | None):
    assert ignore.ignores(ignore.parse(rules), path, folder=folder) is said


@pytest.mark.parametrize("empty", [b"", b"\n \r\n", b"# only a remark\n", b"\xef\xbb\xbf"])
def test_file_without_patterns_leaves_everything_out(empty: bytes) -> None:
    assert ignore.ignores(ignore.parse(empty), b"any", folder=False) is True


@pytest.mark.parametrize(
    ("rules", "path", "folder"), [case[:3] for case in CASES if b"a[b" not in case[0]]
)
def test_git_says_the_same(tmp_path: Path, rules: bytes, path: bytes, folder: bool) -> None:
    git = needed("git")
    subprocess.run([git, "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_bytes(rules)
    lies = os.path.join(os.fsencode(tmp_path), path)
    os.makedirs(lies if folder else os.path.dirname(lies), exist_ok=True)
    if not folder:
        Path(os.fsdecode(lies)).touch()
    asked = subprocess.run([git, "check-ignore", "-q", "--", path], cwd=tmp_path, check=False)
    ours = ignore.ignores(ignore.parse(rules), path, folder=folder)
    assert (asked.returncode == 0) is bool(ours)


@given(st.binary(max_size=80), st.binary(max_size=40))
def test_any_bytes_are_a_file_of_patterns(raw: bytes, path: bytes) -> None:
    ignore.ignores(ignore.parse(raw), path, folder=False)


def test_pattern_that_would_take_for_ever_is_passed_over() -> None:
    rules = ignore.parse(b"*a" * 40 + b"\n" + b"x" * 300 + b"\n*.wav")
    assert len(rules.rules) == 1
