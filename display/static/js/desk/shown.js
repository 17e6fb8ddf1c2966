// The author's receipt: when and where a post was on the screens, as a link that a moderator can hand out.

import { el } from "../dom.js";
import { many, t } from "../page.js";
import { digestOf } from "./digest.js";
import { ask } from "./lists.js";
import { plain } from "./sheet.js";

export class ShownSheet {
  /** @param told (text, kind) what became of it */
  constructor({ sheet, told }) {
    Object.assign(this, { sheet, told });
  }

  async open(post) {
    const found = await ask(`/api/v1/posts/${encodeURIComponent(post.id)}/receipt`).catch(() => null);
    if (!found) return this.told(t("desk.shown_failed"), "bad");
    this.sheet.open("shown", t("desk.shown"), this.#nodes(post, found));
  }

  #nodes(post, { url, seconds, plays, screens }) {
    const sum = plays ? t("desk.shown_sum", { length: lengthOf(seconds), screens: many("fairness.screens", screens.length) }) : t("desk.shown_none");
    const link = el("input", "input shown-url");
    link.readOnly = true;
    link.value = url;
    link.setAttribute("aria-label", t("desk.shown_link"));
    link.addEventListener("focus", () => link.select());
    const copy = plain("go", "link", t("desk.shown_copy"), () => void this.#copy(link));
    copy.autofocus = true;
    const visit = el("a", "button line", t("desk.shown_open"));
    visit.href = new URL(url).pathname;
    visit.target = "_blank";
    visit.rel = "noopener";
    return [digestOf(post, null, { named: true }), el("p", "author-past", sum), el("p", "soft", t("desk.shown_what")), link, el("div", "sheet-foot", copy, visit)];
  }

  /** A page on a venue's plain http address may not write to the clipboard by itself, but for what is selected. */
  async #copy(link) {
    let isDone = false;
    try {
      await navigator.clipboard.writeText(link.value);
      isDone = true;
    } catch {
      link.select();
      isDone = document.execCommand("copy");
    }
    if (!isDone) return link.focus();
    this.sheet.close();
    this.told(t("desk.shown_copied"));
  }
}

function lengthOf(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  const parts = [[Math.floor(whole / 60), "minute"], [whole % 60, "second"]].filter(([n]) => n > 0);
  const say = ([value, unit]) => new Intl.NumberFormat(document.documentElement.lang || "en", { style: "unit", unit, unitDisplay: "short" }).format(value);
  return parts.map(say).join("\u00a0");
}
