// The queue as a value: what plays, what comes next, and in which order. No sound, no page.

import { uuid } from "./random.js";

/** @returns {Queue} */
export function empty() {
  return { items: [], current: 0, shuffle: false, repeat: "off", unshuffled: [] };
}

/**
 * @param {Track[]} tracks
 * @param {Source} from
 * @returns {QueueItem[]}
 */
export function items(tracks, from) {
  return tracks.filter((track) => !track.away).map((track) => ({ key: uuid(), track, from }));
}

/**
 * A new list takes the queue's place and begins at `at`, or anywhere when it is shuffled.
 * @param {Queue} queue
 * @param {QueueItem[]} list
 * @param {number} at
 * @param {boolean} shuffle
 * @returns {Queue}
 */
export function begun(queue, list, at, shuffle) {
  const plain = { ...queue, items: list, current: Math.min(at, Math.max(0, list.length - 1)), shuffle: false, unshuffled: [] };
  return shuffle ? shuffled(plain) : plain;
}

/**
 * @param {Queue} queue
 * @returns {QueueItem | undefined}
 */
export function playing(queue) {
  return queue.items[queue.current];
}

/**
 * The index that follows; -1 at the end. `asked` is true when a person wants the next one.
 * @param {Queue} queue
 * @param {boolean} asked
 */
export function following(queue, asked) {
  if (!queue.items.length) return -1;
  if (queue.repeat === "one" && !asked) return queue.current;
  if (queue.current + 1 < queue.items.length) return queue.current + 1;
  return queue.repeat === "off" ? -1 : 0;
}

/**
 * @param {Queue} queue
 */
export function preceding(queue) {
  if (queue.current > 0) return queue.current - 1;
  return queue.repeat === "all" ? queue.items.length - 1 : 0;
}

/**
 * @param {Queue} queue
 * @param {QueueItem[]} added
 * @param {number} at
 * @returns {Queue}
 */
export function inserted(queue, added, at) {
  const list = queue.items.toSpliced(at, 0, ...added);
  const current = queue.items.length && at <= queue.current ? queue.current + added.length : queue.current;
  const unshuffled = queue.unshuffled.length ? [...queue.unshuffled, ...added.map((item) => item.key)] : [];
  return { ...queue, items: list, current, unshuffled };
}

/**
 * @param {Queue} queue
 * @param {string} key
 * @returns {Queue}
 */
export function removed(queue, key) {
  const at = queue.items.findIndex((item) => item.key === key);
  if (at < 0) return queue;
  const list = queue.items.toSpliced(at, 1);
  const current = at < queue.current ? queue.current - 1 : Math.min(queue.current, Math.max(0, list.length - 1));
  return { ...queue, items: list, current, unshuffled: queue.unshuffled.filter((other) => other !== key) };
}

/**
 * @param {Queue} queue
 * @param {string} key
 * @param {number} to
 * @returns {Queue}
 */
export function moved(queue, key, to) {
  const item = queue.items.find((other) => other.key === key);
  const now = playing(queue);
  if (!item || !now) return queue;
  const rest = queue.items.filter((other) => other !== item);
  const list = rest.toSpliced(Math.max(0, Math.min(to, rest.length)), 0, item);
  return { ...queue, items: list, current: list.indexOf(now) };
}

/**
 * What plays stays first; the rest is dealt anew.
 * @param {Queue} queue
 * @returns {Queue}
 */
export function shuffled(queue) {
  const now = playing(queue);
  if (!now) return { ...queue, shuffle: true };
  const rest = queue.items.filter((item) => item !== now);
  for (let last = rest.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    const held = /** @type {QueueItem} */ (rest[last]);
    rest[last] = /** @type {QueueItem} */ (rest[other]);
    rest[other] = held;
  }
  return { ...queue, items: [now, ...rest], current: 0, shuffle: true, unshuffled: queue.items.map((item) => item.key) };
}

/**
 * Back to the order before, as far as it is known.
 * @param {Queue} queue
 * @returns {Queue}
 */
export function unshuffled(queue) {
  const now = playing(queue);
  const place = new Map(queue.unshuffled.map((key, at) => [key, at]));
  const list = [...queue.items].sort((a, b) => (place.get(a.key) ?? Infinity) - (place.get(b.key) ?? Infinity) || 0);
  return { ...queue, items: list, current: now ? list.indexOf(now) : 0, shuffle: false, unshuffled: [] };
}

/**
 * @param {Repeat} repeat
 * @returns {Repeat}
 */
export function repeated(repeat) {
  return repeat === "off" ? "all" : repeat === "all" ? "one" : "off";
}
