// A plate: a scene of the organiser's own words and pictures. It follows the size of its place, sets its words as
// large as they can stand there, and has no picture on it before that is decoded. Drawn by css/plate.css.

import { el, style } from "../dom.js";
import { french, languageOf } from "../words.js";

const SETTLE_MS = 180;
const PATIENCE_MS = 4000;
const STEPS = 8;

export class Plate {
  isStopped = false;
  #stops = [];
  #settling = 0;

  /** `name` is the layout's; everything stands in `node`, whose container is called "plate". */
  constructor(root, name, ...children) {
    this.root = root;
    this.node = el("section", `plate ${name}`, ...children);
    root.append(this.node);
  }

  /** Calls draw({width, height}) now, and again when the size of the place has changed and rests. */
  follow(draw) {
    const size = () => ({ width: this.root.clientWidth, height: this.root.clientHeight });
    let last = size();
    const drawn = (now) => {
      draw(now);
      this.node.dataset.drawn = `${now.width}x${now.height}`;
    };
    drawn(last);
    const resized = new ResizeObserver(() => {
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => {
        const now = size();
        if (this.isStopped || (now.width === last.width && now.height === last.height)) return;
        last = now;
        drawn(now);
      }, SETTLE_MS);
    });
    resized.observe(this.root);
    this.onStop(() => resized.disconnect());
  }

  /** `stop` is called when the scene ends. */
  onStop(stop) {
    this.#stops.push(stop);
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.#settling);
    for (const stop of this.#stops.splice(0)) stop();
    this.node.remove();
  }
}

/**
 * Puts the organiser's words into `node`: their language by their script, else `lang`; French spaced. Nothing of
 * them is markup. Hides the node when there are none.
 */
export function say(node, text, lang = "") {
  const said = String(text ?? "").trim();
  const spoken = languageOf(said) || lang;
  node.textContent = spoken.startsWith("fr") ? french(said) : said;
  node.lang = spoken;
  node.dir = "auto";
  node.hidden = !said;
}

/** The texts of an option, however it was given; without empty ones. */
export function textsOf(given) {
  const list = Array.isArray(given) ? given : String(given ?? "").split("\n");
  return list.map((text) => String(text ?? "").trim()).filter(Boolean);
}

/**
 * Sets --size on `node` to the largest pixel size from `least` to `most` at which `stands()` is true; words longer
 * than a line are broken only when even the least size does not stand otherwise. Returns the size.
 */
export function fit(node, { least, most }, stands) {
  const at = (size) => {
    style(node, { "--size": `${size.toFixed(2)}px` });
    return stands();
  };
  node.classList.remove("broken");
  if (at(most)) return most;
  if (!at(least)) node.classList.add("broken");
  let [low, high] = [least, most];
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (at(middle)) low = middle;
    else high = middle;
  }
  at(low);
  return low;
}

/** Whether all children of `box` end within it, as they are laid out: one may be on its way meanwhile. */
export function holds(box) {
  const children = [...box.children].filter((child) => child.offsetHeight > 0);
  const start = (child) => child.offsetTop - (child.offsetParent === box ? 0 : box.offsetTop);
  const isWithin = (child) => start(child) >= -1 && start(child) + child.offsetHeight <= box.clientHeight + 1;
  return children.every(isWithin) && box.scrollWidth <= box.clientWidth + 1;
}

/** Whether the text in `node` stands in so many lines, no word of it wider than the node. */
export function standsIn(node, lines) {
  return node.scrollWidth <= node.clientWidth + 1 && node.offsetHeight <= parseFloat(getComputedStyle(node).lineHeight) * (lines + 0.3);
}

/** The parts of a plate settle one after another, once; with reduced motion they stand at once. */
export function rise(parts, motion) {
  if (motion.isOff || motion.isReduced) return;
  const frames = [{ opacity: 0, transform: "translateY(calc(1.8 * var(--u)))" }, { opacity: 1, transform: "none" }];
  parts.forEach((part, i) => part.animate(frames, { duration: 900, delay: 100 + 90 * i, fill: "backwards", easing: "cubic-bezier(.2,.78,.16,1)" }));
}

/** The picture at `url`, decoded; null when there is none, or it cannot be had in time: `failed(error)` is told. */
export async function pictureAt(url, failed = () => {}, patienceMs = PATIENCE_MS) {
  if (!url) return null;
  const image = new Image();
  image.alt = "";
  image.decoding = "sync";
  image.src = url;
  let timer = 0;
  const patience = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`too slow: ${url}`)), patienceMs);
  });
  try {
    await Promise.race([image.decode(), patience]);
    return image;
  } catch (error) {
    image.removeAttribute("src");
    failed(error);
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** Width by height of a picture; a drawing without a size of its own counts as square. */
export function ratioOf(image) {
  return image?.naturalWidth && image.naturalHeight ? image.naturalWidth / image.naturalHeight : 1;
}

/**
 * The number of columns in which `count` equal cells are largest. Pure.
 * @param {{count: number, width: number, height: number, gap: number, shape: number, rowCost?: number}} of shape: width by height
 * of a cell; rowCost: by how much larger cells must be for another row to be worth it
 * @returns {{columns: number, rows: number, width: number, height: number}} of one cell of that shape
 */
export function grid({ count, width, height, gap, shape, rowCost = 0 }) {
  let best = null;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const [w, h] = [(width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows];
    const cell = Math.min(w, h * shape);
    const gaps = columns * rows - count; // a row that is full looks composed
    const worth = cell * (1 - 0.06 * gaps) * (1 - rowCost) ** (rows - 1);
    if (!best || worth > best.worth) best = { columns, rows, width: cell, height: cell / shape, worth };
  }
  const { worth: _, ...found } = best;
  return found;
}
