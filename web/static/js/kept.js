// What this browser keeps for itself; a full or forbidden storage is no reason to stop playing.

/**
 * @template T
 * @param {string} key
 * @param {T} otherwise
 * @returns {T}
 */
export function kept(key, otherwise) {
  try {
    const text = localStorage.getItem(`homestream.${key}`);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} key
 * @param {unknown} value
 */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(`homestream.${key}`);
    else localStorage.setItem(`homestream.${key}`, JSON.stringify(value));
  } catch {
    // nothing is kept, then
  }
}
