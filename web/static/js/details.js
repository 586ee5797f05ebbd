// The dialog with all that is known of a track's file and its sound.

import { call, Problem } from "./api.js";
import { element } from "./bind.js";
import { clock } from "./now.js";
import { bind } from "./rating.js";

/** @param {Track} track */
export async function showDetails(track) {
  const dialog = document.getElementById("details-dialog");
  if (!(dialog instanceof HTMLDialogElement)) return;
  const title = element(dialog, "[data-details-title]");
  const by = element(dialog, "[data-details-by]");
  const list = element(dialog, "[data-details]");
  const slider = dialog.querySelector("input[data-details-rating]");
  if (!title || !by || !list) return;
  title.textContent = track.title;
  by.textContent = `${track.artist_credit} · ${track.album.title}`;
  list.replaceChildren();
  dialog.showModal();
  if (slider instanceof HTMLInputElement) void bind(slider, track.id);
  try {
    const [full, heard] = await Promise.all([
      call("GET", `/api/v1/tracks/${track.id}`),
      /** @type {Promise<Heard>} */ (call("GET", `/api/v1/tracks/${track.id}/analysis`)),
    ]);
    list.replaceChildren(...rows([...ofFile(full), ...ofSound(heard)]));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    list.replaceChildren(...rows([["", error.message]]));
  }
}

/**
 * @param {any} track
 * @returns {[string, string][]}
 */
function ofFile(track) {
  const { file } = track;
  const rate = `${(file.sample_rate / 1000).toLocaleString("en", { maximumFractionDigits: 1 })} kHz`;
  const name = file.codec.startsWith("pcm") ? "PCM" : file.codec.toUpperCase();
  const depth = track.lossless && file.bit_depth ? `${file.bit_depth} bit` : "";
  const bits = file.bit_rate ? `${Math.round(file.bit_rate / 1000)} kbit/s` : "";
  /** @type {[string, string][]} */
  const told = [
    ["Length", clock(track.duration)],
    ["Format", [name, depth, rate, file.layout, bits].filter(Boolean).join(" · ")],
    ["Size", `${(file.size / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`],
  ];
  if (file.path) told.push(["File", file.path]);
  return told;
}

/**
 * @param {Heard} heard
 * @returns {[string, string][]}
 */
function ofSound(heard) {
  if (!heard.analysed) return [["Sound", "not listened to yet"]];
  /** @type {[string, string | null][]} */
  const told = [
    ["Loudness", heard.loudness === null ? null : `${number(heard.loudness)} LUFS, range ${number(heard.loudness_range ?? 0)} LU`],
    ["True peak", heard.true_peak === null ? null : `${number(heard.true_peak)} dB`],
    ["Tempo", heard.bpm === null ? null : `${Math.round(heard.bpm)} beats a minute`],
    ["Key", heard.key === null ? null : heard.key.endsWith("m") ? `${heard.key.slice(0, -1)} minor` : `${heard.key} major`],
    ["Energy", heard.energy === null ? null : `${Math.round(heard.energy * 100)} of 100`],
    ["Silence", silence(heard)],
    ["Problem", heard.problem],
  ];
  return /** @type {[string, string][]} */ (told.filter(([, words]) => words));
}

/** @param {Heard} heard */
function silence(heard) {
  const lead = heard.lead_silence ?? 0;
  const trail = heard.trail_silence ?? 0;
  if (lead < 0.1 && trail < 0.1) return "none";
  return `${number(lead)} s before, ${number(trail)} s after`;
}

/** @param {number} value */
function number(value) {
  return value.toLocaleString("en", { maximumFractionDigits: 1 }).replace("-", "−");
}

/** @param {[string, string][]} told */
function rows(told) {
  return told.flatMap(([name, words]) => {
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = name;
    text.textContent = words;
    return [term, text];
  });
}
