// Correcting an album: split, merge, move, rename, another cover; each can be undone at once.

import { call, Problem } from "./api.js";
import { each, element, elements, on } from "./bind.js";
import { keys, show } from "./menu.js";
import { toast } from "./toast.js";
import { forget, reload, visit } from "./visits.js";

const WAIT_MS = 160;

/** @typedef {{ id: string, kind: string, album: string }} Made */
/** @typedef {{ id: string, title: string, artist_credit: string, year: number | null, art: Record<string, string> | null }} Album */

/** @type {string[]} tracks that are to be moved; none: albums are to be merged */
let moving = [];
let waiting = 0;

export function start() {
  on("click", "[data-album-menu]", (button) => {
    const menu = document.getElementById("album-menu");
    if (menu) show(menu, button.getBoundingClientRect());
  });
  on("click", "#album-menu .menu-item", () => document.getElementById("album-menu")?.hidePopover());
  on("click", "[data-correct-merge]", () => pick([]));
  each("#album-menu", (menu) => {
    // a page that was kept begins again
    if (!("keyed" in menu.dataset)) keys(menu);
    menu.dataset["keyed"] = "";
  });
  on("change", "[data-split] input", () => countSplit());
  on("submit", "[data-split]", (form, event) => {
    event.preventDefault();
    void split(chosen(form));
  });
  on("submit", "[data-rename]", (form, event) => {
    event.preventDefault();
    if (form instanceof HTMLFormElement) void rename(form);
  });
  on("input", "[data-pick-search]", (input) => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => void search(/** @type {HTMLInputElement} */ (input).value.trim()), WAIT_MS);
  });
  on("click", "[data-pick]", (button) => void picked(button.dataset["pick"] ?? "", button.dataset["pickTitle"] ?? ""));
  on("click", "[data-picture]", (button) => void useCover(button.dataset["picture"] ?? ""));
  on("click", "[data-correct-cover]", () => void drawPictures());
  on("click", "[data-merge-here]", (button) => void correct({ kind: "merge", album: album(), others: [button.dataset["mergeHere"] ?? ""] }, "Merged"));
}

/**
 * What the menu of a track asks for.
 * @param {Track} track
 * @param {"split" | "move"} deed
 */
export function correctTrack(track, deed) {
  if (deed === "split") void split([track.id]);
  else pick([track.id]);
}

/** @returns {string} the album of the page */
function album() {
  return element(document, "[data-correctable]")?.dataset["correctable"] ?? "";
}

/**
 * @param {string} selector
 * @returns {HTMLDialogElement | null}
 */
function dialog(selector) {
  const found = document.querySelector(selector);
  return found instanceof HTMLDialogElement ? found : null;
}

/** @param {HTMLElement} form */
function chosen(form) {
  const boxes = /** @type {HTMLInputElement[]} */ (elements(form, "input[name=track]"));
  return boxes.filter((box) => box.checked).map((box) => box.value);
}

function countSplit() {
  const form = element(document, "[data-split]");
  const button = /** @type {HTMLButtonElement | null} */ (form?.querySelector("[type=submit]") ?? null);
  if (!form || !button) return;
  const all = elements(form, "input[name=track]").length;
  const wanted = chosen(form).length;
  button.disabled = !wanted || wanted === all;
}

/** @param {string[]} tracks */
async function split(tracks) {
  dialog("#split-dialog")?.close();
  const words = tracks.length === 1 ? "The track is an album of its own" : `${tracks.length} tracks are an album of their own`;
  await correct({ kind: "split", album: album(), tracks }, words);
}

/** @param {HTMLFormElement} form */
async function rename(form) {
  /** @type {Record<string, unknown>} */
  const names = {};
  for (const field of /** @type {HTMLInputElement[]} */ (elements(form, "input[name]"))) {
    const value = field.value.trim();
    if (value && value !== field.defaultValue) names[field.name] = field.name === "year" ? Number(value) : value;
  }
  const problem = element(form, "[data-form-problem]");
  if (!Object.keys(names).length) return dialog("#rename-dialog")?.close();
  const made = await correct({ kind: "name", album: album(), ...names }, "Saved", problem);
  if (made) dialog("#rename-dialog")?.close();
}

/** @param {string} picture */
async function useCover(picture) {
  dialog("#cover-dialog")?.close();
  await correct({ kind: "cover", album: album(), picture }, "Another cover");
}

/**
 * Asks for an album: to merge with, or to move tracks to.
 * @param {string[]} tracks
 */
function pick(tracks) {
  moving = tracks;
  const box = dialog("#pick-dialog");
  if (!box) return;
  const title = element(box, "[data-pick-title-here]");
  const note = element(box, "[data-pick-note]");
  const input = /** @type {HTMLInputElement | null} */ (box.querySelector("[data-pick-search]"));
  if (title) title.textContent = tracks.length ? "Move to another album" : "Merge with another album";
  if (note) note.textContent = tracks.length ? "The track goes to the album that you choose." : "The album that you choose becomes a part of this one.";
  if (input) input.value = "";
  box.showModal();
  void search("");
}

/** @param {string} words */
async function search(words) {
  const list = element(document, "[data-picks]");
  const by = list?.dataset["artist"];
  if (!list) return;
  let path = by ? `/api/v1/albums?limit=50&sort=year&artist=${by}` : "/api/v1/albums?limit=50&sort=added";
  if (words) path = `/api/v1/search?kind=album&limit=30&q=${encodeURIComponent(words)}`;
  const answer = await attempt(() => call("GET", path));
  const found = /** @type {Album[]} */ (answer?.items ?? []).filter((one) => one.id !== album());
  list.replaceChildren(...found.map((one) => row(one)));
  const none = element(document, "[data-picks-none]");
  if (none) none.hidden = Boolean(found.length);
}

/** @param {Album} one */
function row(one) {
  const model = /** @type {HTMLTemplateElement} */ (document.querySelector("[data-pick-row]"));
  const made = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (model.content.cloneNode(true)).firstElementChild);
  made.dataset["pick"] = one.id;
  made.dataset["pickTitle"] = one.title;
  made.querySelector("img")?.setAttribute("src", one.art?.["96"] ?? `/covers/${encodeURIComponent(one.title.trim() || "-")}`);
  const [title, note] = elements(made, "span > *");
  if (title) title.textContent = one.title;
  if (note) note.textContent = [one.artist_credit, one.year].filter(Boolean).join(" · ");
  return made;
}

/**
 * @param {string} id
 * @param {string} title
 */
async function picked(id, title) {
  dialog("#pick-dialog")?.close();
  if (!moving.length) {
    await correct({ kind: "merge", album: album(), others: [id] }, `Merged with “${title}”`);
    return;
  }
  const stays = document.querySelectorAll("#tracks .track").length > moving.length;
  await correct({ kind: "move", tracks: moving, album: id }, `Moved to “${title}”`, null, stays);
}

/** Looks for the pictures that the album could show. */
async function drawPictures() {
  const grid = element(document, "[data-pictures]");
  const none = element(document, "[data-pictures-none]");
  if (!grid || !none) return;
  grid.replaceChildren();
  none.hidden = true;
  const answer = await attempt(() => call("POST", `/api/v1/albums/${album()}/pictures`));
  for (const picture of answer?.items ?? []) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "picture";
    button.dataset["picture"] = picture.id;
    button.setAttribute("aria-pressed", String(picture.shown));
    const image = document.createElement("img");
    image.src = picture.art["320"];
    image.alt = "";
    image.className = "cover";
    // what cannot be drawn cannot be chosen
    image.addEventListener("error", () => button.remove());
    const name = document.createElement("span");
    name.textContent = picture.file ? picture.file.split("/").pop() : `inside ${picture.inside === 1 ? "1 track" : `${picture.inside} tracks`}`;
    button.append(image, name);
    grid.append(button);
  }
  none.hidden = Boolean(grid.childElementCount);
}

/**
 * Makes a correction, shows the album that it left, and offers to take it back.
 * @param {Record<string, unknown>} what
 * @param {string} words
 * @param {HTMLElement | null} [problem] where to say what is wrong
 * @param {boolean} [stay] on this page
 */
async function correct(what, words, problem, stay) {
  const made = /** @type {Made | null} */ (await attempt(() => call("POST", "/api/v1/corrections", what), problem));
  if (!made) return null;
  await go(stay ? "" : made.album);
  toast(words, { label: "Undo", act: () => void undo(made.id) });
  return made;
}

/** @param {string} id */
async function undo(id) {
  const undone = await attempt(() => call("DELETE", `/api/v1/corrections/${id}`));
  if (!undone) return;
  await go(undone.album);
  toast("As it was");
}

/** @param {string} id of an album; empty: the page as it is now */
async function go(id) {
  forget();
  const path = `/albums/${id}`;
  if (!id || location.pathname === path) await reload();
  else await visit(path);
}

/**
 * @template T
 * @param {() => Promise<T>} deed
 * @param {HTMLElement | null} [problem]
 */
async function attempt(deed, problem) {
  if (problem) problem.textContent = "";
  try {
    return await deed();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (problem) problem.textContent = error.message;
    else toast(error.message);
    return null;
  }
}
