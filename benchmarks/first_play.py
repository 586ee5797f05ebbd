"""How long the first play of a file takes that was never read through.

    python -m benchmarks.first_play [--runs N] [--minutes M ...] [KIND ...]

The program runs in a process of its own with its analysis paused, and is spoken to over HTTP. Per
file: from POST /api/v1/programmes to the last byte of the first segment; the same to the last byte
of one from the middle, asked for right behind it; and the first play again of a file whose index
is there, of another server run. Between runs the server is ended, the indexes are forgotten and
the cached segments deleted. Wall time, medians; what is compared runs in turn.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urljoin

from rich.console import Console
from rich.table import Table

from homestream.db import connect
from homestream.formats import m3u8
from homestream.library import analysis
from tests import sounds
from tests.flows.house import House, standing

# for each the words of the ffmpeg command line, and the ending
KINDS = {
    "flac": ("flac", ["-c:a", "flac"]),
    "mp3": ("mp3", ["-c:a", "libmp3lame", "-q:a", "2"]),
    "vorbis": ("ogg", ["-c:a", "libvorbis", "-q:a", "4"]),
    "opus": ("opus", ["-c:a", "libopus", "-b:a", "96k"]),
    "wavpack": ("wv", ["-c:a", "wavpack"]),
    "aac": ("m4a", ["-c:a", "aac", "-b:a", "160k"]),
}
PIECE = 240  # seconds
WARM = "warm"
QUIET = 2  # seconds in which what was begun ahead comes to its end


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("kinds", nargs="*", default=list(KINDS))
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--minutes", type=int, nargs="+", default=[4, 60])
    chosen = options.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("ffmpeg is not installed")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = made(folder, chosen.kinds, chosen.minutes)
        with standing(folder, folder / "music") as house:
            rows = compared(house, names, chosen.runs)
    table = Table("file", "first play", "then a seek", "with its index", "ratio")
    for name in names:
        first, seek, known = (statistics.median(column) for column in zip(*rows[name], strict=True))
        cells = [f"{1000 * each:.0f} ms" for each in (first, seek, known)]
        table.add_row(name, *cells, f"{first / known:.2f}")
    Console(width=100).print(table)


def made(folder: Path, kinds: list[str], minutes: list[int]) -> list[str]:
    (folder / "music").mkdir()
    rate = 44_100
    piece = folder / "piece.wav"
    sounds.write(piece, sounds.KINDS["wav-s16"], sounds.music(PIECE * rate, rate), rate)
    sounds.write(
        folder / "music" / f"{WARM}.flac", sounds.KINDS["flac"], sounds.music(9 * rate, rate), rate
    )
    names = []
    for length in minutes:
        for kind in kinds:
            ending, words = KINDS[kind]
            name = f"{kind} {length} min"
            subprocess.run(
                ["ffmpeg", "-v", "error", "-nostdin", "-stream_loop", "-1", "-i", piece, "-t",
                 str(length * 60), *words, folder / "music" / f"{name}.{ending}"],
                check=True,
            )  # fmt: skip
            names.append(name)
    return names


def compared(
    house: House, names: list[str], runs: int
) -> dict[str, list[tuple[float, float, float]]]:
    token = house.token()
    house.command("scan")
    asyncio.run(paused(house))
    tracks: dict[str, str] = {}
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    for _ in range(runs):
        forgotten(house, indexes=True)
        house.start()
        house.scanned(token)
        for track in house.every("/api/v1/tracks", token):
            tracks[track["title"]] = track["id"]
        warm(house, token, tracks[WARM])
        fresh = {}
        for name in names:
            begun = time.perf_counter()
            later = played(house, token, tracks[name], 0)
            first = time.perf_counter() - begun
            assert house.ask("GET", later).status == 200
            fresh[name] = first, time.perf_counter() - begun - first
            read_through(house, name)
            time.sleep(QUIET)
        house.stop()
        forgotten(house, indexes=False)
        house.start()
        house.scanned(token)
        warm(house, token, tracks[WARM])
        for name in names:
            begun = time.perf_counter()
            played(house, token, tracks[name], 0)
            rows[name].append((*fresh[name], time.perf_counter() - begun))
            time.sleep(QUIET)
        house.stop()
    return rows


def warm(house: House, token: str, track: str) -> None:
    """Has the workers started, and what they need loaded."""
    for number in (0, 1):
        played(house, token, track, number)


async def paused(house: House) -> None:
    async with connect.opened(house.data / "homestream.db") as db:
        await analysis.set_paused(db, paused=True)


def played(house: House, token: str, track: str, number: int) -> str:
    """Asks for a segment as a player does; the address of the one in the middle."""
    made = house.ask("POST", "/api/v1/programmes", {"tracks": [track]}, token=token)
    assert made.status == 201, made.text
    main = urljoin(house.url, made.json["hls"])
    variant = m3u8.read_multivariant(house.ask("GET", main).text).variants[1]
    index = urljoin(main, variant.uri)
    parts = m3u8.read_media(house.ask("GET", index).text).parts
    answer = house.ask("GET", urljoin(index, parts[number].uri))
    assert answer.status == 200, answer.text
    return urljoin(index, parts[len(parts) // 2].uri)


def read_through(house: House, name: str, seconds: float = 60) -> None:
    """Waits until nothing is left to be read of a file, so that the next one has the machine."""
    end = time.monotonic() + seconds
    with sqlite3.connect(house.data / "homestream.db") as db:
        while not db.execute(
            "SELECT 1 FROM file JOIN track ON track.file_id = file.id "
            "WHERE file.measured = 1 AND track.title = ?",
            (name,),
        ).fetchone():
            assert time.monotonic() < end, name
            time.sleep(0.05)
    db.close()


def forgotten(house: House, *, indexes: bool) -> None:
    for folder in (house.data / "cache", house.data / "segments"):
        shutil.rmtree(folder, ignore_errors=True)
    if indexes:
        with sqlite3.connect(house.data / "homestream.db") as db:
            db.execute("UPDATE file SET measured = 0, packet_index = x'' WHERE packet_index != x''")
        db.close()


if __name__ == "__main__":
    main()
