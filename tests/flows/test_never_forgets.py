"""What a person did stays with the music, whatever becomes of the files: told over HTTP alone."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import FLAC, Picture

from tests.flows.house import House, standing
from tests.flows.music import small_library, tag, tune, write
from tests.media_files import image

TITLE = "Movement 1"  # of the first album: a FLAC


def scan(house: House) -> dict[str, Any]:
    done = house.command("scan", "--all", "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def of_ada(house: House, token: str) -> list[Any]:
    tracks = house.every("/api/v1/tracks", token)
    return [track for track in tracks if "Lovelace" in json.dumps(track)]


def live_with(house: House, token: str, track: str) -> str:
    """Plays, stars, lists and queues a track; the playlist."""
    play = {
        "client_event_id": str(uuid.uuid4()), "track": track, "listening_session": "s",
        "started_at": "2026-09-21T14:13:20Z", "tz_offset_minutes": 60, "device": "test",
        "source": "album", "played_ms": 4_000, "ending": "done",
    }  # fmt: skip
    assert house.ask("POST", "/api/v1/plays", play, token=token).status == 201
    assert house.ask("PUT", f"/api/v1/stars/{track}", token=token).status == 204
    made = house.ask("POST", "/api/v1/playlists", {"name": "Mine"}, token=token)
    playlist = made.json["id"]
    added = house.ask(
        "POST", f"/api/v1/playlists/{playlist}/tracks", {"tracks": [track]}, token=token
    )
    assert added.status < 300, added.text
    queued = house.ask("PUT", "/api/v1/queue", {"tracks": [track], "position": 1.5}, token=token)
    assert queued.status < 300, queued.text
    return str(playlist)


def remembered(house: House, token: str, playlist: str) -> list[tuple[str, bool]]:
    """How the one track is called wherever a person meets it again, and whether it is starred."""
    places = [
        house.get("/api/v1/plays", token)["items"][0]["track"],
        house.get("/api/v1/stars?kind=track", token)["items"][0],
        house.get(f"/api/v1/playlists/{playlist}", token)["tracks"][0],
        house.get("/api/v1/queue", token)["items"][0],
    ]
    return [(place["title"], place["starred"]) for place in places]


def test_everything_about_a_file_changes_in_one_scan(tmp_path: Path) -> None:
    music = small_library(tmp_path / "music", seconds=5)
    with standing(tmp_path, music) as house:
        token = house.token()
        scan(house)
        house.start()
        house.scanned(token)
        track = next(t for t in of_ada(house, token) if t["title"] == TITLE)
        playlist = live_with(house, token, track["id"])
        house.stop()

        old = next(music.rglob("Ada*/*/01*.flac"))
        new = music / "Somewhere" / "Else" / "a.flac"
        new.parent.mkdir(parents=True)
        shutil.move(old, new)
        tag(new, title="Other", artist="Augusta Ada King", album="Sketches", albumartist="A. King")
        file = FLAC(new)
        picture = Picture()
        picture.type, picture.mime, picture.data = 3, "image/jpeg", image()
        file.add_picture(picture)
        file.save()
        result = scan(house)
        assert (result["added"], result["away"]) == (0, 0)

        house.start()
        house.scanned(token)
        assert remembered(house, token, playlist) == [("Other", True)] * 4
        assert house.get(f"/api/v1/tracks/{track['id']}", token)["title"] == "Other"


def test_better_file_takes_the_place_of_a_worse_one(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    sound = tune(20, seed=3)
    tag(write(music / "song.mp3", sound), title="The song", artist="Ada Lovelace", album="Early")
    tag(
        write(music / "other take.mp3", tune(20, seed=4)),
        title="The song", artist="Ada Lovelace", album="Live",
    )  # fmt: skip
    with standing(tmp_path, music) as house:
        token = house.token()
        scan(house)
        house.start()
        house.scanned(token)
        track = next(t for t in of_ada(house, token) if t["album"]["title"] == "Early")
        playlist = live_with(house, token, track["id"])
        house.stop()

        (music / "song.mp3").unlink()
        bought = music / "Ada Lovelace - Early (2024 Edition)" / "01 - The Song.flac"
        bought.parent.mkdir()
        tag(write(bought, sound), title="The Song", artist="Ada Lovelace", album="Early (2024)")
        scan(house)

        house.start()
        house.scanned(token)
        assert remembered(house, token, playlist) == [("The Song", True)] * 4
        others = [t for t in of_ada(house, token) if t["album"]["title"] == "Live"]
        assert [t["starred"] for t in others] == [False]


def test_root_that_is_empty_takes_nothing_away_for_good(tmp_path: Path) -> None:
    music = small_library(tmp_path / "music", seconds=5)
    with standing(tmp_path, music) as house:
        token = house.token()
        scan(house)
        house.start()
        house.scanned(token)
        track = next(t for t in of_ada(house, token) if t["title"] == TITLE)
        playlist = live_with(house, token, track["id"])
        before = remembered(house, token, playlist)
        house.stop()

        music.rename(tmp_path / "unplugged")
        music.mkdir()
        assert scan(house)["tracks"] == 0
        house.start()
        house.scanned(token)
        (library,) = house.get("/api/v1/libraries", token)["items"]
        assert library["away"] is True
        assert "empty" in library["reason"]
        house.stop()

        music.rmdir()
        (tmp_path / "unplugged").rename(music)
        back = scan(house)
        assert (back["tracks"], back["added"]) == (6, 0)
        house.start()
        house.scanned(token)
        assert remembered(house, token, playlist) == before
        assert house.get(f"/api/v1/tracks/{track['id']}", token)["title"] == TITLE


def test_files_are_never_written(tmp_path: Path) -> None:
    music = small_library(tmp_path / "music", seconds=5)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(music)}
    with standing(tmp_path, music) as house:
        token = house.token()
        scan(house)
        house.start()
        house.scanned(token)
        for track in house.every("/api/v1/tracks", token):
            live_with(house, token, track["id"])
        scan(house)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(music)} == before
    assert mutagen.File(next(iter(before))) is not None


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
