"""hls.js, Shaka and Chromium's own player play every manifest from another origin, some at once.

What they play is recorded in the page as it sounds, so it is looked for piece by piece: on a busy
machine a player may stand still for a moment, and the piece in which it does is another one.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from tests.clients.conftest import MANIFESTS, PRIMING, RATE, SECONDS, Sound, Stream
from tests.web.conftest import ARGUMENTS

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
AT_ONCE = 5
PIECE = RATE // 2  # samples
FILES = {
    "/": (HERE / "page.html", "text/html"),
    "/players.mjs": (HERE / "players.mjs", "text/javascript"),
    "/hls.js": (WEB / "vendor" / "hls.js", "text/javascript"),
    "/shaka.js": (
        WEB / "node_modules" / "shaka-player" / "dist" / "shaka-player.compiled.js",
        "text/javascript",
    ),
}
PLAYS = [
    *(("hlsjs", manifest) for manifest in MANIFESTS if manifest != "dash"),
    *(("shaka", manifest) for manifest in MANIFESTS),
    *(("native", manifest) for manifest in MANIFESTS if manifest != "dash"),
]


class Heard(NamedTuple):
    faults: list[str]
    duration: float
    sound: Sound  # [2, n]


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path not in FILES:
            self.send_error(404)
            return
        file, kind = FILES[self.path]
        body = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def page_server() -> Iterator[str]:
    """Another origin than the house's, as a television's page is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def heard(stream: Stream, chromium: str) -> dict[tuple[str, str], Heard]:
    with page_server() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--headless=new", *ARGUMENTS]
        )
        page = browser.new_page()
        page.goto(address)
        page.wait_for_function("window.ready")
        wanted = [(player, stream.urls[manifest]) for player, manifest in PLAYS]
        results = [
            result
            for first in range(0, len(wanted), AT_ONCE)
            for result in page.evaluate(
                "wanted => playAll(wanted)", wanted[first : first + AT_ONCE]
            )
        ]
        browser.close()
    return {
        play: Heard(
            result["faults"],
            result["duration"] or 0,
            np.frombuffer(base64.b64decode(result["sound"]), np.float32).reshape(2, -1),
        )
        for play, result in zip(PLAYS, results, strict=True)
    }


@pytest.mark.parametrize("play", PLAYS, ids="-".join)
def test_a_player_in_a_page_plays_to_the_end(
    heard: dict[tuple[str, str], Heard], stream: Stream, play: tuple[str, str]
):
    one = heard[play]
    assert one.faults == []
    assert abs(one.duration - SECONDS) < 2 * PRIMING / RATE
    found = [
        find(stream.sound[0, at : at + PIECE], one.sound[0])
        for at in range(PIECE, stream.sound.shape[1] - 2 * PIECE, PIECE)
    ]
    good = [place for place, likeness in found if likeness > 0.9]
    assert len(good) >= 0.7 * len(found), found
    assert all(b - a > PIECE - RATE // 50 for a, b in pairwise(good)), found


def find(piece: Sound, whole: Sound) -> tuple[int, float]:
    """Where a piece is in the whole, and how alike that place is to it, -1 to 1."""
    size = 1 << (len(whole) + len(piece)).bit_length()
    products = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(piece, size)), size)
    squares = np.concatenate([[0], np.cumsum(whole.astype(np.float64) ** 2)])
    energy = squares[len(piece) :] - squares[: -len(piece)]
    likeness = products[: len(energy)] / np.sqrt(energy * (piece**2).sum() + 1)
    place = int(np.argmax(likeness))
    return place, float(likeness[place])


@pytest.mark.parametrize("play", [("hlsjs", "hls"), ("shaka", "dash")], ids="-".join)
def test_the_edit_list_is_followed_to_the_sample(
    heard: dict[tuple[str, str], Heard], stream: Stream, play: tuple[str, str]
):
    """The first sample that sounds is the album's first: no priming, and nothing left out."""
    one = heard[play]
    assert abs(one.duration - SECONDS) < PRIMING / RATE
    begin = int(np.argmax(np.abs(one.sound).max(axis=0) > 1e-3))
    around = one.sound[0, max(begin - 24, 0) : begin + PRIMING // 2 + 24]
    assert find(stream.sound[0, : PRIMING // 2], around)[1] > 0.95
