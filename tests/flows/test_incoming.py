"""New music comes into a house: laid into its folder, dropped in its page, put into its inbox."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.flows.house import House, standing
from tests.library import music as songs


def soon(question: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first answer that is one."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < end
        time.sleep(0.1)


def titles(house: House, token: str) -> set[str]:
    return {each["title"] for each in house.every("/api/v1/tracks", token)}


def send(house: House, token: str, name: str, data: bytes) -> Any:
    request = urllib.request.Request(
        f"{house.url}/api/v1/uploads?name={name}",
        data=data,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        assert response.status == 201
        return json.loads(response.read())


def test_what_is_laid_into_the_folder_shows_up_by_itself(tmp_path: Path) -> None:
    music = tmp_path / "music"
    songs.album(music / "One", "One", "A", tracks=2, seed=1)
    with standing(tmp_path, music) as house:
        token = house.token()
        house.start()
        house.scanned(token)
        (state,) = house.get("/api/v1/health/watching", token)["items"]
        assert (state["kind"], state["reason"]) == ("watched", "")
        songs.album(music / "Two", "Two", "A", tracks=2, seed=11)
        soon(lambda: titles(house, token) == {"One 1", "One 2", "Two 1", "Two 2"})
        (music / "Two").rename(music / "Elsewhere")
        soon(
            lambda: (
                house.get("/api/v1/health/library", token)["items"]
                and any(
                    "Elsewhere" in house.get(f"/api/v1/tracks/{each['id']}", token)["file"]["path"]
                    for each in house.every("/api/v1/tracks", token)
                )
            )
        )
        assert titles(house, token) == {"One 1", "One 2", "Two 1", "Two 2"}
        assert len(house.get("/api/v1/scans", token)["items"]) == 1
        page = house.ask("GET", "/settings/libraries", token=token).text
        assert "changes show up within seconds" in page


def test_what_is_dropped_or_laid_into_the_inbox_is_filed_on_approval(tmp_path: Path) -> None:
    music, laid = tmp_path / "music", tmp_path / "laid"
    laid.mkdir()
    songs.album(music / "One", "One", "A", tracks=1, seed=1)
    new = songs.song(tmp_path / "x.flac", 5, title="New", artist="B", album="Two", date="2001")
    with standing(tmp_path, music, HOMESTREAM_INBOX_FOLDER=str(laid)) as house:
        token = house.token()
        house.start()
        house.scanned(token)
        sent = send(house, token, "..%2F..%2Fx.flac", new.read_bytes())
        where = f"/api/v1/inbox/{sent['id']}"
        soon(lambda: house.get(where, token)["state"] == "good")
        assert house.get(where, token)["goes_to"] == "B/2001 - Two/New.flac"
        assert titles(house, token) == {"One 1"}
        filed = house.ask("POST", f"{where}/filed", {}, token=token)
        assert filed.json == {"paths": ["B/2001 - Two/New.flac"]}
        assert (music / "B" / "2001 - Two" / "New.flac").read_bytes() == new.read_bytes()
        soon(lambda: titles(house, token) == {"One 1", "New"})

        (laid / "again.flac").write_bytes(new.read_bytes())
        (laid / "broken.mp3").write_text("this is not music at all")
        found = soon(
            lambda: (
                [
                    each
                    for each in house.get("/api/v1/inbox", token)["items"]
                    if each["state"] != "new"
                ][1:]
                and house.get("/api/v1/inbox", token)["items"]
            )
        )
        told = {each["name"]: each for each in found}
        assert told["again.flac"]["already_here"]["new_is"] == "same"
        assert told["broken.mp3"]["state"] == "refused"
        gone = house.ask("DELETE", f"/api/v1/inbox/{told['broken.mp3']['id']}", token=token)
        assert gone.status == 204
        assert not (laid / "broken.mp3").exists()


def test_doctor_says_how_many_things_are_wrong(tmp_path: Path) -> None:
    music = tmp_path / "music"
    songs.song(music / "untitled.flac", 1)
    (music / "broken.mp3").write_text("this is not music at all")
    with standing(tmp_path, music) as house:
        house.data.mkdir()
        assert house.command("scan", "--all").returncode == 0
        told = [json.loads(line) for line in house.command("doctor", "--json").stdout.splitlines()]
    health = {each["grade"]: each["says"] for each in told if each["subject"] == "library health"}
    assert "not readable: 1" in health["advice"]
    assert "without tags: 1" in health["ok"]


def test_albums_in_pieces_are_merged_from_the_page_that_lists_them(tmp_path: Path) -> None:
    music = tmp_path / "music"
    songs.album(music / "a", "One", "A", tracks=2, seed=1, date="1999")
    songs.album(music / "b", "One", "A", tracks=2, seed=11, date="2042")
    with standing(tmp_path, music) as house:
        token = house.token()
        house.start()
        house.scanned(token)
        found = "/api/v1/health/library/split"
        soon(lambda: len(house.get(found, token)["items"]) == 1)
        page = house.ask("GET", "/settings/health/split", token=token).text
        told = re.search(r"data-call=\"POST /api/v1/corrections\" data-body='([^']+)'", page)
        assert told is not None
        made = house.ask("POST", "/api/v1/corrections", json.loads(told[1]), token=token)
        assert made.status == 201, made.text
        assert house.get(found, token)["items"] == []
        assert len(house.every("/api/v1/albums", token)) == 1
