"""A house listens to its music: what the sound tells, paused and gone on with, over HTTP alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.flows.house import House
from tests.library import music as songs


@pytest.fixture
def house(tmp_path: Path) -> House:
    music = tmp_path / "music"
    songs.tune(music / "One" / "01 Song.flac", 1)
    songs.tune(music / "One" / "02 Song.mp3", 2)
    broken = songs.tune(music / "One" / "03 Song.flac", 3)
    data = broken.read_bytes()
    broken.write_bytes(data[: len(data) // 3])
    return House(tmp_path / "data", music)


def until_done(house: House, token: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answer = house.ask("GET", "/api/v1/analysis", token=token).json
        if answer["state"] == "done":
            return dict(answer)
        time.sleep(0.2)
    raise AssertionError(answer)


def test_pause_outlives_a_restart_and_what_was_heard_is_told(house: House) -> None:
    first = house.command("scan")
    assert first.returncode == 0, first.stderr
    token = house.token()
    house.start()
    try:
        # the server goes on by itself, unless somebody was sooner
        house.ask("PUT", "/api/v1/analysis", {"paused": True}, token=token)
        house.stop()
        house.start()
        now = house.ask("GET", "/api/v1/analysis", token=token).json
        assert (now["state"] in ("paused", "done"), now["total"]) == (True, 3)
        house.ask("PUT", "/api/v1/analysis", {"paused": False}, token=token)
        assert until_done(house, token) == {"state": "done", "done": 3, "total": 3, "problems": 1}

        tracks = house.ask("GET", "/api/v1/tracks?sort=title", token=token).json["items"]
        heard = house.ask("GET", f"/api/v1/tracks/{tracks[0]['id']}/analysis", token=token).json
        assert heard["analysed"]
        assert -40 < heard["loudness"] < -5
        assert heard["sample_peak"] <= heard["true_peak"]
        assert heard["lead_silence"] < 0.1
        wave = house.ask("GET", f"/api/v1/tracks/{tracks[0]['id']}/waveform", token=token).json
        assert len(wave["peak"]) == len(wave["rms"]) == 140
        assert max(wave["peak"]) > max(wave["rms"]) > 0
        (problem,) = house.ask("GET", "/api/v1/analysis/problems", token=token).json["items"]
        assert problem["path"] == "One/03 Song.flac"
        assert problem["problem"].startswith("breaks off: 0:0")
        assert house.ask("GET", "/api/v1/tracks/tr-99/waveform", token=token).status == 404
    finally:
        house.stop()


def test_recording_that_is_known_again_can_be_kept_apart(house: House) -> None:
    token = house.token()
    songs.tune(house.music / "Two" / "again.opus", 1, title="Again")
    done = house.command("scan", "--all")
    assert done.returncode == 0, done.stderr
    house.start()
    try:
        (merge,) = house.ask("GET", "/api/v1/recordings/merged", token=token).json["items"]
        assert {merge["kept"], merge["merged"]} == {"One/01 Song.flac", "Two/again.opus"}
        gone = house.ask("DELETE", f"/api/v1/recordings/merged/{merge['id']}", token=token)
        assert gone.status == 204
        assert house.ask("GET", "/api/v1/recordings/merged", token=token).json["items"] == []
        again = house.ask("DELETE", f"/api/v1/recordings/merged/{merge['id']}", token=token)
        assert again.status == 404
    finally:
        house.stop()


def test_stars_are_given_and_only_the_owner_may_pause(house: House) -> None:
    assert house.command("scan").returncode == 0
    owner, adult = house.token(), house.token("bob", "adult")
    house.start()
    try:
        tracks = house.ask("GET", "/api/v1/tracks", token=adult).json["items"]
        path = f"/api/v1/tracks/{tracks[0]['id']}/rating"
        assert house.ask("GET", path, token=adult).json == {"rating": None}
        assert house.ask("PUT", path, {"rating": 70}, token=adult).status == 204
        assert house.ask("GET", path, token=adult).json == {"rating": 70}
        assert house.ask("GET", path, token=owner).json == {"rating": None}
        assert house.ask("PUT", path, {"rating": 101}, token=adult).status == 400
        assert house.ask("PUT", path, {"rating": 0}, token=adult).status == 204
        assert house.ask("GET", path, token=adult).json == {"rating": None}
        for asked in ("/api/v1/analysis", "/api/v1/analysis/problems", "/settings/sound"):
            assert house.ask("GET", asked, token=adult).status == 403, asked
        assert house.ask("PUT", "/api/v1/analysis", {"paused": True}, token=adult).status == 403
    finally:
        house.stop()
