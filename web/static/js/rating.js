// Ratings: five stars in halves, as a slider; shown at once, set back when the server says no.

import { call, Problem } from "./api.js";
import { each, elements, on } from "./bind.js";
import { player } from "./player.js";
import { toast } from "./toast.js";

/** @type {Map<string, number>} */
const known = new Map();

export function start() {
  player.watch("track", () => rateNow());
  each("[data-now-rating]", () => rateNow());
  each("[data-about-rating]", () => bindAbout());
  on("change", "input[data-rating]", (slider) => {
    if (slider instanceof HTMLInputElement) void rate(slider.dataset["rating"] ?? "", Number(slider.value));
  });
  on("input", "input[data-rating]", (slider) => {
    if (slider instanceof HTMLInputElement) tell(slider);
  });
}

/**
 * Binds a slider to a track, and fetches what it is rated.
 * @param {HTMLInputElement} slider
 * @param {string} track  id
 */
export async function bind(slider, track) {
  slider.dataset["rating"] = track;
  show(track, known.get(track) ?? 0);
  if (!track) return;
  try {
    const found = /** @type {{ rating: number | null }} */ (await call("GET", `/api/v1/tracks/${track}/rating`));
    known.set(track, found.rating ?? 0);
    show(track, found.rating ?? 0);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** Fetches the ratings of what is told about tracks. */
export function bindAbout() {
  for (const slider of elements(document, "input[data-about-rating]")) {
    if (slider instanceof HTMLInputElement) void bind(slider, slider.dataset["rating"] ?? "");
  }
}

function rateNow() {
  const track = player.track?.id ?? "";
  for (const slider of elements(document, "input[data-now-rating]")) {
    if (slider instanceof HTMLInputElement && track) void bind(slider, track);
  }
}

/**
 * @param {string} track
 * @param {number} value
 */
async function rate(track, value) {
  if (!track) return;
  const before = known.get(track) ?? 0;
  known.set(track, value);
  show(track, value);
  try {
    await call("PUT", `/api/v1/tracks/${track}/rating`, { rating: value });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    known.set(track, before);
    show(track, before);
    toast(error.message);
  }
}

/**
 * @param {string} track
 * @param {number} value
 */
function show(track, value) {
  for (const slider of elements(document, `input[data-rating="${CSS.escape(track)}"]`)) {
    if (!(slider instanceof HTMLInputElement)) continue;
    slider.value = String(value);
    tell(slider);
  }
}

/** @param {HTMLInputElement} slider */
function tell(slider) {
  const stars = Number(slider.value) / 20;
  slider.style.setProperty("--value", String(stars / 5));
  slider.setAttribute("aria-valuetext", stars ? `${stars} of 5 stars` : "not rated");
}
