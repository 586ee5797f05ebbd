// The JSON API: one call, its answer, and its problems (RFC 9457).

/** What the server refused, in its own words; status 0 when it was not reached. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} detail
   */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {{ keepalive?: boolean, signal?: AbortSignal, headers?: Record<string, string> }} [options]
 * @returns {Promise<any>} the JSON answer, or null when there is none
 */
export async function call(method, path, body, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...options.headers };
  /** @type {RequestInit} */
  const request = { method, headers, keepalive: options.keepalive ?? false };
  if (options.signal) request.signal = options.signal;
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "The server cannot be reached.");
  }
  const type = response.headers.get("Content-Type") ?? "";
  const answer = type.includes("json") ? await response.json() : null;
  if (response.ok) return answer;
  throw new Problem(response.status, sentence(answer?.detail ?? answer?.title ?? `The server answered ${response.status}.`));
}

/** @param {string} text */
function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
