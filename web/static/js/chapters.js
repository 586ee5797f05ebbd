// The chapters of what plays, on the now-playing page: the current one marked, each to be tapped.

import { call, Problem } from "./api.js";
import { each, element, elements, on } from "./bind.js";
import { clock } from "./now.js";
import { player } from "./player.js";

let shown = "";
let current = -2;

export function start() {
  each("[data-chapters]", () => {
    shown = "";
    void draw();
  });
  player.watch("track", () => void draw());
  player.watch("time", follow);
  on("click", "[data-chapter-at]", (button) => {
    player.seek(Number(button.dataset["chapterAt"]));
    if (!player.playing) player.play();
  });
}

async function draw() {
  const box = element(document, "[data-chapters]");
  const { track } = player;
  if (!box || shown === track?.id) return;
  shown = track?.id ?? "";
  box.hidden = true;
  const found = track ? await of(track.id) : [];
  const list = element(box, "[data-chapter-list]");
  if (shown !== (player.track?.id ?? "") || !list) return;
  current = -2;
  box.hidden = !found.length;
  list.replaceChildren(
    ...found.map((chapter, at) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "chapter";
      button.dataset["chapterAt"] = String(chapter.start);
      const name = document.createElement("span");
      name.textContent = chapter.title || `Chapter ${at + 1}`;
      const time = document.createElement("small");
      time.textContent = clock(chapter.start);
      button.append(name, time);
      row.append(button);
      return row;
    }),
  );
  follow();
}

/**
 * @param {string} id
 * @returns {Promise<{ start: number, title: string }[]>}
 */
async function of(id) {
  try {
    return (await call("GET", `/api/v1/tracks/${id}/chapters`)).items;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [];
  }
}

function follow() {
  const list = element(document, "[data-chapters]:not([hidden]) [data-chapter-list]");
  if (!list) return;
  const rows = elements(list, "[data-chapter-at]");
  let at = -1;
  for (const [n, row] of rows.entries()) if (Number(row.dataset["chapterAt"]) <= player.position + 0.2) at = n;
  if (at === current) return;
  current = at;
  rows.forEach((row, n) => (n === at ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current")));
  const row = rows[at];
  if (row && !list.matches(":hover, :focus-within")) list.scrollTo({ top: row.offsetTop - list.offsetTop - list.clientHeight * 0.4 });
}
