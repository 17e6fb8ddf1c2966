// Building the page without markup: elements and text nodes only, so a post can never become HTML.

/** An element with a class and children (nodes or strings). */
export function el(tag, className = "", ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** Sets custom properties or styles from an object; through CSSOM, which a strict style-src allows. */
export function style(node, values) {
  for (const [name, value] of Object.entries(values)) node.style.setProperty(name, String(value));
}

/** The object in `<script type="application/json" id="…">`; `fallback` when absent or broken. */
export function readJson(id, fallback) {
  try {
    return JSON.parse(document.getElementById(id)?.textContent ?? "") ?? fallback;
  } catch {
    return fallback;
  }
}

/** Resolves when what was just changed has been handed to the glass: the second animation frame from now. */
export function onGlass() {
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

/** Gives way to the browser between two pieces of work, so that neither becomes a long task. */
export function breathe() {
  return globalThis.scheduler?.yield ? scheduler.yield() : new Promise((done) => setTimeout(done));
}

/** A Map that forgets its oldest entry beyond `limit`; `get` refreshes an entry. */
export class Recent {
  #map = new Map();

  constructor(limit, forgotten = () => {}) {
    this.limit = limit;
    this.forgotten = forgotten;
  }

  get size() {
    return this.#map.size;
  }

  has(key) {
    return this.#map.has(key);
  }

  get(key) {
    const value = this.#map.get(key);
    if (value !== undefined) {
      this.#map.delete(key);
      this.#map.set(key, value);
    }
    return value;
  }

  set(key, value) {
    this.#map.delete(key);
    this.#map.set(key, value);
    while (this.#map.size > this.limit) this.delete(this.#map.keys().next().value);
  }

  delete(key) {
    const value = this.#map.get(key);
    if (this.#map.delete(key)) this.forgotten(value);
  }

  clear() {
    for (const key of [...this.#map.keys()]) this.delete(key);
  }

  keys() {
    return [...this.#map.keys()];
  }
}
