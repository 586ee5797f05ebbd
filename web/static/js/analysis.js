// The analysis of sounds as it runs, on its page.

import { call, Problem } from "./api.js";
import { each, element } from "./bind.js";
import { reload } from "./visits.js";

const EVERY_MS = 2000;

export function start() {
  each("[data-analysis]", (box, signal) => {
    if (box.dataset["analysis"] === "running") setTimeout(() => void look(box, signal), EVERY_MS);
  });
}

/**
 * @param {HTMLElement} box
 * @param {AbortSignal} signal
 */
async function look(box, signal) {
  if (signal.aborted) return;
  try {
    const now = /** @type {Analysis} */ (await call("GET", "/api/v1/analysis", undefined, { signal }));
    if (now.state !== "running") return void reload();
    const bar = box.querySelector("progress");
    const text = element(box, "[data-analysis-text]");
    if (bar) {
      bar.max = Math.max(1, now.total);
      bar.value = now.done;
    }
    if (text) text.textContent = `${now.done.toLocaleString()} of ${now.total.toLocaleString()} files`;
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Problem) || (error.status && error.status < 500)) return;
  }
  setTimeout(() => void look(box, signal), EVERY_MS);
}
