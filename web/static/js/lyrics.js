// The now-playing page: lyrics that follow the music, or what comes next where there are none.

import { call, Problem } from "./api.js";
import { each, element, elements, on } from "./bind.js";
import { clock, cover } from "./now.js";
import { player } from "./player.js";

const LEAD_SECONDS = 0.2; // a line lights up a moment before it is sung
const COMING = 8;

/** @typedef {{ at: number | null, text: string }} Line */

let shown = "";
let current = -2;

export function start() {
  each("[data-now-page]", () => {
    shown = "";
    void draw();
  });
  player.watch("track", () => void draw());
  player.watch("queue", upNext);
  player.watch("time", follow);
  on("click", "[data-lyric-at]", (line) => player.seek(Number(line.dataset["lyricAt"])));
}

async function draw() {
  const page = element(document, "[data-now-page]");
  const { track } = player;
  upNext();
  if (!page || !track || shown === track.id) return;
  shown = track.id;
  const lines = await lyricsOf(track);
  if (shown !== track.id) return;
  const box = element(page, "[data-lyrics]");
  if (!box) return;
  current = -2;
  const synced = lines.some((line) => line.at !== null);
  box.hidden = !lines.length;
  box.classList.toggle("plain", !synced);
  box.replaceChildren(
    ...lines.map((line) => {
      const made = document.createElement(synced ? "button" : "p");
      made.className = "lyric";
      made.textContent = line.text || (synced ? "♪" : "");
      if (line.at !== null) made.dataset["lyricAt"] = String(line.at);
      return made;
    }),
  );
  box.scrollTo(0, 0);
  upNext();
  follow();
}

/**
 * @param {Track} track
 * @returns {Promise<Line[]>}
 */
async function lyricsOf(track) {
  try {
    const answer = await call("GET", `/api/v1/tracks/${track.id}/lyrics`);
    const all = answer.items ?? [];
    const best = all.find((/** @type {{ synced: boolean }} */ one) => one.synced) ?? all[0];
    return (best?.lines ?? []).map((/** @type {{ start: number | null, text: string }} */ line) => ({ at: line.start, text: line.text }));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [];
  }
}

function follow() {
  const box = element(document, "[data-lyrics]:not([hidden], .plain)");
  if (!box) return;
  const lines = elements(box, ".lyric");
  const now = player.position + LEAD_SECONDS;
  let at = -1;
  for (const [n, line] of lines.entries()) if (Number(line.dataset["lyricAt"] ?? Infinity) <= now) at = n;
  if (at === current) return;
  current = at;
  lines.forEach((line, n) => (n === at ? line.setAttribute("aria-current", "true") : line.removeAttribute("aria-current")));
  const line = lines[Math.max(0, at)];
  if (line && !box.matches(":hover, :focus-within")) box.scrollTo({ top: line.offsetTop - box.offsetTop - box.clientHeight * 0.4 });
}

function upNext() {
  const list = element(document, "[data-up-next-list]");
  const whole = element(document, "[data-up-next]");
  const lyrics = element(document, "[data-lyrics]");
  if (!list || !whole || !lyrics) return;
  const coming = player.queue.items.slice(player.queue.current + 1, player.queue.current + 1 + COMING);
  whole.hidden = !lyrics.hidden || !coming.length;
  list.replaceChildren(
    ...coming.map((item) => {
      const row = document.createElement("li");
      row.className = "track";
      row.dataset["key"] = item.key;
      const button = document.createElement("button");
      button.className = "track-play";
      button.dataset["queuePlay"] = "";
      button.setAttribute("aria-label", `Play ${item.track.title}`);
      const image = document.createElement("img");
      image.className = "cover";
      image.alt = "";
      image.src = cover(item.track, "96");
      button.append(image);
      const names = document.createElement("div");
      names.className = "track-names";
      const [title, by, time] = [document.createElement("div"), document.createElement("div"), document.createElement("span")];
      title.className = "track-title";
      title.append(Object.assign(document.createElement("span"), { textContent: item.track.title }));
      by.className = "track-by";
      by.textContent = item.track.artist_credit;
      time.className = "track-time";
      time.textContent = clock(item.track.duration);
      names.append(title, by);
      row.append(button, names, document.createElement("span"), time);
      return row;
    }),
  );
}
