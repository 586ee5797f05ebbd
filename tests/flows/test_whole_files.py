"""Simple players: one file with a size from the first byte, ranges, offsets, and an end with the
session."""

from __future__ import annotations

import http.client
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from tests import sounds
from tests.flows.house import House, standing

pytestmark = pytest.mark.slow
SECONDS = 20


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str, Path, Any]]:
    """A house with one track: itself, an API key, the file, and the answer with all addresses."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "music").mkdir()
    path = folder / "music" / "a.flac"
    sounds.write(path, sounds.KINDS["flac"], sounds.music(SECONDS * 44_100, 44_100), 44_100)
    with standing(folder, folder / "music") as house:
        token = house.token()
        house.command("scan")
        house.start()
        track = house.get("/api/v1/tracks?limit=1", token)["items"][0]["id"]
        made = house.ask("POST", "/api/v1/programmes", {"tracks": [track]}, token=token)
        assert made.status == 201, made.text
        yield house, token, path, made.json


def address(answer: Any, form: str) -> str:
    return next(each["address"] for each in answer["files"] if each["form"] == form)


def test_size_is_told_and_any_range_is_that_of_the_whole(
    played: tuple[House, str, Path, Any],
) -> None:
    house, _, _, answer = played
    for form in ("mp3-192", "wav", "l16"):
        told = next(each for each in answer["files"] if each["form"] == form)
        whole = house.ask("GET", told["address"])
        assert whole.status == 200
        assert len(whole.body) == told["size"] == int(whole.headers["Content-Length"])
        head = house.ask("HEAD", told["address"])
        assert (head.headers["Content-Length"], head.body) == (str(told["size"]), b"")
        assert head.headers["Accept-Ranges"] == "bytes"
        size = told["size"]
        for asked, first, end in (
            (f"bytes={size * 4 // 5}-", size * 4 // 5, size),
            ("bytes=0-0", 0, 1),
            ("bytes=10-9999999999", 10, size),
            ("bytes=-100", size - 100, size),
            (f"bytes={size // 3}-{size // 3 + 70_000}", size // 3, size // 3 + 70_001),
        ):
            part = house.ask("GET", told["address"], headers={"Range": asked})
            assert part.status == 206
            assert part.headers["Content-Range"] == f"bytes {first}-{end - 1}/{size}"
            assert part.body == whole.body[first:end]
        beyond = house.ask("GET", told["address"], headers={"Range": f"bytes={size}-"})
        assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
        mark = whole.headers["ETag"]
        old = house.ask("GET", told["address"], headers={"Range": "bytes=5-9", "If-Range": '"old"'})
        assert (old.status, old.body) == (200, whole.body)
        same = house.ask("GET", told["address"], headers={"Range": "bytes=5-9", "If-Range": mark})
        assert (same.status, same.body) == (206, whole.body[5:10])


def test_every_form_plays_in_another_program(
    played: tuple[House, str, Path, Any], ffmpeg: str
) -> None:
    house, _, _, answer = played
    for told in answer["files"]:
        if told["form"] == "l16":
            continue
        for offset in (0, 15):
            if told["form"] == "original" and offset:
                continue
            command = [ffmpeg, "-v", "error", "-i", f"{house.url}{told['address']}&t={offset}"]
            done = subprocess.run(
                [*command, "-f", "s16le", "-ac", "2", "-ar", "48000", "pipe:1"],
                capture_output=True,
                check=False,
            )
            assert done.stderr == b"", told["form"]
            seconds = len(done.stdout) / 4 / 48_000
            assert seconds == pytest.approx(SECONDS - offset, abs=0.06), told["form"]


def test_original_is_the_file_with_ranges(played: tuple[House, str, Path, Any]) -> None:
    house, _, path, answer = played
    at = address(answer, "original")
    whole = house.ask("GET", at)
    assert whole.body == path.read_bytes()
    assert whole.headers["Content-Type"] == "audio/flac"
    part = house.ask("GET", at, headers={"Range": "bytes=100-199"})
    assert (part.status, part.body) == (206, path.read_bytes()[100:200])


def test_old_players_get_what_has_no_size_until_the_end(
    played: tuple[House, str, Path, Any],
) -> None:
    house, _, _, answer = played
    parts = urlsplit(house.url + address(answer, "aac-128"))
    expected = house.ask("GET", address(answer, "aac-128"))
    assert "Content-Length" not in expected.headers
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
    with connection.getresponse() as response:
        assert response.status == 200
        assert "Transfer-Encoding" not in response.headers
        assert response.read() == expected.body
    connection.close()


def test_what_cannot_be_meant_is_told(played: tuple[House, str, Path, Any]) -> None:
    house, _, _, answer = played
    at = address(answer, "mp3-192")
    assert house.ask("GET", f"{at}&t=nan").status == 400
    assert house.ask("GET", f"{at}&t=-1").status == 400
    assert house.ask("GET", f"{at}&t={SECONDS}").status == 404
    assert house.ask("GET", at.replace("&s=", "&s=A")).status == 403
    assert house.ask("GET", at.partition("?")[0]).status == 401


def test_file_ends_with_the_key_it_was_made_for(played: tuple[House, str, Path, Any]) -> None:
    house, _, _, answer = played
    token = house.command("token", "create", "ada", "--name", "radio").stdout.split()[-1]
    track = answer["parts"][0]["track"]
    other = house.ask("POST", "/api/v1/programmes", {"tracks": [track]}, token=token).json
    at = address(other, "wav")
    assert house.ask("HEAD", at).status == 200
    key = next(
        each for each in house.get("/api/v1/tokens", token)["items"] if each["name"] == "radio"
    )
    house.ask("DELETE", f"/api/v1/tokens/{key['id']}", token=token)
    assert house.ask("GET", at).status == 403


def test_key_in_a_header_gets_all_of_it(played: tuple[House, str, Path, Any]) -> None:
    house, token, path, answer = played
    at = address(answer, "l16")
    bare = house.ask("GET", at.partition("?")[0], token=token)
    assert bare.body == house.ask("GET", at).body
    bare = house.ask("GET", address(answer, "original").partition("?")[0], token=token)
    assert bare.body == path.read_bytes()


def test_several_ranges_are_answered_by_all_of_it(played: tuple[House, str, Path, Any]) -> None:
    house, _, path, answer = played
    for form in ("original", "l16"):
        several = house.ask("GET", address(answer, form), headers={"Range": "bytes=0-0,5-9"})
        assert (several.status, several.headers["Content-Range"]) == (200, None)
    at = address(answer, "original")
    mark = house.ask("HEAD", at).headers["ETag"]
    assert house.ask("GET", at, headers={"If-None-Match": mark}).status == 304
    assert house.ask("GET", at, headers={"Range": f"bytes={path.stat().st_size}-"}).status == 416
    old = house.ask("GET", at, headers={"Range": "bytes=5-9", "If-Range": '"old"'})
    assert old.body == path.read_bytes()


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    """A house with one file that is larger than what lies in the buffers of a connection."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "music").mkdir()
    silence = np.zeros((2, 180 * 44_100), np.float32)
    sounds.write(folder / "music" / "a.wav", sounds.KINDS["wav-s16"], silence, 44_100)
    with standing(folder, folder / "music") as house:
        token = house.token()
        house.command("scan")
        house.start()
        yield house, token


@pytest.mark.parametrize(
    ("form", "end"), [("original", "rights"), ("l16", "rights"), ("l16", "file")]
)
def test_answer_that_may_not_go_on_is_cut_off(long: tuple[House, str], form: str, end: str) -> None:
    house, owner = long
    name = f"bob-{form}-{end}"
    token = house.token(name, "adult")
    track = house.get("/api/v1/tracks?limit=1", token)["items"][0]["id"]
    made = house.ask("POST", "/api/v1/programmes", {"tracks": [track]}, token=token).json
    at = address(made, form)
    size = int(house.ask("HEAD", at).headers["Content-Length"])
    library = house.get("/api/v1/libraries", owner)["items"][0]["id"]
    account = next(
        each["id"] for each in house.get("/api/v1/accounts", owner)["items"] if each["name"] == name
    )
    file = house.music / "a.wav"
    kept = file.read_bytes()
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        line.settimeout(30)
        line.connect(("127.0.0.1", house.port))
        line.sendall(f"GET {at} HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\n\r\n".encode())
        got = line.recv(65_536)
        assert got.startswith(b"HTTP/1.1 200")
        if end == "rights":
            changed = house.ask(
                "PUT",
                f"/api/v1/libraries/{library}/rights/{account}",
                {"allowed": False},
                token=owner,
            )
            assert changed.status < 300, changed.text
            assert house.ask("GET", at).status == 404
        else:
            file.unlink()
        try:
            while part := line.recv(1 << 20):
                got += part
        except ConnectionResetError:
            pass
    file.write_bytes(kept)
    assert len(got) < size
    assert b"HTTP/1.1" not in got[4:]  # no second answer in the middle of the first
    assert b"broke" not in (house.data.parent / "server.log").read_bytes()
