// Forms and buttons that speak to the JSON API: data-form and data-call name method and path.

import { call, Problem } from "./api.js";
import { element, on } from "./bind.js";
import { confirmed } from "./dialog.js";
import { follow } from "./scan.js";
import { toast } from "./toast.js";
import { forget, reload, visit } from "./visits.js";

export function start() {
  on("submit", "[data-form]", (form, event) => {
    event.preventDefault();
    if (form instanceof HTMLFormElement) void submit(form);
  });
  on("click", "[data-call]", (button) => {
    const question = button.dataset["confirm"];
    if (question) confirmed(question, () => void press(button));
    else void press(button);
  });
  on("click", "[data-copy]", (button) => {
    const words = button.closest("[data-secret]")?.querySelector("code");
    if (!words) return;
    getSelection()?.selectAllChildren(words);
    // the clipboard wants a secure context; without one the selection is there to be copied
    void navigator.clipboard?.writeText(words.textContent ?? "").then(() => toast("Copied"));
  });
}

/** @param {HTMLFormElement} form */
async function submit(form) {
  const [method = "POST", path = ""] = (form.dataset["form"] ?? "").split(" ");
  const problem = element(form, "[data-form-problem]");
  const button = element(form, "[type=submit]");
  if (problem) problem.textContent = "";
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await call(method, path, Object.fromEntries(new FormData(form)));
    form.closest("dialog")?.close();
    await then(form, answer);
    if (form.dataset["then"] === "secret") form.reset();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (problem) problem.textContent = error.message;
    else toast(error.message);
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

/** @param {HTMLElement} button */
async function press(button) {
  const [method = "POST", path = ""] = (button.dataset["call"] ?? "").split(" ");
  const body = button.dataset["body"] ? JSON.parse(button.dataset["body"]) : undefined;
  button.setAttribute("aria-busy", "true");
  try {
    await then(button, await call(method, path, body));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/**
 * What follows when the server agreed.
 * @param {HTMLElement} element_
 * @param {any} answer
 */
async function then(element_, answer) {
  const path = element_.dataset["thenPath"] ?? "/";
  forget();
  switch (element_.dataset["then"]) {
    case "go":
      location.assign(path);
      break;
    case "visit":
      await visit(path.endsWith("/") && answer?.id ? path + answer.id : path);
      break;
    case "secret": {
      const box = element(document, "[data-secret]");
      const words = box?.querySelector("code");
      if (box && words) {
        words.textContent = answer.key;
        box.hidden = false;
      }
      break;
    }
    case "scan":
      follow((await call("POST", "/api/v1/scans")).id, () => void reload());
      await reload();
      break;
    case "taken":
      toast(answer?.taken ? `${answer.taken} ratings were taken over` : "There was nothing new to take over");
      await reload();
      break;
    case "counts":
      toast(answer?.taken ? `The plays of ${answer.taken} recordings were taken over` : "There was nothing new to take over");
      await reload();
      break;
    case "hidden":
      toast(answer?.hidden === 1 ? "One copy is hidden" : `${answer?.hidden ?? 0} copies are hidden`);
      await reload();
      break;
    default:
      await reload();
  }
}
