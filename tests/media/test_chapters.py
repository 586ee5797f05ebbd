"""Chapters, audiobook marks and cue sheets, as the formats keep them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from mutagen import id3
from mutagen.flac import FLAC, CueSheet, CueSheetTrack, CueSheetTrackIndex
from mutagen.mp4 import MP4

from homestream.media import probe, tags
from homestream.media.source import Source
from homestream.media.tags import Chapter
from tests import media_files

SHEET = 'PERFORMER "Ann"\nFILE "a.flac" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00'


def read_tags(path: Path) -> tags.Tags:
    (found,) = probe.read([Source(path=bytes(path))], [path.name])
    assert isinstance(found, probe.Read), found
    return found.tags


@pytest.mark.parametrize("version", [3, 4])
def test_chapters_of_id3_are_read_in_order(tmp_path: Path, version: int) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3", {"title": "T"})
    held = id3.ID3(path)
    for number in (2, 0, 1):
        title = id3.TIT2(encoding=3 if version == 4 else 1, text=[f"Chäpter {number}"])
        held.add(
            id3.CHAP(
                element_id=f"c{number}",
                start_time=number * 1_000,
                end_time=number * 1_000 + 1_000,
                sub_frames=[title],
            )
        )
    held.add(id3.CTOC(element_id="toc", flags=3, child_element_ids=["c0", "c1", "c2"]))
    held.save(path, v2_version=version)
    assert read_tags(path).chapters == tuple(
        Chapter(number * 1_000, f"Chäpter {number}") for number in range(3)
    )


def test_chapters_nested_in_chapters_do_no_harm(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.mp3", "mp3")
    data = b""
    for _ in range(2_000):
        body = b"c\0" + bytes(16) + data
        data = b"CHAP" + len(body).to_bytes(4, "big") + b"\0\0" + body
    size = bytes(len(data) >> shift & 127 for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\0\0" + size + data + path.read_bytes())
    assert len(read_tags(path).chapters) <= 1


@pytest.mark.parametrize("kind", ["flac", "vorbis", "opus"])
def test_chapters_of_vorbis_comments(tmp_path: Path, kind: str) -> None:
    fields = {
        "chapter001": "00:00:00.000",
        "chapter001name": "One",
        "chapter002": "01:02:03.4",
        "chapter002name": "Two",
        "chapter003": "soon",
    }
    path = media_files.write(tmp_path / f"a{media_files.KINDS[kind].ending}", kind, fields)
    assert read_tags(path).chapters == (Chapter(0, "One"), Chapter(3_723_400, "Two"))


def with_chapters(path: Path, kind: str, count: int, hours: int) -> Path:
    """A copy of a made sound whose container tells of chapters further on than its end."""
    source = media_files.write(path.with_name("source"), kind)
    with av.open(str(source)) as given, av.open(str(path), "w") as media:
        stream = media.add_stream_from_template(given.streams.audio[0])
        length = hours * 3_600_000 // count
        media.set_chapters(
            [
                {
                    "id": number,
                    "start": number * length,
                    "end": (number + 1) * length,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": f"Chapter {number}"},
                }
                for number in range(count)
            ]
        )
        for packet in given.demux(given.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                media.mux(packet)
    return path


@pytest.mark.parametrize(("kind", "ending"), [("m4a", "m4b"), ("flac", "mka"), ("mp3", "mp3")])
def test_a_book_of_twenty_hours_has_all_its_chapters(
    tmp_path: Path, kind: str, ending: str
) -> None:
    found = read_tags(with_chapters(tmp_path / f"a.{ending}", kind, 300, 20)).chapters
    assert found == tuple(Chapter(number * 240_000, f"Chapter {number}") for number in range(300))


def test_a_book_is_known_by_its_mark(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.m4a", "m4a", {"title": "T"})
    assert not read_tags(path).audiobook
    media = MP4(path)
    media["stik"] = [2]
    media.save()
    assert read_tags(path).audiobook
    media["stik"] = [21]
    media.save()
    assert (read_tags(path).audiobook, read_tags(path).podcast) == (False, True)


@pytest.mark.parametrize("genre", ["Audiobook", "hörbuch", "Speech; Audiobook", "(183)"])
def test_a_book_is_known_by_its_genre(tmp_path: Path, genre: str) -> None:
    fields = {"title": "T", "genre": genre}
    assert read_tags(media_files.write(tmp_path / "a.mp3", "mp3", fields)).audiobook


def test_a_book_is_known_by_its_ending(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.m4a", "m4a", {"title": "T"})
    assert read_tags(path.rename(tmp_path / "a.m4b")).audiobook


@pytest.mark.parametrize("kind", ["flac", "vorbis", "opus", "mp3", "m4a", "wavpack"])
def test_a_cue_sheet_in_a_tag_is_kept_as_text(tmp_path: Path, kind: str) -> None:
    path = media_files.write(
        tmp_path / f"a{media_files.KINDS[kind].ending}", kind, {"cuesheet": f"{SHEET}\r\n"}
    )
    assert read_tags(path).cue == SHEET


def test_a_text_without_tracks_is_no_cue_sheet(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.flac", "flac", {"cuesheet": "none"})
    assert read_tags(path).cue == ""


def test_a_flac_cue_block_is_turned_into_text(tmp_path: Path) -> None:
    path = media_files.write(tmp_path / "a.flac", "flac", {"title": "T"})
    add_cue_block(path)
    assert read_tags(path).cue.splitlines() == [
        "CATALOG 1234567890123",
        'FILE "" WAVE',
        "  TRACK 01 AUDIO",
        "    ISRC DEA000000001",
        "    INDEX 01 00:00:00",
        "  TRACK 02 AUDIO",
        "    INDEX 00 00:01:00",
        "    INDEX 01 00:01:05",
    ]


def add_cue_block(path: Path) -> None:
    media = FLAC(path)
    sheet = CueSheet(None)
    sheet.media_catalog_number = b"1234567890123"
    sheet.compact_disc = True
    first = CueSheetTrack(1, 0, b"DEA000000001")
    first.indexes = [CueSheetTrackIndex(1, 0)]
    second = CueSheetTrack(2, 44_100)
    second.indexes = [CueSheetTrackIndex(0, 0), CueSheetTrackIndex(1, 5 * 588)]
    sheet.tracks = [first, second, CueSheetTrack(170, 100_000)]
    media.cuesheet = sheet
    media.metadata_blocks.append(sheet)
    media.save()
