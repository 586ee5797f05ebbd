// Lyrics as values: which text to show, its rows with the breaks between them, and which row is now.

const BREAK_MS = 8000; // a silence of that length is marked
const SUNG_MS = 4000; // a line that does not tell its end is sung about so long

/** @typedef {{ at: number | null, end: number | null, text: string, words: Word[], agent: string, pause: boolean }} Row */
/** @typedef {{ start_ms: number, end_ms: number | null, text: string }} Word */
/** @typedef {{ start_ms: number | null, end_ms: number | null, text: string, agent: string, words: Word[] }} Line */
/** @typedef {{ source: string, form: string, language: string, synced: boolean, translation: boolean, lines: Line[] }} Text */
/** @typedef {{ key: string, name: string, text: Text }} Choice */

/**
 * The texts among which one can choose: the best of each language, in the server's order.
 * @param {Text[]} texts
 * @returns {Choice[]}
 */
export function choices(texts) {
  /** @type {Map<string, Choice>} */
  const found = new Map();
  const several = new Set(texts.map((text) => text.language)).size > 1;
  for (const text of texts) {
    const key = `${text.language}${text.translation ? "+" : ""}`;
    if (found.has(key)) continue;
    const name = text.language === "und" ? (several ? "Original" : "Lyrics") : languageName(text.language);
    found.set(key, { key, name: text.translation ? `${name} (translated)` : name, text });
  }
  return [...found.values()];
}

/**
 * The text to begin with: in the language that was chosen last, else the best.
 * @param {Choice[]} all
 * @param {string} wish  a language and perhaps "+", as in a choice's key
 */
export function chosen(all, wish) {
  return all.find((one) => one.key === wish) ?? all.find((one) => one.key.replace("+", "") === wish.replace("+", "") && wish !== "und") ?? all[0];
}

/** @param {string} code */
export function languageName(code) {
  try {
    const name = new Intl.DisplayNames(["en"], { type: "language" }).of(code);
    return name && name !== code ? name : code.toUpperCase();
  } catch {
    return code.toUpperCase();
  }
}

/**
 * Lines as they are shown: silences of some length are rows of their own, also before the first.
 * @param {Text} text
 * @param {number} durationMs  of the track; 0: not known
 * @returns {Row[]}
 */
export function rows(text, durationMs) {
  if (!text.synced) return text.lines.map((line) => ({ at: null, end: null, text: line.text, words: [], agent: "", pause: false }));
  /** @type {Row[]} */
  const made = [];
  let quiet = 0; // since when nothing is sung
  for (const [n, line] of text.lines.entries()) {
    const at = line.start_ms ?? 0;
    const next = text.lines[n + 1]?.start_ms ?? (durationMs || at + SUNG_MS);
    if (!line.text) {
      quiet = Math.min(quiet, at);
      continue;
    }
    if (at - quiet >= BREAK_MS) made.push({ at: quiet, end: at, text: "", words: [], agent: "", pause: true });
    const end = line.end_ms ?? Math.max(at, Math.min(next, at + SUNG_MS));
    made.push({ at, end, text: line.text, words: line.words, agent: line.agent, pause: false });
    quiet = Math.max(quiet, end);
  }
  if (made.length && durationMs - quiet >= BREAK_MS) made.push({ at: quiet, end: durationMs, text: "", words: [], agent: "", pause: true });
  return made;
}

/**
 * The last row that has begun; -1 before the first. Rows that begin together count as the first
 * of them.
 * @param {Row[]} all
 * @param {number} ms
 */
export function current(all, ms) {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.at ?? Infinity) <= ms) low = middle + 1;
    else high = middle;
  }
  let at = low - 1;
  while (at > 0 && all[at - 1]?.at === all[at]?.at) at -= 1;
  return at;
}

/**
 * How many words of a row have begun.
 * @param {Row} row
 * @param {number} ms
 */
export function sung(row, ms) {
  let count = 0;
  while (count < row.words.length && (row.words[count]?.start_ms ?? Infinity) <= ms) count += 1;
  return count;
}

/**
 * Who sings on which side: the first voice on the left, the second on the right, all on the left.
 * @param {Row[]} all
 * @returns {Map<string, number>}  0 left, 1 right
 */
export function sides(all) {
  const voices = [...new Set(all.map((row) => row.agent).filter((agent) => agent && agent !== "v1000"))];
  return new Map(voices.map((voice, n) => [voice, n % 2]));
}
