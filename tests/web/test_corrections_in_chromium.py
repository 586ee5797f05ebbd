"""Correcting an album in a real Chromium: by its menu, and back by the word that offers it."""

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


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        await seed.fill(house.db)
        yield house


async def test_tracks_are_split_off_and_put_back(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    heard = complaints(page)
    await page.goto("/albums/al-2")
    await page.click("[data-album-menu]")
    await page.click("#album-menu [data-open='#split-dialog']")
    submit = page.locator("#split-dialog [type=submit]")
    await expect(submit).to_be_disabled()
    await page.check("#split-dialog input >> nth=2")
    await submit.click()
    await expect(page.locator(".track")).to_have_count(1)
    assert not page.url.endswith("/albums/al-2")
    await page.click(".toast-action")
    await expect(page).to_have_url(f"{house.server.make_url('/albums/al-2')}")
    await expect(page.locator(".track")).to_have_count(3)
    assert heard == []


async def test_album_is_renamed_and_the_list_undoes_it(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium, width=390)).new_page()
    await page.goto("/albums/al-2")
    await page.click("[data-album-menu]")
    await page.click("#album-menu [data-open='#rename-dialog']")
    await page.fill("#rename-dialog [name=title]", "Better")
    await page.fill("#rename-dialog [name=year]", "2001")
    await page.click("#rename-dialog [type=submit]")
    await expect(page.locator("h1")).to_have_text("Better")
    await expect(page.locator(".hero-facts")).to_contain_text("2001")
    await page.click("[data-album-menu]")
    await page.click("#album-menu a[href='/settings/corrections']")
    await expect(page.locator(".line")).to_have_count(1)
    await page.click(".line [data-call]")
    await expect(page.locator(".line")).to_have_count(0)
    await page.goto("/albums/al-2")
    await expect(page.locator("h1")).to_have_text("Album 2")


async def test_albums_are_merged_by_choosing_one_that_was_searched_for(
    house: House, chromium: Browser
) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/albums/al-2")
    await page.click("[data-album-menu]")
    await page.click("[data-correct-merge]")
    await page.fill("[data-pick-search]", "album 50")
    await page.click("[data-pick='al-50']")
    await expect(page.locator(".track")).to_have_count(6)
    await expect(page.locator("h1")).to_have_text("Album 2")


async def test_menu_of_a_track_moves_it_to_another_album(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/albums/al-2")
    await page.hover(".track >> nth=0")
    await page.click(".track >> nth=0 >> [data-menu]")
    await page.click("#track-menu [data-track-do='move']")
    await page.click("[data-pick='al-37']")
    await expect(page.locator(".track")).to_have_count(2)
    await page.goto("/albums/al-37")
    await expect(page.locator(".track")).to_have_count(4)


async def test_reason_is_shown_on_the_page_when_it_is_asked_for(
    house: House, chromium: Browser
) -> None:
    page = await (await signed_in(house, chromium, scheme="dark")).new_page()
    heard = complaints(page)
    await page.goto("/albums/al-2")
    await expect(page.locator("table.said")).to_have_count(0)
    await page.click("details.why > summary")
    await expect(page.locator("table.said")).to_have_count(1)
    await expect(page.locator("details.why")).to_contain_text("All 3 tracks lie in one folder")
    assert heard == []
