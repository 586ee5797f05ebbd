// Stars: shown at once, taken back when the server says no.

import { call, Problem } from "./api.js";
import { elements, on } from "./bind.js";
import { player } from "./player.js";
import { toast } from "./toast.js";
import { forget } from "./visits.js";

export function start() {
  on("click", "[data-star]", (button, event) => {
    event.preventDefault();
    void star(button.dataset["star"] ?? "", button.getAttribute("aria-pressed") !== "true");
  });
}

/**
 * @param {string} id
 * @param {boolean} starred
 */
export async function star(id, starred) {
  if (!id) return;
  show(id, starred);
  try {
    await call(starred ? "PUT" : "DELETE", `/api/v1/stars/${id}`);
    forget();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    show(id, !starred);
    toast(error.message);
  }
}

/**
 * @param {string} id
 * @param {boolean} starred
 */
function show(id, starred) {
  for (const button of elements(document, `[data-star="${CSS.escape(id)}"]`)) {
    button.setAttribute("aria-pressed", String(starred));
    const row = button.closest(".track[data-track]");
    if (row instanceof HTMLElement && row.dataset["track"]) {
      row.dataset["track"] = JSON.stringify({ ...JSON.parse(row.dataset["track"]), starred });
    }
  }
  player.starred(id, starred);
}
