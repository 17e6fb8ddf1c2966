// Who comes next: two or three small portraits under the page. They move on by one; nothing else of them moves.

import { el, style } from "../../js/dom.js";
import { initialOf } from "../../js/words.js";
import { Byline, faceOf, nameOf } from "../../js/stage/byline.js";
import { Pictures } from "../../js/stage/pictures.js";

const MOST = 3;
const GAP = 2; // units
const LEAST_EMS = 8.6;
const HEIGHT = { ems: 2.35, least: 8.4, most: 15.5 };

/** {count, height, width, gap} of the queue under a page of `frame` {width, height, unit, text}. Pure. */
export function queueOf({ width, height, unit, text }) {
  const gap = GAP * unit;
  const tall = Math.min(HEIGHT.most * unit, Math.max(HEIGHT.least * unit, HEIGHT.ems * text));
  const count = Math.max(1, Math.min(MOST, Math.floor((width + gap) / (LEAST_EMS * text + tall * 0.5 + gap))));
  return { count, height: Math.round(Math.min(tall, height * 0.22)), width: (width - gap * (count - 1)) / count, gap };
}

class Portrait {
  id = null;
  rect = null;

  constructor(brands, words) {
    this.words = words;
    this.image = el("img");
    this.image.alt = "";
    this.image.decoding = "sync";
    this.initial = el("b");
    this.byline = new Byline(brands, words);
    this.turn = el("span", "turn");
    this.byline.node.append(this.turn);
    this.node = el("div", "next", el("span", "small", this.initial, this.image), this.byline.node);
    this.node.hidden = true;
  }

  show(reading) {
    const { post, small, field } = reading;
    this.id = reading.id;
    this.node.dataset.post = reading.id;
    this.node.classList.toggle("wordy", !small);
    style(this.node, { "--tint": reading.tint || "#3a3f58", "--hue": field[0], "--chroma": field[1] });
    this.byline.show(post, { hasFace: false });
    this.initial.textContent = small ? "" : initialOf(nameOf(post, this.words));
    this.image.hidden = !small;
    if (small) this.image.src = small;
    else this.image.removeAttribute("src");
    this.node.hidden = false;
  }

  clear() {
    this.node.hidden = true;
    for (const animation of this.node.getAnimations({ subtree: true })) animation.cancel();
    this.node.removeAttribute("data-post");
    this.image.removeAttribute("src");
    this.initial.textContent = "";
    this.byline.clear();
    this.id = null;
    this.rect = null;
  }
}

/** The address of the small portrait of a post: its first picture, else its author's face, else "". */
export function smallOf(post, shots) {
  return shots.length ? Pictures.url(shots[0].digest, "small") : faceOf(post);
}

export class Queue {
  #standing = []; // portraits, the next one first
  #leaving = new Set();
  #drawer = [];

  /** parts: {brands, words, motion}. */
  constructor({ brands, words, motion }) {
    Object.assign(this, { words, motion });
    this.node = el("div", "queue");
    this.#drawer = Array.from({ length: 2 * MOST }, () => new Portrait(brands, words));
    this.node.append(...this.#drawer.map((portrait) => portrait.node));
  }

  /** Shows the readings in that order, as far as `plan` (see `queueOf`) has room. */
  show(readings, plan, now) {
    const shown = readings.slice(0, plan.count);
    const before = new Map(this.#standing.map((portrait) => [portrait.id, portrait]));
    for (const portrait of this.#standing) if (!shown.some(({ id }) => id === portrait.id)) this.#retire(portrait);
    this.#standing = shown.map((reading, i) => {
      const known = before.get(reading.id);
      const portrait = known ?? this.#take();
      if (!portrait) return null;
      const rect = { x: i * (plan.width + plan.gap), y: 0, width: plan.width, height: plan.height };
      const from = portrait.rect;
      portrait.show(reading);
      portrait.rect = rect;
      style(portrait.node, { left: `${rect.x}px`, width: `${rect.width}px` });
      portrait.turn.textContent = i === 0 ? this.words("screen.next") : "";
      portrait.byline.tick(now);
      if (known) this.motion.glide(portrait.node, from, rect);
      else this.motion.enter(portrait.node);
      return portrait;
    }).filter(Boolean);
  }

  /** A withdrawn post: off the glass in this very moment, also where it only fades. */
  remove(id) {
    for (const portrait of [...this.#standing, ...this.#leaving]) if (portrait.id === id) this.#away(portrait);
    this.#standing = this.#standing.filter((portrait) => portrait.id !== null);
  }

  tick(now) {
    for (const portrait of this.#standing) portrait.byline.tick(now);
  }

  #retire(portrait) {
    portrait.node.removeAttribute("data-post");
    portrait.node.classList.add("leaving");
    this.#leaving.add(portrait);
    this.motion.leave(portrait.node, () => this.#leaving.has(portrait) && this.#away(portrait));
  }

  #away(portrait) {
    this.#leaving.delete(portrait);
    portrait.clear();
    portrait.node.classList.remove("leaving");
    if (!this.#drawer.includes(portrait)) this.#drawer.push(portrait);
  }

  #take() {
    if (!this.#drawer.length && this.#leaving.size) this.#away(this.#leaving.values().next().value);
    return this.#drawer.shift();
  }
}
