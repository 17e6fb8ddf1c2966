// How long until a moment, in large numerals on the server's clock.
//
// mount(root, options, feed) -> unmount.

import { el, style } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { Plate, fit, grid, holds, rise, say, standsIn } from "../../js/stage/plate.js";
import { momentOf, numeralOf, parts, wordOf } from "./until.js";

const LABEL_UNITS = { most: 12, least: 3.4 };
const LABEL_LINES = 2;
const AFTER_UNITS = { most: 26, least: 5 };
const DIGIT_EM = 0.64; // width of a digit's place
const GAP_EM = 0.3; // between two numerals
const ROW_EM = 1.34; // a numeral and its word
const ROW_COST = 0.2;
const NEXT_MS = 12_000;
const MINUTE_MS = 60_000;
const EARLY_MS = 3; // a timer may fire a hair too soon

export function mount(root, options, feed) {
  const plate = new Plate(root, "countdown");
  new Countdown(plate, options, feed).show();
  return () => plate.stop();
}

class Countdown {
  #cells = []; // {group, digits, word} as they stand
  #shape = "";
  #timer = 0;
  #size = { width: 0, height: 0 };
  #isOver = false;

  constructor(plate, options, feed) {
    const { settings = {}, event = {}, words, lang = "en", clock, metrics, glow, done } = options;
    Object.assign(this, { plate, settings, event, lang, clock, metrics, glow, done, feed, motion: new Motion(settings.motion ?? 1) });
    this.label = el("h2", "plate-title countdown-label");
    this.numerals = el("div", "countdown-numerals");
    this.numerals.setAttribute("role", "timer");
    this.after = el("p", "plate-title countdown-after");
    this.hours = el("p", "countdown-clock");
    this.page = el("div", "countdown-page", this.label, this.numerals, this.after, this.hours);
    say(this.label, settings.label || event.name, lang);
    say(this.after, settings.after || words("countdown.now"), lang);
    plate.node.append(this.page);
  }

  show() {
    this.plate.onStop(() => clearTimeout(this.#timer));
    this.plate.follow((size) => {
      this.#size = size;
      this.#shape = "";
      this.#tick();
    });
    this.feed.painted([]);
    rise([this.label, this.numerals, this.after, this.hours], this.motion);
  }

  /** Draws this second, and comes again at the next one of the server's clock. */
  #tick() {
    clearTimeout(this.#timer);
    const now = this.clock.now() + EARLY_MS;
    const lingerMs = Number(this.settings.linger_min ?? 15) * MINUTE_MS;
    const moment = momentOf({ to: this.settings.to, at: this.settings.at, dates: this.event.dates }, now, lingerMs);
    const left = moment === null ? null : parts(moment - now);
    if (left === null) this.#clock(now);
    else if (left.length) this.#count(left);
    else this.#arrived();
    const toNext = moment === null || left.length === 0 ? 1000 - (now % 1000) : ((moment - now) % 1000) || 1000;
    this.#timer = setTimeout(() => this.#tick(), toNext);
  }

  #count(left) {
    const texts = left.map((part) => numeralOf(part, left.length));
    const shape = `count ${left.map(({ unit }, i) => `${unit}${texts[i].length}`).join(" ")}`;
    if (shape !== this.#shape) this.#lay(left, texts, shape);
    left.forEach((part, i) => {
      const cell = this.#cells[i];
      [...texts[i]].forEach((digit, j) => this.#turn(cell.digits[j], digit));
      const word = wordOf(part, this.lang);
      if (cell.word.textContent !== word) cell.word.textContent = word;
    });
    this.#isOver = false;
  }

  /** New places for the numerals: their number or the frame has changed. */
  #lay(left, texts, shape) {
    this.#show(shape, { numerals: true });
    this.#cells = left.map((_, i) => {
      const digits = [...texts[i]].map(() => el("span", "countdown-digit", el("b", "")));
      const word = el("span", "countdown-word");
      word.lang = this.lang;
      return { group: el("div", "countdown-group", el("div", "countdown-number", ...digits), word), digits, word };
    });
    this.numerals.replaceChildren(...this.#cells.map(({ group }) => group));
    const { width, height } = this.#size;
    const { unit } = this.metrics();
    fit(this.label, { least: LABEL_UNITS.least * unit, most: Math.min(LABEL_UNITS.most * unit, height * 0.16) }, () => standsIn(this.label, LABEL_LINES));
    const box = { width: this.numerals.clientWidth, height: height - this.label.offsetHeight - 12 * unit };
    const ems = Math.max(...texts.map((text) => text.length), 2) * DIGIT_EM + GAP_EM;
    const cell = grid({ count: left.length, ...box, gap: 0, shape: ems / ROW_EM, rowCost: ROW_COST });
    const size = Math.min(cell.width / ems, height * 0.62);
    style(this.numerals, { "--size": `${size.toFixed(1)}px`, "--columns": cell.columns });
    this.plate.node.classList.toggle("upright", width < height);
  }

  /** One digit gives way to the next: transform and opacity alone. */
  #turn(place, digit) {
    const [now] = place.children;
    if (now.textContent === digit) return;
    const isFirst = now.textContent === "";
    now.textContent = digit;
    if (isFirst || this.motion.isOff || this.motion.isReduced) return;
    now.animate([{ opacity: 0, transform: "translateY(.12em)" }, { opacity: 1, transform: "none" }], { duration: 420, easing: "cubic-bezier(.2,.78,.16,1)" });
  }

  #arrived() {
    if (this.#shape !== "after") {
      this.#show("after", { after: true });
      const { height } = this.#size;
      const { unit } = this.metrics();
      fit(this.label, { least: LABEL_UNITS.least * unit, most: 8 * unit }, () => standsIn(this.label, LABEL_LINES));
      fit(this.after, { least: AFTER_UNITS.least * unit, most: Math.min(AFTER_UNITS.most * unit, height * 0.4) }, () => holds(this.page) && this.after.scrollWidth <= this.after.clientWidth + 1);
      if (!this.#isOver) rise([this.after], this.motion);
    }
    if (this.#isOver) return;
    this.#isOver = true;
    this.glow?.("oklch(.76 .15 70)");
    if (this.settings.then !== "next" || !this.done) return;
    const leaving = setTimeout(() => this.done(), NEXT_MS);
    this.plate.onStop(() => clearTimeout(leaving));
  }

  /** Nothing says what to count down to: the hour, which is never wrong. */
  #clock() {
    if (this.#shape !== "clock") {
      this.#show("clock", { clock: true });
      const { unit } = this.metrics();
      fit(this.label, { least: LABEL_UNITS.least * unit, most: LABEL_UNITS.most * unit }, () => standsIn(this.label, LABEL_LINES));
      this.hours.textContent = this.clock.time();
      fit(this.hours, { least: 8 * unit, most: 62 * unit }, () => holds(this.page) && standsIn(this.hours, 1));
    }
    const time = this.clock.time();
    if (this.hours.textContent !== time) this.hours.textContent = time;
  }

  #show(shape, { numerals = false, after = false, clock = false }) {
    this.#shape = shape;
    this.numerals.hidden = !numerals;
    this.after.hidden = !after;
    this.hours.hidden = !clock;
    if (!numerals) this.numerals.replaceChildren();
  }
}
