// Short words at the foot of the page that go by themselves.

import { element } from "./bind.js";

const SECONDS = 4;

/** @param {string} text */
export function toast(text) {
  const box = element(document, "[data-toasts]");
  if (!box) return;
  const note = document.createElement("div");
  note.className = "toast";
  note.textContent = text;
  box.replaceChildren(note);
  setTimeout(() => note.remove(), SECONDS * 1000);
}
