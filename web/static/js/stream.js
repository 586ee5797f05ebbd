// A stream plays one programme: an audio element that lives outside the page, and what feeds it.
//
// It repairs what it can (lost network, expired links), keeps its place while it does, and tells.

import { NativeTape } from "./native-tape.js";
import { Patience } from "./patience.js";
import { Tape } from "./tape.js";

/** @typedef {import("./parts.js").Part} Part */
/** @typedef {import("./tape.js").Rung} Rung */
/** @typedef {{ id: string, hls: string, duration: number, parts: Part[], renditions: Rendition[], why: string[], shared_until: number }} Prepared  a programme with the queue's keys */
/** @typedef {"away" | "busy" | "stalled"} Trouble */
/**
 * @typedef {object} Listener
 * @property {(stream: Stream) => void} changed   playing, waiting, levels or buffer changed
 * @property {(stream: Stream) => void} time
 * @property {(stream: Stream) => void} ended
 * @property {(stream: Stream, trouble: Trouble | null, seconds: number) => void} trouble  not reached, trying again in `seconds`; null: reached again
 * @property {(stream: Stream) => void} gone      the programme has to be asked for again
 * @property {(stream: Stream, words: string) => void} broken   what sounds now cannot be played at all
 */
/** @typedef {{ volume: number, muted: boolean, choice: import("./rungs.js").Choice, bandwidth: number }} Settings */

/** @type {Promise<typeof import("hls.js")> | undefined} */
let library;

/** The HLS player's script, fetched when the first track is. */
function loaded() {
  library ??= import("../vendor/hls.js");
  return library;
}

export class Stream {
  /**
   * @param {number} from  seconds into the programme to begin at
   * @param {Listener} listener
   * @param {Settings} settings
   */
  constructor(from, listener, settings) {
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.audio.volume = settings.volume;
    this.audio.muted = settings.muted;
    this.wanted = false; // somebody wants it to sound
    this.waiting = true;
    this.settings = settings;
    this.listener = listener;
    /** @type {number | null} where it is, while the element does not know */
    this.held = from;
    this.ended = false;
    /** @type {Prepared | null} */
    this.programme = null;
    /** @type {Tape | NativeTape | null} */
    this.tape = null;
    this.last = from;
    this.stalled = false;
    this.patience = new Patience((seconds) => this.#repairing(seconds), () => this.reach - this.time);
    /** @type {Trouble} */
    this.cause = "away";
    for (const type of ["playing", "pause", "waiting", "progress", "seeking", "seeked", "canplay", "stalled"]) {
      this.audio.addEventListener(type, () => this.#noticed(type));
    }
    this.audio.addEventListener("timeupdate", () => {
      if (this.held !== null && this.audio.currentTime < this.held - 1) return;
      this.held = null;
      this.last = this.audio.currentTime;
      this.listener.time(this);
    });
    this.audio.addEventListener("emptied", () => {
      this.held ??= this.last;
    });
    this.audio.addEventListener("ended", () => this.listener.ended(this));
    void loaded();
  }

  /** @returns {Part[]} */
  get parts() {
    return this.programme?.parts ?? [];
  }

  /** Seconds into the programme. */
  get time() {
    return this.held ?? this.audio.currentTime;
  }

  /** Until when the sound is in hand without a gap, in seconds of the programme. */
  get reach() {
    const { time } = this;
    const { buffered } = this.audio;
    for (let n = 0; n < buffered.length; n++) {
      if (buffered.start(n) <= time + 0.3 && buffered.end(n) >= time) return buffered.end(n);
    }
    return time;
  }

  /** Whether the sound is in hand to the programme's end. */
  get complete() {
    return this.programme !== null && this.reach > this.programme.duration - 0.5;
  }

  get rungs() {
    return this.tape?.rungs ?? [];
  }

  get rung() {
    return this.tape?.rung ?? null;
  }

  get bandwidth() {
    return this.tape?.bandwidth ?? 0;
  }

  /** @param {Prepared} programme */
  async open(programme) {
    this.programme = programme;
    const hls = await loaded().catch(() => null);
    if (this.ended) return;
    if (!hls) {
      library = undefined; // the script itself was not reached
      this.cause = "away";
      this.patience.later(() => void this.open(programme));
      return;
    }
    const from = this.time;
    this.held = from;
    this.tape?.end();
    const listener = {
      changed: () => this.listener.changed(this),
      reached: () => this.#reached(),
      lost: (/** @type {boolean} */ busy) => {
        this.cause = busy ? "busy" : "away";
        this.patience.later(() => this.tape?.resume());
      },
      gone: () => this.listener.gone(this),
      stalled: (/** @type {boolean} */ slow) => this.#slow(slow),
      broken: (/** @type {string} */ words) => this.listener.broken(this, words),
    };
    const wishes = { from, choice: this.settings.choice, bandwidth: this.settings.bandwidth };
    this.tape = hls.default.isSupported() ? new Tape(hls, this.audio, programme.hls, wishes, listener) : new NativeTape(this.audio, programme.hls, from, listener);
    if (this.wanted) void this.play();
    this.listener.changed(this);
  }

  /**
   * Goes on with another programme, the same up to `until` seconds, without being heard.
   * @param {Prepared} programme
   * @param {number} until  Infinity when only its addresses are new
   * @returns {Promise<boolean>} false when that cannot be done
   */
  async exchange(programme, until) {
    if (!this.tape) return false;
    let done = false;
    try {
      done = await this.tape.exchange(programme.hls, until);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // not reached: the programme before stays
    }
    if (done && !this.ended) {
      this.programme = programme;
      this.listener.changed(this);
    }
    return done && !this.ended;
  }

  async play() {
    this.wanted = true;
    this.listener.changed(this);
    try {
      await this.audio.play();
    } catch (error) {
      if (!(error instanceof DOMException) || this.ended) return;
      if (error.name === "NotAllowedError") {
        this.wanted = false; // the browser wants a press first
        this.listener.changed(this);
      }
    }
  }

  pause() {
    this.wanted = false;
    this.audio.pause();
    this.listener.changed(this);
  }

  /** @param {number} time  in seconds of the programme */
  seek(time) {
    const to = Math.max(0, this.programme ? Math.min(time, this.programme.duration - 0.05) : time);
    if (this.audio.readyState && this.held === null) this.audio.currentTime = to;
    else {
      this.held = to;
      if (this.audio.readyState) this.audio.currentTime = to;
      else this.tape?.begin(to);
    }
    this.last = to;
    this.listener.time(this);
  }

  /** @param {import("./rungs.js").Choice} choice */
  choose(choice) {
    this.settings = { ...this.settings, choice };
    this.tape?.choose(choice);
  }

  end() {
    this.ended = true;
    this.wanted = false;
    this.patience.end();
    this.tape?.end();
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  #reached() {
    this.patience.fine();
    this.listener.changed(this);
  }

  /** @param {number | null} seconds */
  #repairing(seconds) {
    this.stalled = false;
    this.listener.trouble(this, seconds === null ? null : this.cause, seconds ?? 0);
  }

  /** @param {boolean} slow */
  #slow(slow) {
    if (slow === this.stalled || this.patience.trying) return;
    this.stalled = slow;
    this.listener.trouble(this, slow ? "stalled" : null, 0);
  }

  /** @param {string} type */
  #noticed(type) {
    if (type === "playing" || type === "canplay") this.waiting = false;
    if (type === "waiting" || type === "seeking") this.waiting = true;
    if (type === "pause" && !this.ended && !this.audio.ended && this.audio.paused && this.wanted && this.audio.readyState > 2) {
      this.wanted = false; // paused from outside: headphones pulled, another app
    }
    this.listener.changed(this);
  }
}
