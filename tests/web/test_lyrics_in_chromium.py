"""Lyrics in the player and on the big screen, in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from homestream.formats import lrc
from homestream.formats.lrc import Line, Lyrics, Word
from tests.server.house import House
from tests.server.pages import seed
from tests.server.pages.conftest import opened
from tests.web.test_pages_in_chromium import complaints, signed_in

pytestmark = pytest.mark.browser

SUNG = Lyrics(
    "en",
    True,
    tuple(
        Line(
            20_000 + 5_000 * n,
            f"Line {n}",
            23_000 + 5_000 * n,
            (Word(20_000 + 5_000 * n, "Line ", None), Word(21_000 + 5_000 * n, f"{n}", None)),
        )
        for n in range(30)
    ),
    "ttml",
)
MEANT = Lyrics("de", True, (Line(20_000, "Zeile 0"),), "ttml", translation=True)
PLAIN = Lyrics("und", False, tuple(Line(None, f"Plain {n}") for n in range(4)), "txt")


async def put(house: House, title: str, texts: list[Lyrics]) -> None:
    async with house.db.write() as tx:
        for position, text in enumerate(texts):
            await tx.execute(
                "INSERT INTO lyrics "
                "(track_id, position, source, form, language, synced, translation, lines) "
                "SELECT id, :position, 'file', :form, :language, :synced, :translation, :lines "
                "FROM track WHERE title = :title",
                {
                    "title": title,
                    "position": position,
                    "form": text.form,
                    "language": text.language,
                    "synced": text.synced,
                    "translation": text.translation,
                    "lines": lrc.packed(text.lines),
                },
            )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        await seed.fill(house.db)
        await put(house, "Track 3.3", [SUNG, MEANT])
        await put(house, "Track 4.3", [PLAIN])
        yield house


async def queued(page: Page, album: str) -> None:
    """Fills the queue; as nothing is streamed here, its last track stays."""
    await page.goto(f"/albums/{album}")
    await page.click("[data-enqueue]")
    await expect(page.locator("[data-problem-text]")).to_contain_text("was left out")
    await expect(page.locator("#player [data-now=title]")).to_have_text(f"Track {album[3:]}.3")


@pytest.mark.parametrize("width", [390, 1280, 1920])
async def test_a_line_is_played_from_and_scrolling_pauses_following(
    house: House, chromium: Browser, width: int
) -> None:
    page = await (await signed_in(house, chromium, width=width)).new_page()
    heard = complaints(page)
    await queued(page, "al-3")
    await page.goto("/now-playing")
    lines = page.locator(".lyric:not(.pause)")
    await expect(lines).to_have_count(30)
    await expect(page.locator(".lyric.pause").first).to_have_attribute("aria-label", "Instrumental")
    await lines.nth(3).click()
    await expect(page.locator("#main [data-now=position]").first).to_have_text("0:35")
    await expect(page.locator(".lyric[aria-current]")).to_have_text("Line 3")
    assert await page.locator(".word.sung").all_text_contents() == ["Line "]
    follow = page.locator("[data-lyrics-follow]")
    await expect(follow).to_be_hidden()
    await page.locator("[data-lyrics]").hover()
    await page.mouse.wheel(0, 400)
    await expect(follow).to_be_visible()
    await follow.click()
    await expect(follow).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert [text for text in heard if "404 (Not Found)" not in text] == []


async def test_a_language_that_was_chosen_is_kept(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await queued(page, "al-3")
    await page.goto("/now-playing")
    await page.click("[data-lyrics-language='de+']")
    await expect(page.locator(".lyric:not(.pause)")).to_have_text(["Zeile 0"])
    await page.reload()
    await expect(page.locator(".lyric:not(.pause)")).to_have_text(["Zeile 0"])
    await expect(page.locator("[data-lyrics]")).to_have_attribute("lang", "de")
    await expect(page.locator("[data-lyrics-language='de+']")).to_have_attribute(
        "aria-pressed", "true"
    )


async def test_plain_lyrics_are_text(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await queued(page, "al-4")
    await page.goto("/now-playing")
    await expect(page.locator("p.lyric")).to_have_count(4)
    await expect(page.locator("button.lyric")).to_have_count(0)
    await expect(page.locator("[data-lyrics-follow]")).to_be_hidden()


async def test_the_big_screen_is_steered_by_arrows_and_enter(
    house: House, chromium: Browser
) -> None:
    context = await signed_in(house, chromium, width=1920, scheme="dark")
    page = await context.new_page()
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await queued(page, "al-3")
    await page.goto("/now-playing")
    await page.click("a[href='/tv']")
    await expect(page.locator(".tv [data-do=toggle]")).to_be_focused()
    await expect(page.locator(".side")).to_be_hidden()
    await expect(page.locator("#player")).to_be_hidden()
    tall = await page.evaluate(
        "[document.documentElement.scrollHeight, document.documentElement.scrollWidth,"
        " parseFloat(getComputedStyle(document.querySelector('.lyric')).fontSize)]"
    )
    assert tall[:2] == [1080, 1920]
    assert tall[2] >= 40
    for _ in range(8):
        await page.keyboard.press("ArrowRight")
        if await page.evaluate("document.activeElement.closest('[data-lyrics]') !== null"):
            break
    await page.keyboard.press("ArrowDown")
    chosen = await page.evaluate("document.activeElement.dataset.lyricAt")
    assert chosen is not None
    await page.keyboard.press("Enter")
    await expect(page.locator(".lyric[aria-current]")).to_have_attribute("data-lyric-at", chosen)
    await expect(page.locator(".lyric[aria-current]")).to_be_focused()
    await page.click(".tv a[href='/now-playing']")
    await expect(page.locator(".side")).to_be_visible()
