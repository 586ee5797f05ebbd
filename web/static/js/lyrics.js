// The now-playing page and the big screen: lyrics that follow the music, or what comes next.

import { call, Problem } from "./api.js";
import { each, element, elements, on } from "./bind.js";
import { keep, kept } from "./kept.js";
import * as lines from "./lyric-lines.js";
import { clock, cover } from "./now.js";
import { player } from "./player.js";

const LEAD_MS = 200; // a line lights up a moment before it is sung
const WORD_LEAD_MS = 60;
const COMING = 8;

let shown = "";
let current = -2;
let following = true;
/** @type {lines.Choice[]} */
let choices = [];
/** @type {lines.Row[]} */
let rows = [];
/** @type {number | undefined} */
let frame;

export function start() {
  each("[data-now-page]", (_, signal) => {
    shown = "";
    void draw();
    signal.addEventListener("abort", () => cancelAnimationFrame(frame ?? 0));
  });
  player.watch("track", () => void draw());
  player.watch("queue", upNext);
  player.watch("time", follow);
  player.watch("state", follow);
  on("click", "[data-lyric-at]", (line) => {
    player.seek(Number(line.dataset["lyricAt"]) / 1000);
    resume();
  });
  on("click", "[data-lyrics-follow]", resume);
  on("click", "[data-lyrics-language]", (button) => choose(button.dataset["lyricsLanguage"] ?? ""));
  // whoever scrolls reads for themselves
  for (const type of /** @type {const} */ (["wheel", "touchmove"])) {
    document.addEventListener(type, (event) => wander(event.target), { passive: true });
  }
  on("keydown", "[data-lyrics]", (box, event) => {
    if (event.key === "Escape") resume();
    else if (["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"].includes(event.key)) wander(box);
  });
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && target.matches(".lyric:focus-visible")) wander(target);
  });
}

/** Lets the text go along with the music again. */
function resume() {
  following = true;
  current = -2;
  follow();
}

/** @param {EventTarget | null} target */
function wander(target) {
  const box = target instanceof Element ? target.closest("[data-lyrics]") : null;
  if (!box || box.classList.contains("plain") || !following) return;
  following = false;
  mark();
}

async function draw() {
  const page = element(document, "[data-now-page]");
  const { track } = player;
  upNext();
  if (!page || !track || shown === track.id) return;
  shown = track.id;
  const texts = await textsOf(track);
  if (shown !== track.id) return;
  choices = lines.choices(texts);
  tell(lines.chosen(choices, kept("lyrics-language", "und")));
}

/** @param {string} key */
function choose(key) {
  const wish = choices.find((one) => one.key === key);
  if (!wish) return;
  keep("lyrics-language", key);
  tell(wish);
  element(document, `[data-lyrics-language="${CSS.escape(key)}"]`)?.focus();
}

/**
 * Shows one of the texts, or that there is none.
 * @param {lines.Choice | undefined} choice
 */
function tell(choice) {
  const box = element(document, "[data-lyrics]");
  const part = element(document, "[data-lyrics-part]");
  if (!box || !part) return;
  following = true;
  current = -2;
  rows = choice ? lines.rows(choice.text, player.duration * 1000) : [];
  part.hidden = !rows.length;
  const synced = choice?.text.synced ?? false;
  box.classList.toggle("plain", !synced);
  box.lang = choice && choice.text.language !== "und" ? choice.text.language : "";
  box.setAttribute("aria-label", synced ? "Lyrics. Choose a line to play from there" : "Lyrics");
  const sides = lines.sides(rows);
  box.replaceChildren(...rows.map((row) => made(row, sides.size > 1 ? sides.get(row.agent) : 0)));
  box.scrollTo(0, 0);
  const tools = element(part, "[data-lyrics-languages]");
  if (tools) {
    tools.hidden = choices.length < 2;
    tools.replaceChildren(
      ...choices.map((one) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = one.name;
        button.dataset["lyricsLanguage"] = one.key;
        button.setAttribute("aria-pressed", String(one === choice));
        return button;
      }),
    );
  }
  upNext();
  follow();
}

/**
 * @param {lines.Row} row
 * @param {number | undefined} side
 */
function made(row, side) {
  const timed = row.at !== null;
  const line = document.createElement(timed ? "button" : "p");
  line.className = "lyric";
  if (line instanceof HTMLButtonElement) line.type = "button";
  if (timed) line.dataset["lyricAt"] = String(row.at);
  if (side) line.classList.add("other");
  if (row.pause) {
    line.classList.add("pause");
    line.setAttribute("aria-label", "Instrumental");
    for (let n = 0; n < 3; n += 1) line.append(document.createElement("i"));
  } else if (row.words.length) {
    for (const word of row.words) {
      const part = document.createElement("span");
      part.className = "word";
      part.textContent = word.text;
      line.append(part);
    }
  } else {
    line.textContent = row.text;
  }
  return line;
}

/**
 * @param {Track} track
 * @returns {Promise<lines.Text[]>}
 */
async function textsOf(track) {
  try {
    return (await call("GET", `/api/v1/tracks/${track.id}/lyrics`)).items ?? [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [];
  }
}

function follow() {
  const box = element(document, "[data-lyrics]:not(.plain)");
  if (!box || !rows.length) return;
  const ms = player.position * 1000;
  const at = lines.current(rows, ms + LEAD_MS);
  words(box, at, ms + WORD_LEAD_MS);
  // between two reports of the time, single words are followed by themselves
  cancelAnimationFrame(frame ?? 0);
  if (player.playing && rows[at]?.words.length) frame = requestAnimationFrame(follow);
  if (at === current) return;
  current = at;
  mark();
}

/** Lights up what is sung now, and brings it to where it is read. */
function mark() {
  const box = element(document, "[data-lyrics]:not(.plain)");
  const button = element(document, "[data-lyrics-follow]");
  if (button) button.hidden = following;
  if (!box) return;
  box.classList.toggle("wandering", !following);
  const now = rows[current]?.at;
  const all = elements(box, ".lyric");
  for (const [n, line] of all.entries()) {
    if (n === current || (current >= 0 && rows[n]?.at === now)) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
    line.classList.toggle("gone", n < current);
  }
  const line = all[Math.max(0, current)];
  if (!line || !following) return;
  box.scrollTo({ top: line.offsetTop - box.offsetTop - box.clientHeight * 0.36 });
  // with a remote control the next press goes on from the line that is sung
  if (box.closest("[data-tv]") && box.contains(document.activeElement)) line.focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} box
 * @param {number} at
 * @param {number} ms
 */
function words(box, at, ms) {
  const row = rows[at];
  const line = box.children[at];
  if (!row?.words.length || !line) return;
  const count = lines.sung(row, ms);
  for (const [n, word] of [...line.children].entries()) word.classList.toggle("sung", n < count);
}

function upNext() {
  const list = element(document, "[data-up-next-list]");
  const whole = element(document, "[data-up-next]");
  const part = element(document, "[data-lyrics-part]");
  if (!list || !whole || !part) return;
  const coming = player.queue.items.slice(player.queue.current + 1, player.queue.current + 1 + COMING);
  whole.hidden = !part.hidden || !coming.length;
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
