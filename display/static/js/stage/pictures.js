// Pictures, decoded before they are shown. A bounded number is kept so that a change never waits for the network.

import { Recent } from "../dom.js";

const KEPT = 72;
const PATIENCE_MS = 6000;
const SULK_MS = 1200; // a picture that failed is tried again after this, not at every change
// A page that a service worker takes over loads its pictures again: what was decoded before is ready no more.
let era = 0;
navigator.serviceWorker?.addEventListener("controllerchange", () => era++);

const VARIANTS = ["avatar", "small", "medium", "large"];

/** The variant that fills a longer side of `sidePx` device pixels without waste. */
export function variantFor(sidePx) {
  return sidePx <= 520 ? "small" : sidePx <= 1120 ? "medium" : "large";
}

/** The variant of `shot` {width_px, height_px} that covers a place of `width` x `height` CSS pixels. */
export function variantOf({ width_px: across, height_px: down }, { width, height }) {
  const cover = Math.max(width / (across || width), height / (down || height));
  return variantFor(Math.max(across || width, down || height) * Math.min(1, cover) * devicePixelRatio);
}

export class Pictures {
  #ready;
  #loading = new Map();
  #broken = new Recent(200);
  #gone = new Recent(200); // digests withdrawn while they were on their way

  /** `kept` pictures stay decoded. */
  constructor(kept = KEPT) {
    this.#ready = new Recent(kept);
  }

  /** The address of one of our own copies. */
  static url(digest, variant) {
    return `/media/${encodeURIComponent(digest)}/${variant}`;
  }

  has(url) {
    return this.#ready.get(url)?.era === era;
  }

  isBroken(url) {
    return performance.now() < (this.#broken.get(url) ?? 0);
  }

  /** Resolves to true when the picture at `url` is decoded, to false when it cannot be had in time. Never rejects. */
  load(url) {
    if (this.has(url)) return Promise.resolve(true);
    if (this.isBroken(url)) return Promise.resolve(false);
    let loading = this.#loading.get(url);
    if (!loading) {
      loading = this.#decode(url).finally(() => this.#loading.delete(url));
      this.#loading.set(url, loading);
    }
    return loading;
  }

  /** Forgets every copy of a picture that was withdrawn, also one that is still on its way. */
  forget(digest) {
    for (const variant of VARIANTS) {
      const url = Pictures.url(digest, variant);
      this.#ready.delete(url);
      if (this.#loading.has(url)) this.#gone.set(url, true);
    }
  }

  /** Everything: a layout that is taken down keeps no picture. */
  clear() {
    this.#ready.clear();
    for (const url of this.#loading.keys()) this.#gone.set(url, true);
  }

  async #decode(url) {
    const began = era;
    const image = new Image();
    image.src = url;
    let timer = 0;
    const patience = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("too slow")), PATIENCE_MS);
    });
    try {
      await Promise.race([image.decode(), patience]);
      if (this.#gone.has(url)) return false;
      if (began !== era) return await this.#decode(url);
      this.#ready.set(url, { image, era });
      return true;
    } catch {
      image.src = "";
      this.#broken.set(url, performance.now() + SULK_MS);
      return false;
    } finally {
      this.#gone.delete(url);
      clearTimeout(timer);
    }
  }
}
