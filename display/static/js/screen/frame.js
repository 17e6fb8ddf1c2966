// What stands around the posts: the event's name and dates, the code to join, the slow orbit, the ambient light.

import { dateRange } from "../clock.js";
import { el, style } from "../dom.js";
import { messageUnits, unitPx } from "../legible.js";
import { shortAddress } from "../words.js";
import { Care } from "./care.js";

const QR_TICKS = 6; // half minutes: the token in the code lives a little longer
const TITLE_UNITS = { least: 4.2, rail: 8.8, head: 10.5, empty: 17, slate: 17 };
const ADDRESS_LETTERS = 30;

export class Frame {
  #glows = [...document.querySelectorAll(".ambient i")];
  #glowing = 0;

  constructor({ config, clock, motion }) {
    Object.assign(this, { config, clock, motion });
    this.root = document.documentElement;
    this.$ = (id) => document.getElementById(id);
    this.care = new Care({
      orbit: this.$("orbit"), rail: document.querySelector(".rail"), wall: this.$("wall"), motion, unit: () => this.metrics().unit,
      isOn: config.pixel_shift !== false,
    });
    this.#sayEvent();
    this.measure();
    addEventListener("resize", () => this.measure());
    clock.every((count) => this.#tick(count));
  }

  /** {unit, text} in CSS pixels: what a layout sizes its cards by. */
  metrics = () => {
    const { innerWidth: width, innerHeight: height } = globalThis;
    const unit = unitPx(width, height);
    const { diagonal_in: diagonalIn, distance_m: distanceM } = this.config;
    return { unit, text: unit * messageUnits({ diagonalIn, distanceM, width, height }) };
  };

  /** Takes the size of the window: the unit, the smallest text, the size of the title. */
  measure() {
    const { unit, text } = this.metrics();
    style(this.root, { "--text-units": (text / unit).toFixed(3) });
    this.fitTitle();
  }

  /** The largest title that breaks no word and leaves the code its room. */
  fitTitle() {
    const isEmpty = this.root.dataset.state === "empty";
    const isHead = innerHeight > innerWidth;
    this.#fit(this.$("title"), isEmpty ? TITLE_UNITS.empty : isHead ? TITLE_UNITS.head : TITLE_UNITS.rail, isEmpty ? 3 : isHead ? 2 : 4);
    this.#fit(this.$("slate-title"), TITLE_UNITS.slate, 3);
  }

  /** Light in the room that follows the hero's picture; two layers cross-fade. */
  glow = (colour) => {
    const next = this.#glows[(this.#glowing ^= 1)];
    next?.style.setProperty("--tint", colour);
    this.#glows.forEach((layer) => layer.classList.toggle("on", layer === next));
  };

  #fit(node, most, lines) {
    const { clientWidth: width } = node;
    if (!width) return;
    const isRight = (units) => {
      style(node, { "--size": units.toFixed(2) });
      const line = parseFloat(getComputedStyle(node).lineHeight);
      return node.scrollWidth <= width + 1 && node.scrollHeight <= line * (lines + 0.4);
    };
    for (let units = most; units >= TITLE_UNITS.least; units -= 0.5) if (isRight(units)) return;
  }

  #sayEvent() {
    const { event, lang, join_url: joinUrl } = this.config;
    const dates = dateRange(event.dates ?? [], lang);
    for (const node of document.querySelectorAll("[data-dates]")) {
      node.textContent = dates;
      node.hidden = !dates;
    }
    const address = shortAddress(joinUrl ?? "", ADDRESS_LETTERS + 1);
    const fits = address && address.length <= ADDRESS_LETTERS;
    this.address = fits ? address : "";
    this.$("address").textContent = this.address;
    this.$("address").hidden = !fits;
  }

  #tick(count) {
    for (const node of document.querySelectorAll("[data-clock]")) node.textContent = this.clock.time();
    if (count && count % QR_TICKS === 0) this.#freshCode();
    this.care.tick();
  }

  /** A code with a new token takes the old one's place once it can be drawn; until then the old one stays. */
  async #freshCode() {
    const image = el("img");
    image.alt = this.$("qr").alt;
    image.src = `${this.config.qr_url}?at=${this.clock.now().toString(36)}`;
    try {
      await image.decode();
    } catch {
      return;
    }
    this.$("qr").replaceWith(image);
    image.id = "qr";
  }
}
