"""A file that is nowhere has the size that was told, any range of it, and the sound of the source
to an independent decoder."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest

from homestream.errors import NotFound
from homestream.media import programme as programmes
from homestream.media import virtual
from homestream.media.programme import Item, Programme
from homestream.media.source import Source
from tests import sounds

SECONDS = 13


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Programme, Path]:
    path = tmp_path_factory.mktemp("virtual") / "a.flac"
    sounds.write(path, sounds.KINDS["flac"], sounds.music(SECONDS * 44_100 + 77, 44_100), 44_100)
    return Programme((Item("k", sounds.facts_of(path)),)), path


def whole(programme: Programme, path: Path, form: virtual.Form) -> bytes:
    made = [virtual.head(programme, form)]
    for number in range(virtual.pieces(programme, form)):
        reach = virtual.reach(programme, form, number)
        sources = [Source(path=os.fsencode(path)) for _ in reach]
        made.append(virtual.piece(sources, programme, form, number))
    return b"".join(made)


def decoded(ffmpeg: str, data: bytes, rate: int, *options: str) -> np.ndarray:
    """What ffmpeg makes of it, complaints are errors; int16 [samples, 2]."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        command = [ffmpeg, "-v", "error", "-xerror", *options, "-i", file.name]
        done = subprocess.run(
            [*command, "-f", "s16le", "-ac", "2", "-ar", str(rate), "pipe:1"],
            capture_output=True,
            check=True,
        )
    assert done.stderr == b""
    return np.frombuffer(done.stdout, "<i2").reshape(-1, 2)


FORMS = ("mp3-96", "mp3-192", "mp3-320", "aac-128", "opus-128", "flac", "wav", "l16")


@pytest.mark.parametrize("name", FORMS)
def test_file_is_whole_and_sounds_like_its_source(
    source: tuple[Programme, Path], ffmpeg: str, name: str
) -> None:
    programme, path = source
    form = virtual.named(programme, name)
    data = whole(programme, path, form)
    size = virtual.size(programme, form)
    assert size in (None, len(data))
    assert (size is None) == (name.split("-")[0] in ("aac", "opus", "flac"))
    rate = form.rendition.sample_rate
    options = ("-f", "s16be", "-ar", "44100", "-ac", "2") if name == "l16" else ()
    heard = decoded(ffmpeg, data, rate, *options)
    expected = decoded(ffmpeg, path.read_bytes(), rate)
    if name in ("flac", "wav", "l16"):
        assert np.array_equal(heard, expected)
        return
    late = 1024 if name.startswith("aac") else 0  # ADTS cannot say what to skip
    heard = heard[late:]
    assert abs(len(heard) - len(expected)) <= (1024 if late else 1)
    length = min(len(heard), len(expected))
    wrong = heard[:length].astype(float) - expected[:length]
    assert 20 * np.log10(wrong.std() / expected.std()) < -9


def test_any_range_is_made_alone(source: tuple[Programme, Path]) -> None:
    programme, path = source
    for name in ("mp3-192", "wav", "opus-96", "flac"):
        form = virtual.named(programme, name)
        last = virtual.pieces(programme, form) - 1
        one, two = (
            virtual.piece([Source(path=os.fsencode(path))], programme, form, last) for _ in range(2)
        )
        assert one == two
        assert whole(programme, path, form).endswith(one)


def test_mp3_is_byte_for_byte_that_of_one_encode_from_elsewhere(
    source: tuple[Programme, Path],
) -> None:
    programme, path = source
    form = virtual.named(programme, "mp3-128")
    data = whole(programme, path, form)
    assert len(data) % 384 == 0
    frames = [data[at : at + 4] for at in range(0, len(data), 384)]
    assert len(set(frames)) <= 4  # all are headers; joint stereo may change
    assert all(frame[:2] == b"\xff\xfb" for frame in frames)


@pytest.mark.parametrize("name", ["wav", "mp3-320", "opus-128"])
def test_file_may_begin_anywhere(source: tuple[Programme, Path], ffmpeg: str, name: str) -> None:
    programme, path = source
    later = programmes.onwards(programme, 7.25)
    form = virtual.named(later, name)
    rate = form.rendition.sample_rate
    heard = decoded(ffmpeg, whole(later, path, form), rate)
    expected = decoded(ffmpeg, path.read_bytes(), rate)[round(7.25 * rate) :]
    assert abs(len(heard) - len(expected)) <= 1
    if name == "wav":
        assert np.array_equal(heard, expected)
    with pytest.raises(NotFound):
        programmes.onwards(programme, SECONDS + 1)


def test_an_album_is_one_file_without_a_join(source: tuple[Programme, Path], ffmpeg: str) -> None:
    programme, path = source
    item = programme.items[0]
    cut = Programme((Item("k", item.facts, 0, 200_001), Item("k", item.facts, 200_001)))
    for name in ("wav", "mp3-192"):
        form = virtual.named(cut, name)
        assert whole(cut, path, form) == whole(programme, path, virtual.named(programme, name))


def test_what_is_not_offered_or_past_the_end_is_not_found(
    source: tuple[Programme, Path],
) -> None:
    programme, path = source
    with pytest.raises(NotFound):
        virtual.named(programme, "mp3-7")
    form = virtual.named(programme, "wav")
    for number in (-1, virtual.pieces(programme, form)):
        with pytest.raises(NotFound):
            virtual.piece([Source(path=os.fsencode(path))], programme, form, number)
