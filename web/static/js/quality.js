// The quality: what plays now and why, and what a person chooses instead.

import { each, element, elements, on } from "./bind.js";
import { keys, show } from "./menu.js";
import { player } from "./player.js";
import * as rungs from "./rungs.js";
import { toast } from "./toast.js";

const KNOWN = [["auto", "Auto"], ["saver", "Data saver"], ["best", "Best"]];

let heard = -1; // bit/s of the rung that was heard last, while it is automatic

export function start() {
  const menu = element(document, "#quality-menu");
  if (menu) {
    keys(menu);
    on("click", "[data-quality]", (button) => {
      menu.replaceChildren(...contents());
      show(menu, button.getBoundingClientRect());
    });
    on("click", "[data-rung]", (item) => {
      menu.hidePopover();
      choose(item.dataset["rung"] ?? "auto");
    });
  }
  on("click", "[data-quality-choice]", (button) => choose(button.dataset["qualityChoice"] ?? "auto"));
  each("[data-quality-choices]", () => mark());
  each("#main", name);
  player.watch("state", name);
  player.watch("state", notice);
}

/** @param {rungs.Choice} choice */
function choose(choice) {
  player.choose(choice);
  mark();
}

function mark() {
  for (const button of elements(document, "[data-quality-choice]")) button.setAttribute("aria-pressed", String(button.dataset["qualityChoice"] === player.choice));
}

/** The rung that is heard, and what the programme says of it. */
function sounding() {
  const rung = player.stream?.rung ?? null;
  return { rung, rendition: rung ? renditionOf(rung.name) : undefined };
}

/** @param {string} wanted */
function renditionOf(wanted) {
  return player.stream?.programme?.renditions.find((each) => each.name === wanted);
}

/** "Auto · 128" on the button. */
function name() {
  const { rung, rendition } = sounding();
  const choice = KNOWN.find(([key]) => key === player.choice)?.[1];
  const now = rung ? rungs.short(rung, rendition) : "";
  const words = choice ? [choice, now].filter(Boolean).join(" · ") : now || "Quality";
  for (const box of elements(document, '[data-now="rung"]')) if (box.textContent !== words) box.textContent = words;
}

/** Says so when the network makes the sound smaller. */
function notice() {
  const { rung, rendition } = sounding();
  if (!rung || player.choice !== "auto" || !player.playing) {
    heard = -1;
    return;
  }
  if (heard > rung.bitrate) toast(`Playing at ${rungs.kilobits(rendition?.bit_rate ?? rung.bitrate)} kbit/s because the network is slow`);
  heard = rung.bitrate;
}

function contents() {
  const { rung, rendition } = sounding();
  const offered = player.stream?.rungs ?? [];
  const made = [];
  if (rung) {
    const box = document.createElement("div");
    box.className = "menu-now";
    const bandwidth = player.stream?.bandwidth ?? 0;
    const words = [rungs.now(rung, rendition), rungs.because(player.choice, rung, offered, bandwidth), ...(player.stream?.programme?.why ?? []).map(sentence)];
    for (const [place, text] of words.entries()) {
      const line = document.createElement(place ? "small" : "div");
      line.textContent = text;
      box.append(line);
    }
    const line = document.createElement("div");
    line.className = "menu-line";
    made.push(box, line);
  }
  const best = offered.at(-1);
  const lossless = best && renditionOf(best.name)?.lossless;
  made.push(...KNOWN.map(([key, words]) => item(key ?? "", key === "best" && lossless ? "Best, lossless" : (words ?? ""))));
  if (offered.length) {
    const line = document.createElement("div");
    line.className = "menu-line";
    made.push(line, ...offered.toReversed().map((each) => item(each.name, rungs.long(each, renditionOf(each.name)))));
  }
  return made;
}

/** @param {string} text  in the server's words */
function sentence(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/**
 * @param {rungs.Choice} choice
 * @param {string} words
 */
function item(choice, words) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "menu-item";
  made.setAttribute("role", "menuitemradio");
  made.dataset["rung"] = choice;
  made.setAttribute("aria-checked", String(player.choice === choice));
  made.textContent = words;
  return made;
}
