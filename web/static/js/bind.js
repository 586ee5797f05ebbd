// Behaviours are bound to the page by data- attributes: by delegation, or anew for each page.

/** @type {{ selector: string, start: (element: HTMLElement, signal: AbortSignal) => void }[]} */
const starts = [];
let page = new AbortController();

/**
 * Calls `handler` for events inside elements that match, now and later.
 * @template {keyof HTMLElementEventMap} K
 * @param {K} type
 * @param {string} selector
 * @param {(element: HTMLElement, event: HTMLElementEventMap[K]) => void} handler
 */
export function on(type, selector, handler) {
  document.addEventListener(type, (event) => {
    const found = event.target instanceof Element ? event.target.closest(selector) : null;
    if (found instanceof HTMLElement) handler(found, event);
  });
}

/**
 * Calls `start` for each element that matches, on every page; its signal ends with the page.
 * @param {string} selector
 * @param {(element: HTMLElement, signal: AbortSignal) => void} start
 */
export function each(selector, start) {
  starts.push({ selector, start });
}

/** Begins a page: what was bound to the one before ends. */
export function begin() {
  page.abort();
  page = new AbortController();
  for (const { selector, start } of starts) {
    for (const element of elements(document, selector)) start(element, page.signal);
  }
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function elements(root, selector) {
  return /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)].filter((e) => e instanceof HTMLElement));
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function element(root, selector) {
  const found = root.querySelector(selector);
  return found instanceof HTMLElement ? found : null;
}
