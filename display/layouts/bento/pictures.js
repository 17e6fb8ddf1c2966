// Pictures, decoded before they are shown. A bounded number is kept so that a change never waits for the network.

import { Recent } from "../../js/dom.js";

const KEPT = 72;
const PATIENCE_MS = 6000;
const SULK_MS = 30_000; // a picture that failed is tried again after this, not at every change

export class Pictures {
  #ready = new Recent(KEPT);
  #loading = new Map();
  #broken = new Recent(200);

  /** The address of one of our own copies. */
  static url(digest, variant) {
    return `/media/${encodeURIComponent(digest)}/${variant}`;
  }

  has(url) {
    return this.#ready.has(url);
  }

  isBroken(url) {
    return performance.now() < (this.#broken.get(url) ?? 0);
  }

  /** Resolves to true when the picture at `url` is decoded, to false when it cannot be had in time. Never rejects. */
  load(url) {
    if (this.#ready.get(url)) return Promise.resolve(true);
    if (this.isBroken(url)) return Promise.resolve(false);
    let loading = this.#loading.get(url);
    if (!loading) {
      loading = this.#decode(url).finally(() => this.#loading.delete(url));
      this.#loading.set(url, loading);
    }
    return loading;
  }

  /** Forgets every copy of a picture that was withdrawn. */
  forget(digest) {
    for (const variant of ["small", "medium", "large"]) this.#ready.delete(Pictures.url(digest, variant));
  }

  async #decode(url) {
    const image = new Image();
    image.src = url;
    let timer = 0;
    const patience = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("too slow")), PATIENCE_MS);
    });
    try {
      await Promise.race([image.decode(), patience]);
      this.#ready.set(url, image);
      return true;
    } catch {
      image.src = "";
      this.#broken.set(url, performance.now() + SULK_MS);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}
