// Programmes from the server: some of the queue, prepared to be played as one stream.

import { call } from "./api.js";

/** @typedef {import("./stream.js").Prepared} Prepared */

/**
 * Asks for a programme. A Problem when it is refused or the server is not reached.
 * @param {QueueItem[]} items
 * @returns {Promise<Prepared>}
 */
export async function ask(items) {
  const made = /** @type {Programme} */ (await call("POST", "/api/v1/programmes", { tracks: items.map((item) => item.track.id) }));
  return {
    id: made.id,
    hls: made.hls,
    duration: made.duration,
    parts: made.parts.map((part, place) => ({ ...part, key: items[place]?.key ?? "" })),
    renditions: made.renditions ?? [],
    why: made.why ?? [],
    shared_until: made.shared_until ?? Infinity,
  };
}
