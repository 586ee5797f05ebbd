// A programme's parts against the queue: what sounds at a time, and what has yet to be asked for. No sound, no page.

import { following } from "./queue.js";

const MOST = 60; // tracks that are asked for beyond the one that plays
const NEAR = 0.001; // seconds: less than a sample's worth of rounding for anybody

/** @typedef {{ key: string, track: string, start: number, duration: number, skipped: number }} Part  one track in a programme, of which `skipped` is left out at its start; seconds */

/**
 * The place of the part that sounds at `time`; the first before all of them, the last after.
 * @param {Part[]} parts
 * @param {number} time
 */
export function at(parts, time) {
  let place = 0;
  while (place + 1 < parts.length && /** @type {Part} */ (parts[place + 1]).start <= time + NEAR) place += 1;
  return place;
}

/**
 * Where the sound of the part at `place` gives way to the next one.
 * @param {Part[]} parts
 * @param {number} place
 */
export function end(parts, place) {
  const part = parts[place];
  return parts[place + 1]?.start ?? (part ? part.start + part.duration : 0);
}

/**
 * What plays and what follows it, as the queue stands: enough to fill `seconds`, and `least` at least.
 * @param {Queue} queue
 * @param {number} seconds
 * @param {number} [least]
 * @param {Set<string>} [apart]  keys of what has to be played alone: nothing goes past one
 * @returns {QueueItem[]}
 */
export function plan(queue, seconds, least = 2, apart = new Set()) {
  /** @type {QueueItem[]} */
  const list = [];
  let sum = 0;
  for (let place = queue.current; place >= 0; place = following({ ...queue, current: place }, false)) {
    const item = queue.items[place];
    if (!item || list.length > MOST || (list.length && apart.has(item.key)) || (sum >= seconds && list.length >= least)) break;
    list.push(item);
    sum += item.track.duration;
  }
  return list;
}

/**
 * How many of `parts`, from `place` on, are as the queue wants them.
 * @param {Part[]} parts
 * @param {number} place
 * @param {QueueItem[]} wanted
 */
export function agreed(parts, place, wanted) {
  let count = 0;
  while (place + count < parts.length && parts[place + count]?.key === wanted[count]?.key) count += 1;
  return count;
}

/**
 * Until when two programmes are the same, in seconds: what is buffered up to there may stay.
 * @param {Part[]} before
 * @param {Part[]} after
 */
export function shared(before, after) {
  let until = 0;
  for (const [place, part] of before.entries()) {
    const other = after[place];
    if (!other || other.track !== part.track || Math.abs(other.start - part.start) > NEAR || Math.abs(other.duration - part.duration) > NEAR) break;
    until = Math.min(end(before, place), end(after, place));
  }
  return until;
}

/**
 * The nearest part with a key: from `place` on, else the last one before it; -1 if there is none.
 * @param {Part[]} parts
 * @param {number} place
 * @param {string} key
 */
export function find(parts, place, key) {
  const later = parts.findIndex((part, n) => n >= place && part.key === key);
  return later < 0 ? parts.findLastIndex((part) => part.key === key) : later;
}
