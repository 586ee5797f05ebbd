"""Hot segments from the running server beside nginx, and what listeners find when they seek.

    python -m benchmarks.serving [--rounds N]

The server runs in its own process, as it is run; nginx serves the same segments as files, with two
processes of its own on the loopback. wrk asks both over 16 connections that stay open, in turn.
Then a second listener follows a first one, and an hour of music is sought in over HTTP.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

from benchmarks import _figures, _music
from benchmarks._figures import Bar, Figure
from homestream.formats import m3u8
from tests.conftest import free_port
from tests.flows.house import House, standing

CONNECTIONS = 16
SECONDS = 2
SETTLE_SECONDS = 120
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    for program in ("ffmpeg", "wrk", "nginx"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not installed")
    before = _figures.load()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        short, long = folder / "short", folder / "long"
        short.mkdir()
        long.mkdir()
        (track,) = _music.flacs(short, count=1, seconds=60)
        hour = _music.hour(track)
        shutil.move(hour, long / hour.name)
        with standing(folder / "near", short) as house:
            token = house.token()
            house.command("scan")
            house.start()
            figures = [second(house, token), *hot(house, token, folder, chosen.rounds)]
        with standing(folder / "far", long) as house:
            token = house.token()
            house.command("scan")
            settle(house, token)
            figures += far(house, token, chosen.rounds)
    _figures.told(
        _figures.Section(
            "serving",
            "Serving",
            "The real server over HTTP on the loopback, on a machine that it shares with those "
            "who ask. Hot segments are in the server's memory; nginx sends the same bytes from "
            "files that the system has in its memory.",
            tuple(figures),
            (before, _figures.load()),
        )
    )


def playlist(house: House, token: str) -> list[str]:
    """The addresses of every segment of the first track as AAC 128."""
    made = programme(house, token)
    main_url = urljoin(house.url, made["hls"])
    variants = m3u8.read_multivariant(house.ask("GET", main_url).text).variants
    chosen = next(each.uri for each in variants if "aac-128" in each.uri)
    index = urljoin(main_url, chosen)
    return [
        urljoin(index, part.uri) for part in m3u8.read_media(house.ask("GET", index).text).parts
    ]


def programme(house: House, token: str) -> dict[str, object]:
    track = house.get("/api/v1/tracks?limit=1", token)["items"][0]["id"]
    made = house.ask("POST", "/api/v1/programmes", {"tracks": [track]}, token=token)
    assert made.status in (200, 201), made.text
    return made.json  # type: ignore[no-any-return]


def second(house: House, token: str) -> Figure:
    """Encodes that one listener costs, and those that another adds."""
    counts = []
    for _ in range(2):
        for url in playlist(house, token):
            assert house.ask("GET", url).status == 200
        counts.append(house.get("/api/v1/streaming", token)["asked"]["encoded"])
    return Figure(
        "A second listener of the same track",
        "encodes",
        (Bar("the first", counts[0]), Bar("added by the second", counts[1] - counts[0])),
        counts[1] - counts[0],
        0,
        at_most=True,
        ratio_unit="encodes more",
    )


def hot(house: House, token: str, folder: Path, rounds: int) -> list[Figure]:
    url = playlist(house, token)[3]
    body = house.ask("GET", url).body
    root = folder / "nginx"
    root.mkdir()
    (root / "segment.m4s").write_bytes(body)
    assert house.process is not None
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    with nginx(root) as (process, address):
        for _ in range(rounds):
            ours.append(rate(url, house.process.pid))
            theirs.append(rate(f"{address}/segment.m4s", process.pid))
    served, nginx_served = (statistics.median(one for one, _ in each) for each in (ours, theirs))
    cpu, nginx_cpu = (1e6 * statistics.median(one for _, one in each) for each in (ours, theirs))
    loop = "uvloop" if _has_uvloop() else "asyncio's own loop"
    title = f"A hot segment of {len(body):,} bytes"
    return [
        Figure(
            title,
            "requests/s",
            (Bar(f"homestream ({loop}, one process)", served), Bar("nginx (two)", nginx_served)),
            served / nginx_served,
            0.5,
            ratio_unit="of nginx's",
        ),
        Figure(
            f"{title}, CPU time",
            "µs of CPU a request",
            (Bar("homestream", cpu), Bar("nginx", nginx_cpu)),
            nginx_cpu / cpu,
            ratio_unit="of nginx's requests per CPU second",
        ),
    ]


def _has_uvloop() -> bool:
    try:
        import uvloop  # noqa: F401
    except ImportError:
        return False
    return True


@contextmanager
def nginx(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """nginx with what is in the folder; ended when it is left."""
    port = free_port()
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(
        f"{user}worker_processes 2;\npid {folder}/pid;\ndaemon off;\n"
        f"events {{}}\nhttp {{\naccess_log off;\nsendfile on;\ntcp_nopush on;\n"
        f"keepalive_requests 100000000;\nopen_file_cache max=100;\n{places}"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }}\n}}\n"
    )
    errors = str(folder / "error.log")
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(config), "-e", errors])
    try:
        end = time.monotonic() + 20
        while not (folder / "pid").exists():
            if process.poll() is not None or time.monotonic() > end:
                raise ChildProcessError(Path(errors).read_text())
            time.sleep(0.02)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def rate(url: str, pid: int) -> tuple[float, float]:
    """Requests per second, and CPU seconds that the server and its children took for each."""
    before = cpu(pid)
    told = subprocess.run(
        ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{SECONDS}s", url],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    took = cpu(pid) - before
    if "Non-2xx" in told or "Socket errors" in told:
        raise ValueError(told)
    found = re.search(r"Requests/sec:\s+([0-9.]+)", told)
    count = re.search(r"(\d+) requests in", told)
    if found is None or count is None:
        raise ValueError(told)
    return float(found[1]), took / int(count[1])


def cpu(pid: int) -> float:
    """CPU seconds so far of a process and those that it has begun."""
    ticks = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


def family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def settle(house: House, token: str) -> None:
    """Lets the server find out all that it wants to know of the hour, its index too."""
    house.start()
    end, quiet = time.monotonic() + SETTLE_SECONDS, 0
    while quiet < 10 and time.monotonic() < end:
        workers = house.get("/api/v1/streaming", token)["workers"]
        quiet = 0 if workers["busy"] or workers["queued"] else quiet + 1
        time.sleep(0.3)
    house.stop()


def far(house: House, token: str, rounds: int) -> list[Figure]:
    """Seeks to 80 % and then 40 % of an hour that nothing is kept of, as a file of MP3 with Range
    and as a segment, from a server that has only just been started for each round."""
    waits: dict[str, list[float]] = {}
    for _ in range(rounds):
        for kind in ("an MP3 file, 64 KiB by Range", "AAC 128, a segment of 6 s"):
            shutil.rmtree(house.data / "segments", ignore_errors=True)
            house.start()
            made = programme(house, token)
            segments = playlist(house, token)
            for share, when in ((0.8, "server just started"), (0.4, "server at work")):
                headers = {}
                if "MP3" in kind:
                    files = made["files"]
                    assert isinstance(files, list)
                    file = next(each for each in files if each["form"] == "mp3-192")
                    at = int(file["size"] * share)
                    address = urljoin(house.url, file["address"])
                    headers["Range"] = f"bytes={at}-{at + 65_535}"
                else:
                    address = segments[int(len(segments) * share)]
                begun = time.perf_counter()
                answer = house.ask("GET", address, headers=headers)
                took = 1000 * (time.perf_counter() - begun)
                waits.setdefault(f"{share:.0%} of an hour as {kind}, {when}", []).append(took)
                assert answer.status == (206 if headers else 200), answer.status
            house.stop()
    return [
        Figure(
            title,
            "ms",
            (Bar("homestream", statistics.median(each)), Bar("the longest of them", max(each))),
            statistics.median(each),
            300,
            at_most=True,
            ratio_unit="ms",
            note=f"Median of {rounds}. Nothing of the place is in the cache.",
        )
        for title, each in waits.items()
    ]


if __name__ == "__main__":
    main()
