// The menu beside a track.

import { element, elements, on } from "./bind.js";
import { correctTrack } from "./corrections.js";
import { choosePlaylist } from "./playlist-dialog.js";
import { source, trackOf } from "./play-buttons.js";
import { player } from "./player.js";
import { change } from "./order.js";
import { bind } from "./rating.js";
import { star } from "./star.js";
import { toast } from "./toast.js";

/** @type {HTMLElement | null} */
let row = null;

export function start() {
  const menu = element(document, "#track-menu");
  if (!menu) return;
  on("click", "[data-menu]", (button) => open(menu, button, button.getBoundingClientRect()));
  on("contextmenu", ".track", (found, event) => {
    if (event.target instanceof Element && event.target.closest("a")) return;
    event.preventDefault();
    open(menu, found, new DOMRect(event.clientX, event.clientY, 0, 0));
  });
  on("click", "[data-track-do]", (item) => {
    menu.hidePopover();
    if (row) act(item.dataset["trackDo"] ?? "", row);
  });
  keys(menu);
}

/**
 * Shows a popover beside a place, inside the window, with its first item in focus.
 * @param {HTMLElement} menu
 * @param {DOMRect} place
 */
export function show(menu, place) {
  menu.showPopover();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.min(Math.max(8, place.right - width), innerWidth - width - 8);
  const below = place.bottom + 6;
  const top = below + height < innerHeight - 8 ? below : Math.max(8, place.top - height - 6);
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${top}px`;
  elements(menu, ".menu-item").find((item) => !item.hidden)?.focus();
}

/**
 * Up and down move inside a menu.
 * @param {HTMLElement} menu
 */
export function keys(menu) {
  menu.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const items = elements(menu, ".menu-item").filter((item) => !item.hidden);
    const at = items.findIndex((item) => item === document.activeElement);
    items[(at + by + items.length) % items.length]?.focus();
  });
}

/**
 * @param {HTMLElement} menu
 * @param {HTMLElement} inside
 * @param {DOMRect} place
 */
function open(menu, inside, place) {
  row = inside.closest(".track");
  if (!row?.dataset["track"]) return;
  const track = trackOf(row);
  const list = row.closest("[data-ordered]");
  for (const item of elements(menu, "[data-only-ordered]")) item.hidden = !list;
  element(menu, '[data-track-do="album"]')?.setAttribute("href", `/albums/${track.album.id}`);
  for (const item of elements(menu, "[data-only-correctable]")) item.hidden = !row.closest("[data-correctable]");
  const also = element(menu, '[data-track-do="also"]');
  const other = element(row, "[data-play-also]");
  if (also) {
    also.hidden = !other;
    const name = element(also, "span");
    if (name) name.textContent = `Play as ${other?.dataset["quality"] ?? ""}`;
  }
  const artist = element(menu, '[data-track-do="artist"]');
  if (artist) {
    artist.hidden = !track.artists.length;
    artist.setAttribute("href", `/artists/${track.artists[0]?.id ?? ""}`);
  }
  element(menu, '[data-track-do="about"]')?.setAttribute("href", `/tracks/${track.id}`);
  const words = element(menu, '[data-track-do="star"] span');
  if (words) words.textContent = track.starred ? "Take the star away" : "Star";
  const slider = menu.querySelector("input[data-menu-rating]");
  if (slider instanceof HTMLInputElement) void bind(slider, track.id);
  show(menu, place);
}

/**
 * @param {string} deed
 * @param {HTMLElement} found
 */
function act(deed, found) {
  const track = trackOf(found);
  const from = source(found.closest("[data-tracks]"));
  if (deed === "also") element(found, "[data-play-also]")?.click();
  else if (deed === "play-next") {
    player.add([track], from, true);
    toast("Plays next");
  } else if (deed === "enqueue") {
    player.add([track], from, false);
    toast("Added to the queue");
  } else if (deed === "playlist") choosePlaylist([track]);
  else if (deed === "star") void star(track.id, !track.starred);
  else if (deed === "split" || deed === "move") correctTrack(track, deed);
  else if (deed === "up" || deed === "down" || deed === "remove") void change(found, deed);
}
