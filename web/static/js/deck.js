// A deck plays one track: an audio element that lives outside the page, and its HLS player.
//
// The player has two: one that sounds, and one that has the next track ready. A deck repairs what
// it can (lost network, expired links) and tells what it does.

import { call, Problem } from "./api.js";

/** @typedef {import("hls.js").default} Hls */
/** @typedef {{ bitrate: number, name: string }} Rung */
/**
 * @typedef {object} Listener
 * @property {(deck: Deck) => void} changed   playing, waiting, levels or buffer changed
 * @property {(deck: Deck) => void} time
 * @property {(deck: Deck) => void} ended
 * @property {(deck: Deck, seconds: number) => void} trouble  not reached; trying again in `seconds`
 * @property {(deck: Deck) => void} fine      reached again
 * @property {(deck: Deck, words: string) => void} broken     this track cannot be played at all
 * @property {(deck: Deck) => void} blocked   the browser wants a press first
 */

const LONGEST_WAIT = 20; // seconds between two tries
const AHEAD = 60; // seconds of sound to have in hand
const LINK_LIFE_MS = 12 * 3600 * 1000;
const GONE = [401, 403, 404, 410];

/** @type {Map<string, { programme: Programme, at: number }>} */
const programmes = new Map();

/** @type {Promise<typeof import("hls.js")> | undefined} */
let library;

/** The HLS player's script, fetched when the first track is. */
function loaded() {
  library ??= import("../vendor/hls.js");
  return library;
}

/**
 * A signed stream for a track; a fresh one when `anew`.
 * @param {Track} track
 * @param {boolean} anew
 * @returns {Promise<Programme>}
 */
async function programmeOf(track, anew) {
  const known = programmes.get(track.id);
  if (known && !anew && Date.now() - known.at < LINK_LIFE_MS) return known.programme;
  const programme = await call("POST", "/api/v1/programmes", { tracks: [track.id] });
  programmes.set(track.id, { programme, at: Date.now() });
  return programme;
}

export class Deck {
  /**
   * @param {Track} track
   * @param {number} position  seconds to begin at
   * @param {Listener} listener
   * @param {{ volume: number, muted: boolean, bitrate: number | null, bandwidth: number }} settings
   */
  constructor(track, position, listener, settings) {
    this.track = track;
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.audio.volume = settings.volume;
    this.audio.muted = settings.muted;
    this.wanted = false; // somebody wants it to sound
    this.waiting = true;
    this.settings = settings;
    this.listener = listener;
    this.from = position;
    this.tries = 0;
    this.released = false;
    /** @type {Hls | null} */
    this.hls = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.again = undefined;
    /** @type {(() => void) | null} */
    this.repair = null;
    this.mediaRepairs = 0;
    for (const type of ["playing", "pause", "waiting", "progress", "durationchange", "seeking", "seeked", "canplay", "stalled"]) {
      this.audio.addEventListener(type, () => this.#noticed(type));
    }
    this.audio.addEventListener("timeupdate", () => this.listener.time(this));
    this.audio.addEventListener("ended", () => this.listener.ended(this));
    void this.#open(false);
  }

  get position() {
    return this.audio.readyState ? this.audio.currentTime : this.from;
  }

  get duration() {
    return Number.isFinite(this.audio.duration) && this.audio.duration > 0 ? this.audio.duration : this.track.duration;
  }

  get playing() {
    return this.wanted;
  }

  /** How far ahead the sound is in hand, in seconds of the track. */
  get buffered() {
    const { buffered, currentTime } = this.audio;
    for (let n = 0; n < buffered.length; n++) {
      if (buffered.start(n) <= currentTime + 0.3 && buffered.end(n) >= currentTime) return buffered.end(n);
    }
    return currentTime;
  }

  /** @returns {Rung[]} from low to high */
  get rungs() {
    return (this.hls?.levels ?? []).map((level) => {
      const bitrate = level.averageBitrate || level.bitrate;
      return { bitrate, name: `${nominal(bitrate)} kbit/s` };
    });
  }

  /** The rung that sounds, or null when it is not known. */
  get rung() {
    const level = this.hls?.loadLevel ?? -1;
    return level < 0 ? null : (this.rungs[level] ?? null);
  }

  get bandwidth() {
    const estimate = this.hls?.bandwidthEstimate ?? 0;
    return Number.isFinite(estimate) ? estimate : 0;
  }

  async play() {
    this.wanted = true;
    this.listener.changed(this);
    try {
      await this.audio.play();
    } catch (error) {
      if (!(error instanceof DOMException) || this.released) return;
      if (error.name === "NotAllowedError") {
        this.wanted = false;
        this.listener.blocked(this);
        this.listener.changed(this);
      }
    }
  }

  pause() {
    this.wanted = false;
    this.audio.pause();
    this.listener.changed(this);
  }

  /** @param {number} seconds */
  seek(seconds) {
    const to = Math.max(0, Math.min(seconds, this.duration - 0.05));
    if (this.audio.readyState) this.audio.currentTime = to;
    else this.from = to;
    this.listener.time(this);
  }

  /** @param {number | null} bitrate  nominal kbit/s, or null for whatever the network carries */
  choose(bitrate) {
    this.settings = { ...this.settings, bitrate };
    if (this.hls?.levels.length) this.hls.nextLevel = this.#level();
  }

  /** Tries again at once what waits for its next try. */
  retry() {
    const repair = this.repair;
    clearTimeout(this.again);
    this.repair = null;
    repair?.();
  }

  release() {
    this.released = true;
    this.wanted = false;
    clearTimeout(this.again);
    this.hls?.destroy();
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  /** @param {boolean} anew  a new signed link is needed */
  async #open(anew) {
    let programme;
    try {
      programme = await programmeOf(this.track, anew);
    } catch (error) {
      if (this.released || !(error instanceof Problem)) return;
      if (error.status && error.status < 500 && error.status !== 429) this.listener.broken(this, error.message);
      else this.#later(() => void this.#open(anew));
      return;
    }
    const { default: HlsPlayer } = await loaded();
    if (this.released) return;
    if (HlsPlayer.isSupported()) this.#attach(HlsPlayer, programme.hls);
    else this.#attachNative(programme.hls);
  }

  /**
   * @param {typeof import("hls.js").default} HlsPlayer
   * @param {string} address
   */
  #attach(HlsPlayer, address) {
    this.hls?.destroy();
    const hls = new HlsPlayer({
      startPosition: this.from,
      startLevel: -1,
      testBandwidth: false,
      abrEwmaDefaultEstimate: this.settings.bandwidth || 1_000_000,
      maxBufferLength: AHEAD,
      maxMaxBufferLength: 2 * AHEAD,
      backBufferLength: 2 * AHEAD,
      maxBufferHole: 0.2,
      enableWorker: true,
      capLevelToPlayerSize: false,
    });
    this.hls = hls;
    const { Events, ErrorTypes } = HlsPlayer;
    hls.on(Events.MANIFEST_PARSED, () => {
      const level = this.#level();
      if (level >= 0) hls.startLevel = hls.nextLevel = level;
      this.#reached();
    });
    hls.on(Events.LEVEL_SWITCHED, () => this.listener.changed(this));
    hls.on(Events.FRAG_BUFFERED, () => this.#reached());
    hls.on(Events.ERROR, (_, problem) => {
      if (!problem.fatal || this.released) return;
      const status = problem.response?.code ?? 0;
      if (problem.type === ErrorTypes.NETWORK_ERROR) {
        this.from = this.position;
        if (GONE.includes(status)) this.#later(() => void this.#open(true));
        else this.#later(() => (hls.levels.length ? hls.startLoad(-1) : hls.loadSource(address)));
      } else if (problem.type === ErrorTypes.MEDIA_ERROR && this.mediaRepairs < 2) {
        this.mediaRepairs += 1;
        hls.recoverMediaError();
        if (this.wanted) void this.play();
      } else {
        this.listener.broken(this, "The browser cannot play this track.");
      }
    });
    hls.loadSource(address);
    hls.attachMedia(this.audio);
    if (this.wanted) void this.play();
  }

  /** @param {string} address */
  #attachNative(address) {
    const { audio } = this;
    audio.onerror = () => {
      if (this.released) return;
      this.from = audio.currentTime || this.from;
      if (audio.error?.code === MediaError.MEDIA_ERR_NETWORK || audio.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED) {
        if (this.tries > 6) this.listener.broken(this, "The browser cannot play this track.");
        else this.#later(() => void this.#open(true));
      } else this.listener.broken(this, "The browser cannot play this track.");
    };
    audio.onloadedmetadata = () => {
      if (this.from) audio.currentTime = this.from;
      this.#reached();
    };
    audio.src = address;
    if (this.wanted) void this.play();
  }

  #level() {
    const { bitrate } = this.settings;
    if (!bitrate) return -1;
    let best = -1;
    for (const [at, rung] of this.rungs.entries()) {
      if (best < 0 || Math.abs(nominal(rung.bitrate) - bitrate) < Math.abs(nominal(/** @type {Rung} */ (this.rungs[best]).bitrate) - bitrate)) best = at;
    }
    return best;
  }

  /** @param {() => void} repair */
  #later(repair) {
    clearTimeout(this.again);
    const seconds = Math.min(LONGEST_WAIT, 2 ** this.tries);
    this.tries += 1;
    this.repair = repair;
    this.again = setTimeout(() => this.retry(), seconds * 1000);
    this.listener.trouble(this, seconds);
  }

  #reached() {
    if (this.tries) {
      this.tries = 0;
      this.listener.fine(this);
    }
    this.listener.changed(this);
  }

  /** @param {string} type */
  #noticed(type) {
    if (type === "playing" || type === "canplay") this.waiting = false;
    if (type === "waiting" || type === "seeking") this.waiting = true;
    if (type === "pause" && !this.released && !this.audio.ended && this.audio.paused && this.wanted && this.audio.readyState > 2) {
      this.wanted = false; // paused from outside: headphones pulled, another app
    }
    this.listener.changed(this);
  }
}

/**
 * The bit rate a rung is named after: what was measured, rounded to a multiple of 32.
 * @param {number} bitrate  bit/s
 */
export function nominal(bitrate) {
  const kilo = bitrate / 1000;
  for (const usual of [48, 64, 96, 128, 160, 192, 256, 320]) {
    if (Math.abs(kilo - usual) < usual * 0.12) return usual;
  }
  return Math.round(kilo);
}
