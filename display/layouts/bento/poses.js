// From a rectangle to a pose: which form a card takes in it, how large its words are, which copy of its picture.

import { breathe } from "../../js/dom.js";
import { formOf } from "./card.js";
import { plan } from "./columns.js";
import { Pictures, variantFor } from "../../js/stage/pictures.js";

const SLICE_MS = 8; // work without giving way to the browser: half a frame
const VARIANTS = ["small", "medium", "large"];

export class Poses {
  #since = 0;

  /** `frame()` gives the frame of columns.js as it is now. */
  constructor({ fitter, pictures, frame }) {
    Object.assign(this, { fitter, pictures, frame });
  }

  /**
   * {rect, reading, form, fit, variant}, its pictures decoded; gives way to the browser now and then. Null once
   * `isStale()`: a post may be withdrawn meanwhile, and its words must not come back, not even out of sight.
   */
  async pose(rect, reading, isStale = () => false) {
    if (rect.role === "hero" && !(await this.#prepare(reading, rect, isStale))) return null;
    const { form, fit } = rect.role === "hero" ? this.heroFit(reading, rect) : this.#cardFit(reading, rect);
    const variant = this.#variant(reading, rect, form);
    const shots = rect.role === "hero" ? reading.shots : reading.shots.slice(0, 1);
    const missing = shots.map((shot) => Pictures.url(shot.digest, variant)).filter((url) => !this.pictures.has(url));
    if (missing.length) await Promise.all(missing.map((url) => this.pictures.load(url)));
    else if (performance.now() - this.#since > SLICE_MS) {
      await breathe();
      this.#since = performance.now();
    }
    return { rect, reading, form, fit, variant };
  }

  /** Measures posts in columns of `widths`, one a task, until `isStale()`. */
  async measure(readings, widths, isStale) {
    for (const reading of readings) {
      for (const width of widths) {
        if (!this.fitter.isNew(reading, width)) continue;
        await breathe();
        if (isStale()) return;
        this.fitter.measure(reading, width);
      }
    }
  }

  /** Reckons a hero's forms for the first of `rects`, and for the next where that cuts its words. */
  async foretell(reading, rects, isStale) {
    for (const rect of rects) {
      if (!(await this.#prepare(reading, rect, isStale)) || !this.heroFit(reading, rect).fit.lines) return;
    }
  }

  /** Reckons what `heroFit` will ask for, one form a task. False once `isStale()`. */
  async #prepare(reading, rect, isStale) {
    for (const [form, place] of tries(reading, rect)) {
      if (this.fitter.isUnfit(reading, place, form)) await breathe();
      if (isStale()) return false;
      if (!this.fitter.fit(reading, place, form).lines) return true;
    }
    return true;
  }

  /** The first form in which all the words stand; if there is none, the one that shows most of them. */
  heroFit(reading, rect) {
    let best = null;
    for (const [form, place] of tries(reading, rect)) {
      const fit = this.fitter.fit(reading, place, form);
      if (!fit.lines) return { form, fit };
      const shown = fit.lines * (rect.width - fit.part);
      if (!best || shown > best.shown) best = { form, fit, shown };
    }
    return best;
  }

  /** The copy of a picture that the hero's place needs. */
  heroVariant({ width_px: width, height_px: height }) {
    const { hero } = plan(this.frame(), 9);
    const cover = Math.max(hero.width / width, hero.height / height);
    return variantFor(Math.max(width, height) * Math.min(1, cover) * devicePixelRatio);
  }

  /** Addresses of all that a post needs before it may be shown. */
  needs(reading) {
    return reading.shots.map((shot) => Pictures.url(shot.digest, this.heroVariant(shot)));
  }

  #cardFit(reading, rect) {
    const form = this.fitter.form(reading, rect);
    return { form, fit: this.fitter.fit(reading, rect, form) };
  }

  /** The smallest copy that is sharp, or a larger one that is there already. */
  #variant(reading, rect, form) {
    const first = reading.shots[0];
    if (!first) return "medium";
    if (rect.role === "hero") return this.heroVariant(first);
    const width = form === "side" ? rect.width * 0.45 : rect.width;
    const cover = Math.max(width / first.width_px, (rect.height * 0.7) / first.height_px);
    const sharp = variantFor(Math.max(first.width_px, first.height_px) * Math.min(1, cover) * devicePixelRatio);
    const larger = VARIANTS.slice(VARIANTS.indexOf(sharp));
    return larger.find((variant) => this.pictures.has(Pictures.url(first.digest, variant))) ?? sharp;
  }
}

/** The forms that a hero may take, the best first: [form, rect]. */
function tries(reading, rect) {
  const first = [[formOf(reading, rect), rect]];
  return reading.ratio ? [...first, ["side", rect], ["side", { ...rect, isSlim: true }], ["above", rect]] : first;
}
