"""Lyrics files beside sound files: whose they are, which goes first, what becomes of them."""

from __future__ import annotations

from pathlib import Path

from homestream.db.connect import Database
from homestream.library import catalogue, sidecars
from homestream.library.scan import Scanner
from homestream.library.walk import Kind, Seen
from homestream.visibility import EVERYTHING
from tests.library import music as songs


def names(sounds: list[str], texts: list[str]) -> dict[str, list[tuple[str, str]]]:
    found = sidecars.beside(
        [sound.encode() for sound in sounds],
        [Seen(Kind.LYRICS, text.encode(), 1, 1, 1) for text in texts],
    )
    return {
        stem.decode(): [(each.seen.path.decode(), each.language) for each in files]
        for stem, files in found.items()
    }


def test_files_go_by_their_form_and_languages_after() -> None:
    texts = ["A/s.txt", "A/s.de.lrc", "A/s.srt", "A/s.LRC", "A/s.elrc", "A/s.ttml", "A/s.pt-BR.lrc"]
    assert names(["A/s.flac"], texts) == {
        "A/s": [
            ("A/s.ttml", "und"),
            ("A/s.elrc", "und"),
            ("A/s.LRC", "und"),
            ("A/s.de.lrc", "de"),
            ("A/s.pt-BR.lrc", "pt-br"),
            ("A/s.srt", "und"),
            ("A/s.txt", "und"),
        ]
    }


def test_a_longer_name_belongs_to_the_sound_of_that_name() -> None:
    assert names(["s.flac", "s.de.flac"], ["s.de.lrc"]) == {"s.de": [("s.de.lrc", "und")]}


def test_a_text_without_a_sound_belongs_to_nobody() -> None:
    assert names(["A/s.flac"], ["A/README.txt", "B/s.lrc", "A/s.remix.lrc"]) == {}


async def test_texts_come_change_and_go_with_their_files(
    scanner: Scanner, db: Database, music: Path
) -> None:
    track = songs.song(music / "A" / "s.flac", 1, title="S", album="A", lyrics="Inside")
    (music / "A" / "s.lrc").write_text("[00:01.00]<00:01.00>One <00:01.50>two")
    (music / "A" / "s.de.lrc").write_text("[00:01.00]Eins zwei")
    (music / "A" / "s.txt").write_text("plain")
    (music / "A" / "s.ttml").write_bytes(b"<tt><broken")
    await scanner.run(all_stages=True)
    (found,) = (await catalogue.tracks(db, EVERYTHING, None)).items
    texts = await catalogue.lyrics(db, EVERYTHING, found.id)
    assert [(text.source, text.form, text.language, text.synced) for text in texts] == [
        ("file", "lrc", "und", True),
        ("file", "lrc", "de", True),
        ("file", "txt", "und", False),
        ("embedded", "", "und", False),
    ]
    assert [word.text for word in texts[0].lines[0].words] == ["One ", "two"]
    (music / "A" / "s.lrc").unlink()
    (music / "A" / "s.ttml").write_text(
        '<tt xml:lang="en"><head><translation xml:lang="de"><text for="a">Eins</text></translation>'
        '</head><body><p begin="1" key="a">One</p></body></tt>'
    )
    await scanner.run(all_stages=True)
    texts = await catalogue.lyrics(db, EVERYTHING, found.id)
    assert [(text.form, text.language, text.translation) for text in texts] == [
        ("ttml", "en", False),
        ("lrc", "de", False),
        ("txt", "und", False),
        ("", "und", False),
        ("ttml", "de", True),
    ]
    for text in music.glob("A/s.*"):
        if text != track:
            text.unlink()
    await scanner.run(all_stages=True)
    assert [text.source for text in await catalogue.lyrics(db, EVERYTHING, found.id)] == [
        "embedded"
    ]
