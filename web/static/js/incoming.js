// Music files that are dropped anywhere in the window, or picked: sent to the inbox one after the other.

import { each, element, on } from "./bind.js";
import { forget, reload } from "./visits.js";

const AT_ONCE = 2;
const LOOK_MS = 1500;

/** @type {File[]} */
const waiting = [];
let running = 0;
let sent = 0;
let depth = 0;

export function start() {
  each("[data-inbox-wait]", (_, signal) => {
    const timer = setTimeout(() => {
      forget();
      void reload();
    }, LOOK_MS);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });
  if (!element(document, "[data-uploads]")) return;
  on("change", "[data-inbox-pick]", (input) => {
    if (!(input instanceof HTMLInputElement)) return;
    add([...(input.files ?? [])]);
    input.value = "";
  });
  on("click", "[data-uploads-close]", (button) => {
    const box = button.closest("[data-uploads]");
    if (box instanceof HTMLElement) box.hidden = true;
  });
  window.addEventListener("dragenter", (event) => over(event, 1));
  window.addEventListener("dragleave", (event) => over(event, -1));
  window.addEventListener("dragover", (event) => {
    if (brings(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    depth = 0;
    show(false);
    void dropped(event.dataTransfer).then(add);
  });
  window.addEventListener("beforeunload", (event) => {
    if (running) event.preventDefault();
  });
}

/**
 * @param {DragEvent} event
 * @param {number} step
 */
function over(event, step) {
  if (!brings(event)) return;
  depth = Math.max(0, depth + step);
  show(depth > 0);
}

/** @param {DragEvent} event */
function brings(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** @param {boolean} on_ */
function show(on_) {
  const curtain = element(document, "[data-drop]");
  if (curtain) curtain.hidden = !on_;
}

/**
 * The files of a drop, those in dropped folders too.
 * @param {DataTransfer | null} transfer
 * @returns {Promise<File[]>}
 */
async function dropped(transfer) {
  const entries = [...(transfer?.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
  if (!entries.length) return [...(transfer?.files ?? [])];
  return (await Promise.all(entries.map(inside))).flat();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<File[]>}
 */
async function inside(entry) {
  if (entry.isFile) {
    const file = /** @type {FileSystemFileEntry} */ (entry);
    return [await new Promise((resolve, reject) => file.file(resolve, reject))];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {File[]} */
  const found = [];
  for (;;) {
    // a reader gives a hundred at a time, and nothing when there are no more
    const some = await new Promise((/** @type {(entries: FileSystemEntry[]) => void} */ resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found.filter((file) => !/\.(jpe?g|png|txt|nfo|log|cue|m3u8?|pdf|url|db)$/i.test(file.name));
    for (const one of some) found.push(...(await inside(one)));
  }
}

/** @param {File[]} files */
function add(files) {
  waiting.push(...files);
  while (running < AT_ONCE && waiting.length) void next();
}

async function next() {
  running += 1;
  try {
    for (let file = waiting.shift(); file; file = waiting.shift()) await send(file);
  } finally {
    running -= 1;
    if (!running) done();
  }
}

/** @param {File} file */
async function send(file) {
  const box = element(document, "[data-uploads]");
  const template = document.querySelector("[data-upload-row]");
  const list = element(document, "[data-uploads-list]");
  if (!box || !list || !(template instanceof HTMLTemplateElement)) return;
  box.hidden = false;
  title();
  const row = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
  const bar = /** @type {HTMLProgressElement} */ (row.querySelector("progress"));
  const note = element(row, "[data-upload-note]");
  const name = element(row, "[data-upload-name]");
  if (name) name.textContent = file.name;
  list.append(row);
  row.scrollIntoView({ block: "nearest" });
  const problem = await transfer(file, (part) => (bar.value = part));
  bar.hidden = true;
  row.classList.toggle("failed", problem !== "");
  if (note) note.textContent = problem || "Sent";
  if (!problem) sent += 1;
}

/**
 * XMLHttpRequest, as fetch does not tell how much was sent.
 * @param {File} file
 * @param {(part: number) => void} progress
 * @returns {Promise<string>} what went wrong; empty: nothing
 */
function transfer(file, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/uploads?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => progress(event.loaded / Math.max(1, event.total)));
    request.addEventListener("error", () => resolve("The server cannot be reached."));
    request.addEventListener("abort", () => resolve("It was stopped."));
    request.addEventListener("load", () => resolve(request.status === 201 ? "" : words(request)));
    request.send(file);
  });
}

/** @param {XMLHttpRequest} request */
function words(request) {
  try {
    const detail = String(JSON.parse(request.responseText).detail);
    return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
  } catch {
    return `The server answered ${request.status}.`;
  }
}

function title() {
  const box = element(document, "[data-uploads-title]");
  const left = waiting.length + running;
  if (box) box.textContent = running ? `Sending ${left} ${left === 1 ? "file" : "files"}` : `${sent} ${sent === 1 ? "file is" : "files are"} in the inbox`;
}

function done() {
  title();
  sent = 0;
  forget();
  if (location.pathname === "/inbox") void reload();
}
