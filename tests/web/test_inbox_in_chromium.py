"""Files that are dropped in a page, in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.server.house import House
from tests.server.pages import seed
from tests.server.pages.conftest import opened
from tests.web.test_pages_in_chromium import complaints, signed_in

pytestmark = pytest.mark.browser

FILES = """() => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(5000)], "song.mp3"));
  files.items.add(new File([new Uint8Array(50)], "letter.doc"));
  return files;
}"""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        await seed.fill(house.db)
        yield house


async def test_files_dropped_on_any_page_are_sent_and_what_is_refused_says_why(
    house: House, chromium: Browser
) -> None:
    context = await signed_in(house, chromium)
    page = await context.new_page()
    await page.goto("/albums")
    files = await page.evaluate_handle(FILES)
    await page.dispatch_event("body", "dragenter", {"dataTransfer": files})
    await expect(page.locator("[data-drop]")).to_be_visible()
    await page.dispatch_event("body", "drop", {"dataTransfer": files})
    await expect(page.locator("[data-drop]")).to_be_hidden()
    rows = page.locator("[data-uploads-list] > *")
    await expect(rows.nth(0)).to_contain_text("Sent")
    await expect(rows.nth(1)).to_contain_text("has not the suffix of a music file")
    await expect(page.locator("[data-uploads-title]")).to_have_text("1 file is in the inbox")
    await page.locator("[data-uploads] a").click()
    await expect(page.locator(".inbox-entry")).to_have_count(1)
    await expect(page.locator(".inbox-entry h2")).to_have_text("song.mp3")


async def test_file_is_picked_and_removed_again(
    house: House, chromium: Browser, tmp_path: Path
) -> None:
    song = tmp_path / "picked.mp3"
    song.write_bytes(bytes(5000))
    context = await signed_in(house, chromium, width=390, scheme="dark")
    page = await context.new_page()
    heard = complaints(page)
    await page.goto("/inbox")
    await page.set_input_files("[data-inbox-pick]", str(song))
    entry = page.locator(".inbox-entry")
    await expect(entry).to_have_count(1)
    await entry.get_by_role("button", name="Remove").click()
    await page.locator("[data-confirm-yes]").click()
    await expect(entry).to_have_count(0)
    assert heard == []
