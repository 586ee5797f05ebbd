"""SIGKILL at any moment: the database is whole, no acknowledged play is lost, no segment torn."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import threading
import time
import urllib.error
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

from homestream.formats import m3u8
from tests.flows.house import House, standing
from tests.flows.music import small_library

TIMES = 20


def play(number: int, track: str) -> dict[str, object]:
    return {
        "client_event_id": f"play-{number}",
        "track": track,
        "listening_session": "kill",
        "started_at": "2026-01-01T12:00:00Z",
        "tz_offset_minutes": 60,
        "device": "test",
        "source": "album",
        "played_ms": 1000,
        "ending": "done",
        "seeks": 0,
        "shuffle": False,
        "private": False,
    }


def listen(
    house: House, token: str, tracks: list[str], sure: list[str], whole: list[bytes]
) -> None:
    """Plays and streams until the server is gone; notes what was acknowledged."""
    for turn in range(10_000):
        track = tracks[turn % len(tracks)]
        number = len(sure)
        try:
            if house.ask("POST", "/api/v1/plays", play(number, track), token=token).status in (
                200, 201,
            ):  # fmt: skip
                sure.append(f"play-{number}")
            made = house.ask("POST", "/api/v1/programmes", {"tracks": [track]}, token=token)
            if made.status != 201:
                continue
            main = house.ask("GET", made.json["hls"])
            rung = random.choice(m3u8.read_multivariant(main.text).variants)
            index = urljoin(house.url + made.json["hls"], rung.uri)
            segments = m3u8.read_media(house.ask("GET", index).text).parts
            answer = house.ask("GET", urljoin(index, random.choice(segments).uri))
        except (OSError, urllib.error.URLError, ConnectionError):
            return
        if answer.status == 200:
            whole.append(answer.body)


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def grown(things: list[bytes], before: int) -> bool:
    return len(things) > before


def boxes(segment: bytes) -> list[bytes]:
    """The names of the top boxes, which must fill the segment to its last byte."""
    names, at = [], 0
    while at < len(segment):
        size = int.from_bytes(segment[at : at + 4], "big")
        assert size >= 8
        names.append(segment[at + 4 : at + 8])
        at += size
    assert at == len(segment)
    return names


def test_twenty_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    music = small_library(tmp_path / "music")
    pace = random.Random(7)
    with standing(tmp_path, music) as house:
        token = house.token()
        sure: list[str] = []
        whole: list[bytes] = []
        assert house.command("scan").returncode == 0
        for turn in range(TIMES):
            # something to scan each time, and something to encode anew
            (music / f"Turn {turn}").mkdir()
            for path in sorted(music.glob("*/*/*.*"))[:3]:
                (music / f"Turn {turn}" / path.name).write_bytes(path.read_bytes())
            if turn % 4 == 0:
                for path in (house.data / "segments").rglob("*.*"):
                    path.unlink(missing_ok=True)
            house.start()
            tracks = [t["id"] for t in house.get("/api/v1/tracks?limit=20", token)["items"]]
            listener = threading.Thread(target=listen, args=(house, token, tracks, sure, whole))
            listener.start()
            if turn % 3:  # in the middle of listening; else while it still looks for music
                until(partial(grown, whole, len(whole)))
            listener.join(timeout=pace.uniform(0.1, 0.6))
            assert house.process is not None
            house.stop(signal.SIGKILL)
            listener.join(timeout=30)
            assert not listener.is_alive()
            with closing(sqlite3.connect(house.data / "homestream.db")) as db:
                assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
                assert db.execute("PRAGMA foreign_key_check").fetchall() == []
                kept = {row[0] for row in db.execute("SELECT client_event_id FROM play")}
            assert set(sure) <= kept
        assert len(sure) > TIMES
        assert len(whole) > TIMES // 2
        for segment in whole:
            assert boxes(segment) in ([b"styp", b"moof", b"mdat"], [b"moof", b"mdat"])

        # what is in the cache after all that is served whole too, and a scan completes
        done = house.command("scan", "--json", "--all")
        assert done.returncode == 0, done.stderr
        files = sum(1 for p in music.rglob("*.*") if p.suffix in (".flac", ".mp3", ".ogg", ".m4a"))
        assert json.loads(done.stdout.splitlines()[-1])["tracks"] == files
        house.start()
        before = len(whole)
        tracks = [t["id"] for t in house.get("/api/v1/tracks?limit=20", token)["items"]]
        listener = threading.Thread(target=listen, args=(house, token, tracks, sure, whole))
        listener.start()
        until(partial(grown, whole, before + 5))
        assert house.stop() == 0
        listener.join(timeout=30)
        for segment in whole[before:]:
            assert boxes(segment) in ([b"styp", b"moof", b"mdat"], [b"moof", b"mdat"])
