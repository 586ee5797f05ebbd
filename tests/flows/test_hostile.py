"""A library made to lie: all that is good is there, all that is bad is named, and no other file was
opened."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests import hostile
from tests.flows.house import House, standing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="pipes, devices and inotify are Linux's"),
]

_OPENED = 0x20
_MOST_MEGABYTES = 700
_MOST_SECONDS = 1.0


@contextmanager
def lure_that_tells(path: Path) -> Iterator[list[int]]:
    """The masks of what was done to a file while it was open; empty: nobody opened it."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert descriptor >= 0
    assert libc.inotify_add_watch(descriptor, os.fsencode(path), _OPENED) > 0
    told: list[int] = []
    try:
        yield told
        with suppress(BlockingIOError):
            while True:
                told.append(struct.unpack_from("=iIII", os.read(descriptor, 4096))[1])
    finally:
        os.close(descriptor)


class Observer:
    """Looks at the server while it works: how much memory all of it holds, how soon it answers."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.peak_bytes = 0
        self.slowest = 0.0
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._weigh, self._ask)]

    def __enter__(self) -> Observer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _weigh(self) -> None:
        assert self.house.process is not None
        while not self._stop.wait(0.1):
            held = sum(_pss(pid) for pid in _tree(self.house.process.pid))
            self.peak_bytes = max(self.peak_bytes, held)

    def _ask(self) -> None:
        while not self._stop.wait(0.05):
            began = time.monotonic()
            answer = self.house.ask("GET", "/health")
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.status != 200:
                self.failures.append(answer.text)


def _tree(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with suppress(OSError):  # it ended meanwhile
            parent = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def _pss(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def test_hostile_library_is_read_to_its_end(tmp_path: Path) -> None:
    music, outside = tmp_path / "music", tmp_path / "outside"
    music.mkdir()
    outside.mkdir()
    with closing(socket.create_server(("127.0.0.1", 0))) as lure:
        lure.setblocking(False)
        made = hostile.build(music, outside / "canary.flac", lure.getsockname()[1])
        with (
            standing(tmp_path, music) as house,
            lure_that_tells(made.canary) as opened,
        ):
            token = house.token()
            house.start()
            with Observer(house) as observer:
                house.scanned(token, seconds=50)
                _everything_is_done(house, token)
            _good_is_there_and_bad_is_named(house, token, made)
            _nothing_is_tried_again(house, token)
            _the_owner_is_told(house, token)
        assert opened == []
        with pytest.raises(BlockingIOError):
            lure.accept()
    assert observer.failures == []
    assert observer.peak_bytes < _MOST_MEGABYTES << 20
    assert observer.slowest < _MOST_SECONDS
    print(f"peak {observer.peak_bytes >> 20} MiB, slowest answer {observer.slowest * 1000:.0f} ms")


def _everything_is_done(house: House, token: str) -> None:
    """Waits for the background stage: pictures, lyrics, and every sound read to its end."""
    end = time.monotonic() + 120
    while not (
        house.get("/api/v1/health/library", token)["items"][0]["counted_at"]
        and house.get("/api/v1/analysis", token)["state"] == "done"
    ):
        assert time.monotonic() < end
        time.sleep(0.1)


def _good_is_there_and_bad_is_named(house: House, token: str, made: hostile.Library) -> None:
    root = os.fsencode(made.root)

    def shown(path: bytes) -> str:
        return os.path.join(root, path).decode("utf-8", "replace")

    tracks = house.every("/api/v1/tracks?limit=200", token)
    paths = {house.get(f"/api/v1/tracks/{each['id']}", token)["file"]["path"] for each in tracks}
    assert {shown(path) for path in made.good} <= paths
    assert not {shown(path) for path in made.bad} & paths
    assert not any("Canary" in each["title"] for each in tracks)

    rejected = {
        each["path"]: each["reason"]
        for each in house.every("/api/v1/scans/rejected?limit=200", token)
    }
    assert {shown(path) for path in made.bad} <= set(rejected)
    assert set(rejected) <= {shown(path) for path in (*made.bad, *made.either)}
    assert not set(rejected) & paths
    for path, reason in rejected.items():
        assert len(reason.split()) >= 3, path
        assert "Traceback" not in reason
        assert "0x" not in reason


def _nothing_is_tried_again(house: House, token: str) -> None:
    """A second scan reads nothing: what was refused has not changed."""
    answer = house.command("scan", "--json")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert (told["added"], told["updated"], told["moved"], told["away"]) == (0, 0, 0, 0)
    assert len(told["rejected"]) == len(house.every("/api/v1/scans/rejected?limit=200", token))
    assert all(each["path"] and each["reason"] for each in told["rejected"])
    last = house.get("/api/v1/scans", token)["items"][0]
    assert (last["state"], last["rejected"]) == ("done", 0)


def _the_owner_is_told(house: House, token: str) -> None:
    checks = {
        each["kind"]: each["count"] for each in house.get("/api/v1/health/library", token)["items"]
    }
    assert checks["unreadable"] == len(house.every("/api/v1/scans/rejected?limit=200", token))
    assert checks["refused-art"] >= 2
    page = house.ask("GET", "/settings/health/unreadable", token=token)
    assert page.status == 200
    assert "Not readable as sound: " in page.text
