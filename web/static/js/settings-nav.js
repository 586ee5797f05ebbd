// The page's place in a row of links that is wider than the screen.

import { each } from "./bind.js";

export function start() {
  each("[data-row-nav] [aria-current=page]", (link) => {
    const row = link.parentElement;
    if (row) row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
  });
}
