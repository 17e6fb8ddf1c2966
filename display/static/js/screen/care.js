// Care of the panel: nothing bright stands in one place for ten minutes. The frame drifts by a few pixels, and the
// rail changes sides: left and right, on an upright screen above and below.

const ORBIT_UNITS = 0.7;
const DRIFT_MS = 90_000;
const SWAP_MS = 9 * 60_000;
const GLIDE_MS = 1400;

export class Care {
  #moves = 0;
  #driftedAt = 0;
  #swappedAt = 0;

  /** parts: {orbit, rail, wall: nodes, motion, unit() -> CSS pixels, isOn: false: the picture stands still}. */
  constructor(parts) {
    Object.assign(this, parts);
    this.#driftedAt = this.#swappedAt = performance.now();
  }

  /** Called each half minute. */
  tick(now = performance.now()) {
    if (!this.isOn) return;
    if (now - this.#driftedAt >= DRIFT_MS - 1000) {
      this.#driftedAt = now;
      this.motion.orbit(this.orbit, ++this.#moves, ORBIT_UNITS * this.unit());
    }
    if (now - this.#swappedAt >= SWAP_MS) {
      this.#swappedAt = now;
      this.swap();
    }
  }

  /** The rail goes to the other side; the wall glides over, and at no time is either of them missing. */
  swap() {
    const before = [this.rail, this.wall].map((node) => node.getBoundingClientRect());
    const root = document.documentElement;
    root.dataset.side = root.dataset.side === "far" ? "near" : "far";
    [this.rail, this.wall].forEach((node, i) => {
      const after = node.getBoundingClientRect();
      this.motion.slide(node, before[i].x - after.x, before[i].y - after.y, GLIDE_MS);
    });
  }
}
