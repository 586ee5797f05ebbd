// The first run: the code, the owner, the folder, and then the scan as it goes.

import { call, Problem } from "./api.js";
import { each, element, elements } from "./bind.js";
import { list } from "./folders.js";
import { follow } from "./scan.js";

const STEPS = ["code", "people", "folder"];

export function start() {
  each("[data-setup]", (card) => {
    const form = /** @type {HTMLFormElement} */ (element(card, "[data-setup-form]"));
    let step = 0;
    const code = /** @type {HTMLInputElement} */ (form.elements.namedItem("code"));
    const given = new URLSearchParams(location.search).get("code") ?? location.hash.slice(1);
    if (given) {
      code.value = given;
      history.replaceState(history.state, "", location.pathname);
    }
    const go = (/** @type {number} */ to) => {
      step = to;
      for (const part of elements(form, "[data-step]")) part.hidden = part.dataset["step"] !== STEPS[to];
      elements(card, ".steps li").forEach((mark, at) => mark.classList.toggle("done", at <= to));
      const skip = element(form, "[data-setup-skip]");
      if (skip) skip.hidden = to !== 2;
      const next = element(form, "[data-setup-next]");
      if (next) next.textContent = to === 2 ? "Use this folder" : "Go on";
      element(form, `[data-step="${STEPS[to]}"] input`)?.focus();
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void advance(true);
    });
    element(form, "[data-setup-skip]")?.addEventListener("click", () => void advance(false));

    /** @param {boolean} folder */
    const advance = async (folder) => {
      const part = element(form, `[data-step="${STEPS[step]}"]`);
      for (const input of part?.querySelectorAll("input") ?? []) if (!input.reportValidity()) return;
      const box = /** @type {HTMLElement} */ (element(form, "[data-folders]"));
      if (step === 0) {
        if (await list(box, undefined, code.value.trim())) go(1);
      } else if (step === 1) go(2);
      else if (folder && !box.dataset["path"]) say(form, "Open a folder first.");
      else await finish(card, form, folder ? box.dataset["path"] : undefined);
    };
    if (given) void advance(true);
    else go(0);
  });
}

/**
 * @param {HTMLElement} card
 * @param {HTMLFormElement} form
 * @param {string | undefined} path
 */
async function finish(card, form, path) {
  const values = Object.fromEntries(/** @type {Iterable<[string, string]>} */ (new FormData(form)));
  const button = element(form, "[data-setup-next]");
  button?.setAttribute("aria-busy", "true");
  try {
    await call("POST", "/api/v1/setup", {
      code: values["code"]?.trim(),
      household: values["household"],
      name: values["name"],
      password: values["password"],
      library: path ? { name: values["library"] || "Music", path } : null,
    });
    const running = path ? await call("POST", "/api/v1/scans") : Number(card.dataset["configured"]) ? await known() : null;
    if (!running) return location.assign("/");
    form.hidden = true;
    const scan = element(card, "[data-setup-scan]");
    if (scan) scan.hidden = false;
    const lead = element(card, "[data-setup-lead]");
    if (lead) lead.textContent = "Your house is ready. You can listen while the rest is read.";
    follow(running.id, () => undefined);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say(form, error.message);
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

/** The scan that the server began as it started, which may be done by now: its counts are those of the library. */
async function known() {
  const { items } = await call("GET", "/api/v1/scans?limit=1");
  return items[0] ?? (await call("POST", "/api/v1/scans"));
}

/**
 * @param {HTMLElement} form
 * @param {string} words
 */
function say(form, words) {
  const problem = element(form, "[data-form-problem]");
  if (problem) problem.textContent = words;
}
