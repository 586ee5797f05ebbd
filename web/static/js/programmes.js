// Programmes from the server: some of the queue, prepared to be played as one stream.

import { abilities } from "./abilities.js";
import { call } from "./api.js";

/** @typedef {import("./stream.js").Prepared} Prepared */
/** @typedef {import("./rungs.js").Choice} Choice */

/**
 * A programme of these items. A Problem when it is refused or the server is not reached.
 * @param {QueueItem[]} items
 * @param {Choice} choice
 * @returns {Promise<Prepared>}
 */
export async function begin(items, choice) {
  return prepared(await call("POST", "/api/v1/programmes", { tracks: ids(items), ...abilities(choice) }), items.map((item) => item.key));
}

/**
 * A programme that is like another one for its first parts, and goes on with these items.
 * @param {Prepared} before
 * @param {number} kept  how many parts, one at least
 * @param {QueueItem[]} items  none: the same again, with new addresses
 * @param {Choice} choice
 * @returns {Promise<Prepared>}
 */
export async function goOn(before, kept, items, choice) {
  const after = { programme: before.id, part: kept - 1 };
  const made = await call("POST", "/api/v1/programmes", { tracks: ids(items), after, ...abilities(choice) });
  return prepared(made, [...before.parts.slice(0, kept).map((part) => part.key), ...items.map((item) => item.key)]);
}

/** @param {QueueItem[]} items */
function ids(items) {
  return items.map((item) => item.track.id);
}

/**
 * @param {Programme} made
 * @param {string[]} keys
 * @returns {Prepared}
 */
function prepared(made, keys) {
  return {
    id: made.id,
    hls: made.hls,
    duration: made.duration,
    parts: made.parts.map((part, place) => ({ ...part, key: keys[place] ?? "" })),
    renditions: made.renditions ?? [],
    why: made.why ?? [],
    shared_until: made.shared_until ?? 0,
  };
}
