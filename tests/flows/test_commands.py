"""The command line as scripts rely on it: with the server stopped, and with it running."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tests.flows.house import PASSWORD, House, standing
from tests.flows.music import small_library, tag


def scan(house: House, *words: str) -> dict[str, object]:
    done = house.command("scan", "--json", *words)
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_scan_tells_what_it_found_and_reads_only_what_changed(tmp_path: Path) -> None:
    music = small_library(tmp_path / "music")
    (music / "broken.mp3").write_bytes(b"this is no sound at all, whatever its name says")
    with standing(tmp_path, music) as house:
        first = scan(house)
        assert set(first) == {
            "tracks", "albums", "artists", "added", "updated", "moved", "away", "rejected",
            "seconds",
        }  # fmt: skip
        assert (first["tracks"], first["albums"], first["added"]) == (6, 2, 6)
        assert [r["path"] for r in first["rejected"]] == [str(music / "broken.mp3")]  # type: ignore[attr-defined]
        assert first["rejected"][0]["reason"]  # type: ignore[index]

        second = scan(house, "--all")
        assert [second[k] for k in ("tracks", "added", "updated", "moved", "away")] == [
            6, 0, 0, 0, 0,
        ]  # fmt: skip

        track = next(music.rglob("*.flac"))
        (music / "Elsewhere").mkdir()
        shutil.move(track, music / "Elsewhere" / "other name.flac")
        next(music.rglob("*.mp3")).exists()
        third = scan(house)
        assert [third[k] for k in ("tracks", "added", "moved", "away")] == [6, 0, 1, 0]

        (music / "Elsewhere" / "other name.flac").unlink()
        fourth = scan(house)
        assert [fourth[k] for k in ("tracks", "added", "moved", "away")] == [5, 0, 0, 1]


def test_owner_made_on_the_command_line_closes_the_set_up_page(tmp_path: Path) -> None:
    with standing(tmp_path, small_library(tmp_path / "music")) as house:
        house.start()
        assert "/setup" in house.greeting
        assert house.get("/api/v1/server")["setup"] is True
        token = house.token()
        assert house.get("/api/v1/server")["setup"] is False
        assert house.ask("GET", "/setup").status in (302, 303, 404, 410)
        assert house.get("/api/v1/session", token)["account"]["role"] == "owner"
        house.stop()
        house.start()
        assert "/setup" not in house.greeting


def test_scan_asked_for_while_the_server_runs_is_seen_by_it(tmp_path: Path) -> None:
    music = small_library(tmp_path / "music")
    with standing(tmp_path, music) as house:
        token = house.token()
        house.start()
        house.scanned(token)
        shutil.copytree(music, tmp_path / "more")
        for path in (tmp_path / "more").rglob("*.*"):
            if path.is_file():
                tag(path, album=f"More of {path.parent.name}")
                os.utime(path, (1, 1))
        shutil.move(tmp_path / "more", music / "more")
        result = scan(house)
        assert (result["tracks"], result["added"]) == (12, 6)
        assert len(house.every("/api/v1/tracks?limit=5", token)) == 12


def test_wrong_use_and_faults_have_their_exit_status(tmp_path: Path) -> None:
    music = small_library(tmp_path / "music")
    with standing(tmp_path, music) as house:
        assert house.command("--help").returncode == 0
        assert "serve" in house.command("--help").stdout
        assert house.command("frobnicate").returncode == 2
        assert house.command("account", "add", "x", "--role", "king").returncode == 2
        short = house.command("account", "add", "x", "--role", "adult", "--password-stdin",
                              stdin="short\n")  # fmt: skip
        assert short.returncode == 2
        assert "password" in short.stderr
        assert house.command("token", "create", "nobody", "--name", "x").returncode == 1
        house.token()
        twice = house.command("account", "add", "ADA", "--role", "owner", "--password-stdin",
                              stdin=PASSWORD + "\n")  # fmt: skip
        assert twice.returncode == 1
        house.extra["HOMESTREAM_SERVER_PROT"] = "1"
        wrong = house.command("scan")
        assert wrong.returncode == 2
        assert "did you mean HOMESTREAM_SERVER_PORT?" in wrong.stderr


def test_doctor_finds_what_is_wrong_and_says_what_to_do(tmp_path: Path) -> None:
    with standing(tmp_path, small_library(tmp_path / "music")) as house:
        house.command("scan")
        well = house.command("doctor", "--json")
        assert well.returncode == 0, well.stdout
        assert {json.loads(line)["grade"] for line in well.stdout.splitlines()} <= {"ok", "advice"}
        database = house.data / "homestream.db"
        database.write_bytes(database.read_bytes()[:4096] + os.urandom(8192))
        house.music.rename(tmp_path / "gone")
        ill = house.command("doctor", "--json")
        findings = [json.loads(line) for line in ill.stdout.splitlines()]
        faults = {f["subject"]: f["do"] for f in findings if f["grade"] == "fault"}
        assert ill.returncode == 1
        assert set(faults) == {"database", "library Music"}
        assert all(faults.values())
