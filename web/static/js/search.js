// Search as you type: the server's own results, without leaving the page; keys lead there and back.

import { each, element, elements, on } from "./bind.js";
import { keep, kept } from "./kept.js";

const SETTLE_MS = 90;
const MOST_RECENT = 8;
const HITS = ".top-card .tile-title a, .track-play:not([disabled]), .tile:not(.top-card) .tile-title a, a.genre-tile, .did-you-mean a, [data-recent-list] a";

export function start() {
  each("[data-search]", (form, signal) => {
    const input = form.querySelector("input");
    const results = element(document, "[data-found]");
    if (!input || !results) return;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let last = input.defaultValue.trim(); // what the page shows; more may have been typed meanwhile
    let running = new AbortController();
    signal.addEventListener("abort", () => clearTimeout(timer));
    const look = async () => {
      const words = input.value.trim();
      if (words === last) return;
      last = words;
      running.abort();
      running = new AbortController();
      const query = words ? `?q=${encodeURIComponent(words)}` : "";
      try {
        const response = await fetch(`/search/found${query}`, { signal: running.signal, headers: { Accept: "text/html" } });
        if (!response.ok) return;
        const found = new DOMParser().parseFromString(await response.text(), "text/html");
        if (!input.isConnected || input.value.trim() !== words) return;
        results.replaceChildren(...found.body.childNodes);
        history.replaceState(history.state, "", `/search${query}`);
        showRecent(results);
        say(results);
      } catch (error) {
        if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
      }
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => void look(), SETTLE_MS);
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      clearTimeout(timer);
      await look();
      remember(input.value);
      const first = hits(results)[0];
      if (first && matchMedia("(hover: hover)").matches) first.focus();
      else input.blur();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || event.isComposing) return;
      const first = hits(results)[0];
      if (!first) return;
      event.preventDefault();
      first.focus();
    });
    results.addEventListener("keydown", (event) => move(event, input, results), { signal });
    // what was opened is what was looked for
    results.addEventListener("click", () => remember(input.value), { signal, capture: true });
    showRecent(results);
    void look();
    if (input.autofocus || input.value) input.setSelectionRange(input.value.length, input.value.length);
  });
  on("click", "[data-forget-searches]", (button) => {
    keep(place(), null);
    const section = button.closest("section");
    if (section) section.hidden = true;
  });
}

/**
 * Up from the first hit, Escape and letters lead back to the box.
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} input
 * @param {HTMLElement} results
 */
function move(event, input, results) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // the rest of the way arrows go as everywhere
  if (event.key === "ArrowUp" && hits(results)[0] === document.activeElement) {
    event.preventDefault();
    input.focus();
  } else if (event.key === "Escape" || event.key === "Backspace") {
    event.preventDefault();
    input.focus();
  } else if (event.key.length === 1 && event.key !== " ") {
    input.focus(); // the letter goes there by itself
    event.stopPropagation();
  }
}

/** @param {HTMLElement} results */
function hits(results) {
  return elements(results, HITS);
}

/**
 * Tells a screen reader how much there is.
 * @param {HTMLElement} results
 */
function say(results) {
  const spoken = element(document, "[data-spoken]");
  const best = element(results, ".top-card .tile-title");
  if (spoken) spoken.textContent = best ? `Best match: ${best.textContent?.trim()}. ${hits(results).length} found.` : (element(results, "h2")?.textContent ?? "");
}

function place() {
  return `searches.${document.body.dataset["profile"] ?? ""}`;
}

/** @param {string} text */
function remember(text) {
  const words = text.trim();
  if (!words) return;
  const before = /** @type {string[]} */ (kept(place(), []));
  const same = words.toLowerCase();
  keep(place(), [words, ...before.filter((each) => each.toLowerCase() !== same)].slice(0, MOST_RECENT));
}

/** @param {HTMLElement} results */
function showRecent(results) {
  const section = element(results, "[data-recent-searches]");
  const list = element(results, "[data-recent-list]");
  const recent = /** @type {string[]} */ (kept(place(), []));
  if (!section || !list || !recent.length) return;
  list.replaceChildren(...recent.map((words) => {
    const link = document.createElement("a");
    link.className = "chip";
    link.href = `/search?q=${encodeURIComponent(words)}`;
    link.textContent = words;
    return link;
  }));
  section.hidden = false;
}
