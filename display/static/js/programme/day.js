// The hours of the day as a strip: when scenes may be shown that have their hours, and the quiet ones.

import { el, style } from "../dom.js";
import { t } from "../page.js";
import { bands } from "./division.js";
import { hueOf, sceneTitle } from "./words.js";

const TICKS = [0, 6, 12, 18, 24];

export class Day {
  /** `quiet` are the quiet hours, "" without; `situation()` {minutes} of the day now. */
  constructor(root, store, { quiet, situation }) {
    Object.assign(this, { root, store, quiet, situation });
    store.subscribe((what) => what !== "told" && this.render());
  }

  render() {
    const timed = this.store.scenes.filter((scene) => scene.hours);
    this.root.hidden = !timed.length && !this.quiet;
    if (this.root.hidden) return this.root.replaceChildren();
    const rows = timed.map((scene) => this.#row(sceneTitle(scene), scene.hours, "day-band", hueOf(scene.layout)));
    if (this.quiet) rows.push(this.#row(t("programme.quiet"), this.quiet, "day-band is-quiet", 0));
    const ticks = el("div", "day-ticks", ...TICKS.map((hour) => place(el("span", "", String(hour)), { from: hour / 24, to: 1 })));
    ticks.setAttribute("aria-hidden", "true");
    const now = place(el("i", "day-now"), { from: this.situation().minutes / 1440, to: 1 });
    this.root.replaceChildren(el("h2", "", t("programme.day")), el("div", "day", el("ul", "day-rows", ...rows), ticks, now));
  }

  #row(name, hours, className, hue) {
    const line = el("span", "day-line", ...bands(hours).map((band) => place(el("i", className), band)));
    style(line, { "--h": hue });
    return el("li", "", el("span", "day-name", el("span", "", name), el("span", "soft small", hours.replace("-", "–"))), line);
  }
}

function place(node, { from, to }) {
  style(node, { "--from": from, "--to": to });
  return node;
}
