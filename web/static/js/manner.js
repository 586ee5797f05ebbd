// How tracks follow each other for who listens: fades, levels, silence. Kept with the profile.

import { call, Problem } from "./api.js";
import { each, elements, on } from "./bind.js";
import { player } from "./player.js";
import { toast } from "./toast.js";

const PATH = "/api/v1/me/playback";

/** @type {Record<string, unknown> | null} what the server has; null while it is not known */
let kept = null;

export function start() {
  each("[data-manner]", () => void load());
  on("click", "[data-manner] button", (button) => {
    const group = button.closest("[data-manner]");
    if (kept && group instanceof HTMLElement) void choose(group.dataset["manner"] ?? "", JSON.parse(button.dataset["value"] ?? "null"));
  });
}

async function load() {
  if (!kept) {
    try {
      kept ??= await call("GET", PATH);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return;
    }
  }
  show();
}

/**
 * @param {string} name
 * @param {unknown} value
 */
async function choose(name, value) {
  const before = kept;
  kept = { ...kept, [name]: value };
  show();
  try {
    await call("PUT", PATH, kept);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    kept = before;
    show();
    toast(error.message);
    return;
  }
  player.rearrange();
}

function show() {
  for (const group of elements(document, "[data-manner]")) {
    const value = JSON.stringify(kept?.[group.dataset["manner"] ?? ""]);
    for (const button of elements(group, "button")) button.setAttribute("aria-pressed", String(JSON.stringify(JSON.parse(button.dataset["value"] ?? "null")) === value));
  }
}
