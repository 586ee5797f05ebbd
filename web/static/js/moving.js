// Arrow keys move the focus between things that lie beside each other, as a TV remote expects.

const STOPS = "a[href], button:not([disabled]), input, select, [tabindex='0']";
const AREAS = "[data-grid], [data-found], [data-tracks], .side, .tabs, .hero-tools, .page-tools, .chips, .player, .settings-nav, .who-grid, .lyrics, .lyrics-tools, .tv";
/** @type {Record<string, [number, number]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function start() {
  addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    const from = document.activeElement;
    if (!way || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (!(from instanceof HTMLElement) || from.closest("dialog[open], [popover]:popover-open")) return;
    if (from.matches("input, select, textarea") && !(from.matches("input[type=range]") && way[1])) return;
    const started = from === document.body || from.id === "main";
    if (started ? way[1] !== 1 : !from.closest(AREAS)) return;
    const next = started ? first() : nearest(from, way);
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "smooth" });
  });
}

function first() {
  return stops().find((stop) => stop.closest("#main") && stop.getBoundingClientRect().top >= 0);
}

/** @returns {HTMLElement[]} */
function stops() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll(STOPS)]).filter((stop) => stop.tabIndex >= 0 && stop.checkVisibility?.({ visibilityProperty: true }) !== false && stop.offsetParent !== null);
}

/**
 * The stop that lies nearest in a direction; lying straight ahead counts most.
 * @param {HTMLElement} from
 * @param {[number, number]} way
 */
function nearest(from, [x, y]) {
  const here = box(from);
  let best;
  let least = Infinity;
  for (const stop of stops()) {
    if (stop === from) continue;
    const there = box(stop);
    const along = x ? (there.x - here.x) * x : (there.y - here.y) * y;
    const reach = x ? (here.width + there.width) / 4 : (here.height + there.height) / 4;
    if (along < reach) continue;
    const across = x ? gap(here.y, here.height, there.y, there.height) : gap(here.x, here.width, there.x, there.width);
    const cost = along + across * 4;
    if (cost < least) [best, least] = [stop, cost];
  }
  return best;
}

/** @param {HTMLElement} element */
function box(element) {
  const shape = (element.closest(".tile") ?? element).getBoundingClientRect();
  return { x: shape.x + shape.width / 2, y: shape.y + shape.height / 2, width: shape.width, height: shape.height };
}

/**
 * @param {number} a
 * @param {number} long
 * @param {number} b
 * @param {number} wide
 */
function gap(a, long, b, wide) {
  return Math.max(0, Math.abs(a - b) - (long + wide) / 2);
}
