// The queue's page: rows from the player's own list.

import { each, element } from "./bind.js";
import { confirmed } from "./dialog.js";
import { clock, cover, credits, markRows } from "./now.js";
import { on } from "./bind.js";
import { player } from "./player.js";

export function start() {
  each("[data-queue-page]", (page) => draw(page));
  player.watch("queue", () => {
    const page = element(document, "[data-queue-page]");
    if (page) draw(page);
  });
  on("click", "[data-queue-play]", (button) => {
    const key = /** @type {HTMLElement} */ (button.closest(".track")).dataset["key"] ?? "";
    if (key === player.item?.key) player.toggle();
    else player.jump(key);
  });
  on("click", "[data-queue-clear]", () => confirmed("Clear the queue?", () => player.clear()));
}

/** @param {HTMLElement} page */
function draw(page) {
  const { items } = player.queue;
  const list = element(page, "[data-queue]");
  const model = /** @type {HTMLTemplateElement | null} */ (page.querySelector("[data-queue-row]"));
  const facts = element(page, "[data-queue-facts]");
  if (!list || !model) return;
  const rows = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset["key"], row]));
  list.replaceChildren(...items.map((item) => rows.get(item.key) ?? row(model, item)));
  const seconds = items.slice(player.queue.current).reduce((sum, item) => sum + item.track.duration, 0);
  if (facts) facts.textContent = items.length ? `${items.length === 1 ? "1 track" : `${items.length} tracks`} · ${clock(seconds)} to go` : "";
  const empty = element(page, "[data-queue-empty]");
  const tools = element(page, "[data-queue-tools]");
  if (empty) empty.hidden = Boolean(items.length);
  if (tools) tools.hidden = !items.length;
  markRows();
}

/**
 * @param {HTMLTemplateElement} model
 * @param {QueueItem} item
 */
export function row(model, item) {
  const made = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (model.content.cloneNode(true)).firstElementChild);
  const { track } = item;
  made.dataset["key"] = item.key;
  made.dataset["track"] = JSON.stringify(track);
  made.querySelector("img")?.setAttribute("src", cover(track, "96"));
  made.querySelector("[data-queue-play]")?.setAttribute("aria-label", `Play ${track.title}`);
  made.querySelector("[data-menu]")?.setAttribute("aria-label", `More for ${track.title}`);
  const title = made.querySelector(".track-title > span");
  if (title) title.textContent = track.title;
  made.querySelector(".track-by")?.replaceChildren(...credits(track));
  const album = made.querySelector(".track-album a");
  album?.setAttribute("href", `/albums/${track.album.id}`);
  if (album) album.textContent = track.album.title;
  const star = /** @type {HTMLElement | null} */ (made.querySelector(".star"));
  if (star) {
    star.dataset["star"] = track.id;
    star.setAttribute("aria-pressed", String(track.starred));
    star.setAttribute("aria-label", `Star ${track.title}`);
  }
  const time = made.querySelector(".track-time");
  if (time) time.textContent = clock(track.duration);
  return made;
}
