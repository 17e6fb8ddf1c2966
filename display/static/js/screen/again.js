// A post that could not be drawn, or not with its picture, is tried again: the line may just have been down.

import { Recent } from "../dom.js";

const PAUSES_MS = [1500, 4000, 10_000, 30_000, 60_000];
const KEPT = 200;

export class Again {
  #tries = new Recent(KEPT); // id -> how often
  #waiting = new Set();

  /** repeat(id) offers the post to the layouts once more. */
  constructor({ repeat, later = (done, ms) => setTimeout(done, ms) }) {
    Object.assign(this, { repeat, later });
  }

  /** That post has failed. After five times it is left alone. */
  failed(id) {
    const tries = this.#tries.get(id) ?? 0;
    if (!id || this.#waiting.has(id) || tries >= PAUSES_MS.length) return;
    this.#tries.set(id, tries + 1);
    this.#waiting.add(id);
    this.later(() => {
      this.#waiting.delete(id);
      this.repeat(id);
    }, PAUSES_MS[tries]);
  }

  /** The line is back: whatever failed has its chances again. */
  forgive() {
    const ids = this.#tries.keys();
    this.#tries.clear();
    for (const id of ids) this.failed(id);
  }
}
