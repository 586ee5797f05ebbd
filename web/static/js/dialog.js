// Dialogs: opened by a button that names them, closed by Cancel, Escape or a press beside them.

import { element, on } from "./bind.js";

/** @type {(() => void) | null} */
let agreed = null;

export function start() {
  on("click", "[data-open]", (button) => {
    const dialog = document.querySelector(button.dataset["open"] ?? "");
    if (dialog instanceof HTMLDialogElement) {
      dialog.showModal();
      dialog.dispatchEvent(new Event("opened", { bubbles: true }));
    }
  });
  on("click", "[data-close]", (button) => button.closest("dialog")?.close());
  on("click", "dialog", (dialog, event) => {
    if (event.target === dialog && dialog instanceof HTMLDialogElement) dialog.close();
  });
  on("click", "[data-confirm-yes]", (button) => {
    button.closest("dialog")?.close();
    agreed?.();
    agreed = null;
  });
}

/**
 * @param {string} question
 * @param {() => void} yes
 */
export function confirmed(question, yes) {
  const dialog = document.getElementById("confirm-dialog");
  const title = element(document, "[data-confirm-title]");
  if (!(dialog instanceof HTMLDialogElement) || !title) return;
  title.textContent = question;
  agreed = yes;
  dialog.showModal();
}
