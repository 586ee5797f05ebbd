// "About this track" as a dialog: the page of that name, without leaving this one.

import { element, on } from "./bind.js";
import { bindAbout } from "./rating.js";
import { visit } from "./visits.js";

export function start() {
  const dialog = document.getElementById("about-dialog");
  if (!(dialog instanceof HTMLDialogElement)) return;
  on("click", '[data-track-do="about"]', (link, event) => {
    if (!(link instanceof HTMLAnchorElement) || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    void show(dialog, link.href);
  });
  // whoever goes on from here has done with it
  dialog.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("a[href]:not([target])")) dialog.close();
  });
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {string} address
 */
async function show(dialog, address) {
  const into = element(dialog, "[data-about]");
  if (!into) return;
  let about = null;
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    const found = new DOMParser().parseFromString(await response.text(), "text/html");
    about = response.ok ? found.getElementById("about") : null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  // a page that cannot be read tells why better than an empty dialog
  if (!about) return visit(address);
  about.removeAttribute("id");
  into.replaceChildren(about);
  bindAbout();
  element(dialog, "[data-about-page]")?.setAttribute("href", address);
  dialog.showModal();
  dialog.scrollTop = 0;
}
