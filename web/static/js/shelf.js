// Shelves scroll sideways by a press, and covers that cannot be had are drawn.

import { each, element, on } from "./bind.js";

export function start() {
  on("click", "[data-shelf-by]", (button) => {
    const shelf = element(button.closest("[data-shelf]") ?? document, ".shelf");
    shelf?.scrollBy({ left: Number(button.dataset["shelfBy"]) * shelf.clientWidth * 0.85, behavior: "smooth" });
  });
  document.addEventListener("error", (event) => draw(event.target), true);
  // pictures that failed before this script ran tell nobody any more
  each("#main", (main) => {
    for (const image of main.querySelectorAll("img[data-drawn]")) {
      if (image instanceof HTMLImageElement && image.complete && !image.naturalWidth) draw(image);
    }
  });
}

/** @param {EventTarget | null} image */
function draw(image) {
  if (!(image instanceof HTMLImageElement) || !image.dataset["drawn"]) return;
  const { drawn } = image.dataset;
  delete image.dataset["drawn"];
  image.removeAttribute("srcset");
  if (drawn) image.src = drawn;
}
