// The invitation: how to get onto the wall, to be read and scanned from five metres.
//
// mount(root, options, feed) -> unmount.

import { el, style } from "../../js/dom.js";
import { Motion } from "../../js/motion.js";
import { Plate, fit, holds, pictureAt, rise, say } from "../../js/stage/plate.js";
import { shortAddress } from "../../js/words.js";

const STEPS = ["scan", "write", "see"];
const TAGS_MOST = 2;
const ADDRESS_LETTERS = 34;
const QR_TICKS = 6; // half minutes: the token in the code lives a little longer
const RENEW_MS = 25_000;
const TEXT_UNITS = { most: 8.4, least: 3 };

export function mount(root, options, feed) {
  const plate = new Plate(root, "invite");
  void new Invitation(plate, options, feed).show();
  return () => plate.stop();
}

/** The languages of the steps, each once: the event's own first. Pure. */
export function spoken(languages, lang) {
  const known = ["fr", "en", "zh"];
  const wanted = [lang, ...(languages ?? [])].filter((code) => known.includes(code));
  return [...new Set(wanted.length ? wanted : ["en"])];
}

class Invitation {
  constructor(plate, options, feed) {
    const { settings = {}, event = {}, words, lang = "en", languages, clock, metrics } = options;
    Object.assign(this, { plate, feed, clock, metrics, join: options.join ?? {}, motion: new Motion(settings.motion ?? 1) });
    this.codes = spoken(languages ?? event.languages, lang);
    const [own] = this.codes;
    this.name = el("p", "plate-label");
    say(this.name, event.name, lang);
    this.title = el("h2", "plate-title");
    if (settings.title) say(this.title, settings.title, lang);
    else say(this.title, words(`screen.join.${own}`), own);
    this.steps = el("ol", "invite-steps", ...STEPS.map((step, i) => el("li", "", el("b", "invite-count", String(i + 1)), this.#step(step, words))));
    this.address = el("p", "invite-address");
    const address = this.join.label || shortAddress(this.join.url ?? "", ADDRESS_LETTERS + 1);
    this.address.textContent = address.length <= ADDRESS_LETTERS ? address : "";
    this.address.hidden = !this.address.textContent;
    const tags = (event.hashtags ?? []).slice(0, TAGS_MOST).map((tag) => `#${String(tag).replace(/^[#＃]+/, "")}`);
    this.tags = el("p", "invite-tags", ...tags.map((tag) => el("span", "", tag)));
    this.tags.hidden = tags.length === 0;
    this.words = el("div", "invite-words", el("header", "", this.name, this.title), this.steps, el("footer", "", this.address, this.tags));
    this.tile = el("figure", "invite-tile");
    this.alt = words("screen.qr");
  }

  /** One step in every language; the event's own is the largest. */
  #step(step, words) {
    const lines = this.codes.map((code) => {
      const line = el("span", "");
      say(line, words(`invite.${step}.${code}`), code);
      return line;
    });
    return el("div", "invite-lines", ...lines);
  }

  async show() {
    const code = await pictureAt(this.join.qr, (error) => this.feed.failed("", error));
    if (this.plate.isStopped) return;
    if (code) this.#hang(code);
    this.tile.hidden = !code;
    this.plate.node.append(el("div", "invite-page", this.words, this.tile));
    this.plate.follow((size) => this.#draw(size));
    this.plate.onStop(this.clock.every((count) => count && count % QR_TICKS === 0 && this.#renew()));
    this.feed.painted([]);
    rise([this.name, this.title, ...this.steps.children, this.address, this.tags], this.motion);
  }

  /** A code with a fresh token takes the old one's place once it can be drawn; until then the old one stays. */
  async #renew() {
    if (!this.join.qr) return;
    const code = await pictureAt(`${this.join.qr}?at=${this.clock.now().toString(36)}`, () => {}, RENEW_MS);
    if (!code || this.plate.isStopped) return;
    this.#hang(code);
    this.tile.hidden = false;
  }

  #hang(code) {
    code.alt = this.alt;
    this.tile.replaceChildren(code);
  }

  #draw({ width, height }) {
    const { unit } = this.metrics();
    const isUpright = width < height;
    const { node } = this.plate;
    node.classList.toggle("upright", isUpright);
    const side = isUpright ? Math.min(width * 0.86, height * 0.44) : Math.min(height * 0.9, width * 0.46);
    style(node, { "--side": `${Math.round(side)}px` });
    fit(node, { least: TEXT_UNITS.least * unit, most: TEXT_UNITS.most * unit }, () => holds(this.words));
  }
}
