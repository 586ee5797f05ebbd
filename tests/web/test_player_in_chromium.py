"""The queue as one stream, heard in a real Chromium from a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.flows.house import House, standing
from tests.web import listening
from tests.web.listening import until

pytestmark = pytest.mark.browser

QUIET = 0.0005  # full scale is 1; the sound is nowhere as quiet for long
GAP = 0.005  # seconds
NO_SOURCE = "for (const n of ['MediaSource', 'ManagedMediaSource']) delete window[n];"


@pytest.fixture
async def page(chromium: Browser, house: House) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    yield await listening.entered(context, house.url)
    await context.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with standing(folder, listening.album(folder / "music", [4, 3, 3, 3])) as house:
        listening.ready(house)
        yield house


async def begun(page: Page) -> None:
    await page.get_by_role("button", name="Play", exact=True).first.click()
    await until(page, "window.place() > 0.2")


async def test_an_album_is_heard_without_a_gap_and_each_track_counted_once(
    page: Page, house: House
) -> None:
    await begun(page)
    await page.evaluate("window.listen()")
    for number in (2, 3, 4):
        await expect(page.locator("#player [data-now=title]")).to_have_text(f"Part {number}")
    await until(page, "window.sounding() === null")
    assert await page.evaluate("window.sounds.length") == 1
    assert await page.evaluate("window.heard.length * 16384 / 44100") > 11
    assert await page.evaluate(f"window.longestSilence({QUIET})") < GAP
