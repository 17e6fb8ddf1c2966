// A numeral that counts up: each digit is a strip that rolls to its place, moved by transform alone.

import { el } from "../../js/dom.js";

const ROLL_MS = 1500;
const STAGGER_MS = 90;
const EASE = "cubic-bezier(.16,.84,.24,1)";
const DIGITS = "0123456789";

export class Odometer {
  text = "";
  #value = null;
  #columns = [];

  /** `format(n)` writes a number as the event's language does; `motion` is a Motion. */
  constructor({ format, motion }) {
    Object.assign(this, { format, motion });
    this.node = el("span", "numeral");
    this.said = el("span", "read");
    this.wheel = el("span", "wheel");
    this.wheel.setAttribute("aria-hidden", "true");
    this.node.append(this.said, this.wheel);
  }

  /** Shows `value`; rolls there from what stood, or from a little below it the first time. */
  show(value) {
    if (value === this.#value) return;
    const before = this.#value === null ? Math.floor(value * 0.9) : this.#value;
    this.#value = value;
    const text = this.format(value);
    this.text = text;
    this.said.textContent = text;
    this.#build(text);
    this.#roll(this.format(before).padStart(text.length, "\u2007"), text);
  }

  /** A column is as wide as the digit that will stand in it; the strip that rolls is laid over it. */
  #build(text) {
    const signs = [...text];
    const shape = signs.map((sign) => (DIGITS.includes(sign) ? "d" : sign)).join("");
    if (this.shape !== shape) {
      this.shape = shape;
      this.#columns = signs.map((sign) => {
        if (!DIGITS.includes(sign)) return { node: el("span", "comma", sign), strip: null };
        const strip = el("span", "strip", ...[...DIGITS].map((digit) => el("b", "", digit)));
        const ghost = el("span", "ghost");
        return { node: el("span", "digit", ghost, strip), strip, ghost };
      });
      this.wheel.replaceChildren(...this.#columns.map(({ node }) => node));
    }
    this.#columns.forEach(({ ghost }, i) => {
      if (ghost) ghost.textContent = signs[i];
    });
  }

  #roll(before, after) {
    const from = [...before].slice(-after.length);
    this.#columns.forEach(({ strip }, i) => {
      if (!strip) return;
      const to = Number(after[i]);
      const was = DIGITS.includes(from[i]) ? Number(from[i]) : 0;
      const end = `translateY(${-10 * to}%)`;
      for (const animation of strip.getAnimations()) animation.cancel();
      strip.style.setProperty("transform", end);
      if (was === to || this.motion.isOff || this.motion.isReduced) return;
      strip.animate([{ transform: `translateY(${-10 * was}%)` }, { transform: end }], {
        duration: ROLL_MS * this.motion.amount, delay: STAGGER_MS * (after.length - 1 - i), easing: EASE, fill: "backwards",
      });
    });
  }
}
