// Where somebody was in something long: kept while it plays, and taken up when it is played again.

import { call, Problem } from "./api.js";
import { clock } from "./now.js";
import { player } from "./player.js";
import { toast } from "./toast.js";

const LONG_SECONDS = 20 * 60;
const KEEP_EVERY_MS = 15_000;
const NEAR_SECONDS = 10; // so near to the start or the end there is nothing to go on with

/** The track whose position is kept; null until it is known where it was left. */
let kept = "";
let asked = "";
let last = { track: "", position: 0, duration: 0 };
let lastKept = 0;
let wished = "";

export function start() {
  player.watch("track", () => void changed());
  player.watch("state", () => {
    if (!player.playing) keep(false);
  });
  player.watch("time", () => {
    const { track } = player;
    if (!track || kept !== track.id) return;
    last = { track: track.id, position: player.position, duration: player.duration };
    if (player.playing && Date.now() - lastKept > KEEP_EVERY_MS) keep(false);
  });
  addEventListener("pagehide", () => keep(true));
}

/**
 * Says that a person chose where a track begins, so that it is not taken up elsewhere.
 * @param {string} id
 */
export function chosen(id) {
  wished = id;
}

/** @param {Track} track */
function isLong(track) {
  return track.duration > LONG_SECONDS || Boolean(track.spoken);
}

async function changed() {
  const { track } = player;
  if (track?.id === asked) return;
  keep(false);
  kept = "";
  asked = track?.id ?? "";
  if (!track || !isLong(track)) return;
  if (wished === track.id || player.position > NEAR_SECONDS) {
    wished = "";
    kept = track.id;
    return;
  }
  const position = await where(track.id);
  if (player.track?.id !== track.id) return;
  kept = track.id;
  const skip = wished === track.id;
  wished = "";
  if (skip || position < NEAR_SECONDS || position > track.duration - NEAR_SECONDS || player.position > NEAR_SECONDS) return;
  player.seek(position);
  toast(`Going on at ${clock(position)}`);
}

/**
 * @param {string} id
 * @returns {Promise<number>}
 */
async function where(id) {
  try {
    return (await call("GET", `/api/v1/tracks/${id}/bookmark`)).position;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return 0;
  }
}

/** @param {boolean} leaving */
function keep(leaving) {
  const { track, position, duration } = last;
  if (!track || track !== kept) return;
  const done = position > duration - NEAR_SECONDS;
  lastKept = Date.now();
  last = { track: "", position: 0, duration: 0 };
  if (!done && position < NEAR_SECONDS) return;
  const path = `/api/v1/tracks/${track}/bookmark`;
  const sent = done ? call("DELETE", path, undefined, { keepalive: leaving }) : call("PUT", path, { position }, { keepalive: leaving });
  // a place that was not kept is told again with the next one
  sent.catch((error) => {
    if (!(error instanceof Problem)) throw error;
  });
}
