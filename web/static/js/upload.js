// Making a playlist of a file that a person chooses.

import { call, Problem } from "./api.js";
import { element, on } from "./bind.js";
import { toast } from "./toast.js";
import { forget, visit } from "./visits.js";

export function start() {
  on("change", "[data-upload]", (label, event) => {
    const input = event.target;
    if (input instanceof HTMLInputElement && input.files?.[0]) void send(label, input.files[0], input);
  });
}

/**
 * @param {HTMLElement} label  with data-upload, the address to send it to
 * @param {File} file
 * @param {HTMLInputElement} input
 */
async function send(label, file, input) {
  const problem = element(label.closest("form") ?? document, "[data-form-problem]");
  if (problem) problem.textContent = "";
  label.setAttribute("aria-busy", "true");
  try {
    const made = await call("POST", label.dataset["upload"] ?? "", { name: file.name, content: await base64(file) });
    forget();
    await visit(`/playlists/${made.id}`);
    if (made.missing) toast(made.missing === 1 ? "1 line was not found here" : `${made.missing} lines were not found here`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (problem) problem.textContent = error.message;
    else toast(error.message);
  } finally {
    label.removeAttribute("aria-busy");
    input.value = "";
  }
}

/**
 * @param {File} file
 * @returns {Promise<string>}
 */
function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,?/, ""));
    reader.onerror = () => reject(new Problem(0, "The file cannot be read."));
    reader.readAsDataURL(file);
  });
}
