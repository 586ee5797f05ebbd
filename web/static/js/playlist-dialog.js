// "Add to a playlist": choose one, or make a new one.

import { call, Problem } from "./api.js";
import { element, on } from "./bind.js";
import { toast } from "./toast.js";
import { forget } from "./visits.js";

/** @type {Track[]} */
let tracks = [];

export function start() {
  on("click", "[data-playlists] button", (button) => void add(button.dataset["playlist"] ?? "", button.textContent ?? ""));
  on("submit", "[data-new-playlist]", (form, event) => {
    event.preventDefault();
    const name = /** @type {HTMLInputElement | null} */ (form.querySelector("input"));
    if (name?.value.trim()) void make(name.value.trim()).then(() => (name.value = ""));
  });
}

/** @param {Track[]} chosen */
export function choosePlaylist(chosen) {
  tracks = chosen;
  const dialog = document.getElementById("playlist-dialog");
  const list = element(document, "[data-playlists]");
  if (!(dialog instanceof HTMLDialogElement) || !list) return;
  list.replaceChildren();
  dialog.showModal();
  void fill(list);
}

/** @param {HTMLElement} list */
async function fill(list) {
  const answer = await attempt(() => call("GET", "/api/v1/playlists?limit=200"));
  for (const playlist of answer?.items ?? []) {
    if (!playlist.editable) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "menu-item";
    button.dataset["playlist"] = playlist.id;
    button.textContent = playlist.name;
    list.append(button);
  }
}

/**
 * @param {string} id
 * @param {string} name
 */
async function add(id, name) {
  const done = await attempt(() => call("POST", `/api/v1/playlists/${id}/tracks`, { tracks: tracks.map((track) => track.id) }).then(() => true));
  if (done) finish(name);
}

/** @param {string} name */
async function make(name) {
  const done = await attempt(() => call("POST", "/api/v1/playlists", { name, tracks: tracks.map((track) => track.id) }));
  if (done) finish(name);
}

/** @param {string} name */
function finish(name) {
  const dialog = document.getElementById("playlist-dialog");
  if (dialog instanceof HTMLDialogElement) dialog.close();
  forget();
  toast(`Added to “${name}”`);
}

/**
 * @template T
 * @param {() => Promise<T>} deed
 */
async function attempt(deed) {
  try {
    return await deed();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message);
    return null;
  }
}
