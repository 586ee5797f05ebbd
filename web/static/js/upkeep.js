// Keeps what streams in step with the queue: asks for programmes, extends them, and exchanges them
// when the queue was edited.

import { Problem } from "./api.js";
import { agreed, plan, shared } from "./parts.js";
import { begin, goOn } from "./programmes.js";

/** @typedef {import("./stream.js").Stream} Stream */

export const FIRST_SECONDS = 20 * 60; // of music that the first programme holds
const LEAST_SECONDS = 8 * 60; // when less is left, more is asked for
const MORE_SECONDS = 30 * 60;
const MOST_PARTS = 240; // what was played is carried along; some time a new programme is better
const SETTLE_MS = 200; // several edits at once are one
const AGAIN_MS = 5000;

/**
 * @typedef {object} Owner
 * @property {() => { queue: Queue, stream: Stream | null, place: number }} now
 * @property {(stream: Stream) => void} opened   it plays what was asked for
 * @property {(stream: Stream, problem: Problem) => void} refused   the first of what was asked for cannot be played
 * @property {(stream: Stream) => void} lost   its programme is no more: a file was replaced, or taken away
 * @property {(stream: Stream) => void} signedOut
 */

export class Upkeep {
  /** @param {Owner} owner */
  constructor(owner) {
    this.owner = owner;
    /** The first part that must not sound any more, because the queue has another one there. */
    this.until = Infinity;
    /** @type {Set<string>} keys of what made a programme be refused, to be played alone */
    this.apart = new Set();
    this.single = false; // one more at a time, to find the one that is refused
    this.busy = false;
    this.notBefore = 0;
    this.declined = "";
    this.forced = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Another stream sounds now. */
  reset() {
    this.until = Infinity;
    this.notBefore = 0;
    this.declined = "";
    this.forced = false;
  }

  /**
   * Asks for a programme of `items` and lets the stream play it.
   * @param {Stream} stream
   * @param {QueueItem[]} items
   */
  async open(stream, items) {
    try {
      const programme = await begin(items, stream.settings.choice);
      if (stream.ended) return;
      stream.patience.fine();
      await stream.open(programme);
      this.owner.opened(stream);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (stream.ended) return;
      this.#failed(stream, error, items);
    }
  }

  /**
   * New addresses for the same programme: the old ones ended, or another quality is wished for.
   * @param {Stream} stream
   * @param {boolean} [anew]  other renditions: what is in hand of the ones before is let go
   */
  async renew(stream, anew = false) {
    const { programme: before } = stream;
    if (!before) return;
    try {
      const programme = await goOn(before, before.parts.length, [], stream.settings.choice);
      if (stream.ended || stream.programme !== before) return;
      if (anew || !(await stream.exchange(programme, Infinity))) await stream.open(programme);
      else stream.tape?.resume();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (stream.ended) return;
      if (lost(error)) stream.patience.later(() => void this.renew(stream, anew));
      else if (error.status === 401 || error.status === 403) this.owner.signedOut(stream);
      else this.owner.lost(stream);
    }
  }

  /** Looks whether what streams is what the queue wants; called as often as anything changes. */
  look() {
    const { queue, stream, place } = this.owner.now();
    if (!stream?.programme) return;
    const { parts, duration } = stream.programme;
    const wanted = plan(queue, MORE_SECONDS, Math.max(2, parts.length - place), this.apart);
    const count = agreed(parts, place, wanted);
    const wrong = place + count < parts.length;
    this.until = wrong ? place + count : Infinity;
    const short = wanted.length > count && duration - stream.time < LEAST_SECONDS;
    if (!count || this.busy || Date.now() < this.notBefore || parts.length > MOST_PARTS) return;
    if (!wrong && !short && !this.forced) return;
    const kept = this.forced ? 1 : count;
    const added = wanted.slice(kept, this.single ? kept + 1 : undefined);
    const wish = [stream.programme.id, ...wanted.map((item) => item.key)].join(" ");
    if (wish === this.declined) return;
    this.busy = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.#exchange(stream, place + kept, added, wish), wrong ? SETTLE_MS : 0);
  }

  /** The way that tracks follow each other has changed: what comes next is made anew. */
  again() {
    this.forced = true;
    this.declined = "";
    this.look();
  }

  /**
   * @param {Stream} stream
   * @param {number} kept  how many parts stay
   * @param {QueueItem[]} added
   * @param {string} wish
   */
  async #exchange(stream, kept, added, wish) {
    const before = /** @type {import("./stream.js").Prepared} */ (stream.programme);
    try {
      const programme = await goOn(before, kept, added, stream.settings.choice);
      if (stream.ended || stream.programme !== before) return;
      // the server counts whole segments; the sound itself is the same until the parts differ
      const until = Math.max(shared(before.parts.slice(0, kept), programme.parts), programme.shared_until);
      this.forced = false;
      if (await stream.exchange(programme, until)) this.owner.opened(stream);
      else this.declined = wish;
      this.single = false;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.forced = false;
      if (lost(error) || error.status === 401) this.notBefore = Date.now() + AGAIN_MS;
      if (error.status === 401) this.owner.signedOut(stream);
      else if (lost(error)) return;
      else if (added.length > 1) this.single = true;
      else if (added[0]) this.apart.add(added[0].key);
      else this.declined = wish;
    } finally {
      this.busy = false;
    }
    if (Date.now() >= this.notBefore) this.look();
  }

  /**
   * @param {Stream} stream
   * @param {Problem} problem
   * @param {QueueItem[]} items
   */
  #failed(stream, problem, items) {
    if (lost(problem)) {
      stream.cause = problem.status ? "busy" : "away";
      stream.patience.later(() => void this.open(stream, items));
    } else if (problem.status === 401) {
      this.owner.signedOut(stream);
    } else if (items.length > 1) {
      this.single = true;
      void this.open(stream, items.slice(0, 1));
    } else {
      this.owner.refused(stream, problem);
    }
  }
}

/** Whether a problem may go by itself. */
function lost(/** @type {Problem} */ problem) {
  return !problem.status || problem.status >= 500 || problem.status === 429;
}
