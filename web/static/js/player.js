// The player: the queue, the two decks, and what people ask of them. It knows no page.

import { Deck, nominal } from "./deck.js";
import { keep, kept } from "./kept.js";
import * as plays from "./plays.js";
import * as queues from "./queue.js";
import * as remembered from "./remembered.js";

const PREPARE_SECONDS = 30; // the next track is made ready so long before the end
const HANDOVER_SECONDS = 0.026; // and begins so long before it: the time a start takes
const RESTART_SECONDS = 4; // "previous" within the first seconds goes back, later it starts again
const POSITION_EVERY_MS = 4000;

/** @typedef {"track" | "state" | "time" | "queue" | "trouble"} Topic */

class Player {
  constructor() {
    this.queue = queues.empty();
    /** @type {Deck | null} */
    this.deck = null;
    /** @type {{ deck: Deck, key: string } | null} */
    this.prepared = null;
    /** @type {Map<Topic, Set<() => void>>} */
    this.watchers = new Map();
    /** @type {{ text: string, until: number } | null} */
    this.trouble = null;
    this.volume = kept("volume", 1);
    this.muted = kept("muted", false);
    /** @type {number | null} */
    this.bitrate = kept("bitrate", null);
    this.resumeAt = 0;
    this.lastTime = 0;
    this.lastKept = 0;
    this.failures = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.handover = undefined;
    /** @type {import("./deck.js").Listener} */
    this.listener = {
      changed: (deck) => this.#changed(deck),
      time: (deck) => this.#time(deck),
      ended: (deck) => this.#ended(deck),
      trouble: (deck, seconds) => this.#trouble(deck, seconds),
      fine: (deck) => this.#fine(deck),
      broken: (deck, words) => this.#broken(deck, words),
      blocked: () => this.#tell("state"),
    };
  }

  /**
   * @param {Topic} topic
   * @param {() => void} watcher
   */
  watch(topic, watcher) {
    const all = this.watchers.get(topic) ?? new Set();
    all.add(watcher);
    this.watchers.set(topic, all);
  }

  /** Takes up the queue where it was left, without a sound. */
  async resume() {
    const { queue, position } = await remembered.recall();
    if (this.queue.items.length) return;
    this.queue = queue;
    this.resumeAt = position;
    this.#tell("queue", "track", "state", "time");
    addEventListener("pagehide", () => {
      if (this.item) remembered.rememberPosition(this.position);
      remembered.leave();
    });
    addEventListener("online", () => this.retry());
  }

  get item() {
    return queues.playing(this.queue);
  }

  get track() {
    return this.item?.track;
  }

  get playing() {
    return this.deck?.playing ?? false;
  }

  get waiting() {
    return this.playing && (this.deck?.waiting ?? false);
  }

  get position() {
    return this.deck ? this.deck.position : this.resumeAt;
  }

  get duration() {
    return this.deck?.duration ?? this.track?.duration ?? 0;
  }

  get buffered() {
    return this.deck?.buffered ?? 0;
  }

  /** What the quality is set to and what sounds: "Auto · 128". */
  get rungName() {
    const rung = this.deck?.rung;
    const now = rung ? `${nominal(rung.bitrate)}` : "";
    if (this.bitrate) return `${this.bitrate} kbit/s`;
    return now ? `Auto · ${now}` : "Auto";
  }

  /**
   * @param {Track[]} tracks
   * @param {number} at
   * @param {Source} from
   * @param {boolean} [shuffle]
   */
  playTracks(tracks, at, from, shuffle = false) {
    const wished = tracks[at];
    const list = queues.items(tracks, from);
    if (!list.length) return;
    const first = Math.max(0, list.findIndex((item) => item.track === wished));
    const start = shuffle && at === 0 ? Math.floor(Math.random() * list.length) : first;
    plays.finish(this.#left());
    this.queue = queues.begun(this.queue, list, start, shuffle);
    this.#load(0, true);
    this.#queued();
  }

  /**
   * @param {Track[]} tracks
   * @param {Source} from
   * @param {boolean} next  right after the one that plays, instead of at the end
   */
  add(tracks, from, next) {
    const list = queues.items(tracks, from);
    if (!this.queue.items.length) return this.playTracks(tracks, 0, from);
    this.queue = queues.inserted(this.queue, list, next ? this.queue.current + 1 : this.queue.items.length);
    this.#queued();
  }

  /** @param {string} key */
  jump(key) {
    const at = this.queue.items.findIndex((item) => item.key === key);
    if (at < 0) return;
    plays.finish(this.#left());
    this.queue = { ...this.queue, current: at };
    this.#load(0, true);
    this.#queued();
  }

  /** @param {string} key */
  remove(key) {
    const now = this.item;
    const wasPlaying = this.playing;
    this.queue = queues.removed(this.queue, key);
    if (now?.key === key) {
      plays.finish("skip");
      if (this.queue.items.length) this.#load(0, wasPlaying);
      else this.#stop();
    }
    this.#queued();
  }

  /**
   * @param {string} key
   * @param {number} to
   */
  move(key, to) {
    this.queue = queues.moved(this.queue, key, to);
    this.#queued();
  }

  clear() {
    plays.finish("stop");
    this.queue = { ...queues.empty(), repeat: this.queue.repeat };
    this.#stop();
    this.#queued();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (!this.item) return;
    if (!this.deck) this.#load(this.resumeAt, true);
    else void this.deck.play();
  }

  pause() {
    this.deck?.pause();
    this.#keepPosition();
  }

  next() {
    const at = queues.following(this.queue, true);
    plays.finish("skip");
    if (at < 0) return this.#finished();
    this.queue = { ...this.queue, current: at };
    this.#load(0, true);
    this.#queued();
  }

  previous() {
    if (this.position > RESTART_SECONDS || !this.queue.items.length) return this.seek(0);
    plays.finish("back");
    this.queue = { ...this.queue, current: queues.preceding(this.queue) };
    this.#load(0, true);
    this.#queued();
  }

  /** @param {number} seconds */
  seek(seconds) {
    clearTimeout(this.handover);
    plays.seeked();
    if (this.deck) this.deck.seek(seconds);
    else this.resumeAt = Math.max(0, Math.min(seconds, this.duration));
    this.lastTime = this.position;
    this.#keepPosition();
    this.#tell("time");
  }

  /** @param {number} volume  0 to 1 */
  setVolume(volume) {
    this.volume = Math.max(0, Math.min(1, volume));
    this.muted = false;
    this.#loudness();
  }

  mute() {
    this.muted = !this.muted;
    this.#loudness();
  }

  shuffle() {
    this.queue = this.queue.shuffle ? queues.unshuffled(this.queue) : queues.shuffled(this.queue);
    this.#queued();
  }

  repeat() {
    this.queue = { ...this.queue, repeat: queues.repeated(this.queue.repeat) };
    this.#queued();
  }

  /** @param {number | null} bitrate  kbit/s; null: automatic */
  setBitrate(bitrate) {
    this.bitrate = bitrate;
    keep("bitrate", bitrate);
    this.deck?.choose(bitrate);
    this.prepared?.deck.choose(bitrate);
    this.#tell("state");
  }

  retry() {
    this.deck?.retry();
    this.prepared?.deck.retry();
  }

  /**
   * The star of a track changed somewhere.
   * @param {string} id
   * @param {boolean} starred
   */
  starred(id, starred) {
    for (const item of this.queue.items) if (item.track.id === id) item.track.starred = starred;
    this.#tell("state");
  }

  /**
   * @param {number} position
   * @param {boolean} sound
   */
  #load(position, sound) {
    clearTimeout(this.handover);
    this.#silence();
    const item = this.item;
    if (!item) return;
    const ready = this.prepared;
    this.prepared = null;
    if (ready && ready.key === item.key && !position) {
      this.deck = ready.deck;
    } else {
      ready?.deck.release();
      this.deck = this.#deck(item, position);
    }
    this.lastTime = this.deck.position;
    if (sound) void this.deck.play();
    this.#tell("track", "state", "time");
  }

  /**
   * @param {QueueItem} item
   * @param {number} position
   */
  #deck(item, position) {
    const settings = { volume: this.volume, muted: this.muted, bitrate: this.bitrate, bandwidth: kept("bandwidth", 0) };
    return new Deck(item.track, position, this.listener, settings);
  }

  #silence() {
    this.trouble = null;
    this.deck?.release();
    this.deck = null;
    this.#tell("trouble");
  }

  #stop() {
    this.#silence();
    this.prepared?.deck.release();
    this.prepared = null;
    this.resumeAt = 0;
    this.#tell("track", "state", "time");
  }

  /** The queue is at its end: back to its start, in silence. */
  #finished() {
    this.#silence();
    this.queue = { ...this.queue, current: 0 };
    this.resumeAt = 0;
    this.#queued();
    this.#tell("track", "state", "time");
  }

  /** @param {Deck} deck */
  #changed(deck) {
    if (deck !== this.deck) return;
    if (deck.playing && !deck.waiting) {
      this.failures = 0;
      if (!plays.underWay() && this.item) plays.begin(this.item, this.queue.shuffle);
    }
    if (deck.bandwidth) keep("bandwidth", Math.round(deck.bandwidth));
    this.#prepare();
    this.#tell("state", "time");
  }

  /** @param {Deck} deck */
  #time(deck) {
    if (deck !== this.deck) return;
    const step = deck.position - this.lastTime;
    if (step > 0 && step < 2 && deck.playing) plays.heard(step * 1000);
    this.lastTime = deck.position;
    if (Date.now() - this.lastKept > POSITION_EVERY_MS) this.#keepPosition();
    this.#prepare();
    const left = deck.duration - deck.position;
    if (deck.playing && left < 0.7 && left > 0 && this.prepared) {
      clearTimeout(this.handover);
      this.handover = setTimeout(() => this.#handOver(deck), Math.max(0, left - HANDOVER_SECONDS) * 1000);
    }
    this.#tell("time");
  }

  /** Makes the next track ready when the end is near, or this one is wholly in hand. */
  #prepare() {
    const { deck } = this;
    const at = queues.following(this.queue, false);
    const next = at < 0 ? undefined : this.queue.items[at];
    if (this.prepared && this.prepared.key !== next?.key) {
      this.prepared.deck.release();
      this.prepared = null;
    }
    if (!deck || !next || this.prepared || this.trouble) return;
    const left = deck.duration - deck.position;
    if (left < PREPARE_SECONDS && deck.buffered > deck.duration - 0.5) {
      this.prepared = { deck: this.#deck(next, 0), key: next.key };
    }
  }

  /**
   * The next track begins while the last samples of this one are still on their way out.
   * @param {Deck} deck
   */
  #handOver(deck) {
    if (deck !== this.deck || !deck.playing || !this.prepared) return;
    plays.heard(Math.max(0, deck.duration - this.lastTime) * 1000);
    plays.finish("done");
    const at = queues.following(this.queue, false);
    if (at < 0) return;
    this.deck = null; // it plays out by itself
    deck.audio.addEventListener("ended", () => deck.release(), { once: true });
    setTimeout(() => deck.release(), 2000);
    this.queue = { ...this.queue, current: at };
    this.#load(0, true);
    this.#queued();
  }

  /** @param {Deck} deck */
  #ended(deck) {
    if (deck !== this.deck) return;
    clearTimeout(this.handover);
    plays.finish("done");
    const at = queues.following(this.queue, false);
    if (at < 0) return this.#finished();
    this.queue = { ...this.queue, current: at };
    this.#load(0, true);
    this.#queued();
  }

  /**
   * @param {Deck} deck
   * @param {number} seconds
   */
  #trouble(deck, seconds) {
    if (deck !== this.deck) return;
    const what = navigator.onLine ? "The server cannot be reached." : "This device is offline.";
    this.trouble = { text: what, until: Date.now() + seconds * 1000 };
    this.#tell("trouble", "state");
  }

  /** @param {Deck} deck */
  #fine(deck) {
    if (deck !== this.deck) return;
    this.trouble = null;
    this.#tell("trouble", "state");
  }

  /**
   * @param {Deck} deck
   * @param {string} words
   */
  #broken(deck, words) {
    if (deck !== this.deck) {
      if (deck === this.prepared?.deck) this.prepared = null;
      return deck.release();
    }
    plays.finish("error");
    this.failures += 1;
    const title = deck.track.title;
    const at = queues.following(this.queue, true);
    const goOn = deck.playing && at > this.queue.current && this.failures < 4;
    this.#silence();
    if (goOn) {
      this.queue = { ...this.queue, current: at };
      this.#load(0, true);
      this.#queued();
    }
    this.trouble = { text: `“${title}” was left out: ${words}`, until: 0 };
    this.#tell("trouble", "state");
  }

  /** How the play that another one displaces ends. */
  #left() {
    return /** @type {Ending} */ (this.playing ? "skip" : "stop");
  }

  #loudness() {
    keep("volume", this.volume);
    keep("muted", this.muted);
    for (const deck of [this.deck, this.prepared?.deck]) {
      if (!deck) continue;
      deck.audio.volume = this.volume;
      deck.audio.muted = this.muted;
      deck.settings = { ...deck.settings, volume: this.volume, muted: this.muted };
    }
    this.#tell("state");
  }

  #keepPosition() {
    this.lastKept = Date.now();
    if (this.item) remembered.rememberPosition(this.position);
  }

  #queued() {
    remembered.remember(this.queue, this.deck ? this.deck.position : this.resumeAt);
    this.#prepare();
    this.#tell("queue", "state");
  }

  /** @param {Topic[]} topics */
  #tell(...topics) {
    for (const topic of topics) for (const watcher of this.watchers.get(topic) ?? []) watcher();
  }
}

export const player = new Player();
