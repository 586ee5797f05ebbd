// The record of plays: each one told to the server exactly once, none forgotten.
//
// A play is written down here as it goes, and kept until the server has it; the event's own id
// makes telling it twice harmless.

import { call, Problem } from "./api.js";
import { keep, kept } from "./kept.js";
import { uuid } from "./random.js";

const BEAT_MS = 5000;
const STALE_MS = 30_000; // an unfinished play without a beat for so long was left by a closed page
const RETRY_MS = 15_000;
const REFUSED = [400, 404, 409, 422]; // telling it again will not help

/**
 * @typedef {object} Play
 * @property {string} client_event_id
 * @property {string} track
 * @property {string} listening_session
 * @property {string} started_at
 * @property {number} tz_offset_minutes
 * @property {string} device
 * @property {string} source
 * @property {string} [source_id]
 * @property {string} [offer_id]
 * @property {number} [offer_rank]
 * @property {number} played_ms
 * @property {Ending} ending
 * @property {number} seeks
 * @property {boolean} shuffle
 * @property {boolean} private
 */
/** @typedef {{ play: Play, profile: string, beat: number }} Open */

const session = uuid();
const slot = uuid(); // this page's own place among the unfinished

/** @type {Open | null} */
let open = null;
let beat = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * A track begins to sound.
 * @param {QueueItem} item
 * @param {boolean} shuffle
 */
export function begin(item, shuffle) {
  finish("stop");
  open = {
    play: {
      client_event_id: uuid(),
      track: item.track.id,
      listening_session: session,
      started_at: new Date().toISOString(),
      tz_offset_minutes: -new Date().getTimezoneOffset(),
      device: "web",
      ...item.from,
      played_ms: 0,
      ending: "stop",
      seeks: 0,
      shuffle,
      private: false,
    },
    profile: profile(),
    beat: Date.now(),
  };
  save();
}

/** @returns {boolean} whether a play is under way */
export function underWay() {
  return open !== null;
}

/** @param {number} milliseconds  of sound that was really heard */
export function heard(milliseconds) {
  if (!open) return;
  open.play.played_ms += milliseconds;
  if (Date.now() - beat > BEAT_MS) save();
}

export function seeked() {
  if (open) open.play.seeks += 1;
}

/** @param {Ending} ending */
export function finish(ending) {
  if (!open) return;
  const done = { ...open, play: { ...open.play, played_ms: Math.round(open.play.played_ms), ending } };
  open = null;
  keep("plays", [...waiting(), done]);
  forgetOpen(slot);
  void tell();
}

/** Sends what waits, in order; tries again later when the server is not reached. */
export async function tell() {
  clearTimeout(timer);
  for (const { play, profile: whose } of waiting()) {
    if (whose !== profile()) continue;
    try {
      await call("POST", "/api/v1/plays", play, { keepalive: true });
    } catch (error) {
      if (!(error instanceof Problem) || !REFUSED.includes(error.status)) {
        timer = setTimeout(() => void tell(), RETRY_MS);
        return;
      }
    }
    keep("plays", waiting().filter((other) => other.play.client_event_id !== play.client_event_id));
  }
}

/** Takes up what earlier pages left, and closes our own play with the page. */
export function start() {
  const now = Date.now();
  const left = openPlays();
  const stale = Object.entries(left).filter(([, other]) => now - other.beat > STALE_MS);
  for (const [key, other] of stale) {
    keep("plays", [...waiting(), { ...other, play: { ...other.play, played_ms: Math.round(other.play.played_ms) } }]);
    forgetOpen(key);
  }
  addEventListener("pagehide", () => finish("stop"));
  addEventListener("online", () => void tell());
  void tell();
}

function save() {
  if (!open) return;
  beat = open.beat = Date.now();
  keep("playing", { ...openPlays(), [slot]: open });
}

/** @param {string} key */
function forgetOpen(key) {
  const rest = openPlays();
  delete rest[key];
  keep("playing", rest);
}

/** @returns {Record<string, Open>} */
function openPlays() {
  return kept("playing", {});
}

/** @returns {Open[]} */
function waiting() {
  return kept("plays", []);
}

function profile() {
  return document.body.dataset["profile"] ?? "";
}
