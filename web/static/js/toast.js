// Short words at the foot of the page that go by themselves.

import { element } from "./bind.js";

const SECONDS = 4;
const SECONDS_TO_ACT = 12;

/**
 * @param {string} text
 * @param {{ label: string, act: () => void }} [action] what can be done about it
 */
export function toast(text, action) {
  const box = element(document, "[data-toasts]");
  if (!box) return;
  const note = document.createElement("div");
  note.className = "toast";
  note.textContent = text;
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "toast-action";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      note.remove();
      action.act();
    });
    note.append(button);
  }
  box.replaceChildren(note);
  setTimeout(() => note.remove(), (action ? SECONDS_TO_ACT : SECONDS) * 1000);
}
