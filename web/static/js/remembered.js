// The queue outlives the page: in this browser at once, on the server a moment later.

import { call, Problem } from "./api.js";
import { keep, kept } from "./kept.js";
import { empty, items } from "./queue.js";

const SETTLE_MS = 800;
const MOST = 5000; // what the server keeps

/** @typedef {{ queue: Queue, position: number, synced: boolean }} Remembered */

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Remembered} */
let last = { queue: empty(), position: 0, synced: true };

function place() {
  return `queue.${document.body.dataset["profile"] ?? ""}`;
}

/**
 * @param {Queue} queue
 * @param {number} position  seconds
 */
export function remember(queue, position) {
  last = { queue: { ...queue, items: queue.items.slice(0, MOST) }, position, synced: false };
  keep(place(), last);
  clearTimeout(timer);
  timer = setTimeout(() => void send(false), SETTLE_MS);
}

/**
 * Only the position moved: kept here, told to the server when the page goes.
 * @param {number} position
 */
export function rememberPosition(position) {
  last = { ...last, position };
  keep(place(), last);
}

/** The page goes: the last word to the server. */
export function leave() {
  clearTimeout(timer);
  if (last.queue.items.length || !last.synced) void send(true);
}

/** @returns {Promise<{ queue: Queue, position: number }>} */
export async function recall() {
  /** @type {Remembered | null} */
  const here = /** @type {Remembered | null} */ (kept(place(), null));
  if (here && !here.synced) {
    last = here;
    void send(false);
    return here;
  }
  let told;
  try {
    told = await call("GET", "/api/v1/queue");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return here ?? last;
  }
  const same = here && here.queue.items.length === told.tracks.length && here.queue.items.every((item, at) => item.track.id === told.tracks[at]);
  if (here && same) {
    const fresh = new Map(/** @type {Track[]} */ (told.items).map((track) => [track.id, track]));
    const list = here.queue.items.map((item) => ({ ...item, track: fresh.get(item.track.id) ?? item.track }));
    const moved = here.queue.current !== told.current;
    last = { queue: { ...here.queue, items: list, current: told.current }, position: moved ? told.position : here.position, synced: true };
  } else {
    const known = new Map(/** @type {Track[]} */ (told.items).map((track) => [track.id, track]));
    const tracks = /** @type {string[]} */ (told.tracks).map((id) => known.get(id)).filter((track) => track !== undefined);
    last = {
      queue: { items: items(tracks, { source: "queue" }), current: Math.min(told.current, Math.max(0, tracks.length - 1)), shuffle: told.shuffle, repeat: told.repeat, unshuffled: [] },
      position: told.position,
      synced: true,
    };
  }
  keep(place(), last);
  return last;
}

/** @param {boolean} keepalive */
async function send(keepalive) {
  const { queue, position } = last;
  const body = {
    tracks: queue.items.map((item) => item.track.id),
    current: queue.current,
    position,
    shuffle: queue.shuffle,
    repeat: queue.repeat,
  };
  try {
    await call("PUT", "/api/v1/queue", body, { keepalive: keepalive && body.tracks.length < 4000 });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return; // it stays unsynced here, and is told with the next change or visit
  }
  if (last.queue === queue) {
    last = { ...last, synced: true };
    keep(place(), last);
  }
}
