"""Running it for years: health, log lines, stopping, and what is left on disk."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urljoin

from homestream.formats import m3u8
from tests.flows.house import House, standing
from tests.flows.music import small_library

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error)\s+\S+: .+")


def segments_of(house: House, token: str) -> list[str]:
    """The addresses of every segment of every rung of every track."""
    found = []
    for track in house.every("/api/v1/tracks", token):
        made = house.ask("POST", "/api/v1/programmes", {"tracks": [track["id"]]}, token=token)
        main = urljoin(house.url, made.json["hls"])
        for variant in m3u8.read_multivariant(house.ask("GET", main).text).variants:
            index = urljoin(main, variant.uri)
            media = m3u8.read_media(house.ask("GET", index).text)
            found += [urljoin(index, segment.uri) for segment in media.parts]
    return found


def test_server_stops_within_five_seconds_while_it_encodes(tmp_path: Path) -> None:
    with standing(tmp_path, small_library(tmp_path / "music", seconds=40)) as house:
        token = house.token()
        house.start()
        house.scanned(token)
        addresses = segments_of(house, token)
        assert len(addresses) > 50

        def ask(urls: list[str]) -> None:
            for url in urls:
                with suppress(OSError):
                    house.ask("GET", url)

        askers = [threading.Thread(target=ask, args=(addresses[n::8],)) for n in range(8)]
        for asker in askers:
            asker.start()
        # a listener who reads nothing, and one who never finishes asking
        stalled = socket.create_connection(("127.0.0.1", house.port))
        stalled.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        assert house.process is not None
        pid = house.process.pid
        children = descendants(pid)
        assert children
        house.process.send_signal(signal.SIGTERM)
        assert house.process.wait(timeout=5) == 0
        assert house.process.stdout is not None
        house.process.stdout.close()
        house.process = None
        stalled.close()
        for asker in askers:
            asker.join(timeout=30)
        assert not [child for child in children if runs(child)]


def runs(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = {int(a): int(b) for a, b in (line.split() for line in listed.stdout.splitlines())}
    found, front = [], {pid}
    while front:
        front = {child for child, parent in parents.items() if parent in front}
        found += sorted(front)
    return found


def test_health_answers_anyone_and_says_little(tmp_path: Path) -> None:
    with standing(tmp_path, small_library(tmp_path / "music", seconds=2)) as house:
        house.start()
        answer = house.ask("GET", "/health")
        assert answer.status == 200
        assert answer.json["status"] == "ok"
        assert "path" not in answer.text


def test_log_is_structured_and_holds_no_secret(tmp_path: Path) -> None:
    with standing(tmp_path, small_library(tmp_path / "music", seconds=2)) as house:
        token = house.token()
        house.start()
        house.scanned(token)
        address = segments_of(house, token)[0]
        house.ask("GET", address)
        house.ask("POST", "/api/v1/session", {"name": "ada", "password": "wrong password"})
        house.stop()
        text = (tmp_path / "server.log").read_text()
        assert text
        for line in text.splitlines():
            assert LINE.fullmatch(line), line
        assert token not in text
        assert "wrong password" not in text
        assert address.partition("s=")[2] not in text


def test_what_is_kept_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with standing(tmp_path, small_library(tmp_path / "music", seconds=2)) as house:
        token = house.token()
        house.start()
        house.scanned(token)
        house.stop()
        for path in (house.data, *house.data.rglob("*")):
            mode = stat.S_IMODE(os.lstat(path).st_mode)
            assert mode & 0o077 == 0, f"{path} {mode:o}"
        kept = b"".join(p.read_bytes() for p in house.data.glob("homestream.db*"))
        assert token.encode() not in kept


def test_two_servers_on_one_port_is_an_error_in_words(tmp_path: Path) -> None:
    with standing(tmp_path, small_library(tmp_path / "music", seconds=2)) as house:
        house.start()
        second = house.command("serve")
        assert second.returncode == 1
        assert f"port {house.port}" in second.stderr
