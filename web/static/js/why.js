// "Why one album?": its page's words, fetched into the album's page when they are asked for.

import { each, element } from "./bind.js";

export function start() {
  each("[data-why]", (details, signal) => {
    details.addEventListener("toggle", () => void fill(details, signal), { signal });
  });
}

/**
 * @param {HTMLElement} details
 * @param {AbortSignal} signal
 */
async function fill(details, signal) {
  const here = element(details, "[data-why-here]");
  if (!here || !(details instanceof HTMLDetailsElement) || !details.open || "filled" in here.dataset) return;
  try {
    const answer = await fetch(details.dataset["why"] ?? "", { headers: { Accept: "text/html" }, signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const words = page.querySelector("[data-why-words]");
    if (!answer.ok || !words) return;
    here.dataset["filled"] = "";
    here.replaceChildren(...words.childNodes);
  } catch (error) {
    // the link to the page of its own stays
    if (!(error instanceof TypeError) && !signal.aborted) throw error;
  }
}
