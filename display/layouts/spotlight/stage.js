// The page on the glass, the one that fades under it, and a hidden one on which words are measured.

import { style } from "../../js/dom.js";
import { Fitting } from "../../js/stage/fitting.js";
import { Pictures, variantOf } from "../../js/stage/pictures.js";
import { insert, place, shapeOf } from "../../js/stage/slicing.js";
import { formsOf, worthOf } from "./forms.js";
import { PICTURES_MAX, Page } from "./page.js";

const GAP = 0.5; // units between several pictures of one post

export class Stage {
  #pages;
  #page = null;
  #fitting = new Fitting();

  /** parts: {root, brands, words, motion, pictures, glow(colour), driftS}. */
  constructor(parts) {
    Object.assign(this, parts);
    this.#pages = [new Page(this.brands, this.words), new Page(this.brands, this.words)];
    this.probe = new Page(this.brands, this.words);
    this.probe.node.classList.add("probe");
    this.probe.node.setAttribute("aria-hidden", "true");
    this.root.append(this.probe.node, ...this.#pages.map((page) => page.node));
  }

  /** The id of the post that stands, or null. */
  get id() {
    return this.#page?.reading?.id ?? null;
  }

  /** The copy of a picture that a page may need at most. */
  urlOf(shot) {
    return Pictures.url(shot.digest, variantOf(shot, { width: this.root.clientWidth, height: this.root.clientHeight }));
  }

  /**
   * Brings a reading onto the page {width, height, unit, text}; what stood fades out under it. False when it is no
   * longer `isValid` once everything is ready. Throws when the post cannot be drawn.
   */
  async show(reading, page, { flag, isLit, isNew, now, isValid }) {
    const pose = this.#pose(reading, page);
    await this.#load(pose);
    if (!isValid()) return false;
    const former = this.#page;
    const next = this.#pages.find((one) => one !== former);
    next.clear();
    next.node.classList.remove("leaving");
    this.#draw(next, reading, pose);
    next.announce(flag, isLit);
    next.byline.tick(now);
    next.node.dataset.post = reading.id;
    next.node.hidden = false;
    this.#page = next;
    if (former) this.#retire(former);
    this.motion.enterHero({ node: next.node, message: next.message, byline: next.byline.node, spark: next.spark }, { isNew });
    if (pose.pictures.length === 1) this.motion.drift(next.images[0], this.driftS);
    this.glow(reading.tint || `oklch(.72 .11 ${reading.field[0]})`);
    return true;
  }

  /** The same post in its place once more. */
  async redraw(reading, page, isValid) {
    const pose = this.#pose(reading, page);
    await this.#load(pose);
    if (isValid() && this.id === reading.id) this.#draw(this.#page, reading, pose);
  }

  /** A withdrawn post: off the glass in this very moment, also where it only fades, also where it is measured. */
  remove(id) {
    for (const page of [...this.#pages, this.probe]) {
      if (page.reading?.id !== id) continue;
      page.clear();
      if (page === this.#page) this.#page = null;
    }
  }

  clear() {
    if (this.#page) this.#retire(this.#page);
    this.#page = null;
  }

  tick(now) {
    this.#page?.byline.tick(now);
  }

  #draw(page, reading, { form, fit, pictures }) {
    page.paint(reading);
    page.arrange(form, pictures);
    page.set(fit);
  }

  #retire(page) {
    const { reading, node } = page;
    node.removeAttribute("data-post");
    node.classList.add("leaving");
    this.motion.leave(node, () => page !== this.#page && page.reading === reading && page.clear());
  }

  /** The best composition for a reading, its letters set and its pictures placed. */
  #pose(reading, page) {
    const { probe } = this;
    probe.node.hidden = false;
    probe.paint(reading);
    probe.byline.when.textContent = "00 min";
    const tree = this.#tree(reading, page);
    const shape = { ...reading, ratio: tree ? shapeOf(tree) : 0, count: reading.shots.length };
    let best = null;
    for (const form of formsOf(shape, page)) {
      probe.arrange(form);
      const fit = reading.letters ? this.#fit(form, reading, page) : { px: page.text, lines: 0 };
      const worth = worthOf(form, fit, shape, page);
      if (!best || worth > best.worth) best = { form, fit, worth };
    }
    probe.node.hidden = true;
    const { form, fit } = best;
    return { form, fit, pictures: form.shot ? this.#hang(tree, form.shot, page) : [] };
  }

  #fit(form, reading, page) {
    const { probe } = this;
    style(probe.node, { "--lines": "none" });
    probe.node.classList.remove("clipped");
    const fit = this.#fitting.size(probe.message, reading.text, { height: probe.room, least: page.text, most: form.most });
    return fit;
  }

  /** Several pictures of one post as one, cut so that each keeps its shape. */
  #tree(reading, { width, height, unit }) {
    const frame = { x: 0, y: 0, width: width * 0.5, height };
    const leaves = reading.shots.slice(0, PICTURES_MAX).map((shot, i) => ({ id: String(i), shot, ratio: shot.width_px / shot.height_px || 1 }));
    return leaves.reduce((tree, leaf) => insert(tree, leaf, frame, GAP * unit, { width: 1, height: 1 }), null);
  }

  #hang(tree, { width, height }, { unit }) {
    return place(tree, { x: 0, y: 0, width, height }, GAP * unit).map(({ leaf, ...rect }) => {
      const sharp = variantOf(leaf.shot, rect);
      const variants = ["small", "medium", "large"];
      const larger = variants.slice(variants.indexOf(sharp)).find((variant) => this.pictures.has(Pictures.url(leaf.shot.digest, variant)));
      return { shot: leaf.shot, variant: larger ?? sharp, ...rect };
    });
  }

  async #load({ pictures }) {
    const had = await Promise.all(pictures.map(({ shot, variant }) => this.pictures.load(Pictures.url(shot.digest, variant))));
    if (!had.every(Boolean)) throw new Error("a picture could not be shown");
  }
}
