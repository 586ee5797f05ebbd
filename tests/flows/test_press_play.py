"""A person opens the page, makes the house theirs, and presses play: in a real Chromium."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.flows.house import PASSWORD, House, standing
from tests.flows.music import small_library

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--mute-audio",
]  # fmt: skip
# the player's audio element never stands in the page, so the test notes each one that is made
NOTE_SOUNDS = """
window.sounds = [];
const Sound = window.Audio;
window.Audio = function (...words) {
  const sound = new Sound(...words);
  window.sounds.push(sound);
  return sound;
};
const make = Document.prototype.createElement;
Document.prototype.createElement = function (name, ...rest) {
  const made = make.call(this, name, ...rest);
  if (String(name).toLowerCase() === "audio") window.sounds.push(made);
  return made;
};
window.playing = () => window.sounds.find((s) => !s.paused && s.currentTime > 0) ?? null;
"""
# of the one that plays now, sums over its life
COUNT_STALLS = """
window.stalls = 0;
for (const sound of window.sounds) {
  sound.addEventListener("waiting", () => { if (!sound.seeking) window.stalls += 1; });
}
"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(NOTE_SOUNDS)
    context.set_default_timeout(20_000)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and "Content Security Policy" in message.text
            else None
        ),
    )
    yield opened
    context.close()
    assert faults == []


def until(page: Page, expression: str, seconds: float = 20) -> None:
    """Waits until an expression is true in the page, where our CSP forbids Playwright's own way."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, (expression, page.evaluate("window.sounds.map(String)"))
        page.wait_for_timeout(50)


def sign_in(page: Page, house: House, name: str = "ada") -> None:
    page.goto(house.url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/(who)?$"))
    if page.url.endswith("/who"):
        page.locator("main button, main a").filter(has_text=name).first.click()
        page.wait_for_url(house.url + "/")


def open_album(page: Page, title: str) -> None:
    page.get_by_role("link", name="Albums", exact=True).first.click()
    page.get_by_role("link", name=title).first.click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def test_first_run_makes_the_owner_and_shows_the_scan(page: Page, tmp_path: Path) -> None:
    music = small_library(tmp_path / "music", seconds=4)
    with standing(tmp_path, music) as house:
        house.start()
        link = re.search(r"http\S+/setup\S+", house.greeting)
        assert link is not None
        page.goto(link[0].replace("localhost", "127.0.0.1"))
        page.get_by_label("What is your home called?").fill("The Test House")
        page.get_by_label("Your name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on", exact=True).click()
        page.get_by_role("button", name="Go on with what is there").click()
        expect(page.locator("[data-scan-count=added]")).to_have_text("6", timeout=30_000)
        page.get_by_role("link", name="Start listening").click()
        page.wait_for_url(house.url + "/")
        page.goto(house.url + "/albums")
        expect(page.get_by_role("link", name="Notes on the Engine").first).to_be_visible()
        assert house.get("/api/v1/server")["household"] == "The Test House"


def test_album_plays_through_with_a_seek_and_a_change_of_page(page: Page, tmp_path: Path) -> None:
    music = small_library(tmp_path / "music", seconds=15)
    with standing(tmp_path, music) as house:
        token = house.token()
        house.start()
        house.scanned(token)
        sign_in(page, house)
        open_album(page, "Notes on the Engine")
        page.get_by_role("button", name="Play", exact=True).first.click()
        until(page, "window.playing()?.currentTime > 1")
        expect(page.locator("[data-now=title]").first).to_have_text("Movement 1")

        # another page is opened, and the sound goes on
        before = page.evaluate("window.playing().currentTime")
        page.get_by_role("link", name="Artists", exact=True).first.click()
        expect(page.get_by_role("heading", name="Artists")).to_be_visible()
        until(page, f"window.playing()?.currentTime > {before} + 0.5")

        # into the last seconds of the track, and over into the next one
        seek = page.locator("[data-seek]").first
        duration = page.evaluate("Number(document.querySelector('[data-seek]').max)")
        assert abs(duration - 15) < 0.1
        box = seek.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.85, box["y"] + box["height"] / 2)
        until(page, "window.playing()?.currentTime > 12")
        expect(page.locator("[data-now=title]").first).to_have_text("Movement 2", timeout=15_000)
        assert page.evaluate("window.playing().currentTime") < 25  # the album is one stream
        position = "document.querySelector('[data-seek]').value"
        until(page, f"window.playing() && {position} > 0.2 && {position} < 10")

        # the queue outlives a reload, and the play was recorded once
        page.reload()
        expect(page.locator("[data-now=title]").first).to_have_text("Movement 2")
        plays = house.every("/api/v1/plays", token)
        assert [p["track"]["title"] if "track" in p else p["title"] for p in plays] == [
            "Movement 1"
        ] or len(plays) == 2


def test_slow_network_lowers_the_rung_without_a_stall(page: Page, tmp_path: Path) -> None:
    music = small_library(tmp_path / "music", seconds=90, kinds=("flac",))
    with standing(tmp_path, music) as house:
        token = house.token()
        house.start()
        house.scanned(token)
        sign_in(page, house)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        open_album(page, "Notes on the Engine")
        page.get_by_role("button", name="Play", exact=True).first.click()
        until(page, "window.playing()?.currentTime > 2")
        # the other album, of which nothing is buffered yet, over a line that became slow
        open_album(page, "Á meðan")
        fast = sum(1 for url in asked if url.split("?")[0].endswith(".m4s"))
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": 40,
                "downloadThroughput": 110_000 / 8,
                "uploadThroughput": 110_000 / 8,
            },
        )
        duration = page.evaluate("window.playing().duration")
        page.get_by_role("button", name="Play", exact=True).first.click()
        expect(page.locator("[data-now=artists]").first).to_contain_text("Þórunn", timeout=30_000)
        until(page, "window.playing()?.currentTime > 8", seconds=60)
        assert abs(page.evaluate("window.playing().duration") - duration) < 1
        page.evaluate(COUNT_STALLS)
        until(page, "window.playing()?.currentTime > 24", seconds=60)
        assert page.evaluate("window.stalls") == 0
        rungs = [m[1] for url in asked if (m := re.search(r"/(aac-\d+)/\d+\.m4s", url))]
        assert int(rungs[-1].removeprefix("aac-")) < int(rungs[fast - 1].removeprefix("aac-")), (
            rungs
        )
