from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import mutagen
import numpy as np
import pytest
from mutagen.id3 import ID3

from homestream.demo import catalogue, files, make, mix, styles
from homestream.demo.catalogue import Album, Track


def _short(album: Album, count: int, seconds: float = 4.0) -> Album:
    """The album with its first tracks only, and those cut down to a few bars."""
    tracks = [replace(t, seconds=seconds, tempo=150, lines=t.lines[:1]) for t in album.tracks]
    return replace(album, tracks=tuple(tracks[:count]))


def _quiet(done: int, total: int, what: str) -> None:
    assert 0 <= done <= total
    assert what


def _decoded(path: Path) -> np.ndarray[Any, Any]:
    """Interleaved samples as the file has them: (2, samples), int16 or float32."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        planes = []
        for frame in file.decode(stream):
            plane = frame.to_ndarray()
            planes.append(plane if frame.format.is_planar else plane.reshape(-1, 2).T)
    return np.concatenate(planes, axis=1)


GAPLESS = _short(catalogue.UNDIR_ISNUM, 3)


@pytest.fixture(scope="module")
def gapless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gapless")
    make.library(folder, progress=_quiet, albums=[GAPLESS], processes=1)
    return folder


def test_the_library_is_as_large_and_as_mixed_as_promised() -> None:
    albums = catalogue.ALBUMS
    assert len({a.artist for a in albums if not a.compilation}) >= 3
    assert len(albums) >= 6
    assert sum(len(a.tracks) for a in albums) >= 40
    assert {a.codec for a in albums} == {"flac", "mp3", "aac", "opus"}
    assert {a.lyrics for a in albums} >= {"lrc", "embedded"}
    assert any(a.compilation for a in albums)
    paths = [make.track_path(a, n) for a in albums for n in range(len(a.tracks))]
    assert len(set(paths)) == len(paths)
    seeds = [t.seed for a in albums for t in a.tracks]
    assert len(set(seeds)) == len(seeds)


def test_nothing_is_lost_where_tracks_run_into_each_other(gapless: Path) -> None:
    piece, starts = styles.perform_joined(GAPLESS.tracks, GAPLESS.rate)
    parts = [_decoded(gapless / make.track_path(GAPLESS, n)) for n in range(3)]
    assert list(starts) == [0, parts[0].shape[1], parts[0].shape[1] + parts[1].shape[1]]
    assert np.array_equal(np.concatenate(parts, axis=1), files.quantised(piece))
    # and there is something to lose
    for start in starts[1:]:
        assert np.abs(piece[:, start - 50 : start + 50]).max() > 0.01


@pytest.mark.parametrize(
    "album",
    [
        _short(catalogue.LJOSASKIPTI, 1),
        _short(catalogue.YAKOU, 1),
        _short(catalogue.CONTINUE, 1),
        _short(catalogue.PLUIES, 2),
        _short(catalogue.KETTLE, 1),
        _short(catalogue.UMBRELLA, 2),
    ],
    ids=lambda album: album.style,
)
def test_each_style_sounds_and_stays_within_bounds(album: Album) -> None:
    for track in album.tracks:
        sound = styles.perform(track, album.style, album.rate).sound
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= mix.CEILING
        assert -17.5 < mix.loudness(sound, album.rate) < -15
        assert np.abs(sound.mean(axis=1)).max() < 1e-3
        assert np.abs(sound[:, -32:]).max() < 0.01
        again = styles.perform(track, album.style, album.rate).sound
        assert np.array_equal(sound, again), "the same seed must give the same samples"


@pytest.mark.parametrize("codec", ["flac", "mp3", "aac", "opus"])
def test_file_carries_all_tags_and_all_samples(tmp_path: Path, codec: str) -> None:
    rate = 48000
    sound = styles.perform(Track("Prüfung", 4, 1, tonic=60, tempo=150), "chip", rate).sound
    tags = files.Tags(
        title="Prüfung",
        artist="Ana",
        album="雨",
        album_artist="Various Artists",
        track=2,
        tracks=7,
        disc=1,
        discs=3,
        year=2021,
        genre="Lo-fi",
        label="Lamplight",
        artist_sort="Ana, A",
        disc_title="Dusk",
        compilation=True,
        lines=((1.5, "la"),),
        cover=b"\xff\xd8\xff\xe0cover",
    )
    path = tmp_path / f"x{catalogue.SUFFIXES[codec]}"
    files.write_track(path, sound, rate, files.CODECS[codec], tags)
    plain = mutagen.File(path, easy=True)
    expected = {
        "title": ["Prüfung"],
        "artist": ["Ana"],
        "album": ["雨"],
        "albumartist": ["Various Artists"],
        "date": ["2021"],
        "genre": ["Lo-fi"],
        "artistsort": ["Ana, A"],
    }
    for name, value in expected.items():
        assert plain[name] == value, name
    number = [plain["tracknumber"][0], plain["discnumber"][0]]
    if codec in ("flac", "opus"):
        number = [f"{number[0]}/{plain['tracktotal'][0]}", f"{number[1]}/{plain['disctotal'][0]}"]
    assert number == ["2/7", "1/3"]
    full = str(mutagen.File(path).tags) + str(mutagen.File(path))
    assert files.LICENCE in full or files.LICENCE.encode() in path.read_bytes()
    assert b"cover" in path.read_bytes() or "METADATA_BLOCK_PICTURE" in full.upper()
    heard = _decoded(path)
    # mp3 and aac may keep padding at the end; nothing may be missing
    assert sound.shape[1] <= heard.shape[1] <= sound.shape[1] + 2304
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_words_lie_beside_flac_and_inside_mp3(tmp_path: Path) -> None:
    albums = [_short(catalogue.KETTLE, 1), _short(catalogue.UMBRELLA, 1)]
    make.library(tmp_path, progress=_quiet, albums=albums, processes=1)
    beside = (tmp_path / make.track_path(albums[0], 0)).with_suffix(".lrc").read_text("utf-8")
    assert "[00:03.20]Put the kettle on, my dear,\n" in beside
    inside = ID3(tmp_path / make.track_path(albums[1], 0))
    (synced,) = inside.getall("SYLT")
    assert synced.text == [("Top deck, front seat,", 3200)]
    assert inside.getall("USLT")
    # its sleeve lies in the folder alone, so that both ways are there
    assert not mutagen.File(tmp_path / make.track_path(albums[0], 0)).pictures
    assert (tmp_path / make.track_path(albums[0], 0)).with_name("cover.jpg").exists()
    assert inside.getall("APIC")


def test_second_call_does_nothing(gapless: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in gapless.rglob("*")}
    heard: list[str] = []
    make.library(gapless, progress=lambda *now: heard.append(now[2]), albums=[GAPLESS])
    assert heard == []
    assert {p: p.stat().st_mtime_ns for p in gapless.rglob("*")} == before


def test_interrupted_call_is_taken_up_where_it_stopped(tmp_path: Path) -> None:
    album = _short(catalogue.CONTINUE, 3)

    def interrupt(done: int, total: int, what: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make.library(tmp_path, progress=interrupt, albums=[album], processes=1)
    first = tmp_path / make.track_path(album, 0)
    made = first.stat().st_mtime_ns
    half = first.with_name(".03 Boss on a Bicycle.opus.part")
    half.write_bytes(b"cut off by a power cut")
    heard: list[tuple[int, int]] = []
    make.library(
        tmp_path, progress=lambda d, t, w: heard.append((d, t)), albums=[album], processes=1
    )
    assert heard == [(2, 4), (3, 4), (4, 4)]
    assert first.stat().st_mtime_ns == made
    assert all((tmp_path / make.track_path(album, n)).exists() for n in range(3))
    assert not half.exists()
    assert "CC0" in (tmp_path / "README.txt").read_text("utf-8")


def test_several_processes_make_the_same_files(tmp_path: Path) -> None:
    album = _short(catalogue.CONTINUE, 2)
    make.library(tmp_path / "one", progress=_quiet, albums=[album], processes=1)
    make.library(tmp_path / "two", progress=_quiet, albums=[album], processes=2)
    for number in range(2):
        path = make.track_path(album, number)
        one, two = (_decoded(tmp_path / side / path) for side in ("one", "two"))
        assert np.array_equal(one, two)


def test_other_version_is_replaced_and_what_people_added_stays(tmp_path: Path) -> None:
    folder, outside = tmp_path / "music", tmp_path / "mine.flac"
    outside.write_bytes(b"mine")
    folder.mkdir()
    (folder / "old.flac").write_bytes(b"old")
    (folder / "own.flac").write_bytes(b"own")
    (folder / make.MARKER).write_text(
        '{"version": 0, "complete": true, "files": ["old.flac", "../mine.flac"]}'
    )
    make.library(folder, progress=_quiet, albums=[_short(catalogue.CONTINUE, 1)], processes=1)
    assert not (folder / "old.flac").exists()
    assert (folder / "own.flac").exists()
    assert outside.read_bytes() == b"mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_folder_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        make.library(tmp_path / "music", progress=_quiet, albums=[GAPLESS], processes=1)
