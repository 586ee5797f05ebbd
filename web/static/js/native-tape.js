// A programme's sound by the browser's own HLS player, where scripts may not feed it (older iPhones).

/** @typedef {import("./tape.js").TapeListener} TapeListener */
/** @typedef {import("./tape.js").Rung} Rung */

const MOST_TRIES = 6;

export class NativeTape {
  /**
   * @param {HTMLAudioElement} audio
   * @param {string} address
   * @param {number} from
   * @param {TapeListener} listener
   */
  constructor(audio, address, from, listener) {
    this.audio = audio;
    this.address = address;
    this.from = from;
    this.listener = listener;
    this.tries = 0;
    this.bound = new AbortController();
    const { signal } = this.bound;
    audio.addEventListener("error", () => this.#failed(), { signal });
    audio.addEventListener("loadedmetadata", () => {
      if (this.from) audio.currentTime = this.from;
    }, { signal });
    audio.addEventListener("playing", () => {
      this.tries = 0;
      listener.reached();
    }, { signal });
    audio.src = address;
  }

  /** @returns {Rung[]} the browser does not tell */
  get rungs() {
    return [];
  }

  /** @returns {Rung | null} */
  get rung() {
    return null;
  }

  get bandwidth() {
    return 0;
  }

  choose() {
    // the browser chooses
  }

  /** @param {number} time */
  begin(time) {
    this.from = time;
  }

  resume() {
    this.from = this.audio.currentTime || this.from;
    this.audio.src = this.address;
  }

  /**
   * @param {string} address
   * @param {number} until
   * @returns {Promise<boolean>}
   */
  async exchange(address, until) {
    if (until < Infinity) return false;
    this.address = address;
    this.resume();
    return true;
  }

  end() {
    this.bound.abort();
  }

  #failed() {
    const { code } = this.audio.error ?? { code: 0 };
    this.from = this.audio.currentTime || this.from;
    this.tries += 1;
    const network = code === MediaError.MEDIA_ERR_NETWORK || code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    if (!network && this.tries < 3) this.resume();
    else if (!network || this.tries > MOST_TRIES) this.listener.broken("The browser cannot play this track.");
    else if (code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED && this.tries > 1) this.listener.gone();
    else this.listener.lost(false);
  }
}
