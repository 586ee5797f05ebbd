"""A made library: many small tagged files in five formats, shaped as people's libraries are.

Few artists have many albums, most have one; an album has 10 to 14 tracks of one format; there are
60 genres, names in several scripts, guests, compilations, and a cover in every other folder. Some
dozen sounds are encoded; each file is one of them with some bytes of its sound altered, so that no
two files sound the same. The same size gives the same library.

    python -m benchmarks._library FOLDER TRACKS
"""

from __future__ import annotations

import io
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import mutagen
import mutagen.flac
import mutagen.id3
import mutagen.mp3
import mutagen.mp4
from mutagen.ogg import OggPage

from homestream.media.tags import Tags
from tests import media_files, sounds
from tests.library import music

SOUNDS = 6  # of each kind
SECONDS = 1.6
KINDS = (".mp3", ".flac", ".m4a", ".opus", ".ogg")
RATES = {".opus": 48_000}
SHARES = (45, 25, 15, 10, 5)
GENRES = 60
FEWEST, MOST = 10, 14  # tracks on an album
MARK = "complete"

_BEGINNINGS = (
    *("ka", "lo", "mi", "ra", "so", "ten", "vel", "na", "be", "dor", "fi", "gra", "hu", "ja"),
    *("kel", "lu", "mor", "nes", "pi", "qua", "ris", "sta", "tu"),
)
_ENDINGS = (
    *("n", "ra", "lis", "mo", "ten", "da", "vik", "sel", "no", "ria", "bor", "den", "ka", "li"),
    *("mer", "os", "ta", "un", "vy", "zo"),
)
_ACCENTED = ["ö", "é", "ü", "ñ", "ø", "å", "ç", "š", "ł", "ß"]
_OTHERS = ("椎名林檎", "宇多田ヒカル", "Кино", "Аквариум", "Βασίλης", "방탄소년단", "فيروز", "王菲")
_WORDS = (
    *("night", "river", "stone", "light", "heart", "road", "winter", "blue", "fire", "rain"),
    *("gold", "house", "dream", "city", "north"),
)


@dataclass(frozen=True)
class Model:
    """An encoded sound: its bytes and where some of its sound may be altered."""

    data: bytes
    at: int


def made(folder: Path, tracks: int) -> Path:
    """A library of so many tracks in `folder`, made unless it is there from before."""
    mark = folder.with_name(f"{folder.name}.{MARK}")
    if mark.exists() and mark.read_text() == str(tracks):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    make(folder, tracks)
    mark.write_text(str(tracks))
    return folder


@dataclass(frozen=True)
class Song:
    """One track of a made library."""

    path: str
    kind: str
    fields: dict[str, str]
    inside: bool  # its album's picture is in its file
    cover: bool  # or lies beside it
    number: int
    model: int


def songs(tracks: int) -> Iterator[Song]:
    """What a library of so many tracks holds, album by album."""
    chance = random.Random(4747)
    genres = [_name(chance).title() for _ in range(GENRES)]
    artists: list[str] = []
    left, number = tracks, 0
    while left:
        count = min(left, chance.randint(FEWEST, MOST))
        left -= count
        artist = _artist(chance, artists)
        compilation = chance.random() < 0.04
        album = f"{_name(chance)} {chance.choice(_WORDS)} {number}".title()
        year = chance.randint(1960, 2024)
        kind = chance.choices(KINDS, SHARES)[0]
        owner = "Various Artists" if compilation else artist
        place = f"{_path(owner)}/{_path(f'{album} ({year})')}"
        inside, cover = chance.random() < 0.1, chance.random() < 0.5
        genre = genres[min(int(chance.expovariate(0.08)), GENRES - 1)]
        for position in range(1, count + 1):
            by = _artist(chance, artists) if compilation else artist
            if chance.random() < 0.06:
                by = f"{by} feat. {_artist(chance, artists)}"
            title = f"{chance.choice(_WORDS)} {_name(chance)} {chance.choice(_WORDS)}".title()
            if chance.random() < 0.1:
                title = f"{title} {chance.choice(_ACCENTED)}"
            fields = {
                "title": title,
                "artist": by,
                "album": album,
                "albumartist": owner,
                "tracknumber": f"{position}/{count}",
                "discnumber": "1/1",
                "date": str(year),
                "genre": genre,
            }
            number += 1
            path = f"{place}/{position:02} {_path(title)}{kind}"
            yield Song(path, kind, fields, inside, cover, number, chance.randrange(SOUNDS))


def tags(tracks: int) -> Iterator[tuple[str, Tags]]:
    """The same as paths and what is read of their files."""
    for song in songs(tracks):
        fields = song.fields
        yield (
            song.path,
            Tags(
                title=fields["title"],
                artists=tuple(fields["artist"].split(" feat. ")),
                artist_credit=fields["artist"],
                album=fields["album"],
                album_artists=(fields["albumartist"],),
                album_artist_credit=fields["albumartist"],
                disc=1,
                position=int(fields["tracknumber"].split("/")[0]),
                year=int(fields["date"]),
                genres=(fields["genre"],),
            ),
        )


def make(folder: Path, tracks: int) -> None:
    models = _models()
    picture = media_files.image(size=(300, 300))
    for song in songs(tracks):
        path = folder / song.path
        own = picture + str(path.parent).encode()
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
            if song.cover:
                (path.parent / "cover.jpg").write_bytes(own)
        sound = _altered(models[song.kind][song.model], song.kind, song.number)
        path.write_bytes(_tagged(sound, song.kind, song.fields, own if song.inside else b""))


def _artist(chance: random.Random, known: list[str]) -> str:
    """A new artist, or one of those known: the earlier ones far more often."""
    if known and chance.random() < 0.55:
        return known[min(int(chance.paretovariate(0.7)) - 1, len(known) - 1)]
    fancy = chance.random()
    name = f"{_name(chance)} {_name(chance)}".title()
    if fancy < 0.05:
        name = f"{chance.choice(_OTHERS)} {len(known)}"
    elif fancy < 0.2:
        name += chance.choice(_ACCENTED) + chance.choice(_ENDINGS)
    known.append(name)
    return name


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(_BEGINNINGS, k=chance.randint(1, 3))) + chance.choice(_ENDINGS)


def _path(name: str) -> str:
    return name.replace("/", "_")


def _models() -> dict[str, list[Model]]:
    with tempfile.TemporaryDirectory() as folder:
        return {
            kind: [_model(Path(folder) / f"{seed}{kind}", seed) for seed in range(1, SOUNDS + 1)]
            for kind in KINDS
        }


def _model(path: Path, seed: int) -> Model:
    rate = RATES.get(path.suffix, 44_100)
    sounds.write(
        path, sounds.KINDS[music.KINDS[path.suffix]], music._sound(seed, SECONDS, rate), rate
    )
    with av.open(os.fspath(path)) as media:
        packets = [(each.pos or 0, each.size) for each in media.demux(media.streams.audio[0])]
    pos, size = packets[min(len(packets) // 2, 20)]
    return Model(path.read_bytes(), pos + size // 2)


def _altered(model: Model, kind: str, number: int) -> bytes:
    """The model's bytes with `number` written into its sound, and what sums it up set right."""
    mark = number.to_bytes(4, "big").hex().encode()
    if kind == ".flac":  # the hash of the sound in STREAMINFO
        return model.data[:26] + mark + model.data[34:]
    if kind in (".ogg", ".opus"):
        return _altered_ogg(model.data, mark)
    return model.data[: model.at] + mark + model.data[model.at + len(mark) :]


def _altered_ogg(data: bytes, mark: bytes) -> bytes:
    """With `mark` in the first and the last page that hold sound; their checksums are made anew."""
    stream = io.BytesIO(data)
    pages = []
    while stream.tell() < len(data):
        pages.append(OggPage(stream))
    for page in (pages[2], pages[-1]):
        long = max(range(len(page.packets)), key=lambda at: len(page.packets[at]))
        packet = page.packets[long]
        middle = len(packet) // 2
        page.packets[long] = packet[:middle] + mark + packet[middle + len(mark) :]
    return b"".join(page.write() for page in pages)


def _tagged(data: bytes, kind: str, fields: dict[str, str], picture: bytes) -> bytes:
    file = io.BytesIO(data)
    _TAGGERS[kind](file, fields, picture)
    return file.getvalue()


def _tag_mp3(file: io.BytesIO, fields: dict[str, str], picture: bytes) -> None:
    tags = mutagen.id3.ID3()
    for name, value in fields.items():
        frame = {"discnumber": mutagen.id3.TPOS}.get(name) or music._FRAMES[name]
        tags.add(frame(encoding=3, text=[value]))
    if picture:
        tags.add(mutagen.id3.APIC(encoding=3, mime="image/jpeg", type=3, data=picture))
    tags.save(file, padding=lambda info: 512)


def _tag_flac(file: io.BytesIO, fields: dict[str, str], picture: bytes) -> None:
    media = mutagen.flac.FLAC(file)
    media.update({name: [value] for name, value in fields.items()})
    if picture:
        block = mutagen.flac.Picture()
        block.type, block.mime, block.data = 3, "image/jpeg", picture
        media.add_picture(block)
    file.seek(0)
    media.save(file, padding=lambda info: 512)


def _tag_m4a(file: io.BytesIO, fields: dict[str, str], picture: bytes) -> None:
    media = mutagen.mp4.MP4(file)
    names = {
        "title": "\xa9nam",
        "artist": "\xa9ART",
        "album": "\xa9alb",
        "albumartist": "aART",
        "date": "\xa9day",
        "genre": "\xa9gen",
    }
    for name, atom in names.items():
        media[atom] = [fields[name]]
    for name, atom in (("tracknumber", "trkn"), ("discnumber", "disk")):
        media[atom] = [tuple(map(int, fields[name].split("/")))]
    if picture:
        media["covr"] = [mutagen.mp4.MP4Cover(picture)]
    file.seek(0)
    media.save(file)


def _tag_ogg(file: io.BytesIO, fields: dict[str, str], picture: bytes) -> None:
    media = mutagen.File(file)
    media.update({name: [value] for name, value in fields.items()})
    file.seek(0)
    media.save(file)


_TAGGERS: dict[str, Callable[[io.BytesIO, dict[str, str], bytes], None]] = {
    ".mp3": _tag_mp3,
    ".flac": _tag_flac,
    ".m4a": _tag_m4a,
    ".opus": _tag_ogg,
    ".ogg": _tag_ogg,
}

if __name__ == "__main__":
    made(Path(sys.argv[1]), int(sys.argv[2]))
