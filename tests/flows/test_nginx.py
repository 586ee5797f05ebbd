"""packaging/nginx.conf with a real nginx: the server says who may, nginx sends the bytes."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from homestream.formats import m3u8
from tests.conftest import free_port, needed
from tests.flows.house import ROOT, House, standing
from tests.flows.music import small_library

pytestmark = pytest.mark.slow


@contextmanager
def nginx(folder: Path, house: House) -> Iterator[tuple[str, str]]:
    """The example with this test's ports and folders; the addresses of its two servers."""
    program = needed("nginx")
    ports = free_port(), free_port()
    text = (ROOT / "packaging" / "nginx.conf").read_text()
    for old, new in (
        ("127.0.0.1:4747", f"127.0.0.1:{house.port}"),
        ("/var/lib/homestream/segments/", f"{house.data}/segments/"),
        ("/var/cache/nginx/homestream", f"{folder}/cache"),
        ("listen 80;\n    server_name music.example.org", f"listen 127.0.0.1:{ports[0]}"),
        ("listen 80;\n    server_name music.far.example.org", f"listen 127.0.0.1:{ports[1]}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    file = folder / "nginx.conf"
    file.write_text(
        f"{user}pid {folder}/pid;\nerror_log {folder}/error.log;\ndaemon off;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}{text}}}\n"
    )
    process = subprocess.Popen(
        [program, "-p", str(folder), "-c", str(file), "-e", str(folder / "error.log")]
    )
    try:
        end = time.monotonic() + 20
        while not (folder / "pid").exists():
            assert process.poll() is None, (folder / "error.log").read_text()
            assert time.monotonic() < end
            time.sleep(0.02)
        yield f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str, str, str, str]]:
    """A house that plays behind nginx: itself, an API key, two servers and a segment's path."""
    folder = tmp_path_factory.mktemp("nginx")
    with standing(
        folder,
        small_library(folder / "music", seconds=20),
        HOMESTREAM_STREAMING_ACCEL_REDIRECT="/segments/",
        HOMESTREAM_SERVER_TRUSTED_PROXIES="127.0.0.1",
    ) as house:
        token = house.token()
        house.command("scan")
        house.start()
        (folder / "nginx").mkdir()
        with nginx(folder / "nginx", house) as (near, far):
            track = house.get("/api/v1/tracks?limit=1", token)["items"][0]["id"]
            made = house.ask("POST", "/api/v1/programmes", {"tracks": [track]}, token=token)
            master = house.ask("GET", made.json["hls"]).text
            index = m3u8.read_multivariant(master).variants[0].uri
            segment = m3u8.read_media(house.ask("GET", index).text).parts[1].uri
            yield house, token, near, far, segment


def test_nginx_sends_the_file_that_the_server_names(
    played: tuple[House, str, str, str, str],
) -> None:
    house, _, near, _, segment = played
    named = house.ask("GET", segment)
    assert named.headers["X-Accel-Redirect"].startswith("/segments/")
    answer = house.ask("GET", near + segment, headers={"Origin": "https://tv.example"})
    assert answer.status == 200
    assert answer.body[4:8] == b"styp"
    assert "X-Accel-Redirect" not in answer.headers
    assert answer.headers["Content-Type"] == "audio/mp4"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "immutable" in answer.headers["Cache-Control"]
    part = house.ask("GET", near + segment, headers={"Range": "bytes=4-7"})
    assert (part.status, part.body) == (206, b"styp")
    mark = answer.headers["ETag"]
    assert house.ask("GET", near + segment, headers={"If-None-Match": mark}).status == 304
    folder = named.headers["X-Accel-Redirect"]
    assert house.ask("GET", near + folder).status == 404
    forged = segment.replace("&s=", "&s=A")
    assert house.ask("GET", near + forged).status == 403


def test_the_page_of_nginx_is_the_house(played: tuple[House, str, str, str, str]) -> None:
    house, token, near, far, _ = played
    for server in (near, far):
        assert house.ask("GET", server + "/health").status == 200
        assert house.ask("GET", server + "/api/v1/tracks?limit=1", token=token).status == 200


def test_a_copy_is_kept_for_all_and_dies_with_the_session(
    tmp_path: Path,
) -> None:
    with standing(
        tmp_path,
        small_library(tmp_path / "music", seconds=8),
        HOMESTREAM_SERVER_TRUSTED_PROXIES="127.0.0.1",
    ) as house:
        first, second = house.token(), house.token("ben", "adult")
        house.command("scan")
        house.start()
        (tmp_path / "nginx").mkdir()
        with nginx(tmp_path / "nginx", house) as (_, far):
            track = house.get("/api/v1/tracks?limit=1", first)["items"][0]["id"]
            seen = []
            for token in (first, second):
                made = house.ask("POST", "/api/v1/programmes", {"tracks": [track]}, token=token)
                master = house.ask("GET", made.json["hls"]).text
                index = m3u8.read_multivariant(master).variants[0].uri
                segment = m3u8.read_media(house.ask("GET", index).text).parts[0].uri
                answer = house.ask("GET", far + segment)
                assert answer.status == 200
                seen.append((segment, answer.headers["X-Cache"], answer.body))
            assert [cached for _, cached, _ in seen] == ["MISS", "HIT"]
            assert seen[0][2] == seen[1][2]
            assert seen[0][0] != seen[1][0]
            keys = house.get("/api/v1/tokens", second)["items"]
            for key in keys:
                house.ask("DELETE", f"/api/v1/tokens/{key['id']}", token=second)
            assert house.ask("GET", far + seen[1][0]).status == 403
            assert house.ask("GET", far + seen[0][0]).status == 200
