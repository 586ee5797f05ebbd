// A scan as it runs: asked for, followed, shown.

import { call, Problem } from "./api.js";
import { each, element, elements, on } from "./bind.js";
import { toast } from "./toast.js";
import { forget, reload } from "./visits.js";

const EVERY_MS = 700;
const STAGES = { looking: "Looking for music…", reading: "Reading your music…", finishing: "Ready to play; reading the last details…", done: "Done" };

let following = "";

export function start() {
  each("[data-scan]", (box, signal) => {
    const id = box.dataset["scan"];
    if (id) follow(id, () => void reload(), signal);
  });
  on("click", "[data-scan-start]", (button) => void begin(button));
}

/**
 * Shows the scan's state in the page until it is done.
 * @param {string} id
 * @param {() => void} then
 * @param {AbortSignal} [signal]
 */
export function follow(id, then, signal) {
  following = id;
  let stage = "";
  const look = async () => {
    if (signal?.aborted || following !== id) return;
    try {
      const scan = /** @type {Scan} */ (await call("GET", `/api/v1/scans/${id}`));
      if (signal?.aborted) return;
      show(scan);
      if (scan.stage === "finishing" && stage && stage !== "finishing") then();
      stage = scan.stage;
      if (scan.state !== "running") {
        following = "";
        forget();
        if (scan.state === "failed") toast(scan.error ?? "The scan broke off.");
        return then();
      }
    } catch (error) {
      if (!(error instanceof Problem) || (error.status && error.status < 500)) return;
    }
    setTimeout(() => void look(), EVERY_MS);
  };
  void look();
}

/** @param {HTMLElement} button */
async function begin(button) {
  button.setAttribute("aria-busy", "true");
  try {
    await call("POST", "/api/v1/scans");
    await reload();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** @param {Scan} scan */
function show(scan) {
  const words = scan.state === "failed" ? (scan.error ?? "The scan broke off.") : /** @type {Record<string, string>} */ (STAGES)[scan.stage] ?? scan.stage;
  for (const box of elements(document, "[data-scan-text]")) {
    const inline = !box.closest("[data-scan-card]");
    box.textContent = inline && scan.found ? `${words} ${scan.done.toLocaleString()} of ${scan.found.toLocaleString()}` : words;
  }
  for (const name of /** @type {const} */ (["found", "done", "added", "rejected"])) {
    const box = element(document, `[data-scan-count="${name}"]`);
    if (box) box.textContent = scan[name].toLocaleString();
  }
  const bar = document.querySelector("[data-scan-bar]");
  if (!(bar instanceof HTMLProgressElement)) return;
  if (scan.stage === "looking" && scan.state === "running") bar.removeAttribute("value");
  else {
    bar.max = Math.max(1, scan.found);
    bar.value = scan.state === "done" ? bar.max : scan.done;
  }
}
