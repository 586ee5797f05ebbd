"""A real house with an album that is one sound cut into tracks; a page that notes what is heard."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page

from tests.flows import music
from tests.flows.house import PASSWORD, House

ALBUM = "One Sound"
# The player's audio element never stands in the page: the test notes each one that is made, and
# on wish all samples that come out of it.
NOTE = """
window.sounds = [];
const Sound = window.Audio;
window.Audio = function (...words) {
  const sound = new Sound(...words);
  window.sounds.push(sound);
  return sound;
};
window.sounding = () => window.sounds.find((s) => !s.paused && s.currentTime > 0) ?? null;
window.place = () => window.sounding()?.currentTime ?? 0;
window.inHand = () => {
  const { buffered } = window.sounds.at(-1);
  return buffered.length ? buffered.end(buffered.length - 1) : 0;
};
window.trace = [];
window.follow = () => setInterval(() => {
  const sound = window.sounds.at(-1);
  window.trace.push([performance.now() / 1000, sound.currentTime]);
}, 50);
window.listen = async () => {
  const sound = window.sounding();
  const context = new AudioContext({ sampleRate: 44100 });
  await context.resume();
  const from = context.createMediaElementSource(sound);
  const tap = context.createScriptProcessor(16384, 1, 1);
  window.heard = [];
  tap.onaudioprocess = ({ inputBuffer }) =>
    window.heard.push(Array.from(inputBuffer.getChannelData(0)));
  from.connect(tap);
  tap.connect(context.destination);
};
window.longestSilence = (quiet) => {
  let longest = 0, run = 0, begun = false;
  for (const block of window.heard) for (const sample of block) {
    if (Math.abs(sample) <= quiet) run += 1;
    else {
      if (begun) longest = Math.max(longest, run);
      begun = true;
      run = 0;
    }
  }
  return longest / 44100;
};
"""


def album(folder: Path, seconds: list[float], *, suffix: str = "flac", seed: int = 3) -> Path:
    """One sound that is never silent, cut into tracks at samples of no round number."""
    place = folder / "Ada" / ALBUM
    place.mkdir(parents=True)
    sound = music.tune(sum(seconds), seed=seed)
    begin = 0
    for number, length in enumerate(seconds, 1):
        end = begin + int(length * music.RATE) + 17 * number if number < len(seconds) else None
        path = music.write(place / f"{number:02}.{suffix}", sound[:, begin:end])
        music.tag(path, title=f"Part {number}", artist="Ada", album=ALBUM, albumartist="Ada",
                  tracknumber=str(number))  # fmt: skip
        begin = end or 0
    return folder


async def entered(context: BrowserContext, url: str, name: str = "ada") -> Page:
    """A page of somebody who is signed in."""
    await context.add_init_script(NOTE)
    answer = await context.request.post(
        f"{url}/api/v1/session", data={"name": name, "password": PASSWORD}
    )
    assert answer.ok, await answer.text()
    page = await context.new_page()
    await page.goto(f"{url}/albums")
    await page.get_by_role("link", name=ALBUM).first.click()
    return page


async def until(page: Page, expression: str, seconds: float = 20) -> Any:
    """Waits until an expression is true in the page, where our CSP forbids Playwright's own way."""
    end = time.monotonic() + seconds
    while not (found := await page.evaluate(expression)):
        if time.monotonic() > end:
            state = await page.evaluate(
                "window.sounds.map((s) => [s.currentTime, s.paused, s.readyState, s.error?.code])"
            )
            raise AssertionError((expression, state))
        await page.wait_for_timeout(50)
    return found


async def seat(page: Page, part: float) -> tuple[float, float]:
    """Where to click to seek to a part of the track, 0 to 1."""
    box = await page.locator("#player [data-seek]").bounding_box()
    assert box is not None
    return box["x"] + box["width"] * part, box["y"] + box["height"] / 2


def ready(house: House) -> str:
    """Starts the server, with an owner, and waits for the scan; the owner's key."""
    token = house.token()
    house.start()
    house.scanned(token)
    return token
