"""A player tells what it takes, is offered what is good for it, and is told why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import numpy as np
import pytest

from homestream.formats import m3u8
from tests.flows import music
from tests.flows.house import House, standing
from tests.flows.test_every_codec import decoded, source
from tests.media.test_encode import ffmpeg

__all__ = ["ffmpeg"]

BROWSER = {"accepts": ["aac", "opus", "mp3", "flac"], "containers": ["fmp4", "packed"]}


class Played:
    """A running house with three files, and one request to it."""

    def __init__(self, house: House, place: Path) -> None:
        self.house, self.place = house, place
        self.token = house.token()
        assert house.command("scan").returncode == 0
        house.start()
        house.scanned(self.token)
        # a file's own packets are offered once it was read through
        end = time.monotonic() + 60
        while house.get("/api/v1/analysis", self.token)["state"] != "done":
            assert time.monotonic() < end
            time.sleep(0.1)
        tracks = house.every("/api/v1/tracks", self.token)
        self.tracks = {track["title"].split(".")[0]: track["id"] for track in tracks}

    def asked(self, *names: str, **player: Any) -> Any:
        body = {"tracks": [self.tracks[name] for name in names], **player}
        made = self.house.ask("POST", "/api/v1/programmes", body, token=self.token)
        assert made.status == 201, made.text
        return made.json

    def variants(self, told: Any) -> dict[str, str]:
        """The addresses of the media playlists by the name of the rendition."""
        main = urljoin(self.house.url, told["hls"])
        read = m3u8.read_multivariant(self.house.ask("GET", main).text)
        found = [urljoin(main, variant.uri) for variant in read.variants]
        return {url.split("?")[0].split("/")[-2]: url for url in found}


def made(folder: Path) -> Path:
    place = folder / "music" / "Kinds"
    place.mkdir(parents=True)
    music.write(place / "lossless.flac", music.tune(9.3))
    music.write(place / "lossy.mp3", music.tune(9.3, seed=1))
    music.write(place / "apple.m4a", music.tune(9.3, seed=2))
    return place


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("renditions")
    place = made(folder)
    with standing(folder, folder / "music") as house:
        yield Played(house, place)


def names(told: Any) -> list[str]:
    return [rendition["name"] for rendition in told["renditions"]]


def test_lossless_arrives_bit_for_bit(played: Played, ffmpeg: str) -> None:
    told = played.asked("lossless", **BROWSER, lossless=True)
    assert names(told)[-1] == "copy"
    last = told["renditions"][-1]
    assert (last["codec"], last["bit_depth"], last["lossless"], last["copy"]) == (
        "flac",
        16,
        True,
        True,
    )
    assert told["why"] == ["FLAC kept: your player takes it, and the network carries it"]
    want, _ = source(played.place / "lossless.flac")
    variants = played.variants(told)
    assert sorted(variants) == sorted(names(told))
    np.testing.assert_array_equal(decoded(ffmpeg, variants["copy"]), want)
    # two tracks are one stream, which is encoded anew
    told = played.asked("lossless", "lossless", **BROWSER, lossless=True)
    assert names(told)[-1] == "flac"
    heard = decoded(ffmpeg, played.variants(told)["flac"])
    np.testing.assert_array_equal(heard, np.concatenate([want, want], axis=1))


def test_the_files_own_packets_go_where_they_are_taken(played: Played, ffmpeg: str) -> None:
    for name in ["lossy", "apple"]:
        told = played.asked(name, **BROWSER)
        assert names(told)[-1] == "copy"
        assert "nothing is lost again" in told["why"][-1]
        heard = decoded(ffmpeg, played.variants(told)["copy"])
        want, _ = source(next(played.place.glob(f"{name}.*")))
        assert heard.shape[1] >= want.shape[1]


def test_a_player_that_tells_nothing_gets_what_all_play(played: Played) -> None:
    told = played.asked("apple")
    assert names(told) == ["aac-64", "aac-96", "aac-128", "aac-192"]
    assert list(played.variants(told)) == names(told)
    assert told["why"][0].startswith("no 256: the file is an AAC at 1")


def test_few_bits_are_opus(played: Played, ffmpeg: str) -> None:
    told = played.asked("lossless", **BROWSER, network="metered")
    assert names(told) == ["opus-64", "opus-96", "opus-128"]
    heard = decoded(ffmpeg, played.variants(told)["opus-64"])
    assert abs(heard.shape[1] / 48_000 - 9.3) < 0.03


@pytest.mark.parametrize(
    "player",
    [
        {"accepts": ["wma"]},
        {"containers": ["avi"]},
        {"max_bit_rate": -1},
        {"max_sample_rate": 1},
        {"network": "pigeon"},
        {"lossless": "yes"},
        {"accepts": ["aac"] * 9},
    ],
)
def test_nonsense_of_a_player_is_refused(played: Played, player: dict[str, Any]) -> None:
    body = {"tracks": [played.tracks["lossless"]], **player}
    assert played.house.ask("POST", "/api/v1/programmes", body, token=played.token).status == 400


def test_what_is_allowed_holds_at_every_address(tmp_path: Path) -> None:
    place = made(tmp_path)
    with standing(tmp_path, tmp_path / "music") as house:
        played = Played(house, place)
        before = played.variants(played.asked("lossless", **BROWSER, lossless=True))
        assert house.ask("GET", before["aac-256"]).status == 200
        was, key = house.url, played.token
    setting = {"HOMESTREAM_STREAMING_MAX_BIT_RATE": "128"}
    with standing(tmp_path, tmp_path / "music", **setting) as house:
        house.start()
        played.house = house
        assert played.token == key
        told = played.asked("lossless", **BROWSER, lossless=True)
        assert names(told) == ["opus-64", "opus-96", "opus-128"]
        assert any("more is not allowed here" in why for why in told["why"])
        told = played.asked("lossless")
        assert names(told) == ["aac-64", "aac-96", "aac-128"]
        assert list(played.variants(told)) == names(told)
        for name, url in before.items():
            status = house.ask("GET", url.replace(was, house.url)).status
            assert status == (200 if name in names(told) else 403), name


def test_an_address_that_names_nothing_for_dash_is_not_there(played: Played) -> None:
    told = played.asked("lossless")
    at = f"/stream/{told['id']}/aac-128-ts.aac-128-packed/manifest.mpd"
    answer = played.house.ask("GET", at, token=played.token)
    assert answer.status == 404, answer.text
