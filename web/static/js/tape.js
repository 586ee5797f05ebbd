// A programme's sound on an audio element, by hls.js and the browser's Media Source Extensions.
//
// The programme can be exchanged for another one that begins alike while it sounds: only what is
// buffered after the place where the two part is thrown away.

import { chosen } from "./rungs.js";

/** @typedef {import("hls.js").default} Hls */
/** @typedef {import("hls.js").Level} Level */
/** @typedef {{ name: string, bitrate: number }} Rung  its name in the programme; bit/s */
/**
 * @typedef {object} TapeListener
 * @property {() => void} changed   levels or buffer changed
 * @property {() => void} reached   something came over the network
 * @property {(busy: boolean) => void} lost   nothing comes any more until `resume`
 * @property {() => void} gone      the addresses are no longer good
 * @property {(slow: boolean) => void} stalled
 * @property {(words: string) => void} broken
 */
/** @typedef {{ from: number, choice: import("./rungs.js").Choice, bandwidth: number }} Wishes  where to begin, in seconds; bit/s */

const AHEAD = 60; // seconds of sound to have in hand
const AHEAD_BYTES = 6_000_000; // of the 12 MB that Chromium keeps of an audio buffer, both ways
const BEHIND = 40;
const STALL_MS = 4000; // nothing came for so long
const DRY_MS = 2500; // no sound was in hand for so long
const ROOM = 0.7; // seconds before the playhead's reach that may not be touched
const SLIVER = 0.3; // what hls.js takes for rounding and would not load again
const EXCHANGE_MS = 12_000;
const GONE = [401, 403, 404, 410];

export class Tape {
  /**
   * @param {typeof import("hls.js")} library
   * @param {HTMLAudioElement} audio
   * @param {string} address  of the multivariant playlist
   * @param {Wishes} wishes
   * @param {TapeListener} listener
   */
  constructor(library, audio, address, wishes, listener) {
    const { default: HlsPlayer, Events } = library;
    this.audio = audio;
    this.address = address;
    this.choice = wishes.choice;
    this.listener = listener;
    this.repairs = 0;
    this.events = Events;
    /** @type {WeakMap<Level, number[]>} seconds of a level's segments, as its playlist says */
    this.lengths = new WeakMap();
    this.types = library.ErrorTypes;
    /** @type {{ stats: { loaded: number } } | null} */
    this.coming = null;
    this.came = { bytes: 0, at: 0 };
    this.sounded = Date.now();
    const once = { maxNumRetry: 0, retryDelayMs: 0, maxRetryDelayMs: 0 }; // we try again by ourselves, and say so
    const policy = { default: { maxTimeToFirstByteMs: 12_000, maxLoadTimeMs: 60_000, timeoutRetry: once, errorRetry: once } };
    this.hls = new HlsPlayer({
      startPosition: wishes.from,
      startLevel: -1,
      testBandwidth: false,
      abrEwmaDefaultEstimate: wishes.bandwidth || 1_000_000,
      maxBufferLength: AHEAD,
      maxMaxBufferLength: AHEAD,
      maxBufferSize: AHEAD_BYTES,
      backBufferLength: BEHIND,
      maxBufferHole: 0.2,
      preserveManualLevelOnError: true,
      manifestLoadPolicy: policy,
      playlistLoadPolicy: policy,
      fragLoadPolicy: policy,
      enableWorker: true,
      capLevelToPlayerSize: false,
      // the parts come with the programme; a track of cues needs an address that is not allowed here
      enableDateRangeMetadataCues: false,
      enableID3MetadataCues: false,
      enableEmsgMetadataCues: false,
    });
    const { hls } = this;
    hls.on(Events.MANIFEST_PARSED, () => {
      const level = this.#wished();
      if (level >= 0) hls.startLevel = hls.nextLevel = level;
      listener.reached();
    });
    hls.on(Events.LEVEL_LOADED, (_, { levelInfo, details }) => {
      this.lengths.set(levelInfo, details.fragments.map((frag) => frag.duration));
      listener.reached();
    });
    hls.on(Events.LEVEL_SWITCHED, () => listener.changed());
    hls.on(Events.FRAG_LOADING, (_, { frag }) => this.#awaits(frag));
    hls.on(Events.FRAG_BUFFERED, () => {
      this.#awaits(null);
      listener.reached();
    });
    hls.on(Events.ERROR, (_, problem) => this.#failed(problem));
    this.watch = setInterval(() => this.#look(), 1000);
    hls.loadSource(address);
    hls.attachMedia(audio);
  }

  /** @returns {Rung[]} from low to high */
  get rungs() {
    return this.hls.levels.map((level) => ({ name: rendition(level.uri), bitrate: level.averageBitrate || level.bitrate }));
  }

  /** The rung whose sound is heard, or else is fetched; null when none is known yet. */
  get rung() {
    const level = this.hls.currentLevel < 0 ? this.hls.loadLevel : this.hls.currentLevel;
    return this.rungs[level] ?? null;
  }

  get bandwidth() {
    const estimate = this.hls.bandwidthEstimate;
    return Number.isFinite(estimate) ? estimate : 0;
  }

  /** @param {import("./rungs.js").Choice} choice */
  choose(choice) {
    this.choice = choice;
    if (this.hls.levels.length) this.hls.nextLevel = this.#wished();
  }

  /**
   * Begins elsewhere, before anything was heard.
   * @param {number} time
   */
  begin(time) {
    if (this.hls.levels.length) this.hls.startLoad(time);
    else this.hls.config.startPosition = time;
  }

  /** Goes on fetching after `lost`. */
  resume() {
    if (!this.hls.levels.length) this.hls.loadSource(this.address);
    else this.hls.startLoad(...this.#here());
  }

  /**
   * Another programme takes the place of this one, which is the same up to `until` seconds.
   * @param {string} address
   * @param {number} until  Infinity when only the addresses are new
   * @returns {Promise<boolean>} false when it cannot be done without being heard; nothing is changed then
   */
  async exchange(address, until) {
    const { hls } = this;
    if (!hls.levels.length) return false;
    const at = hls.loadLevel;
    const level = /** @type {Level} */ (hls.levels[at]);
    const offered = await variants(address);
    const addresses = hls.levels.map((each) => offered.get(rendition(each.uri)));
    const wanted = addresses[at];
    if (!wanted) return false;
    // into the browser's cache, so that the level's own request cannot fail; and to compare
    const lengths = await durations(wanted);
    const cut = this.#cut(level, lengths, until);
    if (cut === null || hls.levels[at] !== level || hls.loadLevel !== at) return false;
    this.address = address;
    for (const [place, each] of hls.levels.entries()) if (addresses[place]) each.url[0] = /** @type {string} */ (addresses[place]);
    const done = await this.#reload(at, level);
    if (!done) return false;
    hls.stopLoad();
    for (const each of hls.levels) if (each !== level) delete each.details;
    for (let place = addresses.length - 1; place >= 0; place -= 1) if (!addresses[place]) hls.removeLevel(place);
    if (cut < Infinity) hls.trigger(this.events.BUFFER_FLUSHING, { startOffset: cut, endOffset: Infinity, type: null });
    hls.startLoad(...this.#here());
    return true;
  }

  end() {
    clearInterval(this.watch);
    this.hls.destroy();
  }

  /** @returns {[number, boolean]} where to go on fetching, and whether the playhead stays */
  #here() {
    return this.audio.readyState ? [this.audio.currentTime, true] : [-1, false];
  }

  /**
   * Where the buffer may be cut so that all of it that stays belongs to the new programme; null
   * when that would reach what is about to be heard, or when the two are not cut alike.
   * @param {Level} level
   * @param {number[]} lengths  seconds of the new programme's segments
   * @param {number} until
   */
  #cut(level, lengths, until) {
    if (until === Infinity) return until;
    const old = this.lengths.get(level) ?? [];
    let start = 0;
    for (const [place, length] of lengths.entries()) {
      const end = start + length;
      const same = Math.abs((old[place] ?? 0) - length) < 0.002;
      if (!same && end <= until) return null;
      if (end > until + 0.002 || !same) {
        if (this.#ahead() <= start) return start; // nothing of it is buffered yet
        const cut = Math.max(start, Math.min(until, end - SLIVER));
        return cut < this.audio.currentTime + ROOM ? null : cut;
      }
      start = end;
    }
    return start < this.audio.currentTime + ROOM ? null : start;
  }

  /** Until when the sound is in the buffer. */
  #ahead() {
    const { buffered } = this.audio;
    return buffered.length ? buffered.end(buffered.length - 1) : 0;
  }

  /**
   * @param {number} at
   * @param {Level} level
   * @returns {Promise<boolean>}
   */
  #reload(at, level) {
    const { hls, events } = this;
    return new Promise((resolve) => {
      /** @param {boolean} done */
      const settle = (done) => {
        clearTimeout(timer);
        hls.off(events.LEVEL_UPDATED, updated);
        resolve(done);
      };
      /** @type {(event: unknown, data: { level: number }) => void} */
      const updated = (_, data) => {
        if (data.level === at) settle(true);
      };
      const timer = setTimeout(() => settle(false), EXCHANGE_MS);
      hls.on(events.LEVEL_UPDATED, updated);
      hls.trigger(events.LEVEL_LOADING, { url: level.uri, level: at, levelInfo: level, pathwayId: level.attrs["PATHWAY-ID"], id: 0, deliveryDirectives: null });
    });
  }

  /** @param {import("hls.js").ErrorData} problem */
  #failed(problem) {
    if (!problem.fatal) return;
    const status = problem.response?.code ?? 0;
    this.#awaits(null);
    if (problem.type === this.types.NETWORK_ERROR) {
      if (GONE.includes(status)) this.listener.gone();
      else this.listener.lost(status >= 500);
    } else if (problem.type === this.types.MEDIA_ERROR && this.repairs < 2) {
      this.repairs += 1;
      this.hls.recoverMediaError();
      this.listener.changed();
    } else {
      this.listener.broken("The browser cannot play this track.");
    }
  }

  /** @param {{ stats: { loaded: number } } | null} frag */
  #awaits(frag) {
    this.coming = frag;
    this.came = { bytes: 0, at: Date.now() };
  }

  /** Whether what was asked for comes too slowly. */
  #look() {
    const now = Date.now();
    if (this.audio.paused || this.audio.readyState > 2) this.sounded = now;
    const bytes = this.coming?.stats.loaded ?? 0;
    if (bytes !== this.came.bytes) this.came = { bytes, at: now };
    this.listener.stalled(this.coming !== null && (now - this.came.at > STALL_MS || now - this.sounded > DRY_MS));
  }

  #wished() {
    const name = chosen(this.choice, this.rungs);
    return name === null ? -1 : this.rungs.findIndex((rung) => rung.name === name);
  }
}

/**
 * The rendition that an address is of: "aac-128" in "/stream/ID/aac-128/index.m3u8".
 * @param {string} address
 */
function rendition(address) {
  return new URL(address, location.href).pathname.split("/").at(-2) ?? "";
}

/**
 * The addresses of a multivariant playlist's media playlists, by rendition (RFC 8216 section 4.3.4.2).
 * @param {string} address
 * @returns {Promise<Map<string, string>>}
 */
async function variants(address) {
  const lines = await text(address);
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const [place, line] of lines.entries()) {
    const uri = lines[place + 1];
    if (!line.startsWith("#EXT-X-STREAM-INF:") || !uri) continue;
    const absolute = new URL(uri, new URL(address, location.href)).href;
    found.set(rendition(absolute), absolute);
  }
  return found;
}

/** @param {string} address  of a media playlist */
async function durations(address) {
  return (await text(address)).filter((line) => line.startsWith("#EXTINF:")).map((line) => Number.parseFloat(line.slice(8)));
}

/** @param {string} address */
async function text(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new TypeError(`the server answered ${answer.status}`);
  return (await answer.text()).split("\n");
}
