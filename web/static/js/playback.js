// Playback: the queue's tracks as sound, one stream for as long as that can be.
//
// It keeps the stream in step with the queue, follows which track sounds, counts what was heard,
// and hands over to another stream where one cannot go on.

import { keep } from "./kept.js";
import * as parts from "./parts.js";
import * as plays from "./plays.js";
import * as queues from "./queue.js";
import * as remembered from "./remembered.js";
import { Stream } from "./stream.js";
import { FIRST_SECONDS, Upkeep } from "./upkeep.js";

const PREPARE_SECONDS = 30; // a stream that has to follow is made ready so long before
const HANDOVER_SECONDS = 0.026; // and begins so long before: the time a start takes
const EXCHANGE_SECONDS = 3; // what it may take to change what follows in the stream that sounds
const POSITION_EVERY_MS = 4000;
const LEFT_OUT_MOST = 4; // tracks in a row

/** @typedef {"track" | "state" | "time" | "queue" | "trouble"} Topic */
/** @typedef {{ cause: import("./stream.js").Trouble | "signed-out" | "left-out", until: number, words: string }} Trouble  until: of the next try, 0 if there is none */

export class Playback {
  /**
   * @param {() => import("./stream.js").Settings} settings  of a new stream
   * @param {(...topics: Topic[]) => void} tell  what has changed
   */
  constructor(settings, tell) {
    this.settings = settings;
    this.tell = tell;
    this.queue = queues.empty();
    /** @type {Stream | null} */
    this.stream = null;
    this.place = 0; // of the part that sounds, in the stream's programme
    /** @type {{ stream: Stream, key: string } | null} what follows where one stream cannot go on */
    this.prepared = null;
    /** @type {Trouble | null} */
    this.trouble = null;
    this.resumeAt = 0;
    this.lastTime = 0;
    this.lastKept = 0;
    this.failures = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.boundary = undefined;
    /** @type {import("./stream.js").Listener} */
    this.listener = {
      changed: (stream) => this.#changed(stream),
      time: (stream) => this.#time(stream),
      ended: (stream) => this.#ended(stream),
      trouble: (stream, cause, seconds) => this.#troubled(stream, cause, seconds),
      gone: (stream) => void this.upkeep.renew(stream),
      broken: (stream, words) => this.#broken(stream, words),
    };
    this.upkeep = new Upkeep({
      now: () => this,
      opened: (stream) => this.#opened(stream),
      refused: (stream, problem) => this.#broken(stream, problem.message),
      lost: (stream) => {
        if (stream === this.stream) this.load(this.position, stream.wanted);
      },
      signedOut: (stream) => this.#signedOut(stream),
    });
    document.addEventListener("visibilitychange", () => {
      if (this.stream && !document.hidden) this.#time(this.stream); // timers slept with the tab
    });
  }

  get item() {
    return queues.playing(this.queue);
  }

  /** Seconds into the track. */
  get position() {
    if (!this.stream) return this.resumeAt;
    return Math.max(0, this.stream.time - this.start);
  }

  get duration() {
    const part = this.stream?.parts[this.place];
    return part ? part.skipped + part.duration : (this.item?.track.duration ?? 0);
  }

  /** Where the track would begin in its stream, if all of it were there. */
  get start() {
    const part = this.stream?.parts[this.place];
    return part ? part.start - part.skipped : 0;
  }

  get streams() {
    return [this.stream, this.prepared?.stream].filter((stream) => stream !== null && stream !== undefined);
  }

  /**
   * Goes to a place in the queue: within the stream, where it is part of it.
   * @param {number} at
   * @param {Ending} ending  of the play that is left
   */
  go(at, ending) {
    plays.finish(ending);
    this.queue = { ...this.queue, current: at };
    const found = this.stream && !this.stream.patience.trying && this.item ? parts.find(this.stream.parts, this.place, this.item.key) : -1;
    if (this.stream && found >= 0) {
      clearTimeout(this.boundary);
      this.place = found;
      this.stream.seek(this.stream.parts[found]?.start ?? 0);
      this.lastTime = this.stream.time;
      void this.stream.play();
      this.tell("track", "time");
    } else this.load(0, true);
    this.queued();
  }

  /** @param {number} seconds  into the track */
  seek(seconds) {
    clearTimeout(this.boundary);
    plays.seeked();
    const to = Math.max(0, Math.min(seconds, this.duration - 0.05));
    if (this.stream) this.stream.seek(Math.max(this.stream.parts[this.place]?.start ?? 0, this.start + to));
    else this.resumeAt = to;
    this.lastTime = this.stream?.time ?? 0;
    this.keepPosition();
    this.tell("time");
  }

  /**
   * The queue's current track in a stream of its own.
   * @param {number} position
   * @param {boolean} sound
   */
  load(position, sound) {
    const item = this.item;
    const ready = this.prepared;
    this.prepared = null;
    this.#silence();
    if (item && ready && ready.key === item.key && !position) {
      this.stream = ready.stream;
    } else {
      ready?.stream.end();
      if (item) this.stream = this.#begun(parts.plan(this.queue, FIRST_SECONDS, 2, this.upkeep.apart), position);
    }
    this.place = 0;
    this.upkeep.reset();
    this.lastTime = this.stream?.time ?? 0;
    if (sound) void this.stream?.play();
    this.tell("track", "state", "time");
  }

  /**
   * @param {QueueItem[]} items
   * @param {number} position
   */
  #begun(items, position) {
    const stream = new Stream(position, this.listener, this.settings());
    void this.upkeep.open(stream, items);
    return stream;
  }

  #silence() {
    clearTimeout(this.boundary);
    this.trouble = null;
    this.stream?.end();
    this.stream = null;
    this.tell("trouble");
  }

  stop() {
    this.#silence();
    this.prepared?.stream.end();
    this.prepared = null;
    this.resumeAt = 0;
    this.tell("track", "state", "time");
  }

  /** The queue is at its end: back to its start, in silence. */
  finished() {
    this.queue = { ...this.queue, current: 0 };
    this.stop();
    this.queued();
  }

  /** @param {Stream} stream */
  #opened(stream) {
    if (stream !== this.stream) return;
    if (this.trouble?.cause === "signed-out") this.trouble = null;
    this.upkeep.look();
    this.tell("track", "time", "trouble");
  }

  /** @param {Stream} stream */
  #changed(stream) {
    if (stream !== this.stream) return;
    if (stream.wanted && !stream.waiting) {
      this.failures = 0;
      if (!plays.underWay() && this.item) plays.begin(this.item, this.queue.shuffle);
    }
    if (stream.bandwidth) keep("bandwidth", Math.round(stream.bandwidth));
    this.#prepare();
    this.tell("state", "time");
  }

  /** @param {Stream} stream */
  #time(stream) {
    if (stream !== this.stream) return;
    this.#follow(stream);
    if (stream !== this.stream) return;
    if (Date.now() - this.lastKept > POSITION_EVERY_MS) this.keepPosition();
    this.upkeep.look();
    this.#prepare();
    const left = parts.end(stream.parts, this.place) - stream.time;
    clearTimeout(this.boundary);
    if (stream.wanted && stream.programme && left < 0.7 && left > 0) {
      const leaves = this.prepared && this.place + 1 >= Math.min(this.upkeep.until, stream.parts.length);
      this.boundary = setTimeout(
        () => (leaves ? this.#handOver(stream) : this.#time(stream)),
        Math.max(5, (leaves ? left - HANDOVER_SECONDS : left) * 1000),
      );
    }
    this.tell("time");
  }

  /**
   * Counts what was heard since the last look, track by track, and turns to the one that sounds.
   * @param {Stream} stream
   */
  #follow(stream) {
    const { time } = stream;
    if (!stream.programme || time < this.lastTime || !stream.wanted) {
      this.lastTime = time;
      return;
    }
    const now = parts.at(stream.parts, time);
    while (this.place < now) {
      const end = parts.end(stream.parts, this.place);
      plays.heard(Math.max(0, end - this.lastTime) * 1000);
      this.lastTime = Math.max(end, this.lastTime);
      plays.finish("done");
      if (this.place + 1 >= this.upkeep.until) return this.#goOn();
      this.place += 1;
      const key = stream.parts[this.place]?.key;
      this.queue = { ...this.queue, current: this.queue.items.findIndex((item) => item.key === key) };
      if (this.item) plays.begin(this.item, this.queue.shuffle);
      this.tell("track");
      this.queued();
    }
    plays.heard(Math.max(0, time - this.lastTime) * 1000);
    this.lastTime = time;
  }

  /** Makes the stream that has to follow ready, when the end of this one's use is near. */
  #prepare() {
    const { stream } = this;
    const last = stream ? Math.min(this.upkeep.until, stream.parts.length) - 1 : -1;
    const at = queues.following(this.queue, false);
    const next = stream?.programme && this.place === last && at >= 0 ? this.queue.items[at] : undefined;
    if (this.prepared && this.prepared.key !== next?.key) {
      this.prepared.stream.end();
      this.prepared = null;
    }
    if (!stream || !next || this.prepared || this.trouble) return;
    const end = parts.end(stream.parts, this.place);
    if (this.upkeep.busy && end - stream.time > EXCHANGE_SECONDS) return;
    if (end - stream.time < PREPARE_SECONDS && stream.reach > end - 0.5) {
      const from = { ...this.queue, current: at };
      this.prepared = { stream: this.#begun(parts.plan(from, FIRST_SECONDS, 2, this.upkeep.apart), 0), key: next.key };
    }
  }

  /**
   * The stream that follows begins while the last samples of this one are still on their way out.
   * @param {Stream} stream
   */
  #handOver(stream) {
    const end = parts.end(stream.parts, this.place);
    if (stream !== this.stream || !stream.wanted || !this.prepared) return;
    plays.heard(Math.max(0, end - this.lastTime) * 1000);
    plays.finish("done");
    const more = this.place + 1 < stream.parts.length; // of which nothing may be heard
    this.stream = null; // it plays out by itself
    setTimeout(() => stream.end(), more ? (end - stream.time) * 1000 : 2000);
    this.#goOn();
  }

  /** To the next track of the queue, in another stream. */
  #goOn() {
    const at = queues.following(this.queue, false);
    if (at < 0) return this.finished();
    this.queue = { ...this.queue, current: at };
    this.load(0, true);
    this.queued();
  }

  /** @param {Stream} stream */
  #ended(stream) {
    if (stream !== this.stream) return;
    this.#follow(stream);
    if (stream !== this.stream) return;
    plays.finish("done");
    this.#goOn();
  }

  /**
   * @param {Stream} stream
   * @param {import("./stream.js").Trouble | null} cause
   * @param {number} seconds
   */
  #troubled(stream, cause, seconds) {
    if (stream !== this.stream) return;
    this.trouble = cause && { cause, until: seconds ? Date.now() + seconds * 1000 : 0, words: "" };
    this.tell("trouble", "state");
  }

  /** @param {Stream} stream */
  #signedOut(stream) {
    if (stream !== this.stream) return;
    this.trouble = { cause: "signed-out", until: 0, words: "" };
    this.tell("trouble", "state");
  }

  /**
   * What sounds cannot be played: it is left out, and the next one plays.
   * @param {Stream} stream
   * @param {string} words
   */
  #broken(stream, words) {
    if (stream !== this.stream) {
      if (stream === this.prepared?.stream) this.prepared = null;
      return stream.end();
    }
    plays.finish("error");
    this.failures += 1;
    if (this.item) this.upkeep.apart.add(this.item.key);
    const title = this.item?.track.title ?? "";
    const at = queues.following(this.queue, true);
    const goesOn = stream.wanted && at > this.queue.current && this.failures < LEFT_OUT_MOST;
    this.#silence();
    if (goesOn) {
      this.queue = { ...this.queue, current: at };
      this.load(0, true);
      this.queued();
    }
    this.trouble = { cause: "left-out", until: 0, words: `“${title}” was left out: ${words}` };
    this.tell("trouble", "state");
  }

  keepPosition() {
    this.lastKept = Date.now();
    if (this.item) remembered.rememberPosition(this.position);
  }

  queued() {
    remembered.remember(this.queue, this.position);
    this.upkeep.look();
    this.#prepare();
    this.tell("queue", "state");
  }
}
