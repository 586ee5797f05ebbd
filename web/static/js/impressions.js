// What a shelf of ours showed: told once for each thing that was really seen.

import { call, Problem } from "./api.js";
import { each, elements } from "./bind.js";

const SETTLE_MS = 2500;

export function start() {
  each("[data-offer]", (shelf, signal) => {
    const tiles = elements(shelf, "[data-item]");
    /** @type {{ item: string, rank: number }[]} */
    let seen = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const tell = async () => {
      const items = seen;
      seen = [];
      if (!items.length) return;
      try {
        await call("POST", "/api/v1/impressions", { offer_id: shelf.dataset["offer"], shelf: shelf.dataset["offerName"], items }, { keepalive: true });
      } catch (error) {
        if (!(error instanceof Problem)) throw error; // not worth a second try
      }
    };
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting || !(entry.target instanceof HTMLElement)) continue;
        watcher.unobserve(entry.target);
        seen.push({ item: entry.target.dataset["item"] ?? "", rank: tiles.indexOf(entry.target) });
      }
      clearTimeout(timer);
      timer = setTimeout(() => void tell(), SETTLE_MS);
    }, { threshold: 0.6 });
    for (const tile of tiles) watcher.observe(tile);
    signal.addEventListener("abort", () => {
      watcher.disconnect();
      clearTimeout(timer);
      void tell();
    });
  });
}
