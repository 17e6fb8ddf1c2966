// The code to scan, small, for layouts that take the whole frame: the event, the code, how to join. Drawn by css/code.css.

import { el } from "../dom.js";

const FRESH_TICKS = 6; // half minutes: the token in the code lives a little longer

export class Code {
  #ticks = 0;

  /** `options` are a layout's: {join: {url, qr, label}, event, languages, words}. `isThere` tells whether there is a code. */
  constructor({ join, event, languages, words }) {
    this.qr = join?.qr ?? "";
    this.image = el("img");
    this.image.alt = words("screen.qr");
    const said = (languages ?? []).map((lang) => [lang, words(`screen.join.${lang}`)]).filter(([lang, text]) => text !== `screen.join.${lang}`);
    const lines = said.length ? said : [["", join?.label ?? ""]];
    this.how = el("ul", "how", ...lines.map(([lang, text]) => {
      const line = el("li", "", text);
      line.lang = lang;
      return line;
    }));
    this.title = el("p", "event", event?.name ?? "");
    this.node = el("aside", "invite", el("div", "fold", el("div", "scan", this.image), el("div", "say", this.title, this.how)));
  }

  get isThere() {
    return this.qr !== "";
  }

  /** Loads the code; false when it cannot be had. */
  async load() {
    return this.#show(this.qr);
  }

  /** At each half minute: now and then a code with a new token. Until it can be drawn the old one stays. */
  tick(now) {
    if (++this.#ticks % FRESH_TICKS === 0) this.#show(`${this.qr}${this.qr.includes("?") ? "&" : "?"}at=${Math.round(now).toString(36)}`);
  }

  async #show(url) {
    const next = el("img");
    next.alt = this.image.alt;
    next.src = url;
    try {
      await next.decode();
    } catch {
      return false;
    }
    this.image.replaceWith(next);
    this.image = next;
    return true;
  }
}
