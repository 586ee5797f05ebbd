"""Conventions of classical and credited files, from the bytes of small real files to what is
shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mutagen.flac
import mutagen.id3
import mutagen.mp4
import pytest

from homestream.db.connect import Database
from homestream.ids import TrackId
from homestream.library import about, catalogue, index, works
from homestream.library.scan import Scanner
from homestream.visibility import EVERYTHING
from tests.library import music as songs

BEETHOVEN = "Ludwig van Beethoven"
WORK = "Symphony No. 5"


def vorbis(path: Path) -> None:
    media = mutagen.flac.FLAC(path)
    media["COMPOSER"] = BEETHOVEN
    media["COMPOSERSORT"] = "Beethoven, Ludwig van"
    media["CONDUCTOR"] = "Carlos Kleiber"
    media["PERFORMER"] = ["Anna (violin)", "City Phil (orchestra)"]
    media["PRODUCER"] = "Eve"
    media["WORK"] = WORK
    media["MOVEMENTNAME"] = "Andante con moto"
    media["MOVEMENT"] = "2"
    media["MOVEMENTTOTAL"] = "4"
    media["SHOWMOVEMENT"] = "1"
    media["ISRC"] = "DEF057400123"
    media["LABEL"] = "Small Records"
    media["COPYRIGHT"] = "1975 Somebody"
    media["LICENSE"] = "https://example.org/by"
    media["MOOD"] = "Dark"
    media.save()


def id3(path: Path) -> None:
    media = mutagen.id3.ID3(path)
    media.add(mutagen.id3.TCOM(encoding=3, text=[BEETHOVEN]))
    media.add(mutagen.id3.TSOC(encoding=3, text=["Beethoven, Ludwig van"]))
    media.add(mutagen.id3.TPE3(encoding=3, text=["Carlos Kleiber"]))
    media.add(mutagen.id3.TMCL(encoding=3, people=[["violin", "Anna"], ["orchestra", "City Phil"]]))
    media.add(mutagen.id3.TIPL(encoding=3, people=[["producer", "Eve"]]))
    media.add(mutagen.id3.TXXX(encoding=3, desc="WORK", text=[WORK]))
    media.add(mutagen.id3.MVNM(encoding=3, text=["Andante con moto"]))
    media.add(mutagen.id3.MVIN(encoding=3, text=["2/4"]))
    media.add(mutagen.id3.TXXX(encoding=3, desc="SHOWMOVEMENT", text=["1"]))
    media.add(mutagen.id3.TSRC(encoding=3, text=["DEF057400123"]))
    media.add(mutagen.id3.TPUB(encoding=3, text=["Small Records"]))
    media.add(mutagen.id3.TCOP(encoding=3, text=["1975 Somebody"]))
    media.add(mutagen.id3.WCOP(url="https://example.org/by"))
    media.add(mutagen.id3.TMOO(encoding=3, text=["Dark"]))
    media.save(path)


def mp4(path: Path) -> None:
    media = mutagen.mp4.MP4(path)
    tags: Any = media.tags

    def own(name: str, *values: str) -> None:
        tags[f"----:com.apple.iTunes:{name}"] = [
            mutagen.mp4.MP4FreeForm(value.encode()) for value in values
        ]

    tags["\xa9wrt"] = [BEETHOVEN]
    tags["soco"] = ["Beethoven, Ludwig van"]
    own("CONDUCTOR", "Carlos Kleiber")
    own("PERFORMER", "Anna (violin)", "City Phil (orchestra)")
    own("PRODUCER", "Eve")
    tags["\xa9wrk"] = [WORK]
    tags["\xa9mvn"] = ["Andante con moto"]
    tags["\xa9mvi"] = [2]
    tags["\xa9mvc"] = [4]
    tags["shwm"] = [1]
    own("ISRC", "DEF057400123")
    own("LABEL", "Small Records")
    tags["cprt"] = ["1975 Somebody"]
    own("LICENSE", "https://example.org/by")
    own("MOOD", "Dark")
    media.save()


@pytest.mark.parametrize(("suffix", "write"), [(".flac", vorbis), (".mp3", id3), (".m4a", mp4)])
async def test_file_says_who_did_what_and_what_it_is_of(
    db: Database, scanner: Scanner, music: Path, suffix: str, write: Any
) -> None:
    path = songs.song(music / f"a{suffix}", 1, title="5: II", artist="City Phil", album="Fifth")
    write(path)
    await scanner.run()
    await index.catch_up(db)
    told = await about.track(db, EVERYTHING, None, TrackId(1))
    assert {
        role: [(each.artist.name, each.instrument) for each in named]
        for role, named in told.credits.items()
    } == {
        "composer": [(BEETHOVEN, "")],
        "conductor": [("Carlos Kleiber", "")],
        "orchestra": [("City Phil", "")],
        "performer": [("Anna", "violin")],
        "producer": [("Eve", "")],
    }
    work = told.work
    assert work is not None
    assert (work.title, work.movement, work.number, work.total, work.shown) == (
        WORK,
        "Andante con moto",
        2,
        4,
        True,
    )
    assert (told.isrc, told.label, told.copyright, told.license, told.moods) == (
        "DEF057400123",
        "Small Records",
        "1975 Somebody",
        "https://example.org/by",
        ["Dark"],
    )
    (listed,) = (await works.every(db, EVERYTHING)).items
    assert listed.section == "B"


async def test_artist_in_cyrillic_stands_where_the_latin_sort_name_says(
    db: Database, scanner: Scanner, music: Path
) -> None:
    for number, (name, sort) in enumerate(
        [("Кино", "Kino"), ("Любэ", ""), ("The The", ""), ("Kiss", ""), ("2 Unlimited", "")]
    ):
        path = songs.song(
            music / f"{number}.flac",
            number + 1,
            title="T",
            artist=name,
            albumartist=name,
            album="A",
        )
        if sort:
            media = mutagen.flac.FLAC(path)
            media["ARTISTSORT"] = sort
            media["ALBUMARTISTSORT"] = sort
            media.save()
    await scanner.run()
    found = (await catalogue.artists(db, EVERYTHING, None)).items
    assert [each.name for each in found] == ["2 Unlimited", "Кино", "Kiss", "The The", "Любэ"]
    letters = [letter for letter, _ in await catalogue.sections(db, EVERYTHING, "artists")]
    assert letters == ["#", "K", "T", "Л"]
