// Keys for the whole page, as long as nobody types.

import { element } from "./bind.js";
import { player } from "./player.js";
import { visit } from "./visits.js";

/** @type {Record<string, () => void>} */
const KEYS = {
  " ": () => player.toggle(),
  k: () => player.toggle(),
  ArrowLeft: () => player.seek(player.position - 10),
  ArrowRight: () => player.seek(player.position + 10),
  ArrowUp: () => player.setVolume(player.volume + 0.05),
  ArrowDown: () => player.setVolume(player.volume - 0.05),
  n: () => player.next(),
  p: () => player.previous(),
  m: () => player.mute(),
  s: () => player.shuffle(),
  r: () => player.repeat(),
  l: () => element(document, "[data-player] [data-now-star]")?.click(),
  q: () => void visit("/queue"),
  f: () => void visit("/now-playing"),
  "/": () => {
    const box = element(document, "[data-search] input");
    if (box) box.focus();
    else void visit("/search");
  },
  "?": () => {
    const dialog = document.getElementById("keys-dialog");
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
  },
};
const MOVING = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const MEDIA = { MediaPlayPause: " ", MediaTrackNext: "n", MediaTrackPrevious: "p", MediaPlay: " ", MediaPause: " " };

export function start() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (!(target instanceof HTMLElement)) return;
    if (target.closest("input:not([type=range]), textarea, select, [contenteditable], dialog[open], [popover]")) return;
    const key = /** @type {Record<string, string>} */ (MEDIA)[event.key] ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key);
    const deed = KEYS[key];
    if (!deed) return;
    // on a button or link the space bar presses it, and arrows belong to sliders and the focus
    if (event.key === " " && target.closest("button, a, [role=button], summary")) return;
    if (MOVING.includes(key) && (target !== document.body && target.id !== "main")) return;
    if ((key === "ArrowUp" || key === "ArrowDown") && !event.shiftKey) return;
    event.preventDefault();
    deed();
  });
}
