"""How long reading a file takes beside a plain mutagen loop over the same files, in CPU time.

The plain loop (`mutagen.File(path)`) is what a scanner does at the least; `probe.read` also opens
the file in FFmpeg, decodes a frame, hashes the first packets and checks the sample count. Both run
by turns in one process; the ratio is the median over the rounds.

    python -m benchmarks.scan_read [--files 300] [--rounds 5]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import mutagen

from homestream.media import probe
from homestream.media.source import Source
from tests import media_files

KINDS = ("mp3", "m4a", "flac", "vorbis", "opus")
BATCH = 32
SECONDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = made(Path(folder), asked.files)
        by_kind = {kind: [path for path in paths if path.parent.name == kind] for kind in KINDS}
        read(paths[:BATCH])
        plain(paths[:BATCH])
        for name, some in [*by_kind.items(), ("all", paths)]:
            ours, theirs = by_turns(some, asked.rounds)
            ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
            print(
                f"{name:7} {len(some) / median(ours):7.0f} files/s  "
                f"mutagen alone {len(some) / median(theirs):7.0f} files/s  time ratio {ratio:.2f}"
            )


def made(folder: Path, count: int) -> list[Path]:
    cover = media_files.image(size=(500, 500)) + bytes(60_000)
    paths = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        fields = {
            "title": f"Title {number}",
            "artist": "Anna feat. Ben",
            "album": f"Album {number // 12}",
            "albumartist": "Anna",
            "tracknumber": f"{number % 12 + 1}/12",
            "discnumber": "1/1",
            "date": "2011-03-04",
            "genre": "Rock",
            "musicbrainz_albumid": "aaaaaaaa-0000-4000-8000-000000000003",
            "replaygain_track_gain": "-6.5 dB",
        }
        path = folder / kind / f"{number}{media_files.KINDS[kind].ending}"
        samples = SECONDS * media_files.KINDS[kind].rate
        media_files.write(path, kind, fields, picture=cover, samples=samples)
        paths.append(path)
    return paths


def read(paths: list[Path]) -> None:
    for begin in range(0, len(paths), BATCH):
        batch = paths[begin : begin + BATCH]
        found = probe.read([Source(path=bytes(path)) for path in batch], [p.name for p in batch])
        assert all(isinstance(each, probe.Read) for each in found)


def plain(paths: list[Path]) -> None:
    for path in paths:
        assert mutagen.File(path) is not None


def by_turns(paths: list[Path], rounds: int) -> tuple[list[float], list[float]]:
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(timed(read, paths))
        theirs.append(timed(plain, paths))
    return ours, theirs


def timed(work: Callable[[list[Path]], None], paths: list[Path]) -> float:
    begun = time.process_time()
    work(paths)
    return time.process_time() - begun


if __name__ == "__main__":
    main()
