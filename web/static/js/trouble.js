// Says what the player does about a lost network or a track that cannot be played.

import { element } from "./bind.js";
import { player } from "./player.js";
import { words } from "./trouble-words.js";

const WORDS_MS = 8000;

/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;

export function start() {
  player.watch("trouble", show);
}

function show() {
  clearInterval(ticking);
  const box = element(document, "[data-problem]");
  const text = element(document, "[data-problem-text]");
  const button = element(document, '[data-problem] [data-do="retry"]');
  const door = element(document, "[data-problem-door]");
  const { trouble } = player;
  if (!box || !text || !button || !door) return;
  box.hidden = !trouble;
  button.hidden = !trouble?.until;
  door.hidden = trouble?.cause !== "signed-out";
  if (!trouble) return;
  const say = () => {
    text.textContent = words(trouble, { online: navigator.onLine, inHand: player.inHand, now: Date.now() });
  };
  say();
  if (trouble.cause !== "left-out") ticking = setInterval(say, 1000);
  else {
    setTimeout(() => {
      if (player.trouble === trouble) box.hidden = true;
    }, WORDS_MS);
  }
}
