// Light, dark, or as the device: kept in a cookie, so that the server paints it right at once.

import { elements, on } from "./bind.js";

export function start() {
  on("click", "[data-theme-choice]", (button) => {
    const theme = button.dataset["themeChoice"] ?? "auto";
    document.cookie = `theme=${theme}; path=/; max-age=31536000; SameSite=Lax`;
    if (theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    for (const other of elements(document, "[data-theme-choice]")) other.setAttribute("aria-pressed", String(other === button));
  });
}
