"""Long files and the sheets that tell of the tracks in them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import mutagen
import pytest

from homestream.db.connect import Database
from homestream.errors import NotFound
from homestream.ids import LibraryId
from homestream.library import catalogue, search, sheets
from homestream.library.catalogue import Track
from homestream.library.scan import Scanner
from homestream.library.scope import Folders
from homestream.visibility import EVERYTHING, Visibility
from tests.library import music as made

TITLES = ("Anfang", "Mitte", "Ende")


def sheet(
    path: Path,
    file: str,
    *,
    begins: Sequence[str] = ("00:00:00", "00:02:15", "00:04:40"),
    titles: Sequence[str] = TITLES,
    head: str = 'PERFORMER "Ada"\nTITLE "Ein Tag"\nREM DATE 1991\nREM GENRE Folk\n',
    charset: str = "utf-8",
) -> Path:
    lines = [head + f'FILE "{file}" WAVE']
    for number, (title, begin) in enumerate(zip(titles, begins, strict=True), 1):
        lines.append(f'  TRACK {number:02} AUDIO\n    TITLE "{title}"\n    INDEX 01 {begin}')
    path.write_bytes("\r\n".join(lines).encode(charset))
    return path


async def listed(db: Database, visibility: Visibility = EVERYTHING) -> list[Track]:
    page = await catalogue.albums(db, visibility, None)
    return [
        track
        for album in page.items
        for track in (await catalogue.album(db, visibility, None, album.id))[1]
    ]


async def titles(db: Database) -> list[str]:
    return [track.title for track in await listed(db)]


@pytest.fixture
def album(music: Path) -> Path:
    """Six seconds of sound and a sheet that cuts them into three."""
    (music / "Ein Tag").mkdir()
    whole = made.song(music / "Ein Tag" / "album.flac", 1, seconds=6, title="Whole", artist="Ada")
    sheet(music / "Ein Tag" / "album.cue", "album.wav")
    return whole


async def test_sheet_makes_tracks_of_a_file(db: Database, scanner: Scanner, album: Path) -> None:
    result = await scanner.run()
    found = await listed(db)
    assert [track.title for track in found] == list(TITLES)
    assert [track.position for track in found] == [1, 2, 3]
    assert [track.duration for track in found] == [2.2, 2.333, 1.467]
    assert {track.album_title for track in found} == {"Ein Tag"}
    assert {track.artist_credit for track in found} == {"Ada"}
    assert {track.year for track in found} == {1991}
    assert len({track.recording for track in found}) == 3
    assert result.tracks == 3
    assert result.albums == 1
    hits = await search.search(db, EVERYTHING, None, "mitte")
    assert [hit.id for hit in hits.items] == [found[1].id]
    assert [genre.name for genre in (await catalogue.genres(db, EVERYTHING)).items] == ["Folk"]
    assert not await sheets.problems(db, limit=10)


async def test_parts_are_played_from_sample_to_sample(
    db: Database, scanner: Scanner, album: Path
) -> None:
    await scanner.run(all_stages=True)
    found = await listed(db)
    parts = await catalogue.playable(db, EVERYTHING, [track.id for track in found])
    rate = made.RATE
    cuts = [0, 2 * rate + 15 * rate // 75, 4 * rate + 40 * rate // 75]
    assert [(part.begin, part.end) for part in parts] == [
        (cuts[0], cuts[1]),
        (cuts[1], cuts[2]),
        (cuts[2], None),
    ]
    assert len({part.content_key for part in parts}) == 3
    assert {part.path for part in parts} == {os.fsencode(album)}


async def test_nothing_is_done_again_where_nothing_changed(
    db: Database, scanner: Scanner, album: Path
) -> None:
    await scanner.run()
    before = await db.rows("SELECT * FROM track ORDER BY id")
    again = await scanner.run()
    assert [tuple(row) for row in await db.rows("SELECT * FROM track ORDER BY id")] == [
        tuple(row) for row in before
    ]
    assert (again.added, again.updated, again.moved, again.away) == (0, 0, 0, 0)


@pytest.mark.parametrize("charset", ["utf-8-sig", "cp1252", "utf-16"])
async def test_names_are_read_in_their_charset(
    db: Database, scanner: Scanner, album: Path, charset: str
) -> None:
    sheet(
        album.with_suffix(".cue"),
        "C:\\Rips\\ALBUM.WAV",
        titles=["Für", "Élise", "Ærø"],
        charset=charset,
    )
    await scanner.run()
    assert await titles(db) == ["Für", "Élise", "Ærø"]


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("Re\u0301sume\u0301.flac", "R\u00e9sum\u00e9.FLAC"),
        ("R\u00e9sum\u00e9.flac", "re\u0301sume\u0301.ape"),
        ("other name.flac", "gone.wav"),
    ],
)
async def test_file_is_found_by_what_it_is_called_now(
    db: Database, scanner: Scanner, music: Path, file: str, named: str
) -> None:
    whole = made.song(music / file, 1, seconds=6)
    sheet(whole.with_suffix(".cue"), named)
    await scanner.run()
    assert await titles(db) == list(TITLES)


async def test_sheet_in_the_tags_cuts_too(db: Database, scanner: Scanner, music: Path) -> None:
    whole = made.song(music / "a.flac", 1, seconds=6, album="Elsewhere", artist="Ada")
    text = sheet(music / "x.txt", "CDImage.wav", head='PERFORMER "Bo"\n').read_text()
    media = mutagen.File(whole)
    media["CUESHEET"] = text
    media.save()
    await scanner.run()
    found = await listed(db)
    assert [track.title for track in found] == list(TITLES)
    assert {(track.album_title, track.artist_credit) for track in found} == {("Elsewhere", "Bo")}
    # one beside it can be seen and mended, so it goes before
    sheet(whole.with_suffix(".cue"), "a.flac", titles=["x", "y", "z"])
    await scanner.run()
    assert await titles(db) == ["x", "y", "z"]
    whole.with_suffix(".cue").unlink()
    await scanner.run()
    assert await titles(db) == list(TITLES)
    media = mutagen.File(whole)
    del media["CUESHEET"]
    media.save()
    await scanner.run()
    assert await titles(db) == ["a"]


async def test_what_is_hidden_before_the_first_track_is_track_zero(
    db: Database, scanner: Scanner, music: Path
) -> None:
    whole = made.song(music / "a.flac", 1, seconds=9)
    sheet(whole.with_suffix(".cue"), "a.flac", begins=("00:06:00", "00:07:00", "00:08:00"))
    await scanner.run()
    found = await listed(db)
    assert [(track.position, track.title) for track in found][:2] == [
        (0, "Hidden track"),
        (1, "Anfang"),
    ]
    assert found[0].duration == 6


async def test_several_files_in_one_sheet(db: Database, scanner: Scanner, music: Path) -> None:
    made.song(music / "a.flac", 1, seconds=4)
    made.song(music / "b.mp3", 2, seconds=4)
    (music / "both.cue").write_text(
        'TITLE T\nFILE "a.wav" WAVE\nTRACK 01 AUDIO\nTITLE 1\nINDEX 01 00:00:00\n'
        "TRACK 02 AUDIO\nTITLE 2\nINDEX 01 00:02:00\n"
        'FILE "b.wav" WAVE\nTRACK 03 AUDIO\nTITLE 3\nINDEX 01 00:00:00\n'
        "TRACK 04 AUDIO\nTITLE 4\nINDEX 01 00:01:00\n"
    )
    await scanner.run()
    assert await titles(db) == ["1", "2", "3", "4"]


async def test_sheet_of_single_files_changes_nothing(
    db: Database, scanner: Scanner, music: Path
) -> None:
    for number in (1, 2):
        made.song(music / f"{number}.flac", number, title=f"Song {number}", album="T")
    (music / "all.cue").write_text(
        'TITLE Else\nFILE "1.flac" WAVE\nTRACK 01 AUDIO\nTITLE x\nINDEX 01 00:00:00\n'
        'FILE "2.flac" WAVE\nTRACK 02 AUDIO\nTITLE y\nINDEX 01 00:00:00\n'
    )
    await scanner.run()
    assert await titles(db) == ["Song 1", "Song 2"]
    assert not await sheets.problems(db, limit=10)


@pytest.mark.parametrize(
    ("begins", "file", "reason"),
    [
        (("00:00:00", "00:04:00", "00:02:00"), "album.flac", "track 2 ends before it begins"),
        (("00:00:00", "00:02:00", "00:07:00"), "album.flac", "after the end of the file"),
        (("00:00:00", "00:02:00", "no time"), "album.flac", "not a time"),
    ],
)
async def test_broken_sheet_leaves_the_file_whole_and_says_why(
    db: Database, scanner: Scanner, album: Path, begins: Sequence[str], file: str, reason: str
) -> None:
    sheet(album.with_suffix(".cue"), file, begins=begins)
    await scanner.run(all_stages=True)
    assert await titles(db) == ["Whole"]
    (problem,) = await sheets.problems(db, limit=10)
    assert reason in problem.reason


async def test_file_that_is_missing_is_told(db: Database, scanner: Scanner, music: Path) -> None:
    made.song(music / "a.flac", 1, title="Alone")
    sheet(music / "b.cue", "never.flac")
    await scanner.run()
    assert await titles(db) == ["Alone"]
    (problem,) = await sheets.problems(db, limit=10)
    assert (problem.path, "never.flac" in problem.reason) == ("b.cue", True)


async def test_plays_and_stars_stay_with_their_range(
    db: Database, scanner: Scanner, album: Path
) -> None:
    await scanner.run()
    before = {track.title: track for track in await listed(db)}
    path = album.with_suffix(".cue")
    kept = path.read_bytes()
    path.unlink()
    await scanner.run()
    assert await titles(db) == ["Whole"]
    # a corrected title, a begin that is a little off, one range in two
    sheet(
        path,
        "album.flac",
        titles=["Anfang!", "Mitte", "Ende a", "Ende b"],
        begins=("00:00:00", "00:02:16", "00:04:41", "00:05:00"),
    )
    await scanner.run()
    after = {track.title: track for track in await listed(db)}
    assert after["Anfang!"].id == before["Anfang"].id
    assert after["Mitte"].recording == before["Mitte"].recording
    assert after["Ende a"].recording != before["Ende"].recording
    path.write_bytes(kept)
    await scanner.run()
    again = {track.title: track for track in await listed(db)}
    assert {title: track.id for title, track in again.items()} == {
        title: track.id for title, track in before.items()
    }


async def test_parts_go_away_and_come_back_with_their_file(
    db: Database, scanner: Scanner, music: Path, album: Path
) -> None:
    made.song(music / "other.flac", 9, title="Other")
    await scanner.run()
    before = {track.title: track.id for track in await listed(db)}
    shutil.move(album, music.parent / "album.flac")
    await scanner.run()
    assert await titles(db) == ["Other"]
    shutil.move(music.parent / "album.flac", album)
    await scanner.run()
    assert {track.title: track.id for track in await listed(db)} == before
    # moved with its sheet, and under another name
    (music / "Elsewhere").mkdir()
    shutil.move(album.with_suffix(".cue"), music / "Elsewhere" / "day.cue")
    shutil.move(album, music / "Elsewhere" / "day.flac")
    await scanner.run()
    assert {track.title: track.id for track in await listed(db)} == before


async def test_better_copy_keeps_the_tracks(db: Database, scanner: Scanner, album: Path) -> None:
    """The same sound in another encoding takes the place of the file."""
    made.song(album.with_suffix(".mp3"), 1, seconds=6, title="Whole", artist="Ada")
    album.unlink()
    await scanner.run()
    before = {track.title: track.recording for track in await listed(db)}
    assert list(before) == list(TITLES)
    made.song(album, 1, seconds=6, title="Whole", artist="Ada")
    album.with_suffix(".mp3").unlink()
    await scanner.run(all_stages=True)
    assert {track.title: track.recording for track in await listed(db)} == before


async def test_whole_file_can_still_be_played_where_it_was_listed(
    db: Database, scanner: Scanner, album: Path
) -> None:
    path = album.with_suffix(".cue")
    kept = path.read_bytes()
    path.unlink()
    await scanner.run()
    (whole,) = await listed(db)
    path.write_bytes(kept)
    await scanner.run()
    (found,) = await catalogue.playable(db, EVERYTHING, [whole.id])
    assert (found.begin, found.end) == (0, None)
    assert not (await catalogue.track(db, EVERYTHING, None, whole.id)).away
    album.unlink()
    await scanner.run()
    with pytest.raises(NotFound):
        await catalogue.playable(db, EVERYTHING, [whole.id])


async def test_gains_of_the_sheet_are_those_of_its_tracks(
    db: Database, scanner: Scanner, album: Path
) -> None:
    sheet(
        album.with_suffix(".cue"),
        "album.flac",
        head="TITLE T\nREM REPLAYGAIN_ALBUM_GAIN -6,50 dB\nREM REPLAYGAIN_ALBUM_PEAK 0.98\n",
    )
    await scanner.run()
    (track, *_) = await listed(db)
    row = await db.row(
        "SELECT json_extract(tags, '$.replaygain') AS gain FROM track WHERE id = :id",
        {"id": track.id},
    )
    assert row is not None
    assert row["gain"] == '{"album_gain":-6.5,"album_peak":0.98}'


async def test_explicit_and_hidden_parts_are_for_nobody_who_may_not(
    db: Database, scanner: Scanner, album: Path
) -> None:
    await scanner.run()
    assert not await listed(db, Visibility(libraries=frozenset()))


async def test_look_at_one_folder_leaves_the_sheets_of_others(
    db: Database, scanner: Scanner, music: Path, album: Path
) -> None:
    other = made.song(music / "Other" / "disc.flac", 5, seconds=6, title="Disc", artist="Bo")
    sheet(other.with_suffix(".cue"), "disc.flac", titles=["x", "y", "z"])
    sheet(music / "above.cue", "Below/deep.flac", titles=["1", "2", "3"])
    made.song(music / "Below" / "deep.flac", 6, seconds=6, title="Deep", artist="Cy")
    await scanner.run()
    whole = {*TITLES, "x", "y", "z", "1", "2", "3"}
    assert set(await titles(db)) == whole

    async def look(folder: bytes) -> set[str]:
        scope = {LibraryId(1): Folders(deep=frozenset({folder}))}
        await scanner.look(scope, ripe=lambda file: True, patient=False)
        return set(await titles(db))

    assert await look(b"Other") == whole
    # its sheet lies above what is looked at
    made.tag(music / "Below" / "deep.flac", genre="Folk")
    assert await look(b"Below") == whole
    other.with_suffix(".cue").unlink()
    assert await look(b"Ein Tag") == whole
    assert await look(b"Other") == {*TITLES, "Disc", "1", "2", "3"}
