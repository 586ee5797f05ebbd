// Lists whose order a person makes: the queue and playlists; by dragging, by the menu, by keys.

import { call, Problem } from "./api.js";
import { elements, on } from "./bind.js";
import { tracksOf } from "./play-buttons.js";
import { player } from "./player.js";
import { toast } from "./toast.js";
import { forget, reload } from "./visits.js";

/** @type {HTMLElement | null} */
let dragged = null;

export function start() {
  on("pointerdown", "[data-grip]", (grip, event) => {
    const row = grip.closest(".track");
    if (!(row instanceof HTMLElement)) return;
    event.preventDefault();
    dragged = row;
    row.classList.add("dragging");
    // on the window: the row that moves loses a captured pointer
    const held = new AbortController();
    const { signal } = held;
    addEventListener("pointermove", (moved) => over(moved.clientY), { signal });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      addEventListener(type, () => {
        held.abort();
        void drop();
      }, { signal });
    }
  });
  on("keydown", "[data-ordered] .track", (row, event) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    void change(row, event.key === "ArrowUp" ? "up" : "down");
  });
}

/**
 * @param {HTMLElement} row
 * @param {"up" | "down" | "remove"} deed
 */
export async function change(row, deed) {
  const list = /** @type {HTMLElement} */ (row.closest("[data-ordered]"));
  const key = row.dataset["key"];
  if (list.dataset["ordered"] === "queue" && key) {
    const at = elements(list, ".track").indexOf(row);
    if (deed === "remove") player.remove(key);
    else player.move(key, at + (deed === "up" ? -1 : 1));
    return;
  }
  const focused = document.activeElement;
  if (deed === "remove") row.remove();
  else if (deed === "up") row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  if (focused instanceof HTMLElement && row.contains(focused)) focused.focus();
  await save(list);
}

/** @param {number} y */
function over(y) {
  const list = dragged?.closest("[data-ordered]");
  if (!dragged || !list) return;
  if (y < 80) scrollBy(0, -12);
  if (y > innerHeight - 140) scrollBy(0, 12);
  for (const row of elements(list, ".track")) {
    const box = row.getBoundingClientRect();
    if (row === dragged || y < box.top || y > box.bottom) continue;
    if (y < box.top + box.height / 2) row.before(dragged);
    else row.after(dragged);
    return;
  }
}

async function drop() {
  const row = dragged;
  dragged = null;
  row?.classList.remove("dragging");
  const list = row?.closest("[data-ordered]");
  if (!row || !(list instanceof HTMLElement)) return;
  const key = row.dataset["key"];
  if (list.dataset["ordered"] === "queue" && key) player.move(key, elements(list, ".track").indexOf(row));
  else await save(list);
}

/** @param {HTMLElement} list */
async function save(list) {
  try {
    await call("PATCH", `/api/v1/playlists/${list.dataset["ordered"]}`, { tracks: tracksOf(list).map((track) => track.id) });
    forget();
    if (!list.childElementCount) await reload();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message);
    await reload();
  }
}
