"""What the door says of its manifests and segments, and what it will not give."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest

from homestream.formats import m3u8
from tests.clients.conftest import MANIFESTS, SECONDS, Stream

TYPES = {
    "hls": "audio/mp4", "hls_ts": "video/mp2t", "hls_packed": "audio/aac",
}  # fmt: skip


def listed(stream: Stream, manifest: str) -> m3u8.MultivariantPlaylist:
    return m3u8.read_multivariant(stream.house.ask("GET", stream.urls[manifest]).text)


def segments(stream: Stream, variant: m3u8.Variant) -> Iterator[tuple[str, float]]:
    url = urljoin(stream.house.url, variant.uri)
    for part in m3u8.read_media(stream.house.ask("GET", url).text).parts:
        yield urljoin(url, part.uri), part.duration_us / 1e6


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_a_manifest_is_for_every_origin_and_is_not_sent_twice(stream: Stream, manifest: str):
    answer = stream.house.ask("GET", stream.urls[manifest])
    assert answer.status == 200
    assert answer.headers["Content-Type"] == (
        "application/dash+xml" if manifest == "dash" else "application/vnd.apple.mpegurl"
    )
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    same = {"If-None-Match": answer.headers["ETag"]}
    assert stream.house.ask("GET", stream.urls[manifest], headers=same).status == 304
    assert "In One" in answer.text  # the album


@pytest.mark.parametrize("manifest", TYPES)
def test_segments_are_what_they_say_and_last_for_ever(stream: Stream, manifest: str):
    for variant in listed(stream, manifest).variants:
        url, _ = next(segments(stream, variant))
        answer = stream.house.ask("GET", url)
        assert answer.headers["Content-Type"] == TYPES[manifest]
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        same = {"If-None-Match": answer.headers["ETag"]}
        assert stream.house.ask("GET", url, headers=same).status == 304


@pytest.mark.parametrize("manifest", TYPES)
def test_bit_rates_are_those_of_the_bytes(stream: Stream, manifest: str):
    for variant in listed(stream, manifest).variants:
        sizes = [
            (len(stream.house.ask("GET", url).body) * 8, seconds)
            for url, seconds in segments(stream, variant)
        ]
        mean = sum(bits for bits, _ in sizes) / SECONDS
        assert mean < 1.1 * variant.average_bandwidth, variant.stable_id
        assert max(bits / seconds for bits, seconds in sizes) <= variant.bandwidth


def test_a_player_may_be_told_where_to_begin(stream: Stream):
    text = stream.house.ask("GET", stream.urls["hls"] + "&start=4.5").text
    assert m3u8.read_multivariant(text).start_us == 4_500_000
    for start in ("-1", "soon", "nan", "inf"):
        assert stream.house.ask("GET", f"{stream.urls['hls']}&start={start}").status == 400


def test_what_is_not_there_is_not_found_and_what_is_not_signed_is_not_given(stream: Stream):
    house = stream.house
    variant = listed(stream, "hls_ts").variants[0]
    url, _ = next(segments(stream, variant))
    # in the folder of the rendition, so the signature is good
    for name in ("init.mp4", "0.m4s", "0.aac", "99.ts", "0.wav", "x.ts"):
        assert house.ask("GET", url.replace("/0.ts", f"/{name}")).status == 404, name
    for manifest in MANIFESTS:
        link = stream.urls[manifest]
        assert house.ask("GET", urlsplit(link)._replace(query="").geturl()).status == 401
        assert house.ask("GET", link.replace("&e=1", "&e=2")).status == 403
        assert house.ask("GET", link[:-4] + "AAAA").status == 403
    # a key of the house finds what is there, and nothing else
    key = {"token": stream.token}
    known = urlsplit(stream.urls["dash"]).path
    assert house.ask("GET", known, **key).status == 200
    assert house.ask("GET", known.replace("manifest.mpd", "main-webm.m3u8"), **key).status == 404
    assert house.ask("GET", f"/stream/{'a' * 24}/manifest.mpd", **key).status == 404
    assert house.ask("GET", known.replace("manifest.mpd", "aac-7/index.m3u8"), **key).status == 404
