// What did not work for want of a network is tried again, each time a little later; the sooner, the
// less sound there is in hand.

const LONGEST_WAIT = 16; // seconds
const SHORTEST_LIMIT = 2;

export class Patience {
  /**
   * @param {(seconds: number | null) => void} told  how long until the next try; null: it worked
   * @param {() => number} inHand  seconds of sound that can be played meanwhile
   */
  constructor(told, inHand) {
    this.told = told;
    this.inHand = inHand;
    this.tries = 0;
    /** @type {(() => void) | null} */
    this.repair = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  get trying() {
    return this.tries > 0;
  }

  /** @param {() => void} repair */
  later(repair) {
    clearTimeout(this.timer);
    const limit = Math.min(LONGEST_WAIT, Math.max(SHORTEST_LIMIT, Math.floor(this.inHand() / 2)));
    const seconds = Math.min(limit, 2 ** this.tries);
    this.tries += 1;
    this.repair = repair;
    this.timer = setTimeout(() => this.now(), seconds * 1000);
    this.told(seconds);
  }

  /** Tries at once what waits. */
  now() {
    clearTimeout(this.timer);
    const { repair } = this;
    this.repair = null;
    repair?.();
  }

  /** It works again. */
  fine() {
    if (!this.tries) return;
    this.tries = 0;
    this.told(null);
  }

  end() {
    clearTimeout(this.timer);
    this.repair = null;
  }
}
