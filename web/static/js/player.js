// The player: what people ask of the queue and its playback. It knows no page.

import { abilities } from "./abilities.js";
import { keep, kept } from "./kept.js";
import { Playback } from "./playback.js";
import * as plays from "./plays.js";
import * as queues from "./queue.js";
import * as remembered from "./remembered.js";

const RESTART_SECONDS = 4; // "previous" within the first seconds goes back, later it starts again

/** @typedef {import("./playback.js").Topic} Topic */

class Player {
  constructor() {
    /** @type {Map<Topic, Set<() => void>>} */
    this.watchers = new Map();
    this.volume = kept("volume", 1);
    this.muted = kept("muted", false);
    /** @type {import("./rungs.js").Choice} */
    this.choice = kept("quality", "auto");
    this.playback = new Playback(
      () => ({ volume: this.volume, muted: this.muted, choice: this.choice, bandwidth: kept("bandwidth", 0) }),
      (...topics) => this.#tell(...topics),
    );
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
    this.playback.queue = queue;
    this.playback.resumeAt = position;
    this.#tell("queue", "track", "state", "time");
    addEventListener("pagehide", () => {
      if (this.item) remembered.rememberPosition(this.position);
      remembered.leave();
    });
    addEventListener("online", () => this.retry());
  }

  get queue() {
    return this.playback.queue;
  }

  get item() {
    return this.playback.item;
  }

  get track() {
    return this.item?.track;
  }

  /** What sounds, for those who ask for its quality. */
  get stream() {
    return this.playback.stream;
  }

  get trouble() {
    return this.playback.trouble;
  }

  get playing() {
    return this.stream?.wanted ?? false;
  }

  get waiting() {
    return this.playing && (this.stream?.waiting ?? false);
  }

  /** Seconds into the track. */
  get position() {
    return this.playback.position;
  }

  get duration() {
    return this.playback.duration;
  }

  /** Until when the track's sound is in hand, in its seconds. */
  get buffered() {
    return this.stream ? Math.min(this.duration, this.stream.reach - this.playback.start) : 0;
  }

  /** Seconds of sound that are in hand from here on, this track's and those that follow. */
  get inHand() {
    return this.stream ? Math.max(0, this.stream.reach - this.stream.time) : 0;
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
    this.playback.queue = queues.begun(this.queue, list, start, shuffle);
    this.playback.load(0, true);
    this.playback.queued();
  }

  /**
   * @param {Track[]} tracks
   * @param {Source} from
   * @param {boolean} next  right after the one that plays, instead of at the end
   */
  add(tracks, from, next) {
    const list = queues.items(tracks, from);
    if (!this.queue.items.length) return this.playTracks(tracks, 0, from);
    this.playback.queue = queues.inserted(this.queue, list, next ? this.queue.current + 1 : this.queue.items.length);
    this.playback.queued();
  }

  /** @param {string} key */
  jump(key) {
    const at = this.queue.items.findIndex((item) => item.key === key);
    if (at >= 0) this.playback.go(at, this.#left());
  }

  /** @param {string} key */
  remove(key) {
    const now = this.item;
    const wasPlaying = this.playing;
    this.playback.queue = queues.removed(this.queue, key);
    if (now?.key === key) {
      plays.finish("skip");
      if (this.queue.items.length) this.playback.load(0, wasPlaying);
      else this.playback.stop();
    }
    this.playback.queued();
  }

  /**
   * @param {string} key
   * @param {number} to
   */
  move(key, to) {
    this.playback.queue = queues.moved(this.queue, key, to);
    this.playback.queued();
  }

  clear() {
    plays.finish("stop");
    this.playback.queue = { ...queues.empty(), repeat: this.queue.repeat };
    this.playback.stop();
    this.playback.queued();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (!this.item) return;
    if (!this.stream) this.playback.load(this.playback.resumeAt, true);
    else void this.stream.play();
  }

  pause() {
    this.stream?.pause();
    this.playback.keepPosition();
  }

  next() {
    const at = queues.following(this.queue, true);
    if (at < 0) {
      plays.finish("skip");
      this.playback.finished();
    } else this.playback.go(at, "skip");
  }

  previous() {
    if (this.position > RESTART_SECONDS || !this.queue.items.length) return this.seek(0);
    this.playback.go(queues.preceding(this.queue), "back");
  }

  /** @param {number} seconds  into the track */
  seek(seconds) {
    this.playback.seek(seconds);
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
    this.playback.queue = this.queue.shuffle ? queues.unshuffled(this.queue) : queues.shuffled(this.queue);
    this.playback.queued();
  }

  repeat() {
    this.playback.queue = { ...this.queue, repeat: queues.repeated(this.queue.repeat) };
    this.playback.queued();
  }

  /** @param {import("./rungs.js").Choice} choice */
  choose(choice) {
    const other = JSON.stringify(abilities(choice)) !== JSON.stringify(abilities(this.choice));
    this.choice = choice;
    keep("quality", choice);
    for (const stream of this.playback.streams) {
      stream.choose(choice);
      if (other) void this.playback.upkeep.renew(stream, true);
    }
    this.#tell("state");
  }

  /** The way that tracks follow each other was chosen anew. */
  rearrange() {
    this.playback.upkeep.again();
  }

  retry() {
    for (const stream of this.playback.streams) stream.patience.now();
    this.playback.upkeep.look();
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

  /** How the play that another one displaces ends. */
  #left() {
    return /** @type {Ending} */ (this.playing ? "skip" : "stop");
  }

  #loudness() {
    keep("volume", this.volume);
    keep("muted", this.muted);
    for (const { audio } of this.playback.streams) {
      audio.volume = this.volume;
      audio.muted = this.muted;
    }
    this.#tell("state");
  }

  /** @param {Topic[]} topics */
  #tell(...topics) {
    for (const topic of topics) for (const watcher of this.watchers.get(topic) ?? []) watcher();
  }
}

export const player = new Player();
