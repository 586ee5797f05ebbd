// What plays, wherever a page shows it: names, cover, position, buttons' states.

import { each, element, elements, on } from "./bind.js";
import { player } from "./player.js";
import { entitle } from "./visits.js";

const STEP_SECONDS = 10;

/** The address of a track's cover of about `size` pixels, or of the drawing for its album. */
export function cover(/** @type {Track} */ track, /** @type {string} */ size) {
  return track.art?.[size] ?? `/covers/${encodeURIComponent(track.album.title.trim() || "-")}?of=${track.album.id}`;
}

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * Links to a track's artists.
 * @param {Track} track
 * @returns {(Node | string)[]}
 */
export function credits(track) {
  if (!track.artists.length) return [track.artist_credit];
  return track.artists.flatMap((artist, at) => {
    const link = document.createElement("a");
    link.href = `/artists/${artist.id}`;
    link.textContent = artist.name;
    return at ? [", ", link] : [link];
  });
}

/** "FLAC 24 bit · 96 kHz": what the file is, before it was made smaller for the way. */
function format(/** @type {Track} */ track) {
  const name = track.codec.startsWith("pcm") ? "PCM" : track.codec.toUpperCase();
  const depth = track.lossless && track.bit_depth ? ` ${track.bit_depth} bit` : "";
  const rate = `${(track.sample_rate / 1000).toLocaleString("en", { maximumFractionDigits: 1 })} kHz`;
  const bits = !track.lossless && track.bit_rate ? ` ${Math.round(track.bit_rate / 1000)} kbit/s` : "";
  return `from ${name}${depth}${bits} · ${rate}`;
}

function showTrack() {
  const { track } = player;
  document.body.classList.toggle("has-player", Boolean(track));
  const bar = element(document, "[data-player]");
  if (bar) bar.hidden = !track;
  for (const box of elements(document, "[data-now-full]")) box.hidden = !track;
  for (const box of elements(document, "[data-now-empty]")) box.hidden = Boolean(track);
  entitle((title) => (player.track && player.playing ? `${player.track.title} – ${player.track.artist_credit}` : title));
  markRows();
  if (!track) return;
  const words = { title: track.title, album: track.album.title, format: format(track) };
  for (const [name, text] of Object.entries(words)) {
    for (const box of elements(document, `[data-now="${name}"]`)) box.textContent = text;
  }
  for (const box of elements(document, '[data-now="artists"]')) box.replaceChildren(...credits(track));
  for (const image of document.querySelectorAll("img[data-now-art]")) {
    if (!(image instanceof HTMLImageElement)) continue;
    const wanted = cover(track, image.dataset["nowArt"] ?? "320");
    if (image.getAttribute("src") !== wanted) image.src = wanted;
    image.hidden = false;
  }
  for (const link of elements(document, "[data-now-link]")) link.setAttribute("href", `/albums/${track.album.id}`);
  showState();
}

function showState() {
  const { body } = document;
  body.classList.toggle("is-playing", player.playing);
  body.classList.toggle("is-waiting", player.waiting);
  for (const button of elements(document, '[data-do="toggle"]')) button.setAttribute("aria-label", player.playing ? "Pause" : "Play");
  for (const button of elements(document, '[data-do="shuffle"]')) button.setAttribute("aria-pressed", String(player.queue.shuffle));
  for (const button of elements(document, '[data-do="mute"]')) {
    button.setAttribute("aria-pressed", String(player.muted));
    icon(button, player.muted || !player.volume ? "volume-x" : player.volume < 0.5 ? "volume-1" : "volume-2");
  }
  const { repeat } = player.queue;
  for (const button of elements(document, '[data-do="repeat"]')) {
    button.setAttribute("aria-pressed", String(repeat !== "off"));
    const words = repeat === "off" ? "Repeat: off" : repeat === "all" ? "Repeat: all" : "Repeat: this track";
    button.setAttribute("aria-label", words);
    button.title = words;
    icon(button, repeat === "one" ? "repeat-1" : "repeat");
    const name = element(button, "[data-repeat-name]");
    if (name) name.textContent = repeat === "one" ? "Repeat one" : repeat === "all" ? "Repeat all" : "Repeat";
  }
  for (const button of elements(document, "[data-now-star]")) {
    button.setAttribute("aria-pressed", String(player.track?.starred ?? false));
    button.dataset["star"] = player.track?.id ?? "";
  }
  for (const slider of document.querySelectorAll("input[data-volume]")) {
    if (!(slider instanceof HTMLInputElement)) continue;
    slider.value = String(player.muted ? 0 : player.volume);
    slider.style.setProperty("--value", slider.value);
  }
  entitle((title) => (player.track && player.playing ? `${player.track.title} – ${player.track.artist_credit}` : title));
}

function showTime() {
  const { position, duration, buffered } = player;
  const part = duration ? Math.min(1, position / duration) : 0;
  for (const box of elements(document, '[data-now="position"]')) box.textContent = clock(position);
  for (const box of elements(document, '[data-now="duration"]')) box.textContent = clock(duration);
  for (const slider of document.querySelectorAll("input[data-seek]")) {
    if (!(slider instanceof HTMLInputElement) || slider.dataset["held"]) continue;
    slider.max = String(duration || 1);
    slider.value = String(position);
    slider.setAttribute("aria-valuetext", `${clock(position)} of ${clock(duration)}`);
    slider.style.setProperty("--value", String(part));
    slider.style.setProperty("--buffered", String(duration ? Math.min(1, buffered / duration) : 0));
  }
  for (const line of elements(document, "[data-line]")) line.style.setProperty("--value", String(part));
}

/** Rows of the page that are the track that plays say so. */
export function markRows() {
  const id = player.track?.id;
  const key = player.item?.key;
  for (const row of elements(document, ".track")) {
    const here = row.dataset["key"] ? row.dataset["key"] === key : row.dataset["track"] !== undefined && id !== undefined && row.dataset["track"].includes(`"id": "${id}"`);
    if (here) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

/**
 * @param {HTMLElement} button
 * @param {string} name
 */
function icon(button, name) {
  const use = button.querySelector("use");
  const sheet = use?.getAttribute("href")?.split("#")[0];
  if (use && sheet) use.setAttribute("href", `${sheet}#${name}`);
}

/** @type {Record<string, () => void>} */
const DEEDS = {
  toggle: () => player.toggle(),
  next: () => player.next(),
  previous: () => player.previous(),
  shuffle: () => player.shuffle(),
  repeat: () => player.repeat(),
  mute: () => player.mute(),
  retry: () => player.retry(),
};

export function start() {
  player.watch("track", showTrack);
  player.watch("state", showState);
  player.watch("time", showTime);
  player.watch("queue", markRows);
  each("#main", () => {
    showTrack();
    showTime();
  });
  on("click", "[data-do]", (button) => DEEDS[button.dataset["do"] ?? ""]?.());
  on("input", "input[data-seek]", (slider) => {
    if (!(slider instanceof HTMLInputElement)) return;
    slider.dataset["held"] = "yes";
    slider.style.setProperty("--value", String(Number(slider.value) / Number(slider.max)));
    for (const box of elements(document, '[data-now="position"]')) box.textContent = clock(Number(slider.value));
  });
  on("change", "input[data-seek]", (slider) => {
    if (!(slider instanceof HTMLInputElement)) return;
    delete slider.dataset["held"];
    player.seek(Number(slider.value));
  });
  on("keydown", "input[data-seek]", (_, event) => {
    const by = { ArrowLeft: -STEP_SECONDS, ArrowRight: STEP_SECONDS }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    player.seek(player.position + by);
  });
  on("input", "input[data-volume]", (slider) => {
    if (slider instanceof HTMLInputElement) player.setVolume(Number(slider.value));
  });
}
