// Search as you type: the server's own results page, without leaving it.

import { each, element } from "./bind.js";

const SETTLE_MS = 160;

export function start() {
  each("[data-search]", (form, signal) => {
    const input = form.querySelector("input");
    if (!input) return;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let last = input.value.trim();
    let running = new AbortController();
    signal.addEventListener("abort", () => clearTimeout(timer));
    const look = async () => {
      const words = input.value.trim();
      if (words === last) return;
      last = words;
      running.abort();
      running = new AbortController();
      const address = words ? `/search?q=${encodeURIComponent(words)}` : "/search";
      try {
        const response = await fetch(address, { signal: running.signal, headers: { Accept: "text/html" } });
        const found = new DOMParser().parseFromString(await response.text(), "text/html");
        const fresh = found.getElementById("results");
        const results = element(document, "#results");
        if (!fresh || !results || !input.isConnected) return;
        results.replaceChildren(...fresh.childNodes);
        history.replaceState(history.state, "", address);
      } catch (error) {
        if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
      }
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => void look(), SETTLE_MS);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      void look();
      input.blur();
    });
    if (input.autofocus || input.value) input.setSelectionRange(input.value.length, input.value.length);
  });
}
