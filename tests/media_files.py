"""Small sound files for tests, in every format that PyAV writes, tagged by mutagen.

`write(path, "mp3", {"title": "One"})` is all that most tests need. Fields have the names of Vorbis
comments ("albumartist", "tracknumber": "3/12"), and each format gets them in its own way.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import av
import mutagen
import numpy as np
from mutagen import id3
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.asf import ASF, ASFByteArrayAttribute
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.wave import WAVE
from PIL import Image


class Kind(NamedTuple):
    """How PyAV writes it. `lossless` kinds decode to exactly what was put in."""

    ending: str
    muxer: str
    encoder: str
    sample_format: str
    rate: int = 44_100
    lossless: bool = False
    options: Mapping[str, str] = {}
    muxer_options: Mapping[str, str] = {}


KINDS: dict[str, Kind] = {
    "mp3": Kind(".mp3", "mp3", "libmp3lame", "fltp"),
    "mp3-bare": Kind(".mp3", "mp3", "libmp3lame", "fltp", muxer_options={"write_xing": "0"}),
    "aac": Kind(".aac", "adts", "aac", "fltp"),
    "m4a": Kind(".m4a", "ipod", "aac", "fltp"),
    "alac": Kind(".m4a", "ipod", "alac", "s16p", lossless=True),
    "flac": Kind(".flac", "flac", "flac", "s16", lossless=True),
    "vorbis": Kind(".ogg", "ogg", "vorbis", "fltp", options={"strict": "-2"}),
    "opus": Kind(".opus", "ogg", "libopus", "flt", 48_000),
    "oggflac": Kind(".oga", "ogg", "flac", "s16", lossless=True),
    "wav": Kind(".wav", "wav", "pcm_s16le", "s16", lossless=True),
    "wav24": Kind(".wav", "wav", "pcm_s24le", "s32", lossless=True),
    "aiff": Kind(".aiff", "aiff", "pcm_s16be", "s16", lossless=True),
    "wma": Kind(".wma", "asf", "wmav2", "fltp"),
    "wavpack": Kind(".wv", "wv", "wavpack", "s16p", lossless=True),
    "tta": Kind(".tta", "tta", "tta", "s16", lossless=True),
    "mka": Kind(".mka", "matroska", "flac", "s16", lossless=True),
    "webm": Kind(".webm", "webm", "libopus", "flt", 48_000),
    "ac3": Kind(".ac3", "ac3", "ac3", "fltp"),
    "ts": Kind(".ts", "mpegts", "aac", "fltp"),
}
TAGGED = tuple(kind for kind in KINDS if kind not in ("webm", "ac3", "ts", "mka"))

Fields = Mapping[str, str | Sequence[str]]


def write(
    path: Path,
    kind: str,
    fields: Fields | None = None,
    *,
    picture: bytes | None = None,
    samples: int = 22_050,
    seed: int = 1,
    channels: int = 2,
    id3_version: int = 4,
) -> Path:
    """A file of `samples` per channel; the same `seed` gives the same sound. The path comes back.

    `picture` becomes the embedded front cover. `id3_version` is 3 or 4.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound(kind, samples=samples, seed=seed, channels=channels))
    if fields or picture:
        tag(path, kind, fields or {}, picture=picture, id3_version=id3_version)
    return path


@cache
def sound(kind: str, *, samples: int = 22_050, seed: int = 1, channels: int = 2) -> bytes:
    """The bytes of an untagged file: a few notes over soft noise."""
    return encode(kind, notes(samples, KINDS[kind].rate, channels, seed))


def encode(kind: str, wave: Any) -> bytes:
    """The bytes of a file that holds `wave`, float32 [channels, samples]."""
    how = KINDS[kind]
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(wave)]
    target = io.BytesIO()
    with av.open(target, "w", format=how.muxer, options=dict(how.muxer_options)) as media:
        stream: Any = media.add_stream(how.encoder, rate=how.rate, options=dict(how.options))
        stream.codec_context.layout = layout
        stream.codec_context.format = how.sample_format
        if not how.lossless:
            stream.codec_context.bit_rate = 128_000
        for begin in range(0, wave.shape[1], 4096):
            part = np.ascontiguousarray(wave[:, begin : begin + 4096])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = how.rate, begin
            frame.time_base = Fraction(1, how.rate)
            media.mux(stream.encode(frame))
        media.mux(stream.encode(None))
    return target.getvalue()


def notes(samples: int, rate: int, channels: int, seed: int) -> Any:
    """float32 [channels, samples]"""
    random = np.random.default_rng(seed)
    time = np.arange(samples) / rate
    wave = random.normal(0, 0.01, (channels, samples))
    for _ in range(4):
        wave += 0.15 * np.sin(2 * np.pi * random.uniform(110, 880) * time)
    return wave.astype(np.float32)


def decoded_samples(path: Path) -> int:
    """Samples per channel when the file is decoded once from its start."""
    count = 0
    with av.open(str(path)) as media:
        packets = media.demux(media.streams.audio[0])
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return count
                count += sum(frame.samples for frame in packet.decode())
            except av.FFmpegError:
                continue


def image(form: str = "JPEG", size: tuple[int, int] = (640, 480), colour: str = "#c03020") -> bytes:
    """A picture in one colour with a lighter corner."""
    picture = Image.new("RGB", size, colour)
    picture.paste("#f0f0f0", (0, 0, max(1, size[0] // 8), max(1, size[1] // 8)))
    target = io.BytesIO()
    picture.save(target, form)
    return target.getvalue()


def tag(
    path: Path, kind: str, fields: Fields, *, picture: bytes | None = None, id3_version: int = 4
) -> None:
    """Write `fields` into a file that is there, beside the ones it has."""
    values = {
        name: [value] if isinstance(value, str) else list(value) for name, value in fields.items()
    }
    if kind in ("mp3", "mp3-bare", "aac", "tta"):
        try:
            tags = id3.ID3(path)
        except id3.ID3NoHeaderError:
            tags = id3.ID3()
        _to_id3(tags, values, picture)
        if id3_version == 3:
            tags.update_to_v23()
        tags.save(path, v2_version=id3_version)
    elif kind in ("wav", "wav24", "aiff"):
        media = AIFF(path) if kind == "aiff" else WAVE(path)
        if media.tags is None:
            media.add_tags()
        _to_id3(media.tags, values, picture)
        media.save()
    elif kind in ("m4a", "alac"):
        _to_mp4(MP4(path), values, picture)
    elif kind == "wma":
        _to_asf(ASF(path), values, picture)
    elif kind == "wavpack":
        _to_ape(path, values, picture)
    else:
        _to_vorbis(mutagen.File(path), values, picture)


def _to_id3(tags: Any, values: Mapping[str, list[str]], picture: bytes | None) -> None:
    for name, value in values.items():
        if name == "musicbrainz_trackid":
            tags.add(id3.UFID(owner="http://musicbrainz.org", data=value[0].encode()))
        elif name == "lyrics":
            tags.add(id3.USLT(lang="eng", desc="", text=value[0]))
        elif name == "comment":
            tags.add(id3.COMM(lang="eng", desc="", text=value))
        elif name == "license":
            tags.add(id3.WCOP(url=value[0]))
        elif name == "performer":
            people = [each.rstrip(")").split(" (")[::-1] for each in value]
            tags.add(id3.TMCL(people=people))
        elif frame := _ID3.get(name):
            tags.add(getattr(id3, frame)(text=value))
        else:
            tags.add(id3.TXXX(desc=_TXXX.get(name, name), text=value))
    if picture:
        tags.add(id3.APIC(mime="image/jpeg", type=3, desc="", data=picture))


def _to_mp4(media: MP4, values: Mapping[str, list[str]], picture: bytes | None) -> None:
    if media.tags is None:
        media.add_tags()
    tags: Any = media.tags
    for name, value in values.items():
        if name in ("tracknumber", "discnumber"):
            number, _, total = value[0].partition("/")
            tags[_MP4[name]] = [(int(number), int(total or 0))]
        elif name == "compilation":
            tags["cpil"] = value[0] == "1"
        elif name in ("bpm", "itunesadvisory", "movement"):
            tags[_MP4[name]] = [int(value[0])]
        elif name in _MP4:
            tags[_MP4[name]] = value
        else:
            told = [MP4FreeForm(each.encode()) for each in value]
            tags[f"----:com.apple.iTunes:{_TXXX.get(name, name.upper())}"] = told
    if picture:
        tags["covr"] = [MP4Cover(picture)]
    media.save()


def _to_asf(media: ASF, values: Mapping[str, list[str]], picture: bytes | None) -> None:
    tags: Any = media.tags
    for name, value in values.items():
        tags[_ASF.get(name, name)] = value
    if picture:
        head = b"\x03" + len(picture).to_bytes(4, "little")
        words = "image/jpeg\0".encode("utf-16-le") + "\0".encode("utf-16-le")
        tags["WM/Picture"] = [ASFByteArrayAttribute(head + words + picture)]
    media.save()


def _to_ape(path: Path, values: Mapping[str, list[str]], picture: bytes | None) -> None:
    tags = APEv2()
    names = {"tracknumber": "Track", "discnumber": "Disc", "date": "Year"}
    for name, value in values.items():
        tags[names.get(name, name)] = value
    if picture:
        tags["Cover Art (Front)"] = b"cover.jpg\0" + picture
    tags.save(str(path))


def _to_vorbis(media: Any, values: Mapping[str, list[str]], picture: bytes | None) -> None:
    for name, value in values.items():
        media[name] = value
    if picture:
        block = Picture()
        block.type, block.mime, block.data = 3, "image/jpeg", picture
        if isinstance(media, FLAC):
            media.add_picture(block)
        else:
            media["metadata_block_picture"] = [base64.b64encode(block.write()).decode()]
    media.save()


_ID3 = {
    "title": "TIT2",
    "titlesort": "TSOT",
    "artist": "TPE1",
    "artistsort": "TSOP",
    "album": "TALB",
    "albumsort": "TSOA",
    "albumartist": "TPE2",
    "albumartistsort": "TSO2",
    "tracknumber": "TRCK",
    "discnumber": "TPOS",
    "discsubtitle": "TSST",
    "date": "TDRC",
    "originaldate": "TDOR",
    "releasedate": "TDRL",
    "genre": "TCON",
    "mood": "TMOO",
    "compilation": "TCMP",
    "composer": "TCOM",
    "conductor": "TPE3",
    "lyricist": "TEXT",
    "label": "TPUB",
    "copyright": "TCOP",
    "isrc": "TSRC",
    "media": "TMED",
    "bpm": "TBPM",
    "key": "TKEY",
    "grouping": "TIT1",
    "movementname": "MVNM",
    "movement": "MVIN",
    "language": "TLAN",
}
_TXXX = {
    "musicbrainz_trackid": "MusicBrainz Track Id",
    "musicbrainz_releasetrackid": "MusicBrainz Release Track Id",
    "musicbrainz_albumid": "MusicBrainz Album Id",
    "musicbrainz_releasegroupid": "MusicBrainz Release Group Id",
    "musicbrainz_artistid": "MusicBrainz Artist Id",
    "musicbrainz_albumartistid": "MusicBrainz Album Artist Id",
    "releasetype": "MusicBrainz Album Type",
}
_MP4 = {
    "title": "\xa9nam",
    "titlesort": "sonm",
    "artist": "\xa9ART",
    "artistsort": "soar",
    "album": "\xa9alb",
    "albumsort": "soal",
    "albumartist": "aART",
    "albumartistsort": "soaa",
    "tracknumber": "trkn",
    "discnumber": "disk",
    "date": "\xa9day",
    "genre": "\xa9gen",
    "composer": "\xa9wrt",
    "copyright": "cprt",
    "grouping": "\xa9grp",
    "comment": "\xa9cmt",
    "lyrics": "\xa9lyr",
    "bpm": "tmpo",
    "itunesadvisory": "rtng",
    "movementname": "\xa9mvn",
    "movement": "\xa9mvi",
    "work": "\xa9wrk",
}
_ASF = {
    "title": "Title",
    "artist": "Author",
    "artists": "WM/ARTISTS",
    "album": "WM/AlbumTitle",
    "albumartist": "WM/AlbumArtist",
    "titlesort": "WM/TitleSortOrder",
    "artistsort": "WM/ArtistSortOrder",
    "albumsort": "WM/AlbumSortOrder",
    "albumartistsort": "WM/AlbumArtistSortOrder",
    "tracknumber": "WM/TrackNumber",
    "discnumber": "WM/PartOfSet",
    "discsubtitle": "WM/SetSubTitle",
    "date": "WM/Year",
    "originaldate": "WM/OriginalReleaseTime",
    "genre": "WM/Genre",
    "mood": "WM/Mood",
    "compilation": "WM/IsCompilation",
    "composer": "WM/Composer",
    "conductor": "WM/Conductor",
    "lyricist": "WM/Writer",
    "label": "WM/Publisher",
    "copyright": "Copyright",
    "isrc": "WM/ISRC",
    "catalognumber": "WM/CatalogNo",
    "barcode": "WM/Barcode",
    "media": "WM/Media",
    "key": "WM/InitialKey",
    "bpm": "WM/BeatsPerMinute",
    "grouping": "WM/ContentGroupDescription",
    "comment": "Description",
    "language": "WM/Language",
    "lyrics": "WM/Lyrics",
    "releasetype": "MusicBrainz/Album Type",
    "musicbrainz_trackid": "MusicBrainz/Track Id",
    "musicbrainz_albumid": "MusicBrainz/Album Id",
    "musicbrainz_releasegroupid": "MusicBrainz/Release Group Id",
    "musicbrainz_artistid": "MusicBrainz/Artist Id",
    "musicbrainz_albumartistid": "MusicBrainz/Album Artist Id",
}
