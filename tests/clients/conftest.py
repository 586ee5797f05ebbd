"""One running house and one short album in two files, for every client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urljoin

import numpy as np
import pytest
from numpy.typing import NDArray

from homestream.formats import m3u8
from tests.flows import music
from tests.flows.house import House, standing

Sound = NDArray[np.float32]
RATE = 44_100
SECONDS = 9.3
CUT = 177_777  # samples of the first track, in the middle of a note and of an AAC packet
PRIMING = 1024
MANIFESTS = ("hls", "hls_ts", "hls_packed", "dash")


class Stream(NamedTuple):
    """An album as it is offered: the whole sound of it, and where each manifest is."""

    house: House
    token: str
    tracks: list[str]
    sound: Sound  # [2, n]
    urls: dict[str, str]


@pytest.fixture(scope="package")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    folder = tmp_path_factory.mktemp("clients")
    album = folder / "music" / "Album"
    album.mkdir(parents=True)
    sound = sweep()
    for number, part in enumerate((sound[:, :CUT], sound[:, CUT:])):
        path = music.write(album / f"{number}.flac", part)
        music.tag(path, title=f"Part {number + 1}", album="In One", artist="Ada",
                  tracknumber=str(number + 1))  # fmt: skip
    with standing(folder, folder / "music") as house:
        token = house.token()
        house.start()
        house.scanned(token)
        tracks = sorted(house.every("/api/v1/tracks", token), key=lambda each: each["title"])
        names = [each["id"] for each in tracks]
        made = house.ask("POST", "/api/v1/programmes", {"tracks": names}, token=token)
        assert made.status == 201, made.text
        urls = {name: urljoin(house.url, made.json[name]) for name in MANIFESTS}
        for name in MANIFESTS[:3]:  # what plays in real time does not wait for an encode
            for variant in m3u8.read_multivariant(house.ask("GET", urls[name]).text).variants:
                listed = m3u8.read_media(house.ask("GET", house.url + variant.uri).text)
                for part in listed.parts:
                    assert house.ask("GET", house.url + part.uri).status == 200
        yield Stream(house, token, names, sound, urls)


def sweep() -> Sound:
    """Tones that rise on the left and fall on the right, over soft noise: like itself at no other
    place. As 16 bits keep it, so that what is lossless can be compared bit by bit."""
    count = round(SECONDS * RATE)
    pitch = 150 * 20 ** (np.arange(count) / count)  # Hz, up to 3000
    phase = 2 * np.pi * np.cumsum([pitch, pitch[::-1]], axis=1) / RATE
    noise = np.random.default_rng(1).normal(0, 0.004, phase.shape)
    return (np.round((0.25 * np.sin(phase) + noise) * 32_768) / 32_768).astype(np.float32)


def delay(heard: Sound, played: Sound) -> int:
    """By how many samples `heard` is later."""
    size = 1 << (heard.shape[1] + played.shape[1]).bit_length()
    spectrum = np.fft.rfft(heard[0], size) * np.conj(np.fft.rfft(played[0], size))
    best = int(np.argmax(np.fft.irfft(spectrum, size)))
    return best - size if best > size // 2 else best


def error(heard: Sound, played: Sound) -> float:
    """Of sounds of one length, in dB to the louder of the two's mean."""
    return float(10 * np.log10(((heard - played) ** 2).mean() / (played**2).mean()))
