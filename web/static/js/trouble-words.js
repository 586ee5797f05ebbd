// What is said about a lost network, and what is done about it. No page.

/**
 * @param {import("./playback.js").Trouble} trouble
 * @param {{ online: boolean, inHand: number, now: number }} facts  seconds of sound in hand; ms
 */
export function words(trouble, { online, inHand, now }) {
  if (trouble.cause === "left-out") return trouble.words;
  const seconds = Math.floor(inHand);
  const hand = seconds > 0 ? `: ${seconds} s of sound in hand.` : ".";
  if (trouble.cause === "signed-out") return `You are signed out${hand}`;
  if (trouble.cause === "stalled") return `The network is slow${hand}`;
  const what = trouble.cause === "busy" ? "The server is busy" : online ? "The network is away" : "This device is offline";
  const left = Math.max(0, Math.round((trouble.until - now) / 1000));
  return `${what}${hand} ${trouble.until && left ? `Trying again in ${left} s…` : "Trying again now…"}`;
}
