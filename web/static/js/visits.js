// Going from page to page without leaving the document, so that the music goes on.
//
// The server's HTML is fetched and its #main takes the place of ours; navigation marks and the
// title follow. A page that has no player, or comes from another version, is loaded as a whole.

import { begin, element, on } from "./bind.js";

const KEPT_PAGES = 12;
const PREFETCH_MS = 8000;
const NOT_PAGES = /^\/(api|stream|static|health|covers|favicon)/;
const OWN_CLASSES = ["has-player", "is-playing", "is-waiting"];

/** @typedef {{ nodes: Node[], title: string, kind: string, scroll: number }} Kept */

/** @type {Map<string, Kept>} */
const pages = new Map();
/** @type {Map<string, { at: number, html: Promise<Response> }>} */
const ahead = new Map();
let entry = "";
let running = new AbortController();
let pageTitle = document.title;
/** @type {(title: string) => string} */
let entitled = (title) => title;

/**
 * Lets the player put its own words in the title; `make` gets the page's.
 * @param {(title: string) => string} make
 */
export function entitle(make) {
  entitled = make;
  document.title = entitled(pageTitle);
}

/** Takes over links and the history. */
export function start() {
  if (!document.getElementById("player")) return;
  history.scrollRestoration = "manual";
  entry = history.state?.entry ?? fresh();
  history.replaceState({ entry }, "");
  addEventListener("popstate", (event) => {
    keepPage();
    entry = event.state?.entry ?? fresh();
    void arrive(location.href, "back");
  });
  on("click", "a[href]", (link, event) => {
    const address = ours(link);
    if (!address || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void visit(address.href);
  });
  for (const type of /** @type {const} */ (["pointerover", "touchstart"])) {
    on(type, "a[href]", (link) => {
      const address = ours(link);
      if (address && !(link instanceof HTMLAnchorElement && link.dataset["visit"])) prefetch(address.href);
    });
  }
  on("click", "[data-try-page]", () => void reload());
}

/**
 * @param {string} path
 * @param {{ replace?: boolean }} [options]
 */
export async function visit(path, options = {}) {
  const address = new URL(path, location.href);
  if (!document.getElementById("player")) return location.assign(address);
  keepPage();
  entry = fresh();
  history[options.replace ? "replaceState" : "pushState"]({ entry }, "", address);
  await arrive(address.href, "forward");
}

/** Fetches the page again, in place. */
export async function reload() {
  if (!document.getElementById("player")) return location.reload();
  pages.delete(entry);
  ahead.clear();
  await arrive(location.href, "again");
}

/** Forgets pages that were kept: something they show has changed. */
export function forget() {
  pages.clear();
  ahead.clear();
}

/**
 * @param {string} href
 * @param {"forward" | "back" | "again"} way
 */
async function arrive(href, way) {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const old = way === "back" ? pages.get(entry) : undefined;
  if (old) {
    show(old.nodes, old.title, old.kind);
    scrollTo(0, old.scroll);
    mark(new URL(href).pathname);
    return;
  }
  const busy = setTimeout(() => document.documentElement.classList.add("is-visiting"), 180);
  try {
    const response = await fetched(href, signal);
    const text = await response.text();
    if (signal.aborted) return;
    const found = new DOMParser().parseFromString(text, "text/html");
    const main = found.getElementById("main");
    if (!main || !found.getElementById("player") || (differs(found) && !document.body.classList.contains("is-playing"))) {
      return location.assign(response.url);
    }
    if (response.redirected) history.replaceState({ entry }, "", response.url);
    const opened = way === "again" ? unfolded() : new Set();
    show([...main.childNodes], found.title, found.body.className);
    for (const summary of document.querySelectorAll("#main details > summary")) {
      if (opened.has(summary.textContent)) /** @type {HTMLDetailsElement} */ (summary.parentElement).open = true;
    }
    element(document, "#side")?.replaceChildren(...(found.getElementById("side")?.childNodes ?? []));
    mark(new URL(response.url || href).pathname);
    if (way !== "again") {
      scrollTo(0, 0);
      const wished = element(document, "#main [autofocus]");
      (wished ?? element(document, "#main"))?.focus({ preventScroll: true });
      const spoken = element(document, "[data-spoken]");
      if (spoken) spoken.textContent = found.title;
    }
  } catch (error) {
    if (signal.aborted) return;
    const offline = /** @type {HTMLTemplateElement | null} */ (document.getElementById("offline-page"));
    if (!(error instanceof TypeError) || !offline) throw error;
    show([offline.content.cloneNode(true)], "Offline", "");
  } finally {
    clearTimeout(busy);
    document.documentElement.classList.remove("is-visiting");
  }
}

/**
 * @param {Node[]} nodes
 * @param {string} title
 * @param {string} kind
 */
function show(nodes, title, kind) {
  const own = OWN_CLASSES.filter((name) => document.body.classList.contains(name));
  document.body.className = [...kind.split(" ").filter((name) => !OWN_CLASSES.includes(name)), ...own].join(" ").trim();
  element(document, "#main")?.replaceChildren(...nodes);
  pageTitle = title;
  document.title = entitled(title);
  begin();
}

/** What is unfolded in the page, by its words: it stays so when the page is fetched again. */
function unfolded() {
  return new Set([...document.querySelectorAll("#main details[open] > summary")].map((summary) => summary.textContent));
}

function keepPage() {
  const main = element(document, "#main");
  if (!main) return;
  pages.delete(entry);
  pages.set(entry, { nodes: [...main.childNodes], title: pageTitle, kind: document.body.className, scroll: scrollY });
  const oldest = pages.keys().next().value;
  if (pages.size > KEPT_PAGES && oldest !== undefined) pages.delete(oldest);
}

/** @param {string} path */
function mark(path) {
  const first = path.split("/")[1] ?? "";
  for (const link of document.querySelectorAll("#side a, #tabs a")) {
    const target = link.getAttribute("href") ?? "";
    const also = (link.getAttribute("data-also") ?? "").split(" ");
    const here = path === target || (first !== "" && also.includes(first)) || (target !== "/" && path.startsWith(`${target}/`));
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/**
 * @param {string} href
 * @param {AbortSignal} signal
 */
async function fetched(href, signal) {
  const found = ahead.get(href);
  ahead.delete(href);
  if (found && Date.now() - found.at < PREFETCH_MS) return found.html;
  return fetch(href, { headers: { Accept: "text/html" }, signal });
}

/** @param {string} href */
function prefetch(href) {
  const found = ahead.get(href);
  if (href === location.href || (found && Date.now() - found.at < PREFETCH_MS)) return;
  const html = fetch(href, { headers: { Accept: "text/html" } });
  html.catch(() => ahead.delete(href));
  ahead.set(href, { at: Date.now(), html });
}

/**
 * The address of a link that is a page of ours.
 * @param {HTMLElement} link
 */
function ours(link) {
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download") || link.dataset["visit"] === "false") return null;
  const address = new URL(link.href);
  if (address.origin !== location.origin || NOT_PAGES.test(address.pathname)) return null;
  if (address.hash && address.pathname === location.pathname && address.search === location.search) return null;
  return address;
}

/** @param {Document} found */
function differs(found) {
  const version = 'meta[name="version"]';
  return found.querySelector(version)?.getAttribute("content") !== document.querySelector(version)?.getAttribute("content");
}

function fresh() {
  return Math.random().toString(36).slice(2);
}
