// Shelves scroll sideways by a press, and covers that cannot be had are drawn.

import { element, on } from "./bind.js";

export function start() {
  on("click", "[data-shelf-by]", (button) => {
    const shelf = element(button.closest("[data-shelf]") ?? document, ".shelf");
    shelf?.scrollBy({ left: Number(button.dataset["shelfBy"]) * shelf.clientWidth * 0.85, behavior: "smooth" });
  });
  document.addEventListener(
    "error",
    (event) => {
      const image = event.target;
      if (!(image instanceof HTMLImageElement) || !image.dataset["drawn"]) return;
      const drawn = image.dataset["drawn"];
      delete image.dataset["drawn"];
      image.removeAttribute("srcset");
      image.src = drawn;
    },
    true,
  );
}
