// The shape of the track that plays, behind the seek bar. Without one the bar is plain.

import { call, Problem } from "./api.js";
import { each, elements } from "./bind.js";
import { player } from "./player.js";

const BAR = 3; // CSS pixels from one bar to the next
const GAP = 1;
const LEAST = 1.5; // pixels of a bar, up and down together

/** @type {{ track: string, points: number[] }} */
let shape = { track: "", points: [] };

export function start() {
  player.watch("track", () => void fetchShape());
  player.watch("time", () => draw());
  each("#main", () => {
    draw();
  });
  addEventListener("resize", () => draw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
  new MutationObserver(() => draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  document.addEventListener("input", (event) => {
    if (event.target instanceof Element && event.target.matches("input[data-seek]")) draw();
  });
}

async function fetchShape() {
  const track = player.track?.id ?? "";
  if (track === shape.track) return draw();
  shape = { track, points: [] };
  draw();
  if (!track) return;
  try {
    const found = /** @type {Waveform} */ (await call("GET", `/api/v1/tracks/${track}/waveform`));
    if (shape.track !== track) return;
    // bytes are roots of levels; a little of the peak shows strokes, the RMS what is heard as loud
    shape.points = found.peak.map((peak, at) => ((0.3 * peak + 0.7 * (found.rms[at] ?? 0)) / 255) ** 1.6);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  draw();
}

function draw() {
  const part = player.duration ? Math.min(1, player.position / player.duration) : 0;
  for (const canvas of elements(document, "canvas[data-waveform]")) {
    if (canvas instanceof HTMLCanvasElement) paint(canvas, part);
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} part  that was played, 0 to 1
 */
function paint(canvas, part) {
  const box = canvas.parentElement;
  const there = shape.points.length > 0;
  box?.classList.toggle("has-waveform", there);
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!there || !width || !height) return;
  const slider = box?.querySelector("input[data-seek]");
  if (slider instanceof HTMLInputElement && slider.dataset["held"]) part = Number(slider.value) / Number(slider.max || 1);
  const density = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * density)) canvas.width = Math.round(width * density);
  if (canvas.height !== Math.round(height * density)) canvas.height = Math.round(height * density);
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const style = getComputedStyle(canvas);
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, width, height);
  const bars = Math.max(1, Math.floor((width + GAP) / BAR));
  const levels = summed(bars);
  const highest = Math.max(0.05, ...levels);
  for (let at = 0; at < bars; at += 1) {
    const tall = Math.max(LEAST, ((levels[at] ?? 0) / highest) * height);
    // color and outline-color bring the two tones from the stylesheet, whatever the theme
    pen.fillStyle = (at + 0.5) / bars <= part ? style.getPropertyValue("outline-color") : style.color;
    pen.beginPath();
    pen.roundRect(at * BAR, (height - tall) / 2, BAR - GAP, tall, 1);
    pen.fill();
  }
}

/**
 * The shape at so many bars: of each the highest point in its part.
 * @param {number} bars
 */
function summed(bars) {
  const { points } = shape;
  return Array.from({ length: bars }, (_, at) => {
    const begin = Math.floor((at * points.length) / bars);
    const end = Math.max(begin + 1, Math.floor(((at + 1) * points.length) / bars));
    return Math.max(...points.slice(begin, end));
  });
}
