"""What reading a file costs in a first scan, in CPU time, beside other readers of tags.

The library is 2,000 small files in five formats, tagged by mutagen: a third of them as Picard does,
the others with what a plain tagger writes; two of three have a cover. Over the same files run, by
turns in one process:

    lean        probe.read, which is what a scan asks of a worker
    reference   probe.read_slowly, by FFmpeg and mutagen, for whatever is out of the ordinary
    mutagen     mutagen.File(path), the least that a scanner in Python does
    tinytag     TinyTag.get(path), if it is installed

The numbers are microseconds a file, the median of the rounds. `lean` is to take every file: how
many went the long way is told at the end.

    python -m benchmarks.scan_read [--files 2000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

import mutagen

from homestream.media import probe
from homestream.media.lean import reader
from homestream.media.lean.found import Unusual
from homestream.media.source import Source
from tests import media_files

KINDS: Final = ("mp3", "m4a", "flac", "vorbis", "opus")
BATCH: Final = 32
SECONDS: Final = 5
SOUNDS: Final = 4  # of each format
PATIENCE: Final = 600  # files that the reference reads in one round

Reader = Callable[[list[Path]], None]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    readers: dict[str, Reader] = {"lean": lean, "reference": reference, "mutagen": plain}
    try:
        tinytag = importlib.import_module("tinytag").TinyTag
        readers["tinytag"] = lambda paths: [None for path in paths if tinytag.get(path)] and None
    except ImportError:
        print("tinytag is not installed", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        paths = made(Path(folder), asked.files)
        for each in readers.values():
            each(paths[:BATCH])
        print(f"{'':8}" + "".join(f"{name:>12}" for name in readers) + "   microseconds a file")
        for name in (*KINDS, "all"):
            some = [path for path in paths if name in (path.parent.name, "all")]
            told = by_turns(readers, some, asked.rounds)
            print(f"{name:8}" + "".join(f"{told[each]:12.0f}" for each in readers))
        slow = sum(not is_lean(path) for path in paths)
        print(f"{slow} of {len(paths)} files were read in the long way")


def made(folder: Path, count: int) -> list[Path]:
    dice = random.Random(7)
    cover = media_files.image(size=(500, 500)) + dice.randbytes(60_000)
    paths = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        path = folder / kind / f"{number}{media_files.KINDS[kind].ending}"
        media_files.write(
            path,
            kind,
            fields(number, thorough=dice.random() < 1 / 3),
            picture=cover if dice.random() < 2 / 3 else None,
            samples=SECONDS * media_files.KINDS[kind].rate,
            seed=number // len(KINDS) % SOUNDS,
            id3_version=dice.choice([3, 4]),
        )
        paths.append(path)
    return paths


def fields(number: int, *, thorough: bool) -> dict[str, str | list[str]]:
    album, artist = number // 60, number // 300
    told: dict[str, str | list[str]] = {
        "title": f"A Title of Some Length, No. {number}",
        "artist": f"The Artist {artist}" + (" feat. Zoë" if number % 7 == 0 else ""),
        "album": f"An Album {album}",
        "albumartist": f"The Artist {artist}",
        "tracknumber": f"{number % 12 + 1}/12",
        "discnumber": "1/1",
        "date": f"{1970 + album % 50}",
        "genre": ("Rock", "Jazz", "Electronic", "Classical; Opera")[album % 4],
    }
    if thorough:
        told |= {
            "artists": [f"The Artist {artist}"],
            "artistsort": f"Artist {artist}, The",
            "albumartistsort": f"Artist {artist}, The",
            "date": f"{1970 + album % 50}-03-04",
            "originaldate": "1969-05-06",
            "musicbrainz_trackid": uuid(number),
            "musicbrainz_releasetrackid": uuid(number + 1),
            "musicbrainz_albumid": uuid(album),
            "musicbrainz_releasegroupid": uuid(album + 1),
            "musicbrainz_artistid": uuid(artist),
            "musicbrainz_albumartistid": uuid(artist),
            "releasetype": ["album", "live"],
            "label": "Small Records",
            "catalognumber": "SM 1",
            "barcode": "4000000000000",
            "isrc": "DEA000000001",
            "media": "CD",
            "composer": "Carl",
            "comment": "Bought on a rainy day",
            "replaygain_track_gain": "-6.53 dB",
            "replaygain_track_peak": "0.988831",
            "replaygain_album_gain": "-7.25 dB",
            "replaygain_album_peak": "0.999969",
        }
    return told


def uuid(number: int) -> str:
    return f"aaaaaaaa-0000-4000-8000-{number:012x}"


def lean(paths: list[Path]) -> None:
    for begin in range(0, len(paths), BATCH):
        batch = paths[begin : begin + BATCH]
        found = probe.read([Source(path=bytes(path)) for path in batch], [p.name for p in batch])
        assert all(isinstance(each, probe.Read) for each in found)


def reference(paths: list[Path]) -> None:
    for path in paths:
        probe.read_slowly(Source(path=bytes(path)), path.name)


def plain(paths: list[Path]) -> None:
    for path in paths:
        assert mutagen.File(path) is not None


def is_lean(path: Path) -> bool:
    fd = os.open(path, os.O_RDONLY)
    try:
        reader.read(fd, os.fstat(fd).st_size)
    except Unusual:
        return False
    finally:
        os.close(fd)
    return True


def by_turns(readers: dict[str, Reader], paths: list[Path], rounds: int) -> dict[str, float]:
    """Microseconds a file for each reader."""
    taken: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(rounds):
        for name, read in readers.items():
            some = paths[:: -(-len(paths) // PATIENCE)] if name == "reference" else paths
            begun = time.process_time()
            read(some)
            taken[name].append((time.process_time() - begun) / len(some) * 1e6)
    return {name: median(times) for name, times in taken.items()}


if __name__ == "__main__":
    main()
