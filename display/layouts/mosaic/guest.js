// The post that stands large before the mosaic: a page of the spotlight in the middle, which then shrinks into its tile.

import { el, style } from "../../js/dom.js";
import { Stage } from "../spotlight/stage.js";

const SHARE = { across: 0.82, down: 0.8 };
const FLIGHT_MS = 1350;
const EASE = "cubic-bezier(.55,.02,.16,1)";

export class Guest {
  #flight = null;

  /** parts: those of the spotlight's stage {brands, words, motion, pictures, glow, driftS}; root is the mosaic's node. */
  constructor({ root, ...parts }) {
    this.motion = parts.motion;
    this.shade = el("i", "shade");
    this.node = el("div", "guest spotlight");
    root.append(this.shade, this.node);
    this.stage = new Stage({ ...parts, root: this.node });
  }

  /** The id of the post that stands, or null. */
  get id() {
    return this.stage.id;
  }

  /** The copy of a picture that the page needs. */
  urlOf(shot) {
    return this.stage.urlOf(shot);
  }

  /** Takes the size of the picture {width, height, unit, text}. */
  place({ width, height, unit, text }) {
    const page = { width: Math.round(width * SHARE.across), height: Math.round(height * SHARE.down), unit, text };
    this.rect = { x: Math.round((width - page.width) / 2), y: Math.round((height - page.height) / 2), ...page };
    const { x, y } = this.rect;
    style(this.node, { left: `${x}px`, top: `${y}px`, width: `${page.width}px`, height: `${page.height}px`, "--page": `${page.height}px` });
  }

  /** Brings a reading before the mosaic; see `Stage.show`. */
  async show(reading, about) {
    this.#land();
    const wasThere = this.id !== null;
    const isDone = await this.stage.show(reading, this.rect, about);
    if (!isDone) return false;
    this.shade.classList.add("on");
    if (!wasThere && !this.motion.isOff && !this.motion.isReduced) {
      this.node.animate([{ transform: "scale(.55)" }, { transform: "none" }], { duration: 760 * this.motion.amount, easing: EASE });
    }
    return true;
  }

  /** Shrinks into its tile {x, y, width, height}, or fades where it has none. Resolves when it is gone. */
  async settle(to) {
    this.shade.classList.remove("on");
    if (this.id === null) return;
    if (!to || this.motion.isOff || this.motion.isReduced) {
      this.stage.clear();
      return;
    }
    const { rect } = this;
    const [dx, dy] = [to.x + to.width / 2 - rect.x - rect.width / 2, to.y + to.height / 2 - rect.y - rect.height / 2];
    const end = `translate(${dx.toFixed(1)}px, ${dy.toFixed(1)}px) scale(${Math.min(to.width / rect.width, to.height / rect.height).toFixed(4)})`;
    const frames = [{ transform: "none", opacity: 1 }, { transform: end, opacity: 1, offset: 0.86 }, { transform: end, opacity: 0 }];
    this.#flight = this.node.animate(frames, { duration: FLIGHT_MS * this.motion.amount, easing: EASE, fill: "forwards" });
    await this.#flight.finished.catch(() => {});
    this.#land();
  }

  /** A withdrawn post: off the glass in this moment, also in flight. */
  remove(id) {
    const stood = this.id === id;
    this.stage.remove(id);
    if (stood) {
      this.shade.classList.remove("on");
      this.#flight?.cancel();
      this.#flight = null;
    }
    return stood;
  }

  tick(now) {
    this.stage.tick(now);
  }

  #land() {
    if (!this.#flight) return;
    const { id } = this;
    if (id !== null) this.stage.remove(id);
    this.#flight.cancel();
    this.#flight = null;
  }
}
