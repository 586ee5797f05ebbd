// What this browser can play and what its network allows, for the server to choose renditions by.

const TYPES = {
  aac: 'audio/mp4; codecs="mp4a.40.2"',
  opus: 'audio/mp4; codecs="opus"',
  flac: 'audio/mp4; codecs="flac"',
};
const LITTLE = 64_000; // bit/s, for those who save data
const MOST_RATE = 192_000; // Hz that browsers take in FLAC

/** @typedef {{ saveData?: boolean, type?: string }} Connection */

/**
 * @param {import("./rungs.js").Choice} choice
 */
export function abilities(choice) {
  const accepts = Object.entries(TYPES).filter(([, type]) => plays(type)).map(([codec]) => codec);
  const saving = choice === "saver";
  return {
    accepts: accepts.length ? accepts : ["aac"],
    network: choice !== "best" && metered() ? "metered" : "unmetered",
    lossless: choice === "best" || choice === "flac" || choice === "copy",
    max_sample_rate: MOST_RATE,
    ...(saving ? { max_bit_rate: LITTLE } : {}),
  };
}

/** @param {string} type */
function plays(type) {
  for (const source of [globalThis.ManagedMediaSource, globalThis.MediaSource]) if (source?.isTypeSupported(type)) return true;
  return !globalThis.MediaSource && document.createElement("audio").canPlayType(type) !== "";
}

/** Whether every byte may have its price: as the browser says, where it does. */
function metered() {
  const { connection } = /** @type {{ connection?: Connection }} */ (navigator);
  return connection?.saveData === true || connection?.type === "cellular";
}
