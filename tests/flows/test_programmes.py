"""A queue that changes while it plays, with ffmpeg as the player that knows only one address."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.flows import music
from tests.flows.house import House, standing

LENGTHS = {"A": 20.0, "B": 13.3, "C": 11.7, "D": 25.1, "E": 14.9}
BEGIN = '#EXT-X-DATERANGE:ID="part-'


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str, dict[str, str]]]:
    """A running house with five tracks; B and C follow each other on one album."""
    folder = tmp_path_factory.mktemp("programmes")
    for seed, (title, seconds) in enumerate(LENGTHS.items()):
        album = "BC" if title in "BC" else title
        place = folder / "music" / album
        place.mkdir(parents=True, exist_ok=True)
        path = music.write(place / f"{title}.flac", music.tune(seconds, seed=seed))
        number = "2" if title == "C" else "1"
        music.tag(
            path,
            title=title,
            artist='The "Quoted", Ones',
            album=f"Album {album}",
            tracknumber=number,
        )
    with standing(folder, folder / "music") as house:
        token = house.token()
        assert house.command("scan").returncode == 0
        house.start()
        house.scanned(token)
        tracks = {each["title"]: each["id"] for each in house.every("/api/v1/tracks", token)}
        yield house, token, tracks


class Player:
    """ffmpeg, as it plays a list from its start; it asks again while that grows."""

    def __init__(self, ffmpeg: str, url: str) -> None:
        command = [ffmpeg, "-v", "error", "-live_start_index", "0", "-i", url]
        self._process = subprocess.Popen(
            [*command, "-map", "0:a:0", "-f", "f32le", "-"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._heard: list[bytes] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while part := self._process.stdout.read(65_536):
            self._heard.append(part)

    def to_the_end(self) -> NDArray[np.float32]:
        try:
            assert self._process.wait(60) == 0
        finally:
            self._process.kill()
            self._reader.join(10)
        assert self._process.stderr is not None
        assert self._process.stderr.read() == b""
        return np.frombuffer(b"".join(self._heard), np.float32).reshape(-1, 2).T


def post(house: House, token: str, tracks: list[str], **more: Any) -> Any:
    made = house.ask("POST", "/api/v1/programmes", {"tracks": tracks, **more}, token=token)
    assert made.status == 201, made.text
    return made.json


def best_list(house: House, hls: str) -> str:
    """The address of the media playlist of the highest bit rate."""
    main = urljoin(house.url, hls)
    lines = house.ask("GET", main).text.split()
    return urljoin(main, [line for line in lines if line.startswith("/")][-1])


def test_what_is_added_and_changed_while_it_plays_is_heard_without_gap_or_repeat(
    played: tuple[House, str, dict[str, str]], ffmpeg: str
) -> None:
    house, token, tracks = played
    a, b, c, d, e = (tracks[title] for title in LENGTHS)
    manner = {"crossfade": 2, "levelling": "off", "trim_silence": True}
    live = post(house, token, [a, b], live=True, keep_open=True, **manner)
    address = f"/api/v1/programmes/{live['id']}"
    assert live["live"]["ended"] is False
    listed = best_list(house, live["hls"])
    told = house.ask("GET", listed).text
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in told
    assert "#EXT-X-ENDLIST" not in told

    player = Player(ffmpeg, listed)
    end = time.monotonic() + 30
    while house.get(address, token)["live"]["fixed_until"] < live["duration"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    now = house.ask("PATCH", address, {"tracks": [c, d]}, token=token).json
    assert [part["track"] for part in now["parts"]] == [a, b, c, d]
    # what was told stays, whatever is asked for
    now = house.ask("PATCH", address, {"tracks": [e, c], "keep": 0}, token=token).json
    played_on = [part["track"] for part in now["parts"]]
    assert played_on in ([a, b, c, e, c], [a, b, c, d, e, c])
    now = house.ask("PATCH", address, {"end": True}, token=token).json
    assert now["live"]["ended"] is True
    heard = player.to_the_end()

    after = house.ask("GET", listed).text
    old, new = (
        [line.partition("?")[0] for line in text.splitlines() if line.startswith(("#EXTINF", "/"))]
        for text in (told, after)
    )
    assert len(old) < len(new)
    assert new[: len(old)] == old
    assert after.endswith("#EXT-X-ENDLIST\n")
    assert house.ask("PATCH", address, {"tracks": [a]}, token=token).status == 409

    # all of it is what the same queue gives that was never changed
    whole = post(house, token, played_on, **manner)
    assert whole["parts"] == now["parts"]
    fixed = Player(ffmpeg, best_list(house, whole["hls"])).to_the_end()
    np.testing.assert_array_equal(heard, fixed)
    rate = 44_100
    assert abs(heard.shape[1] / rate - now["duration"]) < 0.1
    last = now["parts"][-1]
    assert abs(last["start"] + last["duration"] - now["duration"]) < 1e-6


def test_players_are_told_where_tracks_begin(played: tuple[House, str, dict[str, str]]) -> None:
    house, token, tracks = played
    made = post(house, token, [tracks["A"], tracks["B"]], crossfade=3)
    told = house.ask("GET", best_list(house, made["hls"])).text
    assert "#EXT-X-PROGRAM-DATE-TIME:2000-01-01T00:00:00.000Z" in told
    ranges = [line for line in told.splitlines() if line.startswith(BEGIN)]
    assert len(ranges) == 2
    assert 'START-DATE="2000-01-01T00:00:17.000Z",DURATION=13.300000' in ranges[1]
    assert f'X-TRACK="{tracks["B"]}",X-TITLE="B"' in ranges[1]
    assert 'X-ARTIST="The ”Quoted”, Ones",X-ALBUM="Album BC"' in ranges[1]
    assert re.sub(r'"[^"]*"', "", ranges[1]).count('"') == 0
    again = house.get(f"/api/v1/programmes/{made['id']}", token)
    assert again["parts"] == made["parts"]
    assert [part["start"] for part in made["parts"]] == [0, 17]


def test_a_queue_that_goes_on_keeps_the_segments_that_it_has(
    played: tuple[House, str, dict[str, str]],
) -> None:
    house, token, tracks = played
    one = post(house, token, [tracks["A"], tracks["B"], tracks["C"]])
    two = post(house, token, [tracks["D"]], after={"programme": one["id"], "part": 1})
    assert [part["track"] for part in two["parts"]] == [tracks[t] for t in "ABD"]
    assert two["parts"][:2] == one["parts"][:2]
    assert 20 < two["shared_until"] < 33.3
    lists = [best_list(house, each["hls"]) for each in (one, two)]
    bodies = []
    for address in lists:
        lines = house.ask("GET", address).text.splitlines()
        bodies.append(
            [house.ask("GET", urljoin(address, x)).body for x in lines if x.startswith("/")]
        )
    assert bodies[0][:6] == bodies[1][:6]  # 2, 6, 12, 18, 24 and 30 seconds
    assert bodies[0][6] != bodies[1][6]
