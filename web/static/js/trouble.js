// Says what the player does about a lost network or a track that cannot be played.

import { element } from "./bind.js";
import { player } from "./player.js";

/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;

export function start() {
  player.watch("trouble", show);
}

function show() {
  clearInterval(ticking);
  const box = element(document, "[data-problem]");
  const words = element(document, "[data-problem-text]");
  const button = element(document, '[data-problem] [data-do="retry"]');
  const { trouble } = player;
  if (!box || !words || !button) return;
  box.hidden = !trouble;
  button.hidden = !trouble?.until;
  if (!trouble) return;
  const say = () => {
    const seconds = Math.max(0, Math.round((trouble.until - Date.now()) / 1000));
    words.textContent = trouble.until ? `${trouble.text} Trying again ${seconds ? `in ${seconds} s` : "now"}…` : trouble.text;
  };
  say();
  if (trouble.until) ticking = setInterval(say, 1000);
  else {
    setTimeout(() => {
      if (player.trouble === trouble) box.hidden = true;
    }, 8000);
  }
}
