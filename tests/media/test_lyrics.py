"""Lyrics files beside a track."""

from __future__ import annotations

from pathlib import Path

import pytest

from homestream.errors import MediaError, NotFound
from homestream.formats.lrc import Line, Lyrics, Word
from homestream.media import lyrics
from homestream.media.source import Source


def read(path: Path, content: bytes, language: str = "und") -> list[Lyrics]:
    path.write_bytes(content)
    return lyrics.read(Source(path=bytes(path)), path.suffix[1:], language)


def test_a_synced_file_is_read(tmp_path: Path) -> None:
    found = read(tmp_path / "a.lrc", b"\xef\xbb\xbf[00:01.00]One\r\n[00:02.00]Two\r\n")
    assert found == [Lyrics("und", True, (Line(1000, "One"), Line(2000, "Two")), "lrc")]


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    (found,) = read(tmp_path / "a.txt", b"One\n", "de")
    assert found == Lyrics("de", False, (Line(None, "One"),), "txt")


def test_every_form_is_read_by_its_grammar(tmp_path: Path) -> None:
    (enhanced,) = read(tmp_path / "a.elrc", b"[00:01.00]<00:01.00>One <00:01.50>two")
    assert enhanced.lines[0].words == (Word(1000, "One ", 1500), Word(1500, "two"))
    (subtitles,) = read(tmp_path / "a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nOne\n")
    assert subtitles.lines == (Line(1000, "One", 2000),)
    timed = b'<tt xml:lang="en"><body><p begin="1s" end="2s">One</p></body></tt>'
    assert read(tmp_path / "a.ttml", timed) == [
        Lyrics("en", True, (Line(1000, "One", 2000),), "ttml")
    ]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"RIFF\0\0\0\0WAVE", b"x" * 1_000_001])
def test_what_holds_no_words_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(MediaError):
        read(tmp_path / "a.lrc", content)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("words")
    (tmp_path / "a.lrc").symlink_to(tmp_path / "secret")
    with pytest.raises(MediaError):
        lyrics.read(Source(path=bytes(tmp_path / "a.lrc")))
    with pytest.raises(NotFound):
        lyrics.read(Source(path=bytes(tmp_path / "b.lrc")))
