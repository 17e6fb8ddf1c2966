// Fairness, in one line: whether every approved post has its seconds on some screen in time, or why it cannot.

import { el } from "../dom.js";
import { many, t } from "../page.js";

const BAD_AFTER_MS = 6000;
const GOOD_AFTER_MS = 15_000;

/**
 * The line for a report {on, can, why, owed, kept, late, seconds, screens, short, short_per_hour, missed_last_hour}:
 * {kind: "good"|"bad", text}, or null when nobody asked for fairness.
 */
export function lineOf(report) {
  if (!report?.on) return null;
  const { seconds, owed, kept, why } = report;
  const words = (n) => ({ posts: many("fairness.posts", n), screens: many("fairness.screens", report.screens), seconds });
  if (report.can) {
    if (owed) return { kind: "good", text: t("fairness.waiting", words(owed)) };
    return { kind: "good", text: kept ? t("fairness.all", words(kept)) : t("fairness.none", words(0)) };
  }
  const count = { screens: owed, cards: owed, rate: report.short_per_hour, short: report.short, missed: report.missed_last_hour }[why] ?? owed;
  return { kind: "bad", text: t(`fairness.bad.${why}`, words(count)) };
}

export class Fairness {
  #line = null;
  #shown = null;
  #timer = 0;

  /** @param say (text) aloud, when it turns bad */
  constructor(root, say) {
    Object.assign(this, { root, say });
  }

  /** It turns bad and good again with some patience: a banner that comes and goes would move the card under a thumb. */
  heard(report) {
    this.#line = lineOf(report);
    const turns = this.#line?.kind !== this.#shown?.kind;
    if (!turns || !this.#line || (!this.#shown && this.#line.kind === "good")) {
      clearTimeout(this.#timer);
      this.#timer = 0;
      return this.#paint();
    }
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      this.#paint();
    }, this.#line.kind === "bad" ? BAD_AFTER_MS : GOOD_AFTER_MS);
  }

  #paint() {
    const line = this.#line;
    if (JSON.stringify(line) === JSON.stringify(this.#shown)) return;
    const isNews = line?.kind === "bad" && this.#shown?.kind !== "bad";
    this.#shown = line;
    this.root.hidden = !line;
    this.root.dataset.kind = line?.kind ?? "";
    this.root.replaceChildren(...(line ? [el("span", `dot ${line.kind}`), el("span", "", line.text)] : []));
    if (isNews) this.say(line.text);
  }
}
