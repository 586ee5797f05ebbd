"""The queue as one stream, heard in a real Chromium from a real server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.flows.house import House, standing
from tests.web import listening
from tests.web.listening import until

pytestmark = pytest.mark.browser

QUIET = 0.0005  # full scale is 1; the sound is nowhere as quiet for long
GAP = 0.005  # seconds
NO_SOURCE = "for (const name of ['MediaSource', 'ManagedMediaSource']) delete window[name];"
TITLE = "#player [data-now=title]"
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with standing(folder, listening.album(folder / "music", [10, 4, 4, 4])) as house:
        listening.ready(house)
        yield house


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    made = await chromium.new_context(viewport={"width": 1280, "height": 800})
    yield made
    await made.close()


@pytest.fixture
async def page(context: BrowserContext, house: House) -> Page:
    return await listening.entered(context, house.url)


async def begun(page: Page) -> None:
    await page.get_by_role("button", name="Play", exact=True).first.click()
    await until(page, "window.place() > 0.2")


async def chosen(page: Page, row: int, deed: str) -> None:
    """What the menu of a row of the queue's page offers."""
    track = page.locator("[data-queue] .track").nth(row)
    await track.hover()
    await track.locator("[data-menu]").click()
    await page.click(f"[data-track-do={deed}]")


async def heard_without_a_gap(page: Page, seconds: float) -> None:
    assert await page.evaluate("window.heard.length * 16384 / 44100") > seconds
    assert await page.evaluate(f"window.longestSilence({QUIET})") < GAP


async def test_an_album_is_heard_without_a_gap_and_each_track_counted_once(page: Page) -> None:
    told: list[Any] = []
    page.on(
        "request",
        lambda sent: told.append(sent.post_data_json) if sent.url.endswith("/plays") else None,
    )
    await begun(page)
    await page.evaluate("window.listen()")
    for number in (2, 3, 4):
        await expect(page.locator(TITLE)).to_have_text(f"Part {number}")
    await until(page, "window.sounding() === null")
    assert await page.evaluate("window.sounds.length") == 1
    await heard_without_a_gap(page, 20)
    await until(page, "localStorage['homestream.plays'] === '[]'")
    assert [play["ending"] for play in told] == ["done"] * 4
    for play, seconds in zip(told, (10, 4, 4, 4), strict=True):
        assert abs(play["played_ms"] - 1000 * seconds) < 300


async def test_the_queue_is_edited_while_it_plays_and_nothing_is_heard_of_it(page: Page) -> None:
    await begun(page)
    await page.evaluate("window.listen()")
    await page.click("#player a[href='/queue']")
    await chosen(page, 2, "remove")
    await until(page, "window.inHand() < 19")  # what was in hand of it is let go
    await chosen(page, 2, "up")
    await expect(page.locator("[data-queue] .track-title")).to_have_text(
        [re.compile("Part 1"), re.compile("Part 4"), re.compile("Part 2")]
    )
    for number in (4, 2):
        await expect(page.locator(TITLE)).to_have_text(f"Part {number}")
    await until(page, "window.sounding() === null")
    assert await page.evaluate("window.sounds.length") == 1
    await heard_without_a_gap(page, 16)


async def test_next_previous_and_jumps_are_seeks_in_the_stream(page: Page) -> None:
    asked: list[str] = []
    await begun(page)
    await until(page, "window.inHand() > 21")
    page.on("request", lambda request: asked.append(request.url))
    await page.click("#player [data-do=next]")
    await expect(page.locator(TITLE)).to_have_text("Part 2")
    await until(page, "window.place() > 10.2 && window.place() < 14")
    await expect(page.locator("#player [data-now=position]")).to_have_text(re.compile("0:0[01]"))
    await page.click("#player [data-do=previous]")
    await expect(page.locator(TITLE)).to_have_text("Part 1")
    await until(page, "window.place() > 0.1 && window.place() < 4")
    await page.click("#player a[href='/queue']")
    await page.locator("[data-queue] .track").nth(3).locator("[data-queue-play]").click()
    await expect(page.locator(TITLE)).to_have_text("Part 4")
    await until(page, "window.place() > 18.2")
    assert await page.evaluate("window.sounds.length") == 1
    assert [url for url in asked if "/stream/" in url] == []


async def test_one_track_repeats_without_a_gap_until_that_is_enough(page: Page) -> None:
    await begun(page)
    await page.evaluate("window.listen()")
    await page.click("#player [data-do=repeat]")
    await page.click("#player [data-do=repeat]")
    await page.mouse.click(*await listening.seat(page, 0.6))
    await until(page, "window.place() > 10.3")
    await expect(page.locator(TITLE)).to_have_text("Part 1")
    await page.click("#player [data-do=repeat]")
    await expect(page.locator(TITLE)).to_have_text("Part 2")
    await until(page, "window.place() > 20.5")
    await heard_without_a_gap(page, 12)


async def test_a_browser_with_its_own_player_follows_the_tracks(
    context: BrowserContext, house: House
) -> None:
    await context.add_init_script(NO_SOURCE)
    page = await listening.entered(context, house.url)
    await begun(page)
    assert await page.evaluate("window.sounding().src.includes('main.m3u8')")
    await page.click("#player [data-do=next]")
    await expect(page.locator(TITLE)).to_have_text("Part 2")
    await expect(page.locator(TITLE)).to_have_text("Part 3")
    assert await page.evaluate("window.sounds.length") == 1
    await page.click("#player a[href='/queue']")
    await chosen(page, 3, "remove")
    await page.click("#player [data-do=previous]")
    await expect(page.locator(TITLE)).to_have_text("Part 2")


async def test_whoever_is_signed_out_is_told_and_hears_what_is_in_hand(
    context: BrowserContext, page: Page, house: House
) -> None:
    await begun(page)
    await until(page, "window.inHand() > 21")
    await page.click("#player a[href='/queue']")
    await expect(page.locator("[data-queue] .track")).to_have_count(4)
    answer = await context.request.delete(f"{house.url}/api/v1/session")
    assert answer.ok
    await chosen(page, 2, "remove")
    await expect(page.locator("[data-problem-text]")).to_contain_text("You are signed out")
    await expect(page.locator("[data-problem-door]")).to_be_visible()
    place = await page.evaluate("window.sounds[0].currentTime")
    await until(page, f"window.place() > {place} + 0.3")
