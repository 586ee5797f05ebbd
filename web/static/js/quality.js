// The bit rate: automatic, or one that a person chose.

import { each, element, elements, on } from "./bind.js";
import { keys, show } from "./menu.js";
import { nominal } from "./deck.js";
import { player } from "./player.js";

const USUAL = [64, 128, 256];

export function start() {
  const menu = element(document, "#quality-menu");
  if (menu) {
    keys(menu);
    on("click", "[data-quality]", (button) => {
      const rungs = player.deck?.rungs.map((rung) => nominal(rung.bitrate)) ?? [];
      menu.replaceChildren(...[null, ...(rungs.length ? rungs : USUAL).toReversed()].map(choice));
      show(menu, button.getBoundingClientRect());
    });
    on("click", "[data-bitrate]", (item) => {
      menu.hidePopover();
      player.setBitrate(Number(item.dataset["bitrate"]) || null);
    });
  }
  on("click", "[data-quality-choice]", (button) => {
    player.setBitrate(Number(button.dataset["qualityChoice"]) || null);
    mark();
  });
  each("[data-quality-choices]", () => mark());
}

function mark() {
  const now = player.bitrate ? String(player.bitrate) : "auto";
  for (const button of elements(document, "[data-quality-choice]")) button.setAttribute("aria-pressed", String(button.dataset["qualityChoice"] === now));
}

/** @param {number | null} bitrate */
function choice(bitrate) {
  const item = document.createElement("button");
  item.type = "button";
  item.className = "menu-item";
  item.setAttribute("role", "menuitemradio");
  item.dataset["bitrate"] = String(bitrate ?? "");
  item.setAttribute("aria-checked", String(player.bitrate === bitrate));
  const rung = player.deck?.rung;
  const sounds = rung ? ` (now ${nominal(rung.bitrate)})` : "";
  item.textContent = bitrate ? `${bitrate} kbit/s` : `Automatic${player.bitrate ? "" : sounds}`;
  return item;
}
