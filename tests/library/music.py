"""Small sound files for a library's tests, each with a sound of its own, and tags."""

from __future__ import annotations

from pathlib import Path

import mutagen
import mutagen.flac
import mutagen.id3
import mutagen.mp3
import numpy as np
from numpy.typing import NDArray

from tests import media_files, sounds

RATE = 22_050
PIECE_RATE = 44_100
PIECE_SECONDS = 14  # a print needs ten
KINDS = {
    ".flac": "flac",
    ".mp3": "mp3-cbr",
    ".opus": "opus",
    ".ogg": "vorbis",
    ".m4a": "aac-m4a",
    ".wav": "wav-s16",
}
_RATES = {".opus": 48_000, ".ogg": 44_100}
_FRAMES = {
    "title": mutagen.id3.TIT2,
    "artist": mutagen.id3.TPE1,
    "album": mutagen.id3.TALB,
    "albumartist": mutagen.id3.TPE2,
    "tracknumber": mutagen.id3.TRCK,
    "discnumber": mutagen.id3.TPOS,
    "date": mutagen.id3.TDRC,
    "genre": mutagen.id3.TCON,
    "compilation": mutagen.id3.TCMP,
}


def song(path: Path, seed: int, *, seconds: float = 0.4, **tags: str) -> Path:
    """A sound file at `path`, its kind by its suffix; the same seed gives the same sound.

    `tags` are named as in Vorbis comments: title, artist, album, albumartist, tracknumber ...
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = _RATES.get(path.suffix, RATE)
    beside = path.with_name(f"beside{path.suffix}")
    sounds.write(beside, sounds.KINDS[KINDS[path.suffix]], _sound(seed, seconds, rate), rate)
    if tags:
        tag(beside, **tags)
    beside.rename(path)
    return path


def piece(seed: int, seconds: float = PIECE_SECONDS) -> NDArray[np.float32]:
    return sounds.music(int(seconds * PIECE_RATE), PIECE_RATE, 2, seed)


def tune(path: Path, seed: int, *, sound: NDArray[np.float32] | None = None, **tags: str) -> Path:
    """A file with a sound that has a print of its own, tagged as track `seed` of an album."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = 48_000 if path.suffix == ".opus" else PIECE_RATE
    if sound is None:
        sound = piece(seed)
    if rate != PIECE_RATE:
        at = np.arange(int(sound.shape[1] * rate / PIECE_RATE)) * (PIECE_RATE / rate)
        sound = np.stack([np.interp(at, np.arange(sound.shape[1]), each) for each in sound])
        sound = sound.astype(np.float32)
    beside = path.with_name(f"beside{path.suffix}")
    sounds.write(beside, sounds.KINDS[KINDS[path.suffix]], sound, rate)
    said = {"title": f"Song {seed}", "artist": "Ann Other", "album": "One"}
    said |= {"tracknumber": str(seed)} | tags
    if path.suffix == ".wav":
        media_files.tag(beside, "wav", said)
    else:
        tag(beside, **said)
    beside.rename(path)
    return path


def tag(path: Path, **tags: str) -> None:
    """Writes tags into a file, over those of the same name."""
    if path.suffix == ".mp3":
        media = mutagen.mp3.MP3(path)
        if media.tags is None:
            media.add_tags()
        for name, value in tags.items():
            media.tags.add(_FRAMES[name](encoding=3, text=[value]))
    else:
        media = mutagen.File(path, easy=path.suffix == ".m4a")
        media.update({name: [value] for name, value in tags.items()})
    media.save()


def picture(path: Path, data: bytes) -> None:
    """Puts a picture into a FLAC file."""
    media = mutagen.flac.FLAC(path)
    block = mutagen.flac.Picture()
    block.type, block.mime, block.data = 3, "image/png", data
    media.add_picture(block)
    media.save()


def album(
    folder: Path,
    title: str,
    artist: str,
    *,
    tracks: int = 3,
    seed: int,
    suffix: str = ".flac",
    **tags: str,
) -> list[Path]:
    """An album of so many tracks in a folder; sounds have the seeds `seed`, `seed` + 1 ..."""
    return [
        song(
            folder / f"{number:02} {title} {number}{suffix}",
            seed + number - 1,
            title=f"{title} {number}",
            artist=artist,
            album=title,
            albumartist=artist,
            tracknumber=str(number),
            **tags,
        )
        for number in range(1, tracks + 1)
    ]


def _sound(seed: int, seconds: float, rate: int) -> NDArray[np.float32]:
    samples = int(seconds * rate)
    random = np.random.default_rng(seed)
    time = np.arange(samples) / rate
    tone = 0.4 * np.sin(2 * np.pi * random.uniform(100, 2_000) * time)
    return np.tile(tone + random.normal(0, 0.01, samples), (2, 1)).astype(np.float32)
