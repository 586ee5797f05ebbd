// What did not work for want of a network is tried again, each time a little later.

const LONGEST_WAIT = 16; // seconds

export class Patience {
  /** @param {(seconds: number | null) => void} told  how long until the next try; null: it worked */
  constructor(told) {
    this.told = told;
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
    const seconds = Math.min(LONGEST_WAIT, 2 ** this.tries);
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
