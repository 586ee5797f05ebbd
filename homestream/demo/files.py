"""Tracks as files: encoded by PyAV, tagged by mutagen, written beside and renamed."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from mutagen import flac, id3, mp4, oggopus
from numpy.typing import NDArray

from homestream.demo import lyrics, place
from homestream.demo.mix import Stereo

LICENCE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
RIGHTS: Final = "CC0 1.0: no rights reserved"


@dataclass(frozen=True, slots=True)
class Codec:
    """How a codec is written: FFmpeg's encoder, muxer and sample format."""

    encoder: str
    muxer: str
    format: str
    bit_rate: int = 0  # bit/s; 0: lossless
    options: tuple[tuple[str, str], ...] = ()


# The options are the quick ones: a listener to the demo waits for it.
CODECS: Final = {
    "flac": Codec("flac", "flac", "s16"),
    "mp3": Codec("libmp3lame", "mp3", "fltp", 192_000, (("compression_level", "7"),)),
    "aac": Codec("aac", "ipod", "fltp", 192_000, (("aac_coder", "fast"),)),
    "opus": Codec("libopus", "opus", "flt", 128_000, (("compression_level", "3"),)),
}


@dataclass(frozen=True, slots=True)
class Tags:
    title: str
    artist: str
    album: str
    album_artist: str
    track: int
    tracks: int
    disc: int
    discs: int
    year: int
    genre: str
    label: str
    artist_sort: str = ""
    album_artist_sort: str = ""
    album_sort: str = ""
    disc_title: str = ""
    compilation: bool = False
    gapless: bool = False
    lines: tuple[tuple[float, str], ...] = ()  # (seconds, text), to be embedded
    cover: bytes = b""  # JPEG


def write_track(path: Path, sound: Stereo, rate: int, codec: Codec, tags: Tags) -> None:
    """The track as a whole file with its tags; the name appears only when all is in it."""
    with place.beside(path) as unfinished:
        _encode(unfinished, sound, rate, codec)
        _TAGGERS[codec.muxer](unfinished, tags)


def quantised(sound: Stereo) -> NDArray[np.int16]:
    """16-bit samples, rounded; shape (2, samples)."""
    return np.rint(sound * 32767).astype(np.int16)


def _encode(path: Path, sound: Stereo, rate: int, codec: Codec) -> None:
    options = {"flags": "+bitexact", **dict(codec.options)}
    with av.open(str(path), "w", format=codec.muxer, options={"fflags": "+bitexact"}) as out:
        stream: Any = out.add_stream(codec.encoder, rate=rate, layout="stereo", options=options)
        stream.format = codec.format
        if codec.bit_rate:
            stream.bit_rate = codec.bit_rate
        stream.codec_context.open()
        samples: NDArray[Any] = quantised(sound) if codec.format == "s16" else sound
        planar = codec.format.endswith("p")
        step = stream.codec_context.frame_size or 4096
        for first in range(0, samples.shape[1], step):
            block = samples[:, first : first + step]
            plane = block if planar else block.T.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(plane), format=codec.format, layout="stereo"
            )
            frame.sample_rate = rate
            frame.pts = first
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _vorbis_comments(tags: Tags) -> dict[str, str]:
    comments = {
        "TITLE": tags.title,
        "ARTIST": tags.artist,
        "ALBUM": tags.album,
        "ALBUMARTIST": tags.album_artist,
        "TRACKNUMBER": str(tags.track),
        "TRACKTOTAL": str(tags.tracks),
        "DISCNUMBER": str(tags.disc),
        "DISCTOTAL": str(tags.discs),
        "DATE": str(tags.year),
        "GENRE": tags.genre,
        "LABEL": tags.label,
        "COPYRIGHT": RIGHTS,
        "LICENSE": LICENCE,
        "ARTISTSORT": tags.artist_sort,
        "ALBUMARTISTSORT": tags.album_artist_sort,
        "ALBUMSORT": tags.album_sort,
        "DISCSUBTITLE": tags.disc_title,
        "COMPILATION": "1" if tags.compilation else "",
    }
    if tags.lines:
        comments["LYRICS"] = lyrics.lrc(
            tags.lines, title=tags.title, artist=tags.artist, album=tags.album
        )
    return {name: value for name, value in comments.items() if value}


def _picture(cover: bytes) -> flac.Picture:
    picture = flac.Picture()
    picture.type = id3.PictureType.COVER_FRONT
    picture.mime = "image/jpeg"
    picture.width = picture.height = 1000
    picture.depth = 24
    picture.data = cover
    return picture


def _tag_flac(path: Path, tags: Tags) -> None:
    file = flac.FLAC(path)
    file.delete()
    file.update(_vorbis_comments(tags))
    if tags.cover:
        file.add_picture(_picture(tags.cover))
    file.save()


def _tag_opus(path: Path, tags: Tags) -> None:
    file = oggopus.OggOpus(path)
    file.delete()
    file.update(_vorbis_comments(tags))
    if tags.cover:
        block = base64.b64encode(_picture(tags.cover).write()).decode("ascii")
        file["METADATA_BLOCK_PICTURE"] = block
    file.save()


def _tag_mp3(path: Path, tags: Tags) -> None:
    frames: list[Any] = [
        id3.TIT2(text=tags.title),
        id3.TPE1(text=tags.artist),
        id3.TALB(text=tags.album),
        id3.TPE2(text=tags.album_artist),
        id3.TRCK(text=f"{tags.track}/{tags.tracks}"),
        id3.TPOS(text=f"{tags.disc}/{tags.discs}"),
        id3.TDRC(text=str(tags.year)),
        id3.TCON(text=tags.genre),
        id3.TPUB(text=tags.label),
        id3.TCOP(text=RIGHTS),
        id3.WCOP(url=LICENCE),
    ]
    for frame, value in (
        (id3.TSOP, tags.artist_sort),
        (id3.TSO2, tags.album_artist_sort),
        (id3.TSOA, tags.album_sort),
        (id3.TSST, tags.disc_title),
        (id3.TCMP, "1" if tags.compilation else ""),
    ):
        if value:
            frames.append(frame(text=value))
    if tags.lines:
        timed = lyrics.milliseconds(tags.lines)
        frames.append(id3.SYLT(lang="eng", format=2, type=1, desc="", text=timed))
        frames.append(id3.USLT(lang="eng", desc="", text="\n".join(text for text, _ in timed)))
    if tags.cover:
        front = id3.PictureType.COVER_FRONT
        frames.append(id3.APIC(mime="image/jpeg", type=front, desc="", data=tags.cover))
    file = id3.ID3()
    for frame in frames:
        frame.encoding = id3.Encoding.UTF8
        file.add(frame)
    file.save(path)


def _tag_mp4(path: Path, tags: Tags) -> None:
    file = mp4.MP4(path)
    file.clear()
    free = "----:com.apple.iTunes:"
    texts = {
        "\xa9nam": tags.title,
        "\xa9ART": tags.artist,
        "\xa9alb": tags.album,
        "aART": tags.album_artist,
        "\xa9day": str(tags.year),
        "\xa9gen": tags.genre,
        "cprt": RIGHTS,
        "soar": tags.artist_sort,
        "soaa": tags.album_artist_sort,
        "soal": tags.album_sort,
    }
    for name, value in texts.items():
        if value:
            file[name] = [value]
    for name, value in (
        ("LICENSE", LICENCE),
        ("LABEL", tags.label),
        ("DISCSUBTITLE", tags.disc_title),
    ):
        if value:
            file[free + name] = [mp4.MP4FreeForm(value.encode())]
    file["trkn"] = [(tags.track, tags.tracks)]
    file["disk"] = [(tags.disc, tags.discs)]
    file["cpil"] = tags.compilation
    file["pgap"] = tags.gapless
    if tags.lines:
        file["\xa9lyr"] = [
            lyrics.lrc(tags.lines, title=tags.title, artist=tags.artist, album=tags.album)
        ]
    if tags.cover:
        file["covr"] = [mp4.MP4Cover(tags.cover, mp4.MP4Cover.FORMAT_JPEG)]
    file.save()


_TAGGERS: Final = {"flac": _tag_flac, "opus": _tag_opus, "mp3": _tag_mp3, "ipod": _tag_mp4}
