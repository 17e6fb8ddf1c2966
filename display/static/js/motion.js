// Motion: Web Animations on transform and opacity only. Letters are never stretched: when a card changes its
// shape it is scaled uniformly and fades in at its new place, while what it covers fades out underneath.

const EASE = "cubic-bezier(.2,.78,.16,1)";

/**
 * From rectangle `a` to `b`. Pure. A card that keeps its width slides from its old top edge, whatever its height;
 * one of another width comes from the old centre at a uniform scale (`reshaped`).
 */
export function delta(a, b) {
  if (Math.abs(a.width / b.width - 1) < 0.04) {
    const [dx, dy] = [a.x - b.x, a.y - b.y];
    return { dx, dy, scale: 1, reshaped: false, still: Math.hypot(dx, dy) < 0.5 };
  }
  const dx = a.x + a.width / 2 - (b.x + b.width / 2);
  const dy = a.y + a.height / 2 - (b.y + b.height / 2);
  return { dx, dy, scale: Math.min(a.width / b.width, a.height / b.height, 1.2), reshaped: true, still: false };
}

export class Motion {
  #beating = null;
  #reduced = matchMedia("(prefers-reduced-motion: reduce)");

  /** `amount` 0 switches every animation off (tests, very slow players). */
  constructor(amount = 1) {
    this.amount = amount;
  }

  get isOff() {
    return this.amount === 0;
  }

  get isReduced() {
    return this.#reduced.matches || document.documentElement.dataset.motion === "reduced";
  }

  #run(node, frames, options) {
    if (this.isOff) return null;
    const plain = this.isReduced ? fadesOnly(frames) : frames;
    if (!plain) return null;
    return node.animate(plain, { easing: EASE, ...options, duration: this.isReduced ? 240 : options.duration * this.amount });
  }

  /** The new voice: the card settles, its words follow, a line of light runs along its edge. */
  enterHero(card, { isNew }) {
    this.#run(card.node, [{ opacity: 0, transform: "scale(.975)" }, { opacity: 1, offset: 0.45 }, { opacity: 1, transform: "none" }], { duration: 800 });
    const rise = (part, delay) =>
      this.#run(part, [{ opacity: 0, transform: "translateY(calc(2.4 * var(--u)))" }, { opacity: 1, transform: "none" }], { duration: 700, delay, fill: "backwards" });
    rise(card.message, 110);
    rise(card.byline, 210);
    if (!isNew || this.isReduced) return;
    this.#run(card.spark, [
      { transform: "scaleX(0)", opacity: 1 },
      { transform: "scaleX(1)", opacity: 1, offset: 0.55 },
      { transform: "scaleX(1)", opacity: 0 },
    ], { duration: 1700, easing: "cubic-bezier(.6,0,.2,1)" });
  }

  /** A card that joins a column. */
  enter(node) {
    this.#run(node, [{ opacity: 0, transform: "translateY(3%) scale(.985)" }, { opacity: 1, transform: "none" }], { duration: 700 });
  }

  /** A card that goes from one rectangle to another. */
  glide(node, from, to) {
    const { dx, dy, scale, reshaped, still } = delta(from, to);
    if (still) return;
    const start = `translate(${dx.toFixed(1)}px, ${dy.toFixed(1)}px) scale(${scale.toFixed(4)})`;
    const frames = reshaped
      ? [{ opacity: 0, transform: start }, { opacity: 1, offset: 0.5 }, { opacity: 1, transform: "none" }]
      : [{ transform: start }, { transform: "none" }];
    this.#run(node, frames, { duration: reshaped ? 950 : 850 });
  }

  /** What leaves fades under what comes; `gone` is called once, also when nothing moves. */
  leave(node, gone) {
    const fade = this.#run(node, [{ opacity: 1 }, { opacity: 0 }], { duration: 620, easing: "ease-in", fill: "forwards" });
    if (fade) fade.finished.then(gone, gone);
    else gone();
  }

  /** From a place `dx`, `dy` pixels away. */
  slide(node, dx, dy, duration) {
    this.#run(node, [{ transform: `translate(${dx.toFixed(1)}px, ${dy.toFixed(1)}px)` }, { transform: "none" }], { duration });
  }

  /** A scene that comes over the former one. */
  appear(node, duration) {
    this.#run(node, [{ opacity: 0 }, { opacity: 1 }], { duration, easing: "linear" });
  }

  /** A scene that goes: it stands until the next one covers it, then fades; `gone` is called once. */
  vanish(node, duration, gone) {
    const fade = this.#run(node, [{ opacity: 1 }, { opacity: 0 }], { duration, delay: duration / 4, easing: "linear", fill: "forwards" });
    if (fade) fade.finished.then(gone, gone);
    else gone();
  }

  /** The slow approach to the hero's picture. One pass, then stillness. */
  drift(picture, seconds) {
    if (this.isReduced || this.isOff || !seconds) return;
    picture.animate([{ transform: "scale(1)" }, { transform: "scale(1.055)" }], {
      duration: seconds * 1000, easing: "cubic-bezier(.3,.1,.4,1)", fill: "forwards",
    });
  }

  /** A short announcement of the live light when a post arrives; one at a time, so that a rush does not flicker. */
  beat(light) {
    if (this.#beating?.playState === "running") return;
    this.#beating = this.#run(light, [{ opacity: 1 }, { opacity: 0.25 }, { opacity: 1 }], { duration: 700, iterations: 3, easing: "ease-in-out" });
  }

  /** The whole frame moves by a few pixels so that no edge burns into the panel; `step` counts the moves. */
  orbit(node, step, radiusPx) {
    const angle = step * 2.39996; // the golden angle: never the same place twice in a row
    const to = `translate(${(Math.cos(angle) * radiusPx).toFixed(1)}px, ${(Math.sin(angle) * radiusPx).toFixed(1)}px)`;
    const from = getComputedStyle(node).transform;
    node.style.setProperty("transform", to);
    this.#run(node, [{ transform: from === "none" ? "translate(0, 0)" : from }, { transform: to }], { duration: 6000, easing: "ease-in-out" });
  }
}

/** The same appearance without movement, or null when only movement was meant. */
function fadesOnly(frames) {
  if (!("opacity" in frames[0])) return null;
  return frames.map(({ transform: _, ...rest }) => rest);
}
