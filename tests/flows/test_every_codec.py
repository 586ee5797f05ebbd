"""ffmpeg, as a client that knows nothing of us, plays the HLS of every kind of file."""

from __future__ import annotations

import subprocess
from math import ceil, gcd
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from homestream.formats import m3u8
from tests.flows import music
from tests.flows.house import House, standing

FRAME = PRIMING = 1024


def decoded(ffmpeg: str, url: str, channels: int = 2) -> NDArray[np.float32]:
    """What ffmpeg hears, [channels, n]; it plays the priming too."""
    done = subprocess.run(
        [ffmpeg, "-v", "error", "-i", url, "-map", "0:a:0", "-f", "f32le", "-"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert done.stderr == b""
    return np.frombuffer(done.stdout, np.float32).reshape(-1, channels).T


def source(path: Path) -> tuple[NDArray[np.float32], int]:
    """The file decoded once from its start, as [channels, n], and its rate."""
    with av.open(str(path)) as media:
        stream = media.streams.audio[0]
        rate = stream.codec_context.sample_rate
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        parts = [
            part.to_ndarray()
            for frame in media.decode(stream)
            for part in resampler.resample(frame)
        ]
        parts += [part.to_ndarray() for part in resampler.resample(None)]
        sound = np.concatenate(parts, axis=1)
        if media.format.name.startswith("mov"):
            # libavformat skips what an edit list leaves out in front, and not at the end
            sound = sound[:, : round(stream.duration * stream.time_base * rate)]
    return sound, rate


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A running house with one short piece in every kind of file, and rarer shapes."""
    folder = tmp_path_factory.mktemp("codecs")
    place = folder / "music" / "Kinds"
    place.mkdir(parents=True)
    for number, kind in enumerate(music.KINDS):
        rate = 48_000 if kind == "opus" else 44_100
        music.write(place / f"{kind.split('.')[0]}.{kind}", music.tune(9.3, seed=number, rate=rate),
                    rate=rate)  # fmt: skip
    music.write(place / "mono.flac", music.tune(3)[:1])
    music.write(place / "hires.flac", music.tune(3, rate=96_000), rate=96_000)
    music.write(place / "low.wav", music.tune(3, rate=22_050), rate=22_050)
    music.write(place / "tiny.flac", music.tune(0.05))
    cut = music.write(place / "cut.mp3", music.tune(6))
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    with standing(folder, folder / "music") as house:
        token = house.token()
        assert house.command("scan").returncode == 0
        house.start()
        house.scanned(token)
        tracks = {t["title"].split(".")[0]: t for t in house.every("/api/v1/tracks", token)}
        yield house, token, tracks, place


NAMES = [
    *(kind.split(".")[0] for kind in music.KINDS), "mono", "hires", "low", "tiny", "cut",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_rung_is_the_whole_track_to_the_sample(
    played: tuple[House, str, dict[str, dict[str, str]], Path], ffmpeg: str, name: str
) -> None:
    house, token, tracks, place = played
    path = next(p for p in place.iterdir() if p.name.split(".")[0] == name)
    original, rate = source(path)
    made = house.ask("POST", "/api/v1/programmes", {"tracks": [tracks[name]["id"]]}, token=token)
    assert made.status == 201, made.text
    assert abs(made.json["duration"] - original.shape[1] / rate) < 1e-4

    main_url = urljoin(house.url, made.json["hls"])
    main = m3u8.read_multivariant(house.ask("GET", main_url).text)
    assert main.variants
    bandwidths = [v.bandwidth for v in main.variants]
    assert bandwidths == sorted(bandwidths)
    # the lowest, one between and the highest: the others differ in nothing else
    for variant in main.variants[:: max(1, (len(main.variants) - 1) // 2)]:
        assert variant.codecs == "mp4a.40.2"
        assert (variant.average_bandwidth or 0) <= variant.bandwidth
        url = urljoin(main_url, variant.uri)
        heard = decoded(ffmpeg, url, 1 if name == "mono" else 2)
        playlist = m3u8.read_media(house.ask("GET", url).text)
        assert "s" in parse_qs(urlsplit(playlist.parts[0].uri).query)
        assert (
            abs(sum(s.duration_us for s in playlist.parts) / 1e6 - original.shape[1] / rate) < 1e-3
        )

        out_rate = rate if rate <= 48_000 else 48_000
        exact = ceil(original.shape[1] * out_rate / rate)
        assert heard.shape[1] == (ceil(exact / FRAME) + 1) * FRAME
        body = heard[:, PRIMING : PRIMING + exact]
        if out_rate == rate:
            close_to(body, original, name)
        else:
            assert gcd(rate, out_rate) == 48_000
            assert abs(float(np.sqrt((body**2).mean()) / np.sqrt((original**2).mean())) - 1) < 0.05


def close_to(body: NDArray[np.float32], original: NDArray[np.float32], name: str) -> None:
    """The same sound at the same place: small error everywhere, none of it a click at a join."""
    error = body - original
    ratio = 10 * np.log10(float((error**2).mean()) / float((original**2).mean()))
    assert ratio < -9, (name, ratio)
    if body.shape[1] > 10 * FRAME:
        blocks = error[:, : error.shape[1] // 256 * 256].reshape(error.shape[0], -1, 256)
        loud = (blocks**2).mean(axis=(0, 2))
        assert float(loud.max()) < 40 * float(np.median(loud)), name


def test_ffmpeg_plays_the_multivariant_playlist_itself(
    played: tuple[House, str, dict[str, dict[str, str]], Path], ffmpeg: str
) -> None:
    house, token, tracks, _ = played
    made = house.ask("POST", "/api/v1/programmes", {"tracks": [tracks["flac"]["id"]]}, token=token)
    heard = decoded(ffmpeg, urljoin(house.url, made.json["hls"]))
    assert heard.shape[1] == (ceil(9.3 * 44_100 / FRAME) + 1) * FRAME


def test_any_segment_answers_first_and_nothing_answers_unsigned(
    played: tuple[House, str, dict[str, dict[str, str]], Path],
) -> None:
    house, token, tracks, _ = played
    made = house.ask("POST", "/api/v1/programmes", {"tracks": [tracks["wav"]["id"]]}, token=token)
    main_url = urljoin(house.url, made.json["hls"])
    main = m3u8.read_multivariant(house.ask("GET", main_url).text)
    index = urljoin(main_url, main.variants[1].uri)
    last = urljoin(index, m3u8.read_media(house.ask("GET", index).text).parts[-1].uri)
    first = house.ask("GET", last)
    assert first.status == 200
    assert first.headers["Content-Type"] == "audio/mp4"
    assert "immutable" in first.headers["Cache-Control"]
    assert not first.headers["ETag"].startswith("W/")
    again = house.ask("GET", last, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    part = house.ask("GET", last, headers={"Range": "bytes=4-7"})
    assert (part.status, part.body) == (206, first.body[4:8])

    parts = urlsplit(last)
    bare = parts._replace(query="").geturl()
    other = parts._replace(path=parts.path.replace(".m4s", "0.m4s")).geturl()
    longer = last.replace("&e=", "&e=9")
    for url in (bare, other, longer, last[:-4] + "AAAA"):
        assert house.ask("GET", url).status in (401, 403, 404), url
    # a cookie or a key does not stand in for the signature's path, but signing out ends the link
    created = house.command("token", "create", "ada", "--name", "brief")
    brief = created.stdout.split()[-1]
    made = house.ask("POST", "/api/v1/programmes", {"tracks": [tracks["wav"]["id"]]}, token=brief)
    link = urljoin(house.url, made.json["hls"])
    assert house.ask("GET", link).status == 200
    keys = {key["name"]: key["id"] for key in house.get("/api/v1/tokens", token)["items"]}
    assert house.ask("DELETE", f"/api/v1/tokens/{keys['brief']}", token=token).status == 204
    assert house.ask("GET", link).status in (401, 403, 404)
