// Choosing a folder on the server.

import { call, Problem } from "./api.js";
import { element, elements, on } from "./bind.js";

/**
 * @param {HTMLElement} box  with data-folders, the address of the listing
 * @param {string} [path]
 * @param {string} [code]  the set-up code, while the house has no owner
 */
export async function list(box, path, code) {
  const address = `${box.dataset["folders"]}${path ? `?path=${encodeURIComponent(path)}` : ""}`;
  const note = element(box.closest("form") ?? document, "[data-form-problem]");
  let found;
  try {
    found = await call("GET", address, undefined, code ? { headers: { "X-Setup-Code": code } } : {});
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (note) note.textContent = error.message;
    return false;
  }
  if (note) note.textContent = "";
  box.dataset["path"] = found.path ?? "";
  box.dataset["parent"] = found.parent ?? "";
  box.dataset["code"] = code ?? "";
  const place = element(box, "[data-folder-path]");
  if (place) place.textContent = found.path ? `\u200e${found.path}` : "On the server";
  const up = element(box, "[data-folder-up]");
  if (up instanceof HTMLButtonElement) up.disabled = !found.path;
  const value = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-folder-value]"));
  if (value) value.value = found.path ?? "";
  const hint = element(box.closest("form") ?? document, "[data-folder-note]");
  if (hint) hint.textContent = !found.path ? "Open the folder that holds your music. Nothing in it is ever changed." : found.music_files ? `${found.music_files} sound files lie right here.` : "Folders inside are read too.";
  const model = /** @type {HTMLTemplateElement} */ (document.querySelector("template[data-folder-row]"));
  const rows = found.folders.map((/** @type {{ name: string, path: string }} */ folder) => {
    const row = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (model.content.cloneNode(true)).firstElementChild);
    row.dataset["folder"] = folder.path;
    const name = row.querySelector("span");
    if (name) name.textContent = folder.name;
    return row;
  });
  const listing = element(box, "[data-folder-list]");
  if (!rows.length && listing) listing.textContent = "No folders in here.";
  else listing?.replaceChildren(...rows);
  return true;
}

export function start() {
  on("click", "[data-folder]", (row) => go(row, row.dataset["folder"] ?? ""));
  on("click", "[data-folder-up]", (button) => go(button, /** @type {HTMLElement} */ (button.closest("[data-folders]")).dataset["parent"] ?? ""));
  document.addEventListener("opened", (event) => {
    if (!(event.target instanceof HTMLElement)) return;
    for (const box of elements(event.target, "[data-folders]")) void list(box);
  });
}

/**
 * @param {HTMLElement} inside
 * @param {string} path
 */
function go(inside, path) {
  const box = inside.closest("[data-folders]");
  if (box instanceof HTMLElement) void list(box, path, box.dataset["code"]);
}
