// The wall in numbers. Nothing that a visitor wrote stands here: numerals, and the names of networks.

import { el, style } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { Odometer } from "./odometer.js";
import { sharesOf } from "./shares.js";

export const DEFAULTS = { show: ["people", "photos", "hour"], motion: 1 };

const KINDS = ["people", "photos", "networks", "hour"];
const NETWORKS_MOST = 6;
const SETTLE_MS = 180;
const GLYPH_EMS = 0.655; // of a numeral
const LARGEST = { lead: 60, other: 30 }; // units
const GAP_UNITS = 4;
const COMMA_EMS = 0.17;
const HIGH_EMS = 0.76;

export function mount(root, options, feed) {
  const numbers = new Numbers(root, options, feed);
  numbers.start();
  return () => numbers.stop();
}

class Numbers {
  #parts = new Map(); // name of a network -> {node, bar, n, share}
  #isTold = false;
  #settling = 0;
  #stops = [];

  constructor(root, options, feed) {
    const settings = { ...DEFAULTS, ...options.settings };
    const { words, brands, lang } = options;
    const number = new Intl.NumberFormat(lang || undefined, { numberingSystem: "latn" });
    const motion = new Motion(settings.motion);
    Object.assign(this, { root, feed, words, brands, motion, number, metrics: options.metrics });
    const chosen = (Array.isArray(settings.show) ? settings.show : DEFAULTS.show).filter((kind, i, all) => KINDS.includes(kind) && all.indexOf(kind) === i);
    this.figures = ["posts", ...chosen].map((kind) => this.#figure(kind, { format: (n) => number.format(n), motion }));
    const [lead, ...others] = this.figures;
    this.others = el("div", "others", ...others.map(({ node }) => node));
    this.bar = el("div", "bar");
    this.list = el("ul", "networks");
    this.node = el("div", "numbers", lead.node, this.others, el("div", "from", this.bar, this.list));
    root.append(this.node);
  }

  start() {
    this.#stops.push(this.feed.subscribe((event) => (event.type === "facts" || event.type === "reset") && this.#show()));
    const resized = new ResizeObserver(() => {
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.#fit(), SETTLE_MS);
    });
    resized.observe(this.root);
    this.#stops.push(() => resized.disconnect());
    this.#show();
  }

  stop() {
    clearTimeout(this.#settling);
    for (const stop of this.#stops) stop();
    this.node.remove();
  }

  #figure(kind, parts) {
    const odometer = new Odometer(parts);
    const label = el("p", "label", this.words(`numbers.${kind}`));
    return { kind, odometer, node: el("section", `figure ${kind}`, odometer.node, label) };
  }

  #show() {
    const { numbers, networks } = this.feed.facts ?? {};
    if (!numbers) return;
    for (const { kind, odometer } of this.figures) odometer.show(Math.max(0, Math.floor(Number(numbers[kind]) || 0)));
    this.#networks(sharesOf(networks, NETWORKS_MOST));
    this.#fit();
    if (!this.#isTold) this.feed.painted([]);
    this.#isTold = true;
  }

  /** Parts keep their nodes: a bar grows, nothing jumps. */
  #networks(shares) {
    for (const [name, part] of this.#parts) {
      if (shares.some((share) => share.name === name)) continue;
      part.node.remove();
      part.bar.remove();
      this.#parts.delete(name);
    }
    let at = 0;
    shares.forEach(({ name, n, share }, i) => {
      const part = this.#parts.get(name) ?? this.#part(name);
      part.count.textContent = this.number.format(n);
      style(part.bar, { "--i": i });
      style(part.node, { "--i": i });
      this.#stretch(part, at, share);
      at += share;
      this.list.append(part.node);
    });
  }

  #part(name) {
    const mark = el("i", "brand");
    this.brands.dress(mark, name);
    const key = `network.${name}`;
    const title = name === "" ? this.words("numbers.others") : this.words(key) === key ? name : this.words(key);
    const count = el("b");
    const part = { mark, count, bar: el("i", "part"), node: el("li", "", el("i", "swatch"), mark, el("span", "title-of", title), count), left: 0, share: 0 };
    this.bar.append(part.bar);
    this.#parts.set(name, part);
    return part;
  }

  /** A part of the bar is drawn as wide as the bar and scaled: only a transform moves. */
  #stretch(part, left, share) {
    const pose = (x, width) => `translateX(${(100 * x).toFixed(3)}%) scaleX(${Math.max(0.0001, width).toFixed(5)})`;
    const [from, to] = [pose(part.left, part.share), pose(left, share)];
    Object.assign(part, { left, share });
    style(part.bar, { transform: to });
    if (from === to || this.motion.isOff || this.motion.isReduced) return;
    part.bar.animate([{ transform: from }, { transform: to }], { duration: 1400, easing: "cubic-bezier(.2,.75,.15,1)" });
  }

  /** Numerals as large as their place lets them be. */
  #fit() {
    const [lead, ...others] = this.figures;
    const { unit, text } = this.metrics();
    const [width, height] = [this.root.clientWidth, this.root.clientHeight];
    const isTall = height > width * 1.1;
    this.node.classList.toggle("tall", isTall);
    const list = this.bar.parentElement.offsetHeight;
    const labels = this.figures.filter((figure, i) => i === 0 || !isTall).reduce((most, { node }, i) => {
      const high = node.lastElementChild.offsetHeight + 2.2 * unit;
      return i === 0 ? { lead: high, other: 0 } : { ...most, other: Math.max(most.other, high) };
    }, { lead: 0, other: 0 });
    const rows = isTall ? others.length : Math.min(1, others.length);
    const free = (height - list - labels.lead - rows * labels.other - (rows + 2) * GAP_UNITS * unit) / HIGH_EMS;
    const across = isTall ? width * 0.56 : width / Math.max(1, others.length) - 4 * unit;
    const small = Math.min(LARGEST.other * unit, ...others.map(({ odometer }) => across / emsOf(odometer.text)), rows ? (free * (isTall ? 0.68 : 0.4)) / rows : Infinity);
    const large = Math.min(LARGEST.lead * unit, width / emsOf(lead.odometer.text), free - rows * (rows ? small : 0));
    style(this.node, { "--large": `${Math.max(2 * text, large).toFixed(1)}px`, "--small-size": `${Math.max(text, small).toFixed(1)}px` });
  }
}

/** Length of a numeral in ems of its type. Pure. */
export function emsOf(text) {
  return [...text].reduce((sum, sign) => sum + (/\d/.test(sign) ? GLYPH_EMS : COMMA_EMS), 0) || GLYPH_EMS;
}
