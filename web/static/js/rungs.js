// Which rung of a programme's ladder a person's choice means, and what is said of it. No sound, no page.

/** @typedef {import("./tape.js").Rung} Rung */
/** @typedef {string} Choice  "auto", "saver", "best", or a rendition's name */

const USUAL = [24, 32, 48, 64, 96, 128, 160, 192, 256, 320];
const ENOUGH = 1.3; // a network that carries so much more than a rung is not what keeps it down

/**
 * The rung that a choice means among those that are offered; null: whatever the network carries.
 * @param {Choice} choice
 * @param {Rung[]} rungs  from low to high
 * @returns {string | null}
 */
export function chosen(choice, rungs) {
  const [lowest, highest] = [rungs[0], rungs.at(-1)];
  if (choice === "auto" || !lowest || !highest) return null;
  if (choice === "saver") return lowest.name;
  if (choice === "best") return highest.name;
  if (rungs.some((rung) => rung.name === choice)) return choice;
  const kilo = Number(choice.match(/-(\d+)/)?.[1] ?? Infinity); // "aac-128", where this one has "opus-128"
  if (kilo === Infinity) return highest.name;
  /** @param {Rung} rung */
  const off = (rung) => Math.abs(kilobits(rung.bitrate) - kilo);
  return rungs.reduce((best, rung) => (off(rung) < off(best) ? rung : best)).name;
}

/**
 * A bit rate as people say it: what was measured, boxes included, rounded to the usual one near it.
 * @param {number} bitrate  bit/s
 * @returns {number} kbit/s
 */
export function kilobits(bitrate) {
  const kilo = bitrate / 1000;
  return USUAL.find((usual) => Math.abs(kilo - usual) < usual * 0.08) ?? Math.round(kilo);
}

/**
 * What a rung is called where there is little room: "128", "FLAC".
 * @param {Rung} rung
 * @param {Rendition | undefined} rendition
 */
export function short(rung, rendition) {
  return rendition?.lossless ? codec(rendition.codec) : String(kilobits(rendition?.bit_rate ?? rung.bitrate));
}

/**
 * What a rung is, in a list of them: "AAC 128 kbit/s", "FLAC, lossless, 24 bit, 96 kHz".
 * @param {Rung} rung
 * @param {Rendition | undefined} rendition
 */
export function long(rung, rendition) {
  const name = codec(rendition?.codec ?? rung.name.split("-")[0] ?? "");
  if (!rendition?.lossless) return `${name} ${short(rung, rendition)} kbit/s`;
  return `${name}, lossless${detail(rendition)}`;
}

/**
 * What is heard now: the rung, and how it came about.
 * @param {Rung} rung
 * @param {Rendition | undefined} rendition
 */
export function now(rung, rendition) {
  if (!rendition) return long(rung, rendition);
  const how = rendition.copy ? "the file's own sound, untouched" : rendition.lossless ? "repacked, nothing lost" : "made smaller for the way";
  return `${long(rung, rendition)}${rendition.lossless ? "" : `, ${hertz(rendition.sample_rate)}`}: ${how}`;
}

/**
 * Why this rung and no other, as far as this browser knows.
 * @param {Choice} choice
 * @param {Rung} rung
 * @param {Rung[]} rungs  from low to high
 * @param {number} bandwidth  bit/s, 0 when it was not measured yet
 * @returns {string}
 */
export function because(choice, rung, rungs, bandwidth) {
  if (choice === "saver") return "You asked for little data.";
  if (choice === "best") return "You asked for the best there is.";
  if (choice !== "auto") return rung.name === choice ? "You chose it." : "It is the nearest to what you chose.";
  const above = rungs[rungs.findIndex((each) => each.name === rung.name) + 1];
  if (!above) return "It is the best that is offered, and the network carries it.";
  if (!bandwidth || bandwidth > above.bitrate * ENOUGH) return "It goes up as soon as the network has shown what it carries.";
  return `The network carries about ${carried(bandwidth)} just now.`;
}

/** @param {number} bandwidth  bit/s */
function carried(bandwidth) {
  if (bandwidth >= 950_000) return `${(bandwidth / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} Mbit/s`;
  return `${Math.max(10, Math.round(bandwidth / 10_000) * 10)} kbit/s`;
}

/** @param {Rendition} rendition */
function detail({ bit_depth: depth, sample_rate: rate }) {
  return `${depth ? `, ${depth} bit` : ""}, ${hertz(rate)}`;
}

/** @param {number} rate */
function hertz(rate) {
  return `${(rate / 1000).toLocaleString("en", { maximumFractionDigits: 1 })} kHz`;
}

/** @param {string} name  as FFmpeg spells it */
function codec(name) {
  return name === "opus" ? "Opus" : name === "vorbis" ? "Vorbis" : name.toUpperCase();
}
