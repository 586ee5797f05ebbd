from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from homestream.household import setup
from tests.server.house import House
from tests.server.pages import seed
from tests.server.pages.conftest import opened

pytestmark = pytest.mark.browser

PATHS = [
    "/",
    "/albums",
    "/albums/al-1",
    "/albums/al-1/why",
    "/artists",
    "/artists/ar-2",
    "/genres",
    "/genres/ge-1",
    "/search?q=album",
    "/search?q=albun",
    "/search?q=album&kind=album",
    "/tracks/tr-1",
    "/works",
    "/starred",
    "/folders",
    "/folders/li-1",
    "/playlists",
    "/queue",
    "/now-playing",
    "/tv",
    "/who",
    "/settings",
    "/settings/libraries",
    "/settings/health",
    "/settings/health/untagged",
    "/inbox",
    "/settings/corrections",
    "/settings/sound",
    "/nothing",
]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as house:
        await seed.fill(house.db)
        yield house


async def signed_in(
    house: House,
    browser: Browser,
    *,
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
) -> BrowserContext:
    context = await browser.new_context(
        base_url=str(house.server.make_url("/")),
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    answer = await context.request.post(
        "/api/v1/session", data={"name": "Olga", "password": "password of Olga"}
    )
    assert answer.ok
    return context


def complaints(page: Page) -> list[str]:
    """What the browser says against the page, as it says it: errors and refused content."""
    heard: list[str] = []
    page.on("console", lambda m: heard.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.mark.parametrize("width", [390, 1280, 1920])
async def test_no_page_is_wider_than_the_screen_or_breaks_a_rule(
    house: House, chromium: Browser, width: int
) -> None:
    scheme: Literal["light", "dark"] = "dark" if width == 1280 else "light"
    context = await signed_in(house, chromium, width=width, scheme=scheme)
    page = await context.new_page()
    heard = complaints(page)
    for path in PATHS:
        await page.goto(path, wait_until="load")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
        assert [text for text in heard if "404 (Not Found)" not in text] == [], path


async def test_visit_swaps_the_page_and_keeps_the_document(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/")
    await page.evaluate("window.kept = true")
    await page.click(".side a[href='/albums']")
    await expect(page.locator("h1")).to_have_text("Albums")
    await expect(page).to_have_title("Albums")
    await page.click(".tile-title a >> nth=3")
    await expect(page.locator(".track")).to_have_count(3)
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("Albums")
    assert await page.evaluate("window.kept") is True


async def test_long_list_grows_when_it_is_scrolled(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/albums?sort=title")
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await expect(page.locator(".tile")).to_have_count(seed.ALBUMS)


async def test_star_is_kept_and_shown_everywhere(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/albums/al-2")
    async with page.expect_response("**/api/v1/stars/al-2"):
        await page.click(".hero-tools [data-star]")
    await page.click(".side a[href='/starred']")
    await expect(page.locator("[data-item='al-2']")).to_be_visible()


async def test_playlist_is_made_filled_and_put_in_order(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/albums/al-2")
    await page.hover(".track >> nth=0")
    await page.click(".track >> nth=0 >> [data-menu]")
    await page.click("[data-track-do=playlist]")
    await page.fill("[data-new-playlist] input", "Kitchen")
    await page.press("[data-new-playlist] input", "Enter")
    await expect(page.locator(".toast")).to_have_text("Added to “Kitchen”")
    await page.hover(".track >> nth=1")
    await page.click(".track >> nth=1 >> [data-menu]")
    await page.click("[data-track-do=playlist]")
    await page.click("[data-playlists] button")
    await page.click(".side a[href='/playlists']")
    await page.click(".tile-title a")
    titles = page.locator(".track-title > span:first-child")
    await expect(titles).to_have_text(["Track 2.1", "Track 2.2"])
    await page.focus(".track >> nth=1 >> [data-play-here]")
    async with page.expect_response("**/api/v1/playlists/*"):
        await page.keyboard.press("Alt+ArrowUp")
    await page.reload()
    await expect(titles).to_have_text(["Track 2.2", "Track 2.1"])


async def test_search_answers_while_one_types(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/albums")
    await page.keyboard.press("/")
    await expect(page.locator("[data-search] input")).to_be_focused()
    await page.keyboard.type("album 12")
    await expect(page.locator(".top-card[data-item='al-12']")).to_be_visible()
    assert page.url.endswith("/search?q=album%2012")


async def test_keys_go_through_what_was_found_and_the_search_is_remembered(
    house: House, chromium: Browser
) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/search")
    await page.keyboard.type("album 12")
    await expect(page.locator(".top-card[data-item='al-12']")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".top-card a >> nth=0")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    assert await page.evaluate("document.activeElement.closest('.track') !== null")
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-search] input")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("[data-search] input")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text("Album 12")
    await page.click(".side a[href='/search']")
    await expect(page.locator("[data-recent-list] a")).to_have_text(["album 12"])
    await page.click("[data-recent-list] a")
    await expect(page.locator(".top-card[data-item='al-12']")).to_be_visible()
    await page.goto("/search")
    await page.click("[data-forget-searches]")
    await page.reload()
    await expect(page.locator("[data-recent-searches]")).to_be_hidden()


async def test_mistyped_word_leads_to_what_was_meant(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/search")
    await page.keyboard.type("trakc 2.1")
    await expect(page.locator(".did-you-mean a")).to_have_text("Track 2.1")
    await page.click(".did-you-mean a")
    await expect(page.locator("[data-search] input")).to_have_value("Track 2.1")
    await page.fill("[data-search] input", "qqqqqqqq")
    await expect(page.locator("#results")).to_contain_text("Nothing found for “qqqqqqqq”")


async def test_about_a_track_opens_over_the_page(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    heard = complaints(page)
    await page.goto("/albums/al-2")
    await page.hover(".track >> nth=0")
    await page.click(".track [data-menu] >> nth=0")
    await page.click("[data-track-do='about']")
    dialog = page.locator("#about-dialog")
    await expect(dialog).to_be_visible()
    await expect(dialog.locator("h1")).to_have_text("Track 2.1")
    await expect(dialog).to_contain_text("FLAC in flac")
    await dialog.locator("a", has_text="Artist 2").click()
    await expect(page.locator("#main h1")).to_have_text("Artist 2")
    await expect(dialog).to_be_hidden()
    assert heard == []


async def test_letters_lead_into_the_list(house: House, chromium: Browser) -> None:
    async with house.db.write() as tx:
        await tx.execute("UPDATE album SET sort_title = 'zz' WHERE id = 7")
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/artists")
    await expect(page.locator(".tile").first).to_be_visible()
    await expect(page.locator(".letters, .letter-head")).to_have_count(0)  # seen at a glance
    await page.goto("/albums?sort=title")
    await page.click(".letters [data-letter='Z']")
    await expect(page.locator(".letter-head")).to_have_text(["Z"])
    await expect(page.locator(".tile")).to_have_count(1)


async def test_what_was_unfolded_stays_so_when_the_page_is_fetched_again(
    house: House, chromium: Browser
) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/settings/libraries")
    await page.click("details.rights summary")
    choice = page.get_by_role("button", name="For adults, and whom I let in below")
    await choice.click()
    await expect(choice).to_have_attribute("aria-pressed", "true")
    await expect(choice).to_be_visible()


async def test_arrow_keys_alone_lead_to_an_album(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/albums?sort=title")
    await page.focus(".tile-title a >> nth=1")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".tile-title a >> nth=2")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowDown")
    assert await page.evaluate("document.activeElement.closest('.tile') !== null")
    await page.keyboard.press("Enter")
    await expect(page.locator(".hero h1")).to_be_visible()


async def test_row_of_settings_shows_where_one_is_on_a_phone(
    house: House, chromium: Browser
) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/settings/people")
    await expect(page.locator(".settings-nav [aria-current=page]")).to_be_in_viewport(ratio=1)


async def test_queue_survives_a_reload(house: House, chromium: Browser) -> None:
    page = await (await signed_in(house, chromium)).new_page()
    await page.goto("/albums/al-3")
    async with page.expect_response("**/api/v1/queue"):
        await page.click("[data-enqueue]")
    await page.goto("/queue")
    await expect(page.locator("[data-queue] .track")).to_have_count(3)
    await page.reload()
    await expect(page.locator("[data-queue] .track")).to_have_count(3)
    await expect(page.locator("[data-player]")).to_be_visible()


async def test_set_up_asks_for_code_owner_and_folder(tmp_path: Path, chromium: Browser) -> None:
    music = tmp_path / "music"
    music.mkdir()
    async with opened(tmp_path, owner=False) as house:
        code = await setup.code(house.db)
        context = await chromium.new_context(base_url=str(house.server.make_url("/")))
        page = await context.new_page()
        await page.goto(f"/setup?code={code}")
        await page.fill("[name=household]", "Nest")
        await page.fill("[name=name]", "Olga")
        await page.fill("[name=password]", "a short sentence")
        assert code not in page.url
        await page.press("[name=password]", "Enter")
        await expect(page.locator("[data-folder]").first).to_be_visible()
        await page.set_viewport_size({"width": 390, "height": 844})
        await expect(page.locator("[data-setup-next]")).to_be_in_viewport(ratio=1)
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        await page.click("[data-setup-skip]")
        await expect(page.locator("h1")).to_contain_text("Olga")
        await expect(page.locator(".empty h2")).to_have_text("No music yet")


async def test_seek_bar_has_the_shape_of_the_track_and_the_menu_its_rating(
    house: House, chromium: Browser
) -> None:
    points = bytes(level for at in range(300) for level in (255 * at // 300, 128))
    async with house.db.write() as tx:
        await tx.execute("UPDATE file SET analysed = 1 WHERE id = 1")
        await tx.execute(
            "INSERT INTO waveform (file_id, points) VALUES (1, :points)", {"points": points}
        )
        await tx.execute(
            "INSERT INTO analysis (file_id, version, packets, loudness, loudness_range, key, "
            "  lead_samples, trail_samples, features) "
            "SELECT 1, 1, x'00', -14.2, 5.0, 18, sample_rate * 2 / 5, 0, x'' FROM file WHERE id = 1"
        )
    context = await signed_in(house, chromium)
    page = await context.new_page()
    heard = complaints(page)
    kept = await context.request.put("/api/v1/queue", data={"tracks": ["tr-1", "tr-4"]})
    assert kept.ok
    await page.goto("/albums/al-1")
    bar = page.locator(".player .seek-bar")
    await expect(bar).to_have_class("seek-bar has-waveform")
    painted = await page.evaluate(
        "() => { const c = document.querySelector('.player canvas[data-waveform]');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " const tall = (x) => { let n = 0; for (let y = 0; y < c.height; y += 1)"
        " n += d[4 * (y * c.width + x) + 3] > 0; return n; };"
        " const most = (a, b) => { let m = 0; for (let x = a; x < b; x += 1)"
        " m = Math.max(m, tall(x)); return m; };"
        " const last = Math.floor(c.width * 4 / 5);"
        " return [most(0, c.width / 5), most(last, c.width - 1), c.height]; }"
    )
    assert 0 < painted[0] < painted[1] <= painted[2]

    await page.click("[data-menu] >> nth=0")
    slider = page.locator("#track-menu [data-menu-rating]")
    await slider.focus()
    async with page.expect_response(
        lambda answer: answer.request.method == "PUT" and answer.url.endswith("/rating")
    ):
        await page.keyboard.press("End")
    await expect(slider).to_have_attribute("aria-valuetext", "5 of 5 stars")
    await page.click("[data-track-do=about]")
    about = page.locator("#about-dialog")
    await expect(about.locator("[data-about-rating]")).to_have_value("100")
    await expect(about).to_contain_text("0.4 s before, 0 s after")
    await expect(about).to_contain_text("F♯ minor")
    await expect(about).to_contain_text("−14.2 LUFS, range 5 LU")
    await about.locator("[data-about-rating]").focus()
    async with page.expect_response(
        lambda answer: answer.request.method == "PUT" and answer.url.endswith("/rating")
    ):
        await page.keyboard.press("ArrowLeft")
    await about.locator("[data-about-page]").click()
    await expect(page.locator("#main [data-about-rating]")).to_have_value("90")
    assert heard == []
