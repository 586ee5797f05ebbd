"""Networks that are slow, break off, or whose server starts anew: what the player does and says."""

from __future__ import annotations

import asyncio
import itertools
import re
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.flows.house import House, standing
from tests.web import listening
from tests.web.listening import until
from tests.web.wire import Wire, wire

pytestmark = pytest.mark.browser

PROBLEM = "#player [data-problem-text]"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with standing(folder, listening.album(folder / "music", [100, 60, 60])) as house:
        listening.ready(house)
        yield house


@pytest.fixture
async def line(house: House) -> AsyncIterator[Wire]:
    async with wire(house.port) as made:
        yield made


@pytest.fixture
async def page(chromium: Browser, line: Wire) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    page = await listening.entered(context, line.url)
    await page.get_by_role("button", name="Play", exact=True).first.click()
    await until(page, "window.place() > 0.2")
    yield page
    await context.close()


async def silence(page: Page) -> float:
    """Seconds without sound since `window.follow`; what was heard must be of one piece."""
    trace = await page.evaluate("window.trace")
    for (at, place), (later, then) in itertools.pairwise(trace):
        assert -0.001 <= then - place <= later - at + 0.3, (place, then)
    (first, begin), (last, end) = trace[0], trace[-1]
    return (last - first) - (end - begin)


async def test_a_line_that_breaks_off_is_waited_for_with_the_sound_in_hand(
    page: Page, line: Wire
) -> None:
    await until(page, "window.sounding().buffered.end(0) > 50")
    await page.evaluate("window.follow()")
    line.cut()
    await expect(page.locator(PROBLEM)).to_have_text(
        re.compile(r"The network is away: [345]\d s of sound in hand\. Trying again"),
        timeout=10_000,
    )
    await asyncio.sleep(8)
    line.mend()
    await expect(page.locator(PROBLEM)).to_be_hidden(timeout=20_000)
    await until(page, "window.sounding().buffered.end(0) > window.place() + 50")
    assert await silence(page) < 0.5
    assert await page.evaluate("window.sounds.length") == 1


async def test_a_line_that_breaks_off_with_little_in_hand_is_silent_no_longer_than_it_must(
    page: Page, line: Wire
) -> None:
    line.slow(400)
    await page.mouse.click(*await listening.seat(page, 0.9))
    await until(page, "window.place() > 90")
    await page.evaluate("window.follow()")
    await until(page, "window.trace.length > 10")
    in_hand = await page.evaluate(
        "window.sounding().buffered.end(window.sounding().buffered.length - 1) - window.place()"
    )
    line.cut()
    await asyncio.sleep(10)
    line.slow(None)
    line.mend()
    await until(page, f"window.trace.at(-1)[1] > 95 + {in_hand}", seconds=30)
    assert await silence(page) < 10 - in_hand + 4
    await expect(page.locator(PROBLEM)).to_be_hidden()


async def test_a_server_that_starts_anew_is_not_heard(page: Page, house: House) -> None:
    await until(page, "window.sounding().buffered.end(0) > 50")
    await page.evaluate("window.follow()")
    await asyncio.to_thread(house.stop, signal.SIGKILL)
    await expect(page.locator(PROBLEM)).to_contain_text("of sound in hand", timeout=10_000)
    await asyncio.to_thread(house.start)
    await expect(page.locator(PROBLEM)).to_be_hidden(timeout=20_000)
    await until(page, "window.sounding().buffered.end(0) > window.place() + 50")
    assert await silence(page) < 0.5


async def test_a_line_that_becomes_slow_lowers_the_rung_and_a_fast_one_raises_it(
    page: Page, line: Wire
) -> None:
    asked: list[int] = []
    page.on(
        "request",
        lambda request: asked.extend(int(m) for m in re.findall(r"-(\d+)/\d+\.m4s", request.url)),
    )
    line.slow(100)
    await page.mouse.click(*await listening.seat(page, 0.8))
    await expect(page.locator(PROBLEM)).to_have_text("The network is slow.", timeout=10_000)
    await until(page, "window.place() > 80.5", seconds=30)
    await expect(page.locator("#player [data-now=rung]")).to_have_text("Auto · 64")
    await expect(page.locator(".toast")).to_have_text(
        "Playing at 64 kbit/s because the network is slow"
    )
    end = "window.sounding()?.buffered.end(window.sounding().buffered.length - 1)"
    await until(page, f"{end} > window.place() + 5", seconds=30)
    await page.evaluate("window.follow()")
    await asyncio.sleep(3)
    line.slow(5000)
    await expect(page.locator("#player [data-now=rung]")).to_have_text(
        re.compile(r"Auto · (96|128|192|256|320)"), timeout=30_000
    )
    assert min(asked) == 64
    assert asked[-1] > 64
    assert await silence(page) < 0.5
