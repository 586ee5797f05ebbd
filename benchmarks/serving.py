"""Cached segments per second from the running server, beside its cheapest answer (/health).

The server runs in its own process; this process asks over 16 connections that stay open.
Printed: requests per second (median of rounds that take turns) and their ratio.

    python -m benchmarks.serving [ROUNDS]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from homestream.formats import m3u8
from tests.flows.house import standing
from tests.flows.music import small_library

CONNECTIONS = 16
SECONDS = 2.0


async def _connection(host: str, port: int, path: str, end: float) -> tuple[int, int]:
    reader, writer = await asyncio.open_connection(host, port)
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
    count = received = 0
    while time.perf_counter() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        at = head.lower().index(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        count += 1
        received += length
    writer.close()
    await writer.wait_closed()
    return count, received


async def _rate(url: str) -> tuple[float, float]:
    """(requests, bytes) per second."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    start = time.perf_counter()
    done = await asyncio.gather(
        *(
            _connection(parts.hostname or "", parts.port or 80, path, start + SECONDS)
            for _ in range(CONNECTIONS)
        )
    )
    seconds = time.perf_counter() - start
    return sum(c for c, _ in done) / seconds, sum(b for _, b in done) / seconds


def main(rounds: int = 5) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with standing(folder, small_library(folder / "music", seconds=20)) as house:
            token = house.token()
            house.command("scan")
            house.start()
            track = house.get("/api/v1/tracks?limit=1", token)["items"][0]["id"]
            made = house.ask("POST", "/api/v1/programmes", {"tracks": [track]}, token=token)
            main_url = urljoin(house.url, made.json["hls"])
            variant = m3u8.read_multivariant(house.ask("GET", main_url).text).variants[1]
            index = urljoin(main_url, variant.uri)
            uri = m3u8.read_media(house.ask("GET", index).text).parts[2].uri
            segment = urljoin(index, uri)
            size = len(house.ask("GET", segment).body)
            cached, health = [], []
            for _ in range(rounds):
                cached.append(asyncio.run(_rate(segment)))
                health.append(asyncio.run(_rate(house.url + "/health")))
    segments = statistics.median(rate for rate, _ in cached)
    mib = statistics.median(rate for _, rate in cached) / 2**20
    plain = statistics.median(rate for rate, _ in health)
    print(f"segment of {size} bytes, {CONNECTIONS} connections, median of {rounds} rounds")
    print(f"  cached segments  {segments:8.0f} /s   {mib:.0f} MiB/s")
    print(f"  /health          {plain:8.0f} /s   ratio {segments / plain:.2f}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
