// Buttons that play or queue an album, an artist, a playlist, or a list on the page.

import { call, Problem } from "./api.js";
import { element, elements, on } from "./bind.js";
import { chosen } from "./bookmarks.js";
import { player } from "./player.js";
import { toast } from "./toast.js";

/** @type {Record<string, { kind: "album" | "artist" | "playlist", path: string }>} */
const KINDS = {
  al: { kind: "album", path: "/api/v1/albums/" },
  ar: { kind: "artist", path: "/api/v1/tracks?limit=200&artist=" },
  pl: { kind: "playlist", path: "/api/v1/playlists/" },
};

export function start() {
  on("click", "[data-play]", (button, event) => {
    event.preventDefault();
    void busy(button, async () => {
      const { tracks, from } = await wanted(button, button.dataset["play"] ?? "");
      if ("fromStart" in button.dataset) chosen(tracks[0]?.id ?? "");
      player.playTracks(tracks, 0, from, "shuffled" in button.dataset);
    });
  });
  on("click", "[data-enqueue]", (button) => {
    void busy(button, async () => {
      const { tracks, from } = await wanted(button, button.dataset["enqueue"] ?? "");
      player.add(tracks, from, false);
      toast(`${tracks.length === 1 ? "1 track" : `${tracks.length} tracks`} added to the queue`);
    });
  });
  on("click", "[data-play-list]", (button) => {
    const tracks = onPage(button);
    const from = source(/** @type {HTMLElement} */ (document.querySelector(`${button.dataset["within"]} [data-tracks]`)));
    player.playTracks(tracks, 0, from, "shuffled" in button.dataset);
  });
  on("click", "[data-play-from]", (button) => {
    void busy(button, async () => {
      const answer = await call("GET", button.dataset["playFrom"] ?? "");
      player.playTracks(answer.items, 0, { source: "hand" }, "shuffled" in button.dataset);
    });
  });
  on("click", "[data-play-at]", (button) => {
    const place = document.querySelector("#tracks");
    const own = button.dataset["ownTrack"];
    /** @type {Track[]} */
    const tracks = own ? [JSON.parse(own)] : place ? tracksOf(place) : [];
    const at = tracks.findIndex((track) => track.id === button.dataset["trackId"]);
    const seconds = Number(button.dataset["playAt"]);
    if (at < 0) return;
    if (player.track?.id !== tracks[at]?.id) {
      chosen(tracks[at]?.id ?? "");
      player.playTracks(tracks, at, source(element(document, "#tracks [data-tracks]")));
    }
    player.seek(seconds);
    if (!player.playing) player.play();
  });
  on("click", "[data-play-here]", (button) => playRow(button));
  on("click", "[data-play-also]", (button) => playInstead(button));
  on("dblclick", ".track[data-track]", (row, event) => {
    if (event.target instanceof Element && !event.target.closest("a, button")) playRow(row);
  });
  on("click", ".track[data-track]", (row, event) => {
    const touch = event instanceof PointerEvent && event.pointerType === "touch";
    if (touch && event.target instanceof Element && !event.target.closest("a, button")) playRow(row);
  });
}

/**
 * The tracks of rows, in the order of the page.
 * @param {ParentNode} root
 * @returns {Track[]}
 */
export function tracksOf(root) {
  return elements(root, ".track[data-track]").map((row) => trackOf(row));
}

/**
 * @param {HTMLElement} row
 * @returns {Track}
 */
export function trackOf(row) {
  return JSON.parse(row.dataset["track"] ?? "");
}

/**
 * Where the tracks of a list on the page come from.
 * @param {HTMLElement | null} list
 * @returns {Source}
 */
export function source(list) {
  /** @type {Source} */
  const from = { source: list?.dataset["source"] ?? "hand" };
  if (list?.dataset["sourceId"]) from.source_id = list.dataset["sourceId"];
  return from;
}

/** @param {HTMLElement} inside */
function playRow(inside) {
  const row = /** @type {HTMLElement} */ (inside.closest(".track"));
  const list = /** @type {HTMLElement} */ (row.closest("[data-tracks]"));
  const whole = row.closest("#tracks") ?? list;
  if (player.track && row.getAttribute("aria-current") === "true" && player.item) return player.toggle();
  const rows = elements(whole, ".track[data-track]");
  player.playTracks(rows.map((one) => trackOf(one)), rows.indexOf(row), source(list));
}

/**
 * Plays the list of a row with that row in another quality.
 * @param {HTMLElement} button
 */
function playInstead(button) {
  const row = /** @type {HTMLElement} */ (button.closest(".track"));
  const whole = row.closest("#tracks") ?? row;
  const rows = elements(whole, ".track[data-track]");
  const tracks = rows.map((one) => (one === row ? JSON.parse(button.dataset["playAlso"] ?? "") : trackOf(one)));
  player.playTracks(tracks, rows.indexOf(row), source(row.closest("[data-tracks]")));
}

/** @param {HTMLElement} button */
function onPage(button) {
  const place = document.querySelector(button.dataset["within"] ?? "#main");
  return place ? tracksOf(place) : [];
}

/**
 * @param {HTMLElement} button
 * @param {string} id
 * @returns {Promise<{ tracks: Track[], from: Source }>}
 */
async function wanted(button, id) {
  const what = KINDS[id.slice(0, 2)];
  if (!what) return { tracks: [], from: { source: "hand" } };
  /** @type {Source} */
  const from = { source: what.kind, source_id: id };
  const offer = button.closest("[data-offer]");
  if (offer instanceof HTMLElement) {
    from.offer_id = offer.dataset["offer"] ?? "";
    from.offer_rank = elements(offer, "[data-item]").findIndex((tile) => tile.contains(button));
  }
  const here = button.dataset["within"] ? onPage(button) : [];
  if (here.length) return { tracks: here, from };
  const answer = await call("GET", what.path + id);
  return { tracks: answer.tracks ?? answer.items, from };
}

/**
 * @param {HTMLElement} button
 * @param {() => Promise<void>} deed
 */
async function busy(button, deed) {
  button.setAttribute("aria-busy", "true");
  try {
    await deed();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}
