// Long lists grow as they are scrolled; without this script a link leads to the next page.

import { each, element } from "./bind.js";

export function start() {
  each("[data-more]", (foot, signal) => watch(foot, signal));
}

/**
 * @param {HTMLElement} foot
 * @param {AbortSignal} signal
 */
function watch(foot, signal) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    void grow(foot, signal);
  }, { rootMargin: "1200px" });
  seen.observe(foot);
  signal.addEventListener("abort", () => seen.disconnect());
}

/**
 * @param {HTMLElement} foot
 * @param {AbortSignal} signal
 */
async function grow(foot, signal) {
  const link = /** @type {HTMLAnchorElement | null} */ (foot.querySelector("[data-more-link]"));
  const list = element(document, "[data-more-into]");
  if (!link || !list) return;
  try {
    const response = await fetch(link.href, { signal, headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const found = new DOMParser().parseFromString(await response.text(), "text/html");
    list.append(...(element(found, "[data-more-into]")?.children ?? []));
    const next = element(found, "[data-more]");
    foot.replaceChildren(...(next?.childNodes ?? []));
    if (next) watch(foot, signal);
    else foot.remove();
  } catch (error) {
    // the link stays, for a press when the network is back
    if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
  }
}
