"""What lists, pages of albums, searches, covers and the cheapest answer cost the server.

    python -m benchmarks.lists [--sizes 1000 10000 50000] [--scanned 4000] [--folder FOLDER]

CPU milliseconds of the server's process for each call over one connection that stays open, in
libraries of several sizes; the ratio is to the smallest. Then the time that calls for an album
take while a first scan of another library runs, beside the same calls without one: the 95th of a
hundred, in rounds. The libraries of the first part are rows without files.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks import _library
from homestream import config, log, opening, run
from homestream.db import connect
from homestream.ids import LibraryId
from homestream.library import describe, ingest, libraries, store
from homestream.library.files import Found
from homestream.media.tags import Tags
from tests.flows.house import House
from tests.library.stock import FACTS

CALLS = 200
WARM = 30
BATCH = 1000
ROUND = 100
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    parser.add_argument("--scanned", type=int, default=4_000)
    parser.add_argument("--folder", type=Path, help="where made libraries are kept")
    asked = parser.parse_args()
    costs = {size: _costs(size) for size in asked.sizes}
    names = list(costs[asked.sizes[0]])
    print(f"server's CPU, ms a call, mean of {CALLS}; ratio of the last size to the first")
    print(f"{'':24}" + "".join(f"{size:>10}" for size in asked.sizes) + f"{'ratio':>9}")
    for name in names:
        row = [costs[size][name] for size in asked.sizes]
        print(f"{name:24}" + "".join(f"{ms:10.2f}" for ms in row) + f"{row[-1] / row[0]:9.2f}")
    with tempfile.TemporaryDirectory() as kept:
        _during_scan(asked.folder or Path(kept), asked.scanned)


def _costs(size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "data", Path(folder) / "music")
        house.music.mkdir()
        token = house.token()
        asyncio.run(_fill(house.data / "homestream.db", house.music, size))
        with _serving(house) as pid:
            albums = house.get("/api/v1/albums?limit=50&sort=title", token)
            album = albums["items"][len(albums["items"]) // 2]["id"]
            genre = house.get("/api/v1/genres", token)["items"][0]["id"]
            artist = house.get("/api/v1/artists?sort=name", token)["items"][5]["id"]
            paths = {
                "50 albums by title": "/api/v1/albums?limit=50",
                "50 albums, page 2": albums["next"],
                "50 albums by artist": "/api/v1/albums?limit=50&sort=artist",
                "50 newest albums": "/api/v1/albums?limit=50&sort=added",
                "50 albums, random": "/api/v1/albums?limit=50&sort=random",
                "50 albums of a genre": f"/api/v1/albums?limit=50&genre={genre}",
                "50 tracks by title": "/api/v1/tracks?limit=50",
                "50 artists": "/api/v1/artists?limit=50",
                "50 genres": "/api/v1/genres?limit=50",
                "album": f"/api/v1/albums/{album}",
                "artist": f"/api/v1/artists/{artist}",
                "search": "/api/v1/search?q=river+ka",
                "ping": "/health",
            }
            found = {}
            for name, path in paths.items():
                _ask(house.port, path, token, WARM)
                before = _cpu(pid)
                _ask(house.port, path, token, CALLS)
                found[name] = (_cpu(pid) - before) * 1000 / CALLS
            return found


def _during_scan(folder: Path, size: int) -> None:
    first = _library.made(folder / "first", 1_000)
    second = _library.made(folder / f"second-{size}", size)
    with tempfile.TemporaryDirectory() as data:
        house = House(Path(data) / "data", first)
        token = house.token()
        house.command("scan")
        with _serving(house) as pid:
            listed = house.get("/api/v1/albums?limit=1", token)["items"][0]
            path, cover = f"/api/v1/albums/{listed['id']}", listed.get("art")
            if cover is not None:
                name = f"/api/v1/art/{cover}/320.webp"
                _ask(house.port, name, token, WARM)
                before = _cpu(pid)
                _ask(house.port, name, token, CALLS)
                print(f"{'cover':24}{(_cpu(pid) - before) * 1000 / CALLS:10.2f}")
            _ask(house.port, path, token, WARM)
            quiet = [_p95(_ask(house.port, path, token, ROUND)) for _ in range(ROUNDS)]
        house.extra = {
            "HOMESTREAM_LIBRARY_1_NAME": "More",
            "HOMESTREAM_LIBRARY_1_PATH": str(second),
        }
        busy = []
        with _serving(house, "--scan"):
            while _scanning(house, token):
                busy.append(_p95(_ask(house.port, path, token, ROUND)))
    if not busy:
        print("the scan was over before an album could be asked for: use more files")
        return
    one, other = statistics.median(quiet), statistics.median(busy)
    print(
        f"album, p95 of {ROUND}: {one * 1000:.1f} ms, while {size} files are scanned "
        f"{other * 1000:.1f} ms ({len(busy)} rounds), ratio {other / one:.2f}"
    )


def _scanning(house: House, token: str) -> bool:
    scans = house.get("/api/v1/scans", token)["items"]
    return len(scans) < 2 or scans[0]["state"] == "running"


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


@contextmanager
def _serving(house: House, *words: str) -> Iterator[int]:
    """The doors alone, without what a server does by itself; the id of its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.lists", "--serve", *words],
        env=house.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process.pid
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


async def _serve(*, scan: bool) -> None:
    settings = config.load(None, os.environ)
    log.set_up()
    with opening.workers(settings) as pool:
        async with run.house(settings, pool, serving=False) as home, run._listening(home):
            print("ready", flush=True)
            if scan:
                await home.scanner.run()
            await asyncio.Event().wait()


def _cpu(pid: int) -> float:
    """Seconds that a process has worked, all its threads together: Linux has a clock for each."""
    return time.clock_gettime(~pid << 3 | 2)


def _ask(port: int, path: str, token: str, count: int) -> list[float]:
    """Asks for one thing again and again over one connection; seconds of each."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    seconds = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = connection.makefile("rb")
        for _ in range(count):
            begun = time.perf_counter()
            connection.sendall(request)
            status = answers.readline()
            assert b" 200 " in status, (path, status)
            length = 0
            while (line := answers.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)
            seconds.append(time.perf_counter() - begun)
    return seconds


async def _fill(database: Path, music: Path, size: int) -> None:
    async with connect.opened(database) as db:
        await libraries.configure(db, [("Music", str(music))])
        row = await db.row("SELECT id FROM library")
        assert row is not None
        batch: list[Found] = []
        for number, (path, tags) in enumerate(_library.tags(size), 1):
            batch.append(_found(LibraryId(row["id"]), path, tags))
            if len(batch) == BATCH or number == size:
                await db.batch(partial(_write, batch, number))
                batch = []


def _write(found: list[Found], now: int, connection: sqlite3.Connection) -> None:
    store.write(connection, found, loose=set(), stems={}, covers={}, last=True, now=now)


def _found(library: LibraryId, path: str, tags: Tags) -> Found:
    description = describe.describe(tags, path.encode())
    seen = ingest.FileSeen(library, path.encode(), 1000, 1, 1)
    key = hashlib.sha256(path.encode()).digest()
    return Found(ingest.Heard(seen, key, description.names), FACTS, description, b"")


if __name__ == "__main__":
    if "--serve" in sys.argv:
        with asyncio.Runner(loop_factory=run.loop) as runner:
            runner.run(_serve(scan="--scan" in sys.argv))
    else:
        main()
